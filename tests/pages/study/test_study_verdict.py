"""What would be chosen now, and how often the other would have been better."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from pages.look.texts import writing_in
from pages.study import verdict

NL = writing_in("nl").words


@pytest.mark.parametrize(
    ("gains", "better", "lifted"),
    [
        ((900.0, -1.0, -1.0), "met", True),
        ((5.0, 5.0, -1.0), "met", False),
        ((-900.0, 1.0, 1.0), "zonder", True),
    ],
)
def test_an_average_that_a_few_computations_lift_is_told_as_such(
    gains: tuple[float, ...], better: str, lifted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(st, "markdown", said.append)
    monkeypatch.setattr(st, "header", lambda _: None)
    benefit = np.array([np.zeros(120), np.tile(gains, 40)]).T
    found: Any = SimpleNamespace(
        net_benefit=lambda _: benefit, now=lambda _: int(benefit.mean(axis=0).argmax()), simulated=120
    )
    verdict.now(found, 0.0, 20)
    assert f"**{better}**" in said[0].lower()
    assert ("35%" if not lifted else "65%") in said[0]
    assert (NL["study_now_lifted"] in said[0]) is lifted
