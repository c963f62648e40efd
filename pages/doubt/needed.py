"""The highest price of a worker at which the money is back with a chosen certainty, in a sentence."""

from __future__ import annotations

import streamlit as st

from pages.background.answers import Answer
from pages.look import formats
from pages.look.texts import t, writing
from sim.decision.firm import few
from sim.decision.goal import Goal
from sim.decision.thresholds import PROGRAMME, Threshold, activity_costs, highest_price
from sim.inputs.scenario import Scenario
from sim.model.catalogue import catalogue
from sim.model.prices import worker_price
from sim.runs.experiment import Options, config_for


def price(answer: Answer, ahead: int, sure: float) -> None:
    """Show what a worker may cost for the money to be back after `ahead` years with a chance of `sure`."""
    first = answer.scenarios[0]
    d, row = answer.difference(), ("cost", "programme", PROGRAMME)
    if not answer.chance_known or row not in d.labels:
        return
    if not (d.series(*row)[:, :ahead].sum(axis=1) > 0).all():
        return
    goal = Goal(d.years[ahead - 1], measure="cost", rate=first.discount_rate, probability=sure)
    plan = answer.scenarios[1]
    found = highest_price(d, goal, _now(plan), activity_costs(plan, Options(), d.draws))
    st.markdown(sentence(found, len(answer.draws), first.start))


def sentence(x: Threshold, draws: int, start: int) -> str:
    """Return what a worker may cost and costs now, that no price is low enough, or that this cannot be told.

    start: the year of the price of now, in euros of 2024.
    """
    now = t("doubt_price_of", price=_euros(x.now), year=start)
    if x.value is None and x.high is not None and x.high > 0.0:  # other draws would have a price
        return t("doubt_need_price_unknown", now=now, high=_euros(x.high))
    if x.value is None:
        chance, asked = (writing().chance(each, draws) for each in (x.chance, x.goal.probability))
        if chance == asked:  # rounded it would seem to be enough
            chance = t("doubt_just_under", asked=formats.percent(x.goal.probability))
        return t("doubt_need_price_never", now=now, chance=chance)
    between = ""
    if x.low is not None and x.high is not None and not few(draws):
        between = t("doubt_needed_between", low=_euros(max(x.low, 0.0)), high=_euros(x.high))
    return t("doubt_need_price", value=_euros(x.value), now=now, between=between)


def _euros(value: float) -> str:
    return formats.euros(round(value, -2))


def _now(scenario: Scenario) -> float:
    """Return the price of a worker in the first year, euros of 2024."""
    p = config_for(scenario, Options(), 0, 0).parameters
    return float(worker_price(catalogue()[PROGRAMME], scenario.start, p))
