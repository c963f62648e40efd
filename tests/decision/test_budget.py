"""The best use of a budget: real choices, guarded by unmet need, with regret."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console, RenderableType

from commands.terminal.decision import ranking
from sim.decision.budget import Choice, _Came, applied, best_budget, choices, ranked
from sim.decision.sample import Question
from sim.errors import InputError, OptionError
from sim.model.catalogue import TARGETING
from sim.model.parameters import default_parameters
from sim.model.prices import fte_price
from sim.runs.experiment import Options
from sim.runs.workers import Workers
from tests.worlds import scenario

YEARS = 3
QUESTION = Question((scenario(0, years=YEARS), scenario(36, years=YEARS)), Options(children=1000))
A, B, C = (Choice(10.0, (4, last), "everyone") for last in (8, 11, 14))


def came(good: list[list[float]], unmet: list[list[float]] | None = None) -> _Came:
    values = np.array(good, dtype=float)
    less = np.array(unmet, dtype=float) if unmet else np.full_like(values, -1.0)
    ones = np.ones_like(values)
    return _Came(values, 0.01 * ones, less, -ones, ones, 2e6 * ones)


def test_most_good_comes_first_and_regret_is_what_choosing_it_loses() -> None:
    first, second, third = ranked([A, B, C], came([[4, 2, 0], [2, 6, 0], [6, 5, 0]]))
    assert [row.choice for row in (first, second, third)] == [B, A, C]
    assert first.good[0] == pytest.approx(13 / 3)
    assert (first.p_best, second.p_best, third.p_best) == pytest.approx((1 / 3, 2 / 3, 0))
    assert first.regret == pytest.approx((2 + 0 + 1) / 3)
    assert second.regret == pytest.approx((0 + 4 + 0) / 3)
    assert first.good_per_million == pytest.approx(13 / 3 / 2)
    assert first.behind == (0.0, 0.0)
    assert second.behind[0] == pytest.approx(1 / 3)
    assert second.as_good
    assert not third.as_good


def test_more_unmet_need_is_no_gain_however_much_good_it_seems() -> None:
    rows = ranked([A, B], came([[9, 2], [9, 2]], [[1.0, -1.0], [1.0, -1.0]]))
    assert [row.choice for row in rows] == [B, A]
    assert rows[0].gain
    assert not rows[1].gain
    assert rows[0].p_best == 1.0
    assert rows[1].p_best == 0.0
    assert rows[1].regret == pytest.approx(2.0)
    assert rows[1].p_more_unmet == 1.0


def test_where_all_do_harm_doing_nothing_is_best() -> None:
    (row,) = ranked([A], came([[-3.0], [-1.0]]))
    assert row.p_best == 0.0
    assert not row.gain
    assert row.regret == pytest.approx(2.0)


def test_good_within_luck_is_no_gain() -> None:
    sample = came([[0.001], [0.001]])
    (row,) = ranked([A], sample._replace(error=np.ones((2, 1))))
    assert not row.gain


@pytest.mark.parametrize("noise", [0.0, 1e-13, -1e-13])
def test_uses_that_come_to_the_same_are_called_equal_and_share_the_first_place(noise: float) -> None:
    sample = came([[4, 4 * (1 + noise), 2], [6, 6 * (1 + noise), 2]], [[noise, -noise, 0.0]] * 2)
    rows = ranked([A, B, C], sample)
    assert [row.choice for row in rows] == [A, B, C]
    assert [row.equal_to for row in rows] == [None, A, None]
    assert [row.p_best for row in rows] == [0.5, 0.5, 0.0]
    assert rows[1].behind == (0.0, 0.0)
    assert [row.gain for row in rows] == [True, True, True]  # no more unmet need but for rounding
    assert [row.p_more_unmet for row in rows] == [0.0, 0.0, 0.0]
    shown = said(ranking(rows, 1e6))
    assert f"among the best, equal to {A.name}" in shown
    assert shown.count("equal to") == 1


def test_uses_that_differ_in_money_alone_are_not_equal() -> None:
    sample = came([[4, 4], [6, 6]])
    dearer = sample._replace(cost=sample.cost + np.array([[0.0, 1.0]]))
    assert [row.equal_to for row in ranked([A, B], dearer)] == [None, None]


def said(table: RenderableType) -> str:
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_choices_spend_the_budget_and_are_levers_of_policy_only() -> None:
    price = fte_price("cost.kinderwerk_fte", QUESTION.scenarios[1].start, default_parameters())
    found = choices(QUESTION.scenarios[1], QUESTION, 20 * price)
    assert max(choice.fte for choice in found) == 20.0
    assert {choice.reach for choice in found} == set(TARGETING)
    assert len(set(found)) == len(found)
    assert {choice.ages for choice in found} >= {(4, 14), (4, 7), (11, 14)}
    changed = applied(QUESTION.scenarios[1], Choice(7.5, (4, 7), "outreach")).programmes["kinderwerk"]
    assert (changed.fte.at(2026), changed.ages, changed.targeting) == (7.5, (4, 7), "outreach")


def test_a_budget_that_buys_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="buys no child worker"):
        choices(QUESTION.scenarios[1], QUESTION, 100.0)
    with pytest.raises(InputError, match="no child work here to spend"):
        choices(scenario(years=YEARS), QUESTION, 1e6)


def test_uses_are_lived_on_the_same_draws() -> None:
    tried = [Choice(36.0, (4, 14), "neighbourhood"), Choice(36.0, (4, 7), "everyone")]
    rows = best_budget(QUESTION, 3e6, Workers(1), draws=2, tried=tried)
    assert {row.choice for row in rows} == set(tried)
    again = best_budget(QUESTION, 3e6, Workers(1), draws=2, tried=tried[::-1])
    found = {row.choice: row.good for row in rows}
    for row in again:
        assert row.good == pytest.approx(found[row.choice], abs=1e-6)
    assert len(again) == len(rows)
    assert all(row.spent > 0 for row in rows)
