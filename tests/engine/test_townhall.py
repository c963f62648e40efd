"""Workers who come and go, and a town hall that closes its books and cuts what is not protected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.townhall import Accounts, Post, Rules, TownHall, Workforce, YearOfCare
from sim.states import MONTHS

START = 2026
PRICE = 80_000.0
RULES = Rules(
    policy="crowd_out", budget=1e8, budget_growth=0.0, crowd_out_share=0.1, crowd_out_ceiling=0.2
)  # fmt: skip


def post(fte: float | Sequence[float] = 40.0, years: int = 6, **changes: object) -> Post:
    planned = tuple(fte) if isinstance(fte, Sequence) else (fte,) * years
    plain = Post(
        name="kinderwerk", fte=planned, before=planned[0] if planned else 0.0, ring_fenced=False,
        municipal=True, hiring_delay=0, turnover=0.0, price=lambda year: PRICE,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def town(
    *posts: Post,
    spending: Sequence[float] = (1e8,) * 6,
    rules: Rules = RULES,
    before: float = 1e8,
    seen: Callable[[int, Mapping[str, list[float]]], None] = lambda year, fte: None,
) -> Accounts:
    """Return the accounts of a town whose youth care costs what `spending` says."""

    def live(year: int, fte: Mapping[str, list[float]]) -> float:
        seen(year, fte)
        return spending[year]

    return TownHall(START, len(spending), rules, posts, before, Stub(live)).run()


class Stub:
    """A population that lives a year at its end, and whose year costs what `live` says."""

    def __init__(self, live: Callable[[int, Mapping[str, list[float]]], float]) -> None:
        self.live, self.steps = live, 0

    def open_year(self, year: int, fte: Mapping[str, list[float]], places: Mapping[str, float]) -> None:
        self.fte, self.steps = fte, 0

    def live_step(self, year: int, step: int) -> None:
        assert step == self.steps
        self.steps += 1

    def close_year(self, year: int) -> YearOfCare:
        assert self.steps == MONTHS
        return YearOfCare(self.live(year, self.fte), {}, {})


def at_work(of: Post, posts: Sequence[float]) -> list[float]:
    workers = Workforce(of)
    return [workers.month(each) for each in posts]


turnovers = st.floats(0, 0.9)
delays = st.integers(0, 12)
paths = st.lists(st.floats(0, 100), min_size=1, max_size=40)
euros = st.lists(st.floats(0, 3e8), min_size=1, max_size=8)


# Workers


@given(st.floats(0, 500), delays, turnovers)
def test_as_many_come_as_go_while_posts_stay_the_same(before: float, delay: int, turnover: float) -> None:
    of = post(before=before, hiring_delay=delay, turnover=turnover)
    found = at_work(of, [before] * 36)
    assert found == pytest.approx([Workforce(of).at_work] * 36, rel=1e-9, abs=1e-9)


@given(st.floats(0, 500), delays, turnovers)
def test_a_post_stands_empty_for_as_long_as_hiring_takes(before: float, delay: int, turnover: float) -> None:
    monthly = 1 - (1 - turnover) ** (1 / MONTHS)
    steady = Workforce(post(before=before, hiring_delay=delay, turnover=turnover)).at_work
    assert steady * (1 + monthly * delay) == pytest.approx(before)


@given(delays, st.floats(0.1, 100))
def test_a_new_worker_is_there_after_the_hiring_delay(delay: int, fte: float) -> None:
    found = at_work(post(before=0.0, hiring_delay=delay), [fte] * (delay + 5))
    assert found == pytest.approx([0.0] * delay + [fte] * 5)


def test_a_share_of_the_workers_leaves_every_year() -> None:
    leaving = replace(post(before=10.0, turnover=0.15), hiring_delay=1000)
    workers = Workforce(leaving)
    workers.arriving = [0.0] * 1000
    workers.at_work = 10.0
    found = [workers.month(10.0) for _ in range(24)]
    assert found[11] == pytest.approx(8.5)
    assert found[23] == pytest.approx(8.5 * 0.85)


@given(paths, delays, turnovers, st.floats(0, 100))
def test_never_more_workers_than_posts(
    posts: list[float], delay: int, turnover: float, before: float
) -> None:
    workers = Workforce(post(before=before, hiring_delay=delay, turnover=turnover))
    for each in posts:
        present = workers.month(each)
        assert -1e-9 <= present <= each + 1e-9
        assert workers.at_work + sum(workers.arriving) == pytest.approx(each, abs=1e-9)


@given(st.floats(0, 100), st.floats(0, 100), delays, turnovers)
def test_after_a_change_workers_settle_where_they_would_have_been(
    before: float, after: float, delay: int, turnover: float
) -> None:
    found = at_work(post(before=before, hiring_delay=delay, turnover=turnover), [after] * 2000)
    steady = Workforce(post(before=after, hiring_delay=delay, turnover=turnover)).at_work
    assert found[-1] == pytest.approx(steady, rel=0.01, abs=0.01)


def test_a_cut_stops_hiring_before_workers_go() -> None:
    of = post(before=20.0, hiring_delay=4)
    workers = Workforce(of)
    workers.month(30.0)
    assert workers.month(24.0) == 20.0
    assert sum(workers.arriving) == pytest.approx(4.0)
    assert workers.month(15.0) == 15.0
    assert sum(workers.arriving) == 0.0


# The budget


def test_the_first_budget_is_what_was_spent_the_year_before() -> None:
    rules = replace(RULES, budget=None, budget_growth=0.02)
    budget = town(post(), rules=rules, before=5e7).budget
    assert budget == pytest.approx([5e7 * 1.02**year for year in range(1, 7)])


def test_a_given_budget_is_that_of_the_first_year() -> None:
    budget = town(post(), rules=replace(RULES, budget=3e7, budget_growth=-0.1), before=5e7).budget
    assert budget == pytest.approx([3e7 * 0.9**year for year in range(6)])
    assert town(post(), rules=replace(RULES, budget=0.0)).budget == [0.0] * 6


@given(euros)
def test_what_is_spent_was_budgeted_or_is_missing(spending: list[float]) -> None:
    accounts = town(post(years=len(spending)), spending=spending)
    assert accounts.spending == spending
    for spent, budget, shortfall in zip(spending, accounts.budget, accounts.shortfall, strict=True):
        assert shortfall == max(spent - budget, 0.0)


@given(euros, st.floats(0, 1), st.floats(0, 1), st.floats(0, 100), st.floats(0, 100))
def test_every_euro_taken_is_one_a_programme_does_not_cost(
    spending: list[float], share: float, ceiling: float, a: float, b: float
) -> None:
    """Money out of programmes is at most the share of last year's shortfall, and never made up."""
    rules = replace(RULES, crowd_out_share=share, crowd_out_ceiling=ceiling)
    posts = [post(fte, len(spending), name=name) for name, fte in (("one", a), ("two", b))]
    accounts = town(*posts, spending=spending, rules=rules)
    for year in range(len(spending)):
        planned = sum(each.fte[year] * PRICE for each in posts)
        decided = sum(accounts.posts[each.name][year] * PRICE for each in posts)
        at_most = share * accounts.shortfall[year - 1] if year else 0.0
        assert -1e-3 <= planned - decided <= at_most * (1 + 1e-9) + 1e-3


def test_a_programme_costs_the_workers_at_work_at_the_price_of_the_year() -> None:
    growing = post([10.0, 20.0], hiring_delay=6, price=lambda year: 1000.0 * (year - 2020))
    accounts = town(growing, spending=[0.0, 0.0])
    months = accounts.fte["kinderwerk"]
    assert months == [10.0] * 18 + [20.0] * 6
    assert accounts.programme_cost["kinderwerk"] == [10.0 * 6000, 15.0 * 7000]


# What is cut


def test_a_share_of_the_shortfall_is_taken_from_unfenced_programmes() -> None:
    accounts = town(post(40.0), spending=[1e8, 1.02e8, 1e8, 0.5e8, 1.04e8, 1e8])
    # a tenth of 2 million is 2.5 workers of 80,000; there is no shortfall of the year before in the others
    assert accounts.posts["kinderwerk"] == pytest.approx([40.0, 40.0, 37.5, 40.0, 40.0, 35.0])


def test_a_shortfall_is_measured_against_the_budget_of_its_own_year() -> None:
    accounts = town(post(40.0), spending=[1.02e8] * 4, rules=replace(RULES, budget_growth=0.02))
    assert accounts.posts["kinderwerk"] == pytest.approx([40.0, 37.5, 40.0, 40.0])


def test_what_is_taken_is_spread_over_programmes_by_what_they_cost() -> None:
    dear = post(30.0, name="dear", price=lambda year: 2 * PRICE)
    accounts = town(dear, post(20.0, name="cheap"), spending=[1.02e8] * 2)
    cut = 0.2e6 / (80 * PRICE)
    assert accounts.posts["dear"][1] == pytest.approx(30.0 * (1 - cut))
    assert accounts.posts["cheap"][1] == pytest.approx(20.0 * (1 - cut))


def test_a_year_cuts_no_more_than_the_ceiling() -> None:
    accounts = town(post(40.0), spending=[9e8, 9e8, 9e8, 0.0, 9e8, 9e8])
    assert accounts.posts["kinderwerk"] == pytest.approx([40.0, 32.0, 25.6, 20.48, 40.0, 32.0])


@given(euros, st.floats(0, 1), st.floats(0, 1), st.lists(st.floats(0, 100), min_size=8, max_size=8))
def test_posts_lie_between_the_plan_and_the_ceiling_on_a_cut(
    spending: list[float], share: float, ceiling: float, plan: list[float]
) -> None:
    rules = replace(RULES, crowd_out_share=share, crowd_out_ceiling=ceiling)
    posts = town(post(plan), spending=spending, rules=rules).posts["kinderwerk"]
    assert posts[0] == plan[0]
    for year in range(1, len(spending)):
        lowest = min(plan[year], posts[year - 1] * (1 - ceiling))
        assert lowest - 1e-9 <= posts[year] <= plan[year] + 1e-9


@given(euros, st.sampled_from(["ring_fenced", "paid by others", "deficit"]))
def test_what_is_protected_is_never_cut(spending: list[float], why: str) -> None:
    years = len(spending)
    protected = post(
        [40.0 + year for year in range(years)], name="protected",
        ring_fenced=why == "ring_fenced", municipal=why != "paid by others",
    )  # fmt: skip
    rules = replace(RULES, policy="deficit") if why == "deficit" else RULES
    accounts = town(protected, post(20.0, years, name="other"), spending=spending, rules=rules)
    assert accounts.posts["protected"] == list(protected.fte)
    if why == "deficit":
        assert accounts.posts["other"] == [20.0] * years


def test_the_unfenced_programme_pays_for_the_shortfall_alone() -> None:
    fenced = post(200.0, name="fenced", ring_fenced=True)
    alone = town(post(40.0), spending=[1.02e8] * 6)
    beside = town(fenced, post(40.0), spending=[1.02e8] * 6)
    assert beside.posts["kinderwerk"] == alone.posts["kinderwerk"]
    assert beside.posts["kinderwerk"][1] < 40.0


def test_a_shortfall_acts_the_year_after_and_not_before() -> None:
    late = town(post(40.0), spending=[1e8, 1e8, 1e8, 1e8, 1e8, 9e8])
    assert late.posts["kinderwerk"] == [40.0] * 6


def test_a_programme_without_workers_gives_nothing() -> None:
    accounts = town(post([0.0, 0.0, 40.0]), spending=[9e8] * 3)
    assert accounts.posts["kinderwerk"][:2] == [0.0, 0.0]
    assert town(spending=[9e8] * 3).posts == {}


# The clock


def test_a_year_is_lived_with_its_own_twelve_months_of_workers() -> None:
    lived = []
    accounts = town(
        post([10.0, 20.0, 30.0], hiring_delay=3), spending=[1.0] * 3,
        seen=lambda year, fte: lived.append((year, fte["kinderwerk"])),
    )  # fmt: skip
    assert [year for year, _ in lived] == [0, 1, 2]
    assert [month for _, months in lived for month in months] == accounts.fte["kinderwerk"]
    assert {len(months) for _, months in lived} == {MONTHS}
    assert lived[1][1] == [10.0] * 3 + [20.0] * 9


def test_no_years() -> None:
    accounts = town(post(years=0, before=3.0), spending=[])
    assert accounts == Accounts(
        posts={"kinderwerk": []}, fte={"kinderwerk": []}, programme_cost={"kinderwerk": []}
    )
