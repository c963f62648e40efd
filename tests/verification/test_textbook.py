"""Two models of Briggs, Claxton and Sculpher (2006) that depend on time, to every digit given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from sim.published.cohort import exact_cohort, load_model, run_model
from sim.published.microsimulation import microsimulate

Agree = Callable[[str, float, float, float], None]
PUBLISHED = Path(__file__).parents[2] / "scenarios" / "published"


class Case(NamedTuple):
    totals: list[list[float]]  # strategies: cost, effect
    ratio: float


# The worksheets that belong to the exercises; heemod (R) is tested against the same figures.
CASES = {
    "hiv-chancellor1997": Case([[44_663.4535637, 7.9912066], [50_601.6513312, 8.9373889]], 6_275.95560),
    "hip-briggs2004": Case([[512.434658, 14.6531896], [610.311818, 14.69770986]], 2_198.486665),
}
# Hip, standard prosthesis: shares in Success, Revision, Revised and Dead after the first years.
HIP_SHARES = {
    1: [0.98, 0, 0, 0.02],
    2: [0.97265720, 0.0007768, 0, 0.02656600],
    4: [0.95757109, 0.00115802, 0.00166964, 0.03960125],
    5: [0.93783561, 0.00132115, 0.00268314, 0.05816010],
    8: [0.88040225, 0.00168398, 0.00618146, 0.11173231],
}


@pytest.mark.parametrize("name", CASES)
def test_cohort_and_ratio_to_the_digits_given(name: str, agree: Agree) -> None:
    case = CASES[name]
    model = load_model(PUBLISHED / f"{name}.yaml")
    cohort = exact_cohort(model)
    assert cohort is not None
    for strategy, found, expected in zip(model.strategies, cohort.totals, case.totals, strict=True):
        agree(f"{strategy}: cost", found[0], expected[0], 1e-8 * expected[0])
        agree(f"{strategy}: effect", found[1], expected[1], 1e-8 * expected[1])
    frontier = run_model(PUBLISHED / f"{name}.yaml", persons=1)["frontier"]
    agree("cost of an effect", frontier[1]["icer"], case.ratio, 1e-8 * case.ratio)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", CASES)
def test_simulation_within_four_errors(name: str, seed: int, agree: Agree) -> None:
    model = load_model(PUBLISHED / f"{name}.yaml")
    found = microsimulate(model, 100_000, seed=seed)
    for s, strategy in enumerate(model.strategies):
        for k, what in enumerate(("cost", "effect")):
            agree(f"{strategy}: {what}", found.totals[s, k], CASES[name].totals[s][k], 4 * found.errors[s, k])


@pytest.mark.parametrize("years", HIP_SHARES)
def test_shares_year_by_year(years: int, tmp_path: Path, agree: Agree) -> None:
    text = (PUBLISHED / "hip-briggs2004.yaml").read_text(encoding="utf-8")
    file = tmp_path / "shorter.yaml"
    assert "cycles: 60" in text
    file.write_text(text.replace("cycles: 60", f"cycles: {years}"), encoding="utf-8")
    model = load_model(file)
    cohort = exact_cohort(model)
    assert cohort is not None
    for state, found, expected in zip(model.states[1:], cohort.shares[0, 1:], HIP_SHARES[years], strict=True):
        agree(f"{state} after {years} years", found, expected, 5.1e-9)
