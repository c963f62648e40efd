"""The full appraisal of one scenario against its reference, from one sample of draws.

Plain data, in euros of 2024: what the command prints, what goes into JSON, and what a page can show.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import Difference, block_standard_error, figure, plain
from sim.decision.emulated import ENOUGH as ENOUGH  # shown with the dossier
from sim.decision.emulated import more_draws
from sim.decision.equity import Gain, Slope, gains, slope_of_change, slopes, who_gains_most
from sim.decision.firm import Standing
from sim.decision.goal import Goal
from sim.decision.money import (
    DISCOUNTS,
    UNITS,
    PerUnit,
    Term,
    Worth,
    budget_impact,
    payback,
    per_unit,
    side_by_side,
)
from sim.decision.proof import REST as REST  # shown with the dossier
from sim.decision.proof import Debt, proof_debt
from sim.decision.sample import Question, Sample, collect
from sim.decision.sensitivity import TornadoBar, live_all, structural, tornado
from sim.decision.thresholds import (
    QUANTITIES,
    Threshold,
    activity_costs,
    highest_price,
    of_workers,
    sentence,
    threshold,
)
from sim.decision.value import MOST_NEAR as MOST_NEAR  # shown with the dossier
from sim.decision.value import (
    UNTOLD,
    Acceptability,
    Estimate,
    acceptability,
    by_group,
    by_parameter,
    evpi,
)
from sim.engine.history import Label
from sim.errors import OptionError
from sim.faults import Fault, fault
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters
from sim.model.prices import worker_price
from sim.progress import Progress, Tell, nobody
from sim.rates import discount_factor
from sim.runs.experiment import Run, run_all, with_labels
from sim.runs.workers import Workers

Floats = NDArray[np.float64]
DRAWS = 1000
EMULATED = 5000
"""Draws behind the value of information; beyond those simulated they come from the surrogate."""
TORNADO = 12
WHOLE = 20_000
_NEED: tuple[Label, ...] = (("need_stock", "need", "moderate"), ("need_stock", "need", "complex"))
_UNMET: Label = ("unmet_need", "total", "all")
LEVELS = tuple(float(level) for level in range(0, 200_001, 10_000))
"""Willingness to pay, euros for a child-year without moderate or complex need."""

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("what child work does", (
        "kinderwerk.effect_exists", "kinderwerk.moderate_need", "kinderwerk.recovery_light",
        "kinderwerk.share_onset", "kinderwerk.signalling", "kinderwerk.retained", "kinderwerk.build_up",
        "kinderwerk.participation",
    )),
    ("how child work is done", ("kinderwerk.",)),
    ("other programmes", tuple(f"{name}." for name in catalogue() if name != "kinderwerk")),
    ("need and its course", ("need.", "frailty.", "trait.")),
    ("being seen", ("signal.",)),
    ("entering and leaving care", ("start.", "access.", "end", "care", "waiting.", "registration.")),
    ("prices and tariffs", ("cost.",)),
    ("the town hall", ("townhall.",)),
    ("beyond youth care", ("value.", "maltreatment.", "education.", "school.", "offence.", "meedoen.")),
)  # fmt: skip
"""Parameters by what they are about: the first group whose beginning fits; the rest is `other`."""


@dataclass(frozen=True)
class Knowledge:
    """What it would be worth to know, at a willingness to pay (euros).

    drawn: how many draws stand behind it; emulated: whether they come from the surrogate, whose R squared
    of draws left out is `accuracy` (None where the draws were simulated).
    """

    willingness: float
    drawn: int
    emulated: bool
    accuracy: float | None
    everything: Estimate
    parameters: tuple[tuple[str, Estimate], ...]
    groups: tuple[tuple[str, Estimate], ...]
    debt: tuple[Debt, ...]


@dataclass(frozen=True)
class Spread:
    """Standard deviation of the extra cost over draws: from parameters alone, and from the noise of a run.

    luck: share of the latter in the variance (O'Hagan et al. 2007, Health Econ 16:1009).
    """

    parameters: float
    luck_of_a_run: float
    luck: float

    @classmethod
    def of(cls, costs: Floats, errors: Floats) -> Spread:
        """Return the spread of costs [draws] with Monte Carlo standard errors [draws]."""
        total, lucky = float(costs.var(ddof=1)), float((errors**2).mean())
        share = lucky / total if total > 0 else 0.0
        return cls(float(np.sqrt(max(total - lucky, 0.0))), float(np.sqrt(lucky)), share)


@dataclass(frozen=True)
class Fairness:
    """Change in a measure by group, the group that gains most (None: not clear), and the gap by area.

    before: slope index of the reference at the best fit; change: of the change, over draws.
    """

    measure: str
    gains: tuple[Gain, ...]
    most: str | None
    before: Slope
    change: Slope


@dataclass(frozen=True)
class Dossier:
    """The answers.

    spread_parameters, spread_luck, luck: see Spread. saved_by_pairing: factor by which common random
    numbers reduce the variance of that noise. Of too few children to tell what is luck there is no draw and
    no answer: numbers are NaN, and the rest is empty.
    """

    names: tuple[str, str]
    goal: Goal
    draws: int
    children: int | None
    spread_parameters: float
    spread_luck: float
    luck: float
    saved_by_pairing: float | None
    worths: tuple[Worth, ...]
    units: tuple[PerUnit, ...]
    terms: tuple[Term, ...]
    paybacks: tuple[dict[str, Any], ...]
    unmet_need: tuple[float, float, float]
    acceptable: Acceptability
    knowledge: Knowledge
    best_fit: float
    tornado: tuple[TornadoBar, ...]
    cases: tuple[dict[str, Any], ...]
    equity: tuple[Fairness, ...]
    thresholds: tuple[Threshold, ...]

    @property
    def luck_known(self) -> bool:
        """Tell whether enough children were simulated to say anything."""
        return not math.isnan(self.luck)

    @property
    def sentences(self) -> list[str]:
        """Return what must be true, a sentence for each threshold."""
        return [sentence(t) for t in self.thresholds]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        data = {key: value for key, value in plain(self).items() if key != "acceptable"}
        data["acceptability"] = self.acceptable.as_json()
        data["what_must_be_true"] = self.sentences
        return data


def group_of(name: str) -> str:
    """Return what a parameter is about."""
    return next((group for group, starts in GROUPS if name.startswith(starts)), "other")


def good(d: Difference, years: int, rate: float) -> Floats:
    """Return child-years without moderate or complex need that are gained, discounted, [runs]."""
    rows = [d.labels.index(label) for label in _NEED]
    factors = discount_factor(rate, np.arange(1, years + 1))
    return np.asarray(-np.asarray(d.runs[:, rows, :years], np.float64).sum(axis=1) @ factors)


def dossier(
    question: Question,
    goal: Goal,
    draws: int,
    folder: Path,
    workers: Workers,
    names: tuple[str, str],
    tell: Tell = nobody,
    willingness: float | None = None,
    search: int = 40,
) -> Dossier:
    """Return the answers about the last of two scenarios against the first; draws are kept in `folder`.

    willingness: euros for a child-year without moderate or complex need at which knowledge is valued
    (default: where the decision is least sure). search: draws behind a threshold, never more than `draws`;
    0 searches for none. Of too few children nothing is simulated: all of it could be luck.
    Raises what `collect` raises, and ValueError for a goal outside the simulated years.
    """
    if draws < 2:
        raise OptionError("draws", fault("draws_too_few", draws=draws))
    if question.too_few:
        return _untold(question, goal, names, willingness)
    (first,) = live_all(question, [question], workers, Progress("best_fit"), nobody)
    first_cost, first_error = (float(found[0]) for found in goal.of(first))
    soon = {"millions": 1e-6 * first_cost, "error": 2e-6 * first_error}
    tell(Progress("first_answer", 1, 1, soon))
    sample = collect(question, draws, folder, workers, tell, partial(_so_far, goal))
    d = sample.difference()
    costs, errors = goal.of(d)
    years = d.years.index(goal.year) + 1
    gained = good(d, years, goal.rate)
    zero = np.zeros_like(costs)
    curve = acceptability(np.stack([zero, costs], 1), np.stack([zero, gained], 1), LEVELS)
    known = knowledge(sample, goal, workers, tell, willingness)
    moved = [*(n for n, _ in known.parameters[:TORNADO]), *question.levers]
    best, bars = tornado(question, goal, moved, workers, tell)
    cases = structural(question, goal, workers, tell)
    tell(Progress("whole_lives", 0, 1))
    whole = _whole(question)
    unmet = d.by_draw(np.asarray(d.series(*_UNMET), np.float64)).mean(axis=1)
    low, high = np.percentile(unmet, [5.0, 95.0])
    spread = Spread.of(costs, errors)
    return Dossier(
        names=names,
        goal=goal,
        draws=sample.size,
        children=question.options.children,
        spread_parameters=spread.parameters,
        spread_luck=spread.luck_of_a_run,
        luck=spread.luck,
        saved_by_pairing=_pairing(whole, goal, years),
        worths=tuple(side_by_side(d, years, _deadweight(question))),
        units=tuple(per_unit(d, unit, _way(goal), years) for unit in UNITS),
        terms=tuple(budget_impact(d)),
        paybacks=tuple(asdict(row) for row in payback(d, goal.rate)),
        unmet_need=(float(unmet.mean()), float(low), float(high)),
        acceptable=curve,
        knowledge=known,
        best_fit=best,
        tornado=tuple(bars),
        cases=tuple({"name": c.name, "words": c.words, "value": v, "mcse": e} for c, v, e in cases),
        equity=_equity(whole, d),
        thresholds=_thresholds(question, d, goal, workers, min(search, draws), tell),
    )


def knowledge(
    sample: Sample,
    goal: Goal,
    workers: Workers,
    tell: Tell = nobody,
    willingness: float | None = None,
    emulated: int | None = None,
) -> Knowledge:
    """Return what it would be worth to know, at a willingness to pay (default: where least is sure).

    emulated: draws of the surrogate (default: EMULATED), where enough are simulated to fit it.
    Raises ValueError for a goal outside the simulated years.
    """
    question, d = sample.question, sample.difference()
    costs, errors = goal.of(d)
    gained = good(d, d.years.index(goal.year) + 1, goal.rate)
    if willingness is None:
        willingness = least_sure(costs, gained)
    names, p = question.uncertain, question.parameters
    benefit = willingness * gained - costs
    everything = evpi(np.stack([np.zeros_like(benefit), benefit], axis=1))
    count = EMULATED if emulated is None else emulated
    drawn = more_draws(sample, benefit[:, None], (errors**2)[:, None], count, workers, tell)
    inputs, benefit = drawn.inputs, drawn.outputs[:, 0]
    nb = np.stack([np.zeros_like(benefit), benefit], axis=1)
    columns = {name: inputs[:, j] for j, name in enumerate(names)}
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(group_of(name), []).append(name)
    own = {n: x for n, x in columns.items() if not p.records[n].rank}  # others follow one of these
    grades = {name: p.records[name].grade for name in names}
    return Knowledge(
        willingness=willingness,
        drawn=len(inputs),
        emulated=drawn.emulated,
        accuracy=None if drawn.accuracy is None else float(drawn.accuracy[0]),
        everything=everything,
        parameters=tuple(_by_movement(by_parameter(nb, own), nb, own)),
        groups=tuple(by_group(nb, groups, columns)),
        debt=tuple(proof_debt(nb, columns, grades)),
    )


def _untold(
    question: Question, goal: Goal, names: tuple[str, str], willingness: float | None
) -> Dossier:
    """Return a dossier without an answer."""
    lost, nobody_knows = math.nan, np.empty((0, 2))
    none = np.empty(0)
    curve = Acceptability(
        none, nobody_knows, np.empty(0, np.int64), none, nobody_knows, none, np.empty(0, np.bool_)
    )
    worth = lost if willingness is None else willingness
    return Dossier(
        names=names, goal=goal, draws=0, children=question.options.children, spread_parameters=lost,
        spread_luck=lost, luck=lost, saved_by_pairing=None, worths=(), units=(), terms=(), paybacks=(),
        unmet_need=(lost, lost, lost), acceptable=curve,
        knowledge=Knowledge(worth, 0, False, None, UNTOLD, (), (), ()), best_fit=lost, tornado=(), cases=(),
        equity=(), thresholds=(),
    )  # fmt: skip


def _so_far(goal: Goal, sample: Sample) -> Fault:
    """Return what the draws so far say; what may still turn is provisional."""
    d = sample.difference()
    costs, errors = goal.of(d)
    millions, chance = float(costs.mean()) / 1e6, float((costs <= 0).mean())
    standing = Standing.of(figure(costs, errors, d.draws), sharpening=True)
    if standing is Standing.PROVISIONAL:
        return fault("so_far_provisional", count=sample.size, millions=millions)
    if standing is Standing.UNCLEAR:
        return fault("so_far_unclear", count=sample.size, chance=chance)
    if standing is Standing.UNTOLD:
        return fault("so_far_untold", count=sample.size)
    return fault("so_far_back", count=sample.size, millions=millions, chance=chance)


def _deadweight(question: Question) -> float:
    """Return what raising a euro of taxes costs: what the reference says, or the default."""
    name = "discount.deadweight"
    own = question.scenarios[0].parameters.get(name)
    return question.parameters[name] if own is None else float(own.value)  # type: ignore[arg-type]


def _way(goal: Goal) -> Any:
    found = [way for way in DISCOUNTS if way.costs == goal.rate]
    return found[0] if found else replace(DISCOUNTS[1], name="own", costs=goal.rate, effects=goal.rate)


def least_sure(costs: Floats, gained: Floats) -> float:
    """Return the willingness to pay at which both choices are expected to be worth the same, or 0."""
    mean_cost, mean_gain = float(costs.mean()), float(gained.mean())
    return mean_cost / mean_gain if mean_cost > 0 and mean_gain > 0 else 0.0


def _whole(question: Question) -> Run:
    """Return whole lives of at most 20,000 children at the best fit: what differences alone do not tell."""
    few = min(question.options.children or WHOLE, WHOLE)
    options = replace(question.options, children=few, draws=1, replications=1, first_draw=0)
    (run,) = run_all(question.scenarios, options, base=question.parameters)
    return run


def _pairing(run: Run, goal: Goal, years: int) -> float | None:
    """Return the factor by which common random numbers reduce the variance of a difference.

    Compared with independent runs, where variances add up. None where nothing differs.
    """
    factors = discount_factor(goal.rate, np.arange(1, years + 1))
    ours, theirs = (
        np.einsum("yb,y->b", with_labels(run.columns[k], [goal.label]).blocks[0, :years], factors)
        for k in (1, 0)
    )
    paired = float(block_standard_error(ours - theirs)) ** 2
    apart = float(block_standard_error(ours)) ** 2 + float(block_standard_error(theirs)) ** 2
    return apart / paired if paired > 0 else None


def _equity(run: Run, d: Difference) -> tuple[Fairness, ...]:
    """Return who gains, in care and in unmet need."""
    columns = run.columns[0]
    people = {
        level: float(columns.values[k].mean())
        for k, (measure, breakdown, level) in enumerate(columns.labels)
        if (measure, breakdown) == ("population", "group")
    }
    if not people or min(people.values()) <= 0:
        return ()
    found = []
    for measure in ("care_users", "unmet_need"):
        changes = gains(d, measure, people)
        before = slopes([run], 1, measure)["reference"]
        found.append(
            Fairness(
                measure, tuple(changes), who_gains_most(changes), before, slope_of_change(d, measure, people)
            )
        )
    return tuple(found)


def _by_movement(
    rows: Sequence[tuple[str, Estimate]], nb: Floats, columns: Mapping[str, Floats]
) -> Iterable[tuple[str, Estimate]]:
    """Return rows with those worth nothing ordered by how much the outcome moves with them."""
    gain = nb[:, 1]

    def moves(name: str) -> float:
        column = columns[name]
        spread = float(column.std())
        return abs(float(np.corrcoef(column, gain)[0, 1])) if spread > 0 and gain.std() > 0 else 0.0

    return sorted(rows, key=lambda row: (-row[1].value, -moves(row[0])))


def _thresholds(
    question: Question, d: Difference, goal: Goal, workers: Workers, search: int, tell: Tell
) -> tuple[Threshold, ...]:
    if "kinderwerk" not in question.scenarios[-1].programmes or not search:
        return ()
    quantities = [*QUANTITIES]
    workers_wanted = of_workers(question)
    if workers_wanted.most > 0:
        quantities.append(workers_wanted)
    found = [threshold(q, question, goal, workers, search, tell) for q in quantities]
    if ("cost", "programme", "kinderwerk") in d.labels:
        p: Parameters = question.parameters
        price = worker_price(catalogue()["kinderwerk"], question.years[0], p)
        activities = activity_costs(question.scenarios[-1], question.options, d.draws)
        found.append(highest_price(d, goal, price, activities))
    return tuple(found)
