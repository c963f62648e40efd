"""What a model of one's own adds to results: its processes, and measures written in Python."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from sim.engine.history import History, Label
from sim.engine.measures import Measure
from sim.errors import InputError
from sim.faults import fault
from sim.model.extension import Model, OwnMeasures, failed
from sim.model.parameters import Parameters
from sim.states import AGES

Floats = NDArray[np.float64]
STOCK, FLOW = "process_stock", "process_flow"
"""Youths in a state on 31 December, by PROCESS and STATE; events in the year, by PROCESS and transition."""


def own_measures(history: History, p: Parameters, model: Model, taken: Set[Label]) -> list[Measure]:
    """Return the measures of what a model adds. taken: labels that there are already.

    Raises InputError where measures written in Python fail, or are none.
    """
    table, lay = history.table, history.layout

    def counted(kind: int) -> Floats:
        return np.asarray(history.cells[:, :, kind, :AGES].sum(axis=-1))

    found = []
    for process in model.added:
        first, *others = [k for k, (name, _) in enumerate(table.states) if name == process]
        stocks = {k: counted(lay.stock + k) for k in others}
        stocks[first] = counted(lay.people) - sum(stocks.values())  # what is at rest is not booked
        found += [Measure((STOCK, process, table.states[k][1]), stocks[k]) for k in (first, *others)]
        found += [
            Measure((FLOW, process, row), counted(lay.flow + k))
            for k, row in enumerate(table.rows) if table.row_process[k] == process
        ]  # fmt: skip
    if model.measures is not None:
        found += _written(history, p, model.measures, {*taken, *(each.label for each in found)})
    return found


def _written(history: History, p: Parameters, own: OwnMeasures, taken: Set[Label]) -> list[Measure]:
    try:
        counted = [(label, np.asarray(values, np.float64)) for label, values in own.count(history, p)]
    except Exception as error:
        raise failed(error, own.path) from error
    shape = history.cells.shape[:2]
    known, found = set(taken), []
    for label, values in counted:
        if not (isinstance(label, tuple) and [type(part) for part in label] == [str] * 3):
            raise InputError.at(own.path, fault("measure_label", label=repr(label)))
        name = "/".join(label)
        if label in known:
            raise InputError.at(own.path, fault("measure_stands_twice", name=name))
        if values.shape != shape:
            raise InputError.at(
                own.path, fault("measure_shape", name=name, expected=str(shape), found=str(values.shape))
            )
        if not np.isfinite(values).all():
            raise InputError.at(own.path, fault("measure_not_finite", name=name))
        known.add(label)
        found.append(Measure(label, values))
    return found
