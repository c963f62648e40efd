"""The 28 items of CHEERS 2022, filled in where a computation knows the answer.

Husereau et al. (2022), Consolidated Health Economic Evaluation Reporting Standards 2022, BMJ 376:e067975.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.words.writing import Writing

ITEMS = range(1, 29)


@dataclass(frozen=True)
class CheersItem:
    """One item: its number and name, whether it is reported, and where it stands or why it does not."""

    number: int
    name: str
    reported: bool
    where: str


def cheers(writing: Writing, reported: set[int], **facts: object) -> tuple[CheersItem, ...]:
    """Return all items. reported: the items that depend on the run (20, 24) and are reported this time.

    An item whose words have only one form is always, or never, reported. facts fill the words.
    """
    sheets = ("summary", "yearly", "payers", "payback", "worth", "assumptions")
    facts |= {name: writing.t(f"sheet_{name}") for name in sheets}
    found = []
    for number in ITEMS:
        forms = [form for form in ("is", "not") if f"cheers_{number}_{form}" in writing.words]
        form = forms[0] if len(forms) == 1 else ("is" if number in reported else "not")
        where = writing.t(f"cheers_{number}_{form}", **facts)
        found.append(CheersItem(number, writing.t(f"cheers_{number}"), form == "is", where))
    return tuple(found)
