"""What if child work does half as much, or nothing: figures of the same budget beside those of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from pages.background.answers import BackgroundTask, key_of
from pages.background.desk import CHILDREN, DRAWS, SEED, desk
from pages.background.figures import LONG, MIDDLE
from pages.choices.chosen import Choices, pair
from pages.choices.plan import CHILD_WORK
from pages.choices.state import watcher
from sim.decision.comparison import KEY_LABELS, Figure, difference
from sim.decision.firm import ENOUGH_DRAWS
from sim.decision.headline import change
from sim.inputs.scenario import Scenario
from sim.model.priors import PRIORS
from sim.progress import Progress, Tell
from sim.runs.experiment import Options, Run, with_labels
from sim.runs.threads import run_threads

FULL, HALF, NONE = "full", "half", "none"
SLOT = "weaker"
BYTES = 1 << 14
"""Figures only: the draws are let go."""


@dataclass(frozen=True)
class Figures:
    """The figures of the tiles: cost over LONG years, youths after MIDDLE. draws: how many they rest on."""

    cost: Figure
    unmet: Figure
    users: Figure
    draws: int

    @property
    def sharpening(self) -> bool:
        """Tell whether more draws are to come."""
        return self.draws < DRAWS


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


def ask(chosen: Choices, watch: bool = True) -> BackgroundTask | None:
    """Return the figures so far, by effect, as a task; None where there are none.

    watch False only looks up. Its work is queued beside that on the answer itself.
    """
    pairs = questions(chosen)
    if not pairs:
        return None
    key = key_of([one for both in pairs.values() for one in both], "weaker", CHILDREN, DRAWS)
    return desk().errand(key, lambda tell: find(pairs, tell), watcher(SLOT), watch=watch, size=BYTES)


def find(pairs: Mapping[str, Sequence[Scenario]], tell: Tell) -> Iterator[Found | None]:
    """Yield the figures by effect after each draw, so that others have their turn: None while there are none.

    Each effect is lived by itself, as `compare` does it, until it has the draws that a figure may stand on;
    then all of them take turns until all draws are there.
    """
    enough = min(ENOUGH_DRAWS, DRAWS)
    turns = [(effect, draw) for effect in pairs for draw in range(1, enough + 1)]
    turns += [(effect, draw) for draw in range(enough + 1, DRAWS + 1) for effect in pairs]
    lived: dict[str, list[Run]] = {effect: [] for effect in pairs}
    found: dict[str, Figures] = {}
    with run_threads() as pool:
        for done, (effect, draw) in enumerate(turns):

            def heard(now: Progress, done: int = done) -> None:
                tell(now.at(done + now.share, len(turns)))

            lived[effect].append(_draw(pairs[effect], draw, pool, heard))
            if draw >= enough:
                found[effect] = _figures(pairs[effect][0], lived[effect])
            yield dict(found) or None


def _draw(both: Sequence[Scenario], draw: int, pool: Executor, tell: Tell) -> Run:
    run = desk().lives.run(both, Options(children=CHILDREN, seed=SEED), draw, pool, tell)
    few = [with_labels(c, [label for label in KEY_LABELS if label in c.labels]) for c in run.columns]
    return replace(run, columns=tuple(few))


def _figures(first: Scenario, runs: Sequence[Run]) -> Figures:
    d = difference(runs, 1, 0, range(first.start, first.start + first.years))
    rate = first.discount_rate
    near, far = (change(d, min(ahead, first.years), rate) for ahead in (MIDDLE, LONG))
    return Figures(far.municipal_cost, near.unmet_need, near.care_users, len(runs))
