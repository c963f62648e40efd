"""What a state-transition model came to, as files: tables by cycle, and a chart of its trace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa
import vl_convert

from sim.batches.results import save
from sim.files.yamlfile import load_document
from sim.files.yamltext import read_bytes
from sim.machine.memory import FOR_CHARTS, refuse_little
from sim.machine.project import version
from sim.machine.whole import write_whole
from sim.published.cohort import Cohort, Floats
from sim.published.markov import CompiledModel

CHART = "trace.svg"
WIDTH, HEIGHT = 480, 240


def trace_table(model: CompiledModel, cohort: Cohort) -> pa.Table:
    """Return `strategy, cycle, years, state, share`: where the cohort is at each point in time."""
    frame = _long(cohort.trace, (model.strategies, range(model.cycles + 1), model.states))
    frame.columns = ["strategy", "cycle", "state", "share"]
    frame.insert(2, "years", frame["cycle"] * model.cycle_years)
    return as_table(frame)


def rewards_table(model: CompiledModel, cohort: Cohort) -> pa.Table:
    """Return `strategy, cycle, outcome, discounted, undiscounted`: what counts at each point in time."""
    return _by_cycle(model, cohort, "outcome", model.outcomes, slice(len(model.outcomes)))


def parts_table(model: CompiledModel, cohort: Cohort) -> pa.Table:
    """Return `strategy, cycle, part, discounted, undiscounted`: of which parts the cost consists."""
    return _by_cycle(model, cohort, "part", model.parts, slice(len(model.outcomes), None))


def _by_cycle(
    model: CompiledModel, cohort: Cohort, column: str, names: tuple[str, ...], of: slice
) -> pa.Table:
    axes = (model.strategies, range(model.cycles + 1), names)
    frame = _long(cohort.rewards[..., of], axes)
    frame.columns = ["strategy", "cycle", column, "discounted"]
    frame["undiscounted"] = cohort.undiscounted[..., of].ravel()
    return as_table(frame)


def events_table(model: CompiledModel, cohort: Cohort) -> pa.Table:
    """Return `strategy, cycle, from, to, persons`: of one person, how many moves are expected in a cycle.

    cycle: 1 for the first; with intensities moves within it count too. Moves that never occur are left out.
    """
    frame = _long(cohort.events, (model.strategies, range(1, model.cycles + 1), model.states, model.states))
    frame.columns = ["strategy", "cycle", "from", "to", "persons"]
    return as_table(frame[frame["persons"] > 0])


def increments_table(found: Mapping[str, Any]) -> pa.Table:
    """Return the increments of `run_model`, exact and simulated, with standard errors.

    Effects after the first are `effect_NAME`, parts of the cost `cost_PART`.
    """
    rows = [
        {**_flat(row, found), **{f"simulated_{key}": v for key, v in _flat(row["simulation"], found).items()}}
        for row in found["increments"]
    ]
    texts = ("strategy", "reference")
    numbers = ("cost", "effect", "icer", *(f"simulated_{key}" for key in (
        "cost", "effect", "icer", "cost_se", "effect_se", "icer_se",
    )))  # fmt: skip
    more = dict.fromkeys(key for row in rows for key in row if key not in (*texts, *numbers))
    words = pa.dictionary(pa.int32(), pa.string())
    keys = (*numbers, *more)
    schema = pa.schema([*((key, words) for key in texts), *((key, pa.float64()) for key in keys)])
    return pa.Table.from_pylist(rows, schema=schema)


def _flat(row: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its further effects and the parts of its cost as columns."""
    flat = {key: value for key, value in row.items() if not isinstance(value, dict)}
    for key, form in (("effects", "effect_{}"), ("effects_se", "effect_{}_se"), ("parts", "cost_{}")):
        more = row.get(key, {}).items()
        flat |= {form.format(name): value for name, value in more if name != found.get("effect")}
    return flat


def trace_svg(model: CompiledModel, cohort: Cohort) -> str:
    """Return a chart of the shares in each state over the years, a panel for each strategy, as SVG.

    Raises SimulationError where a limit leaves too little memory for it.
    """
    refuse_little(FOR_CHARTS)
    frame = trace_table(model, cohort).to_pandas()
    chart = (
        alt.Chart(frame)
        .mark_line()
        .encode(
            x=alt.X("years:Q").title("years"),
            y=alt.Y("share:Q", title="share of persons", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("state:N", sort=list(model.states)).title("state"),
            strokeDash=alt.StrokeDash("state:N", sort=list(model.states), legend=None),
        )
        .properties(width=WIDTH, height=HEIGHT)
        .facet(row=alt.Row("strategy:N", sort=list(model.strategies), title=None), title=model.title)
    )
    with alt.data_transformers.enable("default", max_rows=None):
        spec: dict[str, Any] = chart.to_dict()
    return vl_convert.vegalite_to_svg(spec)


def write_model(
    folder: Path,
    file: Path,
    model: CompiledModel,
    cohort: Cohort,
    found: Mapping[str, Any],
    asked: Mapping[str, Any],
    as_csv: bool = False,
    more: Mapping[str, pa.Table] | None = None,
    charts: Mapping[str, str] | None = None,
) -> None:
    """Write the tables, a manifest and the charts of a model into a folder.

    found: as `run_model` gives it; asked: persons, seed and what else was asked; more, charts: other tables,
    and SVG by name. The manifest holds the text of the model and of its look-up tables, so that it can be run
    again. Raises SimulationError where the folder cannot be written.
    """
    drawn = {CHART: trace_svg(model, cohort), **{f"{name}.svg": svg for name, svg in (charts or {}).items()}}
    tables = {
        "trace": trace_table(model, cohort),
        "rewards": rewards_table(model, cohort),
        **({"parts": parts_table(model, cohort)} if model.parts else {}),
        "moves": events_table(model, cohort),
        "increments": increments_table(found),
        **(more or {}),
    }
    beside = [each["file"] for each in load_document(file, kind="model").data.get("tables", {}).values()]
    manifest = {
        "kinderwerk": version(), "model": model.title, "file": file.name, "text": read_bytes(file).decode(),
        "look_up_tables": {name: read_bytes(file.parent / name).decode() for name in beside},
        **asked, "results": found,
    }  # fmt: skip
    save(folder, tables, manifest, as_csv)
    for name, svg in drawn.items():
        write_whole(folder / name, svg.encode())


def _long(values: Floats, axes: tuple[Any, ...]) -> pd.DataFrame:
    """Return an array as rows, one column for each axis and then the value."""
    index = pd.MultiIndex.from_product([list(axis) for axis in axes])
    return pd.DataFrame({"value": values.ravel()}, index=index).reset_index()


def as_table(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as a table; texts are coded, as the writer of CSV wants them (it disarms formulas)."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for i, column in enumerate(table.columns):
        if column.type in (pa.string(), pa.large_string()):
            table = table.set_column(i, table.field(i).name, column.cast(pa.string()).dictionary_encode())
    return table
