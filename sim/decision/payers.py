"""Costs and gains of each payer up to a year. Never simulates.

Money that is paid (`cost`) and what is worth something beyond youth care (`cost_society`) stay apart: the
latter are rough values, in part of a whole life, that nobody budgets. They are never added up.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import Figure, block_standard_error, drowned, figure
from sim.engine.history import Label
from sim.rates import discount_factor
from sim.runs.experiment import Run
from sim.states import PAYERS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Money:
    """What a payer pays more up to a year, as present values in euros (negative: it saves).

    cost: programmes and care together, with capacity that comes free as money; cashable: programmes and
    cash_care, what contracts let it notice. That is another way to count and no part of cost: where care is
    avoided it is more. freed: care less cash_care, what is avoided and paid for all the same.
    """

    programmes: Figure
    care: Figure
    cost: Figure
    cash_care: Figure
    cashable: Figure
    freed: Figure


@dataclass(frozen=True)
class Pocket:
    """One payer. money: None for who pays for nothing. beyond: a rough value of what happens, or None."""

    payer: str
    money: Money | None
    beyond: Figure | None


def pockets(runs: Sequence[Run], years: int, rate: float, scenario: int = 1) -> list[Pocket]:
    """Return every payer who pays or gains in these runs, in the order of PAYERS.

    years: how many years count; rate: real, per year. The reference is the first scenario of each run.
    """
    factors = discount_factor(rate, np.arange(1, years + 1))
    known = {label for run in runs for k in (0, scenario) for label in run.columns[k].labels}

    def of(plus: Sequence[Label], minus: Sequence[Label] = ()) -> Figure:
        """Return the sum of some lines without others."""
        yearly = [_paired(run, plus, scenario) - _paired(run, minus, scenario) for run in runs]
        blocks = np.stack([each[:years].T @ factors for each in yearly])
        return figure(blocks.sum(axis=1), block_standard_error(blocks), [run.draw for run in runs])

    found = []
    for payer in PAYERS:
        cost, cash, beyond = ((name, "payer", payer) for name in ("cost", "cost_cashable", "cost_society"))
        work, money = _programmes(known, payer), None
        if cost in known:
            money = Money(
                of(work), of([cost], work), of([cost]), of([cash], work), of([cash]), of([cost], [cash])
            )
        if money or beyond in known:
            found.append(Pocket(payer, money, of([beyond]) if beyond in known else None))
    return found


def lost_in_luck(found: Sequence[Pocket], payer: str, measure: str, draws: int) -> bool:
    """Tell whether Monte Carlo noise exceeds what a payer has to recover, so that no chance of it is given.

    measure: `cost` or `cost_cashable`. True too for who pays for nothing.
    """
    money = next((p.money for p in found if p.payer == payer), None)
    if money is None:
        return True
    return drowned(money.cost if measure == "cost" else money.cashable, money.programmes.value, draws)


def _programmes(known: Set[Label], payer: str) -> list[Label]:
    """Return the lines of the programmes that a payer pays for."""
    names = {name for measure, breakdown, name in known if (measure, breakdown) == ("cost", "programme")}
    return sorted({("cost", "payer_form", f"{payer}|{name}") for name in names} & known)


def _paired(run: Run, labels: Sequence[Label], scenario: int) -> Floats:
    """Return the sum of some lines in a scenario minus the reference, [years, blocks]."""
    total = np.zeros(run.columns[0].blocks.shape[1:])
    for k, sign in ((scenario, 1.0), (0, -1.0)):
        columns = run.columns[k]
        for label in labels:
            if label in columns.labels:
                total += sign * columns.blocks[columns.labels.index(label)]
    return total


def who_gains(found: Sequence[Pocket]) -> list[str]:
    """Return the payers that gain beyond youth care, where the runs show it clearly."""
    return [p.payer for p in found if p.beyond and p.beyond.value < 0 and not p.beyond.too_small]
