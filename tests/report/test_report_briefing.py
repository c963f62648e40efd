"""The briefing as a reader and a screen reader get it: two tagged pages, whatever users write."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from sim.decision.level_by_year import AT_FIRST, MoneyView
from sim.report.briefing import GOOD, SIZES, _empty, briefing
from sim.report.briefing_content import content
from sim.report.chart import description, svg
from sim.report.composition import report_of
from sim.report.content import Report, assumed_share
from sim.report.lettering import drawable, short
from sim.report.level_chart import level_alt
from sim.words.break_even_words import research_words
from tests.opened import spaced
from tests.report.comparisons import CORE, comparison

signs = st.characters(exclude_categories=("C", "Z")) | st.just(" ")
printable = st.text(signs, min_size=1, max_size=200).filter(lambda x: x == x.strip() and x.isprintable())
LONG = "Een titel van tweehonderd tekens met #eval(1+1), *vet*, $x$, @ref, <b> en `code` \\ erin; " * 3


@pytest.fixture(scope="module")
def reader(report: Report) -> PdfReader:
    return PdfReader(io.BytesIO(briefing(report)))


def text_of(reader: PdfReader) -> str:
    """Return the text of all pages in one line, words that were broken at its end made whole."""
    text = "\n".join(page.extract_text() for page in reader.pages)
    return re.sub(r"\s+", " ", re.sub(r"[-\u00ad\u2010]\n", "", text).replace("\u200b", ""))


def title_of(reader: PdfReader) -> str:
    """Return the title that a reader shows in its bar."""
    assert reader.metadata is not None
    return reader.metadata.title or ""


def tags(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Yield every structure element."""
    root: Any = reader.trailer["/Root"]
    todo: list[Any] = [root["/StructTreeRoot"]]
    while todo:
        node = todo.pop().get_object()
        if isinstance(node, DictionaryObject):
            yield node
            below = node.get("/K", [])
            todo += below if isinstance(below, list) else [below]


def test_it_is_two_pages_of_tagged_accessible_pdf(reader: PdfReader, report: Report) -> None:
    root: Any = reader.trailer["/Root"]
    assert len(reader.pages) == 2
    assert all(round(float(page.mediabox.height)) == 842 for page in reader.pages)
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"] == "nl"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"<pdfuaid:part>1</pdfuaid:part>", metadata)
    assert title_of(reader) == report.title
    kinds = {str(tag.get("/S")) for tag in tags(reader)}
    assert {"/Title", "/H1", "/Table", "/TH", "/TD", "/L", "/Figure"} <= kinds


def test_charts_are_told_to_those_who_do_not_see_them(reader: PdfReader, report: Report) -> None:
    told = [str(tag["/Alt"]) for tag in tags(reader) if "/Alt" in tag]
    names = ["A. 36 kinderwerkers", "B. 72 kinderwerkers"]
    added_up = description(report, names)
    assert "na 20 jaar € " in spaced(added_up)
    users, money = (levels for levels in report.levels if levels.what in ("users", "money"))
    both = [level_alt(report, levels, ["Uitgangssituatie", *names]) for levels in (users, money)]
    assert sorted(told) == sorted([added_up, *both])
    assert f"Geteld door het CBS: {report.writing.about(users.observed[0].value)}" in both[0]
    assert report.writing.money(money.budgets[1][0].value) in both[1]


def test_page_one_has_break_even_and_both_charts_and_the_last_lines_are_provenance(
    reader: PdfReader, report: Report
) -> None:
    first, second = (re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages)
    assert "Wanneer is het quitte?" in first
    assert "Jongeren met jeugdzorg per jaar" in first
    assert "Wat de gemeente per jaar betaalt" in first
    assert report.chance(report.outcomes[0], 2) in first.partition("Wanneer is het quitte?")[2]
    assert "Herkomst" not in first
    tail = second.partition("Herkomst Gerekend met")[2]
    assert "Hash van de ijking" in tail.replace("\xad ", "")  # a long commit moves where lines break
    assert not any(item[:30] in tail for item in report.unknown)


def test_what_a_place_costs_stands_on_page_one_as_on_start(report: Report) -> None:
    told = "Een plek kost ongeveer € 840 per jaar. Quitte is het als daarvan 60 van elke 100 euro wegvalt."
    first, second = report.outcomes
    named = replace(report, outcomes=(replace(first, place=told), second))
    text = text_of(PdfReader(io.BytesIO(briefing(named))))
    assert f"A. {told}" in text
    assert research_words(report.writing) in text
    assert research_words(report.writing) not in text_of(PdfReader(io.BytesIO(briefing(report))))


def test_page_one_says_what_a_term_costs_and_unmet_need_of_one_year_alone(report: Report) -> None:
    words = report.writing
    for (told, unmet), o in zip(content(report, 200)["sentences"], report.outcomes, strict=True):
        assert o.changes[0].municipal_cost.value > 0
        cost = words.about_euros(o.changes[0].municipal_cost.value)
        assert told.endswith(words.t("key_pays_more", cost=cost, years=report.horizons[0]))
        assert f"in {report.before[1].year}" in unmet
        named = words.t("figure_unmet", year=report.before[1].year)
        assert named in content(report, 200)["figures"]["header"]
    for few in (report_of(comparison("Meer", draws=3)), report_of(comparison("Meer", noise=500.0))):
        assert [o.term for o in few.outcomes] == [""]


def test_figures_are_those_of_the_report(reader: PdfReader, report: Report) -> None:
    text, writing = text_of(reader), report.writing
    for outcome in report.outcomes:
        for change in outcome.changes:
            assert writing.difference(change.municipal_cost, writing.millions) in text
            assert writing.difference(change.unmet_need, writing.count) in text
            assert writing.millions(change.programme_cost, True) in text
        assert outcome.title in text
    assert report.reference in text
    assert report.local in text
    assert "Dit weten we niet" in text
    assert all(item[:40] in text for item in report.unknown)
    assert "Startgetal 0" in text
    assert f"{writing.percent(assumed_share(report))} daarvan is aangenomen" in text
    assert "Aangepast: Kinderwerk: nieuwe matige zorgbehoefte" in text  # what a scenario changed is named


def test_it_speaks_english() -> None:
    made = PdfReader(io.BytesIO(briefing(report_of(comparison("Almere, more"), "en"))))
    root: Any = made.trailer["/Root"]
    assert root["/Lang"] == "en"
    text = text_of(made)
    assert "What we do not know" in text
    assert "jeugdzorg" not in text


@pytest.mark.parametrize("view", [AT_FIRST, MoneyView(per="inhabitant", prices="current")], ids=str)
def test_long_titles_and_three_scenarios_stay_on_two_pages(view: MoneyView) -> None:
    titles = [f"{k} {LONG}"[:199] + "x" for k in range(3)]
    made = PdfReader(io.BytesIO(briefing(report_of(comparison(*titles), view=view))))
    assert len(made.pages) == 2
    assert "#eval(1+1), *vet*, $x$, @ref, <b> en `code` \\ erin" in text_of(made)


@pytest.mark.parametrize("sign", ["W", "日"])
def test_words_without_an_end_stay_on_two_pages(sign: str) -> None:
    made = PdfReader(io.BytesIO(briefing(report_of(comparison(*(sign * 198 + f"{k}" for k in range(3)))))))
    assert len(made.pages) == 2


@pytest.mark.parametrize(("draws", "words"), [(1, "Alleen de beste schatting"), (5, "te weinig berekend")])
def test_few_draws_are_named(draws: int, words: str) -> None:
    made = PdfReader(io.BytesIO(briefing(report_of(comparison("Almere, meer", draws=draws)))))
    assert len(made.pages) == 2
    assert words in text_of(made)


def test_a_waiting_list_is_told_where_there_is_one() -> None:
    waiting = (("waiting_stock", "total", "all"), ("waiting_weeks", "total", "all"))
    text = text_of(PdfReader(io.BytesIO(briefing(report_of(comparison("Almere", labels=(*CORE, *waiting)))))))
    assert "Jongeren op een wachtlijst" in text
    assert "Jongeren op een wachtlijst" not in text_of(
        PdfReader(io.BytesIO(briefing(report_of(comparison("Almere", labels=CORE)))))
    )


def test_the_same_report_is_the_same_file(report: Report) -> None:
    assert briefing(report) == briefing(report)


def test_what_no_font_draws_is_written_as_its_code() -> None:
    assert drawable("Zoë €") == "Zoë €"
    assert drawable("a日b") == "a[U+65E5]b"
    assert drawable("\u1dc0") == "[U+1DC0]"  # a mark without a letter, which joins the space before it


def test_a_title_is_cut_between_words() -> None:
    assert short("72 kinderwerkers, niet geoormerkt", 34) == "72 kinderwerkers, niet geoormerkt"
    assert short("72 kinderwerkers, niet geoormerkt", 20) == "72 kinderwerkers…"


@settings(max_examples=5)
@given(title=printable)
@example(title="\u1dc0")
def test_any_printable_title_survives(report: Report, title: str) -> None:
    outcomes = tuple(replace(o, title=title, sentence=f"x {title} y") for o in report.outcomes)
    named = replace(report, title=title, reference=title, outcomes=outcomes)
    made = PdfReader(io.BytesIO(briefing(named)))
    assert len(made.pages) == 2
    shown = title_of(made).replace("\u200b", "")
    assert shown == drawable(title) or shown == short(drawable(title), 240)


def test_charts_are_drawn_for_a_guess_and_for_the_height_that_fits_and_no_more(
    report: Report, reader: PdfReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(what: Report, height: int) -> dict[str, Any]:
        asked.append(height)
        return content(what, height)

    monkeypatch.setattr("sim.report.briefing.content", counted)
    made = PdfReader(io.BytesIO(briefing(report)))
    assert [page.extract_text() for page in made.pages] == [page.extract_text() for page in reader.pages]
    assert asked[0] == GOOD
    assert len(asked) <= 2


@pytest.mark.parametrize("more", [-40, 0, 60])
def test_an_empty_chart_takes_the_room_of_the_one_that_is_drawn(report: Report, more: int) -> None:
    def charts(height: int) -> list[str]:
        made = content(report, height)
        return [made["back"]["svg"], *(each["svg"] for each in made["levels"])]

    def size(chart: str) -> tuple[str, ...]:
        found = re.match(r'<svg[^>]* width="(\d+)" height="(\d+)"', chart)
        assert found is not None
        return found.groups()

    drawn, guessed = charts(GOOD + more), charts(GOOD)
    assert len(drawn) == 3
    assert [size(chart) for chart in drawn] == [size(_empty(chart, more)) for chart in guessed]


def test_charts_that_come_out_higher_than_guessed_are_drawn_lower(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def taller(what: Report, height: int) -> dict[str, Any]:
        asked.append(height)
        return content(what, height + (0 if len(asked) == 1 else 400))

    monkeypatch.setattr("sim.report.briefing.content", taller)
    monkeypatch.setattr("sim.report.briefing.SIZES", SIZES[-1:])  # so that there is room for higher charts
    assert len(PdfReader(io.BytesIO(briefing(report))).pages) == 2  # those of the first guess
    assert len(asked) == 2
    assert asked[1] > GOOD


MARKUP = (
    "#eval(1+1) *vet* _k_ $x$ @ref <b> `c` \\ [x] = // /* ~ -- \"q\" &amp; {y} #",
    "[/einde] [red]x[/red] :smile:",
    "= kop", "- punt", "+ een", "/ term: x", "#let x = 1", "'; drop",
)  # fmt: skip


@pytest.mark.parametrize("title", MARKUP)
def test_what_users_wrote_is_read_as_it_stands(report: Report, title: str) -> None:
    outcomes = tuple(replace(o, title=title, sentence=f"Voor {title} is dit.") for o in report.outcomes)
    named = replace(report, title=title, reference=title, municipality=title, local=title, outcomes=outcomes)
    made = PdfReader(io.BytesIO(briefing(named)))
    text, bare = text_of(made), re.sub(r"\s+", " ", title)
    assert f"Voor {bare} is dit." in text
    assert text.count(bare) >= 4
    assert title_of(made) == title


@settings(max_examples=20, deadline=None)
@given(names=st.lists(st.text("[]{}<>&\"'\\\\#%$`*_ab.", min_size=1, max_size=30), min_size=2, max_size=2))
def test_the_chart_holds_names_as_they_stand(report: Report, names: list[str]) -> None:
    drawn = svg(report, names, 240)
    shown = [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)]
    assert [name for name in names if name not in shown] == []
