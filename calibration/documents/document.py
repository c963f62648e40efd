"""Write the generated pages of docs/ about the model: parameters and processes.

Run as ``python -m calibration.documents.document``.
"""

from __future__ import annotations

from pathlib import Path

from calibration.documents.report import markdown
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters, default_parameters
from sim.model.processes import ProcessTable, Transition, default_table

DOCS = Path(__file__).resolve().parents[2] / "docs"
GENERATED = "<!-- written by `python -m calibration.documents.document`; edit the data, not this page -->\n\n"


def parameters_page(p: Parameters) -> str:
    """Return every parameter with value, range, unit, grade and source, by subject."""
    grades: dict[str, int] = {}
    for record in p.records.values():
        grades[record.grade] = grades.get(record.grade, 0) + 1
    text = GENERATED + "# Parameters and sources\n\n"
    text += "Range: 5th and 95th percentile of what is believed. Grades: "
    text += ", ".join(f"{grade} {number}" for grade, number in sorted(grades.items())) + ".\n"
    text += "A calibrated number whose range is one value was held at its middle: no figure tells it from\n"
    text += "others. To change one: [howto](howto.md#change-a-rate).\n"
    for subject in dict.fromkeys(name.split(".")[0] for name in p.records):
        text += f"\n## {subject}\n\n"
        rows = [
            (f"`{r.name}`", short(r.value), f"{short(r.low)} to {short(r.high)}", r.unit, r.grade, r.source)
            for r in p.records.values()
            if r.name.split(".")[0] == subject
        ]
        text += markdown(("name", "value", "range", "unit", "grade", "source"), rows)
    return text


def short(value: float) -> str:
    """Return a value with four significant digits: more is not known of any."""
    return f"{float(f'{value:.4g}'):g}"


def processes_page(model: ProcessTable) -> str:
    """Return the hazards of every process, as the table says them."""
    text = GENERATED + "# Processes: the model as tables of competing hazards\n\n"
    text += "A rate is the product of what stands in its row; names are [parameters](parameters.md).\n"
    for name, process in model.processes.items():
        text += f"\n## {name}\n\nStates: {', '.join(process.states)}.\n\n"
        rows = [(t.name, f"{t.origin} to {t.destination}", _factors(t)) for t in process.transitions]
        text += markdown(("event", "move", "rate = product of"), rows)
        for exit_ in process.at_birthday:
            text += f"\nAt the birthday of {exit_.age}: from {exit_.origin} to {exit_.destination} "
            text += f"with probability `{exit_.probability}`.\n"
    return text + _programmes()


def _programmes() -> str:
    """Return what each programme is, and where that comes from."""
    text = "\n## Programmes\n\n"
    text += "How strong they are, and how many children a worker reaches: [parameters](parameters.md).\n\n"
    rows = [
        (
            f"`{name}`", f"{each.first_age}-{each.last_age}", each.targeting,
            ", ".join(each.mechanisms) or "none", each.continues or "", each.grade, each.source,
        )
        for name, each in catalogue().items()
    ]  # fmt: skip
    header = ("programme", "ages", "targeting", "may change", "continues", "grade", "source of these")
    return text + markdown(header, rows)


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
        limits = [f" only when {q} is {' or '.join(states)}" for q, states in t.mechanism_only.items()]
        words.append(f"programmes: *{t.mechanism}*{''.join(limits)}")
    brings = [f"{q} to {s}" for q, s in t.sets.items()]
    return ", ".join(words) + (f"; brings {', '.join(brings)}" if brings else "")


def main() -> None:
    """Write the pages."""
    pages = {
        "parameters.md": parameters_page(default_parameters()),
        "processes.md": processes_page(default_table()),
    }
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
