"""Wie betaalt, wie profiteert: figures of the engine by payer, rough values apart, unmet need beside them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.background import desk
from pages.choices.chosen import Choices, pair
from pages.choices.plan import Plan
from pages.look import formats
from pages.look.texts import writing_in
from pages.shared import parts, pockets
from sim import compare, states
from sim.decision.comparison import Figure
from sim.decision.firm import Standing
from sim.decision.headline import UNMET
from sim.decision.payers import Money, Pocket
from sim.decision.payers import pockets as pockets_of
from tests.opened import finished, spaced, unfolded, words
from tests.worlds import RATE

NL, EN = (writing_in(language).words for language in ("nl", "en"))
PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "wie_betaalt.py")


def shown(**query: str) -> AppTest:
    """Return the page once its answer is complete."""
    at = AppTest.from_file(PAGE, default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    finished(at)
    assert not at.error
    return at


def table(at: AppTest, column: str) -> pd.DataFrame:
    """Return the table that has a column."""
    tables = [t.value.rename(columns=plain).map(plain) for t in at.table]
    return next(t for t in tables if column in t.columns)


def plain(text: object) -> str:
    return str(text).replace("\N{SOFT HYPHEN}", "")


@pytest.fixture(scope="module")
def page() -> AppTest:
    return shown(**unfolded("wie_betaalt"))


def youths(value: float, sign: bool) -> str:
    return f"{formats.count(abs(value))} jongeren{(' meer' if value > 0 else ' minder') if sign else ''}"


@pytest.mark.parametrize(
    ("language", "value", "said"),
    [("nl", -93.0, "93 jongeren minder"), ("nl", 93.0, "93 jongeren meer"), ("en", -93.0, "93 youths fewer"),
     ("en", 0.2, "almost 0"), ("en", None, "no clear difference (93 youths fewer to 7 youths more)")],
)  # fmt: skip
def test_unmet_need_is_said_without_a_sign(
    language: str, value: float | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Start: a minus before youths is no sentence."""
    shown: list[str] = []
    monkeypatch.setattr(pockets, "t", writing_in(language).t)
    monkeypatch.setattr(pockets, "writing", lambda: writing_in(language))
    monkeypatch.setattr(formats, "writing", lambda: writing_in(language))
    monkeypatch.setattr(parts, "note", shown.append)
    low, high = (-93.0, 7.0) if value is None else (value, value)
    pockets.unmet_note(Figure(value or -40.0, 0.01, low, high, None, 40), 2035)
    assert f"**{said}**" in shown[0]


def test_the_figures_are_those_of_the_engine(page: AppTest) -> None:
    found = compare(list(pair(Choices())), children=desk.CHILDREN, draws=desk.DRAWS)
    (d,) = found.differences.values()
    here = next(p for p in pockets_of(found.runs, 20, RATE) if p.payer == "gemeente").money
    assert here is not None
    rows = table(page, NL["pay_col_amount"])
    expected = [here.programmes, here.care, here.cash_care, here.freed, here.cost, here.cashable]
    dutch = writing_in("nl")
    assert list(rows[NL["pay_col_amount"]]) == [dutch.change(f, formats.millions, "less") for f in expected]
    if not Standing.of(here.cost).unsaid:
        assert f"**{formats.money(abs(here.cost.value))}** meer" in words(page)
    unmet = dutch.difference(d.in_year(UNMET, 19), lambda value, sign=False: youths(value, sign))
    assert words(page).count(f"Hulp nodig, niet gekregen in 2045: **{unmet}**") == 1


def test_terms_cover_all_years_with_unmet_need_beside_them(page: AppTest) -> None:
    rows = table(page, NL["pay_term_unmet"])
    assert next(iter(rows[NL["pay_term"]])) == "2026–2029"
    assert list(rows[NL["pay_term"]])[-1] == "2042–2045"
    assert rows[NL["pay_term_unmet"]].str.len().min() > 0


def test_when_the_money_is_back_is_never_said_for_certain(page: AppTest) -> None:
    rows = table(page, NL["pay_back_payer"])
    back = next(
        t.value.map(plain)
        for t in page.table
        if plain(t.value.columns[-1]) == NL["pay_back_never"].format(years=20)
    )
    assert len(rows) >= 1
    assert len(back) == 2
    cells = [cell for row in back.itertuples(index=False) for cell in row[1:]]
    assert all(re.match("kleiner dan|groter dan|ongeveer|te klein om te zien", cell) for cell in cells)


def test_a_shorter_horizon_comes_with_the_link() -> None:
    assert "Over 4 years" in words(shown(termijn="4", taal="en"))
    at = shown(termijn="4")
    assert "In 4 jaar" in words(at)
    assert at.session_state["choices"].horizon == 4
    assert "termijn=4" in at.code[0].value
    at.segmented_control(key="horizon-20").set_value(10).run()
    assert "In 10 jaar" in words(at)
    assert "termijn=10" in at.code[0].value


def test_where_places_are_fixed_a_prevented_place_saves_no_money() -> None:
    at = shown(begroting=Plan.simple(36.0, True, "capped").changed(years=4).code())
    assert NL["pay_why_places"] in words(at)
    assert "contracten lopen door" not in words(at)


def test_who_pays_from_outside_is_a_payer_of_its_own() -> None:
    work = {"kinderwerk": {"fte": 30, "paid_by": "outside", "ring_fenced": True}}
    at = shown(begroting=Plan.of({"policy": "deficit", "years": 8, "programmes": work}).code())
    assert "kost dit **het Rijk** naar verwachting" in words(at)
    names = [plain(name) for name in table(at, NL["pay_back_payer"])[NL["pay_back_payer"]]]
    assert any(name.startswith("Het Rijk") for name in names)


def test_who_pays_nothing_is_nobody_who_pays_for_care() -> None:
    payment = {"kind": "own_payment", "start": "2026-01", "months": 96, "size": 0.1}
    work = {"kinderwerk": {"fte": 30, "ring_fenced": True}}
    plan = Plan.of({"policy": "deficit", "years": 8, "programmes": work, "shocks": [payment]})
    at = shown(**unfolded("wie_betaalt"), begroting=plan.code())
    others = NL["pay_back_others"].format(payers="het Rijk, de zorgverzekeraar, scholen en justitie")
    assert others in words(at)


def test_where_everybody_pays_nobody_is_said_to_pay_nothing(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = NL["pay_back_others"].split("{payers}")
    assert before in words(page)
    monkeypatch.setattr(states, "PAYERS", ("gemeente",))  # a payer who only gains is always there today
    at = shown(**unfolded("wie_betaalt"))
    assert NL["pay_back_note"] in words(at)
    assert before not in words(at)
    assert after not in words(at)


def test_a_difference_that_rounds_to_nothing_is_told_in_a_sentence() -> None:
    for f in (Figure(80.0, 1.0, 60.0, 100.0, 1.0, 40), Figure(10.0, 1.0, -90.0, 100.0, 0.5, 40)):
        here = Pocket("gemeente", Money(f, f, f, f, f, f), None)
        assert "In 10 jaar is het verschil voor **de gemeente** vrijwel 0." in pockets.sentence([here], 10)


def test_the_reference_against_itself_has_no_payers() -> None:
    at = AppTest.from_file(PAGE, default_timeout=60)
    at.query_params["begroting"] = "0-g-crowd_out"
    at.run()
    assert at.info[0].value == NL["sentence_none"]
    assert not at.table


def figure(value: float, mcse: float = 0.1) -> Figure:
    return Figure(value * 1e6, mcse * 1e6, None, None, None)


def test_the_sentence_tells_who_gains_without_paying(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = figure(12.0)
    here = Pocket("gemeente", Money(cost, figure(0), cost, figure(0), cost, figure(0)), None)
    school, justice = Pocket("school", None, figure(-2.0)), Pocket("justitie", None, figure(-0.1, 1.0))
    told = pockets.sentence([here, school, justice], 10)
    assert "In 10 jaar kost dit **de gemeente** naar verwachting **€ 12,0 mln** meer." in spaced(told)
    assert "voor **scholen**, die niet meebetalen" in told
    assert "justitie" not in told
    assert NL["pay_gains_none"] in pockets.sentence([here, justice], 10)
    dearer = Pocket("family", None, figure(3.0))
    assert "voor gezinnen wordt het naar verwachting duurder" in pockets.sentence([here, dearer], 10)
    families = pockets.sentence([Pocket("family", Money(cost, cost, cost, cost, cost, cost), None)], 10)
    assert "In 10 jaar kost dit **gezinnen** naar verwachting **€ 12,0 mln** meer." in spaced(families)
    small = Money(cost, cost, figure(0.1, 1.0), cost, cost, cost)
    assert "te klein om te zien" in pockets.sentence([Pocket("gemeente", small, None), school], 10)


PARTS = {"kids_row_unmet"}
"""Of what stands above it, and never more: youths without care among those with need."""


@pytest.mark.parametrize(("words", "part"), [(NL, "waarvan"), (EN, "of which")])
def test_cash_is_not_called_a_part_of_what_it_is_no_part_of(words: dict[str, str], part: str) -> None:
    assert {key for key, text in words.items() if part in text} == PARTS


def test_cash_may_be_more_than_all_together_and_stands_by_itself() -> None:
    cost, cash = figure(52.6), figure(53.0)
    bars = [pockets._bar("gemeente", kind, f, False) for kind, f in (("cost", cost), ("cash", cash))]
    assert [spaced(bar.words) for bar in bars] == [
        "De gemeente, alles samen: € 52,6 mln meer", "De gemeente, in de kas: € 53,0 mln meer",
    ]  # fmt: skip
