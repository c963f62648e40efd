"""Notes on scenarios above their figures: settings without effect, or unusual ones."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.look.texts import language, t
from pages.shared.parts import plain
from sim.errors import InputError
from sim.inputs.scenario import Scenario
from sim.runs.scenario_notes import notes


def remarks(scenarios: Sequence[Scenario]) -> None:
    """Tell what scenarios say that does nothing, or is unusual."""
    if found := notes(scenarios):
        lines = [f"- {plain(line)}" for line in InputError(found).told(language())]
        st.warning("\n".join([t("remarks"), "", *lines]))
