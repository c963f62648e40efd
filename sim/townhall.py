"""The town hall on SimPy's clock: workers, the budget cycle and the year of the population.

SimPy runs the town hall, arrays run the children. One time unit is a month. Order of events:

1. 1 January: the budget cycle closes last year, compares youth-care spending with the budget and,
   under `crowd_out`, takes a share of the shortfall from unfenced programmes of the municipality.
2. Each month: workers are hired (with a delay), leave and are replaced; the month's FTE is known.
3. In the middle of the last month of a block (a year, where no child waits for another): the
   population lives the block, and the year's spending is known at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.states import MONTHS

Process = Generator[Any, Any, None]


@dataclass(frozen=True)
class Post:
    """A programme as the town hall sees it: posts by year, and how they are filled and protected."""

    name: str
    fte: tuple[float, ...]
    before: float
    ring_fenced: bool
    municipal: bool
    hiring_delay: int
    turnover: float
    price: Callable[[int], float]


@dataclass(frozen=True)
class Rules:
    """Policy and its numbers. Money in euros of the price year."""

    policy: str
    budget: float | None
    budget_growth: float
    crowd_out_share: float
    crowd_out_ceiling: float


@dataclass
class Accounts:
    """What the town hall decided and spent, by year (index 0 is the start year)."""

    budget: list[float] = field(default_factory=list)
    spending: list[float] = field(default_factory=list)
    shortfall: list[float] = field(default_factory=list)
    posts: dict[str, list[float]] = field(default_factory=dict)
    fte: dict[str, list[float]] = field(default_factory=dict)  # at work, by month
    programme_cost: dict[str, list[float]] = field(default_factory=dict)


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


class TownHall:
    """The municipality over the years of a scenario."""

    def __init__(
        self,
        start: int,
        years: int,
        rules: Rules,
        posts: tuple[Post, ...],
        spending_before: float,
        live: Callable[[int, Mapping[str, list[float]]], float],
        tell: Callable[[int], None] | None = None,
    ) -> None:
        """Set up the town hall.

        live(year index, monthly FTE at work by programme) lives one year and returns its
        youth-care spending; spending_before is the spending of the year before the start, from
        which the default budget follows (the same in every scenario); tell hears of each year done.
        """
        self.start, self.years, self.rules, self.posts = start, years, rules, posts
        self.live, self.tell = live, tell
        self.first_budget = (
            rules.budget if rules.budget is not None else spending_before * (1.0 + rules.budget_growth)
        )
        self.accounts = Accounts(
            posts={p.name: [] for p in posts},
            fte={p.name: [] for p in posts},
            programme_cost={p.name: [] for p in posts},
        )
        self.workforce = {p.name: Workforce(p) for p in posts}
        self.env = simpy.Environment()

    def run(self) -> Accounts:
        """Run all years and return the accounts."""
        if self.years:
            self.env.process(self._budget_cycle())
            self.env.process(self._workers())
            self.env.process(self._population())
            self.env.run(until=self.years * MONTHS)
        return self.accounts

    def _budget_cycle(self) -> Process:
        accounts, rules = self.accounts, self.rules
        for year in range(self.years):
            accounts.budget.append(self.first_budget * (1.0 + rules.budget_growth) ** year)
            shortfall = max(accounts.spending[-1] - accounts.budget[year - 1], 0.0) if year else 0.0
            for post in self.posts:
                accounts.posts[post.name].append(self._decided(post, year, shortfall))
            yield self.env.timeout(MONTHS)

    def _decided(self, post: Post, year: int, shortfall: float) -> float:
        """Return the posts of a year: as planned, unless a shortfall is taken from them."""
        planned = post.fte[year]
        cuttable = [p for p in self.posts if p.municipal and not p.ring_fenced]
        if self.rules.policy != "crowd_out" or post not in cuttable or not year:
            return planned
        cost = {p.name: p.fte[year] * p.price(self.start + year) for p in cuttable}
        total = sum(cost.values())
        if total <= 0:
            return planned
        wanted = planned * (1.0 - min(self.rules.crowd_out_share * shortfall / total, 1.0))
        floor = min(planned, self.accounts.posts[post.name][-1] * (1.0 - self.rules.crowd_out_ceiling))
        return max(wanted, floor)

    def _workers(self) -> Process:
        for month in range(self.years * MONTHS):
            for post in self.posts:
                posts = self.accounts.posts[post.name][month // MONTHS]
                self.accounts.fte[post.name].append(self.workforce[post.name].month(posts))
            yield self.env.timeout(1)

    def _population(self) -> Process:
        accounts = self.accounts
        for year in range(self.years):
            yield self.env.timeout(MONTHS - 0.5)
            fte = {name: months[year * MONTHS :] for name, months in accounts.fte.items()}
            spending = self.live(year, fte)
            accounts.spending.append(spending)
            accounts.shortfall.append(max(spending - accounts.budget[year], 0.0))
            for post in self.posts:
                mean = sum(fte[post.name]) / MONTHS
                accounts.programme_cost[post.name].append(mean * post.price(self.start + year))
            if self.tell is not None:
                self.tell(year)
            yield self.env.timeout(0.5)
