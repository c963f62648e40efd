"""Why ring-fencing changes much or little here: what a budget without it lost, as far as the run tells."""

from __future__ import annotations

import numpy as np

from pages.background.answers import Answer
from pages.choices.plan import CHILD_WORK, Plan
from pages.look import formats
from pages.look.texts import t
from sim.decision.firm import can_be_cut, luck_known
from sim.inputs.profiles import profile_of

WORK = ("programme_fte", "programme", CHILD_WORK)
SEEN = 0.05
"""FTE below which a loss rounds to nothing."""


def fences(answer: Answer, plans: tuple[Plan, ...], ahead: int) -> tuple[str, str]:
    """Return how many workers budgets lose that are not ring-fenced, and in how many draws, or nothing.

    Said of a budget whose twin with a ring-fence is compared as well: they differ by what a shortfall took.
    The second is why a loss is more than it would be, where a sample of the youths is simulated, or nothing.
    """
    found = [
        _told(answer, loose, fenced, ahead)
        for loose, plan in enumerate(plans) for fenced, other in enumerate(plans)
        if answer.chance_known and plan.steady and not plan.fenced and plan.fte
        and other.changed() == plan.with_child_work(plan.fte, True)
        and can_be_cut(answer.scenarios[loose], CHILD_WORK) and luck_known(answer.runs)
    ]  # fmt: skip
    return " ".join(told for told, _ in found), _sampled(answer) if any(lost for _, lost in found) else ""


def _sampled(answer: Answer) -> str:
    """Return that a shortfall of a sample is more than that of all, where a sample is simulated."""
    everyone = profile_of(answer.scenarios[0]).total
    if answer.children is None or answer.children >= everyone:
        return ""
    some, whole = formats.count(answer.children), formats.count(everyone)
    return t("compare_fence_sample", some=some, whole=whole)


def _told(answer: Answer, loose: int, fenced: int, ahead: int) -> tuple[str, bool]:
    """Return what the budget at `loose` lost against its twin at `fenced`, and whether it lost any."""
    d = answer.difference(loose, fenced)
    lost = -d.by_draw(d.series(*WORK))[:, :ahead]
    some, values = int((lost.max(axis=1) > SEEN).sum()), {"n": loose + 1, "draws": len(lost)}
    if not some:
        return t("compare_fence_none", **values), False
    scenario = answer.scenarios[loose]
    (planned,) = scenario.programmes[CHILD_WORK].fte_by_year(scenario.start, 1)
    fte, whole = formats.fte(float(np.mean(lost))), formats.fte(planned)
    return t("compare_fence_lost", fte=fte, whole=whole, some=some, **values), True
