"""What a place in a programme costs beside youth care for a child: when the one pays for the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import Figure, figure
from sim.decision.firm import luck_known
from sim.engine.history import Label
from sim.model.catalogue import catalogue
from sim.runs.experiment import Run

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PlaceCost:
    """Euros of the price year, per year, as means over the first years.

    place: of a place in the programme. care: youth care of an average child of the programme's ages in the
    reference. share: what must fall away of each 100 euros of that care, for those who come and while they
    come, to pay for the place; above 100 all of it is not enough. ages: the first and the last.
    """

    place: Figure
    care: Figure
    share: Figure
    ages: tuple[int, int]


def place_cost(runs: Sequence[Run], programme: str, years: int, scenario: int = 1) -> PlaceCost | None:
    """Return what a place costs over the first `years` years, the reference being the first scenario.

    None where the scenario has no places, the columns lack what it rests on, or too few children are
    simulated to tell what is luck. Of more, luck is not told apart from what differs between draws: it is
    small beside that. Raises KeyError for an unknown programme.
    """
    if not luck_known(runs):
        return None
    kind = catalogue()[programme]
    ages = [str(age) for age in range(kind.first_age, kind.last_age + 1)]

    def total(k: int, labels: Sequence[Label]) -> Floats:
        """Return sums over the years by run; NaN where a label is not kept."""
        return np.array([_sum(run, k, labels, years) for run in runs])

    with np.errstate(divide="ignore", invalid="ignore"):
        places = total(scenario, [("programme_places", "programme", programme)])
        place = total(scenario, [("cost", "programme", programme)]) / places
        youths = total(0, [("population", "age", age) for age in ages])
        care = total(0, [("cost", "age", age) for age in ages]) / youths
        share = 100.0 * place / care
    if not (np.isfinite(place) & np.isfinite(share)).all():
        return None
    draws, nothing = [run.draw for run in runs], np.zeros(len(runs))
    costs = [figure(values, nothing, draws) for values in (place, care, share)]
    return PlaceCost(costs[0], costs[1], costs[2], (kind.first_age, kind.last_age))


def _sum(run: Run, k: int, labels: Sequence[Label], years: int) -> float:
    columns = run.columns[k]
    if not set(labels) <= set(columns.labels):
        return float("nan")
    return float(sum(columns.values[columns.labels.index(label), :years].sum() for label in labels))
