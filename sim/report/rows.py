"""Differences year by year as documents show them: in all, by payer, by form of care."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sim.api import Comparison
from sim.decision.comparison import CASHABLE, MUNICIPAL, Difference, Figure
from sim.decision.firm import Standing
from sim.decision.headline import UNMET, USERS, WAITING, WEEKS
from sim.engine.history import Label
from sim.model.prices import STANDING
from sim.states import FORMS

RUNNING = "municipal_running"
"""The extra cost of the municipality added up and discounted, the line of the chart."""
PEOPLE, EUROS, WEEK, FTE = "people", "euros", "weeks", "fte"
GROUPS = (*FORMS, "zonder_verblijf", "met_verblijf")


@dataclass(frozen=True)
class Row:
    """One line of a table by year: what it is, whose, and how a scenario differs from the reference.

    scenario: position in the report, from 1. level: payer, form or programme, or empty. before: the
    reference as it is, or empty where that has no meaning. figures: a difference for each year.
    """

    scenario: int
    what: str
    unit: str
    level: str
    years: tuple[int, ...]
    before: tuple[float, ...]
    figures: tuple[Figure, ...]

    def reference(self, year: int) -> float | None:
        """Return the reference in a year, by its position; None where it has no meaning or cannot be told."""
        told = self.before and Standing.of(self.figures[year]) is not Standing.UNTOLD
        return self.before[year] if told else None


class Arm:
    """A scenario and its reference, with the rows that documents show."""

    def __init__(self, comparison: Comparison, scenario: int) -> None:
        self.comparison, self.scenario = comparison, scenario
        self.difference: Difference = comparison.differences[comparison.names[scenario]]
        told = [set(run.columns[k].labels) for run in comparison.runs for k in (0, scenario)]
        self.of_both = set.intersection(*told)
        self.alike = len({comparison.scenarios[k].policy == "capped" for k in (0, scenario)}) == 1
        """Whether care is paid in the same way in both, so that what can be cashed may be compared."""

    def row(self, what: str, unit: str, label: Label, level: str = "") -> Row:
        """Return the row of a label; what only one of the two has (a programme, its payer) is 0 elsewhere."""
        d = self.difference
        figures = tuple(d.by_year(label))
        return Row(self.scenario, what, unit, level, d.years, self._before(label), figures)

    def running(self, rate: float) -> Row:
        """Return the municipal cost so far, discounted at `rate`."""
        d = self.difference
        figures = tuple(d.running(MUNICIPAL, n, rate) for n in range(1, len(d.years) + 1))
        return Row(self.scenario, RUNNING, EUROS, "", d.years, (), figures)

    def rows(self, what: str, unit: str, label: Label) -> Iterator[Row]:
        """Yield the row of a label that both have, or nothing."""
        if label in self.of_both:
            yield self.row(what, unit, label)

    def by(
        self, measure: str, breakdown: str, unit: str, levels: Iterable[str] | None = None
    ) -> Iterator[Row]:
        """Yield a row per level of a breakdown; of `levels` only those that both have."""
        found = [label for label in self.difference.labels if label[:2] == (measure, breakdown)]
        if levels is not None:
            wanted = [(measure, breakdown, level) for level in levels]
            found = [label for label in wanted if label in self.of_both]
        for label in found:
            yield self.row(measure, unit, label, label[2])

    def _before(self, label: Label) -> tuple[float, ...]:
        columns = [run.columns[0] for run in self.comparison.runs]
        if not all(label in c.labels for c in columns):
            return (0.0,) * len(self.difference.years)
        return tuple(np.mean([c.values[c.labels.index(label)] for c in columns], axis=0).tolist())


def yearly_rows(arm: Arm, rate: float) -> Sequence[Row]:
    """Return what people ask about first, unmet need right beside the use of care."""
    cash = arm.rows("cashable", EUROS, CASHABLE) if arm.alike else ()
    return [
        *arm.rows("care_users", PEOPLE, USERS),
        *arm.rows("unmet_need", PEOPLE, UNMET),
        arm.running(rate),
        *arm.rows("municipal", EUROS, MUNICIPAL),
        *cash,
        *arm.by("cost", "programme", EUROS),
        *arm.by("programme_fte", "programme", FTE),
        *arm.by("programme_participants", "programme", PEOPLE),
        *arm.rows("waiting_stock", PEOPLE, WAITING),
        *arm.rows("waiting_weeks", WEEK, WEEKS),
    ]


def payer_rows(arm: Arm) -> Sequence[Row]:
    """Return costs and cashable costs by payer, and beside them the rough values beyond youth care."""
    cash = arm.by("cost_cashable", "payer", EUROS) if arm.alike else ()
    return [*arm.by("cost", "payer", EUROS), *cash, *arm.by("cost_society", "payer", EUROS)]


def form_rows(arm: Arm) -> Sequence[Row]:
    """Return youths, costs and waiting by form of care, of what both scenarios tell."""
    return [
        *arm.by("care_users", "form", PEOPLE, GROUPS),
        *arm.by("cost", "form", EUROS, (*FORMS, *STANDING)),
        *arm.by("waiting_stock", "form", PEOPLE, FORMS),
    ]
