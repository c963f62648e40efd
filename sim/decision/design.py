"""A study of child work as it could be done: what it measures, how precisely, and what it costs.

Neighbourhoods are drawn by lot: as many get child work as do without. In each the same children are followed,
whose parents said beforehand that they would come. Problems are scored by a questionnaire at the start and at
the end (SDQ), and the difference between both groups is what the study finds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.decision.study import Study
from sim.model.parameters import Parameter
from sim.rates import discount_factor

Floats = NDArray[np.float64]
MONTHS = 12.0


def _number(
    name: str, value: float, low: float, high: float, unit: str, grade: str, source: str
) -> Parameter:
    return Parameter(name, value, low, high, unit, "lever", grade, "", source)  # type: ignore[arg-type]


NUMBERS: Mapping[str, Parameter] = MappingProxyType({
    number.name: number
    for number in (
        _number(
            "children", 40, 20, 100, "children per neighbourhood", "assumed",
            "a choice of who makes the study; at most about as many as one worker reaches (104)",
        ),
        _number(
            "coming", 0.7, 0.5, 0.9, "share of children", "assumed",
            "of the children followed, those who come where there is child work; no study of it",
        ),
        _number(
            "dropout", 0.1, 0.05, 0.2, "share per year", "assumed",
            "children who move, or whose parents and teachers answer no more; no study of it",
        ),
        _number(
            "icc", 0.031, 0.011, 0.08, "share of the variance", "derived",
            "median and quartiles of 210 trials by school of the health of pupils (Parker et al. 2023, "
            "J Clin Epidemiol 158:18); of neighbourhoods no such list is at hand",
        ),
        _number(
            "stability", 0.62, 0.4, 0.75, "correlation", "cited",
            "SDQ of the same children after 4 to 6 months, mean (Goodman 2001, J Am Acad Child Adolesc "
            "Psychiatry 40:1337); range assumed: less over years, more with parents and teachers both",
        ),
        _number(
            "base_risk", 0.2, 0.1, 0.3, "share of children", "assumed",
            "who get moderate need without child work, for the step from a ratio to a score (evidence.md)",
        ),
        _number(
            "fte", 1.0, 0.5, 2.0, "FTE per neighbourhood", "assumed", "a choice of who makes the study",
        ),
        _number(
            "lead", 700_000, 300_000, 1_500_000, "EUR of 2024", "assumed",
            "design, drawing lots, keeping data, analysis; trial units asked 769,637 (661,112 to 1,383,323) "
            "pounds for 20 places in 5.5 years (Hind et al. 2017, Trials 18:203), and a trial at English "
            "schools costs about 500,000 pounds (Schools Week 2019)",
        ),
        _number(
            "measurement", 50, 25, 150, "EUR of 2024 per child", "assumed",
            "one round of questionnaires of a parent and a teacher, with reminders; no readable source",
        ),
    )
})  # fmt: skip
"""What a study is made of beside its neighbourhoods and years. `low`, `high`: how far each may go."""


@dataclass(frozen=True)
class Price:
    """What a study costs, present value in euros: leading it, measuring, and child work in its arm."""

    lead: float
    measuring: float
    work: float

    @property
    def total(self) -> float:
        """Return all together."""
        return self.lead + self.measuring + self.work


@dataclass(frozen=True)
class Design:
    """Neighbourhoods with child work and as many without, for some years.

    others: numbers of NUMBERS that are otherwise, as (name, value). Raises ValueError for what is no study.
    """

    neighbourhoods: int
    years: int
    others: tuple[tuple[str, float], ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse what is no study."""
        numbers = self.numbers
        if self.neighbourhoods < 2 or self.years < 1 or self.children_left < 1.0:
            raise ValueError(f"no study: {self}")
        if unknown := numbers.keys() - NUMBERS.keys():
            raise ValueError(f"no number of a study: {sorted(unknown)}")

    @property
    def numbers(self) -> dict[str, float]:
        """Return every number of the study, by name."""
        return {name: number.value for name, number in NUMBERS.items()} | dict(self.others)

    @property
    def children_left(self) -> float:
        """Return the children of a neighbourhood who are still followed at the end."""
        numbers = self.numbers
        return float(numbers["children"] * (1.0 - numbers["dropout"]) ** self.years)

    @property
    def variance(self) -> float:
        """Return the variance between children of the score at the end, given that at the start."""
        return float(1.0 - self.numbers["stability"] ** 2)

    def measured(self, ratio: ArrayLike, build_up: ArrayLike) -> Floats:
        """Return the difference in score between both groups, in standard deviations (above zero: fewer).

        ratio: [draws], of new moderate need among children who come, at the full effect; build_up: [draws],
        months in which it builds up, as in the engine. The ratio of risks becomes one of odds (Zhang & Yu
        1998) and that a difference of scores (Hasselblad & Hedges 1995): the way from trials to priors
        (docs/evidence.md), gone back.
        """
        numbers, ratios = self.numbers, np.asarray(ratio, np.float64)
        risk = np.clip(numbers["base_risk"] * ratios, 1e-6, 1.0 - 1e-6)
        odds = risk / (1.0 - risk) * (1.0 - numbers["base_risk"]) / numbers["base_risk"]
        built = -np.expm1(-MONTHS * self.years / np.maximum(np.asarray(build_up, np.float64), 1e-9))
        return np.asarray(-np.log(odds) * math.sqrt(3.0) / math.pi * built * numbers["coming"])

    def price(self, worker: ArrayLike, rate: float, has_work: bool) -> Price:
        """Return what the study costs. worker: [years], euros of an FTE in each year of it; rate: discount.

        has_work: whether the neighbourhoods with child work have it without the study too.
        """
        numbers, factors = self.numbers, discount_factor(rate, np.arange(1, self.years + 1))
        round_of = 2.0 * self.neighbourhoods * numbers["measurement"]
        work = self.neighbourhoods * numbers["fte"] * float(np.asarray(worker, np.float64) @ factors)
        return Price(
            float(numbers["lead"] * factors.mean()),
            float(round_of * (numbers["children"] + self.children_left * factors[-1])),
            0.0 if has_work else work,
        )

    def study(self, price: Price) -> Study:
        """Return the study for `study_worth`."""
        children = max(round(self.children_left), 1)
        return Study(self.neighbourhoods, children, self.numbers["icc"], price.total)
