"""While figures sharpen no page shows one as firm: marked, without a range and without a chance."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from pages.background import desk, figures
from pages.background.answers import Answer, BackgroundTask, Key
from pages.budget import outcome
from pages.choices.chosen import Choices, pair, reference_of, scenario
from pages.choices.plan import Plan
from pages.look import charts
from pages.look.texts import writing_in
from pages.shared import pockets
from sim.decision.headline import change
from sim.decision.payers import pockets as pockets_of
from sim.inputs.scenario import Scenario
from sim.progress import Tell
from tests.opened import unfolded
from tests.worlds import RATE

NL, EN = (writing_in(language).words for language in ("nl", "en"))
CATALOGUE = {"nl": NL, "en": EN}
PAGES = Path(__file__).resolve().parents[2] / "pages"
RANGE = re.compile("9 van de 10|9 out of 10|9 in 10")
CHANCE = re.compile("(kleiner|groter) dan \\d|ongeveer \\d+%|(below|above|about) \\d+%")
BARE = re.compile("[+\N{MINUS SIGN}]\\d[\\d.,]*")
"""A difference that stands by itself, such as a cell of a table."""
MANY = 40
PLACED = ((1, MANY), (12, MANY), (12, 12))
"""Of how many draws how many are there: the first, enough for a range, all."""


ASK = desk.Desk.ask


def whole(scenarios: Sequence[Scenario]) -> Answer:
    """Return the finished answer about scenarios."""
    until = time.monotonic() + 200
    answer = ASK(desk.desk(), scenarios, "sharpening")
    while not answer.finished and time.monotonic() < until:
        time.sleep(0.1)
        ASK(desk.desk(), scenarios, "sharpening")
    assert answer.finished
    assert not answer.problem
    return answer


def after(answer: Answer, draws: int, stopped: bool = False) -> Answer:
    """Return an answer as it was after some of many draws."""
    return replace(answer, draws=answer.draws[:draws], wished=MANY, stopped=stopped)


@pytest.fixture(scope="module")
def both() -> Answer:
    return whole(list(pair(Choices())))


def shown(page: str, draws: int, patch: pytest.MonkeyPatch, many: int = MANY, **query: str) -> AppTest:
    """Return a page as it is after some of many draws."""

    def held(self: desk.Desk, scenarios: Sequence[Scenario], watcher: str, **_: Any) -> Answer:
        return replace(after(whole(scenarios), draws), wished=many)

    def unfound(self: desk.Desk, key: Key, work: Callable[[Tell], Any], *_: Any, **__: Any) -> BackgroundTask:
        task = BackgroundTask(work=work)
        task.news.set()  # nothing to wait for: longer work has firm figures of its own
        return task

    patch.setattr(desk.Desk, "ask", held)
    patch.setattr(desk.Desk, "errand", unfound)
    at = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=240)
    for key, value in (unfolded(page) | query).items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    assert not at.error
    return at


def said(at: AppTest) -> str:
    texts = [element.value for element in (*at.markdown, *at.info, *at.metric)]
    cells = [str(cell) for table in at.table for row in table.value.itertuples() for cell in row]
    heads = [str(name) for table in at.table for name in table.value.columns]
    written: list[Any] = list(at.get("html"))
    tables = [element.value for element in written]  # Vergelijk writes its rows itself
    return "\n".join([*texts, *cells, *heads, *tables]).replace("\N{SOFT HYPHEN}", "")


@pytest.mark.parametrize("draws", [1, 9])
@pytest.mark.parametrize(
    "page", ["start", "verken", "vergelijk", "wie_betaalt", "kinderen", "onzekerheid", "briefing"]
)
def test_before_ten_draws_every_figure_is_marked_and_none_has_a_range_or_a_chance(
    page: str, draws: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, word in (("nl", "voorlopig"), ("en", "provisional")):
        at = shown(page, draws, monkeypatch, taal=language)
        text = said(at)
        assert not RANGE.search(text)
        assert not CHANCE.search(text)
        if page != "onzekerheid":  # which waits with all it has
            assert word in text.lower()
        cells = [str(cell) for table in at.table for row in table.value.itertuples() for cell in row]
        assert not [cell for cell in cells if BARE.fullmatch(cell)]
        below = [m.value for m in at.markdown if CATALOGUE[language]["provisional_help"] in m.value]
        assert len(below) >= len(at.metric)


@pytest.mark.parametrize("page", ["start", "verken", "vergelijk", "wie_betaalt", "kinderen", "briefing"])
def test_from_ten_draws_on_what_stands_is_shown_with_all_it_has(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = said(shown(page, 12, monkeypatch))
    if page not in ("kinderen",):
        assert CHANCE.search(text)  # the extra cost stands after few draws
    if page not in ("briefing", "kinderen"):
        assert RANGE.search(text)


def test_nothing_is_provisional_once_all_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    for page in ("start", "vergelijk", "wie_betaalt"):
        text = said(shown(page, desk.DRAWS, monkeypatch, many=desk.DRAWS))
        assert "voorlopig" not in text.lower()


# The parts of a page, from the same draws


def test_a_figure_turns_from_provisional_into_what_it_is(both: Answer) -> None:
    early, later, end = (figures.key_figures(after(both, n)) for n in (2, 12, 12))
    assert all(text.endswith("(voorlopig)") for _, text in early[:-1])
    assert early[-1][1] == NL["not_yet"]
    assert later[-1][1] != NL["not_yet"]
    assert [name for name, _ in early] == [name for name, _ in later] == [name for name, _ in end]
    stopped = figures.key_figures(after(both, 12, stopped=True))
    finished = figures.key_figures(both.seen(False))
    assert stopped == finished  # nothing more comes: what is small is small by luck
    assert not any("voorlopig" in text for _, text in finished)


def test_work_that_was_stopped_too_early_leaves_provisional_figures(both: Answer) -> None:
    for draws in (0, 1, 9):
        rows = figures.key_figures(after(both, draws, stopped=True))
        luck = NL["too_small"]
        assert all(text.endswith("(voorlopig)") or text.startswith(luck) for _, text in rows[:-1])
        assert rows[-1][1] == NL["not_yet"]
        term, far = (change(after(both, draws).difference(), ahead, RATE) for ahead in (4, 20))
        sentence = outcome.key_sentence(after(both, draws, stopped=True), term, far, Choices())
        assert "te weinig berekend" in sentence
        assert "wordt nog berekend" in outcome.key_sentence(after(both, draws), term, far, Choices())


def test_a_chart_has_no_band_before_ten_draws_and_gaps_where_a_year_is_provisional(both: Answer) -> None:
    for what in charts.SHOWN:
        early = charts.series(after(both, 9).difference(), what, "x", RATE, sharpening=True)
        assert early.low is None
        assert all(early.marks)
        assert charts.band_words([early]) == NL["band_few"]
        assert "voorlopig" in charts.description([early], what)
        later = charts.series(after(both, 12).difference(), what, "x", RATE, sharpening=True)
        end = charts.series(both.difference(), what, "x", RATE)
        assert end.low is not None
        assert not any(end.marks)
        assert charts.band_words([end]) == NL["band"]
        rows = charts.chart([later], what, "Almere")["datasets"][charts.DATA]
        for row, mark, mean in zip(rows, later.marks, end.mean, strict=True):
            assert row["mean"] == mean  # the same draws
            assert (row.get("low") is None) is mark


def test_who_gains_is_not_said_before_it_stands(both: Answer) -> None:
    early = after(both, 9)
    told = pockets.sentence(pockets_of(early.runs, 20, RATE), 20, early.sharpening)
    assert NL["pay_gains_waiting"] in told
    assert "(voorlopig)" in told


def test_an_answer_that_is_shown_is_that_of_one_moment(both: Answer) -> None:
    growing = after(both, 9)
    seen = growing.seen(False)
    growing.draws.extend(both.draws[9:])
    assert len(seen.draws) == 9
    assert not seen.chance_known
    assert growing.chance_known
    assert seen.sharpening
    assert not growing.seen(True).sharpening
    assert not both.sharpening


# What is lived the same


def test_budgets_that_are_equal_are_called_equal_and_get_no_chance() -> None:
    one = Plan.simple(20.0)
    same = Plan.of({**one.data, "title": "anders genoemd"})
    answer = whole([scenario(Choices(), plan) for plan in (one, same)]).seen(False)
    rows = dict(figures.key_figures(answer))
    assert list(rows.values()) == [NL["no_difference"]] * 4
    far = change(answer.difference(), 20, RATE)
    assert far.equal
    assert "geen verschil" in outcome.key_sentence(answer, far, far, Choices())
    assert NL["pay_same"].format(years=20, payer=NL["pay_payer_gemeente"]) in pockets.sentence(
        pockets_of(answer.runs, 20, RATE), 20
    )


def test_a_plan_that_is_called_otherwise_than_its_reference_is_nothing_to_compare() -> None:
    chosen = Choices(reference="now")
    now = Plan.of({**reference_of(chosen).data, "title": "anders genoemd"})
    assert now != reference_of(chosen)
    assert outcome.is_reference(replace(chosen, plan=now))
    assert not outcome.is_reference(replace(chosen, plan=now.with_child_work(20.0, True)))


def folds(block: Block, path: tuple[int, ...] = ()) -> dict[tuple[int, ...], str]:
    """Return by its place what opens and closes by itself, in a part of a page."""
    found = {}
    for index, child in block.children.items():
        if isinstance(child, Block):
            if child.type == "expander" and not child.proto.id:
                found[*path, index] = child.type
            found |= folds(child, (*path, index))
    return found


@pytest.mark.parametrize("page", ["verken", "vergelijk", "wie_betaalt", "kinderen"])  # Start's has a key
def test_a_table_keeps_its_place_as_draws_come_in(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that gets another place is made anew, and closes if it was open."""
    first, later, last = (
        set(folds(shown(page, draws, monkeypatch, many, grafiek="unmet").main)) for draws, many in PLACED
    )
    assert last
    assert first <= later <= last
