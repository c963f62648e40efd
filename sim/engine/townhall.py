"""The town hall on SimPy's clock: workers, the budget cycle, contracts for places, the population's year.

SimPy runs the town hall, arrays run the children. One time unit is a month. Order of events:

1. 1 January, the council: it compares last year's youth-care spending with the budget and, under
   `crowd_out`, takes a share of the shortfall from unfenced programmes of the municipality; under
   `capped` it renews the contracts for places. The year's workers follow, month by month: hired with
   a delay, leaving and replaced, cut where a mid-term cut says so.
2. Each step (a month, unless finer): the population lives it; then the waiting lists hand out places.
3. 31 December: the year's spending and use are known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import simpy

from sim.states import MONTHS

Process = Generator[Any, Any, None]


@dataclass(frozen=True)
class Post:
    """A programme as the town hall sees it: posts by year, and how they are filled and protected.

    cuts: by month, the share of the posts that a mid-term cut takes.
    """

    name: str
    fte: tuple[float, ...]
    before: float
    ring_fenced: bool
    municipal: bool
    hiring_delay: int
    turnover: float
    price: Callable[[int], float]
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True)
class Contracts:
    """How contracts for places follow use, under `capped`. Places by form, real numbers.

    places: on the first day; growth: a year; up: share of last year's mean waiting list for which
    places are added; down: share of last year's idle places that are given back.
    """

    places: Mapping[str, float]
    growth: float
    up: float
    down: float

    def renewed(self, before: Mapping[str, float], use: YearOfCare) -> dict[str, float]:
        """Return the places of a year from those of the year before and how they were used."""
        renewed = {}
        for form, places in before.items():
            idle = max(places - use.place_years[form], 0.0)
            waiting = use.waiting_years[form]
            given_back = self.down * idle if waiting < idle else 0.0
            renewed[form] = max(places * (1.0 + self.growth) + self.up * waiting - given_back, 0.0)
        return renewed


@dataclass(frozen=True)
class Rules:
    """Policy and its numbers. Money in euros of the price year."""

    policy: str
    budget: float | None
    budget_growth: float
    crowd_out_share: float
    crowd_out_ceiling: float
    contracts: Contracts | None = None
    steps_per_month: int = 1


class YearOfCare(NamedTuple):
    """What the town hall learns on 31 December: euros spent; child-years in care and waiting by form."""

    spending: float
    place_years: Mapping[str, float]
    waiting_years: Mapping[str, float]


class Population(Protocol):
    """The children, as the town hall meets them."""

    def open_year(self, run_year: int, fte: Mapping[str, list[float]], places: Mapping[str, float]) -> None:
        """Begin a year with the FTE at work by month and the places by form (empty: no limits)."""

    def live_step(self, run_year: int, step: int) -> None:
        """Live one step of the year, and hand out places at its end."""

    def close_year(self, run_year: int) -> YearOfCare:
        """End the year."""


class KnownCare:
    """A population whose care is known beforehand: the town hall decides as if that had come."""

    def __init__(self, years: Sequence[YearOfCare]) -> None:
        """Take what each year comes to."""
        self.years = years

    def open_year(self, run_year: int, fte: Mapping[str, list[float]], places: Mapping[str, float]) -> None:
        """Begin a year."""

    def live_step(self, run_year: int, step: int) -> None:
        """Live one step."""

    def close_year(self, run_year: int) -> YearOfCare:
        """End the year."""
        return self.years[run_year]


@dataclass
class Accounts:
    """What the town hall decided and spent, by year (index 0 is the start year)."""

    budget: list[float] = field(default_factory=list)
    spending: list[float] = field(default_factory=list)
    shortfall: list[float] = field(default_factory=list)
    posts: dict[str, list[float]] = field(default_factory=dict)
    fte: dict[str, list[float]] = field(default_factory=dict)  # at work, by month
    programme_cost: dict[str, list[float]] = field(default_factory=dict)
    places: list[dict[str, float]] = field(default_factory=list)


class Workforce:
    """Workers of one programme: posts opened today are filled after the hiring delay."""

    def __init__(self, post: Post) -> None:
        self.delay = post.hiring_delay
        self.monthly_leavers = 1.0 - (1.0 - post.turnover) ** (1.0 / MONTHS)
        # steady state: as many arrive each month as leave
        self.at_work: float = post.before / (1.0 + self.monthly_leavers * self.delay)
        self.arriving = [self.at_work * self.monthly_leavers] * self.delay

    def month(self, posts: float) -> float:
        """Let a month begin with this many posts; return the FTE at work in it."""
        self.at_work -= self.at_work * self.monthly_leavers
        if self.delay:
            self.at_work += self.arriving.pop(0)
        surplus = self.at_work + sum(self.arriving) - posts
        if surplus > 0:  # posts were cut: first no more hiring, then workers go
            for i in range(len(self.arriving) - 1, -1, -1):
                stopped = min(surplus, self.arriving[i])
                self.arriving[i] -= stopped
                surplus -= stopped
            self.at_work -= surplus
        opened = max(posts - self.at_work - sum(self.arriving), 0.0)
        if self.delay:
            self.arriving.append(opened)
        else:
            self.at_work += opened
        return float(self.at_work)


def can_be_cut(rules: Rules, posts: Sequence[Post]) -> list[Post]:
    """Return the programmes that a shortfall may be taken from."""
    return [p for p in posts if rules.policy == "crowd_out" and p.municipal and not p.ring_fenced]


class TownHall:
    """The municipality over the years of a scenario."""

    def __init__(
        self,
        start: int,
        years: int,
        rules: Rules,
        posts: tuple[Post, ...],
        spending_before: float,
        population: Population,
    ) -> None:
        """Set up the town hall.

        spending_before is the youth-care spending of the year before the start, from which the default
        budget follows (the same in every scenario).
        """
        self.start, self.years, self.rules, self.posts = start, years, rules, posts
        self.population = population
        self.first_budget = (
            rules.budget if rules.budget is not None else spending_before * (1.0 + rules.budget_growth)
        )
        self.accounts = Accounts(
            posts={p.name: [] for p in posts},
            fte={p.name: [] for p in posts},
            programme_cost={p.name: [] for p in posts},
        )
        self.workforce = {p.name: Workforce(p) for p in posts}
        self.use: YearOfCare | None = None
        self.env = simpy.Environment()

        self.opened, self.closed, self.begun = self.env.event(), self.env.event(), self.env.event()
        self.env.process(self._council())
        self.env.process(self._population())

    def run(self) -> Accounts:
        """Run all years and return the accounts."""
        for _ in range(self.years):
            self.open_year()
            self.close_year()
        return self.accounts

    def open_year(self) -> None:
        """Run until the population has begun the next year."""
        self.env.run(until=self.begun)
        self.begun = self.env.event()

    def close_year(self) -> None:
        """Run until the year that has begun is over."""
        self.env.run(until=self.closed)

    def _council(self) -> Process:
        accounts, rules = self.accounts, self.rules
        for run_year in range(self.years):
            accounts.budget.append(self.first_budget * (1.0 + rules.budget_growth) ** run_year)
            shortfall = max(accounts.spending[-1] - accounts.budget[run_year - 1], 0.0) if run_year else 0.0
            for post in self.posts:
                accounts.posts[post.name].append(self._decided(post, run_year, shortfall))
                accounts.fte[post.name] += [self._at_work(post, run_year, month) for month in range(MONTHS)]
            accounts.places.append(self._contracted())
            self.opened.succeed(run_year)
            yield self.closed
            self.closed = self.env.event()

    def _population(self) -> Process:
        steps = MONTHS * self.rules.steps_per_month
        for run_year in range(self.years):
            yield self.opened
            self.opened = self.env.event()
            fte = {name: months[run_year * MONTHS :] for name, months in self.accounts.fte.items()}
            self.population.open_year(run_year, fte, self.accounts.places[run_year])
            self.begun.succeed(run_year)
            for step in range(steps):
                yield self.env.timeout(MONTHS / steps)
                self.population.live_step(run_year, step)
            self._book(run_year, fte, self.population.close_year(run_year))
            self.closed.succeed(run_year)

    def _decided(self, post: Post, run_year: int, shortfall: float) -> float:
        """Return the posts of a year: as planned, unless a shortfall is taken from them."""
        planned = post.fte[run_year]
        cuttable = can_be_cut(self.rules, self.posts)
        if post not in cuttable or not run_year:
            return planned
        cost = {p.name: p.fte[run_year] * p.price(self.start + run_year) for p in cuttable}
        total = sum(cost.values())
        if total <= 0:
            return planned
        wanted = planned * (1.0 - min(self.rules.crowd_out_share * shortfall / total, 1.0))
        floor = min(planned, self.accounts.posts[post.name][-1] * (1.0 - self.rules.crowd_out_ceiling))
        return max(wanted, floor)

    def _at_work(self, post: Post, run_year: int, month: int) -> float:
        cut = post.cuts[run_year * MONTHS + month] if post.cuts else 0.0
        return self.workforce[post.name].month(self.accounts.posts[post.name][run_year] * (1.0 - cut))

    def _contracted(self) -> dict[str, float]:
        contracts = self.rules.contracts
        if contracts is None:
            return {}
        if self.use is None:
            return dict(contracts.places)
        return contracts.renewed(self.accounts.places[-1], self.use)

    def _book(self, run_year: int, fte: Mapping[str, list[float]], use: YearOfCare) -> None:
        accounts = self.accounts
        self.use = use
        accounts.spending.append(use.spending)
        accounts.shortfall.append(max(use.spending - accounts.budget[run_year], 0.0))
        for post in self.posts:
            mean = sum(fte[post.name]) / MONTHS
            accounts.programme_cost[post.name].append(mean * post.price(self.start + run_year))
