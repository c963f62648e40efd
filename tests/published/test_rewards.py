"""Several effects and the parts of a cost: by hand, wherever a file may give them, and what is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import command_line
from sim.decision.model_uncertainty import draw_model, uncertainty
from sim.errors import InputError, OptionError
from sim.published.cohort import Cohort, exact_cohort, load_model, run_model
from sim.published.markov import compile_model
from sim.published.microsimulation import microsimulate
from sim.published.modelfile import ModelFile
from sim.published.source import read_source
from tests import reader

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
HIV = Path(__file__).parents[2] / "scenarios" / "published" / "hiv-chancellor1997.yaml"
BASE: dict[str, Any] = {
    "kind": "model",
    "title": "Half fall ill each cycle",
    "states": ["Well", "Ill"],
    "start": "Well",
    "cycles": 2,
    "timing": "start",
    "effects": ["qaly", "years"],
    "cost_parts": ["drugs", "stay"],
    "transitions": [{"from": "Well", "to": "Ill", "probability": 0.5}],
    "rewards": {
        "Well": {"cost": {"drugs": 2}, "qaly": 1, "years": 1},
        "Ill": {"cost": {"drugs": 10, "stay": 100}, "qaly": 0.5, "years": 1},
    },
    "strategies": {"usual": {}},
}


def run(**changes: Any) -> tuple[tuple[str, ...], Cohort]:
    model = compile_model(ModelFile.model_validate(copy.deepcopy(BASE) | changes))
    return (*model.outcomes, *model.parts), exact_cohort(model)


def page(title: str, folder: Path) -> Path:
    (block,) = (each for each in reader.blocks(PAGE) if each.title == title)
    (folder / title).write_text(block.text, encoding="utf-8")
    return folder / title


def test_effects_and_parts_are_by_hand() -> None:
    names, cohort = run(discount={"cost": 1.0, "years": 1.0})
    # All well in the first cycle, half ill in the second, which counts for half where it is discounted.
    assert names == ("cost", "qaly", "years", "drugs", "stay")
    assert cohort.totals[0].tolist() == pytest.approx([2 + 28, 1.75, 1.5, 2 + 3, 25])
    assert cohort.undiscounted[0, 1].tolist() == pytest.approx([56, 0.75, 1, 6, 50])


def test_a_strategy_changes_only_the_parts_and_effects_that_it_names() -> None:
    changed = {
        "cheaper": {"rewards": {"Ill": {"cost": {"drugs": 4}, "years": 0}}},
        "whole": {"rewards": {"Ill": {"cost": 7}}},
    }
    names, cohort = run(strategies={"usual": {}, **changed})
    assert names[3:] == ("drugs", "stay", "other")
    assert cohort.totals[1].tolist() == pytest.approx([2 + 1 + 2 + 50, 1.75, 1.5, 2 + 1 + 2, 50, 0])
    assert cohort.totals[2].tolist() == pytest.approx([2 + 1 + 3.5, 1.75, 2, 3, 0, 3.5])


def test_entry_gives_parts_and_effects_by_the_state_that_was_left() -> None:
    entry = {"Ill": {"cost": {"stay": 8}, "years": 3, "from": {"Well": {"cost": {"drugs": 4}, "qaly": -1}}}}
    _, before = run()
    names, after = run(on_entry=entry)
    moved = 0.5 + 0.25
    more = dict(zip(names, (after.totals - before.totals)[0].tolist(), strict=True))
    assert more == pytest.approx(
        {"cost": 12 * moved, "qaly": -moved, "years": 3 * moved, "drugs": 4 * moved, "stay": 8 * moved}
    )


def test_parts_of_a_published_model_are_those_that_heemod_prints(tmp_path: Path) -> None:
    # heemod, vignette i_reproduction ("Values"): care and drugs undiscounted, the total discounted.
    text = HIV.read_text(encoding="utf-8")
    for old, new in (
        ("timing: end\n", "timing: end\ncost_parts: [care, drugs]\n"),
        ("cost: 1701 + 1055 + cost_drugs", "cost: {care: 2756, drugs: cost_drugs}"),
        ("cost: 1774 + 1278 + cost_drugs", "cost: {care: 3052, drugs: cost_drugs}"),
        ("cost: 6948 + 2059 + cost_drugs", "cost: {care: 9007, drugs: cost_drugs}"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "hiv.yaml").write_text(text, encoding="utf-8")
    model = load_model(tmp_path / "hiv.yaml")
    assert model.parts == ("care", "drugs")
    cohort = exact_cohort(model)
    plain = cohort.undiscounted.sum(axis=1)
    printed = [[45541.24, 18203.97, 44663.45, 7.991207], [48082.83, 24492.28, 50601.65, 8.937389]]
    for s, (care, drugs, total, years) in enumerate(printed):
        assert plain[s, 2:].tolist() == pytest.approx([care, drugs], abs=0.006)
        assert cohort.totals[s, :2].tolist() == pytest.approx([total, years], rel=2e-7)
        assert cohort.totals[s, 2:].sum() == pytest.approx(cohort.totals[s, 0], rel=1e-12)
    np.testing.assert_allclose(cohort.totals[:, :2], exact_cohort(load_model(HIV)).totals, rtol=1e-12)


@pytest.mark.parametrize("time", ["", " + 0 * time_in_state"])
def test_the_simulation_gives_every_effect(time: str) -> None:
    data = copy.deepcopy(BASE) | {"cycles": 30, "on_entry": {"Ill": {"cost": {"stay": 9}, "years": 2}}}
    data["transitions"] = [{"from": "Well", "to": "Ill", "probability": "0.05" + time}]
    model = compile_model(ModelFile.model_validate(data))
    assert model.memory == bool(time)
    exact, found = exact_cohort(model), microsimulate(model, 20_000)
    assert found.totals.shape == (1, 3)
    assert (np.abs(found.totals - exact.totals[:, :3]) < 4 * found.errors).all()


def test_effects_that_are_named_otherwise_are_the_same_numbers(tmp_path: Path) -> None:
    text = page("effects.yaml", tmp_path).read_text(encoding="utf-8")
    years = tmp_path / "years.yaml"
    years.write_text(text.replace("[qaly, years]", "[years, qaly]"), encoding="utf-8")
    swapped = read_source(tmp_path / "effects.yaml").with_effect("years").compiled()
    assert exact_cohort(swapped).totals.tobytes() == exact_cohort(load_model(years)).totals.tobytes()
    assert swapped.effects == ("years", "qaly")
    with pytest.raises(OptionError, match="must be one of years or qaly, found 'year'; did you mean 'years'"):
        read_source(years).with_effect("year")
    found = run_model(tmp_path / "effects.yaml", persons=500)
    assert found["effect"] == "qaly"
    item = found["strategies"]["care"]
    assert item["cohort"]["effects"]["qaly"] == item["cohort"]["effect"]
    assert item["simulation"]["effects_se"]["years"] > 0
    assert found["increments"][0]["effects"]["years"] == 0  # care prolongs no life


def test_tables_and_terminal_give_parts_that_add_up(tmp_path: Path) -> None:
    file, out = page("parts.yaml", tmp_path), tmp_path / "out"
    words = ["model", str(file), "--persons", "100"]
    done = CliRunner().invoke(command_line, [*words, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    parts = pq.read_table(out / "parts.parquet").to_pandas()
    for name, item in found["strategies"].items():
        assert sum(item["cohort"]["parts"].values()) == pytest.approx(item["cohort"]["cost"], rel=1e-12)
        by_part = parts[parts["strategy"] == name].groupby("part", observed=True)["discounted"].sum()
        assert by_part.to_dict() == pytest.approx(item["cohort"]["parts"])
        assert list(item["cohort"]["parts"]) == ["drugs", "stay", "other"]
    increments = pq.read_table(out / "increments.parquet").to_pandas()
    assert increments["cost_drugs"][0] == pytest.approx(increments["cost"][0])
    plain = CliRunner().invoke(command_line, words)
    assert "Parts of the cost" in plain.stdout
    several = CliRunner().invoke(
        command_line, ["model", str(page("effects.yaml", tmp_path)), "--persons", "10", "--effect", "years"]
    )
    assert several.exit_code == 0, several.output
    assert "Effects (cohort)" in several.stdout
    assert "The effect is years." in several.stdout


def test_draws_carry_further_effects_and_parts(tmp_path: Path) -> None:
    text = page("effects.yaml", tmp_path).read_text(encoding="utf-8")
    text = text.replace("transitions:", "parameters: {risk: {beta: {alpha: 2, beta: 8}}}\ntransitions:", 1)
    text = text.replace("probability: 0.1", "probability: risk")
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    source = read_source(tmp_path / "m.yaml")
    sample = draw_model(source, 64)
    other = draw_model(source.with_effect("years"), 64)
    assert sample.others["effect_years"].tobytes() == other.effects.tobytes()
    told = uncertainty(sample).as_json()["strategies"]["care"]["effect_years"]
    assert told["mean"] == pytest.approx(other.effects[:, 1].mean())


def wrong(old: str, new: str, tmp_path: Path) -> list[str]:
    """Return what is wrong, without the name of the file, once `new` stands in place of `old`."""
    file = page("effects.yaml", tmp_path)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_model(file)
    return [str(each).removeprefix(str(file)) for each in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("qaly: 0.6", "qally: 0.6", ":14:21:", "unknown key 'qally'; did you mean 'qaly'?"),
        ("qaly: 0.6, years: 1", "qaly: 0.6", ":14:3:", "missing key 'years'"),
        ("{cost: 1000,", "{cost: {drugs: 1},", ":14:16:", "unknown part of the cost 'drugs'; name it under"),
        ("{cost: 0.03, qaly: 0.015}", "{cost: 0.03, effect: 0.015}", ":8:24:", "unknown key 'effect'"),
        ("[qaly, years]", "[qaly, qaly]", ":7:17:", "'qaly' stands here twice"),
        ("[qaly, years]", "[qaly, cost]", ":7:17:", "the name 'cost' is taken"),
        ("[qaly, years]", "[qaly, life years]", ":7:17:", "letters, digits and underscores"),
        ("qaly: 0.7", "qaly: qualty", ":20:", "qualty"),
        ("Dead: {qaly: -0.1}", "Dead: {qali: -0.1}", ":17:10:", "unknown key 'qali'"),
    ],
)
def test_mistakes_have_their_place(old: str, new: str, place: str, message: str, tmp_path: Path) -> None:
    told = wrong(old, new, tmp_path)
    assert any(place in each and message in each for each in told), told


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("qaly: 0.6", "qally: 0.6", [":14:21: unknown key 'qally'; did you mean 'qaly'?"]),
        ("[qaly, years]", "[qally, years]", [":7:11: no state gives the effect 'qally'; all give 'qaly'"]),
        ("effects: [qaly, years] ", "# ", [
            ":12:1: all states give 'qaly' and 'years', which 'effects' must list",
        ]),
        ("effects: [qaly, years]", "effects: [qualy, year]", [
            ":7:11: no state gives the effect 'qualy'; all give 'qaly'",
            ":7:18: no state gives the effect 'year'; all give 'years'",
        ]),
        ("qaly: 0.6, years: 1", "qally: 0.6", [":14:3: missing key 'years'", ":14:21: unknown key 'qally'"]),
    ],
)  # fmt: skip
def test_a_misspelt_effect_is_told_once(old: str, new: str, messages: list[str], tmp_path: Path) -> None:
    told = wrong(old, new, tmp_path)
    assert len(told) == len(messages)
    assert all(one.startswith(other) for one, other in zip(told, messages, strict=True)), told


def test_an_effect_that_the_file_does_not_list_is_told_once(tmp_path: Path) -> None:
    text = (
        "kind: model\ntitle: One\nstates: [Well, Ill]\nstart: Well\ncycles: 1\ntiming: start\n"
        "discount: {qaly: 0.03}\nrewards: {Well: {cost: 0, qaly: 1}, Ill: {cost: 1, qaly: 0}}\n"
        "strategies: {usual: {}, ill: {rewards: {Ill: {qaly: 0.5}}}}\n"
    )
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_model(tmp_path / "m.yaml")
    (only,) = caught.value.problems
    assert (only.line, only.message) == (
        8, "all states give 'qaly', which 'effects' must list"
    )  # fmt: skip
