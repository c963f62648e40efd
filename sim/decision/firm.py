"""What may be said of a figure: one rule, for the terminal, the pages and the documents.

Three things are kept apart. Monte Carlo noise: a figure below twice its error is too small to tell, where
noise counts beside parameter uncertainty. Parameter uncertainty: the range over draws; where it lies on both
sides of zero there is no clear difference. No difference: two scenarios simulated the same differ by 0.

With too few children nobody can tell what is luck. No difference is then said, and no level either: how many
youths there are and what they cost. How many workers there are and what they cost is said where the plan
alone sets it: a shortfall, which is luck as well, then takes nothing from them.

A figure that is still being computed is provisional until it stands, so that it seldom is taken back: it
rests on enough draws, and lies two standard deviations over draws from zero, further than its range reaches.
Where zero is inside that range no sign is told, neither while draws come nor at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum

from sim.decision.comparison import Figure
from sim.engine.ledger import GEMEENTE
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Run

ENOUGH_DRAWS = 10
"""From how many draws a figure may stand, and a range and a chance are named."""
LUCK_COUNTS = 0.25
"""From what share of its variance over draws on luck may outweigh a figure; below it luck says nothing."""
LITTLE_LUCK = 0.05
"""Up to what share of the variance over draws luck is not named beside a range."""
NOTHING = 1e-6
"""Of a youth or a euro: below it a difference is rounding."""


class Standing(Enum):
    """What may be said of a figure."""

    NONE = "none"
    """There is no difference at all."""
    PROVISIONAL = "provisional"
    """It may still turn: it is marked so, and has no range and no chance."""
    UNTOLD = "untold"
    """There is no number, or too few children to tell how much of it is luck."""
    TOO_SMALL = "too small"
    """Everything is computed, and Monte Carlo noise exceeds the figure."""
    UNCLEAR = "no clear difference"
    """Noise is small beside parameter uncertainty, and that has zero inside."""
    FIRM = "firm"

    @classmethod
    def of(cls, f: Figure, sharpening: bool = False) -> Standing:
        """Return what may be said of a figure. sharpening: whether more draws are to come."""
        if not math.isfinite(f.value) or math.isnan(f.mcse):
            return cls.UNTOLD
        if nothing(f):
            return cls.PROVISIONAL if _unproven(f) else cls.NONE
        if f.too_small and (f.luck_share is None or f.luck_share > LUCK_COUNTS):
            return cls.PROVISIONAL if sharpening else cls.TOO_SMALL
        if _unproven(f):
            return cls.PROVISIONAL
        if _unclear(f):
            return cls.UNCLEAR
        return cls.PROVISIONAL if sharpening and abs(f.value) < 2.0 * _over_draws(f) else cls.FIRM

    @property
    def unsaid(self) -> bool:
        """Tell whether no number is said."""
        return self in (Standing.UNTOLD, Standing.TOO_SMALL, Standing.UNCLEAR)


def luck_known(runs: Iterable[Run], scenario: int = 0) -> bool:
    """Tell whether enough children were simulated to say how much of a scenario's figures is luck.

    runs: of which one holds its figures by block (`experiment.in_one_block`). scenario: its place in them.
    """
    return any(run.columns[scenario].blocks.shape[-1] > 1 for run in runs)


def can_be_cut(plan: Scenario, name: str) -> bool:
    """Tell whether a shortfall may be taken from a programme."""
    use = plan.programmes[name]
    return plan.policy == "crowd_out" and not use.ring_fenced and use.paid_by == GEMEENTE


def set_by_plan(plans: Iterable[Scenario]) -> bool:
    """Tell whether plans alone set how much work there is in each programme, whoever the children are."""
    return not any(can_be_cut(plan, name) for plan in plans for name in plan.programmes)


def _unclear(f: Figure) -> bool:
    """Tell whether what is not known has zero inside: the range over draws, without luck that counts."""
    if f.low is None or f.high is None:
        return False
    luck = f.luck_share or 0.0
    rest = math.sqrt(1.0 - luck) if luck > LITTLE_LUCK else 1.0
    low, high = (f.value + rest * (end - f.value) for end in (f.low, f.high))
    return low < 0.0 < high or f.too_small


def _over_draws(f: Figure) -> float:
    """Return the standard deviation of a figure over draws."""
    return f.draw_error * math.sqrt(f.draw_count or 0)


def _unproven(f: Figure) -> bool:
    return f.draw_count is not None and few(f.draw_count)


def few(draws: int) -> bool:
    """Tell whether draws are too few for a range or a chance."""
    return draws < ENOUGH_DRAWS


def told_value(f: Figure) -> float:
    """Return the number of a figure, for a chart: NaN where it cannot be told."""
    return math.nan if Standing.of(f) is Standing.UNTOLD else f.value


def nothing(f: Figure) -> bool:
    """Tell whether there is no difference at all, in no draw and by no luck."""
    return all(size < NOTHING for size in (abs(f.value), f.mcse, f.draw_error))


def has_range(f: Figure, sharpening: bool = False) -> bool:
    """Tell whether the range of a figure over draws may be shown."""
    told = Standing.of(f, sharpening) not in (Standing.PROVISIONAL, Standing.UNTOLD) and not _unproven(f)
    return told and f.low is not None and f.high is not None


def span(f: Figure) -> tuple[float, float]:
    """Return between what a figure lies: its range over draws, luck included, or else two errors of luck."""
    if f.low is not None and f.high is not None and not _unproven(f):
        return f.low, f.high
    return f.value - 2.0 * f.mcse, f.value + 2.0 * f.mcse


def by_luck_alone(f: Figure) -> Figure:
    """Return a figure of the best fit where that is what is asked for: no draws are to prove it."""
    return replace(f, draw_count=None)
