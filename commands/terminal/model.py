"""A state-transition model, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.literal import Table
from sim.decision.model_calibration import Fit, ModelCalibration
from sim.files.literal import printable

ONCE = "Moves, and rewards on entry, are counted once a cycle"
"""What is said of a model without intensities."""


def model_table(found: Mapping[str, Any]) -> RenderableType:
    """Return the outcomes of a published model."""
    table = Table(title=found.get("title"), title_justify="left")
    for column in (
        "strategy",
        "cost (cohort)",
        "effect (cohort)",
        "cost (simulation)",
        "effect (simulation)",
    ):
        table.add_column(column, justify="left" if column == "strategy" else "right")
    for name, item in found["strategies"].items():
        cohort, simulated = item["cohort"], item["simulation"]
        exact = (f"{cohort['cost']:z,.1f}", f"{cohort['effect']:z.5f}") if cohort else ("-", "-")
        table.add_row(
            name,
            *exact,
            f"{simulated['cost']:z,.1f} ({_or_dash(simulated['cost_se'], 'z,.1f')})",
            f"{simulated['effect']:z.5f} ({_or_dash(simulated['effect_se'], 'z.5f')})",
        )
    frontier = Table(title="Frontier", title_justify="left")
    for column in ("strategy", "extra cost", "extra effect", "cost per effect", "status"):
        frontier.add_column(column, justify="right" if column.startswith(("extra", "cost")) else "left")
    for row in found["frontier"]:
        frontier.add_row(
            row["strategy"],
            _or_dash(row["incremental_cost"], "z,.1f"),
            _or_dash(row["incremental_effect"], "z.5f"),
            _or_dash(row["icer"], "z,.1f"),
            _place(row),
        )
    effect = f" The effect is {found['effect']}." if "effect" in found else ""
    counted = f" {ONCE}." if found.get("moves_counted") == "once a cycle" else ""
    years = f"years in a cycle: {found['cycle_years']:g}"
    said = Text(f"Rewards are per {found['rewards_per']}; {years}.{counted}{effect}", style="dim")
    increments = [_increments(found["increments"])] if found["increments"] else []
    return Group(table, *_parts(found), frontier, *increments, said)


def calibration_table(fitted: ModelCalibration) -> RenderableType:
    """Return each target and each parameter before and after."""
    table = Table(title="Calibrated to targets", title_justify="left")
    for column in ("target or parameter", "value", "before", "after"):
        table.add_column(column, justify="left" if column.startswith("target") else "right")
    for each in fitted.targets:
        table.add_row(each.name, f"{each.value:z.4g} (±{2 * (each.se or 0):z.2g})", *_before_and_after(each))
    table.add_section()
    for each in fitted.parameters:
        table.add_row(each.name, "", *_before_and_after(each))
    said = (
        f"Means, and 5 to 95 percent of draws. {fitted.made:,} draws were made; {fitted.effective:z,.0f} of "
        "them count (effective sample size). ±: two standard errors."
    )
    unreached = [Text(printable(f"Note: {each}.")) for each in fitted.unreached]
    return Group(table, *unreached, Text(said, style="dim"))


def _before_and_after(each: Fit) -> list[str]:
    return [f"{one.mean:z.4g} ({one.low:z.4g} to {one.high:z.4g})" for one in (each.prior, each.posterior)]


def _increments(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return each strategy against another, as simulated, with standard errors from the shared luck."""
    table = Table(title="Increments (simulation)", title_justify="left")
    for column in ("strategy", "against", "extra cost", "extra effect", "cost per effect"):
        table.add_column(column, justify="right" if column.startswith(("extra", "cost")) else "left")
    for row in rows:
        item = row["simulation"]
        table.add_row(row["strategy"], row["reference"], *(
            f"{_or_dash(item[key], form)} ({_or_dash(item[f'{key}_se'], form)})"
            for key, form in (("cost", "z,.1f"), ("effect", "z.5f"), ("icer", "z,.1f"))
        ))  # fmt: skip
    return table


def _place(row: Mapping[str, Any]) -> str:
    """Return the place of a strategy on the frontier, with the one before it that it is equal to."""
    equal = [f"equal to {row['equal_to']}"] if row.get("equal_to") else []
    return ", ".join([*([] if row["status"] == "equal" else [row["status"]]), *equal])


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _parts(found: Mapping[str, Any]) -> list[Table]:
    """Return each effect, where there are several, and of which parts the cost consists (exact cohort)."""
    tables = []
    rows = found["strategies"].items()
    for title, key, form in (
        ("Effects (cohort)", "effects", "z.5f"), ("Parts of the cost (cohort)", "parts", "z,.1f"),
    ):  # fmt: skip
        each = {name: (item["cohort"] or {}).get(key, {}) for name, item in rows}
        names = list(next(iter(each.values())))
        if names and (key == "parts" or len(names) > 1):
            table = Table(title=title, title_justify="left")
            for column in ("strategy", *names):
                table.add_column(column, justify="left" if column == "strategy" else "right")
            for strategy, values in each.items():
                table.add_row(strategy, *(format(values[name], form) for name in names))
            tables.append(table)
    return tables
