"""A model of one's own: what a folder adds to the shipped model, and how its mistakes are told."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.model.catalogue import catalogue
from sim.model.extension import load_model, shipped
from sim.model.parameters import default_parameters
from sim.model.processes import default_table
from tests.model.own_model import MEASURES, PARAMETERS, PROCESSES, PROGRAMMES, write


def test_what_a_folder_says_stands_beside_what_is_shipped(tmp_path: Path) -> None:
    model = load_model(write(tmp_path / "own"))
    assert list(model.table.processes) == [*default_table().processes, "verzuim"]
    assert list(model.programmes) == [*catalogue(), "huiswerk"]
    assert [each.number for each in model.programmes.values()] == list(range(len(model.programmes)))
    assert set(model.parameters) - set(default_parameters()) == {
        line.partition(",")[0] for line in PARAMETERS.splitlines()[1:]
    }
    assert model.added == ("verzuim",)
    assert model.sha256
    assert not shipped().sha256


def test_a_shipped_number_gives_way_in_every_draw_and_no_other_moves(tmp_path: Path) -> None:
    calibrated = next(iter(default_parameters().posterior.names))  # type: ignore[union-attr]
    was = default_parameters().records[calibrated]
    value = was.value * 1.5
    row = f"{calibrated},{value},{value},{value},{was.unit},{was.scale},cited,,ours"
    model = load_model(write(tmp_path / "own", parameters=f"{PARAMETERS}{row}\n"))
    for draw in (0, 1, 7):
        ours, theirs = model.parameters.draw(3, draw), default_parameters().draw(3, draw)
        assert ours[calibrated] == value
        follows = {n for n, r in ours.records.items() if r.formula and calibrated in r.formula}
        assert all(ours[name] == theirs[name] for name in theirs if name not in {calibrated, *follows})


def test_only_the_shipped_model_travels_to_another_process(tmp_path: Path) -> None:
    assert pickle.loads(pickle.dumps(shipped())) is shipped()
    with pytest.raises(TypeError, match="stays in the process"):
        pickle.dumps(load_model(write(tmp_path / "own")))


@pytest.mark.parametrize(
    ("changed", "file", "line", "message"),
    [
        ({"processes": PROCESSES.replace("rate: verzuim.end", "rate: verzuim.edn")}, "processes.yaml", 10,
         "no parameter 'verzuim.edn'; did you mean 'verzuim.end'?"),
        ({"processes": PROCESSES.replace("comes_back", "onset_light")}, "processes.yaml", 10,
         "'onset_light' is the name of another transition too"),
        ({"processes": PROCESSES.replace("from: away", "from: awya")}, "processes.yaml", 10,
         "no state of 'verzuim' 'awya'; did you mean 'away'?"),
        ({"processes": PROCESSES.replace("outcomes:", "outcome:")}, "processes.yaml", 3,
         "did you mean 'outcomes'?"),
        ({"programmes": PROGRAMMES.replace("mechanisms: [signalling]", "mechanisms: [onset]")},
         "programmes.yaml", 3, "no parameter 'huiswerk.effect_exists'"),
        ({"programmes": f"{PROGRAMMES}    continues: kinderwrk\n"},
         "programmes.yaml", 11, "did you mean 'kinderwerk'?"),
        ({"parameters": PARAMETERS.replace("verzuim.end,2.0,1.0", "verzuim.end,2.0,3.0")},
         "parameters.csv", 7, "lies outside its range"),
        ({"parameters": PARAMETERS.replace("per year,log,assumed,,made up", "per year,log,assumed,,", 1)},
         "parameters.csv", 2, "has no source or no unit"),
        ({"measures": "x = 1\n"}, "measures.py", 1, "has no function `measures`"),
        ({"measures": "\n\n1 / 0\n"}, "measures.py", 3, "ZeroDivisionError"),
        ({"measures": "def measures(:\n"}, "measures.py", 1, "SyntaxError"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    changed: dict[str, str], file: str, line: int, message: str, tmp_path: Path
) -> None:
    folder = write(tmp_path / "own", **changed)
    with pytest.raises(InputError) as error:
        load_model(folder)
    (problem,) = [each for each in error.value.problems if message in each.message]
    assert (problem.file, problem.line) == (str(folder / file), line)
    assert problem.fault.text("nl") != problem.message


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        load_model(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no part of a model"):
        load_model(tmp_path)
    (tmp_path / "process.yaml").write_text(PROCESSES, encoding="utf-8")
    with pytest.raises(InputError, match=r"did you mean 'processes\.yaml'\?"):
        load_model(tmp_path)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "own", measures=MEASURES)
    (folder / "README.md").write_text("ours", encoding="utf-8")
    (folder / ".hidden.yaml").write_text("a: [", encoding="utf-8")
    (folder / "__pycache__").mkdir()
    assert load_model(folder).added == ("verzuim",)
