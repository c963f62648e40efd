"""Thresholds for break-even within some years, with a chosen certainty, in sentences."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.doubt.work import Findings
from pages.shared import formats, parts
from pages.shared.answers import Answer
from pages.shared.texts import t, writing
from sim.decision.appraisal import Difference
from sim.decision.firm import few
from sim.decision.goal import Goal
from sim.decision.thresholds import PROGRAMME, Threshold, highest_price
from sim.inputs.scenario import Scenario
from sim.model.catalogue import catalogue
from sim.model.prices import worker_price
from sim.runs.experiment import Options, setting_for

_WRITE: dict[str, Callable[[float], str]] = {
    "effect": lambda x: f"{writing().number(x, 0)}%",
    "reach": lambda x: formats.count(x),
    "fte": lambda x: formats.fte(x),
    "price": lambda x: f"€ {formats.count(round(x, -2))}",
}


def show(found: Findings, goal: Goal, answer: Answer | None, reference: str) -> None:
    """Show a sentence for each thing that could be otherwise. answer: draws from which a price follows."""
    st.header(t("doubt_needed"))
    start = found.question.years[0]
    years = goal.year - start + 1
    words = {"years": years, "year": goal.year, "sure": formats.percent(goal.probability)}
    if PROGRAMME not in found.question.scenarios[-1].programmes:
        st.markdown(t("doubt_needed_none"))
        return
    thresholds = [explored.threshold(goal, found.today) for explored in found.explored if found.today]
    answer = answer.seen(False) if answer is not None else None
    if answer is not None and answer.chance_known:
        thresholds += _price(answer, goal)
    if not thresholds:
        st.markdown(t("doubt_coming"))
        return
    st.markdown(t("doubt_needed_lead", **words))
    draws = (
        found.today.key_blocks[goal.label].shape[0] if found.today else len(answer.draws if answer else ())
    )
    told = [
        sentence(each, len(answer.draws) if each.name == "price" and answer else draws, start)
        for each in thresholds
    ]
    st.markdown("\n".join(f"- {line}" for line in told))
    parts.note(t("doubt_needed_note", draws=draws))
    if few(draws):
        parts.note(t("provisional_help"))
    table = pd.DataFrame(
        [
            (
                t(f"doubt_quantity_{x.name}"),
                x.value,
                x.low,
                x.high,
                x.now,
                x.least,
                x.most,
                x.chance,
                x.chance_now,
            )
            for x in thresholds
        ],
        columns=[
            t(f"doubt_threshold_{c}")
            for c in ("what", "value", "low", "high", "now", "least", "most", "chance", "chance_now")
        ],
    )
    parts.csv(table, f"kinderwerk-drempels-{goal.year}-{round(100 * goal.probability)}", reference)


def sentence(x: Threshold, draws: int, start: int) -> str:
    """Return what must be true, what it is now, and where no value is enough, that it is not.

    start: the year of the price of now, in euros of 2024.
    """
    write = _WRITE[x.name]
    now = t("doubt_price_of", price=write(x.now), year=start) if x.name == "price" else write(x.now)
    if x.always:
        return t(f"doubt_need_{x.name}_always", least=write(x.least), now=now)
    if x.value is None:
        return t(
            f"doubt_need_{x.name}_never",
            most=write(x.most),
            now=now,
            chance=writing().chance(x.chance, draws),
        )
    between = ""
    if x.low is not None and x.high is not None and not few(draws):
        between = t("doubt_needed_between", low=write(max(x.low, 0.0)), high=write(x.high))
    return t(f"doubt_need_{x.name}", value=write(x.value), now=now, between=between)


def _price(answer: Answer, goal: Goal) -> list[Threshold]:
    """Return the highest price of a worker, where workers differ."""
    d: Difference = answer.difference()
    row = ("cost", "programme", PROGRAMME)
    if row not in d.labels or not (d.series(*row)[:, : d.years.index(goal.year) + 1].sum(axis=1) > 0).all():
        return []
    return [highest_price(d, goal, _now(answer.scenarios[1]))]


def _now(scenario: Scenario) -> float:
    """Return the price of a worker in the first year, euros of 2024."""
    p = setting_for(scenario, Options(), 0, 0).parameters
    return float(worker_price(catalogue()[PROGRAMME], scenario.start, p))
