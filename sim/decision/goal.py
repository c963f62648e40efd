"""The goal of an analysis: a payer breaks even by a year; and how near a draw comes to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import KEY_LABELS, Difference, Figure, block_standard_error, difference, figure
from sim.decision.sample import Question
from sim.engine.config import Inline
from sim.engine.history import Label
from sim.engine.ledger import GEMEENTE
from sim.errors import OptionError
from sim.faults import fault
from sim.rates import discount_factor
from sim.runs.experiment import with_labels

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Goal:
    """Break-even for a payer by the end of a year: a present value of the extra cost of at most zero.

    measure: `cost`, or `cost_cashable` for what becomes money. rate: real, per year.
    """

    year: int
    payer: str = GEMEENTE
    measure: str = "cost_cashable"
    rate: float = 0.0225
    probability: float = 0.5

    @property
    def label(self) -> Label:
        """Return the line of the ledger that it is about."""
        return (self.measure, "payer", self.payer)

    def blocks(self, d: Difference) -> Floats:
        """Return the present value of the extra cost up to the year, [runs, blocks].

        Raises ValueError where the year lies outside the difference, or nobody keeps the payer's money.
        """
        if self.year not in d.years:
            raise OptionError(
                "year", fault("year_out_of_range", first=d.years[0], last=d.years[-1], found=self.year)
            )
        if self.label not in d.key_blocks:
            raise OptionError("payer", fault("payer_pays_nothing", payer=self.payer))
        years = d.years.index(self.year) + 1
        factors = discount_factor(self.rate, np.arange(1, years + 1))
        return np.asarray(np.einsum("ryb,y->rb", d.key_blocks[self.label][:, :years], factors))

    def of(self, d: Difference) -> tuple[Floats, Floats]:
        """Return the present value of the extra cost up to the year, [runs], and its Monte Carlo error."""
        blocks = self.blocks(d)
        return np.asarray(blocks.sum(axis=1)), block_standard_error(blocks)

    def figure(self, d: Difference) -> Figure:
        """Return the present value of the extra cost up to the year, over all draws."""
        return figure(*self.of(d), d.draws)


def lived(question: Question, draw: int) -> tuple[Difference, ...]:
    """Return what each scenario but the first changes in one draw, of the lines that any goal is about."""
    return lived_beside(question, [question], draw)[0]


def lived_beside(question: Question, variants: Sequence[Question], draw: int) -> list[tuple[Difference, ...]]:
    """Return what `lived` does for each variant of a question.

    A variant whose rates are those of the question is not lived by itself: all its lives part from those of
    the question's first scenario. What it comes to does not depend on which variants are beside it.
    """
    alike = [v.base is question.base and v.options == question.options for v in variants]
    together = list(question.scenarios[:1])
    for variant in compress(variants, alike):
        together += [scenario for scenario in variant.scenarios if scenario not in together]
    shared = replace(question, scenarios=tuple(together)).run(draw, Inline()) if any(alike) else None
    found: list[tuple[Difference, ...]] = []
    for variant in variants:
        run, among = (shared, together) if alike[len(found)] else (None, variant.scenarios)
        run = run or variant.run(draw, Inline())
        columns = [run.columns[among.index(scenario)] for scenario in variant.scenarios]
        slim = [with_labels(c, [label for label in KEY_LABELS if label in c.labels]) for c in columns]
        few = replace(run, columns=tuple(slim))
        found.append(tuple(difference([few], k, 0, question.years) for k in range(1, len(columns))))
    return found


def outcome(question: Question, goal: Goal, draw: int) -> Floats:
    """Return the extra cost in one draw, present value in euros, [scenarios - 1, blocks]."""
    return np.concatenate([goal.blocks(d) for d in lived(question, draw)])
