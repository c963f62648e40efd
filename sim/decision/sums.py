"""What a scenario costs the municipality more, split so that price, rate and years can be put in later.

Euros by draw and year are the price of a worker times workers, other cost of programmes, and youth care.
How many workers there are is that of the run: it does not follow another price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import MUNICIPAL, Difference
from sim.engine.ledger import GEMEENTE
from sim.engine.plan import with_overrides
from sim.inputs.scenario import Scenario
from sim.model.catalogue import Programme, catalogue
from sim.model.parameters import Parameters
from sim.runs.experiment import Columns, Options, Run, config_for

Floats = NDArray[np.float64]
ByDraw = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class PricedWork:
    """Extra workers of a programme that the municipality pays.

    price: by draw, euros of the price year per FTE. fte: [draws, years], counted with the growth of
    wages, so that price times fte is what they cost.
    """

    programme: str
    parameter: str
    price: tuple[float, ...]
    fte: ByDraw


@dataclass(frozen=True)
class Sums:
    """The extra cost of the municipality: `works`, each at its price, `other` of programmes, and `care`.

    other, care: [draws, years]. luck: the Monte Carlo standard error of the present value over the first
    year, the first two, and so on, at the rate of the run.
    """

    years: tuple[int, ...]
    works: tuple[PricedWork, ...]
    other: ByDraw
    care: ByDraw
    luck: tuple[float, ...]


def sums_of(
    d: Difference, runs: Sequence[Run], scenarios: Sequence[Scenario], options: Options, k: int, rate: float
) -> Sums:
    """Return the sums of scenario k against the first, by draw (replications averaged).

    A programme of which both pay another price is in `other`: a single price says nothing of it.
    """
    care = d.by_draw(d.series(*MUNICIPAL))
    other = np.zeros_like(care)
    works = []
    drawn = [[_parameters(scenarios[at], options, run.draw) for run in runs] for at in (0, k)]
    for name, programme in catalogue().items():
        label = ("cost", "payer_form", f"{GEMEENTE}|{name}")
        if label not in d.labels:
            continue
        spent = d.by_draw(d.series(*label))
        care, other = care - spent, other + spent
        found = [_arm(programme, runs, at, own) for at, own in zip((0, k), drawn, strict=True)]
        (before, prices), (after, same) = found
        if not np.allclose(prices, same):
            continue
        fte = d.by_draw(after - before)
        if not fte.any():
            continue
        price = d.by_draw(same[:, None])[:, 0]
        works.append(PricedWork(name, programme.price, tuple(price.tolist()), _rows(fte)))
        other = other - fte * price[:, None]
    luck = tuple(d.running(MUNICIPAL, n, rate).mcse for n in range(1, len(d.years) + 1))
    return Sums(tuple(d.years), tuple(works), _rows(other), _rows(care), luck)


def _arm(
    programme: Programme, runs: Sequence[Run], at: int, drawn: Sequence[Parameters]
) -> tuple[Floats, Floats]:
    """Return the workers of a scenario in FTE with the growth of wages, [runs, years], and prices, [runs]."""
    fte, prices = [], []
    for run, p in zip(runs, drawn, strict=True):
        cost = _values(run.columns[at], ("cost", "payer_form", f"{GEMEENTE}|{programme.name}"))
        taking_part = _values(run.columns[at], ("programme_participants", "programme", programme.name))
        price = p[programme.price]
        fte.append((cost - taking_part * p[f"{programme.name}.activity_cost"] * (cost > 0)) / price)
        prices.append(price)
    return np.array(fte), np.array(prices)


def _parameters(scenario: Scenario, options: Options, draw: int) -> Parameters:
    return with_overrides(config_for(scenario, options, draw, 0).parameters, scenario, "start")


def _values(columns: Columns, label: tuple[str, str, str]) -> Floats:
    """Return the values of a label by year, 0 where the scenario has none."""
    if label not in columns.labels:
        return np.zeros(columns.values.shape[1])
    return np.asarray(columns.values[columns.labels.index(label)])


def _rows(values: Floats) -> ByDraw:
    return tuple(tuple(row) for row in values.tolist())
