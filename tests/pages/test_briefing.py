"""Briefing en downloads: the same figures on Start, in the workbook and in the PDF, from the same runs."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from pages.background import desk, documents
from pages.background.answers import Answer, UnwantedError
from pages.choices.chosen import Choices, scenario
from pages.choices.plan import Plan
from pages.look import formats
from pages.look.texts import writing_in
from pages.shared import watching
from sim.api import load_scenario
from sim.decision.firm import Standing
from sim.decision.headline import change
from sim.inputs.scenario import Scenario
from sim.inputs.scenario_files import check_path
from sim.progress import Progress
from sim.report.content import words as report_words
from tests.opened import once, spaced
from tests.worlds import RATE

ROOT = Path(__file__).resolve().parents[2]
NL = writing_in("nl")
FTE = 90.0
"""Enough child work for a difference that few runs can tell."""


def shown(page: str, **query: str) -> AppTest:
    """Return a page, opened by a link, once its work is done."""
    at = AppTest.from_file(str(ROOT / "pages" / page), default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()

    def whole() -> bool:
        words = " ".join(m.value for m in at.markdown)
        told = at.get("download_button") or re.search("keer (met )?andere aannames|times with other", words)
        return bool(told) and all(work.finished for work in desk.desk().kept.values() if work.wanted())

    once(at, whole).run()
    assert not at.exception
    assert not at.error
    return at


def pair() -> list[Scenario]:
    return [scenario(Choices(), Plan.simple(fte)) for fte in (0.0, FTE)]


def asked(scenarios: list[Scenario]) -> Answer:
    """Return the finished answer about scenarios, as the pages ask for it."""
    until = time.monotonic() + 100
    answer = desk.desk().ask(scenarios, "test")
    while not answer.finished and time.monotonic() < until:
        time.sleep(0.1)
        desk.desk().ask(scenarios, "test")
    assert answer.finished
    return answer


@pytest.fixture(scope="module")
def made() -> documents.Documents:
    answer = asked(pair())
    return documents.made(documents.comparison_of(answer, pair()), "nl", lambda *_: None)


def figures(at: AppTest) -> dict[str, str]:
    """Return the key figures of the page by what they are."""
    table = at.table[0].value
    plain = table.map(lambda cell: cell.replace("\N{SOFT HYPHEN}", ""))
    return dict(zip(plain.iloc[:, 0], plain.iloc[:, 1], strict=True))


def test_the_same_figures_on_start_here_in_the_pdf_and_in_the_workbook(made: documents.Documents) -> None:
    link = Plan.simple(FTE).code()
    start, here = shown("start.py", begroting=link), figures(shown("briefing.py", begroting=link))
    pdf = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made.briefing)).pages)
    pdf = re.sub(r"\s+", " ", pdf)
    d = asked(pair()).difference()
    near, far = (change(d, years, RATE) for years in (10, 20))
    book = openpyxl.load_workbook(io.BytesIO(made.workbook), data_only=True)
    numbers = [c for sheet in book.worksheets[:1] for row in sheet.iter_rows() for c in row]
    told = 0
    for metric, figure, write in (
        (start.metric[0], far.municipal_cost, formats.money),
        (start.metric[1], near.unmet_need, formats.count),
        (start.metric[2], near.care_users, formats.count),
    ):
        assert any(
            isinstance(c.value, (int, float)) and c.value == pytest.approx(figure.value, abs=1e-6)
            for c in numbers
        ), metric.label
        if Standing.of(figure).unsaid:
            assert here[metric.label] == NL.remark(figure, write)
        else:
            told += 1
            assert here[metric.label] == NL.change(figure, write, "less")
            assert metric.value.lower() == NL.change(figure, write, "less").lower()  # without a sign
            assert spaced(metric.value) in pdf  # in the very words of Start
    assert told, "the test needs a figure that can be told"


def test_documents_open_and_say_what_they_are(made: documents.Documents) -> None:
    assert len(PdfReader(io.BytesIO(made.briefing)).pages) == 2
    with zipfile.ZipFile(io.BytesIO(made.csv)) as archive:
        assert archive.namelist() == ["kinderwerk.csv", "kinderwerk-herkomst.txt"]
        rows, origin = (archive.read(name).decode("utf-8-sig") for name in archive.namelist())
    assert rows.startswith("Keuze;Wat;")
    assert rows.count("\r\n") > 100
    assert "Startgetal: 0" in origin
    provenance = json.loads(made.manifest)
    assert provenance["draws"] == desk.DRAWS
    assert provenance["children"] == pytest.approx(desk.CHILDREN, abs=60)
    assert provenance["wall_seconds"] is None
    assert sum(map(len, (made.briefing, made.workbook, made.csv, made.scenarios))) < documents.ROOM


def test_scenario_files_are_the_scenarios(made: documents.Documents, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(made.scenarios)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert check_path(tmp_path) == []
    loaded = [load_scenario(tmp_path / name) for name in names]
    assert [s.canonical_sha256() for s in loaded] == [s.canonical_sha256() for s in pair()]
    assert loaded[1].reference == (tmp_path / names[0]).resolve()


def test_titles_are_those_of_the_user_and_not_of_who_asked_first() -> None:
    answer = asked(pair())
    mine = [s.replace(title=title) for s, title in zip(pair(), ("Zonder", "=Met <b>"), strict=True)]
    assert documents.question_of(mine) != documents.question_of(pair())
    comparison = documents.comparison_of(answer, mine)
    found = documents.made(comparison, "en", lambda *_: None)
    assert [title for title, _, _ in found.sentences] == ["=Met <b>"]
    assert comparison.runs == tuple(answer.runs)
    assert documents.slug("=Met <b> é/..") == "met-b-e"
    assert documents.slug("///") == "kinderwerk"


def test_making_documents_can_be_stopped() -> None:
    def stop(now: Progress) -> None:
        if now.share > 0:
            raise UnwantedError

    with pytest.raises(UnwantedError):
        documents.made(documents.comparison_of(asked(pair()), pair()), "nl", stop)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_offers_every_file_and_is_made_in_its_language(language: str) -> None:
    at = shown("briefing.py", taal=language, begroting=Plan.simple(FTE).code())
    words = writing_in(language).words
    kinds = ("pdf", "excel", "csv", "scenarios", "manifest")
    labels = [re.sub(r"\d+ kB", "{size}", b.proto.label) for b in at.get("download_button")]
    assert labels[: len(kinds)] == [words[f"briefing_get_{kind}"] for kind in kinds]
    told = report_words(language).t("key_spend", title="", chance="{}", years=20).partition("{}")[0]
    assert any(m.value.startswith(told) for m in at.markdown)


def test_the_briefing_draws_the_money_that_was_chosen_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for, make = [], documents.made

    def kept(*words: object, **more: object) -> documents.Documents:
        found = make(*words, **more)  # type: ignore[arg-type]
        asked_for.append(found)
        return found

    monkeypatch.setattr(documents, "made", kept)
    query = {"kosten": "care", "per": "inhabitant", "begroting": Plan.simple(FTE).code()}
    at = shown("briefing.py", **query)
    text = PdfReader(io.BytesIO(asked_for[-1].briefing)).pages[0].extract_text()
    text = " ".join(text.split()).replace("\N{SOFT HYPHEN} ", "")
    assert "Wat de gemeente per jaar aan jeugdzorg betaalt, per inwoner" in text
    assert [at.segmented_control(key=f"{part}-briefing").value for part in ("money", "per", "prices")] == [
        "care", "inhabitant", "fixed",
    ]  # fmt: skip
    made_before = len(asked_for)
    at.segmented_control(key="per-briefing").set_value("municipality").run()
    once(at, lambda: len(asked_for) > made_before and bool(at.get("download_button")))
    text = PdfReader(io.BytesIO(asked_for[-1].briefing)).pages[0].extract_text()
    assert "per inwoner" not in " ".join(text.split())


def test_the_budgets_of_compare_have_documents_too() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "briefing.py"), default_timeout=60)
    at.query_params["begrotingen"] = "10-g-deficit~30-g-deficit~30-o-crowd_out"
    at.run()
    at.segmented_control(key="briefing-about").set_value("plans").run()
    once(at, lambda: len(at.get("download_button")) >= 5)
    assert not at.error
    table = at.table[0].value
    assert len(table.columns) == 3
    assert len(at.get("download_button")) == 5
    assert "Vergeleken met: Almere, 10 kinderwerkers" in " ".join(m.value for m in at.markdown)


def test_documents_wait_until_all_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "DRAWS", 4000)
    monkeypatch.setattr(watching, "DRAWS", 4000)
    at = AppTest.from_file(str(ROOT / "pages" / "briefing.py"), default_timeout=60)
    at.query_params["begroting"] = "23-g-crowd_out"
    at.run()
    assert [info.value for info in at.info] == [NL.t("briefing_wait")]
    assert not at.get("download_button")
    next(b for b in at.button if b.label == NL.t("stop")).click().run()
    once(at, lambda: bool(at.info) or bool(at.get("download_button")))  # of what was computed before the stop
    assert at.get("download_button") or [info.value for info in at.info] == [NL.t("briefing_too_few")]


def test_without_a_difference_there_is_nothing_to_take_along() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "briefing.py"), default_timeout=60)
    at.query_params["begroting"] = "0-g-crowd_out"
    at.run()
    assert at.info[0].value == NL.t("sentence_none")
    assert not at.get("download_button")


def test_what_was_made_is_kept_and_what_it_was_made_from_is_not() -> None:
    one = desk.Desk()
    task = one.errand(("k",), lambda _: "found", "me")
    until = time.monotonic() + 20
    while not task.finished and time.monotonic() < until:
        time.sleep(0.01)
    while task.running and time.monotonic() < until:
        time.sleep(0.01)
    one.close()
    assert task.found == "found"
    assert task.work is desk._done
