"""What Streamlit's own page says in English is in the language of the user; what users write stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit

from pages.serving.browser_words import SAID, SEEN
from tests.browser.screens import Watched, quiet_for

pytestmark = pytest.mark.browser
JOINED = ("group mark container",)
"""What a chart's own code puts together from parts."""
SAY = """words => {
  document.querySelector("#say")?.remove();
  const said = document.createElement("div");
  said.id = "say";
  document.body.append(said);
  for (const word of words) {
    const one = document.createElement("p");
    one.textContent = word;
    said.append(one);
  }
}"""
ENGLISH = ("files", "are", "allowed", "Streamlit", "please", "again", "found", "File", "The", "You", "No")


def test_every_refusal_of_the_browser_page_is_dutch(page: Watched) -> None:
    page.goto("/over")
    quiet_for(page, 1200)
    page.evaluate(SAY, [english.replace("*", "x") for english in SEEN])
    page.wait_for_timeout(300)
    told = page.locator("#say p").all_inner_texts()
    assert len(told) == len(SEEN)
    assert [text for text in told if set(text.split()) & set(ENGLISH)] == []
    assert "Een bestand van deze soort past hier niet." in told
    again = "e => { e.firstChild.nodeValue = 'File must be 1.0MB or smaller.' }"
    page.locator("#say p").first.evaluate(again)
    page.wait_for_timeout(300)
    assert page.locator("#say p").first.inner_text() == "Het bestand mag hooguit 1.0MB zijn."
    page.locator("[data-testid=stMain] [data-testid=stMarkdown] p").first.evaluate(
        "e => { e.textContent = 'No results' }"
    )
    page.wait_for_timeout(300)
    assert page.get_by_text("No results").count() == 1  # what a page or a user says is not touched
    assert page.errors == []


def test_a_visitor_without_a_connection_is_not_told_to_start_a_server(page: Watched) -> None:
    """As Streamlit's dialog would: the page of the test is given one like it."""
    page.goto("/over")
    quiet_for(page, 1200)
    dialog = "<div role=dialog><p id=why>x</p><div data-testid=stErrorCodeBlock>streamlit run</div></div>"
    page.evaluate("said => document.body.insertAdjacentHTML('beforeend', said)", dialog)
    assert page.locator("#why").is_visible()
    assert not page.get_by_text("streamlit run").is_visible()


def test_what_is_put_in_our_words_is_what_streamlit_says() -> None:
    """Of another version a sentence may be different, and come through in English."""
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    code = "".join(file.read_text("utf-8") for file in folder.glob("*.js"))
    said = [english for english in (*SAID, *SEEN) if english not in JOINED]
    parts = [part.strip() for english in said for part in english.split("*")]
    assert [part for part in parts if part not in code] == []
    assert "stErrorCodeBlock" in code  # hidden where a connection is lost
