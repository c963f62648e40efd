"""The best use of a fixed budget over workers, ages and targeting, and the expected loss of a wrong choice.

Choices are policy levers only: workers, ages, and how children are reached (everyone, by neighbourhood, by
outreach). Never household factors: those describe, they do not select.

Good is counted in child-years without moderate or complex need. Unmet need stands beside it, and guards it:
a choice with more unmet need than the reference is no gain, however little care it uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import difference
from sim.decision.sample import Question
from sim.decision.thresholds import PROGRAMME, with_fte
from sim.engine.config import Inline
from sim.engine.history import Label
from sim.engine.ledger import GEMEENTE
from sim.errors import InputError, OptionError
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.model.catalogue import TARGETING, catalogue
from sim.model.prices import worker_price
from sim.progress import Progress, Tell, nobody
from sim.rates import discount_factor
from sim.runs.workers import Workers
from sim.ties import same, tied

Floats = NDArray[np.float64]
AGES: tuple[tuple[int, int], ...] = ((4, 14), (4, 7), (4, 11), (8, 14), (11, 14))
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Parts of the budget that are tried with the programme's own ages and reach."""
_NEED: tuple[Label, ...] = (("need_stock", "need", "moderate"), ("need_stock", "need", "complex"))
_UNMET: Label = ("unmet_need", "total", "all")
_CARE: Label = ("care_users", "total", "all")
_COST: Label = ("cost", "payer", GEMEENTE)


@dataclass(frozen=True)
class Choice:
    """One use of the budget."""

    fte: float
    ages: tuple[int, int]
    reach: str

    @property
    def name(self) -> str:
        """Return the choice in words."""
        return f"{self.fte:g} FTE, ages {self.ages[0]}-{self.ages[1]}, {self.reach}"


@dataclass(frozen=True)
class Ranked:
    """What a choice comes to, over draws: means with 5th and 95th percentile.

    good: child-years without moderate or complex need, gained over all years; unmet: youths with unmet need
    more than in the reference, mean over years; care: youths in care more, mean over years; cost: present
    value of the extra municipal cost. good_per_million: per million euros of child work. p_best: share of
    draws in which no choice that is a gain does more good; behind: how much less good than the first choice,
    on the same draws, with the standard error of that; regret: good that is lost on average by choosing
    it where another does more. gain: whether it counts as one (unmet need not higher, good above zero).
    equal_to: a choice before it that came to the very same in every draw, but for rounding.
    """

    choice: Choice
    good: tuple[float, float, float]
    unmet: tuple[float, float, float]
    care: tuple[float, float, float]
    cost: tuple[float, float, float]
    spent: float
    good_per_million: float
    p_best: float
    regret: float
    p_more_unmet: float
    good_error: float
    behind: tuple[float, float] = (0.0, 0.0)
    equal_to: Choice | None = None

    @property
    def as_good(self) -> bool:
        """Tell whether these draws cannot tell it from the first choice."""
        return self.behind[0] <= 2.0 * self.behind[1]

    @property
    def gain(self) -> bool:
        """Tell whether the choice counts as a gain: more good, by more than noise, and no more unmet need."""
        return self.good[0] > 2.0 * self.good_error and self.unmet[0] <= 0.0


def choices(scenario: Scenario, question: Question, budget: float) -> list[Choice]:
    """Return the uses of `budget` euros (of 2024, a year) that are tried.

    Raises ValueError where the scenario has no child work or the budget buys nothing.
    """
    if PROGRAMME not in scenario.programmes:
        where = scenario.path or scenario.title
        raise InputError.at(where, fault("no_child_work_for_budget"))
    programme = catalogue()[PROGRAMME]
    fte = round(budget / worker_price(programme, scenario.start, question.parameters), 1)
    if fte <= 0:
        raise OptionError("budget", fault("budget_buys_nobody", budget=budget))
    use = scenario.programmes[PROGRAMME]
    own = use.ages or programme.ages
    reach = use.targeting or programme.targeting
    found = [Choice(fte, ages, kind) for ages in (own, *AGES) for kind in TARGETING]
    found += [Choice(round(share * fte, 1), own, reach) for share in SHARES]
    return list(dict.fromkeys(choice for choice in found if choice.fte > 0))


def applied(scenario: Scenario, choice: Choice) -> Scenario:
    """Return a scenario with a choice carried out."""
    changed = with_fte(scenario, choice.fte)
    use = changed.programmes[PROGRAMME].model_copy(update={"ages": choice.ages, "targeting": choice.reach})
    return changed.replace(
        title=f"{scenario.title}: {choice.name}"[:200], programmes={**changed.programmes, PROGRAMME: use}
    )


class _Came(NamedTuple):
    """What one draw came to, by choice."""

    good: Floats
    error: Floats
    unmet: Floats
    care: Floats
    cost: Floats
    spent: Floats


def _draw(question: Question, rate: float, draw: int) -> _Came:
    run = question.run(draw, Inline())
    factors = discount_factor(rate, np.arange(1, len(question.years) + 1))
    rows = []
    for k in range(1, len(question.scenarios)):
        d = difference([run], k, 0, question.years)
        need = [d.labels.index(label) for label in _NEED]
        good = -d.runs[0, need].sum()
        error = float(np.sqrt((d.run_mcse[0, need] ** 2).sum()))
        spent = sum(d.runs[0, i] @ factors for i, n in enumerate(d.labels) if n[:2] == ("cost", "programme"))
        means = [float(d.series(*label)[0].mean()) for label in (_UNMET, _CARE)]
        rows.append((good, error, *means, float(d.series(*_COST)[0] @ factors), spent))
    return _Came(*np.array(rows, dtype=np.float64).T)


def best_budget(
    question: Question,
    budget: float,
    workers: Workers,
    draws: int = 40,
    rate: float = 0.0225,
    tell: Tell = nobody,
    tried: Sequence[Choice] | None = None,
) -> list[Ranked]:
    """Return the uses of a budget, most good first among gains; the question's last scenario is the pattern.

    All are simulated on the same draws with common random numbers. Raises ValueError as `choices` does.
    """
    pattern = question.scenarios[-1]
    options = list(tried) if tried is not None else choices(pattern, question, budget)
    asked = replace(
        question, scenarios=(question.scenarios[0], *(applied(pattern, choice) for choice in options))
    )
    came = []
    for found in workers.map(partial(_draw, asked, rate), range(1, draws + 1)):
        came.append(found)
        tell(Progress("uses_of_budget", len(came), draws))
    return ranked(options, _Came(*(np.stack(parts) for parts in zip(*came, strict=True))))


def ranked(options: Sequence[Choice], came: _Came) -> list[Ranked]:
    """Return choices ranked, from what they came to, [draws, choices].

    Regret compares what is worth comparing: a choice with more unmet need in a draw offers no good in it.
    """
    came = _settled(came)
    worth = np.where(came.unmet <= 0.0, came.good, np.minimum(came.good, 0.0))
    most = np.maximum(worth.max(axis=1), 0.0)  # doing nothing is a choice as well
    best = (worth == most[:, None]) & (worth > 0)
    shared = best / np.maximum(best.sum(axis=1), 1)[:, None]
    rows = []
    for k, choice in enumerate(options):
        spent = float(came.spent[:, k].mean())
        good = _spread(came.good[:, k])
        rows.append(
            Ranked(
                choice, good, _spread(came.unmet[:, k]), _spread(came.care[:, k]), _spread(came.cost[:, k]),
                spent, good[0] / (spent / 1e6) if spent > 0 else 0.0, float(shared[:, k].mean()),
                float((most - worth[:, k]).mean()), float((came.unmet[:, k] > 0).mean()),
                float(np.sqrt((came.error[:, k] ** 2).mean() / came.good.shape[0])),
            )
        )  # fmt: skip
    order = sorted(range(len(rows)), key=lambda k: (not rows[k].gain, -rows[k].good[0]))
    draws = came.good.shape[0]
    found = []
    for k in order:
        less = came.good[:, order[0]] - came.good[:, k]
        error = float(less.std(ddof=1) / np.sqrt(draws)) if draws > 1 else float("inf")
        twin = next((j for j in range(k) if _equal(came, j, k)), None)
        found.append(
            replace(
                rows[k], behind=(float(less.mean()), error), equal_to=None if twin is None else options[twin]
            )
        )
    return found


def _settled(came: _Came) -> _Came:
    """Return what came of choices with those that differ by rounding alone made equal in each draw."""

    def settled(values: Floats) -> Floats:
        nothing = same(values, 0.0, float(np.abs(values).max(initial=0.0)))
        return np.stack([tied(row) for row in np.where(nothing, 0.0, values)])

    measures = {name: settled(values) for name, values in came._asdict().items() if name != "error"}
    return came._replace(**measures)


def _equal(came: _Came, one: int, other: int) -> bool:
    """Tell whether two choices came to the same in every draw."""
    measures = (came.good, came.unmet, came.care, came.cost, came.spent)
    return all(np.array_equal(values[:, one], values[:, other]) for values in measures)


def _spread(values: Floats) -> tuple[float, float, float]:
    low, high = np.percentile(values, [5.0, 95.0])
    return float(values.mean()), float(low), float(high)
