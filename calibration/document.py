"""Write the generated pages of docs/: parameters, processes, and the fit of the first parameters.

Run as ``python -m calibration.document``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from calibration.align import PAIRS, count, report
from sim.parameters import Parameters, default_parameters
from sim.processes import ProcessTable, Transition, default_table
from sim.setting import worker_threads

DOCS = Path(__file__).resolve().parents[1] / "docs"
GENERATED = "<!-- written by `python -m calibration.document`; edit the data, not this page -->\n\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def parameters_page(p: Parameters) -> str:
    """Return every parameter with value, range, unit, grade and source, by subject."""
    grades: dict[str, int] = {}
    for record in p.records.values():
        grades[record.grade] = grades.get(record.grade, 0) + 1
    text = GENERATED + "# Parameters and sources\n\n"
    text += "Range: 5th and 95th percentile of what is believed. Grades: "
    text += ", ".join(f"{grade} {number}" for grade, number in sorted(grades.items())) + ".\n"
    for subject in dict.fromkeys(name.split(".")[0] for name in p.records):
        text += f"\n## {subject}\n\n"
        rows = [
            (f"`{r.name}`", f"{r.value:g}", f"{r.low:g} to {r.high:g}", r.unit, r.grade, r.source)
            for r in p.records.values()
            if r.name.split(".")[0] == subject
        ]
        text += table(("name", "value", "range", "unit", "grade", "source"), rows)
    return text


def processes_page(model: ProcessTable) -> str:
    """Return the hazards of every process, as the table says them."""
    text = GENERATED + "# Processes: the model as tables of competing hazards\n\n"
    text += "A rate is the product of what stands in its row; names are parameters (see parameters.md).\n"
    for name, process in model.processes.items():
        text += f"\n## {name}\n\nStates: {', '.join(process.states)}.\n\n"
        rows = [(t.name, f"{t.origin} to {t.destination}", _factors(t)) for t in process.transitions]
        text += table(("event", "move", "rate = product of"), rows)
        for exit_ in process.at_birthday:
            text += f"\nAt the birthday of {exit_.age}: from {exit_.origin} to {exit_.destination} "
            text += f"with probability `{exit_.probability}`.\n"
    return text


def _factors(t: Transition) -> str:
    words = [f"`{t.rate}`", *(f"age `{shape}`" for shape in t.age)]
    if t.path:
        words.append(f"year `{t.path}`")
    if t.duration:
        words.append(f"time in state `{t.duration}`")
    if t.risk:
        words.append(f"personal factors *{t.risk}*")
    words += [f"state of {q} `{prefix}`" for q, prefix in t.by_state.items()]
    words += [f"while in {forms} `{name}`" for forms, name in t.by_form.items()]
    words += [f"only when {q} is {' or '.join(states)}" for q, states in t.only.items()]
    words += [f"`{factor}` while {mark}" for mark, factor in t.by_mark.items()]
    if t.mechanism:
        words.append(f"programmes: *{t.mechanism}*")
    if t.sets:
        words.append("; brings " + ", ".join(f"{q} to {s}" for q, s in t.sets.items()))
    return ", ".join(words)


def fingerprint(p: Parameters) -> str:
    """Return a short mark of all values, by which a page shows which parameters it is about."""
    return p.sha256()[:12]


def calibration_page(p: Parameters, children: int, seed: int) -> str:
    """Return the fit of the first parameters to the targets."""
    with worker_threads(None) as pool:
        rows = report(count(p, children, seed, pool))
    text = GENERATED + "# Fit of the first parameters\n\n"
    text += (
        "These parameters are graded *provisional*: aligned one by one to a target each "
        "(`calibration/align.py`), without a posterior. Shares, durations and trajectories were not "
        "aligned and show what the structure gives by itself. Figures for `validate` were not used, but "
        "one held-out year proves little: a straight line would have predicted it.\n\n"
        f"Simulated with {children:,} children, seed {seed}; parameters `{fingerprint(p)}`.\n\n"
    )
    paired = {pair.target for pair in PAIRS} | {pair.over for pair in PAIRS}
    text += table(
        ("target", "role", "aligned", "target value", "model", "error"),
        (
            (name, role, "yes" if name in paired else "", f"{target:,.6g}", f"{value:,.6g}", f"{error:+.1%}")
            for name, role, target, value, error in rows
        ),
    )
    inside = [abs(error) <= 0.10 for _, role, target, _, error in rows if target > 1 and role == "calibrate"]
    text += f"\n{sum(inside)} of {len(inside)} counts with the role `calibrate` lie within 10 percent.\n"
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pages."""
    parser = argparse.ArgumentParser(description="Write the generated pages of docs/.")
    parser.add_argument("--children", type=int, default=1_500_000)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args(arguments)
    p = default_parameters()
    pages = {
        "parameters.md": parameters_page(p),
        "processes.md": processes_page(default_table()),
        "calibration.md": calibration_page(p, options.children, options.seed),
    }
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
