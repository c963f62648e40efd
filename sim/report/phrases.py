"""Phrases that documents share, and the policy, places and shocks of a scenario in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence

from babel.dates import format_date
from babel.lists import format_list

from sim.decision.comparison import Figure
from sim.decision.firm import Standing
from sim.inputs.scenario import Scenario
from sim.inputs.shock import Shock
from sim.model.catalogue import catalogue
from sim.model.futures import MODEL_TODAY
from sim.model.priors import ASSUMED
from sim.model.structures import CARE_CHANGES_NEED
from sim.states import FORMS, MONTHS
from sim.words.population_words import population_words
from sim.words.writing import Writing

MOST_NAMES = 4
"""Names of parameters in one sentence."""


def between(f: Figure, writing: Writing, write: Callable[..., str] | None = None) -> str:
    """Return a difference with its interval over draws, or what may be said of it (see `Standing.of`)."""
    write = write or writing.count
    value = writing.difference(f, write)
    if Standing.of(f) is not Standing.FIRM or f.low is None or f.high is None:
        return value
    return writing.t("between", value=value, low=write(f.low, True), high=write(f.high, True))


def in_words(f: Figure, writing: Writing) -> str:
    """Return a difference in youths as the pages tell it, without signs, with its range in brackets."""
    value = writing.change(f, writing.count, "fewer")
    within = writing.range(f, writing.count, "fewer")
    told = f"{value} ({within})" if within else value
    return writing.provisional(told, Standing.of(f) is Standing.PROVISIONAL)


def listed(items: Iterable[object], writing: Writing) -> str:
    """Return a list as a sentence has it: 4, 10 and 20."""
    return str(format_list([str(item) for item in items], locale=writing.locale))


def clipped(names: Sequence[str], writing: Writing) -> str:
    """Return the first few names, and how many more there are."""
    rest = len(names) - MOST_NAMES
    more = [writing.t("and_more", count=rest)] if rest > 0 else []
    return "; ".join([*names[:MOST_NAMES], *more])


def world_words(scenario: Scenario, writing: Writing) -> str:
    """Return in which world a scenario runs: all that it says but its programmes and assumptions."""
    return "; ".join(_world(scenario, writing))


def _world(scenario: Scenario, writing: Writing) -> Iterator[str]:
    t, s = writing.t, scenario
    yield t("world_years", years=s.years, start=s.start, end=s.start + s.years - 1)
    yield t(f"world_policy_{s.policy}")
    if s.places:
        places = ((form, s.places[form]) for form in FORMS if form in s.places)
        yield t("world_places", places=", ".join(_place(form, n, writing) for form, n in places))
    if s.budget.youth_care is not None:
        yield t("world_budget", money=writing.money(s.budget.youth_care))
    if s.budget.real_growth is not None:
        yield t("world_growth", growth=writing.percent(s.budget.real_growth, 1))
    if s.prior != ASSUMED:
        yield t("world_prior", prior=t(f"effect_{s.prior}"))
    if s.future != MODEL_TODAY:
        yield t("world_future", future=t(f"future_{s.future}"))
    if s.structure != CARE_CHANGES_NEED:
        yield t("world_structure", structure=t(f"structure_{s.structure}"))
    if s.population is not None:
        yield population_words(s, writing)
    for shock in s.shocks:
        yield _shock(shock, writing)


def _place(form: str, n: float | str, writing: Writing) -> str:
    amount = writing.t(f"world_places_{n}") if isinstance(n, str) else writing.number(n)
    return f"{writing.t(f'level_{form}')} {amount}"


def _shock(shock: Shock, writing: Writing) -> str:
    first = shock.year * MONTHS + shock.month
    since, until = (_month(month, writing) for month in (first, first + shock.months - 1))
    kind, size = writing.t(f"world_{shock.kind}"), shock.size
    if shock.kind == "fewer_starts" and size < 0:
        kind, size = writing.t("world_more_starts"), -size
    share = writing.percent(size, 1)
    words = writing.t("world_shock", kind=kind, since=since, until=until, size=share)
    if shock.workers == "absent":
        words += writing.t("world_absent")
    if shock.programmes:
        names = ", ".join(catalogue()[name].title[writing.language] for name in shock.programmes)
        words += writing.t("world_only", names=names)
    if shock.forms:
        forms = ", ".join(writing.t(f"level_{form}") for form in shock.forms)
        words += writing.t("world_only", names=forms)
    return words


def _month(month: int, writing: Writing) -> str:
    """Return a month in words. month: since the year 0."""
    day = dt.date(month // MONTHS, month % MONTHS + 1, 1)
    return str(format_date(day, "MMMM yyyy", locale=writing.locale))
