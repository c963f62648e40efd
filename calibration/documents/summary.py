"""What came of a calibration, in two tables for the terminal; `report.py` has the whole of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from calibration.documents.markup import between, figure
from calibration.figures.past import RULES
from commands.terminal.literal import Table
from sim.errors import InputError
from sim.faults import fault
from sim.model.parameters import DATA

RULE_NAMES = {
    "last_value": "the last value", "straight_line": "a straight line", "damped_trend": "a damped trend"
}  # fmt: skip


class FitFiles(NamedTuple):
    """What both pages of a fit are made of: how it was made, its diagnostics, and what it was tested on."""

    about: Mapping[str, Any]
    found: Mapping[str, Any]
    tested: Mapping[str, Any]
    rolling: Mapping[str, Any]
    left_out: Mapping[str, Any]
    by_age: Mapping[str, Any]


def read(folder: Path = DATA) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (how it was made, diagnostics) of a posterior. Raises InputError where one is missing."""
    found = []
    for name in ("posterior.json", "diagnostics.json"):
        path = folder / name
        try:
            found.append(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise InputError.at(path, fault("not_of_calibration", reason=str(error))) from error
    return found[0], found[1]


def fitted_share(found: Mapping[str, Any]) -> tuple[float, float]:
    """Return the share of calibrate figures inside their interval, and the median absolute error."""
    rows = pd.DataFrame([row for row in found["targets"] if row["role"] == "calibrate"])
    return float(rows["inside"].mean()), float(rows["best_error"].abs().median())


def summary_table(found: Mapping[str, Any]) -> Table:
    """Return what a calibration came to, for the terminal."""
    inside, error = fitted_share(found)
    table = Table(title="Calibration")
    table.add_column("what")
    table.add_column("found", justify="right")
    table.add_row("calibrate figures inside their 95% predictive interval", f"{inside:.0%}")
    table.add_row("median absolute error of the best fit", f"{error:.1%}")
    outside = [row["id"] for row in found["targets"] if row["role"] == "calibrate" and not row["inside"]]
    table.add_row("outside", ", ".join(outside) or "none")
    cover = found["coverage"]
    table.add_row("90% intervals that hold a known truth", f"{cover['parameters']:.0%}")
    known = found["identifiability"]
    table.add_row(
        "directions that the figures inform", f"{known['informed_directions']} of {known['free_parameters']}"
    )
    return table


def validation_table(found: Mapping[str, Any]) -> Table:
    """Return what a validation came to, for the terminal."""
    table = Table(title="Figures that the fit has not seen")
    for name in (
        "figure",
        "published",
        "model",
        "95% predictive interval",
        "inside",
        *(rule.replace("_", " ") for rule in RULES),
    ):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for row in found["targets"]:
        table.add_row(*validation_row(row))
    errors, skill = found["errors"], found["skill"]
    words = f"inside: {found['inside_share']:.0%}"
    if skill is not None:
        words += f"; mean error: model {errors['median']:.1%}, "
        words += ", ".join(f"{rule.replace('_', ' ')} {errors[rule]:.1%}" for rule in RULES)
        words += f"; {verdict(found)}"
    table.caption = words
    return table


def verdict(found: Mapping[str, Any]) -> str:
    """Return in words whether the model errs less than simple rules, and for which figures one is nearer."""
    lost = [RULE_NAMES[rule] for rule, won in found["beats"].items() if not won]
    compared = [row for row in found["targets"] if row[RULES[0]] is not None]
    said = f"over the {len(compared)} with a past the model "
    said += f"does NOT beat {' nor '.join(lost)}" if lost else "errs less than each simple rule"
    nearer = [
        row["id"] for row in compared
        if min(abs(row[rule] - row["value"]) for rule in RULES) < abs(row["median"] - row["value"])
    ]  # fmt: skip
    return f"{said}; a rule is nearer for {len(nearer)}: {', '.join(nearer)}" if nearer else said


def validation_row(row: Mapping[str, Any]) -> list[str]:
    """Return the cells of a held-out figure, as both tables of them show it."""
    interval = between(row["predictive_low"], row["predictive_high"])
    inside = "yes" if row["inside"] else "NO"
    return [
        row["id"], figure(row["value"]), figure(row["median"]), interval, inside,
        *(figure(row[rule]) for rule in RULES),
    ]  # fmt: skip
