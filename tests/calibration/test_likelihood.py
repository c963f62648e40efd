"""Errors that figures share are counted once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.figures.targets import Target, read_targets
from calibration.likelihood import PERSISTENCE, SHARED, ObservedTargets, covariance, log_of
from calibration.runs import national

EVERY = {target.id: target for target in read_targets()}


def some(*ids: str) -> list[Target]:
    return [EVERY[name] for name in ids]


def test_the_tolerance_of_a_figure_is_its_own_standard_deviation() -> None:
    targets = some("jz_2018", "wijkteam_2016", "dur_4y_2021")
    assert np.sqrt(np.diag(covariance(targets, list(EVERY.values())))) == pytest.approx([0.01, 0.03, 0.10])


def correlation(a: str, b: str) -> float:
    matrix = covariance(some(a, b), list(EVERY.values()))
    return float(matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]))


def test_years_of_one_series_share_errors_that_fade() -> None:
    assert correlation("jz_2017", "jz_2018") == pytest.approx(SHARED * PERSISTENCE)
    assert correlation("jz_2016", "jz_2018") == pytest.approx(SHARED * PERSISTENCE**2)


def test_a_part_shares_errors_with_its_whole_by_the_youths_they_share() -> None:
    # as in the last year that both are known
    assert correlation("jh_2018", "jz_2018") == pytest.approx(SHARED * np.sqrt(456605 / 476560))
    assert correlation("daghulp_2018", "zonder_2018") == pytest.approx(SHARED * np.sqrt(29140 / 404980))
    assert correlation("daghulp_2018", "zonder_2018") < correlation("ambulant_2018", "zonder_2018")


def test_parts_of_a_whole_share_errors_by_way_of_it() -> None:
    upward = correlation("daghulp_2018", "zonder_2018") * correlation("ambulant_2018", "zonder_2018")
    assert correlation("daghulp_2018", "ambulant_2018") == pytest.approx(upward / SHARED)


def test_figures_about_other_things_share_nothing() -> None:
    assert correlation("bijstand_2019", "jz_2018") == 0.0


def test_the_covariance_of_the_shipped_figures_is_proper() -> None:
    chosen = [target for target in national(list(EVERY.values())) if target.role == "calibrate"]
    matrix = covariance(chosen, list(EVERY.values()))
    assert np.allclose(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > 0


@given(st.lists(st.sampled_from(sorted(EVERY)), min_size=2, max_size=25, unique=True))
def test_any_choice_of_figures_has_a_proper_covariance(ids: list[str]) -> None:
    assert np.linalg.eigvalsh(covariance(some(*ids), list(EVERY.values()))).min() > 0


def test_two_rows_about_one_count_weigh_less_than_two_figures() -> None:
    """A figure that is off by a tolerance, said twice, is not twice the evidence."""
    twin = replace(EVERY["jz_2018"], id="again_2018", within="jz")
    every = [*EVERY.values(), twin]
    one, both = ([EVERY["jz_2018"]], [EVERY["jz_2018"], twin])
    distance = []
    for chosen in (one, both):
        found = ObservedTargets.of(chosen, every)
        distance.append(float((found.misfit(found.observed + 0.01) ** 2).sum()))
    assert distance[0] == pytest.approx(1.0)
    assert distance[1] == pytest.approx(2 / (1 + SHARED))


def test_a_structural_share_does_not_see_the_level() -> None:
    target = EVERY["pleegzorg_2019"]
    values = {name: EVERY[name].value for name in ("pleegzorg_2019", "verblijf_2019")}
    doubled = {name: 2 * value for name, value in values.items()}
    assert log_of(target, values) == pytest.approx(np.log(21500 / 42975))
    assert log_of(target, doubled) == pytest.approx(log_of(target, values))


def test_the_posterior_of_a_linear_model_is_the_textbook_one() -> None:
    chosen = some("bijstand_2019", "eenouder_2019")
    found = ObservedTargets.of(chosen, chosen)
    jacobian = np.array([[0.1, 0.0, 0.0], [0.0, 0.2, 0.0]])
    logs = found.observed - np.array([0.05, 0.0])
    mean, spread = found.gaussian(jacobian, np.zeros(3), logs, np.zeros(2))
    gain = 0.1 / (0.1**2 + chosen[0].tolerance ** 2)
    assert mean == pytest.approx([gain * 0.05, 0.0, 0.0])
    assert spread[2, 2] == pytest.approx(1.0)
    assert spread[0, 0] == pytest.approx(1 - gain * 0.1)


def test_uncertain_predictions_weaken_the_evidence() -> None:
    chosen = some("bijstand_2019")
    found = ObservedTargets.of(chosen, chosen)
    near = found.misfit(found.observed + 0.1, np.array([0.04]))
    assert abs(near) < abs(found.misfit(found.observed + 0.1))
