"""Write docs/structures.md: how well each structure fits, what moves for it, Almere's verdict under each.

Run as ``python -m calibration.documents.structures``: 36 FTE against none under each structure, two minutes
on one core.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.documents.markup import DOCS, between, figure, markdown
from calibration.documents.summary import read
from calibration.documents.verdict import CHILDREN, DRAWS, PAIR, TITLES, Found, Stance, live
from calibration.documents.verdict import row as verdict_row
from sim.inputs.library import registry
from sim.inputs.scenario import load_scenario
from sim.model.parameters import read_posterior
from sim.model.structures import HELD, STRUCTURES, folder_of
from sim.report.content import words

Floats = NDArray[np.float64]
DOCUMENT = DOCS / "structures.md"
GENERATED = "<!-- written by `python -m calibration.documents.structures`; edit the data, not this -->\n\n"
MOST = 10
"""Parameters of the table of those that move most."""
TOP = """# Structures

For researchers: what if the model worked otherwise, and does the verdict hold?

A structure is a way in which the model may work that no figure decides. In a scenario file:
`structure: care_without_effect`; without it, `care_changes_need`. Give scenarios that are compared the same.
Each structure holds a few parameters, and all others were fitted to the same figures under it, so that each
is a whole model and not one with a lever pulled.

"""
MISFIT = """
Misfit: the mean square of the error of the best fit, in tolerances of the figures. A quick fit has fewer runs
and draws than a full one, so small differences between the two say nothing.
"""
ABOUT = """
`care_without_effect`: need goes its own way, with help, without it and on a waiting list. Help still ends
maltreatment sooner (`maltreatment.care_on_end`), which is a process of its own. No source at hand tells what
help does to need: the priors of `need.care_on_recovery` (1 to 2) and `need.care_on_escalation` (0.4 to 1) are
assumed, and end where this structure stands.

Make the fit anew with `kinderwerk calibrate --structure care_without_effect --quick --out FOLDER`, and put it
in use with `python -m calibration.posteriors ship FOLDER` ([recalibrating](recalibrate.md)). Levels of
municipalities (`towns.csv`) were fitted under the usual structure and are the same in both. The app has the
usual structure alone.
"""


def misfit(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the mean square of the errors of the best fit, in tolerances of the figures, as logarithms."""
    return math.fsum((math.log1p(row["best_error"]) / row["tolerance"]) ** 2 for row in rows) / len(rows)


def fit_row(structure: str) -> tuple[str, ...]:
    """Return how well a structure fits: figures of the fit, and those that it has not seen."""
    about, found = read(folder_of(structure))
    fitted, held = (
        [row for row in found["targets"] if row["role"] == role] for role in ("calibrate", "validate")
    )
    inside = [f"{sum(row['inside'] for row in rows)} of {len(rows)}" for rows in (fitted, held)]
    errors = [f"{median(abs(row['best_error']) for row in rows):.1%}" for rows in (fitted, held)]
    kept = ", ".join(f"`{name}` {value:g}" for name, value in HELD[structure].items()) or "nothing"
    size = f"{about['draws']} draws, {'quick' if about['quick'] else 'full'}"
    return (
        f"`{structure}`", kept, size, inside[0], errors[0], f"{misfit(fitted):.2f}", inside[1], errors[1],
    )  # fmt: skip


def moved(first: str, second: str) -> list[tuple[str, ...]]:
    """Return the free parameters that differ most between two structures, in spreads of the wider of both."""
    ours, theirs = (read_posterior(folder_of(name) / "posterior.parquet") for name in (first, second))
    free = [read(folder_of(name))[0]["free"] for name in (first, second)]
    rows = []
    for name in (name for name in free[0] if name in free[1]):
        a, b = (x.values[:, x.names.index(name)] for x in (ours, theirs))
        wide = max(float(a[1:].std()), float(b[1:].std()))
        rows.append((name, a, b, float(b[1:].mean() - a[1:].mean()) / wide))
    rows.sort(key=lambda row: -abs(row[3]))
    return [
        (f"`{name}`", _with_range(a), _with_range(b), f"{move:+.2f}")
        for name, a, b, move in rows[:MOST]
    ]  # fmt: skip


def _with_range(values: Floats) -> str:
    low, high = np.quantile(values[1:], (0.05, 0.95))
    return f"{figure(float(values[0]))} ({between(float(low), float(high))})"


def page(found: Sequence[Found], children: int, draws: int) -> str:
    """Return the page. found: what comes of each structure, in their order."""
    near, far = (change.year for change in found[0].changes[-2:])
    heads = ("structure", "holds", "fit", "fitted figures inside their 95%", "median error", "misfit",
             "unseen figures inside", "median error")  # fmt: skip
    fits = markdown(heads, map(fit_row, STRUCTURES))
    usual, other = STRUCTURES
    moves = markdown(("parameter", f"`{usual}`", f"`{other}`", "move"), moved(usual, other))
    verdict = markdown(
        ("structure", f"whole bill in {far}, without", f"extra cost by {far}", f"by {near}", "comes back",
         "chance that all is back", f"youths with care in {far}", f"unmet need in {far}"),
        ((f"`{name}`", *verdict_row(each)[3:]) for name, each in zip(STRUCTURES, found, strict=True)),
    )  # fmt: skip
    said = "".join(
        f"- `{name}`: *{each.report.outcomes[0].sentence}*\n"
        for name, each in zip(STRUCTURES, found, strict=True)
    )
    return (
        GENERATED + TOP + "## How well each fits\n\n" + fits + MISFIT + ABOUT
        + f"\n## What moves for it\n\nThe {MOST} free parameters that differ most: best fit, in brackets 5 "
        "to 95 percent of the draws, and the move of the draws in spreads of the wider.\n\n" + moves
        + f"\n## The verdict for Almere\n\n36 FTE against none, {children:,} children, {draws} draws; "
        "millions of euros of 2024, as in "
        "[the table of every choice](appraisal.md#the-verdict-under-each-choice).\n\n"
        + verdict + "\n" + said
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Run Almere under each structure and write the page."""
    parser = argparse.ArgumentParser(description="Write how structures fit, and what they do to the verdict.")
    parser.add_argument("--children", type=int, default=CHILDREN)
    parser.add_argument("--draws", type=int, default=DRAWS)
    options = parser.parse_args(arguments)
    pair = [
        load_scenario(path, registry()).replace(title=title) for path, title in zip(PAIR, TITLES, strict=True)
    ]
    t = words("en").t
    cases = [Stance("structure", {"structure": name}, t(f"structure_{name}")) for name in STRUCTURES]
    found = [live(case, pair, options.children, options.draws) for case in cases]
    DOCUMENT.write_text(page(found, options.children, options.draws), encoding="utf-8")


if __name__ == "__main__":
    main()
