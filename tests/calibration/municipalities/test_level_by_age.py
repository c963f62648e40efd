"""Age groups depart from a level as figures of a municipality and its like have it, and no level moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.municipalities.level_by_age import (
    GAINS,
    ByAge,
    access,
    read_gains,
    write_gains,
)
from calibration.municipalities.level_checks import RULES, errors_by_age
from calibration.municipalities.level_model import GROUPS, YEARS, Regression, read
from calibration.runs import count
from sim.engine.config import Inline, localised
from sim.inputs.placenames import towns
from sim.inputs.profiles import profiles
from sim.model.parameters import default_parameters


@pytest.fixture(scope="module")
def ages() -> ByAge:
    return ByAge.of(Regression.of(read()))


def test_the_level_of_each_municipality_and_each_age_in_the_country_stay(ages: ByAge) -> None:
    level = np.exp(ages.levels.levels()[0])[:, None]
    made = ages.expected() * level
    use = made * np.exp(ages.departures())
    np.testing.assert_allclose(use.sum(axis=0), made.sum(axis=0))
    np.testing.assert_allclose(use.sum(axis=1), made.sum(axis=1), rtol=1e-6)


def test_rotterdam_has_fewer_of_school_age_in_care_and_more_who_are_older(ages: ByAge) -> None:
    known = ages.levels.towns
    i = next(i for i, code in enumerate(known.codes) if towns()[code].name == "Rotterdam")
    use = np.exp(ages.departures()[i] + ages.levels.levels()[0][i])
    counted = np.array([known.counted(YEARS[1], [i], group)[0] for group in GROUPS])
    rates = np.array([known.expected(YEARS[1], (group,))[i] for group in GROUPS])
    np.testing.assert_allclose(use, counted / rates, rtol=0.08)  # its figures are sure, and kept
    assert use[1] < 0.7 < 1.3 < use[3]


def test_ages_left_out_are_predicted_better_than_by_the_level_alone(ages: ByAge) -> None:
    for group, found in errors_by_age(ages).items():
        national, level, by_age = (found["error"][rule] for rule in RULES)
        assert by_age < level < national, group
        assert 0.84 <= found["inside"] <= 0.95, group
    assert errors_by_age(ages)["0-3"]["error"][RULES[2]] < 0.26  # 0.38 by the level alone


def test_access_is_what_gives_the_departures() -> None:
    wanted = np.random.default_rng(0).normal(0.0, 0.3, (5, len(GROUPS)))
    gains = read_gains()
    np.testing.assert_allclose(np.log(access(wanted, gains)) @ gains.T, wanted)
    assert np.linalg.cond(gains) < 5  # no figure is multiplied into nonsense


def test_gains_are_kept_as_they_are(tmp_path: Path) -> None:
    write_gains(read_gains(), tmp_path / "gains.csv")
    assert (tmp_path / "gains.csv").read_bytes() == GAINS.read_bytes()


@pytest.mark.parametrize("name", ["Zwolle", "Rotterdam"])
def test_use_by_age_departs_in_the_model_by_as_much(ages: ByAge, name: str) -> None:
    """Within 6 percent up to 17. From 18 on the share that goes on has an end: within 25 percent."""
    town, p, known = profiles()[name], default_parameters(), ages.levels.towns
    departed = np.exp(ages.departures()[known.codes.index(town.code)])

    def use(factors: tuple[float, ...]) -> np.ndarray:
        here = replace(town, access_by_age=factors)
        counted = count(localised(p, here), 60_000, 0, Inline(), YEARS[-1], here)
        return np.array([sum(counted.users("jeugdzorg", y, at) for y in YEARS) for at in GROUPS.values()])

    ratio = use(town.access_by_age) / use((1.0,) * len(GROUPS))
    np.testing.assert_allclose(ratio[:3], departed[:3], rtol=0.06)
    assert ratio[3] == pytest.approx(departed[3], rel=0.25)
