"""Children who enter help, and whether they have help later: persistence as cohort studies count it.

A cohort study asks who enters, and visits them again. The books of the engine hold no spells of persons, so
that the children of one year are watched at the end of every quarter. Those who entered in a quarter are,
at its end and a quarter later, on average as long after entry as lies half way between: the geometric mean
of both shares is that of a child at exactly that time.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.engine.population import Children
from sim.states import EPOCH_YEAR, JEUGDHULP, MONTHS, form_bit

PERIODS: Mapping[str, int] = {"3m": 1, "1y": 4, "3y": 12}
"""Quarters from entry to each visit."""
COHORT_YEAR = 2016
QUARTER = 3
FIRST_AGE, LAST_AGE = 4, 14
"""At entry: help ends at 18, and a child of 15 is 18 at the last visit."""
_HELP = sum(form_bit(form) for form in JEUGDHULP)
_OPEN = (COHORT_YEAR - EPOCH_YEAR) * MONTHS
Bools = NDArray[np.bool_]


class Entrants:
    """The children who enter jeugdhulp in COHORT_YEAR, counted at the end of every quarter from then on."""

    YEARS = range(COHORT_YEAR - 1, COHORT_YEAR + 4)

    def __init__(self) -> None:
        """Begin with nobody."""
        self._helped: dict[tuple[int, int], Bools] = {}  # (block, month): had help at the end of a quarter
        self._here: dict[tuple[int, int], Bools] = {}  # who leaves is followed no further
        self._entered: dict[tuple[int, int], Bools] = {}

    def see(self, month: int, block: int, children: Children) -> None:
        """Note who has help at the end of a quarter, and who entered in it."""
        if month < _OPEN:
            return
        year = (month - 1) // MONTHS
        helped = children.forms & np.uint16(_HELP) != 0
        self._helped[block, month] = helped
        self._here[block, month] = here = (children.arrives <= year) & (children.departs > year)
        if _OPEN < month <= _OPEN + MONTHS:
            age = (month - children.birth.astype(np.int64)) // MONTHS
            came = helped | (children.care_ended >= month - QUARTER)
            new = came & ~self._helped[block, month - QUARTER]
            self._entered[block, month] = new & here & (age >= FIRST_AGE) & (age <= LAST_AGE)

    def shares(self) -> dict[str, float]:
        """Return the share with help by period since entry; periods that were not watched are left out."""
        found = {}
        for name, quarters in PERIODS.items():
            ends = [self._share(quarters - 1), self._share(quarters)]
            if all(end is not None for end in ends):
                found[name] = float(np.sqrt(np.prod([end for end in ends if end is not None])))
        return found

    def _share(self, later: int) -> float | None:
        """Return the share with help so many quarters after the end of the quarter of entry."""
        entered = held = 0
        for (block, month), who in self._entered.items():
            visit = block, month + later * QUARTER
            if visit not in self._helped:
                return None
            met = who & self._here[visit]
            entered += int(met.sum())
            held += int((met & self._helped[visit]).sum())
        return held / entered if entered else None
