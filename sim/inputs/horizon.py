"""The years of a scenario: which there may be, which there are where it says nothing, and what is outside."""

from __future__ import annotations

from sim.faults import Fault, fault

FIRST_YEAR, LAST_YEAR = 2015, 2060
"""First and last year in which a scenario may start."""
MAX_YEARS = 60
DEFAULT_START, DEFAULT_YEARS = 2026, 20


def outside(when: object, start: int, years: int) -> Fault:
    """Return that something is outside a scenario. when: as it is written."""
    horizon = fault("runs_from_to", start=start, end=start + years - 1) if years else fault("runs_no_years")
    return fault("outside_scenario", when=str(when), horizon=horizon)
