"""Figures that manuals and tests of other packages print: msm and heemod, to every digit printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.errors import InputError
from sim.published.cohort import exact_cohort, load_model, run_model

Agree = Callable[[str, float, float, float], None]
MODELS = Path(__file__).with_name("models")

# Jackson CH, the manual of msm: pmatrix.msm(cav.msm, t=10), from the rates that it prints to five decimals.
TEN_YEARS = {
    "S1": [0.30940656, 0.09750021, 0.08787255, 0.5052207],
    "S2": [0.17165172, 0.06552639, 0.07794394, 0.6848780],
    "S3": [0.05898093, 0.02971653, 0.04665485, 0.8646477],
}
# heemod, tests/testthat/test_heterogeneity.R, "Heterogeneity analysis": strategy II over ages 40 to 80,
# where it prints minimum, median, mean and maximum; and their quartiles, at ages 50 and 70.
BY_AGE = {
    40: (24044, 0.5, 4, 0.5), 50: (29343.96, 0.005, 4.39, 0.005), 60: (34643.94, 0.005, 4.78, 0.005),
    70: (39943.92, 0.005, 5.17, 0.005), 80: (45243.91, 0.005, 5.56, 0.005),
}  # fmt: skip


@pytest.mark.parametrize("cycle_years", ["1", "1/12", "10"])
@pytest.mark.parametrize("start", TEN_YEARS)
def test_intensities_by_the_matrix_exponential(
    start: str, cycle_years: str, tmp_path: Path, agree: Agree
) -> None:
    cycles = {"1": 10, "1/12": 120, "10": 1}[cycle_years]
    text = (MODELS / "cav-msm.yaml").read_text(encoding="utf-8")
    for old, new in (("start: S1", f"start: {start}"), ("cycle_years: 1\n", f"cycle_years: {cycle_years}\n"),
                     ("cycles: 10\n", f"cycles: {cycles}\n")):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "cav.yaml"
    file.write_text(text, encoding="utf-8")
    model = load_model(file)
    shares = exact_cohort(model).shares[0]
    for state, found, expected in zip(model.states, shares, TEN_YEARS[start], strict=True):
        agree(f"from {start} to {state} in ten years", found, expected, 6e-6)


def test_one_move_a_cycle_is_a_named_choice(tmp_path: Path) -> None:
    text = (MODELS / "cav-msm.yaml").read_text(encoding="utf-8")
    file = tmp_path / "cav.yaml"
    file.write_text(text.replace("timing: start", "timing: start\nmoves_per_cycle: one"), encoding="utf-8")
    assert round(float(exact_cohort(load_model(file)).shares[0, 3]), 4) == 0.4538


@pytest.mark.parametrize("age", BY_AGE)
def test_parameters_of_groups(age: int, tmp_path: Path, agree: Agree) -> None:
    text = (MODELS / "heemod-heterogeneity.yaml").read_text(encoding="utf-8")
    assert "age0: 40" in text
    file = tmp_path / "group.yaml"
    file.write_text(text.replace("age0: 40", f"age0: {age}"), encoding="utf-8")
    cost, effect = exact_cohort(load_model(file)).totals[1]
    agree(f"II at {age}: cost", cost, BY_AGE[age][0], BY_AGE[age][1])
    agree(f"II at {age}: effect", effect, BY_AGE[age][2], BY_AGE[age][3])


def test_groups_of_all_ages_are_their_mean(tmp_path: Path, agree: Agree) -> None:
    lines = [f"  - {{name: a{age}, share: {1 / 41!r}, values: {{age0: {age}}}}}" for age in range(40, 81)]
    text = (MODELS / "heemod-heterogeneity.yaml").read_text(encoding="utf-8")
    one = "  - {name: only, share: 1, values: {age0: 40}}"
    assert one in text
    file = tmp_path / "groups.yaml"
    file.write_text(text.replace(one, "\n".join(lines)), encoding="utf-8")
    cost, effect = exact_cohort(load_model(file)).totals[1]
    agree("II, mean of the ages: cost", cost, 34643.94, 0.005)
    agree("II, mean of the ages: effect", effect, 4.78, 0.005)


def test_equal_strategies_are_told() -> None:
    found = run_model(MODELS / "heart-valve.yaml", persons=1000)
    assert found["frontier"][1]["equal_to"] == "one"
    (row,) = found["increments"]
    assert (row["cost"], row["effect"], row["icer"], row["simulation"]["effect_se"]) == (0, 0, None, 0)


def test_a_life_table_in_one_expression_is_pointed_to_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name it under 'tables'"):
        load_model(MODELS / "life-table-in-one-expression.yaml")
    text = (MODELS / "life-table-in-one-expression.yaml").read_text(encoding="utf-8")
    expression = text.split('probability: "')[1].split('"')[0]
    parts = expression.split(" else ")
    chances = [float(part.split(" if ")[0]) for part in parts]
    assert len(chances) == 75
    rows = [f"{25 + year},{chance!r}" for year, chance in enumerate(chances)]
    (tmp_path / "life.csv").write_text("\n".join(["age,qx", *rows]) + "\n", encoding="utf-8")
    file = tmp_path / "life.yaml"
    table = "tables: {qx: {file: life.csv, by: [age]}}\ntransitions:"
    text = text.replace(f'"{expression}"', "qx").replace("transitions:", table)
    file.write_text(text, encoding="utf-8")
    alive = np.concatenate([[1.0], np.cumprod(1 - np.array(chances))])
    found = exact_cohort(load_model(file))
    np.testing.assert_allclose(found.trace[0, :, 0], alive, rtol=1e-12)
    np.testing.assert_allclose(found.totals[0], alive[:-1].sum(), rtol=1e-12)


# heemod (github.com/pierucci/heemod), tests/testthat/test_run_model.R, "run_models behaves as expected": one
# cycle, increments of II. What it calls beginning, end and life-table are end, start and the mean of the two.
ONE_CYCLE = {"end": (624.6, 608, 1.027303), "start": (753, 753, 1), "half-cycle": (688.8, 680.5, 1.012197)}
# The same model over ten cycles, "Discounting", where II discounts what X1 gives: cost at 10 percent from the
# second cycle, effect at 5 percent from the first. Increments, and totals of 1000 persons.
TEN_CYCLES = (3292.352, 4193.422, 0.7851231)
TEN_CYCLES_TOTALS = ((3144649, 2942952), (6437001, 7136374))
# In X1 of 1000 over five cycles, "run_models behaves as expected", get_counts.
COUNTS = (950, 888, 879, 885, 890)
# test_starting_values.R: who comes into X2 in each cycle, of 1000, by the mean of a cycle and the one before;
# with time in state ("works with expanded states") ten times that, rounded down.
ENTRIES = (50, 95, 88.8333333333333, 87.9083333333333, 88.4825)
ENTRIES_BY_TIME = (2500, 3333, 1363, 1013, 961, 942, 898, 838, 775, 719)
HEEMOD = """\
kind: model
title: heemod test_run_model
states: [X1, X2]
start: X1
cycles: {cycles}
timing: {timing}
parameters: {{stay: 1 / (cycle + 2)}}
transitions:
  - {{from: X1, to: X2, probability: 0.1}}
  - {{from: X2, to: X1, probability: 1 - stay}}
rewards:
  X1: {{cost: 234, effect: 123}}
  X2: {{cost: 987, effect: 1726}}
strategies:
  I: {{}}
  II:
    rewards:
      X1: {{cost: {cost}, effect: {effect}}}
      X2: {{cost: 456, effect: 1029}}
"""


def heemod(folder: Path, **values: object) -> Path:
    file = folder / "heemod.yaml"
    file.write_text(HEEMOD.format(**values), encoding="utf-8")
    return file


@pytest.mark.parametrize("timing", ONE_CYCLE)
def test_when_rewards_count(timing: str, tmp_path: Path, agree: Agree) -> None:
    found = run_model(heemod(tmp_path, cycles=1, timing=timing, cost=987, effect=876), persons=1)
    (row,) = found["increments"]
    for what, expected in zip(("cost", "effect", "icer"), ONE_CYCLE[timing], strict=True):
        agree(f"II, {timing}: {what}", row[what], expected, 5.1e-7 if what == "icer" else 1e-9)


def test_ten_cycles_of_changing_probabilities_and_rewards(tmp_path: Path, agree: Agree) -> None:
    cost, effect = "987 / 1.1 ** (cycle - 1)", "876 / 1.05 ** cycle"
    found = run_model(heemod(tmp_path, cycles=10, timing="end", cost=cost, effect=effect), persons=1)
    (row,) = found["increments"]
    for what, expected, within in zip(
        ("cost", "effect", "icer"), TEN_CYCLES, (5e-4, 5e-4, 5e-8), strict=True
    ):
        agree(f"II, ten cycles: {what}", row[what], expected, within)
    totals = exact_cohort(load_model(tmp_path / "heemod.yaml")).totals
    for name, both, printed in zip(("I", "II"), totals, TEN_CYCLES_TOTALS, strict=True):
        agree(f"{name}, ten cycles: cost of 1000", 1000 * both[0], printed[0], 0.5)
        agree(f"{name}, ten cycles: effect of 1000", 1000 * both[1], printed[1], 0.5)


def test_who_is_where_and_who_comes_in(tmp_path: Path, agree: Agree) -> None:
    found = exact_cohort(load_model(heemod(tmp_path, cycles=5, timing="end", cost=987, effect=876)))
    well, came = 1000 * found.trace[0, :, 0], 1000 * found.events[0, :, 0, 1]
    before = np.concatenate([[0.0], came[:-1]])
    for cycle in range(5):
        agree(f"in X1, cycle {cycle + 1}", (well[cycle] + well[cycle + 1]) / 2, COUNTS[cycle], 0.5)
        agree(f"into X2, cycle {cycle + 1}", (before[cycle] + came[cycle]) / 2, ENTRIES[cycle], 1e-11)


def test_who_comes_in_where_time_in_state_counts(tmp_path: Path, agree: Agree) -> None:
    text = HEEMOD.format(cycles=10, timing="end", cost=987, effect=876)
    for old, new in (
        ("probability: 0.1", "probability: 1 / (cycle + 2)"),
        ("probability: 1 - stay", "probability: 1 - exp(-0.2 * (time_in_state + 1))"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "entries.yaml").write_text(text, encoding="utf-8")
    came = exact_cohort(load_model(tmp_path / "entries.yaml")).events[0, :, 0, 1]
    both = 10_000 * (np.concatenate([[0.0], came[:-1]]) + came) / 2
    for cycle, (found, expected) in enumerate(zip(both, ENTRIES_BY_TIME, strict=True), 1):
        agree(f"into X2 by time in it, cycle {cycle}, rounded down", np.floor(found + 1e-9), expected, 0.0)


# heemod, tests/testthat/test_expand.R, "Expansion works.": cost and effect of 1000 persons over ten cycles.
# f is abs(sin(1 + time in state)); a table that ends holds its last row, as heemod's state_time_limit does.
EXPANDED = {
    "probabilities": (11, ("0.6", "1 - of_b"), "5", "3", (37697.04, 66908.88)),
    "rewards": (11, ("0.5", "0.3"), "of_a", "7", (20552.39, 81562.5)),
    "both": (11, ("0.6", "1 - of_b"), "of_a", "7", (21488.12, 82302.96)),
    "both, up to 3 and 8 cycles": (3, ("0.6", "1 - of_b"), "of_a", "7", (21364.69, 82307.89)),
}


@pytest.mark.parametrize("case", EXPANDED)
def test_time_in_state_by_tables(case: str, tmp_path: Path, agree: Agree) -> None:
    longest, (leave, back), cost, effect, printed = EXPANDED[case]
    for name, rows in (("a", longest), ("b", 8 if longest == 3 else 11)):
        lines = [f"{time},{abs(math.sin(1 + time))!r}" for time in range(rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join([f"time_in_state,of_{name}", *lines]) + "\n")
    file = tmp_path / "expand.yaml"
    file.write_text(
        f"""\
kind: model
title: heemod test_expand
states: [A, B]
start: A
cycles: 10
timing: half-cycle
tables:
  of_a: {{file: a.csv, by: [time_in_state]}}
  of_b: {{file: b.csv, by: [time_in_state]}}
transitions:
  - {{from: A, to: B, probability: {leave}}}
  - {{from: B, to: A, probability: {back}}}
rewards:
  A: {{cost: {cost}, effect: {effect}}}
  B: {{cost: 3, effect: 9}}
strategies: {{one: {{}}}}
""",
        encoding="utf-8",
    )
    found = 1000 * exact_cohort(load_model(file)).totals[0]
    agree(f"time in state, {case}: cost of 1000", found[0], printed[0], 0.005001)
    agree(f"time in state, {case}: effect of 1000", found[1], printed[1], 0.005001)


def test_cycles_in_each_state_of_the_heart_valve(tmp_path: Path, agree: Agree) -> None:
    """Sonnenberg and Beck 1993, Med Decis Making 13:322: 2.5 cycles well and 1.25 disabled before death."""
    text = (MODELS / "heart-valve.yaml").read_text(encoding="utf-8")
    file = tmp_path / "valve.yaml"
    file.write_text(text.replace("cycles: 25", "cycles: 200"), encoding="utf-8")
    found = exact_cohort(load_model(file))
    agree("cycles well", found.trace[0, :, 0].sum(), 2.5, 1e-12)
    agree("cycles disabled", found.trace[0, :, 1].sum(), 1.25, 1e-12)
    # Half of the deaths are of the well, half of the disabled: 2.5 x .2 and 1.25 x .4.
    np.testing.assert_allclose(found.events[0].sum(axis=0)[:2, 2], [0.5, 0.5], rtol=1e-12)
