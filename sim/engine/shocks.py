"""Shocks: what happens to a municipality from outside or in mid-term, as entries of a scenario.

lockdown           school, youth health care and the access see fewer children; child workers stay or go
teacher_shortage   schools see fewer children
budget_cut         posts of unfenced programmes are cut from a month on, within the budget year
registration_shift more (or fewer) youths are counted as users, while nobody lives otherwise

A size of 0 changes nothing; a size of 1 is a standstill (or all posts, or twice the users).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.engine.population import month_of
from sim.inputs.scenario import Shock
from sim.model.transitions import RateShock
from sim.states import MONTHS

Floats = NDArray[np.float64]
CONTACTS = ("seen_by_school", "seen_by_health", "seen_by_access")
SCHOOL = ("seen_by_school",)


class Shocks:
    """The shocks of one scenario."""

    def __init__(self, shocks: Sequence[Shock], start: int, years: int) -> None:
        """Place shocks on the clock of a scenario of `years` years from 1 January of `start`."""
        self.shocks, self.start, self.years = tuple(shocks), start, years

    def rates(self) -> list[RateShock]:
        """Return the temporary factors on rates."""
        rows = {"lockdown": CONTACTS, "teacher_shortage": SCHOOL}
        return [
            RateShock(rows[s.kind], month_of(s.year) + s.month, month_of(s.year) + s.month + s.months,
                      1.0 - s.size)
            for s in self.shocks
            if s.kind in rows
        ]  # fmt: skip

    def _monthly(self, shock: Shock) -> slice:
        first = (shock.year - self.start) * MONTHS + shock.month
        return slice(max(first, 0), max(first + shock.months, 0))

    def presence(self, year: int) -> Floats:
        """Return the share of programme workers who are where children are, by month of a year, [12]."""
        there = np.ones(self.years * MONTHS)
        for shock in self.shocks:
            if shock.kind == "lockdown" and shock.workers == "absent":
                there[self._monthly(shock)] *= 1.0 - shock.size
        return there[year * MONTHS : (year + 1) * MONTHS]

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
