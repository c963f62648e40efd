"""What happened, as counts by year, block, kind, age and group.

A `History` holds counts of simulated children; `scale` turns them into children of the municipality.
Counts by block of children give the Monte Carlo standard error of every figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.counting import GROUPS, Layout
from sim.engine.townhall import Accounts
from sim.machine.kernels import kernel
from sim.model.transitions import CompiledTable
from sim.states import (
    AGES,
    FORMS,
    MONTHS,
    QUINTILES,
    SEXES,
)

Floats = NDArray[np.float64]
Label = tuple[str, str, str]  # measure, breakdown, level

GROUP_LEVELS = (
    *(f"wijk_kwintiel_{q + 1}" for q in range(QUINTILES)),
    "geen_bijstand", "bijstand", "twee_ouders", "een_ouder", "ouder_zonder_ggz", "ouder_met_ggz",
)  # fmt: skip
MARGINS = (*SEXES, *GROUP_LEVELS)


def _margins_of() -> NDArray[np.int64]:
    found = []
    for group in range(GROUPS):
        sex, rest = group % 2, group // 2
        quintile, combo = rest % QUINTILES, rest // QUINTILES
        levels = [SEXES[sex], f"wijk_kwintiel_{quintile + 1}"]
        levels += [GROUP_LEVELS[QUINTILES + 2 * k + ((combo >> k) & 1)] for k in range(3)]
        found.append([MARGINS.index(level) for level in levels])
    return np.array(found)


CELLS = AGES + len(MARGINS)
MARGINS_OF = _margins_of()
"""[GROUPS, 5]: the one-way levels that each joint group counts in."""


@kernel
def settle(tally, cells):  # type: ignore[no-untyped-def]
    """Write a tally of [kinds, AGES + GROUPS] into cells [kinds, AGES + margins], and leave it empty."""
    for kind in range(tally.shape[0]):
        something = False
        for column in range(tally.shape[1]):
            something |= tally[kind, column] != 0.0
        for column in range(cells.shape[1]):
            cells[kind, column] = tally[kind, column] if column < AGES else 0.0
        if not something:
            continue
        for group in range(tally.shape[1] - AGES):
            amount = tally[kind, AGES + group]
            if amount != 0.0:
                for m in range(MARGINS_OF.shape[1]):
                    cells[kind, AGES + MARGINS_OF[group, m]] += amount
        for column in range(tally.shape[1]):
            tally[kind, column] = 0.0


class ProgrammeYear(NamedTuple):
    """Attendance of a programme in one year, in simulated children."""

    places: float
    participants: float
    stock: float


@dataclass(frozen=True)
class History:
    """One life of a population under one scenario. cells: [years, blocks, kinds, CELLS].

    place_years_before: [blocks, forms], in the year before the start, simulated children. activity_cost:
    euros per participant-year by programme. registration: [years], factor on counts of users. payments:
    [years, forms], share of the price of a place that families pay. without: accounts of a town hall that
    meets the other blocks in the place of each; empty where its plans hang on nobody.
    """

    start: int
    cells: Floats
    scale: float
    layout: Layout
    table: CompiledTable
    accounts: Accounts
    programmes: Mapping[str, tuple[ProgrammeYear, ...]]
    place_years_before: Floats
    paid_by_gemeente: Mapping[str, bool]
    activity_cost: Mapping[str, float]
    registration: Floats
    payments: Floats
    proposals: int
    without: tuple[Accounts, ...] = ()

    @property
    def years(self) -> range:
        """Return the calendar years."""
        return range(self.start, self.start + self.cells.shape[0])

    def place_years(self) -> Floats:
        """Return place-years by [years, blocks, form] of simulated children."""
        return place_years(self.cells, self.layout, self.table)

    def by_block(self, read: Callable[[Accounts], Floats]) -> Floats:
        """Return what is read [years] from the accounts by block, [years, blocks], which add up to it.

        Even over blocks where nothing hangs on who the children are. Else what each block moves, so that the
        spread over blocks tells the luck in what the town hall decided.
        """
        years, blocks = self.cells.shape[:2]
        whole = read(self.accounts)[:years]
        if not self.without:
            return np.repeat(whole[:, None] / blocks, blocks, axis=1)
        return jackknifed(whole, np.stack([read(accounts)[:years] for accounts in self.without], axis=1))


def jackknifed(whole: Floats, others: Floats) -> Floats:
    """Return what each block moves, [years, blocks], which adds up to the whole [years].

    others: the whole without each block, [years, blocks]. The spread over blocks then tells the error of a
    figure that is no sum over them (the jackknife: Quenouille 1956, Tukey 1958).
    """
    blocks = others.shape[1]
    moved = (blocks - 1) / blocks * (others.mean(axis=1, keepdims=True) - others)
    return np.asarray(whole[:, None] / blocks + moved)


def form_states(table: CompiledTable) -> list[int]:
    """Return the position among all states of each form of care."""
    positions = {}
    for index, (process, state) in enumerate(table.states):
        form = process if state == "active" else state
        if form in FORMS:
            positions[form] = index
    return [positions[form] for form in FORMS]


def place_years(cells: Floats, lay: Layout, table: CompiledTable) -> Floats:
    """Return place-years by [..., form] from cells [..., kinds, CELLS]."""
    kinds = [lay.time + state for state in form_states(table)]
    return np.asarray(cells[..., kinds, :AGES].sum(axis=-1) / MONTHS)


def child_years_waiting(cells: Floats, lay: Layout) -> Floats:
    """Return child-years on the waiting lists by [..., form] from cells [..., kinds, CELLS]."""
    kinds = slice(lay.waiting_time, lay.waiting_time + len(FORMS))
    return np.asarray(cells[..., kinds, :AGES].sum(axis=-1) / MONTHS)
