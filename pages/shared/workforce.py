"""Workers of the programmes, planned and at work, by year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.background.answers import Answer
from pages.choices.address import saw, seen
from pages.choices.chosen import Choices
from pages.choices.lever_words import programme_title
from pages.choices.levers import some
from pages.look import charts, formats
from pages.look.charts import FTE, Floats, Series
from pages.look.texts import t
from pages.shared import parts
from sim.decision.comparison import HIGH, LOW
from sim.decision.firm import can_be_cut, few, luck_known
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Run


def workforce(answer: Answer, chosen: Choices, reference: str) -> None:
    """Show for a programme of the plan how many workers there are, beside those planned."""
    names = [name for name, use in chosen.plan.programmes.items() if some(use["fte"])]
    if not names:
        return
    st.subheader(t("verken_workers_title"))
    name = names[0]
    if len(names) > 1:
        name = st.selectbox(
            t("verken_workers_of"), names, names.index(seen("programma", names, name)),
            format_func=programme_title, key="verken-workers-of",
        )  # fmt: skip
        saw("programma", name, names[0])
    plan = answer.scenarios[1]
    found = [planned(plan, name), at_work(answer.runs, 1, plan, name)]
    left, last = found[1].mean[-1], plan.start + plan.years - 1
    words = t(
        "verken_workers_told", planned=formats.fte(found[0].mean[-1]), year=last,
        left=found[1].in_words(formats.fte(left), -1),
    )  # fmt: skip
    st.markdown(f"{words} {t('verken_workers_cut') if can_be_cut(plan, name) else ''}")
    shown, data = _tables(found)
    low, high = found[1].low, found[1].high
    wide = low is not None and high is not None and bool((high - low > 0.005 * found[1].mean.max()).any())
    band = [t("verken_workers_band")] if wide else []
    lines = " ".join([*band, t("verken_workers_note")])
    parts.draw(charts.chart(found, FTE, plan.municipality))
    parts.below(shown, data, f"{FTE}-{name}", reference, lines)


def planned(plan: Scenario, name: str) -> Series:
    """Return the FTE of a programme as planned, by year."""
    fte = np.array(plan.programmes[name].fte_by_year(plan.start, plan.years))
    return Series(t("verken_planned"), _years(plan), fte, None, None)


def at_work(runs: Sequence[Run], scenario: int, plan: Scenario, name: str) -> Series:
    """Return the FTE of a programme at work, by year: the mean over draws and 5 to 95 percent of them.

    NaN where too few children are simulated to tell what a shortfall takes.
    """
    label = ("programme_fte", "programme", name)
    found = np.stack([_row(run, scenario, label, plan.years) for run in runs])
    if can_be_cut(plan, name) and not luck_known(runs, scenario):
        return Series(t("verken_at_work"), _years(plan), np.full(plan.years, np.nan), None, None)
    if few(len(found)):
        marks = (True,) * plan.years
        return Series(t("verken_at_work"), _years(plan), found.mean(axis=0), None, None, marks)
    low, high = np.percentile(found, [LOW, HIGH], axis=0)
    return Series(t("verken_at_work"), _years(plan), found.mean(axis=0), low, high)


def _row(run: Run, scenario: int, label: tuple[str, str, str], years: int) -> Floats:
    columns = run.columns[scenario]
    return columns.values[columns.labels.index(label)] if label in columns.labels else np.zeros(years)


def _years(plan: Scenario) -> tuple[int, ...]:
    return tuple(range(plan.start, plan.start + plan.years))


def _tables(found: Sequence[Series]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table as people read it, and the same in numbers."""
    plan, work = found
    data = pd.DataFrame({t("year"): plan.years, plan.name: plan.mean, work.name: work.mean})
    if work.low is not None and work.high is not None:
        data[t("low")], data[t("high")] = work.low, work.high
    shown = data.map(formats.fte)
    shown[work.name] = [work.in_words(text, k) for k, text in enumerate(shown[work.name])]
    shown[t("year")] = data[t("year")].astype(str)
    return shown, data
