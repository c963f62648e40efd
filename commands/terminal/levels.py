"""How much of the levels of one scenario is luck, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.comparison import euros, people
from commands.terminal.literal import Table
from sim.decision.comparison import block_standard_error
from sim.decision.firm import luck_known
from sim.decision.headline import UNMET, USERS
from sim.model.prices import CARE
from sim.runs.experiment import Run

ROWS = (
    ("youths with youth care in the year", USERS, people),
    ("youths with unmet need, 31 December", UNMET, people),
    ("places in care, at their price (EUR million)", ("cost", "part", CARE), euros),
)
NOTE = (
    "All cost has more luck: rest and fixed follow the care of the year before the start, which is luck too."
)


def luck_table(runs: Sequence[Run], start: int, horizons: Sequence[int]) -> RenderableType:
    """Return two standard errors of each level at each horizon, or nothing where luck cannot be told.

    start: the first year of the scenario, which is the first of each run. All cost has no row: blocks share
    `rest` and `fixed` alike, so that they do not tell the luck of it.
    """
    if not (horizons and luck_known(runs)):
        return Group()
    table = Table(title="Luck of these levels (two standard errors)", title_justify="left")
    table.add_column("")
    for ahead in horizons:
        table.add_column(str(start + ahead - 1), justify="right")
    for words, label, write in ROWS:
        blocks = np.stack([c.blocks[c.labels.index(label)] for c in (run.columns[0] for run in runs)])
        error = np.sqrt((block_standard_error(blocks) ** 2).mean(axis=0) / len(runs))
        table.add_row(words, *(f"±{write(2 * float(error[ahead - 1]))}" for ahead in horizons))
    return Group(table, Text(NOTE, style="dim"))
