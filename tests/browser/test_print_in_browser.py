"""What comes out of a printer: the answer on one page, without menus and controls."""

from __future__ import annotations

import io
from urllib.parse import urlencode

import pytest
from pypdf import PdfReader

from tests.browser.screens import Watched, quiet_for
from tests.opened import unfolded

pytestmark = pytest.mark.browser
CHARTS_BELOW_WORDS = """() => [...document.querySelectorAll("[data-testid=stVegaLiteChart]")]
  .map(chart => chart.closest("[data-testid=stElementContainer]"))
  .filter(e => e.previousElementSibling).map(e => getComputedStyle(e).breakBefore)"""
PAINTED = """() => {
  const ground = e => getComputedStyle(e).backgroundColor;
  return {filter: getComputedStyle(document.querySelector("[data-testid=stVegaLiteChart] svg")).filter,
    grounds: [...document.querySelectorAll("[data-testid=stSelectbox] *")].map(ground)
      .filter(colour => colour !== "rgba(0, 0, 0, 0)")};
}"""
"""What a chart is filtered by, and the backgrounds within fields that are not transparent."""
TOPS = """() => [...document.querySelectorAll("[data-testid=stColumn]")]
  .map(e => Math.round(e.getBoundingClientRect().top))"""
"""Where the columns of a page begin, in pixels."""
AT_WORK = """() => {
  const bar = document.createElement("div");
  bar.dataset.testid = "stProgress";
  document.querySelector(".stMainBlockContainer").append(bar);
}"""
"""Puts there what tells how far work is."""
GAPS = """() => [...document.querySelectorAll("[data-testid=stVegaLiteChart] > svg")].map(svg => {
  svg.parentElement.style.width = "400px";  // paper is narrower than the screen
  const box = svg.getBoundingClientRect(), drawn = svg.viewBox.baseVal;
  return Math.round(box.height - box.width * drawn.height / drawn.width);
})"""
"""White above and below each chart on narrower paper, in pixels."""


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/", "van elke 100 euro", ("betaalt Almere in 4 jaar", "Hulp nodig, niet gekregen")),
        ("/vergelijk", "Hiermee vergelijken we", ("72 kinderwerkers", "Extra kosten gemeente 2026")),
        ("/wie-betaalt", "Alles samen", ("wie heeft er iets aan", "in de kas")),
        ("/briefing", "Briefing voor de raad", ("De cijfers", "Hulp nodig, niet gekregen in 2035")),
        ("/afwegingskader", "Van de veertien onderdelen", ("3.4 Draagvlak: niet bekend", "1.2 Maatregel")),
    ],
)
def test_the_answer_is_printed_on_one_page_without_menus(
    page: Watched, path: str, answer: str, words: tuple[str, ...]
) -> None:
    page.goto(path)
    page.get_by_text(answer).first.wait_for(timeout=240_000)
    page.emulate_media(media="print")  # charts take their new width before the page is printed
    quiet_for(page, 2500)
    (printed,) = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    text = printed.extract_text()
    assert [word for word in words if word not in " ".join(text.split())] == []
    menu = page.locator("[data-testid=stSidebar] a").all_inner_texts()
    assert len(menu) > 8
    named = (page.locator("h1").first.inner_text(), "Start", "Verken", "Vergelijk")
    assert [name for name in menu if name not in named and name in text] == []
    assert "Link naar dit scherm" not in text
    assert "Download" not in text
    assert "Voor uw eigen programma" not in text  # what a button gives
    assert page.errors == []


def test_what_is_dark_on_the_screen_is_printed_dark_on_white(page: Watched) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    page.get_by_text("keer andere aannames").first.wait_for(timeout=240_000)
    quiet_for(page, 2500)
    on_screen = page.evaluate(PAINTED)
    assert on_screen["filter"] == "none"
    page.emulate_media(media="print", color_scheme="dark")
    quiet_for(page, 1200)
    printed = page.evaluate(PAINTED)
    assert "invert(1)" in printed["filter"]
    assert on_screen["grounds"] != []
    assert printed["grounds"] == []
    assert page.errors == []


def test_the_same_children_are_printed_side_by_side(page: Watched) -> None:
    page.goto("/kinderen")
    page.get_by_text("keer andere aannames").first.wait_for(timeout=240_000)
    quiet_for(page, 2500)
    page.emulate_media(media="print")
    quiet_for(page, 2500)
    tops = page.evaluate(TOPS)
    assert len(tops) == 2
    assert tops[0] == tops[1]
    assert page.errors == []


def test_an_open_fold_is_printed_whole_and_a_chart_below_its_words(page: Watched) -> None:
    page.goto(f"/wie-betaalt?{urlencode(unfolded('wie-betaalt'))}")
    page.get_by_text("keer andere aannames").first.wait_for(timeout=240_000)
    page.emulate_media(media="print")
    quiet_for(page, 2500)
    pages = [" ".join(p.extract_text().split()) for p in PdfReader(io.BytesIO(page.pdf())).pages]
    assert [text[:40] for text in pages if len(text) < 200] == []
    (whole,) = (text for text in pages if "Per jaar en per betaler" in text)
    assert "Buiten de jeugdzorg, per jaar" in whole
    assert "Dit is geen geld van de gemeente" in whole  # the last words of this fold
    below = page.evaluate(CHARTS_BELOW_WORDS)
    assert len(below) > 2
    assert set(below) == {"avoid"}
    gaps = page.evaluate(GAPS)
    assert len(gaps) > 3
    assert [gap for gap in gaps if abs(gap) > 1] == []
    assert page.errors == []


@pytest.mark.parametrize(
    ("language", "said"), [("nl", "Voorlopig: bij het afdrukken"), ("en", "Provisional: the")]
)
def test_a_page_that_is_still_at_work_says_so_on_paper(page: Watched, language: str, said: str) -> None:
    page.goto(f"/over?taal={language}")
    quiet_for(page, 1200)

    def printed() -> str:
        found = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        return " ".join(each.extract_text() for each in found.pages)

    assert said not in printed()
    page.evaluate(AT_WORK)
    assert said in printed()
    assert page.get_by_text(said).count() == 0  # on the screen there is a bar
