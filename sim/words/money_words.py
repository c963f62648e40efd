"""Of whom a level of money is and in which euros, in words: beside the chart on pages and in documents."""

from __future__ import annotations

from sim.decision.level_by_year import MoneyView
from sim.inputs.scenario import INFLATION
from sim.model.parameters import default_parameters
from sim.words.writing import Writing


def money_words(
    view: MoneyView, people: float | None, inflation: float, name: str, writing: Writing
) -> list[str]:
    """Return what is to be known of a level of money beside its default: nothing where it is that.

    people: inhabitants of `name`, or None where not known. inflation: a year.
    """
    told = []
    if view.per == "inhabitant":
        known = "level_no_inhabitants" if people is None else "level_by_head"
        told.append(writing.t(known, name=name, people=writing.count(people or 0.0)))
    if view.current:
        aim = inflation == default_parameters()[INFLATION]
        words = "level_inflation" if aim else "level_inflation_own"
        told.append(writing.t(words, rate=writing.percent(inflation, 1)))
    return told
