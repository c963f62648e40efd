"""Answers and tasks of the background: the results so far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pages.choices.plan import CHILD_WORK
from sim import Comparison
from sim.decision.comparison import KEY_LABELS, Difference, difference
from sim.decision.equity import NEIGHBOURHOODS
from sim.decision.firm import few, set_by_plan
from sim.decision.headline import Level, level
from sim.engine.history import Label
from sim.engine.ledger import is_municipal_programme
from sim.errors import InputError, OptionError, SimulationError
from sim.inputs.scenario import Scenario
from sim.model.catalogue import catalogue
from sim.progress import Progress, Tell
from sim.report.framework import OTHERS
from sim.runs.experiment import Columns, Options, Run, with_labels

UNWATCHED_SECONDS = 4.0
Key = tuple[str, ...]

BREAKDOWNS: Mapping[str, tuple[str, ...]] = {
    "care_users": ("total", "form"),
    "unmet_need": ("total", "group"),
    "need_stock": ("need",),
    "cost": ("total", "payer", "form", "programme", "part"),
    "programme_places": ("programme",),
    "cost_cashable": ("total", "payer"),
    "cost_society": ("total", "payer"),
    "waiting_stock": ("total", "form"),
    "waiting_weeks": ("total", "form"),
    "places": ("form",),
    "programme_fte": ("programme",),
    "programme_participants": ("programme",),
    **dict.fromkeys(OTHERS, ("total",)),
}
"""What pages and exports show. The rest is let go, so that answers stay small."""
_CHILD_WORK = catalogue()[CHILD_WORK]
AGES_OF_CHILD_WORK = frozenset(map(str, range(_CHILD_WORK.first_age, _CHILD_WORK.last_age + 1)))
"""Of whom it is told what their care costs."""
KEPT = repr((BREAKDOWNS, KEY_LABELS, NEIGHBOURHOODS, sorted(AGES_OF_CHILD_WORK)))
"""What of results is kept, as a part of the name under which they are kept."""


class UnwantedError(Exception):
    """No user waits for this any more."""


@dataclass
class Work:
    """Background work that goes on while a user waits for it."""

    progress: Progress | None = None
    """How far it is (None: not begun)."""
    problem: str = ""
    """The key of a text that says what went wrong."""
    error: InputError | OptionError | SimulationError | None = None
    """What the model said about it."""
    running: bool = False
    watchers: dict[str, float] = field(default_factory=dict)
    news: threading.Event = field(default_factory=threading.Event)
    """Set once there is something to show."""

    @property
    def finished(self) -> bool:
        """Tell whether nothing more will come."""
        return bool(self.problem)

    @property
    def begun(self) -> bool:
        """Tell whether there is something to show."""
        return False

    def wanted(self) -> bool:
        """Tell whether somebody looked at this lately."""
        now = time.monotonic()
        return any(now - seen < UNWATCHED_SECONDS for seen in list(self.watchers.values()))

    def size(self) -> int:
        """Return the bytes that it keeps."""
        return 0


@dataclass
class Answer(Work):
    """The results of scenarios so far; the first is the reference."""

    scenarios: tuple[Scenario, ...] = ()
    children: int | None = None
    wished: int = 0
    """How many draws will be made."""
    seed: int = 0
    first: list[Run] = field(default_factory=list)
    draws: list[Run] = field(default_factory=list)
    stopped: bool = False
    """Whether the user who looks at it stopped the work; of what `seen` returns only."""

    def seen(self, stopped: bool) -> Answer:
        """Return a copy of its present state, so that a page shows consistent figures while more come in."""
        return replace(self, first=list(self.first), draws=list(self.draws), stopped=stopped)

    @property
    def sharpening(self) -> bool:
        """Tell whether more draws are to come."""
        return not (self.finished or self.stopped)

    @property
    def chance_known(self) -> bool:
        """Tell whether there are draws enough to name a chance."""
        return not few(len(self.draws))

    @property
    def runs(self) -> list[Run]:
        """Return the draws so far, or the best fit while there are fewer than two."""
        draws = list(self.draws)
        return draws if len(draws) >= 2 else list(self.first)

    @property
    def finished(self) -> bool:
        """Tell whether nothing more will come."""
        return bool(self.problem) or (bool(self.first) and len(self.draws) >= self.wished)

    @property
    def begun(self) -> bool:
        """Tell whether there is something to show."""
        return bool(self.first)

    def difference(self, scenario: int = 1, reference: int = 0) -> Difference:
        """Return a scenario minus the reference, or minus another, from the runs so far: paired by child."""
        start = self.scenarios[0].start
        planned = set_by_plan((self.scenarios[reference], self.scenarios[scenario]))
        years = range(start, start + self.scenarios[0].years)
        return difference(self.runs, scenario, reference, years, planned=planned)

    def level(self, scenario: int, horizon: int) -> Level:
        """Return what a scenario is like after `horizon` years, from the runs so far."""
        return level(self.runs, scenario, self.scenarios[scenario], horizon)

    def comparison(self) -> Comparison:
        """Return the same as the command line returns, for exports."""
        runs = tuple(self.runs)
        first = 0 if runs and runs[0].draw == 0 else None
        options = Options(children=self.children, draws=max(len(runs), 1), seed=self.seed, first_draw=first)
        return Comparison(self.scenarios, options, runs, 0.0)

    def size(self) -> int:
        """Return the bytes that its runs take."""
        return sum(c.blocks.nbytes + c.values.nbytes for run in self.first + self.draws for c in run.columns)


@dataclass
class BackgroundTask(Work):
    """A single result: `work` gets the callback for progress, and returns its result.

    Work that is a generator is shown what it has found so far at each of its yields, and others have their
    turn in between. Where nobody looks it ends, and begins again when somebody asks.
    """

    work: Callable[[Tell], Any] = lambda _: None
    found: Any = None
    rest: Generator[Any, None, None] | None = None
    """What is still to come of work that is a generator."""
    done: bool = False
    bytes: int = 1 << 20
    """About what it takes to keep what was found."""

    @property
    def finished(self) -> bool:
        """Tell whether nothing more will come."""
        return bool(self.problem) or self.done

    @property
    def begun(self) -> bool:
        """Tell whether there is something to show."""
        return self.found is not None

    def go_on(self, tell: Tell) -> None:
        """Find what is sought, or its next part. Raises what `work` raises; then it begins again."""
        if self.rest is None:
            made = self.work(tell)
            if not isinstance(made, Generator):
                self.found, self.done = made, True
                return
            self.rest = made
        try:
            self.found = next(self.rest)
        except StopIteration:
            self.rest, self.done = None, True
        except BaseException:
            self.rest = None
            raise

    def size(self) -> int:
        """Return the bytes that it keeps."""
        return self.bytes if self.begun else 0


def shown(label: Label) -> bool:
    """Tell whether a page or an export shows a label."""
    measure, breakdown, level = label
    if breakdown == "group":
        return measure == "unmet_need" and level in NEIGHBOURHOODS
    if label in KEY_LABELS or breakdown in BREAKDOWNS.get(measure, ()):
        return True
    if (measure, breakdown) in (("cost", "age"), ("population", "age")):
        return level in AGES_OF_CHILD_WORK
    return is_municipal_programme(label)


def slim(columns: Columns) -> Columns:
    """Return columns with only what the pages show, so that answers stay small."""
    return with_labels(columns, [label for label in columns.labels if shown(label)])


def key_of(scenarios: Sequence[Scenario], *more: object) -> Key:
    """Return a key that identifies a question."""
    return (*(scenario.canonical_sha256() for scenario in scenarios), *(repr(item) for item in more))
