"""Every chart has a title: what is drawn and of whom, in it or right above it."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.opened import ROOT, once, shown, unfolded, untitled


@pytest.mark.parametrize("page", ["start", "verken", "vergelijk", "wie_betaalt"])
@pytest.mark.parametrize("mode", ["level", "difference"])
def test_every_chart_of_a_budget_has_a_title(page: str, mode: str) -> None:
    at = shown(f"pages/{page}.py", **unfolded(page), beeld=mode)
    once(at, lambda: not at.get("progress"))
    assert at.get("vega_lite_chart")
    assert untitled(at) == []


def test_every_chart_of_the_fit_has_a_title_a_unit_and_a_place() -> None:
    at = AppTest.from_file(str(ROOT / "pages/ijking.py"), default_timeout=120)
    at.query_params.update(unfolded("ijking"))
    at.run()
    assert not at.exception
    assert untitled(at) == []
    for chart in at.get("vega_lite_chart"):
        spec = json.loads(chart.proto.spec)
        assert "Nederland" in " ".join(spec["title"]["text"])
        axes = [layer["encoding"]["y"]["axis"] for layer in spec["layer"] if "axis" in layer["encoding"]["y"]]
        assert all(axis["title"] for axis in axes)
        from_zero = all(
            layer["encoding"]["y"].get("scale", {}).get("zero", True) for layer in spec["layer"]
        )
        assert from_zero or "niet bij 0" in axes[0]["title"]
