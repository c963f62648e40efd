"""The sheets of the workbook: texts, and numbers with the kind of their format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isnan

from sim.decision.comparison import Figure
from sim.decision.firm import Standing, has_range
from sim.report.content import ComparedScenario, Report, changed_note, world_lines
from sim.report.levelsheet import levels_sheet
from sim.report.rows import EUROS, FTE, PEOPLE, WEEK, Row
from sim.report.sheet import Cell, Column, Sheet, table_sheet
from sim.words.parameter_words import parameter_title, source_words, unit_words

KINDS = {PEOPLE: "count", EUROS: "count", WEEK: "decimal", FTE: "decimal"}
SIGNED = {"count": "signed", "decimal": "signed_decimal"}
VIEWS = {
    "municipality, cash": "perspective_cash",
    "municipality": "perspective_municipality",
    "all public payers": "perspective_public",
    "society": "perspective_society",
}
CHOICE: Column = ("choice", 36)
FIGURE: tuple[Column, ...] = (("col_difference", 16), ("col_mcse", 16), ("col_low", 16), ("col_high", 16))
TOLD: Column = ("col_told", 24)


def sheets(report: Report) -> tuple[Sheet, ...]:
    """Return the sheets in their order; charts are drawn from the second."""
    return (
        _summary(report),
        _by_year(report, "sheet_yearly", report.yearly),
        levels_sheet(report),
        _by_year(report, "sheet_payers", report.payers),
        _by_year(report, "sheet_forms", report.forms),
        _terms(report),
        _payback(report),
        _worth(report),
        _framework(report),
        _assumptions(report),
        _cheers(report),
        _about(report),
    )


def _figure(f: Figure, unit: str) -> tuple[Cell, ...]:
    """Return difference, error of computing, and low and high as far as they may be shown."""
    if Standing.of(f) is Standing.UNTOLD:
        return None, None, None, None
    kind = SIGNED[KINDS[unit]]
    ranged = has_range(f)
    low, high = (None if end is None or not ranged else (end, kind) for end in (f.low, f.high))
    return ((f.value, kind), (f.mcse, "count" if unit == EUROS else "decimal"), low, high)


def _told(report: Report, f: Figure, unit: str) -> str:
    """Return what may be said of a figure beside its number, or nothing."""
    return report.writing.remark(f, report.writing.money if unit == EUROS else report.writing.count)


def _by_year(report: Report, name: str, rows: Sequence[Row]) -> Sheet:
    t = report.writing.t
    columns: list[Column] = [CHOICE, ("col_what", 40), ("col_level", 26), ("col_unit", 10), ("col_year", 7)]
    columns += [("col_before", 16), *FIGURE, ("col_band", 16), TOLD]
    found: list[tuple[Cell, ...]] = []
    for row in rows:
        kind = KINDS[row.unit]
        head = (
            report.titles[row.scenario],
            t(f"what_{row.what}"),
            report.level(row.level),
            t(f"unit_{row.unit}"),
        )
        for i, (year, f) in enumerate(zip(row.years, row.figures, strict=True)):
            now = row.reference(i)
            before: Cell = None if now is None else (now, kind)
            cells = _figure(f, row.unit)
            band: Cell = None
            if f.low is not None and f.high is not None and has_range(f):
                band = (f.high - f.low, kind)
            found.append((*head, (float(year), "year"), before, *cells, band, _told(report, f, row.unit)))
    return table_sheet(report, name, t("reference_title", title=report.reference), columns, found)


def _summary(report: Report) -> Sheet:
    t = report.writing.t
    columns = (
        CHOICE,
        ("col_ahead", 10),
        ("col_year", 7),
        ("col_what", 48),
        ("col_unit", 10),
        ("col_before", 16),
        *FIGURE,
        TOLD,
    )
    rows = [
        line for o in report.outcomes for k in range(len(report.horizons)) for line in _horizon(report, o, k)
    ]
    above = [report.title, t("doc_subject"), t("reference_title", title=report.reference)]
    above += [*world_lines(report), *filter(None, (report.local, changed_note(report)))]
    above += [text for o in report.outcomes for text in (o.told, o.unmet)]
    drawn = t("drawn_between" if report.chance_known else "drawn_few")
    note = t("summary_note", rate=report.writing.percent(report.rate, 2), drawn=drawn)
    return Sheet(
        name=t("sheet_summary"),
        above=(*above, report.writing.t("sentence_honest").replace("**", "")),
        columns=tuple((t(key), width) for key, width in columns),
        rows=tuple(rows),
        below=(note, "", t("unknown_title"), *report.unknown),
        frozen=False,  # its heading stands too low: the lines above would fill the screen
    )


def _horizon(report: Report, o: ComparedScenario, k: int) -> Iterator[tuple[Cell, ...]]:
    """Yield the lines of one scenario up to one horizon, unmet need right below the use of care."""
    t, writing = report.writing.t, report.writing
    before, now, c = report.before[k], o.levels[k], o.changes[k]
    when: tuple[Cell, ...] = ((float(report.horizons[k]), "year"), (float(c.year), "year"))

    def line(what: str, unit: str, base: Cell, cells: tuple[Cell, ...], note: str) -> tuple[Cell, ...]:
        blank = (None,) * (len(FIGURE) - len(cells))
        return (o.title, *when, t(f"what_{what}"), t(f"unit_{unit}"), base, *cells, *blank, note)

    def figure(what: str, unit: str, base: Cell, f: Figure) -> tuple[Cell, ...]:
        return line(what, unit, base, _figure(f, unit), _told(report, f, unit))

    def people(level: float) -> Cell:
        return (level, "count") if report.luck_known else None

    yield figure("care_users", PEOPLE, people(before.care_users), c.care_users)
    yield figure("unmet_need", PEOPLE, people(before.unmet_need), c.unmet_need)
    lost = isnan(c.programme_cost)
    spent: Cell = None if lost else (c.programme_cost, "signed")
    yield line("programme_cost", EUROS, None, (spent,), t("untold") if lost else "")
    yield figure("municipal_running", EUROS, None, c.municipal_cost)
    if c.municipal_cashable is None:
        yield line("cashable_running", EUROS, None, (), t("not_comparable"))
    else:
        yield figure("cashable_running", EUROS, None, c.municipal_cashable)
    yield line("chance", "share", None, (), report.chance(o, k))
    waits = (
        ("waiting_stock", PEOPLE, before.waiting, now.waiting),
        ("waiting_weeks", WEEK, before.weeks, now.weeks),
    )
    for what, unit, was, becomes in waits:
        if becomes is not None:
            kind = KINDS[unit]
            words = t("becomes", value=writing.number(becomes))
            if was is None:  # no list by rule, or nothing can be said: there is no difference to show
                yield line(what, unit, None, (), words)
            else:
                yield line(what, unit, (was, kind), ((becomes - was, SIGNED[kind]),), words)


def _terms(report: Report) -> Sheet:
    t = report.writing.t
    rows: list[tuple[Cell, ...]] = []
    for o in report.outcomes:
        for term in o.terms:
            years: tuple[Cell, ...] = ((float(term.first), "year"), (float(term.last), "year"))
            for what, f in (("programmes", term.programmes), ("care", term.care), ("net", term.net)):
                rows.append((o.title, *years, t(f"col_{what}"), *_figure(f, EUROS), _told(report, f, EUROS)))
    columns = (CHOICE, ("col_from", 10), ("col_upto", 10), ("col_what", 18), *FIGURE, TOLD)
    return table_sheet(report, "sheet_terms", t("terms_note"), columns, rows)


def _payback(report: Report) -> Sheet:
    t = report.writing.t
    rows: list[tuple[Cell, ...]] = []
    for o in report.outcomes if report.chance_known else ():
        for back in o.paybacks:
            counting = t("cash" if back.measure == "cost_cashable" else "capacity")
            shares = (*back.shares, back.never)
            told = t("no_difference") if o.equal else ""
            cells = [told or report.share(share) if o.alike else t("not_comparable") for share in shares]
            rows.append((o.title, report.level(back.payer), counting, *cells))
    columns = [(t(key), width) for key, width in (CHOICE, ("col_payer", 30), ("col_counting", 26))]
    columns += [*((t("col_back", years=ahead), 18) for ahead in report.horizons), (t("col_never"), 18)]
    return Sheet(t("sheet_payback"), (t("sheet_payback"), t("payback_note")), tuple(columns), tuple(rows))


def _worth(report: Report) -> Sheet:
    t = report.writing.t
    rows: list[tuple[Cell, ...]] = []
    for o in report.outcomes:
        for w, lost in o.worths:
            f, known = w.net_present_value, report.chance_known and w.ratio.value is not None
            told = known and o.alike and not lost
            ratio: Cell = (w.ratio.value, "ratio") if told and w.ratio.value is not None else None
            chance = report.share(None if lost else w.ratio.probability) if o.alike else t("not_comparable")
            above_one = chance if known else None
            view: tuple[Cell, ...] = (o.title, t(VIEWS[w.perspective]), (w.discounting.costs, "rate"))
            rows.append((*view, *_figure(f, EUROS), _told(report, f, EUROS), ratio, above_one))
    columns = (
        CHOICE,
        ("col_perspective", 26),
        ("col_discount", 14),
        ("col_worth", 20),
        *FIGURE[1:],
        TOLD,
        ("col_ratio", 16),
        ("col_above_one", 16),
    )
    return table_sheet(report, "sheet_worth", t("worth_note"), columns, rows)


def _assumptions(report: Report) -> Sheet:
    t = report.writing.t
    rows: list[tuple[Cell, ...]] = []
    for a in report.assumptions:
        own = {item.scenario: item.value for item in a.own}
        used: list[Cell] = [(own.get(k, a.stands), "number") for k in range(len(report.titles))]
        changed = t("changed_by", names="; ".join(report.titles[k] for k in own)) if own else ""
        believed: list[Cell] = [(x, "number") for x in (a.value, a.low, a.high)]
        local: Cell = None if a.local is None else (a.local, "number")
        words = (parameter_title(a.name, report.writing), a.name)
        unit, source = unit_words(a.unit, report.writing), source_words(a.source, report.writing)
        rows.append(
            (
                *words,
                *believed,
                unit,
                t(f"basis_{a.basis}"),
                t(f"grade_{a.grade}"),
                local,
                *used,
                changed,
                source,
            )
        )
    keys = (
        ("assumption", 60),
        ("col_name", 34),
        ("col_default", 14),
        ("col_low", 12),
        ("col_high", 12),
        ("col_unit", 32),
        ("grade", 16),
        ("col_grade", 32),
        ("col_local", 14),
    )
    columns = [(t(key), width) for key, width in keys]
    columns += [(t("col_used", title=title), 18) for title in report.titles]
    columns += [(t("col_changed"), 24), (t("col_source"), 90)]
    marked = frozenset(k for k, a in enumerate(report.assumptions) if a.changed)
    above = (t("sheet_assumptions"), t("assumptions_note"))
    return Sheet(t("sheet_assumptions"), above, tuple(columns), tuple(rows), marked=marked)


def _framework(report: Report) -> Sheet:
    """Return the elements, a row each; no cell is empty."""
    t = report.writing.t
    rows: list[tuple[Cell, ...]] = []
    for e in report.framework:
        told = "\n".join([*e.known, *(t("frame_why", reason=reason) for reason in e.unknown)])
        asked = t("frame_not_filled", ask=e.ask) if e.ask else t("frame_not_asked")
        rows.append((e.number, e.name, told, e.sure, e.where, e.own or asked))
    columns = (
        ("frame_col_number", 6), ("frame_col_element", 30), ("frame_col_known", 100),
        ("frame_col_sure", 34), ("frame_col_where", 26), ("frame_col_own", 60),
    )  # fmt: skip
    sheet = table_sheet(report, "sheet_framework", t("frame_by"), columns, rows)
    return replace(sheet, above=(*sheet.above, t("frame_proof")))


def _cheers(report: Report) -> Sheet:
    t = report.writing.t
    rows: list[tuple[Cell, ...]] = [
        ((float(i.number), "year"), i.name, t("yes" if i.reported else "no"), i.where) for i in report.cheers
    ]
    columns = (("col_number", 6), ("item", 44), ("col_reported", 12), ("col_where", 110))
    return table_sheet(report, "sheet_cheers", t("cheers_note"), columns, rows)


def _about(report: Report) -> Sheet:
    return table_sheet(report, "sheet_about", report.title, (("item", 50), ("value", 110)), report.about)
