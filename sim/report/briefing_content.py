"""What the council briefing says: texts only, ready to print, laid out by `briefing.typ`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.decision.level_by_year import MONEY_PARTS
from sim.inputs.observed import years_observed
from sim.report.briefing_tables import SHORT, differences, figures, main_assumptions, payers
from sim.report.chart import description, svg
from sim.report.content import Report, world_lines
from sim.report.lettering import BREAK, ZERO, breakable, drawable, short
from sim.report.level_chart import level_alt, level_counted, level_svg, level_title
from sim.report.levels import CLOSE, MONEY, USERS, Levels
from sim.words.break_even_words import research_words
from sim.words.money_words import money_words

IN_CHART = 40
"""Signs of a title below a chart, which has half of the page."""
FULL_NAMES = 2
"""Up to how many scenarios have their title there; with more there is room for their letters."""
IN_SENTENCE = {1: 100, 2: 80, 3: 50}
"""Signs of a title in a sentence, by the number of scenarios: it stands whole just above."""
LONGEST = 240
"""Signs of a title elsewhere; longer is only one of which the fonts draw nothing."""


def content(report: Report, height: int) -> dict[str, Any]:
    """Return what the template lays out. height: of the charts, in pixels."""
    t, writing = report.writing.t, report.writing
    titles = [_shown(o.title) for o in report.outcomes]
    several = len(titles) > 1
    marks = ["A", "B", "C"][: len(titles)]
    names = _columns(report, marks)
    drawn = marks if len(marks) > FULL_NAMES else [short(n.replace(ZERO, ""), IN_CHART) for n in names]
    shorter = [breakable(short(title, IN_SENTENCE[len(titles)])) for title in titles]
    sentences = [o.told.replace(o.title, x) for o, x in zip(report.outcomes, shorter, strict=True)]
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
        "honest": f"{report.effect} {t('sentence_honest')}".replace("**", ""),
        "choice": t("choice"),
        "item": t("item"),
        "period": t("period"),
        "names": names,
        "figures": figures(report, names),
        "even": {
            "title": t("quitte_title"),
            "lines": _even(report, marks if several else [""]),
            "chances": _chances(report, marks if several else []),
        },
        "back": _back(report, drawn, height),
        "levels": _levels(report, [t("reference"), *drawn], height),
        "differences": {
            "title": t("differences"),
            "groups": [differences(report, k) for k in range(len(report.horizons))],
            "note": t(
                "differences_note",
                rate=writing.percent(report.rate, 2),
                drawn=t("drawn_brackets" if report.chance_known else "drawn_few"),
            ),
        },
        "payers": payers(report),
        "unknown": {"title": t("unknown_title"), "items": list(report.unknown)},
        "main": main_assumptions(report),
        "about": {"title": t("about"), "lines": _about(report)},
    }


def _shown(title: str) -> str:
    """Return a title as it can be printed."""
    return breakable(short(drawable(title), LONGEST))


def _columns(report: Report, marks: Sequence[str]) -> list[str]:
    """Return what stands above the column of each scenario: a letter and a short title."""
    most = SHORT[len(report.outcomes)]
    titles = [o.title.removeprefix(f"{report.municipality}, ") for o in report.outcomes]
    names = [breakable(short(drawable(title), most), BREAK["column"]) for title in titles]
    return names if len(names) == 1 else [f"{m}. {name}" for m, name in zip(marks, names, strict=True)]


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


def _back(report: Report, names: Sequence[str], height: int) -> dict[str, str]:
    """Return the chart of money that comes back, or that there is none."""
    t, title = report.writing.t, report.writing.t("back_title")
    if not report.luck_known:
        return {"title": title, "svg": "", "alt": "", "note": t("chart_untold")}
    note = "chart_note" if report.chance_known else "chart_note_few"
    return {
        "title": title,
        "svg": svg(report, names, height),
        "alt": description(report, names),
        "note": t(note, rate=report.writing.percent(report.rate, 2)),
    }


def _levels(report: Report, names: Sequence[str], height: int) -> list[dict[str, str]]:
    """Return the charts of use and cost themselves, each with what is to be known of it.

    Where nobody can tell what is luck there is none, and words say so.
    """
    t, writing = report.writing.t, report.writing
    found = []
    drawn = (next((each for each in report.levels if each.what == USERS), None), report.money)
    for levels in filter(None, drawn):
        if not report.luck_known:
            said = " ".join(filter(None, (level_counted(report, levels), t("chart_untold"))))
            found.append({"title": level_title(report, levels), "svg": "", "alt": "", "note": said})
            continue
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
            **years_observed(),
        ),
        " · ".join(f"{t(f'about_{name}')} {facts[t(f'about_{name}')][:16]}" for name in names) + ".",
    ]
