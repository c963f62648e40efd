"""Models of Briggs, Claxton and Sculpher (2006), whose chances and costs depend on time, to every digit given."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from sim.cohort import exact_cohort, load_model, run_model
from sim.microsimulation import microsimulate

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
def test_cohort_and_ratio_to_the_digits_given(name: str) -> None:
    case = CASES[name]
    cohort = exact_cohort(load_model(PUBLISHED / f"{name}.yaml"))
    assert cohort is not None
    np.testing.assert_allclose(cohort.totals, case.totals, rtol=1e-8)
    frontier = run_model(PUBLISHED / f"{name}.yaml", persons=1)["frontier"]
    assert frontier[1]["icer"] == pytest.approx(case.ratio, rel=1e-8)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", CASES)
def test_simulation_within_four_errors(name: str, seed: int) -> None:
    found = microsimulate(load_model(PUBLISHED / f"{name}.yaml"), 100_000, seed=seed)
    assert np.all(np.abs(found.totals - CASES[name].totals) < 4 * found.errors)


@pytest.mark.parametrize("years", HIP_SHARES)
def test_shares_year_by_year(years: int, tmp_path: Path) -> None:
    text = (PUBLISHED / "hip-briggs2004.yaml").read_text(encoding="utf-8")
    file = tmp_path / "shorter.yaml"
    assert "cycles: 60" in text
    file.write_text(text.replace("cycles: 60", f"cycles: {years}"), encoding="utf-8")
    cohort = exact_cohort(load_model(file))
    assert cohort is not None
    np.testing.assert_allclose(cohort.shares[0, 1:], HIP_SHARES[years], rtol=0, atol=5e-9)
