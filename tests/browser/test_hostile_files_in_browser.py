"""The worst files that we can make, sent as people send them: the server answers everybody else meanwhile."""

from __future__ import annotations

import io
import itertools
import signal
import subprocess
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sim.inputs.municipality_template import template
from tests.browser.screens import READY, Watched, running_app, soon

pytestmark = pytest.mark.browser
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
OWN, PLAN = "/eigen-cijfers?begroting=0-g-crowd_out", "/verken?begroting=0-g-crowd_out"
TOLD = {OWN: "Deze cijfers zijn niet gebruikt", PLAN: "Er is niets veranderd"}
FIGURES, SCENARIO = b"kind: municipality\n", b"kind: scenario\ntitle: x\nmunicipality: Almere\n"


def book(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return the template with a part changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template("nl"))) as source, zipfile.ZipFile(stream, "w") as made:
        for name in source.namelist():
            content = source.read(name)
            made.writestr(name, change(content) if name == part else content)
    return stream.getvalue()


def with_cells(more: bytes) -> bytes:
    return book(
        "xl/worksheets/sheet3.xml", lambda sheet: sheet.replace(b"</sheetData>", more + b"</sheetData>")
    )


WORST = {
    "relations.xlsx": (OWN, lambda: book("xl/_rels/workbook.xml.rels", lambda _: b"<a<b<c" * 75_000)),
    "format.xlsx": (
        OWN, lambda: book("xl/styles.xml", lambda c: c.replace(b'"@"', b'"' + b"[a[b" * 100_000 + b'"'))
    ),
    "tags.xlsx": (OWN, lambda: with_cells(b"<row/>" * 160_000)),
    "namespace.xlsx": (
        OWN, lambda: with_cells(b'<a xmlns="' + b"u" * 450_000 + b'">' + b"<b/>" * 110_000 + b"</a>")
    ),
    "texts.xlsx": (
        OWN,
        lambda: book(
            "xl/sharedStrings.xml", lambda c: c.replace(b"</sst>", b"<si><t>a</t></si>" * 55_000 + b"</sst>")
        ),
    ),
    "quote.yaml": (OWN, lambda: FIGURES + b'name: "' + b"b\n" * 490_000),
    "tag.yaml": (OWN, lambda: FIGURES + b"name: " + b"!" * 980_000),
    "boundaries.yaml": (OWN, lambda: FIGURES + b"# " + b"\r\n--" * 245_000),
    "list.yaml": (PLAN, lambda: SCENARIO + b"years: [" + b"1," * 480_000 + b"]"),
    "parameters.yaml": (
        PLAN, lambda: SCENARIO + b"parameters:\n" + b"".join(b"  cost.overhea%d: 1\n" % n for n in range(600))
    ),
}  # fmt: skip


class Health:
    """Asks the server every tenth of a second whether it is well."""

    def __init__(self, url: str) -> None:
        self.url, self.answered, self._over = f"{url}/_stcore/health", [time.monotonic()], threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Health:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(0.1):
            if DIRECT.open(self.url, timeout=60).read() == b"ok":
                self.answered.append(time.monotonic())

    def longest_silence(self) -> float:
        times = [*self.answered, time.monotonic()]
        return max(after - before for before, after in itertools.pairwise(times))


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as opened:
        page.locator("[data-testid=stFileUploader] button").last.click()
    opened.value.set_files(file)


def show_field(page: Page, where: str) -> None:
    """Open a page and show its field for a file."""
    page.goto(where)
    page.wait_for_selector(READY, timeout=60_000)
    way = "Bestand" if where == OWN else "Bestand bewaren of openen"
    page.get_by_text(way, exact=True).first.click()


def test_the_server_answers_while_the_worst_files_are_read(
    page: Watched, app_url: str, tmp_path: Path
) -> None:
    silent = {}
    for where in (OWN, PLAN):
        show_field(page, where)
        for name, (place, content) in WORST.items():
            if place == where:
                (tmp_path / name).write_bytes(content())
                assert (tmp_path / name).stat().st_size < 1_000_000
                with Health(app_url) as health:
                    choose(page, tmp_path / name)
                    page.get_by_text(TOLD[where]).first.wait_for(timeout=60_000)
                    page.get_by_text(name).first.wait_for(timeout=60_000)
                    silent[name] = health.longest_silence()
                page.get_by_role("button", name="Haal weg").click()
                page.get_by_text(TOLD[where]).wait_for(state="detached", timeout=60_000)
    print(silent)
    assert len(silent) == len(WORST)
    assert max(silent.values()) < 1.0, silent
    assert page.errors == []


def copies_of(process: subprocess.Popen[bytes]) -> list[str]:
    """Return the processes that read a file for a server."""
    children = lambda pid: Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()  # noqa: E731
    return [copy for waiting in children(process.pid) for copy in children(waiting)]


def lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_a_server_that_is_told_to_stop_stops_while_it_reads_a_file(browser: Browser, tmp_path: Path) -> None:
    slow = tmp_path / "quote.yaml"
    slow.write_bytes(WORST["quote.yaml"][1]())
    with running_app() as (url, process):
        context = browser.new_context(locale="nl-NL", base_url=url)
        try:
            page = context.new_page()
            show_field(page, OWN)
            choose(page, slow)
            assert soon(page, lambda: bool(copies_of(process)))
            reading = copies_of(process)
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=12)
            assert time.monotonic() - start < 5
            assert soon(page, lambda: not [pid for pid in reading if lives(pid)], seconds=5)
        finally:
            context.close()
