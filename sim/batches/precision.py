"""Choose the number of replications: until the answer is precise enough.

Replications are added until the half-width of the confidence interval of the answer is small enough and
stays so for some replications more (the look-ahead), since the width of an interval from few replications
is itself a matter of luck. The method is that of Hoad, Robinson and Davies (2010), Automated selection of the
number of replications for a discrete-event simulation, Journal of the Operational Research Society 61(11),
1632-1644; their precision is relative to the mean, ours is in euros or children: a difference may well be
about zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import MUNICIPAL, Difference, difference
from sim.decision.headline import horizons
from sim.engine.history import Label
from sim.errors import InputError, OptionError, nearest
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.model.extension import Model
from sim.progress import Progress, Tell
from sim.rates import discount_factor
from sim.runs.experiment import Options, Run, run_all

Floats = NDArray[np.float64]
FIRST = 3
"""Replications before the first interval, as in the paper."""
LOOK_AHEAD = 5
"""kLimit of the paper: replications for which the precision must hold, for up to 100 of them."""
MOST = 100
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Sought:
    """The difference that is to be precise: money up to and including a year, or children in it."""

    label: Label = MUNICIPAL
    year: int | None = None
    """None: the last horizon."""

    @classmethod
    def read(cls, text: str) -> Sought:
        """Read `measure`, `measure/breakdown` or `measure/breakdown/level`, as tables have them, with @year.

        Raises OptionError for a year that is no number.
        """
        name, at, year = text.strip().partition("@")
        measure, breakdown, level = (*name.split("/", 2), "", "")[:3]
        if at and not (year.isascii() and year.isdigit() and len(year) == 4):
            raise OptionError("precision_of", fault("precision_year", found=year))
        return cls((measure, breakdown or "total", level or "all"), int(year) if at else None)

    def values(self, d: Difference, rate: float, last: int) -> float:
        """Return the mean over runs. rate: of discounting; last: the year where none was asked.

        Raises OptionError for what is not in the tables or a year that is not simulated.
        """
        year = self.year or last
        if year not in d.years:
            wrong = fault("precision_year_outside", found=year, first=d.years[0], last=d.years[-1])
            raise OptionError("precision_of", wrong)
        if self.label not in d.labels:
            found = "/".join(self.label)
            near = nearest(found, ["/".join(label) for label in d.labels])
            raise OptionError("precision_of", fault("precision_unknown", found=found, near=near))
        row, count = d.labels.index(self.label), year - d.years[0] + 1
        if not self.label[0].startswith("cost"):
            return float(d.runs[:, row, count - 1].mean())
        return float((d.runs[:, row, :count] @ discount_factor(rate, np.arange(1, count + 1))).mean())


@dataclass(frozen=True)
class Precision:
    """How precise an answer became.

    wished: the half-width that was asked for, in euros or children; of, year: the answer it is of.
    half_width: of the widest confidence interval over all replications that were made; enough: after how many
    the precision was there to stay, None where it never was; made: those and the look-ahead.
    """

    wished: float
    half_width: float
    enough: int | None
    made: int
    of: str = "/".join(MUNICIPAL)
    year: int | None = None
    look_ahead: int = LOOK_AHEAD
    confidence: float = CONFIDENCE

    @property
    def reached(self) -> bool:
        """Tell whether the answer is as precise as was asked."""
        return self.enough is not None

    def words(self, luck_known: bool = True) -> str:
        """Return in words how precise the answer is; luck_known: whether enough children are simulated."""
        money = self.of.startswith("cost")
        usual = self.of == "/".join(MUNICIPAL)
        what = "Extra cost to the municipality" if usual else f"Difference in {self.of}"
        when = "" if self.year is None else f" {'up to and including' if money else 'in'} {self.year}"
        if not luck_known:
            return f"{what}{when}: how precisely it is known cannot be told of so few children."
        width = f"€ {self.half_width:,.0f}" if money else f"{self.half_width:,.1f}"
        return (
            f"{what}{when}: known to {width} either way ({self.confidence:.0%} confidence interval) "
            f"after {self.made} replications."
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for a manifest."""
        return {**asdict(self), "reached": self.reached}


def half_width(values: Floats, confidence: float = CONFIDENCE) -> float:
    """Return the half-width of the confidence interval of a mean (Student's t), the widest of all answers.

    values: [replications, answers], two replications or more.
    """
    from scipy.special import stdtrit  # a large library that few commands need

    count = values.shape[0]
    error = values.std(axis=0, ddof=1) / np.sqrt(count)
    return float(stdtrit(count - 1, 0.5 + confidence / 2) * error.max())


def look_ahead(count: int, limit: int = LOOK_AHEAD) -> int:
    """Return for how many replications more the precision after `count` of them must hold.

    f(kLimit, n) of the paper: kLimit up to 100 replications, from there on in proportion.
    """
    return limit * max(count, 100) // 100


def until_precise(
    replicate: Callable[[int], Floats],
    wished: float,
    first: int = FIRST,
    most: int = MOST,
    tell: Callable[[int, float], None] = lambda *_: None,
) -> Precision:
    """Replicate until the answers are precise to `wished`, or `most` replications are made.

    replicate: returns the answers [answers] of a replication by its number, from 0 on. tell: hears how many
    were made and the half-width. Raises OptionError where these numbers make no sense.
    """
    if not 0 < wished < np.inf:
        raise OptionError("precision", fault("precision_not_above_zero", found=wished))
    first = max(first, FIRST)
    if most < first:
        raise OptionError("max_replications", fault("must_be_or_more", low=first, found=most))
    values: list[Floats] = []
    since: int | None = None
    width = float("inf")
    while len(values) < most:
        values.append(replicate(len(values)))
        made = len(values)
        if made < first:
            continue
        width = half_width(np.array(values))
        tell(made, width)
        since = None if width > wished else since or made
        if since is not None and made - since >= look_ahead(since):
            break
    return Precision(wished, width, since, len(values))


def precise_runs(
    scenarios: Sequence[Scenario],
    options: Options,
    wished: float,
    most: int = MOST,
    tell: Tell | None = None,
    sought: Sought = Sought(),
    model: Model | None = None,
) -> tuple[Precision, tuple[Run, ...]]:
    """Return how many replications were enough, and the runs of all that were made, in their usual order.

    The answer is the difference of each scenario with the first one (paired, mean over draws); money is the
    present value. The replications of `options` are the first that are made. Raises ValueError where the
    scenarios have no years, the numbers make no sense, or nothing is called as sought.
    """
    first = scenarios[0]
    if not first.years:
        raise InputError.at(scenarios[0].path or scenarios[0].title, fault("no_years_to_compare"))
    years = range(first.start, first.start + first.years)
    rate, last = first.discount_rate, first.start + horizons(first.years)[-1] - 1
    runs: list[Run] = []
    expected = [float(max(options.replications, FIRST) + LOOK_AHEAD)]

    def replicate(number: int) -> Floats:
        def heard(now: Progress) -> None:
            if tell is not None:
                done, of = number + now.share, expected[0]
                tell(Progress("replication", done, of, {"number": number + 1, "what": now.what}))

        one = replace(options, replications=1, first_replication=number)
        new = list(run_all(scenarios, one, tell=heard, model=model))
        runs.extend(new)
        found = [difference(new, k, 0, years) for k in range(1, len(scenarios))]
        return np.array([sought.values(d, rate, last) for d in found])

    def learnt(made: int, width: float) -> None:
        expected[0] = min(max(made * (width / wished) ** 2, made) + LOOK_AHEAD, most)

    found = until_precise(replicate, wished, options.replications, most, learnt)
    named = replace(found, of="/".join(sought.label), year=sought.year or last)
    return named, tuple(sorted(runs, key=lambda run: (run.draw, run.replication)))
