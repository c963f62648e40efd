"""The log for machines of an app in use: lines, nothing of who uses it, and no fault where it is stopped."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.screens import READY, running_app
from tests.browser.test_hostile_files_in_browser import PLAN, TOLD, choose, show_field

pytestmark = pytest.mark.browser
SECRET = "GEHEIM-4711"


def test_a_link_a_file_and_an_address_leave_nothing_in_the_log(browser: Browser, tmp_path: Path) -> None:
    file, log = tmp_path / f"{SECRET}.yaml", tmp_path / "log"
    file.write_text(f"kind: scenario\ntitle: {SECRET}\nmunicipality: {SECRET}\n{SECRET}: [", encoding="utf-8")
    with running_app(log) as (url, _):
        context = browser.new_context(locale="nl-NL", base_url=url)
        page = context.new_page()
        page.goto(f"/{SECRET}?gemeente={SECRET}&begroting={SECRET}")
        page.wait_for_selector(READY, timeout=60_000)
        show_field(page, PLAN)
        choose(page, file)
        page.get_by_text(TOLD[PLAN]).first.wait_for(timeout=60_000)
        page.get_by_text(file.name).first.wait_for(timeout=60_000)
        context.close()
    text = log.read_text(encoding="utf-8")
    assert SECRET not in text
    assert url.rpartition(":")[2] not in text
    assert {json.loads(line)["event"] for line in text.splitlines()} >= {"started"}


def test_an_app_that_is_stopped_in_the_midst_of_an_answer_tells_no_fault(
    browser: Browser, tmp_path: Path
) -> None:
    log, sizes = tmp_path / "log", {"KINDERWERK_APP_CHILDREN": "60000", "KINDERWERK_APP_DRAWS": "400"}
    with running_app(log, sizes=sizes) as (url, process):
        page = browser.new_page(locale="nl-NL", base_url=url)
        page.goto("/")
        page.get_by_test_id("stProgress").first.wait_for(timeout=60_000)
        page.wait_for_timeout(2000)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        page.close()
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert "started" in {line["event"] for line in lines}
    assert not [line for line in lines if line["level"] == "ERROR"]
