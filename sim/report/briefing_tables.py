"""The tables of the council briefing: figures, differences by horizon, who pays, the main assumptions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from sim.decision.comparison import Figure
from sim.decision.firm import Standing, has_range
from sim.decision.headline import Change, middle_of
from sim.model.catalogue import catalogue
from sim.report.assumptions import Assumption
from sim.report.content import Report, assumed_share, changed_note
from sim.report.lettering import breakable, drawable, short
from sim.report.phrases import between

SHORT = {1: 90, 2: 44, 3: 34}
"""Signs of a title above a column, by the number of columns."""


def figures(report: Report, names: Sequence[str]) -> dict[str, Any]:
    """Return three figures of each scenario: use and unmet need at the middle horizon, money at the last."""
    t, writing = report.writing.t, report.writing
    near = middle_of(report.horizons)
    before = report.before[near]

    def cell(f: Figure, write: Callable[..., str], less: str, base: str) -> list[str]:
        value = writing.provisional(writing.change(f, write, less), Standing.of(f) is Standing.PROVISIONAL)
        return [value[:1].upper() + value[1:], writing.range(f, write, less), base]

    def now(level: float) -> str:
        return t("now", level=writing.about(level)) if report.luck_known else t("now_untold")

    rows = []
    for name, o in zip(names, report.outcomes, strict=True):
        middle, last = o.changes[near], o.changes[-1]
        rows.append(
            {
                "name": name,
                "cells": [
                    cell(middle.care_users, writing.count, "fewer", now(before.care_users)),
                    cell(middle.unmet_need, writing.count, "fewer", now(before.unmet_need)),
                    cell(
                        last.municipal_cost,
                        writing.money,
                        "less",
                        t("cost_note", cost=writing.money(last.municipal_programme_cost)),
                    ),
                ],
            }
        )
    header = [t("figure_users", year=before.year), t("figure_unmet", year=before.year)]
    header.append(t("figure_money", year=report.before[-1].year))
    return {"title": t("figures"), "named": len(names) > 1, "header": header, "rows": rows}


def differences(report: Report, k: int) -> dict[str, Any]:
    """Return the table of differences up to one horizon."""
    t, writing = report.writing.t, report.writing
    ahead, before = report.horizons[k], report.before[k]
    here = [o.changes[k] for o in report.outcomes]

    def rows(key: str, texts: Sequence[str]) -> list[str]:
        return [t(key), *texts]

    def in_words(f: Figure, write: Callable[..., str]) -> str:
        return between(f, writing, write)

    def cash(c: Change) -> str:
        cashable = c.municipal_cashable
        return t("not_comparable") if cashable is None else in_words(cashable, writing.millions)

    def spent(c: Change) -> str:
        return writing.provisional(writing.millions(c.programme_cost, True), not report.chance_known)

    found = [
        rows("row_users", [in_words(c.care_users, writing.count) for c in here]),
        rows("row_unmet", [in_words(c.unmet_need, writing.count) for c in here]),
        rows(_programme_row(report), [spent(c) for c in here]),
        rows("row_municipal", [in_words(c.municipal_cost, writing.millions) for c in here]),
        rows("row_cashable", [cash(c) for c in here]),
        rows("row_payback", [report.chance(o, k) for o in report.outcomes]),
    ]
    levels = [o.levels[k] for o in report.outcomes]
    if any(level.waiting is not None for level in levels):
        found.append(rows("row_waiting", [_was(before.waiting, x.waiting, writing.count) for x in levels]))
        found.append(rows("row_weeks", [_was(before.weeks, x.weeks, writing.number) for x in levels]))
    term = ahead == report.horizons[0] == 4
    title = t("after_term" if term else "after", years=ahead, year=before.year)
    return {"title": title, "rows": found}


def _programme_row(report: Report) -> str:
    """Return the words for what programmes cost: those of child work where there is nothing else."""
    programmes = {row.level for row in report.yearly if row.what == "cost"}
    return "row_programme" if programmes == {"kinderwerk"} else "row_programmes"


def _was(before: float | None, now: float | None, write: Callable[[float], str]) -> str:
    return " → ".join("–" if value is None else write(value) for value in (before, now))


def payers(report: Report) -> dict[str, Any]:
    """Return what the municipality spends more by council term, and who else pays how much."""
    t, writing = report.writing.t, report.writing
    rows = []
    for k, term in enumerate(report.outcomes[0].terms):
        cells = [f"{term.first}–{term.last}" if term.last > term.first else str(term.first)]
        for o in report.outcomes:
            here = o.terms[k]
            parts = (_millions(f, report) for f in (here.net, here.programmes, here.care))
            cells.append(t("term_words", **dict(zip(("net", "programmes", "care"), parts, strict=True))))
        rows.append(cells)
    notes = [t("who_pays_note")]
    for row in report.payers:
        if row.what == "cost" and row.level != "gemeente":
            paid = sum(f.value for f in row.figures) if report.luck_known else math.nan
            title = breakable(short(drawable(report.outcomes[row.scenario - 1].title), SHORT[2]))
            payer = report.level(row.level)
            words = {"payer": payer[0].upper() + payer[1:], "years": len(row.years), "title": title}
            notes.append(t("others_pay", value=writing.money(paid, True), **words))
    return {"title": t("who_pays"), "rows": rows, "note": " ".join(notes)}


def _millions(f: Figure, report: Report) -> str:
    """Return a difference in millions; where it is not clear, the range alone: it stands in brackets."""
    writing = report.writing
    if Standing.of(f) is Standing.UNCLEAR and has_range(f) and f.low is not None and f.high is not None:
        return writing.t("from_to", low=writing.millions(f.low, True), high=writing.millions(f.high, True))
    return writing.difference(f, writing.millions)


def main_assumptions(report: Report) -> dict[str, Any]:
    """Return the assumptions on which the answer leans most, and the names of those that are changed."""
    t, writing = report.writing.t, report.writing
    by_name = {a.name: a for a in report.assumptions}
    rows = []
    for name in report.main:
        a = by_name[name]
        label, write = _label(report, name)
        rows.append(
            [label, _value(a, write, report), f"{write(a.low)} – {write(a.high)}", t(f"grade_{a.grade}")]
        )
    share = writing.percent(assumed_share(report))
    notes = [t("main_note", count=len(report.assumptions), share=share)]
    if changed := changed_note(report):
        notes.insert(0, changed)
    header = [t("assumption"), t("value"), t("range"), t("grade")]
    return {"title": t("main_assumptions"), "header": header, "rows": rows, "note": " ".join(notes)}


def _label(report: Report, name: str) -> tuple[str, Callable[[float], str]]:
    """Return what people call a parameter, and how its value is written."""
    t, writing = report.writing.t, report.writing
    head, _, tail = name.partition(".")
    if head == "cost":
        programme = catalogue()[tail.removesuffix("_fte")].title[report.language]
        return t("main_fte", programme=programme), writing.euros
    if head == "townhall":
        return t(f"main_{tail}"), writing.percent if tail == "realisable" else writing.significant
    shares = ("effect_exists", "moderate_need", "retained", "uptake_ceiling")
    programme = catalogue()[head].title[report.language]
    return t(f"main_{tail}", programme=programme), writing.percent if tail in shares else writing.significant


def _value(a: Assumption, write: Callable[[float], str], report: Report) -> str:
    """Return the value that was used, with the default beside it where it is another."""
    used = dict.fromkeys(write(own.value) for own in a.own)
    if len(a.own) < len(report.titles):
        used = dict.fromkeys([*([] if not a.own else used), write(a.stands)])
    text = " / ".join(used)
    return (
        text if text == write(a.value) else report.writing.t("own_value", value=text, default=write(a.value))
    )
