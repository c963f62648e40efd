"""Write the generated pages of docs/ about the model: parameters and processes.

Run as ``python -m calibration.documents.document``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from calibration.documents.markup import DOCS, markdown
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameter, Parameters, default_parameters
from sim.model.processes import ProcessTable, Transition, default_table

GENERATED = "<!-- written by `python -m calibration.documents.document`; edit the data, not this page -->\n\n"
PRIOR = "before the fit "
MARKS = {
    "no readable source; a careful guess, shown with its range": "G",
    "vague on purpose: the calibration decides": "V",
}
"""Words that many sources share, and the mark that stands for them."""


def parameters_page(p: Parameters) -> str:
    """Return every parameter with value, range, unit, grade and source, by subject."""
    grades = Counter(record.grade for record in p.records.values())
    text = GENERATED + "# Parameters and sources\n\n"
    text += "For researchers: what is the value of each number, how sure is it, and where is it from? "
    text += "To change one: [howto](howto.md#change-a-rate).\n\n"
    text += "Grades: " + ", ".join(f"{grade} {number}" for grade, number in sorted(grades.items())) + ".\n"
    text += (
        "In brackets: 5th to 95th percentile. *Before the fit*: the prior of a calibrated number; its grade\n"
    )
    text += "is `assumed` where none stands there. `held`: no published figure informs the number, and it\n"
    text += "stays at the middle of its prior. `fixed`: one value. `lever`: no draw moves it,\n"
    text += "a scenario may.\n"
    text += "A row may hold several numbers: in `need.onset_age`, *3* is `need.onset_age.3`; in\n"
    text += "`PROGRAMME.stay`, *bso* is `bso.stay`. Numbers under *source* stand below each table; "
    text += "; ".join(f"{mark}: {words}" for words, mark in MARKS.items()) + ".\n"
    subjects: dict[str, dict[tuple[str, ...], dict[str, Parameter]]] = {}
    for record in p.records.values():
        subject, family, member = _place(record.name)
        source = record.source.partition(PRIOR)[0]
        group = subjects.setdefault(subject, {}).setdefault((family, record.unit, record.grade, source), {})
        group[member] = record
    for subject, groups in subjects.items():
        notes: dict[str, int] = {}
        families = list(dict.fromkeys(family for family, *_ in groups))
        ordered = sorted(groups.items(), key=lambda item: families.index(item[0][0]))
        rows = [_row(family, group, notes) for (family, *_), group in ordered]
        text += f"\n## {subject}\n\n"
        text += markdown(("name", "value", "unit", "grade", "before the fit", "source"), rows)
        text += "\n" + "".join(f"{number}. {words}\n" for words, number in notes.items()) if notes else ""
    return text


def _place(name: str) -> tuple[str, str, str]:
    """Return the subject of a parameter, the family whose row it is in, and its name in that row."""
    subject, _, rest = name.partition(".")
    if subject in catalogue():
        return "programmes", f"PROGRAMME.{rest}", subject
    family, _, member = name.rpartition(".")
    return (subject, family, member) if member.isdecimal() else (subject, name, "")


def _row(family: str, group: Mapping[str, Parameter], notes: dict[str, int]) -> tuple[str, ...]:
    """Return the row of parameters with one unit, grade and source. Adds the source to `notes`."""
    one = next(iter(group.values()))
    source = one.source.partition(PRIOR)[0]
    marks = [mark for words, mark in MARKS.items() if words in source]
    for words in MARKS:
        source = "; ".join(filter(None, source.replace(words, "").split("; ")))
    if source:
        marks.insert(0, str(notes.setdefault(source, len(notes) + 1)))
    name = family if len(group) > 1 or "" in group else one.name
    values = _listed({member: f"{short(r.value)} {_range(r)}" for member, r in group.items()})
    priors = _listed({member: _prior(r) for member, r in group.items()})
    return f"`{name}`", values, one.unit, one.grade, priors, ", ".join(marks)


def _listed(words: Mapping[str, str]) -> str:
    """Return the text of each member of a row; members with the same text stand together."""
    if len(words) == 1:
        return next(iter(words.values()))
    members: dict[str, list[str]] = {}
    for member, said in words.items():
        members.setdefault(said, []).append(member)
    return "; ".join(f"{', '.join(names)}: {said}" for said, names in members.items() if said)


def _range(r: Parameter) -> str:
    """Return the range of a parameter in brackets; in a word where it has one value."""
    if r.low < r.high:
        return f"({interval(r.low, r.high)})" + (" lever" if r.scale == "lever" else "")
    return "held" if PRIOR in r.source else "fixed"


def _prior(r: Parameter) -> str:
    """Return the prior of a calibrated parameter, '0.9 (0.63–1.26) cited'; of one that is held, its range."""
    found = re.search(rf"{PRIOR}(\S+) \((\S+) to (\S+), (\w+)\)$", r.source)
    if found is None:
        return ""
    value = short(float(found[1])) + " " if r.low < r.high else ""
    grade = "" if found[4] == "assumed" else f" {found[4]}"
    return f"{value}({interval(float(found[2]), float(found[3]))}){grade}"


def interval(low: float, high: float) -> str:
    """Return a range; the word 'to' where a dash would be read as a minus."""
    return f"{short(low)} to {short(high)}" if low < 0 else f"{short(low)}–{short(high)}"


def short(value: float) -> str:
    """Return a value with four significant digits: more is not known of any."""
    return f"{float(f'{value:.4g}'):g}"


def processes_page(model: ProcessTable) -> str:
    """Return the hazards of every process, as the table says them."""
    text = GENERATED + "# Processes: the model as tables of competing hazards\n\n"
    text += (
        "For researchers: which events can happen to a child, and what multiplies their rates? A rate is\n"
    )
    text += (
        "the product of what stands in its row; names are [parameters](parameters.md). *by need*: a factor\n"
    )
    text += "for each state of that process.\n"
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
    words += [f"by {q} `{prefix}`" for q, prefix in t.by_state.items()]
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
