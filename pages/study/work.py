"""Background work for Welk onderzoek loont: the draws of Onzekerheid, and what is believed after them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pages.background.desk import CHILDREN, SEED
from pages.doubt import work
from pages.look.texts import t
from sim.decision.goal import Goal
from sim.decision.learning import Beliefs, beliefs, nothing_believed
from sim.decision.sample import Question
from sim.inputs.scenario import Scenario
from sim.progress import Progress, Tell
from sim.runs.experiment import Options
from sim.runs.workers import Workers

KEPT_BYTES = 1 << 18
"""About what beliefs take: 2,000 draws of four numbers."""
LAST = 20
"""How many draws take as long as what comes after them."""


def find(
    scenarios: Sequence[Scenario], children: int | None = CHILDREN
) -> Callable[[Tell], Iterator[Beliefs | None]]:
    """Return the work: nothing after each part of the draws, so that others have their turn, then beliefs.

    Of too few children to tell what is luck nothing is simulated.
    """
    question = Question(tuple(scenarios), Options(children=children, seed=SEED))
    goal = Goal(question.years[-1], measure="cost", rate=question.scenarios[0].discount_rate)

    def find_out(tell: Tell) -> Iterator[Beliefs | None]:
        if question.too_few:
            yield nothing_believed(question, goal)
            return
        stages = work.Stages(tell, {"more": work.MORE, "known": LAST})
        with Workers(1) as workers:
            for more in work.growing(question, 0, work.MORE, workers, stages.hear("more")):
                sample = more
                yield None
            yield beliefs(sample, goal, workers, stages.hear("known"))

    return find_out


def progress(now: Progress) -> str:
    """Return what is going on, in the words of Onzekerheid."""
    return t(f"doubt_doing_{now.stage}")
