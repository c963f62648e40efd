"""What the tests of lives share: the table, and how to read and set the states of children."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.population import LIFE_MONTHS, Children
from sim.model.processes import default_table
from sim.model.transitions import CompiledTable
from sim.states import (
    JEUGDHULP,
    form_bit,
)

YEAR = 28
"""2020, counted from 1992."""
TABLE = default_table()
HELP = sum(map(form_bit, JEUGDHULP))
Floats = NDArray[np.float64]


def process(children: Children, table: CompiledTable, name: str) -> NDArray[np.uint8]:
    return children.state[:, table.process(name)]


def put(children: Children, table: CompiledTable, name: str, state: int, since: float = 0.0) -> None:
    """Bring one process of all children to a state."""
    p = table.process(name)
    children.state[:, p] = state
    children.since[:, p] = since
    forms = np.zeros(children.id.size, np.uint16)
    for q in range(len(table.processes)):
        forms |= table.hazards.bits[q, children.state[:, q]]
    children.forms[:] = forms


def alive(children: Children, month: int) -> NDArray[np.bool_]:
    """Tell who is a youth at a month: born, and not past the 23rd birthday."""
    return (children.birth < month) & (children.birth + LIFE_MONTHS > month)


def near(found: float, expected: float, n: float, errors: float = 4.0) -> bool:
    """Tell whether a share found among n lies within a few standard errors of the one expected."""
    return abs(found - expected) <= errors * np.sqrt(max(expected * (1 - expected), 1e-12) / n)
