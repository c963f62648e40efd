"""Named structures: what each holds, that it was fitted so, and that what is usual stays as it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import InputError, compare, load_scenario, simulate
from sim.decision.sample import Question
from sim.inputs.library import registry
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import scenario_from_dict
from sim.model.parameters import default_parameters, prior_parameters
from sim.model.priors import believing
from sim.model.processes import default_table
from sim.model.structures import (
    CARE_CHANGES_NEED,
    HELD,
    STRUCTURES,
    believed_in,
    fitted_in,
    folder_of,
    structured,
)
from sim.report.assumptions import assumptions
from sim.report.content import words
from sim.report.phrases import world_words
from sim.runs.experiment import Options, config_for
from tests.terminal import FEW, call, short

OTHERS = STRUCTURES[1:]
WITHOUT = "care_without_effect"


def test_under_care_without_effect_no_form_of_help_and_no_wait_changes_need() -> None:
    p = fitted_in(WITHOUT)
    rows = default_table().processes["need"].transitions
    helped = [name for row in rows for name in row.by_form.values()]
    waiting = [row.by_mark["waiting"] for row in rows if "waiting" in row.by_mark]
    assert len(helped) == 5
    assert len(waiting) == 2
    assert {p.draw(0, k)[name] for name in (*helped, *waiting) for k in (0, 1, 7)} == {1.0}
    usual = default_parameters()
    assert all(usual[name] != 1.0 for name in (*helped, *waiting))


@pytest.mark.parametrize("structure", OTHERS)
def test_a_structure_was_fitted_under_what_it_holds_and_not_under_the_usual(structure: str) -> None:
    folder, held = folder_of(structure), HELD[structure]
    about = json.loads((folder / "posterior.json").read_text(encoding="utf-8"))
    found = json.loads((folder / "diagnostics.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / "posterior.parquet").read_bytes()).hexdigest()
    assert about["posterior"] == found["posterior"] == digest
    assert about["structure"] == structure
    assert about["prior"] == believed_in(structure).sha256() != prior_parameters().sha256()
    shipped = json.loads((folder_of(CARE_CHANGES_NEED) / "posterior.json").read_text(encoding="utf-8"))
    assert about["targets"] == shipped["targets"]
    assert not held.keys() & {*about["free"], *about["held"]}
    p, usual = fitted_in(structure), default_parameters()
    assert p.posterior is not None
    assert usual.posterior is not None
    assert set(usual.posterior.names) - set(p.posterior.names) <= held.keys()
    assert p["need.onset_light"] != usual["need.onset_light"]


def test_the_usual_structure_is_the_shipped_model_and_changes_nothing() -> None:
    p = default_parameters()
    assert fitted_in(CARE_CHANGES_NEED) is p
    assert structured(p, CARE_CHANGES_NEED) is p
    said = {"kind": "scenario", "title": "a", "municipality": "Almere"}
    plain = scenario_from_dict(said, registry())
    named = scenario_from_dict({**said, "structure": CARE_CHANGES_NEED}, registry())
    assert plain.canonical() == named.canonical()
    assert "structure" not in plain.canonical()
    assert "structure" not in plain.to_data()
    other = scenario_from_dict({**said, "structure": WITHOUT}, registry())
    assert other.canonical() == {**plain.canonical(), "structure": WITHOUT}
    assert other.to_data()["structure"] == WITHOUT
    with pytest.raises(InputError, match=f"did you mean '{WITHOUT}'"):
        scenario_from_dict({**said, "structure": "care_without_effects"}, registry())


def test_what_somebody_set_stays_and_twice_is_as_once() -> None:
    mine = default_parameters().replace({"need.onset_light": 0.123}).certain({"need.recover_light": 0.4})
    near = believing(mine, "nearest")
    p = structured(near, WITHOUT)
    assert (p["need.onset_light"], p.records["need.recover_light"].low) == (0.123, 0.4)
    assert p.records["kinderwerk.moderate_need"] == near.records["kinderwerk.moderate_need"]
    assert p["need.recover_moderate"] == fitted_in(WITHOUT)["need.recover_moderate"]
    twice = structured(p, WITHOUT)
    for k in (0, 3):
        assert dict(twice.draw(5, k)) == dict(p.draw(5, k))
        assert p.draw(5, k)["need.onset_light"] == 0.123
    assert p.posterior is not None
    assert "need.onset_light" not in p.posterior.names


def test_draws_have_the_luck_of_the_usual_where_no_structure_fits() -> None:
    p, usual = (fitted_in(name).draw(0, 3) for name in (WITHOUT, CARE_CHANGES_NEED))
    assert p["kinderwerk.moderate_need"] == usual["kinderwerk.moderate_need"]
    assert p["need.recover_light"] != usual["need.recover_light"]


def test_a_run_lives_by_its_structure_and_scenarios_of_two_share_no_lives(tmp_path: Path) -> None:
    usual = load_scenario(short(tmp_path, 36, "some"))
    other = usual.replace(structure=WITHOUT)
    p = config_for(other, Options(children=500), 2, 0).parameters
    row = fitted_in(WITHOUT).posterior
    assert row is not None
    assert p["need.recover_complex"] == row.row(2)["need.recover_complex"]
    runs = [simulate(each, children=500, threads=1).table for each in (usual, other, usual)]
    assert runs[0].equals(runs[2])
    assert not np.array_equal(runs[0]["value"].to_numpy(), runs[1]["value"].to_numpy())
    pair = compare([usual, other], children=500, threads=1)
    alone = pair.table.filter(np.array(pair.table["scenario"].to_pylist()) == pair.names[1])
    assert np.array_equal(alone["value"].to_numpy(), runs[1]["value"].to_numpy())


def test_commands_tell_a_named_structure_and_its_run_is_made_again(tmp_path: Path) -> None:
    plain = short(tmp_path, 36, "some")
    named = tmp_path / "named.yaml"
    named.write_text(plain.read_text(encoding="utf-8") + f"\nstructure: {WITHOUT}\n", encoding="utf-8")
    assert "named.yaml: structure: help changes nothing of need" in call("check", named).stderr
    done = call("compare", plain, named, *FEW, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "The scenarios differ in how the model works" in told
    assert "help changes nothing of need" in told
    kept = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["scenarios"]
    assert [kept[name]["structure"] for name in kept] == [CARE_CHANGES_NEED, WITHOUT]
    assert call("runs", "reproduce", tmp_path / "out").returncode == 0
    alone = call("run", plain, *FEW, "--out", tmp_path / "one")
    assert "Structure" not in alone.stdout
    wrong = call("validate", "--structure", "none")
    assert (wrong.returncode, "--structure" in wrong.stderr) == (2, True)


def test_a_question_is_drawn_under_the_structure_that_all_share(tmp_path: Path) -> None:
    usual = load_scenario(short(tmp_path, 0, "none"))
    pair = (usual.replace(structure=WITHOUT), usual.replace(structure=WITHOUT, title="b"))
    asked = Question(pair, Options(children=500))
    assert asked.parameters["need.care_on_recovery"] == 1.0
    assert "need.care_on_recovery" not in asked.uncertain
    assert "need.care_on_recovery" in replace(asked, scenarios=(usual, usual)).uncertain


@pytest.mark.parametrize(
    ("language", "said"), [("nl", "hulp verandert niets aan de zorgbehoefte"), ("en", "help changes nothing")]
)
def test_documents_say_the_structure_and_list_its_numbers(language: str, said: str) -> None:
    usual = scenario_from_dict({"kind": "scenario", "title": "a", "municipality": "Almere"}, registry())
    other, writing = usual.replace(structure=WITHOUT), words(language)
    assert said in world_words(other, writing)
    assert said not in world_words(usual, writing)
    listed = {one.name: one for one in assumptions((other,), profile_of(other))}
    assert (listed["need.care_on_recovery"].low, listed["need.care_on_recovery"].high) == (1.0, 1.0)
    assert listed["need.recover_light"].value == fitted_in(WITHOUT)["need.recover_light"]
