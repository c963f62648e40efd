from __future__ import annotations

import pytest

from sim.api import Comparison
from sim.report.composition import report_of
from sim.report.content import Report
from tests.report.comparisons import comparison


@pytest.fixture(scope="session")
def compared() -> Comparison:
    """Return a reference and two scenarios, of which the second changes assumptions."""
    changed = {"parameters": {"kinderwerk.moderate_need": 0.85, "cost.ambulant": 9000.0}}
    return comparison("Almere, 36 kinderwerkers", "Almere, 72 kinderwerkers", changes=[{}, changed])


@pytest.fixture(scope="session")
def report(compared: Comparison) -> Report:
    return report_of(compared)
