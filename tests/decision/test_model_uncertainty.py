"""What is not known of a model file, against closed forms; the same bytes for the same seed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from sim.decision.model_uncertainty import (
    NO_RATIO,
    draw_model,
    evppi_by_nested,
    uncertainty,
    vary_one,
)
from sim.errors import InputError, OptionError
from sim.published.source import Source, read_source
from tests import reader

DRAWS = 8192
PAGE = Path(__file__).parents[2] / "docs" / "models.md"
FORM = """\
kind: model
title: One year in one state
states: [Alive]
start: Alive
cycles: 1
timing: start
parameters:
  on: 0
{parameters}
rewards:
  Alive: {{cost: {cost}, effect: {effect}}}
strategies:
  usual: {{}}
  new: {{parameters: {{on: 1}}}}
"""
LINEAR = """\
  price: {normal: {mean: 1000, sd: 300}}
  gain: {normal: {mean: 0.1, sd: 0.02}}
  shared: {gamma: {mean: 5000, sd: 4000}}"""
MARKOV = """\
kind: model
title: Two states
states: [Well, Ill]
start: Well
cycles: 5
timing: end
parameters:
  chance: {beta: {alpha: 4, beta: 16}}
  ratio: {lognormal: {meanlog: log(0.8), sdlog: 0.5}}
  price: {gamma: {mean: 800, sd: 300}}
  risk: chance
  paid: 0
transitions:
  - {from: Well, to: Ill, probability: "min(risk, 1)"}
rewards: {Well: {cost: paid, effect: 1}, Ill: {cost: paid, effect: 0.2}}
strategies:
  usual: {}
  new: {parameters: {risk: chance * ratio, paid: price / 5}}
"""


def source(text: str, folder: Path) -> Source:
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    return read_source(folder / "m.yaml")


@pytest.fixture
def linear(tmp_path: Path) -> Source:
    text = FORM.format(parameters=LINEAR, cost="shared + on * price", effect="1 + on * gain")
    return source(text, tmp_path)


def normal_loss(mean: float, sd: float) -> float:
    """Return E max(X, 0) - max(mean, 0) of a normal X: what knowing X is worth against 0."""
    z = abs(mean) / sd
    return sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) - abs(mean) * float(ndtr(-z))


@pytest.mark.parametrize("willingness", [8_000.0, 10_000.0, 13_000.0])
def test_a_linear_model_is_the_unit_normal_loss(willingness: float, linear: Source) -> None:
    found = uncertainty(draw_model(linear, DRAWS, seed=2), willingness)
    mean, of_gain = 0.1 * willingness - 1000, 0.02 * willingness
    together = math.hypot(of_gain, 300)
    parts = dict(found.parameters)
    for estimate, expected in (
        (found.everything, normal_loss(mean, together)),
        (parts["price"], normal_loss(mean, 300)),
        (parts["gain"], normal_loss(mean, of_gain)),
    ):
        assert estimate.value == pytest.approx(expected, abs=4 * estimate.se + 0.5)
        assert estimate.se < 0.05 * expected + 1
    assert parts["shared"].value == 0  # both strategies pay it
    row = found.increments[0]
    assert row.cost.mean == pytest.approx(1000, abs=1)
    assert row.effect.low == pytest.approx(0.1 - 1.6449 * 0.02, rel=0.005)
    assert row.net_benefit.high == pytest.approx(mean + 1.6449 * together, abs=0.05 * together)
    assert row.ratio == pytest.approx(10_000, rel=1e-3)


def test_the_chance_to_be_best_is_that_of_the_normal_distribution(linear: Source) -> None:
    curve = uncertainty(draw_model(linear, DRAWS)).acceptable
    for level, chance, worth in zip(curve.thresholds, curve.probability[:, 1], curve.evpi, strict=True):
        mean, sd = 0.1 * level - 1000, math.hypot(0.02 * level, 300)
        expected = float(ndtr(mean / sd))
        assert chance == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / DRAWS) + 1e-3)
        assert worth == pytest.approx(normal_loss(mean, sd), rel=0.05, abs=1)
    assert curve.thresholds[0] == 0
    assert 19_999 < curve.thresholds[-1] < 50_001  # past twice the ratio, a round number


def test_a_product_is_worth_nothing_by_parts(tmp_path: Path) -> None:
    both = "  a: {normal: {mean: 0, sd: 10}}\n  b: {normal: {mean: 0, sd: 20}}"
    product = source(FORM.format(parameters=both, cost="on * a * b", effect="0"), tmp_path)
    found = uncertainty(draw_model(product, DRAWS))
    assert found.willingness == 0  # nothing buys an effect
    assert found.acceptable.thresholds[-1] == NO_RATIO
    assert found.increments[0].ratio is None
    assert found.everything.value == pytest.approx(200 / math.pi, rel=0.05)
    assert all(each.value < 4 * each.se + 1 < 15 for _, each in found.parameters)
    together = evppi_by_nested(product, ["a", "b"], 0.0, within=4.0)
    assert together.value == pytest.approx(200 / math.pi, abs=16.0)


def test_regression_and_nested_agree_where_parameters_multiply(tmp_path: Path) -> None:
    model = source(MARKOV, tmp_path)
    found = uncertainty(draw_model(model, DRAWS), 4_000)
    parts = dict(found.parameters)
    nested = evppi_by_nested(model, ["ratio"], 4_000, within=12.0)
    assert parts["ratio"].value == pytest.approx(nested.value, abs=3 * math.hypot(parts["ratio"].se, 12.0))
    assert parts["ratio"].value > 100  # what is compared is something


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(linear: Source) -> None:
    one, again, other = (draw_model(linear, 100, seed) for seed in (5, 5, 6))
    assert one.costs.tobytes() == again.costs.tobytes()
    assert uncertainty(one).as_json() == uncertainty(again).as_json()
    assert one.costs.tobytes() != other.costs.tobytes()


def test_one_way_is_by_hand(linear: Source) -> None:
    found = vary_one(linear)
    assert found.willingness == pytest.approx(10_000)
    bars = {bar.name: bar for bar in found.bars}
    assert [bar.name for bar in found.bars] == ["price", "gain", "shared"]
    assert bars["price"].at_low[2] == pytest.approx(1.6448536 * 300)
    assert bars["price"].at_high[2] == pytest.approx(-1.6448536 * 300)
    assert bars["gain"].at_high == pytest.approx((1000, 0.1 + 1.6448536 * 0.02, 1.6448536 * 200))
    assert bars["shared"].width == pytest.approx(0, abs=1e-6)
    assert bars["gain"].base == pytest.approx((1000, 0.1, 0))


def test_one_way_takes_the_ends_that_a_file_gives(tmp_path: Path) -> None:
    ends = "  price: {value: 1000, low: 500, high: 1400}"
    model = source(FORM.format(parameters=ends, cost="on * price", effect="on"), tmp_path)
    (bar,) = vary_one(model, willingness=1200).bars
    assert (bar.low, bar.high) == (500, 1400)
    assert (bar.at_low[2], bar.base[2], bar.at_high[2]) == pytest.approx((700, 200, -200))
    with pytest.raises(InputError, match="no parameter has a distribution"):
        draw_model(model, 10)


def test_a_model_of_one_strategy_is_told_by_itself(tmp_path: Path) -> None:
    text = FORM.format(parameters="  price: {normal: {mean: 90, sd: 10}}", cost="price", effect="2")
    model = source(text.replace("  new: {parameters: {on: 1}}\n", ""), tmp_path)
    known, found = uncertainty(draw_model(model, DRAWS)), vary_one(model, willingness=50)
    assert (known.increments, known.everything.value) == ((), 0)
    assert known.costs[0].high == pytest.approx(90 + 16.448536, abs=0.1)
    assert found.reference is None
    assert found.bars[0].at_low == pytest.approx((90 - 16.448536, 2, 10 + 16.448536))


def test_the_example_of_the_page_can_be_drawn(tmp_path: Path) -> None:
    (block,) = (each for each in reader.blocks(PAGE) if each.title == "uncertain.yaml")
    model = source(block.text, tmp_path)
    known = uncertainty(draw_model(model, 500), 20_000)
    assert {name for name, _ in known.parameters} == {"onset", "ratio", "price"}
    assert {bar.name for bar in vary_one(model).bars} == {"onset", "ratio", "price", "quality"}
    assert known.increments[0].effect.mean > 0


def test_what_cannot_be_drawn_or_varied_is_refused(linear: Source, tmp_path: Path) -> None:
    for draws in (0, 1, 10**9):
        with pytest.raises(OptionError, match="draws"):
            draw_model(linear, draws)
    certain = source(FORM.format(parameters="  price: 1", cost="on * price", effect="on"), tmp_path)
    with pytest.raises(InputError, match="or a low and a high value") as caught:
        vary_one(certain)
    assert caught.value.problems[0].line == 7


def test_where_the_choice_is_least_sure_perfect_information_is_worth_most(linear: Source) -> None:
    sample = draw_model(linear, DRAWS)
    known = uncertainty(sample)
    assert known.willingness == pytest.approx(10_000, rel=1e-3)
    around = [uncertainty(sample, known.willingness * k).everything.value for k in (0.9, 1.1)]
    assert known.everything.value > max(around)
    assert np.isclose(known.increments[0].net_benefit.mean, 0, atol=1)
