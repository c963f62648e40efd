"""Checking scenario files and folders, writing new ones, and the scenarios that come with the model."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from sim.errors import InputError, SimulationError
from sim.faults import fault
from sim.inputs.programme_use import ProgrammeUse
from sim.inputs.registry import Registry
from sim.inputs.scenario import Scenario, load_scenario
from sim.inputs.scenario_files import check_path, copy_shipped, template, write_new
from tests.worlds import registry

SCENARIOS = Path(__file__).parents[2] / "scenarios"
REGISTRY = Registry(
    municipalities={"almere": "Almere", "nederland": "Nederland", "nl": "Nederland"},
    programmes=frozenset({"kinderwerk", "jongerenwerk"}),
    parameters={"effect.onset": (0.0, 2.0), "kinderwerk.neighbourhood_weight": (0.0, 260.0)},
)
HEAD = "kind: scenario\ntitle: x\nmunicipality: Almere\n"

SHIPPED = {"almere": 5, "nederland": 2}


def test_every_shipped_file_is_good_for_what_ships_with_it() -> None:
    assert check_path(SCENARIOS, registry()) == []


@pytest.mark.parametrize("policy", ["tekort", "verdringing", "wachtlijsten"])
def test_scarcity_is_the_same_town_under_three_policies(policy: str) -> None:
    first, other = (
        load_scenario(SCENARIOS / "argumenten" / f"schaarste-{name}.yaml", registry())
        for name in ("tekort", policy)
    )
    ours, theirs = first.canonical(), other.canonical()
    assert {key for key in ours if ours[key] != theirs[key]} <= {"policy"}


@pytest.mark.parametrize("folder", SHIPPED)
def test_shipped_scenarios_are_good(folder: str) -> None:
    assert check_path(SCENARIOS / folder, REGISTRY) == []
    assert len(list((SCENARIOS / folder).glob("*.yaml"))) >= SHIPPED[folder]
    for path in (SCENARIOS / folder).glob("*.yaml"):
        scenario = load_scenario(path, REGISTRY)
        assert (scenario.start, scenario.years, scenario.policy) == (2026, 20, "crowd_out")
        if path.name != "geen.yaml":
            assert scenario.reference == (path.parent / "geen.yaml").resolve()


@pytest.mark.parametrize(
    ("name", "fte", "ring_fenced"),
    [("geen", 0, True), ("huidig", 36, True), ("dubbel", 72, True), ("dubbel-ongeoormerkt", 72, False)],
)
def test_presets_of_almere(name: str, fte: float, ring_fenced: bool) -> None:
    use = load_scenario(SCENARIOS / "almere" / f"{name}.yaml", REGISTRY).programmes["kinderwerk"]
    assert set(use.fte_by_year(2026, 20)) == {fte}
    assert use.ring_fenced is ring_fenced


def test_check_lists_the_problems_of_every_file_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "good.yaml").write_text(HEAD)
    (tmp_path / "model.yaml").write_text("kind: model\n")
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "b.yml").write_text(HEAD + "years: -1\nstart: 1\n")
    (tmp_path / "deep" / "a.yaml").write_bytes(b"\xff")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    problems = check_path(tmp_path, REGISTRY)
    assert [(Path(p.file).name, p.line, p.column) for p in problems] == [
        ("b.yml", 4, 8), ("b.yml", 5, 8), ("a.yaml", 1, 1), ("gone.yaml", 1, 1)]  # fmt: skip


def test_check_hands_other_kinds_to_their_reader(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("kind: model\nstates: 3\n")

    def read_model(file: Path) -> None:
        raise InputError.at(file, fault("missing_key", key="states"), 2, 9)

    assert check_path(path, REGISTRY) == []
    (problem,) = check_path(path, REGISTRY, {"model": read_model})
    assert str(problem) == f"{path}:2:9: missing key 'states'"


def test_check_of_an_empty_folder_or_no_file_is_a_problem(tmp_path: Path) -> None:
    (problem,) = check_path(tmp_path, REGISTRY)
    assert str(problem) == f"{tmp_path}:1:1: there is no .yaml or .yml file in this folder"
    for path in (tmp_path / "gone.yaml", tmp_path / ("x" * 5000), tmp_path / "nul\0"):
        assert len(check_path(path, REGISTRY)) == 1


def test_the_template_is_a_good_scenario_and_explains_every_key(tmp_path: Path) -> None:
    path = write_new(tmp_path / "nieuw.yaml", REGISTRY)
    scenario = load_scenario(path, REGISTRY)
    assert scenario.municipality == "Almere"
    assert scenario.programmes["kinderwerk"].fte.at(2026) == 36
    text = path.read_text()
    keys = [field.alias or name for name, field in Scenario.model_fields.items()]
    for key in (*keys, *ProgrammeUse.model_fields, "youth_care", "real_growth"):
        assert f"{key}:" in text
    assert [file.name for file in tmp_path.iterdir()] == ["nieuw.yaml"]


def test_the_template_fits_any_registry(tmp_path: Path) -> None:
    other = Registry({"x: y": "X: y"}, frozenset({"null"}), {})
    assert load_scenario(write_new(tmp_path / "a.yaml", other), other).municipality == "X: y"
    bare = Registry({}, frozenset(), {})
    (tmp_path / "b.yaml").write_text(template(bare))
    assert len(load_scenario(tmp_path / "b.yaml").programmes) == 0


def test_a_new_file_from_a_preset_keeps_its_text_and_finds_its_reference(tmp_path: Path) -> None:
    preset = load_scenario(SCENARIOS / "almere" / "huidig.yaml", REGISTRY)
    path = write_new(tmp_path / "mijn.yaml", REGISTRY, preset)
    scenario = load_scenario(path, REGISTRY)
    assert scenario.canonical() == preset.canonical()
    assert scenario.reference == preset.reference
    assert path.read_text().startswith("# Nieuw scenario, overgenomen van huidig.yaml.")
    assert "ring_fenced: true         # geoormerkt" in path.read_text()
    with pytest.raises(ValueError, match="not read from a file"):
        template(REGISTRY, preset.replace(years=3))


def test_a_new_file_overwrites_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "er.yaml"
    path.write_text("mine")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    for taken in (path, tmp_path, tmp_path / "link.yaml"):
        with pytest.raises(InputError, match="not overwritten"):
            write_new(taken, REGISTRY)
    for impossible in (
        tmp_path / "no" / "a.yaml",
        path / "a.yaml",
        tmp_path / ("x" * 300),
        tmp_path / "nul\0",
    ):
        with pytest.raises(InputError, match="cannot be written"):
            write_new(impossible, REGISTRY)
    assert path.read_text() == "mine"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["er.yaml", "link.yaml"]


def test_a_new_file_that_would_be_wrong_is_not_written(tmp_path: Path) -> None:
    preset = load_scenario(SCENARIOS / "almere" / "geen.yaml")
    nowhere = Registry({"nl": "Nederland"}, frozenset({"kinderwerk"}), {})
    with pytest.raises(InputError, match=r"a\.yaml:5:15: there are no figures of Almere yet"):
        write_new(tmp_path / "a.yaml", nowhere, preset)
    assert list(tmp_path.iterdir()) == []


def test_a_name_taken_while_writing_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    (tmp_path / "a.yaml").write_text("mine")
    with pytest.raises(InputError, match="not overwritten"):
        write_new(tmp_path / "a.yaml", REGISTRY)
    assert (tmp_path / "a.yaml").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_scenarios_that_ship_are_copied_whole(tmp_path: Path) -> None:
    made = copy_shipped(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == [made]
    theirs, ours = ({f.relative_to(top): f.read_bytes() for f in top.rglob("*") if f.is_file()}
                    for top in (made, SCENARIOS))  # fmt: skip
    assert theirs == ours
    assert Path("almere/huidig.yaml") in ours


def test_a_folder_that_is_there_already_is_not_copied_over(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for taken, why in (("mine", "not overwritten"), ("no/a", "cannot be written"), ("nul\0", "cannot")):
        with pytest.raises(InputError, match=why):
            copy_shipped(tmp_path / taken)
    assert list(tmp_path.rglob("*")) == [tmp_path / "mine"]


def test_a_full_disk_leaves_nothing_of_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[Path] = []

    def full(source: Path, target: Path) -> None:
        copied.append(target)
        if len(copied) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        target.write_bytes(source.read_bytes())

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(SimulationError, match="no space left"):
        copy_shipped(tmp_path / "mine")
    assert len(copied) == 3
    assert list(tmp_path.iterdir()) == []
