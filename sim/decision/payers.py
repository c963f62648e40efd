"""Who pays and who gains: what each payer's money comes to up to a year. Never simulates.

Money that is paid (`cost`) and what is worth something beyond youth care (`cost_society`) stay apart: the
latter are rough values, in part of a whole life, that nobody budgets. They are never added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.appraisal import Figure, block_standard_error, figure
from sim.experiment import Run
from sim.history import Label
from sim.rates import discount_factor
from sim.states import PAYERS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pocket:
    """One payer: extra money up to a year, as a present value in euros (negative: it gains).

    programmes: what it pays for programmes; cost: that and care, with freed capacity as money; cashable:
    what of that contracts let it notice. All three are None for who pays for neither. beyond: a rough value
    of what happens to it beyond youth care, or None.
    """

    payer: str
    programmes: Figure | None
    cost: Figure | None
    cashable: Figure | None
    beyond: Figure | None


def pockets(runs: Sequence[Run], years: int, rate: float, scenario: int = 1) -> list[Pocket]:
    """Return every payer who pays or gains in these runs, in the order of PAYERS.

    years: how many years count; rate: real, per year. The reference is the first scenario of each run.
    """
    factors = discount_factor(rate, np.arange(1, years + 1))

    def of(*labels: Label) -> Figure | None:
        """Return the sum of lines that at least one of the two scenarios has."""
        if not any(label in c.labels for run in runs for c in run.columns for label in labels):
            return None
        blocks = np.stack([_paired(run, labels, scenario)[:years].T @ factors for run in runs])
        return figure(blocks.sum(axis=1), block_standard_error(blocks), [run.draw for run in runs])

    found = []
    for payer in PAYERS:
        cost = of(("cost", "payer", payer))
        pocket = Pocket(
            payer,
            of(*_programmes(runs, payer)) if cost is not None else None,
            cost,
            of(("cost_cashable", "payer", payer)),
            of(("cost_society", "payer", payer)),
        )
        if pocket.cost is not None or pocket.beyond is not None:
            found.append(pocket)
    return found


def _programmes(runs: Sequence[Run], payer: str) -> list[Label]:
    """Return the lines of the programmes that a payer pays for."""
    labels = {label for run in runs for c in run.columns for label in c.labels}
    names = {name for measure, breakdown, name in labels if (measure, breakdown) == ("cost", "programme")}
    return sorted(
        ("cost", "payer_form", f"{payer}|{n}") for n in names
        if ("cost", "payer_form", f"{payer}|{n}") in labels
    )  # fmt: skip


def _paired(run: Run, labels: Sequence[Label], scenario: int) -> Floats:
    """Return the sum of some lines in a scenario minus the reference, [years, blocks]."""
    total = np.zeros(run.columns[0].blocks.shape[1:])
    for k, sign in ((scenario, 1.0), (0, -1.0)):
        columns = run.columns[k]
        for label in labels:
            if label in columns.labels:
                total += sign * columns.blocks[columns.labels.index(label)]
    return total


def who_pays(found: Sequence[Pocket]) -> list[str]:
    """Return the payers who spend more, as far as runs can tell."""
    return [p.payer for p in found if p.cost is not None and p.cost.value > 0 and not p.cost.too_small]


def who_gains(found: Sequence[Pocket]) -> list[str]:
    """Return the payers to whom something beyond youth care is worth it, as far as runs can tell."""
    return [p.payer for p in found if p.beyond is not None and p.beyond.value < 0 and not p.beyond.too_small]
