"""The headline figures, the same on the command line, in files and in the browser."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.decision.comparison import (
    CASHABLE,
    MUNICIPAL,
    Difference,
    Figure,
    break_even,
    drowned,
    plain,
)
from sim.decision.firm import NOTHING, Standing, by_luck_alone, luck_known, nothing, set_by_plan
from sim.engine.history import Label
from sim.engine.ledger import is_municipal_programme
from sim.inputs.scenario import Scenario
from sim.model.parameters import default_parameters
from sim.model.prices import CARE, FIXED, REST
from sim.rates import discount_factor
from sim.runs.experiment import Run

HORIZONS = (4, 10, 20)
"""Years ahead: a council term, ten years, a childhood."""
USERS: Label = ("care_users", "total", "all")
UNMET: Label = ("unmet_need", "total", "all")
WAITING: Label = ("waiting_stock", "total", "all")
WEEKS: Label = ("waiting_weeks", "total", "all")
STRENGTH = "kinderwerk.effect_exists"


def horizons(years: int) -> tuple[int, ...]:
    """Return the horizons within a number of years, or all of a shorter run."""
    return tuple(h for h in HORIZONS if h <= years) or ((years,) if years else ())


def middle_of(ahead: Sequence[int]) -> int:
    """Return the place, among horizons, of the one after which changes in youths are told: ten years."""
    return min(1, len(ahead) - 1)


def pays(cost: Figure, sharpening: bool = False) -> str:
    """Return whether a payer pays `more`, `less` or the `same`, or that this is `unclear`."""
    told = Standing.of(cost, sharpening)
    if told is Standing.FIRM:
        return "more" if cost.value > 0 else "less"
    return "same" if told is Standing.NONE else "unclear"


@dataclass(frozen=True)
class Level:
    """What one scenario is like after a number of years: means over runs, in youths, euros and FTE.

    Where too few children are simulated to tell what is luck, youths and euros are NaN, and FTE of which a
    shortfall may take some.

    waiting and weeks (youths on a list on 31 December; mean wait of those who started) are None where
    nobody can wait, or where too few children are simulated to say. care, fixed and rest are the parts of
    municipal_cost (sim/model/prices.py); programmes of the municipality are what is left of it.
    """

    year: int
    care_users: float
    unmet_need: float
    municipal_cost: float
    participants: float
    fte: float
    waiting: float | None = None
    weeks: float | None = None
    care: float = 0.0
    fixed: float = 0.0
    rest: float = 0.0


@dataclass(frozen=True)
class Change:
    """What a scenario changes against its reference after a number of years.

    Money is the present value over the years so far for the municipality (negative: saved).
    municipal_cashable is None where one of the two pays for contracted places and the other for use.
    municipal_programme_cost is the municipality's part of programme_cost; both are NaN where too few children
    are simulated to tell what a shortfall takes. p_paid_back is the share of draws
    in which the money is back, None of one draw; where `drowned`, luck exceeds the money: it says little.
    """

    year: int
    care_users: Figure
    unmet_need: Figure
    programme_cost: float
    municipal_cost: Figure
    municipal_cashable: Figure | None
    municipal_programme_cost: float
    p_paid_back: float | None
    drowned: bool

    @property
    def equal(self) -> bool:
        """Tell whether the scenario is simulated as its reference, so that nothing is to be recovered."""
        figures = (self.care_users, self.unmet_need, self.municipal_cost)
        return all(nothing(figure) for figure in figures) and abs(self.programme_cost) < NOTHING


def weight_of_no_effect(scenarios: Iterable[Scenario]) -> float | None:
    """Return the prior weight on child work having no effect; None where a scenario says how strong it is."""
    if any(STRENGTH in scenario.parameters for scenario in scenarios):
        return None
    return 1.0 - default_parameters()[STRENGTH]


def believed(scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    """Return the priors of scenarios, each once, in their order."""
    return tuple(dict.fromkeys(scenario.prior for scenario in scenarios))


def level(runs: Sequence[Run], scenario: int, plan: Scenario, horizon: int) -> Level:
    """Return the level of a scenario in the last year of a horizon; NaN where it cannot be told.

    runs: of which one holds its figures by block. scenario: its place in them; plan: itself. Which can be
    told, `firm.luck_known` and `firm.set_by_plan` decide.
    """
    index, start = horizon - 1, plan.start

    def mean(label: Label) -> float:
        columns = [run.columns[scenario] for run in runs]
        return float(
            np.mean([c.values[c.labels.index(label), index] if label in c.labels else 0.0 for c in columns])
        )

    def over_programmes(measure: str) -> float:
        labels = {label for run in runs for label in run.columns[scenario].labels}
        return sum(mean(label) for label in sorted(labels) if label[0] == measure)

    workers = over_programmes("programme_fte")
    if not luck_known(runs, scenario):
        lost = math.nan
        workers = workers if set_by_plan([plan]) else lost
        return Level(start + index, lost, lost, lost, lost, workers, None, None, lost, lost, lost)
    told = all(WAITING in run.columns[scenario].labels for run in runs)
    return Level(
        start + index, mean(USERS), mean(UNMET), mean(MUNICIPAL),
        over_programmes("programme_participants"), workers,
        mean(WAITING) if told else None, mean(WEEKS) if told else None,
        *(mean(("cost", "part", part)) for part in (CARE, FIXED, REST)),
    )  # fmt: skip


def change(d: Difference, horizon: int, rate: float, alike: bool = True) -> Change:
    """Return what changes up to and in the last year of a horizon.

    alike: whether care is paid in the same way in both, so that what can be cashed may be compared.
    """
    index = horizon - 1
    factors = discount_factor(rate, np.arange(1, horizon + 1))
    programmes = [i for i, label in enumerate(d.labels) if label[:2] == ("cost", "programme")]
    spent = d.mean[programmes][:, :horizon].sum(axis=0) @ factors if programmes else 0.0
    spent = spent if d.work_known else math.nan
    draws = len(set(d.draws))
    paid = break_even(d, *MUNICIPAL, rate).probability[index] if draws > 1 else None
    cost, own = d.running(MUNICIPAL, horizon, rate), municipal_programmes(d, horizon, rate)
    return Change(
        year=d.years[index],
        care_users=d.in_year(USERS, index),
        unmet_need=d.in_year(UNMET, index),
        programme_cost=float(spent),
        municipal_cost=cost,
        municipal_cashable=d.running(CASHABLE, horizon, rate) if alike else None,
        municipal_programme_cost=own,
        p_paid_back=None if paid is None else float(paid),
        drowned=drowned(cost, own, draws),
    )


def municipal_programmes(d: Difference, horizon: int, rate: float) -> float:
    """Return what the municipality spends more on programmes over a horizon, as a present value.

    NaN where it cannot be told.
    """
    if not d.work_known:
        return math.nan
    rows = [i for i, label in enumerate(d.labels) if is_municipal_programme(label)]
    factors = discount_factor(rate, np.arange(1, horizon + 1))
    return float(d.mean[rows][:, :horizon].sum(axis=0) @ factors) if rows else 0.0


def as_json(item: Level | Change) -> dict[str, Any]:
    """Return a level or change as plain data, with `standing`, `too_small` and `luck_share` on each figure.

    standing: what may be said of it (`firm.Standing`), of the best fit by luck alone, as the terminal does.
    What cannot be told, for too few children are simulated, is None.
    """
    data: dict[str, Any] = {name: None if _lost(found) else found for name, found in plain(item).items()}
    for name, value in vars(item).items():
        if isinstance(value, Figure):
            said = Standing.of(by_luck_alone(value) if value.draw_count == 1 else value)
            if said is Standing.UNTOLD:
                data[name] = dict.fromkeys(data[name])
            data[name]["standing"] = said.value
            data[name]["too_small"] = said is Standing.TOO_SMALL
            data[name]["luck_share"] = value.luck_share
    if isinstance(item, Change) and Standing.of(item.municipal_cost) is Standing.UNTOLD:
        data["p_paid_back"] = None
    return data


def _lost(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
