"""Paired differences in money, by perspective, discount rate and horizon. Never simulates.

Signs are those of a difference: a positive cost is spent, a negative one saved. A net present value is the
other way round: what is gained. No ratio stands without the probability that it exceeds one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import (
    CASHABLE,
    MUNICIPAL,
    SOCIETY,
    BreakEven,
    Difference,
    Figure,
    block_standard_error,
    break_even,
    figure,
)
from sim.decision.headline import horizons
from sim.engine.history import Label
from sim.engine.ledger import is_municipal_programme, present_values
from sim.rates import discount_factor

Floats = NDArray[np.float64]
TERM = 4
"""Years of a council term."""
CARE_LINES = {"care": MUNICIPAL, "cash": CASHABLE}
"""What care costs the municipality more or less, and what more or less of its care it finds in its till."""
_ALL: Label = ("cost", "total", "all")
_FAMILY: Label = ("cost_society", "payer", "family")


@dataclass(frozen=True)
class Discounting:
    """Real rates per year, of costs and of effects."""

    name: str
    costs: float
    effects: float


DISCOUNTS = (
    Discounting("0%", 0.0, 0.0),
    Discounting("2.25%", 0.0225, 0.0225),
    Discounting("3% / 1.5%", 0.03, 0.015),
    Discounting("4%", 0.04, 0.04),
)
"""Undiscounted; the Dutch rate for social cost-benefit analysis (Werkgroep discontovoet 2020); Zorginstituut
2024; and the former Dutch rate, kept as a high one."""

PERSPECTIVES: Mapping[str, tuple[tuple[Label, int], ...]] = {
    "municipality, cash": ((CASHABLE, 1),),
    "municipality": ((MUNICIPAL, 1),),
    "all public payers": ((_ALL, 1), (SOCIETY, 1), (_FAMILY, -1)),
    "society": ((_ALL, 1), (SOCIETY, 1)),
}
"""Lines that add up (or, with -1, are taken out) to a view of costs. The first counts what contracts let go;
the second also capacity that comes free; the others also what happens beyond youth care, where cash of other
payers and lifetime values are rough."""


def yearly_blocks(d: Difference, perspective: str) -> Floats:
    """Return the extra cost in a perspective, [runs, years, blocks].

    Raises KeyError for an unknown perspective, ValueError where the difference lacks its lines.
    """
    lines = PERSPECTIVES[perspective]
    missing = [label for label, _ in lines if label not in d.key_blocks]
    if missing:
        raise ValueError(f"these results have no {'/'.join(missing[0])}")
    return np.asarray(sum(sign * np.asarray(d.key_blocks[label], np.float64) for label, sign in lines))


def programme_cost(d: Difference, factors: Floats) -> Floats:
    """Return the present value of what programmes cost more, [runs]."""
    rows = [k for k, label in enumerate(d.labels) if label[:2] == ("cost", "programme")]
    yearly = np.asarray(d.runs[:, rows, : factors.size], np.float64).sum(axis=1)
    return np.asarray(yearly @ factors)


@dataclass(frozen=True)
class Ratio:
    """Benefits over costs: of the means, with the probability that it exceeds one. None over no costs."""

    value: float | None
    probability: float


@dataclass(frozen=True)
class Worth:
    """What a scenario is worth in one perspective, at one way of discounting, up to a year (euros)."""

    perspective: str
    discounting: Discounting
    year: int
    net_present_value: Figure
    ratio: Ratio


def worth(
    d: Difference, perspective: str, discounting: Discounting, years: int, deadweight: float = 0.0
) -> Worth:
    """Return the net present value over `years` years, and the ratio of benefits to costs.

    deadweight: what raising a euro of taxes costs beyond it, as a share. Money falls at the end of a year.
    """
    factors = discount_factor(discounting.costs, np.arange(1, years + 1))
    blocks = -(1.0 + deadweight) * np.einsum("ryb,y->rb", yearly_blocks(d, perspective)[:, :years], factors)
    net = blocks.sum(axis=1)
    spent = (1.0 + deadweight) * programme_cost(d, factors)
    mean = float(spent.mean())
    by_draw = d.by_draw(net)
    value = float((net + spent).mean()) / mean if mean > 0 else None
    probability = float((by_draw > 0).mean() + 0.5 * (by_draw == 0).mean())
    return Worth(
        perspective, discounting, d.years[years - 1],
        figure(net, block_standard_error(blocks), d.draws), Ratio(value, probability),
    )  # fmt: skip


def side_by_side(d: Difference, years: int, deadweight: float = 0.0) -> list[Worth]:
    """Return every perspective at every way of discounting."""
    return [worth(d, name, way, years, deadweight) for name in PERSPECTIVES for way in DISCOUNTS]


@dataclass(frozen=True)
class PerUnit:
    """Extra municipal cost for each unit avoided. value None where `reason` says why.

    low, high: 5 to 95 percent over resampled draws.
    """

    unit: str
    avoided: float
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


UNITS: Mapping[str, tuple[Label, ...]] = {
    "child-year with moderate or complex need": (
        ("need_stock", "need", "moderate"), ("need_stock", "need", "complex"),
    ),
    "year of a youth in care": (("care_users", "total", "all"),),
    "placement away from home": tuple(
        ("care_starts", "form", form) for form in ("pleegzorg", "gezinshuis", "residentieel", "gesloten")
    ),
}  # fmt: skip


def per_unit(d: Difference, unit: str, discounting: Discounting, years: int) -> PerUnit:
    """Return the cost per unit avoided, where it is sure enough that any is avoided.

    A ratio over something that may be zero or less has no meaning: it is given only where nine in ten draws
    avoid some and the mean exceeds two standard errors. Raises KeyError for an unknown unit.
    """
    rows = [d.labels.index(label) for label in UNITS[unit] if label in d.labels]
    effect = discount_factor(discounting.effects, np.arange(1, years + 1))
    avoided = -np.asarray(d.runs[:, rows, :years], np.float64).sum(axis=1) @ effect
    factors = discount_factor(discounting.costs, np.arange(1, years + 1))
    cost = yearly_blocks(d, "municipality")[:, :years].sum(axis=2) @ factors
    mean = float(avoided.mean())
    several = len(set(d.draws)) > 1
    error = float(avoided.std(ddof=1) / np.sqrt(avoided.size)) if avoided.size > 1 else float("inf")
    if not several:
        return PerUnit(unit, mean, None, None, None, "needs more than one draw")
    if mean <= 2.0 * error or (avoided > 0).mean() < 0.9:
        share = (avoided > 0).mean()
        return PerUnit(unit, mean, None, None, None, f"only {share:.0%} of draws avoid any")
    luck = np.random.default_rng(0)
    drawn = luck.integers(0, cost.size, (1000, cost.size))
    again = cost[drawn].mean(axis=1) / avoided[drawn].mean(axis=1)
    low, high = np.percentile(again, [5.0, 95.0])
    return PerUnit(unit, mean, float(cost.mean()) / mean, float(low), float(high))


@dataclass(frozen=True)
class Term:
    """One council term (or what is left of one): undiscounted euros, means with interval over draws."""

    first: int
    last: int
    programmes: Figure
    care: Figure
    net: Figure


def budget_impact(d: Difference) -> list[Term]:
    """Return what the municipality spends more in each council term: on programmes, on care, together.

    The price of programmes has no Monte Carlo error where it can be told.
    """
    blocks = np.asarray(d.key_blocks[MUNICIPAL], np.float64)
    rows = [
        k for k, (measure, breakdown, level) in enumerate(d.labels)
        if (measure, breakdown) == ("cost", "programme")
        and ("cost", "payer_form", f"{MUNICIPAL[2]}|{level}") in d.labels
    ]  # fmt: skip
    yearly = np.asarray(d.runs[:, rows], np.float64).sum(axis=1)
    terms = []
    for first in range(0, len(d.years), TERM):
        here = slice(first, first + TERM)
        net = blocks[:, here].sum(axis=1)
        spent = yearly[:, here].sum(axis=1)
        error = block_standard_error(net)
        years = d.years[here]
        sure = np.full_like(spent, 0.0 if d.work_known else np.nan)
        terms.append(
            Term(
                years[0], years[-1], figure(spent, sure, d.draws),
                figure(net.sum(axis=1) - spent, error, d.draws), figure(net.sum(axis=1), error, d.draws),
            )
        )  # fmt: skip
    return terms


@dataclass(frozen=True)
class Payback:
    """When a payer's money is back: the share of draws by year, and of draws in which it never is."""

    payer: str
    measure: str
    shares: Mapping[int, float]
    never: float


@dataclass(frozen=True)
class CareMoney:
    """The change in care costs added up over years: present values of the municipality, euros."""

    years: tuple[int, ...]
    values: Mapping[str, Floats]
    """By line of CARE_LINES: [draws, years]; NaN where it cannot be told."""
    figures: Mapping[str, tuple[Figure, ...]]
    """By line, at each of `ends`."""

    @property
    def ends(self) -> tuple[int, ...]:
        """Return the horizons in years ahead."""
        return horizons(len(self.years))


def care_money(d: Difference, rate: float) -> CareMoney:
    """Return what care costs the municipality more or less, without programmes; rate: real, per year.

    The price of programmes is certain: it has no Monte Carlo error.
    """
    programmes = sum(
        (d.runs[:, k] for k, label in enumerate(d.labels) if is_municipal_programme(label)),
        np.zeros((d.runs.shape[0], len(d.years))),
    )
    values, figures = {}, {}
    for name, label in CARE_LINES.items():
        row = d.labels.index(label)
        yearly = d.runs[:, row] - programmes
        values[name] = present_values(d.by_draw(np.where(np.isnan(d.run_mcse[:, row]), np.nan, yearly)), rate)
        found = []
        for ahead in horizons(len(d.years)):
            factors = discount_factor(rate, np.arange(1, ahead + 1))
            errors = block_standard_error(np.einsum("ryb,y->rb", d.key_blocks[label][:, :ahead], factors))
            found.append(figure(yearly[:, :ahead] @ factors, errors, d.draws))
        figures[name] = tuple(found)
    return CareMoney(tuple(d.years), values, figures)


def payback(d: Difference, rate: float) -> list[Payback]:
    """Return payback years for every payer who pays for a programme or for care in these scenarios.

    Shares and `never` add up to one. The year is the first from which the money stays back.
    """
    found = []
    for label in d.labels:
        measure, breakdown, level = label
        if measure in ("cost", "cost_cashable") and breakdown == "payer":
            back: BreakEven = break_even(d, measure, breakdown, level, rate)
            years = [year for year in back.payback_year if year is not None]
            count = len(back.payback_year)
            shares = {year: years.count(year) / count for year in sorted(set(years))}
            found.append(Payback(level, measure, shares, 1.0 - len(years) / count))
    return found
