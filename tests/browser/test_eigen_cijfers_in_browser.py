"""Uploads as people and attackers send them: a clear message, and nothing changes."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from sim.inputs.municipality_template import template
from sim.inputs.profiles import profiles
from tests.browser.screens import READY, Watched, quiet_for
from tests.browser.test_every_page import violations

pytestmark = pytest.mark.browser
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def edited(sheet: str, cell: str, value: object) -> bytes:
    """Return the template with one cell changed."""
    book = openpyxl.load_workbook(io.BytesIO(template("nl", profiles()["Almere"])))
    book[sheet][cell] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def packed(changes: dict[str, tuple[bytes, bytes]], more: dict[str, bytes]) -> bytes:
    """Return the template with parts changed (old, new) and parts added."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(template("nl"))) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in source.namelist():
            made.writestr(name, source.read(name).replace(*changes.get(name, (b"\0\0", b""))))
        for name, content in more.items():
            made.writestr(name, content)
    return stream.getvalue()


SCRIPT = (
    b'kind: municipality\nname: "<script>alert(1)</script>"\n'
    b"date: 2024-01-01\nsource: x\npopulation: {0-22: 9}\n"
)
WRONG = {
    "wrong columns": (
        "a.xlsx", lambda: edited("Bevolking", "A1", "Leeftijd"),
        "Blad Bevolking, cel A1: verwacht: de kop 'Van leeftijd'",
    ),
    "macros": (
        "a.xlsx",
        lambda: packed({"[Content_Types].xml": (b"sheet.main+xml", b"macroEnabled.main+xml")}, {}),
        "De werkmap bevat macro's",
    ),
    "a zip bomb": (
        "a.xlsx", lambda: packed({}, {"xl/worksheets/sheet9.xml": b"0" * 100_000_000}),
        "De werkmap is niet wat zij lijkt",
    ),
    "script in a name": (
        "<img src=x onerror=alert(1)>.yaml", lambda: SCRIPT, "Regel 2, kolom 7: de tekens < en >"
    ),
    "another kind": ("a.csv", lambda: b"a;b\n", "verwacht: een bestand .xlsx of .yaml"),
    "50 MB": ("a.xlsx", lambda: os.urandom(1 << 20) * 50, "Het bestand mag hooguit 1.0MB zijn."),
}  # fmt: skip


def choose(page: Page, file: Path) -> None:
    """Choose a file as people do: the same file may be chosen again after it was mended."""
    with page.expect_file_chooser() as opened:
        page.locator("[data-testid=stFileUploader] button").last.click()
    opened.value.set_files(file)


def test_wrong_uploads_are_told_and_change_nothing(page: Watched, tmp_path: Path) -> None:
    page.on("dialog", lambda dialog: page.errors.append(f"a script ran: {dialog.message}"))
    page.goto("/eigen-cijfers?begroting=0-g-crowd_out")
    page.wait_for_selector(READY, timeout=60_000)
    page.get_by_text("Bestand", exact=True).first.click()
    good = tmp_path / "goed.xlsx"
    good.write_bytes(edited("Gemeente", "B5", 12.5))
    choose(page, good)  # what it puts forward goes when the next file is refused
    page.get_by_role("heading", name="Wat er verandert").wait_for(timeout=30_000)
    for case, (name, content, says) in WRONG.items():
        file = tmp_path / name
        file.write_bytes(content())
        choose(page, file)
        told = page.get_by_role("alert").filter(has_text=says)
        told.first.wait_for(timeout=30_000)
        expect(page.get_by_role("heading", name="Wat er verandert"), case).to_have_count(0, timeout=30_000)
    below = "e => getComputedStyle(e, '::after').content"  # in Dutch, what the browser refused by itself
    assert "niet gelezen" in page.locator("[data-testid=stFileUploader]").evaluate(below)
    assert page.get_by_text("Eigen cijfers van").count() == 0
    assert page.errors == []


def test_a_figure_is_given_beside_the_municipality(page: Watched) -> None:
    page.goto("/?gemeente=Hoorn&cijfer=jeugdhulp&begroting=0-g-crowd_out")
    page.wait_for_selector(READY, timeout=60_000)
    quiet_for(page, 1200)
    assert violations(page) == []
    youths = page.get_by_role("textbox", name="Aantal jongeren met jeugdhulp")
    refused = "Deze cijfers zijn niet gebruikt"
    for given, says in (("900000", refused), ("2400", "Wat er verandert voor Hoorn")):
        youths.fill(given)
        page.get_by_role("button", name="Bekijk wat er verandert").click()
        page.get_by_text(says).wait_for(timeout=30_000)
        assert "eigen=" not in page.url
    assert page.get_by_text(refused).count() == 0
    page.get_by_role("button", name="Neem over", exact=True).click(timeout=240_000)
    page.wait_for_url("**eigen=**", timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 1600})
    page.wait_for_timeout(800)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Gebruik deze cijfers niet meer").click()
    page.wait_for_url(lambda url: "eigen=" not in url, timeout=60_000)
    assert page.errors == []


def test_a_filled_template_is_shown_accepted_and_in_the_link(page: Watched, tmp_path: Path) -> None:
    page.goto("/eigen-cijfers?begroting=0-g-crowd_out")
    page.wait_for_selector(READY, timeout=60_000)
    page.get_by_text("Bestand", exact=True).first.click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Sjabloon voor Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(started.value.path().read_bytes()))
    assert book["Gemeente"]["B2"].value == "Almere"
    book["Gemeente"]["B5"] = 12.5
    file = tmp_path / "ingevuld.xlsx"
    book.save(file)
    choose(page, file)
    page.get_by_role("heading", name="Wat er verandert voor Almere").wait_for(timeout=30_000)
    page.locator("table td", has_text="12,5").first.wait_for(timeout=30_000)
    page.get_by_role("button", name="Neem over", exact=True).click()
    page.get_by_text("De eigen cijfers zijn in gebruik").wait_for(timeout=30_000)
    page.get_by_text("Link naar dit scherm").click()
    # The foot of the page is written last: until then it still shows the link of before.
    link = page.locator("[data-testid=stCode]").filter(has_text="eigen=")
    page.goto(link.inner_text(timeout=30_000).strip())
    page.get_by_role("heading", name="Eigen cijfers van Almere").wait_for(timeout=60_000)
    assert page.errors == []
