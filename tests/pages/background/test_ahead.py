"""What is answered ahead is what Start and Vergelijk ask first, and they have it without living it again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from pages.background import ahead, desk
from pages.background.answers import Answer
from pages.background.desk import Desk
from pages.shared import level_chart
from sim.errors import InputError
from sim.progress import nobody
from sim.runs import lives, past

PAGES = Path(__file__).resolve().parents[3] / "pages"


def refuse(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("it was lived again")


@pytest.mark.parametrize("name", ["Almere", "Zwolle"])
@pytest.mark.parametrize(("page", "which"), [("start", 0), ("vergelijk", 1)])
def test_a_first_visit_asks_what_is_answered_ahead(
    page: str, which: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def note(self: Desk, scenarios: Any, *args: Any, **kwargs: Any) -> Answer:
        asked.append(tuple(one.canonical_sha256() for one in scenarios))
        return Answer(scenarios=tuple(scenarios), wished=1)

    monkeypatch.setattr(Desk, "ask", note)
    app = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=60)
    app.query_params["gemeente"] = name
    app.run()
    assert tuple(one.canonical_sha256() for one in ahead.first_questions(name)[which]) in asked


def test_the_app_has_what_was_answered_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (lives, past):
        monkeypatch.setattr(module, "folder_in", lambda *_: tmp_path)
    for module in (ahead, desk, level_chart):
        monkeypatch.setattr(module, "DRAWS", 2, raising=module is not level_chart)
        monkeypatch.setattr(module, "CHILDREN", 400)
    start, *_ = ahead.first_questions("Zwolle")
    ahead.answer_ahead([start])
    monkeypatch.setattr(lives, "run_all", refuse)
    monkeypatch.setattr(past, "past_users", refuse)
    ahead.answer_ahead([start])
    before = level_chart._past(start[0], nobody)  # the line before the start, of the first chart of Start
    assert before.years == tuple(range(2015, 2026))
    assert before.users.min() > 0
    ours = Desk()
    try:
        until = time.monotonic() + 60
        while not (answer := ours.ask(start, "me", children=400)).finished and time.monotonic() < until:
            time.sleep(0.05)
        assert not answer.problem
        assert len(answer.draws) == 2
    finally:
        ours.close()


def test_names_are_those_of_the_app() -> None:
    assert ahead.named(["GM0034", "'s-Gravenhage"]) == ["Almere", "Den Haag"]
    assert len(ahead.named([])) > 340
    with pytest.raises(InputError, match="Kattendam"):
        ahead.named(["Kattendam"])
