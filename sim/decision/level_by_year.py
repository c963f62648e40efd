"""The level of a scenario by year: use and cost themselves, and not what they differ by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import MUNICIPAL, Figure, block_standard_error, figures
from sim.decision.firm import luck_known
from sim.decision.headline import UNMET, USERS
from sim.engine.history import Label
from sim.errors import OptionError
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.model.prices import CARE, PRICE_YEAR, STANDING
from sim.runs.experiment import Run

Floats = NDArray[np.float64]
Terms = tuple[tuple[float, Label], ...]
_CARE: Terms = tuple((1.0, ("cost", "part", part)) for part in (CARE, *STANDING))
LEVELS: dict[str, Terms] = {
    "users": ((1.0, USERS),),
    "unmet": ((1.0, UNMET),),
    "money": ((1.0, MUNICIPAL),),
    "care": _CARE,
    "programmes": ((1.0, MUNICIPAL), *((-weight, label) for weight, label in _CARE)),
}
"""What has a level, as a weighted sum of columns; money is what the municipality pays in a year."""


MONEY_PARTS: Mapping[str, str] = {"together": "money", "care": "care", "programmes": "programmes"}
"""What a chart of money may show, and what that is in LEVELS."""
PER, PRICES = ("municipality", "inhabitant"), ("fixed", "current")


@dataclass(frozen=True)
class MoneyView:
    """Which money a level shows, of whom, and in euros of the price year or of each year itself.

    money: one of MONEY_PARTS; per: one of PER; prices: one of PRICES. Raises OptionError for another word.
    """

    money: str = "together"
    per: str = PER[0]
    prices: str = PRICES[0]

    def __post_init__(self) -> None:
        for option, known in (("money", tuple(MONEY_PARTS)), ("per", PER), ("prices", PRICES)):
            if (found := getattr(self, option)) not in known:
                raise OptionError(option, fault("must_be_one_of", known=known, found=found))

    @property
    def current(self) -> bool:
        """Tell whether it is in euros of each year itself."""
        return self.prices == "current"

    def by_head(self, people: float | None) -> bool:
        """Tell whether it is per inhabitant: not where their number is not known (None)."""
        return self.per == "inhabitant" and people is not None

    def factors(self, scenario: Scenario, people: float | None) -> Floats:
        """Return by what euros of the price year of the whole municipality are multiplied, [years]."""
        years = scenario.start + np.arange(scenario.years)
        risen = np.power(1.0 + (scenario.inflation if self.current else 0.0), years - PRICE_YEAR)
        heads = people if people is not None and self.by_head(people) else 1.0
        return np.asarray(risen / heads, np.float64)


AT_FIRST = MoneyView()
"""Where nobody chose."""


def level_by_year(
    runs: Sequence[Run], scenario: int, what: str, factors: Floats | None = None
) -> list[Figure]:
    """Return the figure of each year of one of LEVELS, in youths or euros of the price year.

    factors: by what each year is multiplied, [years]. Where too few children are simulated to tell it, a
    figure has no number (NaN).
    """
    blocks = np.stack([_sum(run, scenario, LEVELS[what]) for run in runs])
    if factors is not None:
        blocks = blocks * factors[:, None]
    if not luck_known(runs, scenario):
        untold = Figure(math.nan, math.nan, None, None, None, len({run.draw for run in runs}))
        return [untold] * blocks.shape[1]
    errors, values, draws = block_standard_error(blocks), blocks.sum(axis=2), [run.draw for run in runs]
    return figures(values, errors, draws)


def money_by_year(
    runs: Sequence[Run], k: int, view: MoneyView, scenario: Scenario, people: float | None
) -> list[Figure]:
    """Return what the municipality pays in each year, as `view` has it: of scenario `k` of the runs.

    scenario: whose years and inflation they are. people: inhabitants; of the whole municipality where None.
    """
    return level_by_year(runs, k, MONEY_PARTS[view.money], view.factors(scenario, people))


def _sum(run: Run, scenario: int, terms: Terms) -> Floats:
    """Return the weighted sum of columns, [years, blocks]."""
    columns = run.columns[scenario]
    return np.asarray(
        sum(weight * columns.blocks[columns.labels.index(label)] for weight, label in terms), np.float64
    )
