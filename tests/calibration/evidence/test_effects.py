"""The steps from an effect size to a prior: closed forms, laws, and the files that they make."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from calibration.evidence import effects
from calibration.evidence.effects import (
    BEGIN,
    DOCUMENT,
    END,
    beliefs,
    findings,
    log_odds_ratio,
    need_ratio,
    page,
    percentiles,
    pooled,
    prior_text,
    rate_ratio,
    risk_ratio,
    standard_error,
)
from sim.model.priors import PRIOR_FILE, PRIORS, priors

RENEW = "run python -m calibration.evidence.effects"
FOUND = findings()
odds_ratios = st.floats(0.05, 20.0)
bases = st.floats(0.001, 0.9)


# From d to an odds ratio


@given(st.floats(-2.0, 2.0), st.floats(-3.0, 3.0))
def test_logistic_scores_a_difference_apart_have_this_odds_ratio_at_every_threshold(
    d: float, threshold: float
) -> None:
    """With scores of standard deviation 1, of which those above a threshold count as problems."""
    score = stats.logistic(scale=math.sqrt(3.0) / math.pi)
    assert score.std() == pytest.approx(1.0)
    with_, without = score.sf(threshold + d), score.sf(threshold)
    odds = (with_ / (1 - with_)) / (without / (1 - without))
    assert math.log(odds) == pytest.approx(log_odds_ratio(d), abs=1e-9)


def test_published_odds_ratios_of_a_difference() -> None:
    """As Raposa et al. 2019 print one of g 0.21 in the other direction: 0.68."""
    assert math.exp(log_odds_ratio(0.21)) == pytest.approx(0.68, abs=0.005)
    assert math.exp(log_odds_ratio(0.062)) == pytest.approx(0.894, abs=0.0005)


# From an odds ratio to risks and rates


@given(odds_ratios, bases)
def test_a_ratio_of_risks_has_the_odds_ratio(odds_ratio: float, base: float) -> None:
    risk = risk_ratio(odds_ratio, base) * base
    assert 0 < risk < 1
    assert risk / (1 - risk) == pytest.approx(odds_ratio * base / (1 - base), rel=1e-9)


@given(odds_ratios, bases)
def test_a_ratio_of_rates_leads_to_the_risk_in_the_same_time(odds_ratio: float, base: float) -> None:
    rate = -math.log(1 - base)  # of constant rate over one unit of time
    risk = 1 - math.exp(-rate * rate_ratio(odds_ratio, base))
    assert risk == pytest.approx(risk_ratio(odds_ratio, base) * base, rel=1e-9)


@given(odds_ratios, bases)
def test_a_ratio_of_rates_lies_between_those_of_risks_and_of_odds(odds_ratio: float, base: float) -> None:
    ratios = (risk_ratio(odds_ratio, base), rate_ratio(odds_ratio, base), odds_ratio)
    of_risks, of_rates, of_odds = (abs(math.log(ratio)) for ratio in ratios)
    assert of_risks <= of_rates + 1e-12
    assert of_rates <= of_odds + 1e-12


def test_what_is_rare_has_one_ratio() -> None:
    for ratio in (risk_ratio(0.7, 1e-9), rate_ratio(0.7, 1e-9)):
        assert ratio == pytest.approx(0.7, rel=1e-8)


@pytest.mark.parametrize(("odds_ratio", "base"), [(0.0, 0.2), (-1.0, 0.2), (0.9, 0.0), (0.9, 1.0)])
def test_odds_and_risks_that_cannot_be_are_refused(odds_ratio: float, base: float) -> None:
    for step in (risk_ratio, rate_ratio):
        with pytest.raises(ValueError, match="no odds ratio"):
            step(odds_ratio, base)


# Intervals


@given(st.floats(0.3, 3.0), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_percentiles_are_those_of_the_distribution_with_this_interval(
    value: float, down: float, up: float
) -> None:
    low, high = percentiles(value, value * math.exp(-down), value * math.exp(up))
    for end, side, q in ((low, down, 0.05), (high, up, 0.95)):
        normal = stats.norm(math.log(value), side / stats.norm.ppf(0.975))
        assert math.log(end) == pytest.approx(normal.ppf(q), abs=1e-9)


def test_the_standard_error_behind_an_interval() -> None:
    assert standard_error(-1.959964, 1.959964) == pytest.approx(1.0, abs=1e-6)


# Pooling


def test_studies_that_agree_pool_to_the_mean_with_the_error_of_all_of_them() -> None:
    found = pooled([0.3] * 4, [0.2] * 4)
    assert found.mean == pytest.approx(0.3)
    assert found.between == 0.0
    assert found.error == pytest.approx(0.1)  # 0.2 / sqrt(4)
    assert found.next_high - found.mean == pytest.approx(stats.t.ppf(0.975, 2) * 0.1)


def test_the_spread_between_equal_studies_is_their_variance_beyond_their_error() -> None:
    """With equal errors, tau squared is the sample variance less the variance of one study."""
    effects_, error = np.array([-0.4, 0.1, 0.2, 0.9]), 0.1
    found = pooled(effects_.tolist(), [error] * 4)
    assert found.between**2 == pytest.approx(effects_.var(ddof=1) - error**2)
    assert found.mean == pytest.approx(effects_.mean())
    assert found.error == pytest.approx(math.sqrt(effects_.var(ddof=1) / 4))


def test_a_pooling_by_hand() -> None:
    """Four studies with weights 100, 25, 4 and 1."""
    y, se = [0.1, 0.5, -0.4, 1.0], [0.1, 0.2, 0.5, 1.0]
    w = [100.0, 25.0, 4.0, 1.0]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / 130
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    tau2 = (q - 3) / (130 - (1e4 + 625 + 16 + 1) / 130)
    again = [1 / (s**2 + tau2) for s in se]
    found = pooled(y, se)
    assert found.between == pytest.approx(math.sqrt(tau2))
    assert found.mean == pytest.approx(sum(a * b for a, b in zip(again, y, strict=True)) / sum(again))


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.05, 1)), min_size=3, max_size=8))
def test_a_next_place_is_less_certain_than_the_mean(studies: list[tuple[float, float]]) -> None:
    found = pooled([y for y, _ in studies], [e for _, e in studies])
    assert found.next_low < found.low < found.mean < found.high < found.next_high
    assert min(y for y, _ in studies) - 1e-9 <= found.mean <= max(y for y, _ in studies) + 1e-9


@pytest.mark.parametrize(("y", "e"), [([0.1, 0.2], [1, 1]), ([0, 0, 0], [1, 1, 0]), ([0, 0, 0], [1, 1])])
def test_what_cannot_be_pooled_is_refused(y: list[float], e: list[float]) -> None:
    with pytest.raises(ValueError, match="three effects or more"):
        pooled(y, e)


# The priors


def test_the_priors_are_those_that_are_published() -> None:
    told = {b.name: tuple(round(x, 2) for x in b.need) for b in beliefs(FOUND)}
    assert told == {
        "sceptical": (1.0, 0.86, 1.15), "nearest": (0.91, 0.71, 1.15), "favourable": (0.76, 0.64, 0.90),
    }  # fmt: skip
    assert ("assumed", *told) == PRIORS


def test_the_base_risk_matters_little() -> None:
    near = FOUND["after_school"].interval[0]
    found = [need_ratio(near, base) for base in effects.BASE_RISKS]
    assert max(found) - min(found) < 0.03


def test_every_row_of_evidence_has_its_source_and_says_what_it_bears_on() -> None:
    for row in FOUND.values():
        assert row.source
        assert row.bears_on
        assert row.measure in ("d", "rate_ratio", "none")
        assert (row.value is None) == (row.measure == "none")
        if row.low is not None and row.high is not None and row.value is not None:
            assert row.low < row.value < row.high
    with pytest.raises(ValueError, match="no interval"):
        _ = FOUND["tos"].interval


def test_the_files_hold_what_the_evidence_makes() -> None:
    assert PRIOR_FILE.read_text(encoding="utf-8") == prior_text(FOUND), RENEW
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert page(text, FOUND) == text, RENEW
    assert page(text.replace("| d |", "| e |"), FOUND) == text


def test_the_model_reads_what_was_written() -> None:
    with PRIOR_FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        record = priors()[row["prior"]][row["name"]]
        written = tuple(float(row[k]) for k in ("value", "low", "high"))
        assert (record.value, record.low, record.high) == written
        assert record.source == row["source"]
    assert len(rows) == sum(len(records) for records in priors().values())
