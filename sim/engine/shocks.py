"""Shocks: what happens to a municipality from outside or in mid-term, as entries of a scenario.

lockdown           school, youth health care and the access see fewer children; child workers stay or go
teacher_shortage   schools see fewer children
budget_cut         posts of unfenced programmes are cut from a month on, within the budget year
registration_shift more (or fewer) youths are counted as users, while nobody lives otherwise
fewer_starts       help of some forms begins less often (below zero: more often)
shorter_care       help of some forms ends sooner: its mean duration is shorter by that share
own_payment        families pay a share of the price of a place in some forms to the municipality

A size of 0 changes nothing; a size of 1 is a standstill (or all posts, or twice the users).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.engine.population import month_of
from sim.inputs.scenario import Shock
from sim.model.transitions import RateShock
from sim.states import FORMS, MONTHS

Floats = NDArray[np.float64]
LIGHT = ("ambulant", "netwerk")
"""Forms that a policy on care is about where it names none: bought help without residence, not by the day."""
CONTACTS: tuple[str, ...] = ("seen_by_school", "seen_by_health", "seen_by_access")
SCHOOL: tuple[str, ...] = ("seen_by_school",)


class Shocks:
    """The shocks of one scenario."""

    def __init__(self, shocks: Sequence[Shock], start: int, years: int) -> None:
        """Place shocks on the clock of a scenario of `years` years from 1 January of `start`."""
        self.shocks, self.start, self.years = tuple(shocks), start, years

    def rates(self) -> list[RateShock]:
        """Return the temporary factors on rates."""
        found = []
        for s in self.shocks:
            forms, factor = s.forms or LIGHT, 1.0 - s.size
            if s.kind == "lockdown":
                rows = CONTACTS
            elif s.kind == "teacher_shortage":
                rows = SCHOOL
            elif s.kind == "fewer_starts":
                rows = tuple(f"start_{form}" for form in forms)
            elif s.kind == "shorter_care":
                rows, factor = tuple(f"end_{form}" for form in forms), 1.0 / factor
            else:
                continue
            first = month_of(s.year) + s.month
            found.append(RateShock(rows, first, first + s.months, factor))
        return found

    def payments(self) -> Floats:
        """Return the share of the price of a place that families pay by year and form, [years, forms]."""
        share = np.zeros((self.years, MONTHS, len(FORMS)))
        for shock in self.shocks:
            if shock.kind == "own_payment":
                for form in shock.forms or LIGHT:
                    share.reshape(-1, len(FORMS))[self._monthly(shock), FORMS.index(form)] += shock.size
        return np.asarray(np.minimum(share, 1.0).mean(axis=1))

    def _monthly(self, shock: Shock) -> slice:
        first = (shock.year - self.start) * MONTHS + shock.month
        return slice(max(first, 0), max(first + shock.months, 0))

    def presence(self, run_year: int) -> Floats:
        """Return the share of programme workers who are where children are, by month of a year, [12]."""
        there = np.ones(self.years * MONTHS)
        for shock in self.shocks:
            if shock.kind == "lockdown" and shock.workers == "absent":
                there[self._monthly(shock)] *= 1.0 - shock.size
        return there[run_year * MONTHS : (run_year + 1) * MONTHS]

    def cuts(self, programme: str) -> tuple[float, ...]:
        """Return the share of an unfenced programme's posts that is cut, by month of the scenario."""
        kept = np.ones(self.years * MONTHS)
        for shock in self.shocks:
            if shock.kind == "budget_cut" and (not shock.programmes or programme in shock.programmes):
                kept[self._monthly(shock)] *= 1.0 - shock.size
        return tuple((1.0 - kept).tolist()) if np.any(kept < 1.0) else ()

    def registration(self) -> Floats:
        """Return the factor on counts of users by year, [years]."""
        factor = np.ones((self.years, MONTHS))
        for shock in self.shocks:
            if shock.kind == "registration_shift":
                factor.reshape(-1)[self._monthly(shock)] *= 1.0 + shock.size
        return np.asarray(factor.mean(axis=1))
