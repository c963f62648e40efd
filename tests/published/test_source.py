"""Draws of a model file: as each draw by itself, the same again, told by number where impossible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.errors import InputError
from sim.published import source as module
from sim.published.cohort import exact_cohort, totals_by_group
from sim.published.source import Floats, Source, read_source

PUBLISHED = Path(__file__).parents[2] / "scenarios" / "published"
WHOLE = """\
kind: model
title: All there is
states: [Well, Ill, Dead]
start: {Well: 0.9, Ill: 0.1}
cycle_years: 1/2
cycles: 6
age: 40
timing: half-cycle
rewards_per: year
discount: {cost: 0.03, effect: 0.015}
groups:
  - {name: low, share: 0.75, values: {risk: 0.5}}
  - {name: high, share: 0.25, values: {risk: 2}}
parameters:
  drawn: 1                                   # a name that draws must not take
  onset: {gamma: {mean: 0.2, sd: 0.05}}
  ratio: {lognormal: {mean: 0.7, sd: 0.1}}
  rate: onset * risk * 1.02 ** (age - 40)
  death: {beta: {alpha: 2, beta: 98}}
  price: {value: 100, low: 50, high: 150}
transitions:
  - {from: Well, to: Ill, rate: rate * drawn}
  - {from: Ill, to: Well, rate: 0.5 / (1 + time_in_state)}
  - {from: Ill, to: Dead, rate: death}
rewards:
  Well: {cost: price, effect: 1}
  Ill: {cost: 1000 * risk + 10 * time_in_state, effect: 0.7}
  Dead: {cost: 0, effect: 0}
on_entry:
  Dead: {cost: 500, from: {Ill: {cost: 2000}}}
strategies:
  usual: {}
  less: {parameters: {rate: onset * ratio}}
  never: {parameters: {onset: 0}}
"""


def totals(source: Source, values: dict[str, Floats]) -> Floats:
    """Return cost and effect [draw, strategy, (cost, effect)]."""
    model = source.compiled()
    draws = len(next(iter(values.values())))
    labels = [f"draw {k + 1}" for k in range(draws)]
    parts = [totals_by_group(each) for each in source.variants(values, labels, model)]
    found = np.concatenate(parts, axis=1)
    return found.reshape(len(model.strategies), draws, -1, 2).sum(axis=2).swapaxes(0, 1)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "m.yaml").write_text(WHOLE, encoding="utf-8")
    return read_source(tmp_path / "m.yaml")


@pytest.mark.parametrize("cells", [1, 20_000, 10_000_000])
def test_draws_together_are_each_draw_by_itself(
    cells: int, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CELLS", cells)
    values = source.drawn(20, seed=1)
    found = totals(source, values)
    for k in range(20):
        alone: dict[str, Any] = {name: float(column[k]) for name, column in values.items()}
        file = source.file.model_copy(update={"parameters": {**source.file.amounts, **alone}})
        expected = exact_cohort(Source(source.document, file, {}).compiled()).totals
        np.testing.assert_allclose(found[k], expected, rtol=1e-12)


def test_a_strategy_that_sets_a_parameter_keeps_it(source: Source) -> None:
    found = totals(source, source.drawn(8, seed=0))
    assert np.ptp(found[:, 0, 0]) > 1
    lives_ill = found[:, 2]  # nobody falls ill: who was ill at the start may still die
    assert np.ptp(lives_ill[:, 1]) < np.ptp(found[:, 0, 1]) / 2


def test_the_luck_of_a_parameter_is_its_own(source: Source) -> None:
    more = {**source.file.parameters}
    more = {"another": more["onset"], **more}
    wider = Source(source.document, source.file.model_copy(update={"parameters": more}), {})
    found, expected = wider.drawn(50, seed=7), source.drawn(50, seed=7)
    assert all(found[name].tobytes() == expected[name].tobytes() for name in expected)
    assert found["another"].tolist() != found["onset"].tolist()
    assert source.drawn(20, seed=7)["onset"].tolist() == expected["onset"][:20].tolist()
    assert source.drawn(20, seed=8)["onset"].tolist() != expected["onset"][:20].tolist()


def test_the_base_case_is_the_middle(source: Source) -> None:
    assert source.file.amounts["onset"] == pytest.approx(0.2)
    assert source.file.amounts["price"] == 100
    values = {name: np.array([each.middle]) for name, each in source.file.uncertain.items()}
    np.testing.assert_allclose(totals(source, values)[0], exact_cohort(source.compiled()).totals, rtol=1e-12)


def test_a_draw_that_makes_no_model_is_told_by_its_number(source: Source) -> None:
    values = {"onset": np.array([0.2, -0.1, 0.3])}
    with pytest.raises(InputError) as caught:
        totals(source, values)
    problem = caught.value.problems[0]
    assert "a rate must be 0 or more, found -0.05 in group 'draw 2, low'" in problem.message
    assert problem.line == 22


def test_gammas_over_their_sum_are_a_dirichlet_distribution(tmp_path: Path) -> None:
    names = {"well": 1251, "ill": 350, "dead": 133}
    lines = "".join(f"  n_{name}: {{gamma: {{shape: {n}, scale: 1}}}}\n" for name, n in names.items())
    text = (PUBLISHED / "hiv-chancellor1997.yaml").read_text(encoding="utf-8")
    text = text.replace("parameters:\n", f"parameters:\n{lines}", 1)
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    values = read_source(tmp_path / "m.yaml").drawn(10_000, seed=0)
    together = sum(values.values())
    total = sum(names.values())
    for name, n in names.items():
        share = values[f"n_{name}"] / together
        assert share.mean() == pytest.approx(n / total, abs=1e-4)
        sd = np.sqrt(n * (total - n) / total**2 / (total + 1))
        assert share.std() == pytest.approx(sd, rel=0.03)
