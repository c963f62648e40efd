"""What if child work does half as much, or nothing: figures of the same budget beside those of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pages.shared.answers import BackgroundTask, key_of
from pages.shared.chosen import Choices, pair
from pages.shared.desk import CHILDREN, DRAWS, SEED, desk
from pages.shared.figures import LONG, MIDDLE
from pages.shared.plan import CHILD_WORK
from pages.shared.state import watcher
from sim.decision.appraisal import KEY_LABELS, Figure, difference
from sim.decision.headline import change, discount_rate
from sim.engine.config import worker_threads
from sim.inputs.scenario import Scenario
from sim.model.priors import PRIORS
from sim.progress import Progress, Tell
from sim.runs.experiment import Options, Run, with_labels

FULL, HALF, NONE = "full", "half", "none"
SLOT = "weaker"
BYTES = 1 << 14
"""Figures only: the draws are let go."""


@dataclass(frozen=True)
class Figures:
    """The figures of the tiles: cost over LONG years, youths after MIDDLE."""

    cost: Figure
    unmet: Figure
    users: Figure


Found = Mapping[str, Figures]


def effects(chosen: Choices) -> tuple[str, ...]:
    """Return the effects whose figures stand beside those of the effect in hand; none without child work.

    Half of it is half of what is expected, so that it says nothing beside the effect of other research.
    """
    if CHILD_WORK not in chosen.plan.programmes:
        return ()
    others = (FULL, NONE) if chosen.effect in PRIORS else (FULL, HALF, NONE)
    return tuple(effect for effect in others if effect != chosen.effect)


def questions(chosen: Choices) -> Mapping[str, Sequence[Scenario]]:
    """Return the scenarios of the reference and of the plan under each of the other effects."""
    return {effect: pair(replace(chosen, effect=effect)) for effect in effects(chosen)}


def ask(chosen: Choices) -> BackgroundTask | None:
    """Return the figures so far, by effect, as a task whose work is queued; None where there are none."""
    pairs = questions(chosen)
    if not pairs:
        return None
    key = key_of([one for both in pairs.values() for one in both], "weaker", CHILDREN, DRAWS)
    return desk().errand(key, lambda tell: find(pairs, tell), watcher(SLOT), size=BYTES)


def wait() -> None:
    """Work on no figures of another budget while an answer is still to come."""
    desk().leave(watcher(SLOT))


def find(pairs: Mapping[str, Sequence[Scenario]], tell: Tell) -> Iterator[Found]:
    """Yield the figures of ever more effects; of each once all its draws are there."""
    found: dict[str, Figures] = {}
    for effect, both in pairs.items():
        found[effect] = _figures(both, tell)
        yield dict(found)


def _figures(both: Sequence[Scenario], tell: Tell) -> Figures:
    options = Options(children=CHILDREN, seed=SEED)
    first, runs = both[0], list[Run]()
    with worker_threads(None) as pool:
        for draw in range(1, DRAWS + 1):

            def heard(now: Progress, done: int = draw - 1) -> None:
                tell(now.at(done + now.share, DRAWS))

            run = desk().lives.run(both, options, draw, pool, heard)
            few = [with_labels(c, [label for label in KEY_LABELS if label in c.labels]) for c in run.columns]
            runs.append(replace(run, columns=tuple(few)))
    d = difference(runs, 1, 0, range(first.start, first.start + first.years))
    rate = discount_rate(first)
    near, far = (change(d, min(ahead, first.years), rate) for ahead in (MIDDLE, LONG))
    return Figures(far.municipal_cost, near.unmet_need, near.care_users)
