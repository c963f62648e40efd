"""Files that a scenario names: found from its folder, and told of where something in them is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.inputs.library import registry
from sim.inputs.municipality import load_municipality
from sim.inputs.scenario import load_scenario
from sim.inputs.scenario_files import check_path, write_new
from tests.inputs.test_municipality import FILE
from tests.inputs.test_scenario import HEAD, REGISTRY


def test_a_file_of_figures_is_found_beside_the_scenario(tmp_path: Path) -> None:
    folder = tmp_path / "gemeenten"
    folder.mkdir()
    (folder / "dorp.yml").write_text(FILE)
    file = tmp_path / "plan.yaml"
    file.write_text("kind: scenario\ntitle: Plan\nmunicipality: gemeenten/dorp.yml\n")
    found = load_scenario(file, registry())
    assert found.local == load_municipality(folder / "dorp.yml", registry())
    copy = load_scenario(write_new(folder / "nieuw.yaml", registry(), found), registry())
    assert copy.local == found.local  # its path is as seen from there
    assert check_path(tmp_path, registry()) == []


def test_what_is_wrong_with_the_file_of_figures_is_said(tmp_path: Path) -> None:
    (tmp_path / "dorp.yaml").write_text(FILE.replace("0-3", "0-5"))
    file = tmp_path / "plan.yaml"
    file.write_text("kind: scenario\ntitle: Plan\nmunicipality: dorp.yaml\n")
    problems = check_path(file, registry())
    assert [(p.line, p.column) for p in problems] == [(3, 15)]
    assert "dorp.yaml:7:3: '4-11' overlaps '0-5'" in problems[0].message
    assert [(p.line, p.column) for p in check_path(tmp_path / "dorp.yaml", registry())] == [(7, 3)]
    file.write_text("kind: scenario\ntitle: Plan\nmunicipality: drop.yaml\n")
    assert "did you mean 'dorp.yaml'?" in check_path(file, registry())[0].message


def test_the_reference_is_found_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "geen.yaml").write_text(HEAD)
    (tmp_path / "deep" / "veel.yaml").write_text(HEAD + "reference: ../geen.yaml\n")
    scenario = load_scenario(tmp_path / "deep" / "veel.yaml", REGISTRY)
    assert scenario.reference == (tmp_path / "geen.yaml").resolve()
    assert scenario.path == tmp_path / "deep" / "veel.yaml"
    assert scenario.replace(years=3).reference == scenario.reference


def test_references_that_go_round_in_a_circle_are_refused(tmp_path: Path) -> None:
    """Two that name each other, and three in a row; a chain that ends is none."""

    def written(name: str, reference: str | None) -> Path:
        file = tmp_path / f"{name}.yaml"
        said = f"reference: {reference}.yaml\n" if reference else ""
        file.write_text(f"kind: scenario\ntitle: x\nmunicipality: Almere\n{said}", encoding="utf-8")
        return file

    for name, reference in (("a", "b"), ("b", "c"), ("c", "a"), ("x", "y"), ("y", "x")):
        written(name, reference)
    for name, way in (("a", "a.yaml -> b.yaml -> c.yaml -> a.yaml"), ("x", "x.yaml -> y.yaml -> x.yaml")):
        with pytest.raises(InputError, match=f"in a circle: {way}") as error:
            load_scenario(tmp_path / f"{name}.yaml", None)
        assert error.value.problems[0].line == 4
    written("c", None)
    assert load_scenario(tmp_path / "a.yaml", None).reference == (tmp_path / "b.yaml").resolve()
