"""Twins as tables: a row for each parting, for each event from then on, and the same children twice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sim.runs.life_events import when
from sim.runs.twins import LIVES, Twins
from sim.states import EPOCH_YEAR, FORMS, MONTHS


def parted_table(t: Twins) -> pa.Table:
    """Return a row per child whose lives part."""
    who = [parting.child for parting in t.partings]
    return pa.table(
        {
            "child": t.ids[who],
            "born": [when(float(t.birth[i])) for i in who],
            "parts": [when(parting.month) for parting in t.partings],
            "transition": [t.table.rows[parting.row] for parting in t.partings],
            "life": [LIVES[parting.life] for parting in t.partings],
            "mechanism": [parting.mechanism for parting in t.partings],
            "euros": t.euros[who].sum(axis=1),
            "care_years": t.care_years[who].sum(axis=1),
        }
    )


EVENTS = pa.schema(
    {"child": pa.uint32(), **dict.fromkeys(("life", "month", "process", "transition"), pa.string())}
)
"""Of the table of events: one that holds none says no types by itself."""


def events_table(t: Twins) -> pa.Table:
    """Return every event of the children whose lives part, from the parting on, in both lives."""
    since = np.full(t.ids.size, np.inf)
    for parting in t.partings:
        since[parting.child] = parting.month
    tables = []
    for name, life in zip(LIVES, t.lives, strict=True):
        after = life.month >= since[life.child]
        rows = life.row[after]
        tables.append(
            pa.table(
                {
                    "child": t.ids[life.child[after]],
                    "life": [name] * int(after.sum()),
                    "month": [when(float(m)) for m in life.month[after]],
                    "process": [t.table.row_process[r] for r in rows],
                    "transition": [t.table.rows[r] for r in rows],
                },
                EVENTS,
            )
        )
    return pa.concat_tables(tables)


def picture_table(t: Twins) -> pa.Table:
    """Return the same children twice: need and care on 31 December of each year that they live there."""
    names = [state for process, state in t.table.states if process == "need"]
    start = t.scenarios[0].start
    columns: dict[str, list[object]] = {k: [] for k in ("child", "life", "year", "age", "need", "care")}
    for name, life in zip(LIVES, t.lives, strict=True):
        for i in t.pictured.tolist():
            for year in np.flatnonzero(life.here[i]).tolist():
                used = [form for f, form in enumerate(FORMS) if life.forms[i, year] >> f & 1]
                ended = (start + year - EPOCH_YEAR + 1) * MONTHS
                row = (int(t.ids[i]), name, start + year, int((ended - t.birth[i] - 1) // MONTHS),
                       names[int(life.need[i, year])], "+".join(used) or "none")  # fmt: skip
                for key, value in zip(columns, row, strict=True):
                    columns[key].append(value)
    return pa.table(columns)
