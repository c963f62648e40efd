"""Use and cost themselves by year, as documents show them: what was measured, the model, every budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from sim.api import Comparison
from sim.decision.comparison import Figure
from sim.decision.firm import Standing, has_range, luck_known
from sim.decision.level_by_year import (
    AT_FIRST,
    LEVELS,
    MONEY_PARTS,
    PER,
    MoneyView,
    level_by_year,
    money_by_year,
)
from sim.inputs.observed import Observation, users_beside_country
from sim.inputs.profiles import Profile
from sim.inputs.scenario import Scenario
from sim.runs.past import Past
from sim.words.writing import Writing

USERS, MONEY = "users", "money"
HEADS = (USERS, "unmet")
"""Levels that count youths; the others are euros."""
CLOSE = 0.01
"""Lines that differ by less than this share lie on each other on a chart that begins at zero."""
MEASURED, COUNTRY, MODEL = "level_measured", "level_as_country", "level_model"
"""The words for what stands beside the budgets."""


@dataclass(frozen=True)
class Levels:
    """One of LEVELS by year, in youths or euros of the price year. budgets: the reference first.

    view: which money it is, of whom and in which euros. by_head: whether it is per inhabitant.
    observed: what was counted here. country: what the country's figures would be at the size of this
    municipality. past: (year, value) of the model before the start.
    """

    what: str
    years: tuple[int, ...]
    budgets: tuple[tuple[Figure, ...], ...]
    observed: tuple[Observation, ...] = ()
    country: tuple[Observation, ...] = ()
    past: tuple[tuple[int, float], ...] = ()
    view: MoneyView = AT_FIRST
    by_head: bool = False

    @property
    def unit(self) -> float:
        """Return how much of it is one on a chart: money of a whole municipality is drawn in millions."""
        return 1.0 if self.what in HEADS or self.by_head else 1e6

    @property
    def close(self) -> bool:
        """Tell whether the budgets differ so little in every year that their lines lie on each other."""
        values = np.array([[f.value for f in figures] for figures in self.budgets])
        return bool((np.abs(values[1:] - values[0]) < CLOSE * np.abs(values[0])).all())

    def data(self, titles: Sequence[str]) -> dict[str, Any]:
        """Return the money of each budget by year and what it is, for JSON; None where it cannot be told.

        titles: of the budgets.
        """
        ends = ("value", "low", "high")

        def told(f: Figure, end: str) -> bool:
            return Standing.of(f) is not Standing.UNTOLD if end == "value" else has_range(f)

        budgets = [
            {"title": title, **{end: [getattr(f, end) if told(f, end) else None for f in figures]
                                for end in ends}}
            for title, figures in zip(titles, self.budgets, strict=True)
        ]  # fmt: skip
        per = PER[int(self.by_head)]
        return {**asdict(self.view), "per": per, "years": list(self.years), "budgets": budgets}

    def before(self, writing: Writing) -> Iterator[tuple[str, list[tuple[int, float]]]]:
        """Yield what stands beside the budgets: its name, and its values by year."""
        for key, found in ((MEASURED, self.observed), (COUNTRY, self.country)):
            if found:
                yield writing.t(key), [(each.year, each.value) for each in found]
        if self.past:
            yield writing.t(MODEL), list(self.past)


def money_of(comparison: Comparison, view: MoneyView, people: float | None) -> Levels | None:
    """Return the money of a view by year, or None where the results do not hold it. people: inhabitants."""
    first = comparison.scenarios[0]
    if not _held(comparison, MONEY_PARTS[view.money]):
        return None
    budgets = (money_by_year(comparison.runs, k, view, first, people) for k in _arms(comparison))
    return Levels(
        MONEY, _years(first), tuple(map(tuple, budgets)), view=view, by_head=view.by_head(people)
    )


def _arms(comparison: Comparison) -> range:
    return range(len(comparison.scenarios))


def _years(first: Scenario) -> tuple[int, ...]:
    return tuple(range(first.start, first.start + first.years))


def _held(comparison: Comparison, what: str) -> bool:
    """Tell whether the results hold one of LEVELS."""
    wanted = {label for _, label in LEVELS[what]}
    return all(wanted <= set(columns.labels) for run in comparison.runs for columns in run.columns)


def levels_of(comparison: Comparison, profile: Profile, past: Past | None = None) -> tuple[Levels, ...]:
    """Return every level that the results hold. past: youths of the model before the start, where known.

    Of too few children the past cannot be told either.
    """
    years = _years(comparison.scenarios[0])
    found = {
        what: Levels(
            what, years, tuple(tuple(level_by_year(comparison.runs, k, what)) for k in _arms(comparison))
        )
        for what in LEVELS
        if _held(comparison, what)
    }
    if USERS in found:
        observed, country = users_beside_country(profile)
        known = past if luck_known(comparison.runs) else None
        lived = () if known is None else tuple(zip(known.years, known.users.tolist(), strict=True))
        found[USERS] = replace(found[USERS], observed=observed, country=country, past=lived)
    return tuple(found.values())
