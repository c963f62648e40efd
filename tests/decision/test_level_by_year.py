"""The level of a scenario is the sum of its columns, and what two levels differ by is their difference."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim.decision.comparison import difference
from sim.decision.headline import USERS
from sim.decision.level_by_year import LEVELS, MONEY_PARTS, MoneyView, level_by_year, money_by_year
from sim.errors import OptionError
from sim.runs.experiment import Options, Run, run_all
from tests.worlds import scenario

PAIR = [scenario(0, years=3), scenario(36, years=3)]


@cache
def runs() -> list[Run]:
    return list(run_all(PAIR, Options(children=400, draws=12)))


def test_money_is_care_and_programmes() -> None:
    care, programmes, money = (
        np.array([f.value for f in level_by_year(runs(), 1, what)])
        for what in ("care", "programmes", "money")
    )
    assert care + programmes == pytest.approx(money)
    assert (care > 10 * programmes).all()
    label = ("cost", "programme", "kinderwerk")
    spent = np.mean([run.columns[1].values[run.columns[1].labels.index(label)] for run in runs()], axis=0)
    assert programmes == pytest.approx(spent)


def test_levels_differ_by_the_difference() -> None:
    d = difference(runs(), 1, 0, range(PAIR[0].start, PAIR[0].start + 3))
    ours, theirs = (np.array([f.value for f in level_by_year(runs(), k, "users")]) for k in (1, 0))
    assert ours - theirs == pytest.approx(d.series(*USERS).mean(axis=0))
    assert (theirs > 0).all()


@pytest.mark.parametrize("what", LEVELS)
def test_a_level_has_a_range_over_draws_and_an_error(what: str) -> None:
    for f in level_by_year(runs(), 1, what):
        assert f.low is not None
        assert f.high is not None
        assert f.low <= f.value <= f.high
        assert f.draw_count == 12


@pytest.mark.parametrize("money", MONEY_PARTS)
@pytest.mark.parametrize(("per", "share"), [("municipality", 1.0), ("inhabitant", 1 / 5000)])
@pytest.mark.parametrize(("prices", "risen"), [("fixed", 1.0), ("current", 1.02)])
def test_money_is_of_whom_and_in_which_euros_is_asked(
    money: str, per: str, share: float, prices: str, risen: float
) -> None:
    plain = level_by_year(runs(), 1, MONEY_PARTS[money])
    found = money_by_year(runs(), 1, MoneyView(money, per, prices), PAIR[1], 5000)
    for year, one, known in zip(range(2026, 2029), found, plain, strict=True):
        factor = share * risen ** (year - 2024)
        for field in ("value", "mcse", "low", "high", "quartiles"):
            assert getattr(one, field) == pytest.approx(
                np.multiply(getattr(known, field), factor), abs=1e-3
            )  # an error of programmes is what rounding leaves
    if (per, prices) == ("municipality", "fixed"):
        assert found == plain


def test_inflation_is_that_of_the_scenario() -> None:
    own = scenario(36, years=3, parameters={"discount.inflation": 0.05})
    dear, plain = (
        money_by_year(runs(), 1, MoneyView(prices=prices), own, None)[2] for prices in ("current", "fixed")
    )
    assert dear.value == pytest.approx(plain.value * 1.05**4)


def test_where_inhabitants_are_not_known_it_is_of_the_whole_municipality() -> None:
    view = MoneyView(per="inhabitant")
    assert not view.by_head(None)
    assert money_by_year(runs(), 1, view, PAIR[1], None) == level_by_year(runs(), 1, "money")


@pytest.mark.parametrize("option", ["money", "per", "prices"])
def test_another_word_is_refused(option: str) -> None:
    with pytest.raises(OptionError, match=r"must be .*, found 'alles'") as error:
        MoneyView(**{option: "alles"})
    assert error.value.option == option
