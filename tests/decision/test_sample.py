"""A sample on disk: it grows, goes on where it stopped, and its bytes do not depend on who made them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.decision import sample as module
from sim.decision.comparison import KEY_LABELS, difference
from sim.decision.sample import Question, Sample, collect
from sim.decision.sensitivity import with_values
from sim.engine.config import Inline
from sim.engine.plan import with_overrides
from sim.errors import OptionError, SimulationError
from sim.model.futures import COST, NAMES
from sim.model.futures import YEARS as LASTS
from sim.model.parameters import default_parameters
from sim.runs.experiment import Options, config_for
from sim.runs.workers import Workers
from tests.worlds import scenario

FEW, YEARS = 800, 3


def question(fte: float = 36, **changes: Any) -> Question:
    scenarios = (scenario(0, years=YEARS, **changes), scenario(fte, years=YEARS, **changes))
    return Question(scenarios, Options(children=FEW))


def made(q: Question, draws: int, folder: Path, workers: int = 1) -> Sample:
    with Workers(workers) as pool:
        return collect(q, draws, folder, pool)


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_draws_are_those_of_the_engine(tmp_path: Path) -> None:
    q = question()
    d = made(q, 3, tmp_path).difference()
    for k, draw in enumerate((1, 2, 3)):
        own = difference([q.run(draw, Inline())], 1, 0, q.years)
        rows = [d.labels.index(label) for label in own.labels]
        np.testing.assert_allclose(d.runs[k, rows], own.runs[0], rtol=1e-6, atol=1e-3)
        np.testing.assert_allclose(d.run_mcse[k, rows], own.run_mcse[0], rtol=1e-6, atol=1e-3)
        for label in KEY_LABELS:
            if label in own.key_blocks:
                np.testing.assert_allclose(
                    d.key_blocks[label][k], own.key_blocks[label][0], rtol=1e-6, atol=1e-3
                )
    assert d.draws == (1, 2, 3)


def test_bytes_do_not_depend_on_workers_or_on_stops(tmp_path: Path) -> None:
    q = question()
    made(q, 5, tmp_path / "one")
    made(q, 5, tmp_path / "two", workers=2)
    made(q, 2, tmp_path / "parts")
    path = only_file(tmp_path / "parts")
    with path.open("ab") as stream:
        stream.write(b"a draw that was cut off")
    made(q, 5, tmp_path / "parts")
    whole = only_file(tmp_path / "one").read_bytes()
    assert whole == only_file(tmp_path / "two").read_bytes() == path.read_bytes()


def test_what_is_there_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    q = question()
    made(q, 4, tmp_path)

    def never(*_: object) -> bytes:
        raise AssertionError("made again")

    monkeypatch.setattr(module, "_one", never)
    assert made(q, 4, tmp_path).size == 4
    assert made(q, 2, tmp_path).size == 2


def test_another_question_is_another_file(tmp_path: Path) -> None:
    q = question()
    others = [
        question(40),
        Question(q.scenarios, Options(children=FEW, seed=1)),
        Question(q.scenarios, Options(children=FEW + 1)),
        Question(q.scenarios, q.options, default_parameters().certain({"kinderwerk.retained": 0.5})),
    ]
    assert len({other.key() for other in (q, *others)}) == 5


def test_a_certain_parameter_does_not_vary() -> None:
    p = default_parameters().certain({"kinderwerk.retained": 0.5, "start.ambulant": 0.4})
    q = Question(question().scenarios, Options(children=FEW), p)
    assert {"kinderwerk.retained", "start.ambulant"} <= set(question().uncertain)
    assert not {"kinderwerk.retained", "start.ambulant"} & set(q.uncertain)
    assert {p.draw(0, k)["start.ambulant"] for k in range(1, 6)} == {0.4}


def test_inputs_are_those_of_the_prior_that_all_scenarios_share() -> None:
    need, exists = "kinderwerk.moderate_need", "kinderwerk.effect_exists"
    usual, near = question(), question(prior="nearest")
    assert exists in usual.uncertain
    assert exists not in near.uncertain  # it is 1 in every draw
    config = config_for(near.scenarios[0], near.options, 3, 0)
    assert near.inputs(3)[near.uncertain.index(need)] == config.parameters[need]
    assert near.value(need) == config_for(near.scenarios[0], near.options, 0, 0).parameters[need]
    mixed = Question((usual.scenarios[0], near.scenarios[1]), usual.options)
    assert mixed.parameters is default_parameters()
    assert len({q.key() for q in (usual, near, mixed)}) == 3


def test_inputs_are_those_of_the_future_that_all_scenarios_share() -> None:
    usual, grown = question(), question(future="van_ark")
    assert set(grown.uncertain) - set(usual.uncertain) == set(NAMES) - {LASTS}
    assert not set(NAMES) & set(usual.uncertain)
    mixed = replace(usual, scenarios=(usual.scenarios[0], grown.scenarios[1]))
    assert mixed.uncertain == usual.uncertain
    sure = with_values(grown, {COST: 0.5})
    assert {config_for(s, sure.options, 3, 0, sure.base).parameters[COST] for s in sure.scenarios} == {0.5}


def test_what_is_made_certain_is_so_under_a_prior_too() -> None:
    for name in ("kinderwerk.moderate_need", "end.ambulant"):
        for at in (0.7, default_parameters()[name]):
            sure = with_values(question(prior="nearest"), {name: at})
            for draw in (0, 3):
                config = config_for(sure.scenarios[1], sure.options, draw, 0, sure.base)
                assert with_overrides(config.parameters, sure.scenarios[1], "start")[name] == at


def test_what_others_define_is_no_uncertainty_of_its_own() -> None:
    names = set(question().uncertain)
    assert {"signal.health", "signal.school"} <= names
    assert not {name for name in names if default_parameters().records[name].formula}


def test_uncertain_parameters_are_those_of_programmes_in_use() -> None:
    names = question().uncertain
    assert "kinderwerk.effect_exists" in names
    assert not any("jongerenwerk" in name for name in names)
    used = {"kinderwerk": {"fte": 36}, "jongerenwerk": {"fte": 3}}
    both = scenario(years=YEARS, programmes=used)
    q = Question((question().scenarios[0], both), Options(children=FEW))
    assert any(name.startswith("jongerenwerk.") for name in q.uncertain)
    assert "cost.jongerenwerk_fte" in q.uncertain


def test_what_every_scenario_sets_is_not_uncertain() -> None:
    chosen = {"kinderwerk.effect_exists": 0.375}
    one, both = question().scenarios[1], question(parameters=chosen)
    assert "kinderwerk.effect_exists" not in both.uncertain
    assert both.value("kinderwerk.effect_exists") == 0.375
    assert both.value("kinderwerk.stay") == default_parameters()["kinderwerk.stay"]
    half = Question((one, both.scenarios[1]), Options(children=FEW))
    assert "kinderwerk.effect_exists" in half.uncertain


def test_where_lives_are_not_shared_everybody_is_lived(tmp_path: Path) -> None:
    q = question(policy="capped")
    d = made(q, 2, tmp_path).difference()
    assert ("care_users", "total", "all") in d.labels
    assert np.abs(d.runs).max() > 0


def test_memory_is_a_map_of_the_file(tmp_path: Path) -> None:
    records = made(question(), 3, tmp_path).records
    assert isinstance(records, np.memmap)
    assert only_file(tmp_path).stat().st_size == 3 * records.dtype.itemsize


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulationError, match="could not be kept"):
        made(question(), 1, tmp_path / "file")


def test_no_draws_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="draws must be between 1"):
        made(question(), 0, tmp_path)


def test_of_too_few_children_there_is_one_block_and_its_sum_is_the_difference(tmp_path: Path) -> None:
    q = replace(question(), options=Options(children=40))
    d = made(q, 2, tmp_path).difference()
    cost = ("cost", "payer", "gemeente")
    assert q.too_few
    assert not question().too_few
    np.testing.assert_allclose(d.key_blocks[cost].sum(axis=2), d.series(*cost), rtol=1e-6)
    assert np.isnan(d.run_mcse).all()
    assert np.isnan(d.running(cost, YEARS, 0.0).mcse)
