"""What comes out of a printer: the answer on one page, without menus and controls."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from tests.browser.screens import Watched, quiet_for

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/", "van elke 100 euro", ("betaalt Almere in 4 jaar", "Hulp nodig, niet gekregen")),
        ("/vergelijk", "Hiermee vergelijken we", ("72 kinderwerkers", "Kosten gemeente 2026-2045")),
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
    assert [name for name in menu if name not in ("Start", "Vergelijk") and name in text] == []
    assert "Link naar dit scherm" not in text
    assert "Download" not in text
    assert page.errors == []
