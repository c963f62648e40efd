"""The council briefing: two pages A4, a tagged PDF (PDF/UA-1), set by Typst from what the report says.

What users wrote goes in as data and is never read as markup. Only the fonts that come with Typst are used, so
that a briefing looks the same everywhere; a sign that they cannot draw is written as its code.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from bisect import bisect
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typst

from sim.decision.comparison import Figure
from sim.decision.firm import Standing, has_range
from sim.decision.headline import Change
from sim.decision.level_by_year import MONEY_PARTS
from sim.errors import SimulationError
from sim.faults import fault
from sim.model.catalogue import catalogue
from sim.report.assumptions import Assumption
from sim.report.chart import description, svg
from sim.report.content import Report, assumed_share, changed_note, world_lines
from sim.report.lettering import BREAK, STANDARD, ZERO, breakable, drawable, short
from sim.report.level_chart import level_alt, level_svg, level_title
from sim.report.levels import CLOSE, MONEY, USERS, Levels
from sim.report.phrases import between
from sim.words.break_even_words import research_words
from sim.words.money_words import money_words

TEMPLATE = Path(__file__).with_name("briefing.typ")
PAGES = 2
Size = tuple[float, float]
SIZES = ((10.5, 3.2), (10.0, 2.7), (9.5, 2.3), (9.0, 2.0), (8.5, 1.7), (8.0, 1.4), (7.5, 1.1))
"""Type size and room in tables (points), from roomy to tight; each of both pages has its own."""
HEIGHTS = (40, 70, 95, 110, 130, 150, 170, 190, 210)
"""Heights of the charts (pixels); type is made smaller before they get lower than `GOOD`."""
GOOD = 110
SHORT = {1: 90, 2: 44, 3: 34}
"""Signs of a title above a column, by the number of columns."""
IN_CHART = 40
"""Signs of a title below a chart, which has half of the page."""
FULL_NAMES = 2
"""Up to how many scenarios have their title there; with more there is room for their letters."""
IN_SENTENCE = {1: 100, 2: 80, 3: 60}
"""Signs of a title in a sentence, by the number of scenarios: it stands whole just above."""
LONGEST = 240
"""Signs of a title elsewhere; longer is only one of which the fonts draw nothing."""


def briefing(report: Report) -> bytes:
    """Return the briefing as PDF, the same bytes for the same report.

    Raises SimulationError where it cannot be set.
    """

    @cache
    def content(height: int) -> dict[str, Any]:
        return _content(report, height)

    def made(height: int, first: Size, second: Size) -> bytes:
        return _set({**content(height), "first": first, "second": second}, report.date)

    def fits(pdf: bytes) -> bool:
        return _pages(pdf) <= PAGES

    tight = SIZES[-1]
    first = next((size for size in SIZES if fits(made(GOOD, size, tight))), tight)
    too_high = bisect(HEIGHTS, 0, key=lambda height: not fits(made(height, first, tight)))
    height = HEIGHTS[max(too_high - 1, 0)]
    second = next((size for size in SIZES if fits(made(height, first, size))), tight)
    return made(height, first, second)


def _set(content: dict[str, Any], date: str) -> bytes:
    try:
        made = typst.compile(
            TEMPLATE.read_bytes(),
            sys_inputs={"data": json.dumps(content)},
            pdf_standards=STANDARD,
            ignore_system_fonts=True,
            timestamp=_moment(date),
        )
    except typst.TypstError as error:
        raise SimulationError(fault("briefing_not_set", reason=str(error))) from error
    return bytes(made)


def _moment(date: str) -> dt.datetime:
    """Return the moment in the file: the date of the data, so that a report has one file."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(date), dt.time(), dt.UTC)
    except ValueError:
        return dt.datetime(1980, 1, 1, tzinfo=dt.UTC)


def _pages(pdf: bytes) -> int:
    found = re.search(rb"<xmpTPg:NPages>(\d+)<", pdf)
    return int(found[1]) if found else 0


def _shown(title: str) -> str:
    """Return a title as it can be printed."""
    return breakable(short(drawable(title), LONGEST))


def _columns(report: Report, marks: Sequence[str]) -> list[str]:
    """Return what stands above the column of each scenario: a letter and a short title."""
    most = SHORT[len(report.outcomes)]
    titles = [o.title.removeprefix(f"{report.municipality}, ") for o in report.outcomes]
    names = [breakable(short(drawable(title), most), BREAK["column"]) for title in titles]
    return names if len(names) == 1 else [f"{m}. {name}" for m, name in zip(marks, names, strict=True)]


def _content(report: Report, height: int) -> dict[str, Any]:
    """Return what the template lays out: texts only, ready to print."""
    t, writing = report.writing.t, report.writing
    titles = [_shown(o.title) for o in report.outcomes]
    several = len(titles) > 1
    marks = ["A", "B", "C"][: len(titles)]
    names = _columns(report, marks)
    drawn = marks if len(marks) > FULL_NAMES else [short(n.replace(ZERO, ""), IN_CHART) for n in names]
    shorter = [breakable(short(title, IN_SENTENCE[len(titles)])) for title in titles]
    sentences = [o.sentence.replace(o.title, x) for o, x in zip(report.outcomes, shorter, strict=True)]
    return {
        "lang": report.language,
        "title": _shown(report.title),
        "author": t("model", version=report.version),
        "subject": t("doc_subject"),
        "footer": f"{t('model', version=report.version)} · {drawable(report.municipality)}",
        "page": writing.words["page_of"],
        "reference": t("reference_title", title=_shown(report.reference)),
        "choices": [
            (f"{m}." if several else f"{t('choice')}:", x) for m, x in zip(marks, titles, strict=True)
        ],
        "worlds": [
            short(line, LONGEST)
            for line in world_lines(report, [t("reference"), *(marks if several else [t("choice")])])
        ],
        "local": _shown(report.local),
        "sentences": [
            (f"{m}. {sentence}" if several else sentence, o.unmet)
            for m, sentence, o in zip(marks, sentences, report.outcomes, strict=True)
        ],
        "honest": t("sentence_honest").replace("**", ""),
        "choice": t("choice"),
        "item": t("item"),
        "period": t("period"),
        "names": names,
        "figures": _figures(report, names),
        "even": {
            "title": t("quitte_title"),
            "lines": _even(report, marks if several else [""]),
            "chances": _chances(report, marks if several else []),
        },
        "back": {
            "title": t("back_title"),
            "svg": svg(report, drawn, height),
            "alt": description(report, drawn),
            "note": t(
                "chart_note" if report.chance_known else "chart_note_few",
                rate=writing.percent(report.rate, 2),
            ),
        },
        "levels": _levels(report, [t("reference"), *drawn], height),
        "differences": {
            "title": t("differences"),
            "groups": [_differences(report, k) for k in range(len(report.horizons))],
            "note": t(
                "differences_note",
                rate=writing.percent(report.rate, 2),
                drawn=t("drawn_brackets" if report.chance_known else "drawn_few"),
            ),
        },
        "payers": _payers(report),
        "unknown": {"title": t("unknown_title"), "items": list(report.unknown)},
        "main": _main(report),
        "about": {"title": t("about"), "lines": _about(report)},
    }


def _even(report: Report, marks: Sequence[str]) -> list[str]:
    """Return what would have to be true for the money to come back, and what research found."""
    told = [
        f"{mark}. {o.place}" if mark else o.place
        for mark, o in zip(marks, report.outcomes, strict=True)
        if o.place
    ]
    return [*told, research_words(report.writing)] if told else []


def _chances(report: Report, marks: Sequence[str]) -> dict[str, Any]:
    """Return the chance that the money comes back, by scenario and horizon. marks: none of a single one."""
    t, ahead = report.writing.t, range(len(report.horizons))
    chances = [[report.chance(o, k) for k in ahead] for o in report.outcomes]
    return {
        "title": t("row_payback"),
        "header": [*([t("choice")] if marks else []), *(t("mark", years=n) for n in report.horizons)],
        "rows": [[f"{m}.", *row] for m, row in zip(marks, chances, strict=True)] if marks else chances,
    }


def _levels(report: Report, names: Sequence[str], height: int) -> list[dict[str, str]]:
    """Return the charts of use and cost themselves, each with what is to be known of it."""
    t, writing = report.writing.t, report.writing
    found = []
    drawn = (next((each for each in report.levels if each.what == USERS), None), report.money)
    for levels in filter(None, drawn):
        notes = _money_notes(report, levels) if levels.what == MONEY else []
        notes.append(t("level_band_note" if report.chance_known else "level_few"))
        if levels.observed:
            notes.insert(0, t("level_dots"))
        elif levels.country:
            notes.insert(0, t("level_no_dots", name=drawable(report.municipality)))
        if levels.close:
            notes.append(t("levels_close", share=writing.percent(CLOSE)))
        found.append(
            {
                "title": level_title(report, levels),
                "svg": level_svg(report, levels, names, height),
                "alt": level_alt(report, levels, names),
                "note": " ".join(notes),
            }
        )
    return found


def _money_notes(report: Report, money: Levels) -> list[str]:
    """Return which money it is, of whom and in which euros."""
    name = drawable(report.municipality)
    whose = money_words(money.view, report.people, report.inflation, name, report.writing)
    return [report.writing.t(f"level_{MONEY_PARTS[money.view.money]}_note"), *whose]


def _figures(report: Report, names: Sequence[str]) -> dict[str, Any]:
    """Return three figures of each scenario: use and unmet need at the middle horizon, money at the last."""
    t, writing = report.writing.t, report.writing
    near = min(1, len(report.horizons) - 1)
    before = report.before[near]

    def cell(f: Figure, write: Callable[..., str], less: str, base: str) -> list[str]:
        value = writing.provisional(writing.change(f, write, less), Standing.of(f) is Standing.PROVISIONAL)
        return [value[:1].upper() + value[1:], writing.range(f, write, less), base]

    def now(level: float) -> str:
        return t("now", level=writing.about(level))

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


def _differences(report: Report, k: int) -> dict[str, Any]:
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


def _payers(report: Report) -> dict[str, Any]:
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
            total = sum(f.value for f in row.figures)
            title = breakable(short(drawable(report.outcomes[row.scenario - 1].title), SHORT[2]))
            payer = report.level(row.level)
            notes.append(
                t(
                    "others_pay",
                    payer=payer[0].upper() + payer[1:],
                    years=len(row.years),
                    value=writing.money(total, True),
                    title=title,
                )
            )
    return {"title": t("who_pays"), "rows": rows, "note": " ".join(notes)}


def _millions(f: Figure, report: Report) -> str:
    """Return a difference in millions; where it is not clear, the range alone: it stands in brackets."""
    writing = report.writing
    if Standing.of(f) is Standing.UNCLEAR and has_range(f) and f.low is not None and f.high is not None:
        return writing.t("from_to", low=writing.millions(f.low, True), high=writing.millions(f.high, True))
    return writing.difference(f, writing.millions)


def _main(report: Report) -> dict[str, Any]:
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


def _about(report: Report) -> list[str]:
    t, writing = report.writing.t, report.writing
    facts = dict(report.about)
    one = "about_line" if report.draws > 1 else "about_one"
    names = ("commit", "seed", "engine", "data", "posterior")
    return [
        t(one, draws=report.draws, children=facts[t("about_children")]),
        t(
            "source",
            version=report.version,
            date=writing.date(report.date),
            rate=writing.percent(report.rate, 2),
        ),
        " · ".join(f"{t(f'about_{name}')} {facts[t(f'about_{name}')][:16]}" for name in names) + ".",
    ]
