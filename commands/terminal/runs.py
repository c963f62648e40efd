"""The store of runs as tables for the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.comparison import UNTOLD, euros, people, signed, told
from commands.terminal.literal import Table
from sim.batches.run_changes import FigureChange, InputChange
from sim.batches.store import StoredRun, changes, levels, untold
from sim.decision.comparison import Figure

SHOWN = 40
"""Most figures that moved which are shown; a JSON object has them all."""


def runs_table(runs: Sequence[StoredRun]) -> RenderableType:
    """Return a line per run with its key figures; where several scenarios changed something, from .. to."""
    table = Table(title="Runs, the oldest first", title_justify="left")
    for words in ("run", "written", "command", "scenarios"):
        table.add_column(words)
    for words in ("children", "draws × repl.", "unmet need", "cost to the municipality", "MB"):
        table.add_column(words, justify="right")
    for run in runs:
        m = run.manifest
        table.add_row(
            run.id, run.written.strftime("%Y-%m-%d %H:%M"), run.verb, _some(run.scenarios),
            people(m["children"]), f"{m['draws']} × {m['replications']}", *_key_figures(run),
            f"{run.size() / 1e6:,.1f}",
        )  # fmt: skip
    return Group(table, Text(_NOTE, style="dim"))


_NOTE = (
    "Last year of each run. With a sign: the difference from the reference, with cost added up over all "
    "years in EUR\nmillion and not discounted. Without a sign: how it is."
)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _key_figures(run: StoredRun) -> tuple[str, str]:
    changed = changes(run)
    rows, sign = (changed, True) if changed else (levels(run), False)
    return (
        _span([row["unmet_need"] for row in rows], sign, people),
        _span([row["municipal_cost"] for row in rows], sign, euros),
    )


def _span(values: Sequence[float | None], sign: bool, write: Any) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return UNTOLD if values else "-"
    ends = dict.fromkeys(write(value, sign) for value in (min(known), max(known)))
    return " .. ".join(ends)


def run_table(run: StoredRun) -> RenderableType:
    """Return what is known of one run: how it was made, and the figures of each scenario."""
    about = Table(title=f"Run {run.id}", title_justify="left", show_header=False)
    m = run.manifest
    for name in ("written", "version", "commit", "dirty", "engine", "data", "parameters", "posterior", "seed",
                 "draws", "replications", "children", "wall_seconds", "python", "system"):  # fmt: skip
        about.add_row(name, str(m.get(name)))
    about.add_row("command", run.verb)
    about.add_row("tables", ", ".join(run.tables))
    parts: list[RenderableType] = [about]
    if rows := levels(run):
        table = Table(title="Scenarios in their last year", title_justify="left")
        table.add_column("scenario")
        for words in ("year", "youths with care", "with unmet need", "cost to the municipality"):
            table.add_column(words, justify="right")
        for row in rows:
            table.add_row(
                row["scenario"], str(row["year"]), _or_untold(row["care_users"], people),
                _or_untold(row["unmet_need"], people), _or_untold(row["municipal_cost"], euros),
            )  # fmt: skip
        parts.append(table)
    if rows := changes(run):
        table = Table(title="Differences from the reference", title_justify="left")
        table.add_column("scenario")
        table.add_column("compared with")
        for words in ("year", "youths with care", "with unmet need", "cost, all years together"):
            table.add_column(words, justify="right")
        for row in rows:
            table.add_row(
                row["scenario"], row["reference"], str(row["year"]),
                _with_error(row["care_users"], row["care_users_mcse"]),
                _with_error(row["unmet_need"], row["unmet_need_mcse"]),
                _or_untold(row["municipal_cost"], partial(euros, sign=True)),
            )  # fmt: skip
        parts.append(table)
    return Group(*parts)


def _or_untold(value: float | None, write: Callable[[float], str]) -> str:
    return UNTOLD if value is None else write(value)


def _with_error(value: float | None, mcse: float | None) -> str:
    if value is None or mcse is None:
        return UNTOLD
    return told(Figure(value, mcse, None, None, None), people, f" ±{people(2 * mcse)}")


def moved_table(
    first: StoredRun, second: StoredRun, differs: Sequence[InputChange], moved: Sequence[FigureChange]
) -> RenderableType:
    """Return what differs between two runs, and the figures that moved most."""
    inputs = Table(title="What went in and differs", title_justify="left")
    for words in ("", first.id, second.id):
        inputs.add_column(words, overflow="fold")
    for one in differs:
        inputs.add_row(one.what, _brief(one.first), _brief(one.second))
    parts: list[RenderableType] = [inputs if differs else Text("The same went into both.")]
    if few := list(dict.fromkeys((*untold(first), *untold(second)))):
        parts.append(Text(f"What moved of {_some(few)} {UNTOLD}: too few children to say what is luck."))
    if not moved:
        return Group(*parts, *([] if few else [Text("No figure moved.")]))
    table = Table(title="Figures that moved", title_justify="left")
    for words in ("figure", "of", "scenario"):
        table.add_column(words)
    for words in ("year", first.id, second.id, "by", "in standard errors"):
        table.add_column(words, justify="right")
    for figure in moved[:SHOWN]:
        write = euros if figure.figure == "municipal_cost" else people
        lucky = figure.lucky and figure.errors is not None
        errors = signed(figure.errors or 0.0, 1) if lucky else "no luck" if figure.mcse is not None else "-"
        table.add_row(
            figure.figure.replace("_", " "), figure.kind, figure.scenario, str(figure.year),
            write(figure.first), write(figure.second), write(figure.by, True), errors,
        )  # fmt: skip
    notes = "Cost: EUR million in the year. Standard errors are those of two runs with luck of their own: "
    notes += "what moved by less than two of them may be luck."
    if len(moved) > SHOWN:
        notes += f"\nThe {SHOWN} that moved most of {len(moved)}; --json has all."
    return Group(*parts, table, Text(notes, style="dim"))


def _brief(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def listed(run: StoredRun) -> Mapping[str, Any]:
    """Return a run as plain data."""
    return {
        "run": run.id, "folder": str(run.folder), "written": run.manifest["written"], "command": run.verb,
        "scenarios": list(run.scenarios), "bytes": run.size(), "levels": levels(run), "changes": changes(run),
    }  # fmt: skip
