"""Marks of a council term, ten and twenty years: there for any number of years, and never in each other."""

from __future__ import annotations

import numpy as np
import pytest

from pages.shared import charts


@pytest.mark.parametrize(
    ("years", "marks", "inside"),
    [(1, 0, 0), (4, 1, 0), (20, 3, 0), (25, 3, 0), (26, 3, 1), (40, 3, 1), (60, 3, 1)],
)
def test_marks_of_a_chart(years: int, marks: int, inside: int) -> None:
    found = charts.Series("x", tuple(range(2026, 2026 + years)), np.zeros(years), None, None)
    drawn = charts.chart([found], "money")
    texts = [layer for layer in drawn["layer"] if layer["mark"].get("type") == "text"]
    rows = [drawn["datasets"][layer["data"]["name"]] for layer in texts]
    assert sum(map(len, rows)) == marks
    assert (
        sum(len(r) for layer, r in zip(texts, rows, strict=True) if layer["mark"]["baseline"] == "top")
        == inside
    )
