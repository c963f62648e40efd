"""Published figures outside the youth monitor that the model is held against: need, households, outcomes.

Numbers and sources: calibration/evidence/risk_factors.csv. Ranges are those of the sources, or assumed
where a source gives none. An anchor with a pair in align.py is fitted to; the others are checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calibration.targets import Counted


@dataclass(frozen=True)
class Anchor:
    """A published figure with its range, and how the model counts the same thing."""

    id: str
    value: float
    low: float
    high: float
    what: str
    source: str
    count: Callable[[Counted], float]

    def holds(self, counted: Counted) -> bool:
        """Tell whether the model lies within the range."""
        return self.low <= self.count(counted) <= self.high


def _share(process: str, first: int, last: int, year: int) -> Callable[[Counted], float]:
    return lambda c: c.stock(process, first, last, year) / c.people(first, last, year)


def _maltreated(c: Counted) -> float:
    spells = c.stock("mishandeling", 0, 17, 2017) + c.flow("maltreatment_ends", 0, 17, 2017)
    return spells / c.people(0, 17, 2017)


ANCHORS = (
    Anchor("sdq_raised_4_11", 0.21, 0.19, 0.24, "any need at 4-11, share",
           "GGD Noord- en Oost-Gelderland 2021",
           _share("need", 4, 11, 2018)),
    Anchor("sdq_problems_12_16", 0.305, 0.275, 0.335, "any need at 12-16, share", "HBSC / RIVM 2021",
           _share("need", 12, 16, 2018)),
    Anchor("maltreated", 0.0315, 0.026, 0.037, "maltreated in a year, share of 0-17",
           "NPM-2017", _maltreated),
    Anchor("special_education", 0.043, 0.039, 0.047, "in special education at 4-12, share",
           "CBS Jeugdmonitor 2020", _share("onderwijs", 4, 12, 2019)),
    Anchor("early_school_leavers", 30_200, 27_000, 33_000, "leave school early, a year",
           "CBS StatLine 71293ned, 2017/18", lambda c: c.flow("leaves_school", 12, 22, 2018)),
    Anchor("first_offences_12_17", 11_667, 10_000, 13_300, "first offenders of 12-17 a year",
           "CBS 2022: two thirds of 17,500 suspects", lambda c: c.flow("first_offence", 12, 17, 2019)),
    Anchor("bijstand", 0.061, 0.055, 0.067, "children in bijstand, share", "CBS Jeugdmonitor 2020",
           _share("bijstand", 0, 17, 2019)),
    Anchor("eenouder", 0.165, 0.15, 0.18, "children with one parent, share", "CBS Jeugdmonitor 2020",
           _share("eenouder", 0, 17, 2019)),
    Anchor("ouder_ggz", 0.17, 0.15, 0.279, "children of parents with mental illness or addiction, share",
           "NEMESIS-2; Trimbos 2023", _share("ouder_ggz", 0, 17, 2019)),
)  # fmt: skip
