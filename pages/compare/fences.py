"""Why ring-fencing changes much or little here: what a budget without it lost, as far as the run tells."""

from __future__ import annotations

import numpy as np

from pages.background.answers import Answer
from pages.choices.plan import CHILD_WORK, Plan
from pages.look import formats
from pages.look.texts import t
from sim.decision.firm import can_be_cut, luck_known

WORK = ("programme_fte", "programme", CHILD_WORK)
SEEN = 0.05
"""FTE below which a loss rounds to nothing."""


def fences(answer: Answer, plans: tuple[Plan, ...], ahead: int) -> str:
    """Return how many workers budgets lose that are not ring-fenced, and in how many draws, or nothing.

    Said of a budget whose twin with a ring-fence is compared as well: they differ by what a shortfall took.
    """
    return " ".join(
        _told(answer, loose, fenced, ahead)
        for loose, plan in enumerate(plans) for fenced, other in enumerate(plans)
        if answer.chance_known and plan.steady and not plan.fenced and plan.fte
        and other.changed() == plan.with_child_work(plan.fte, True)
        and can_be_cut(answer.scenarios[loose], CHILD_WORK) and luck_known(answer.runs)
    )  # fmt: skip


def _told(answer: Answer, loose: int, fenced: int, ahead: int) -> str:
    """Return what the budget at `loose` lost against its twin at `fenced`, over the first years."""
    d = answer.difference(loose, fenced)
    lost = -d.by_draw(d.series(*WORK))[:, :ahead]
    some, values = int((lost.max(axis=1) > SEEN).sum()), {"n": loose + 1, "draws": len(lost)}
    if not some:
        return t("compare_fence_none", **values)
    scenario = answer.scenarios[loose]
    (planned,) = scenario.programmes[CHILD_WORK].fte_by_year(scenario.start, 1)
    fte, whole = formats.fte(float(np.mean(lost))), formats.fte(planned)
    return t("compare_fence_lost", fte=fte, whole=whole, some=some, **values)
