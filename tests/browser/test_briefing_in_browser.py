"""Downloads as a browser gets them: they open, and the PDF is tagged. No page calls another server."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from pypdf import PdfReader

from tests.browser.screens import READY, Watched

pytestmark = pytest.mark.browser


def test_every_download_opens(page: Watched) -> None:
    page.goto("/briefing")
    # The first of all browser tests: on a new machine it waits while kernels are compiled.
    page.get_by_role("button", name="Briefing voor de raad").wait_for(timeout=240_000)
    page.wait_for_selector(READY)

    def got(name: str) -> tuple[str, str]:
        with page.expect_download() as started:
            page.get_by_role("button", name=name).click()
        return started.value.suggested_filename, str(started.value.path())

    name, path = got("Briefing voor de raad")
    pdf = PdfReader(path)
    assert (name, len(pdf.pages)) == ("kinderwerk-almere.pdf", 2)
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("nl")
    name, path = got("Werkboek")
    assert name == "kinderwerk-almere.xlsx"
    assert "Samenvatting" in openpyxl.load_workbook(io.BytesIO(Path(path).read_bytes())).sheetnames
    _, path = got("Cijfers per jaar")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("kinderwerk.csv").decode("utf-8-sig").startswith("Keuze;")
    _, path = got("Scenariobestanden")
    assert len(zipfile.ZipFile(path).namelist()) == 2
    _, path = got("Herkomst")
    with open(path, encoding="utf-8") as stream:
        assert json.load(stream)["project"] == "kinderwerk"
    assert page.errors == []


def test_the_browser_of_a_visitor_calls_no_other_server(page: Watched, app_url: str) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto("/over")
    page.get_by_text("Toegankelijkheidsverklaring").first.wait_for(timeout=60_000)
    page.wait_for_selector(READY)
    page.wait_for_timeout(1500)
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(app_url).netloc}
    assert [cookie["name"] for cookie in page.context.cookies()] == ["_streamlit_xsrf"]


def test_what_the_documents_are_about_stays_chosen_on_the_way_back(page: Watched) -> None:
    page.goto("/briefing")
    page.get_by_role("radio", name="begrotingen van Vergelijk").click()
    page.wait_for_selector(READY)
    page.get_by_role("link", name="Over en toegankelijkheid").click()
    page.get_by_text("Toegankelijkheidsverklaring").first.wait_for(timeout=60_000)
    page.get_by_role("link", name="Briefing en downloads").click()
    chosen = page.get_by_role("radio", name="begrotingen van Vergelijk")
    chosen.wait_for(timeout=60_000)
    assert chosen.is_checked()
