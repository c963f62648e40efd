"""Names of parameters for readers: by rule, and from a catalogue where no rule applies.

A name is the longest beginning that the catalogue knows (`pw_name_*` in words/parameters), and words for what
is left: an age, a year, a duration, a form of care, a level of need, a household. Programmes share one list
(`pw_use_*`). And what a number rests on.
"""

from __future__ import annotations

import re

from sim.model.catalogue import catalogue
from sim.model.parameters import Parameter, prior_parameters
from sim.words.writing import WORDS, Writing

_LAST_CLASS = "600"
"""The knot that stands for all durations beyond the one before."""
_BEFORE = re.compile(r"before the fit (\S+) \((\S+) to (\S+), (\w+)\)")
_FOLLOWS = re.compile(r"follows from (.+)")
FOLDER = WORDS / "parameters"
MEASURED, ESTIMATED, ASSUMED = BASES = ("measured", "estimated", "assumed")
"""What a number rests on: published figures, the calibration, or an assumption."""
HELD = "held"
"""The grade of what the calibration held at what was believed before."""
_BASIS = {
    "cited": MEASURED, "derived": MEASURED, "calibrated": ESTIMATED, "provisional": ESTIMATED,
    "assumed": ASSUMED,
}  # fmt: skip


def parameter_title(name: str, writing: Writing) -> str:
    """Return what a parameter is called. Raises KeyError for a name that neither rule nor catalogue knows."""
    t = writing.t
    head, _, rest = name.partition(".")
    titles = {n: programme.title[writing.language] for n, programme in catalogue().items()}
    if head in titles:
        return t("pw_of", whole=titles[head], what=t(f"pw_use_{rest}"))
    if head == "cost" and (programme := rest.removesuffix("_fte")) in titles:
        return t("pw_price", programme=titles[programme])
    parts, tails = name.removesuffix(".yes").split("."), list[str]()
    while f"pw_name_{'_'.join(parts)}" not in writing.words:
        tails.insert(0, _tail(parts, writing))
        parts.pop()
    whole = t(f"pw_name_{'_'.join(parts)}")
    return t("pw_of", whole=whole, what=", ".join(tails)) if tails else whole


def unit_words(unit: str, writing: Writing) -> str:
    """Return a unit in a language. Raises KeyError for an unknown one."""
    return writing.t(f"pw_unit_{slug(unit)}")


def source_words(source: str, writing: Writing) -> str:
    """Return where a number comes from, with what is said of many numbers in the language of the reader.

    What is said of one number alone stays as it is in the file, in English.
    """
    return "; ".join(_phrase(phrase, writing) for phrase in source.split("; "))


def group_title(group: str, writing: Writing) -> str:
    """Return the title of one of the groups of `sim.decision.dossier`."""
    return writing.t(f"pw_group_{slug(group)}")


def grade_of(record: Parameter) -> str:
    """Return how a number is known: its grade, or HELD."""
    return HELD if record.grade == "calibrated" and record.fixed else record.grade


def basis_of(record: Parameter) -> str:
    """Return what a number rests on: one of BASES.

    The calibration holds many numbers at what was believed before, because its figures cannot tell them
    apart. Those rest on what that belief rests on.
    """
    held = grade_of(record) == HELD
    return basis_of_grade(prior_parameters().records[record.name].grade if held else record.grade)


def basis_of_grade(grade: str) -> str:
    """Return what numbers of a grade rest on: one of BASES."""
    return _BASIS[grade]


def _tail(parts: list[str], writing: Writing) -> str:
    """Return words for the last part of a name, which may mean an age, a year, a duration or a state."""
    if len(parts) < 2:
        raise KeyError(f"no words for the parameter '{'.'.join(parts)}'")
    stem, last = parts[-2:]
    if not last.isdigit():
        return writing.t(f"pw_tail_{last}")
    if len(last) == len("2015"):
        return last
    if stem.endswith("age"):
        return writing.t("pw_age", n=last)
    return writing.t("pw_later") if last == _LAST_CLASS else writing.t("pw_upto", n=last)


def _phrase(phrase: str, writing: Writing) -> str:
    t = writing.t
    if found := _BEFORE.fullmatch(phrase):
        value, low, high = (writing.significant(float(number)) for number in found.groups()[:3])
        return t("pw_source_before", value=value, low=low, high=high, grade=t(f"grade_{found[4]}"))
    if found := _FOLLOWS.fullmatch(phrase):
        return t("pw_source_follows", formula=found[1])
    said = slug(phrase)
    return t(f"pw_source_{said}") if f"pw_source_{said}" in writing.words else phrase


def slug(text: str) -> str:
    """Return a text as a key of words: small letters, digits and lines between them."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
