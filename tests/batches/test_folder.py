"""What a batch finds in a folder: names, references, and mistakes that stop only their own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.batches.folder import read_folder
from sim.errors import InputError
from tests.worlds import registry

SCENARIO = "kind: scenario\ntitle: x\nmunicipality: Almere\nyears: 2\n"
WITH = SCENARIO + "reference: none.yaml\n"
GRID = "kind: grid\nfrom: some.yaml\nvalues:\n  policy: [deficit, crowd_out]\n"


def fill(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_names_are_those_of_files_and_references_are_members(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, some=WITH, none=SCENARIO, deep__other=SCENARIO), registry())
    assert [(m.name, m.reference) for m in found.members] == [
        ("deep/other", None), ("none", None), ("some", "none"),
    ]  # fmt: skip
    assert (found.problems, found.notes) == ([], [])


def test_a_grid_brings_its_members_and_their_references(tmp_path: Path) -> None:
    low = GRID.replace("some.yaml", "../some.yaml") + "reference: {policy: deficit}\n"
    found = read_folder(fill(tmp_path, some=WITH, none=SCENARIO, grid=GRID, low__grid=low), registry())
    references = {member.name: member.reference for member in found.members}
    assert references["grid--policy-deficit"] == "none"
    assert references["low/grid--policy-crowd_out"] == "low/grid--policy-deficit"
    assert references["low/grid--policy-deficit"] is None


def test_a_bad_file_is_told_with_its_place_and_stops_no_other(tmp_path: Path) -> None:
    bad = SCENARIO.replace("Almere", "Almeer")
    found = read_folder(fill(tmp_path, bad=bad, none=SCENARIO, bad_grid=GRID), registry())
    assert [member.name for member in found.members] == ["none"]
    assert [f"{Path(p.file).name}:{p.line}:{p.column}" for p in found.problems] == [
        "bad.yaml:3:15", "some.yaml:1:1",
    ]  # fmt: skip


def test_a_reference_with_a_mistake_leaves_the_others_without(tmp_path: Path) -> None:
    folder = fill(tmp_path, none=SCENARIO.replace("years: 2", "years: two"), some=SCENARIO)
    grid = "kind: grid\nfrom: some.yaml\nreference: none.yaml\nvalues:\n  policy: [deficit]\n"
    found = read_folder(fill(folder, grid=grid), registry())
    assert [(m.name, m.reference) for m in found.members] == [("grid--policy-deficit", None), ("some", None)]
    assert len(found.problems) == 1


def test_a_reference_elsewhere_is_noted(tmp_path: Path) -> None:
    fill(tmp_path, none=SCENARIO, here__some=WITH.replace("none", "../none"))
    found = read_folder(tmp_path / "here", registry())
    assert found.members[0].reference is None
    assert "is not in this folder, so not compared with it: some" in found.notes[0]


def test_a_reference_with_other_children_is_a_mistake_of_the_one_who_names_it(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, some=WITH.replace("years: 2", "years: 3"), none=SCENARIO), registry())
    assert [member.reference for member in found.members] == [None, None]
    (problem,) = found.problems
    assert (Path(problem.file).name, problem.line) == ("some.yaml", 5)
    assert "years is 3 here and 2" in problem.message


def test_other_kinds_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    fill(tmp_path, none=SCENARIO, model="kind: model\n")
    (tmp_path / ".none.yaml").write_text("nonsense", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    found = read_folder(tmp_path, registry())
    assert [member.name for member in found.members] == ["none"]
    assert not found.problems
    assert "model.yaml: a `kind: model` file is no scenario" in found.notes[0]


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    fill(tmp_path, none=SCENARIO)
    (tmp_path / "none.yml").write_text(SCENARIO, encoding="utf-8")
    found = read_folder(tmp_path, registry())
    assert len(found.members) == 1
    assert "'none' is the name of another scenario too" in found.problems[0].message


@pytest.mark.parametrize(
    ("files", "words"),
    [({}, "no .yaml or .yml file"), ({"a": "kind: model\n"}, "no scenario"), ({"a": "x"}, "a mapping")],
)
def test_a_folder_with_nothing_to_run_is_refused(files: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        read_folder(fill(tmp_path, **files), registry())


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_folder(tmp_path / "none", registry())
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="not a folder"):
        read_folder(tmp_path / "file", registry())
