"""Background work on the uncertainty of an answer, the quickest part first."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pages.background.desk import CHILDREN, DRAWS, SEED
from sim.decision.comparison import Difference
from sim.decision.dossier import TORNADO, Knowledge, Spread, knowledge
from sim.decision.goal import Goal
from sim.decision.sample import Question, Sample, collect
from sim.decision.sensitivity import CASES, Case, Swing, live_all, live_cases, swings
from sim.decision.thresholds import PROGRAMME
from sim.engine.simulation import apart
from sim.inputs.scenario import Scenario
from sim.machine.compiling import cache_root, folder_in
from sim.machine.locking import held
from sim.model.catalogue import catalogue
from sim.progress import Progress, Tell
from sim.runs.experiment import Options
from sim.runs.workers import Workers

FIRST, MORE = DRAWS, 5 * DRAWS
"""Draws for a first spread, and for the value of information."""
EMULATED = 2000
"""Draws of the emulator for the value of information: enough for two digits, in half a minute."""
TURN = 10
"""Draws after which others have their turn."""
DISK = 256 << 20
LOCK = ".lock"
_LEVERS = (
    "effect_exists", "moderate_need", "signalling", "retained", "share_onset", "build_up", "visits_per_child",
    "visits_per_fte", "uptake_ceiling", "stay",
)  # fmt: skip
"""What of a programme is moved first: nobody has measured it, and everything else follows from it."""
_OF_CHILD_WORK = {"no_fade_out", "fast_fade_out", "an_effect_for_sure"}
ONLY_CASH = replace(
    CASES[0], name="only_cash", words="only what contracts let go is saved",
    goal=lambda goal: replace(goal, measure="cost_cashable"),
)  # fmt: skip


@dataclass(frozen=True)
class Findings:
    """What is known so far. A part that is still to come is None or empty.

    slow: every draw lives everybody, because one child's life touches another's. spread, of `draws` draws,
    and known (what it is worth to know) are about `goal`: the municipality's money by the last year.
    """

    question: Question
    goal: Goal
    slow: bool
    best: Difference | None = None
    swings: tuple[Swing, ...] = ()
    cases: tuple[tuple[Case, Difference], ...] = ()
    draws: int = 0
    spread: Spread | None = None
    known: Knowledge | None = None

    @property
    def preliminary(self) -> bool:
        """Tell whether what is known rests on too few draws to lean on."""
        return self.known is None or not self.known.emulated


def find_out(
    scenarios: Sequence[Scenario], children: int | None = CHILDREN
) -> Callable[[Tell], Iterator[Findings]]:
    """Return the work of finding out about two scenarios, for an errand that goes on where it stopped."""
    question = Question(tuple(scenarios), Options(children=children, seed=SEED))
    goal = Goal(question.years[-1], measure="cost", rate=question.scenarios[0].discount_rate)
    latest = [Findings(question, goal, bool(apart(question.scenarios)))]

    def work(tell: Tell) -> Iterator[Findings]:
        with Workers(1) as workers:
            for found in _find_out(latest[0], workers, tell):
                latest[0] = found
                yield found

    return work


def _find_out(found: Findings, workers: Workers, tell: Tell) -> Iterator[Findings]:
    """Yield ever more of what can be found out, beyond what was found before."""
    question, names = found.question, first_names(found.question)
    stages = Stages(
        tell,
        {"swings": 2 * len(names) + 1, "cases": len(CASES), "draws": FIRST,
         "more": MORE - FIRST, "known": 40, "others": TORNADO},
    )  # fmt: skip
    if found.best is None:
        hear = stages.hear("swings")
        (best,) = live_all(question, [question], workers, Progress("best_fit"), lambda now: hear(now.at(0)))
        found = replace(found, best=best)
    for more in _swung(found, names, workers, stages.hear("swings")):
        yield (found := more)
    if not found.cases:
        cases = live_cases(question, workers, stages.hear("cases"), cases=_cases(question))
        yield (found := replace(found, cases=tuple(cases)))
    for sample in growing(question, found.draws, FIRST, workers, stages.hear("draws")):
        yield (found := _spread(found, sample))
    for sample in growing(question, found.draws, MORE, workers, stages.hear("more")):
        yield (found := _spread(found, sample))
    if found.known is None:
        known = knowledge(sample, found.goal, workers, stages.hear("known"), emulated=EMULATED)
        yield (found := replace(found, known=known))
    assert found.known is not None
    if not found.preliminary:
        others = [name for name, _ in found.known.parameters[:TORNADO]]
        yield from _swung(found, others, workers, stages.hear("others"))


def _swung(found: Findings, names: Sequence[str], workers: Workers, hear: Tell) -> Iterator[Findings]:
    """Yield findings with the swings of parameters that were not moved before."""
    moved = {swing.name for swing in found.swings}
    todo = [name for name in names if name not in moved]
    for swing in swings(found.question, todo, workers, hear):
        found = replace(found, swings=(*found.swings, swing))
        yield found


def growing(question: Question, made: int, draws: int, workers: Workers, hear: Tell) -> Iterator[Sample]:
    """Yield a sample of ever more draws than were made, so that others have their turn in between."""
    folder = draw_folder()
    prune(folder, DISK, f"draws-{question.key()}.bin")
    for upto in [*range(made + TURN, draws, TURN), max(draws, made)]:
        yield collect(question, max(upto, 2), folder, workers, lambda now: hear(now.at(now.done, draws)))


def _spread(found: Findings, sample: Sample) -> Findings:
    """Return findings with the spread of a sample."""
    return replace(found, draws=sample.size, spread=Spread.of(*found.goal.of(sample.difference())))


def first_names(question: Question) -> list[str]:
    """Return the parameters that are moved first: those of the programmes in use, and what workers cost.

    Levers, which no draw moves, come last: some take whole lives.
    """
    uncertain = set(question.uncertain)
    used = [name for name in catalogue() if name in question.scenarios[-1].programmes]
    names = [f"{programme}.{lever}" for programme in used for lever in _LEVERS]
    names += [catalogue()[programme].price for programme in used]
    records = question.parameters.records
    drawn = [name for name in names if name in uncertain and not records[name].rank][: 2 * TORNADO]
    return [*drawn, *question.levers]


def _cases(question: Question) -> list[Case]:
    """Return the structural cases that can matter here; all money counts, so cash alone is a case."""
    here = PROGRAMME in question.scenarios[-1].programmes
    kept = [
        case for case in CASES if case.name != "all_cashable" and (here or case.name not in _OF_CHILD_WORK)
    ]
    return [kept[0], ONLY_CASH, *kept[1:]]


class Stages:
    """Progress over stages, each with a number of lives to simulate: one share for all together."""

    def __init__(self, tell: Tell, sizes: dict[str, int]) -> None:
        """Plan stages in this order."""
        self._tell, self._sizes, self._all = tell, sizes, max(sum(sizes.values()), 1)

    def hear(self, stage: str, part: int = 0, parts: int = 1) -> Tell:
        """Return what hears progress of a stage, or of one of its equal parts."""
        names = list(self._sizes)
        before = sum(self._sizes[name] for name in names[: names.index(stage)])

        def hear(now: Progress) -> None:
            done = (part + now.share) / parts * self._sizes[stage]
            self._tell(Progress(stage, before + done, self._all))

        return hear


# Draws on disk


@cache
def draw_folder() -> Path:
    """Return the folder for draws of this process: gone when it ends, or was killed and another begins.

    A lock shows which app is alive, not a clock: a clock may jump, and an app may run for weeks.
    """
    root = folder_in(cache_root(), "draws")
    made, kept = tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=root), contextlib.ExitStack()
    # One at a time, so that nobody sees a lock before it is held. A disk without locks is never swept.
    with contextlib.suppress(OSError), held(root.with_suffix(".lock"), lambda: None):
        for lock in root.glob(f"*/{LOCK}"):
            if _abandoned(lock):
                shutil.rmtree(lock.parent, ignore_errors=True)
        kept.enter_context(held(Path(made.name) / LOCK))
    _KEPT.append((made, kept))
    return Path(made.name)


def _abandoned(lock: Path) -> bool:
    """Tell whether the process that held a lock has ended."""
    with contextlib.suppress(OSError), held(lock) as free:
        return free
    return False


_KEPT: list[tuple[tempfile.TemporaryDirectory[str], contextlib.ExitStack]] = []
"""Folders that are removed when the process ends, and their locks."""


def prune(folder: Path, most: int, keep: str) -> None:
    """Remove the draws asked for longest ago until at most `most` bytes are left, but never `keep`."""
    with contextlib.suppress(OSError):
        os.utime(folder / keep)
    files = sorted((f for f in folder.glob("*.bin") if f.name != keep), key=lambda f: f.stat().st_mtime)
    total = sum(f.stat().st_size for f in folder.glob("*.bin"))
    for file in files:
        if total <= most:
            return
        total -= file.stat().st_size
        file.unlink(missing_ok=True)
