"""Vergelijk: the sentence made by rule, budgets in rows on one scale, names of one's own."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages import vergelijk
from pages.background.answers import Answer
from pages.choices.chosen import MAX_PLANS, Choices, plans_around, plans_offered, scenario
from pages.choices.link import query_of
from pages.choices.plan import Plan
from pages.compare import fields, forest
from pages.compare.conclusion import conclusion
from pages.compare.fences import fences
from pages.compare.rows import OUTCOMES, BudgetRow, Told, row
from pages.look import formats
from pages.look.texts import writing_in
from pages.shared import parts
from sim.decision.comparison import MUNICIPAL, Figure, difference, figure
from tests import worlds
from tests.opened import answered, shown, words
from tests.pages.choices.test_state import fte_fields, quietly

NL = writing_in("nl").words
WORLDS = (worlds.scenario(0), worlds.scenario(36), worlds.scenario(72))


@cache
def answer() -> Answer:
    return answered(WORLDS)


def fig(value: float, low: float, high: float, draws: int = 40) -> Figure:
    return Figure(value, 0.01, low, high, 0.5, draws, 1.0, (value - 0.1, value + 0.1))


UP, DOWN, OPEN = fig(20.0, 10.0, 30.0), fig(-20.0, -30.0, -10.0), fig(1.0, -30.0, 30.0)
NONE, SOON = Figure(0.0, 0.0, 0.0, 0.0, 0.5, 40, 0.0), fig(20.0, 10.0, 30.0, 3)


def made(number: int, cost: Figure, care: Figure, unmet: Figure, comparable: bool = True) -> BudgetRow:
    figures = {"cost": cost, "care": care, "unmet": unmet}
    return BudgetRow(number, f"{number}. x", "", figures, comparable, "", "kleiner dan 8%", "", False)


# Fields


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_a_shortfall_does_is_explained_by_the_names_in_the_list(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "t", writing_in(language).t)
    told = fields._policy_help()
    for policy in fields.POLICIES:
        assert f"‘{writing_in(language).t(f'policy_{policy}')}’:" in told


# The sentence


def test_the_sentence_says_which_budgets_change_what_and_which_show_no_clear_difference() -> None:
    rows = [made(2, UP, OPEN, DOWN), made(3, UP, OPEN, OPEN), made(4, DOWN, UP, DOWN)]
    assert conclusion(rows, 1, 20, 2045) == [
        "Bij begroting 2 en 3 betaalt de gemeente in 20 jaar meer dan bij begroting 1.",
        "Bij begroting 4 betaalt de gemeente in 20 jaar minder dan bij begroting 1.",
        "Bij begroting 4 krijgen in 2045 meer jongeren jeugdzorg.",
        "Bij begroting 2 en 4 missen in 2045 minder jongeren hulp die zij nodig hebben.",
        "Bij begroting 2 en 3 is er geen duidelijk verschil in jongeren met jeugdzorg.",
        "Bij begroting 3 is er geen duidelijk verschil in jongeren die hulp missen.",
    ]


def test_what_holds_for_all_is_said_at_once_and_nothing_is_said_before_it_stands() -> None:
    rows = [made(k, UP, OPEN, OPEN) for k in (2, 3, 4)]
    assert conclusion(rows, 1, 4, 2029) == [
        "Bij alle andere begrotingen betaalt de gemeente in 4 jaar meer dan bij begroting 1.",
        "Bij alle andere begrotingen is er geen duidelijk verschil in jongeren met jeugdzorg en jongeren die "
        "hulp missen.",
    ]
    (only,) = conclusion([made(2, SOON, SOON, SOON)], 1, 4, 2029)
    assert only.startswith("Bij begroting 2 staat nog niet vast")
    assert conclusion([made(2, NONE, NONE, NONE)], 1, 4, 2029) == [
        "Bij begroting 2 is er geen verschil in kosten, jongeren met jeugdzorg en jongeren die hulp missen."
    ]
    apart = conclusion([made(2, UP, OPEN, OPEN, comparable=False)], 1, 4, 2029)
    assert "Bij begroting 2 zijn de kosten niet te vergelijken met die van begroting 1." in apart


told = st.sampled_from([UP, DOWN, OPEN, NONE, SOON])
rows_of = st.lists(st.tuples(told, told, told, st.booleans()), min_size=1, max_size=MAX_PLANS - 1).map(
    lambda found: [made(k, *figures) for k, figures in enumerate(found, 2)]
)


@given(rows=rows_of)
def test_of_every_budget_and_outcome_one_thing_is_said(rows: list[BudgetRow]) -> None:
    whole = conclusion(rows, 1, 20, 2045)
    assert len(whole) == len(set(whole))
    for one in rows:
        said = [s for s in whole if f" {one.number}" in s.split("dan bij")[0].split("in 20")[0]
                or "alle andere" in s]  # fmt: skip
        assert said, one.number
    for k, outcome in enumerate(OUTCOMES):
        firm = {row.number for row in rows if row.told(outcome) in (Told.MORE, Told.LESS)}
        verb = ("betaalt de gemeente", "krijgen in", "missen in")[k]
        assert bool(firm) == any(verb in sentence for sentence in whole)


# Rows and their picture


def test_a_row_has_the_paired_figures_of_its_own_two_budgets() -> None:
    for number, reference in ((2, 0), (3, 0), (3, 1)):
        found = row(answer(), number, "x", "", 4, reference)
        d = difference(answer().runs, number - 1, reference, range(2026, 2030))
        assert found.figures["cost"] == d.running(MUNICIPAL, 4, worlds.RATE)
    wide = row(answer(), 3, "x", "", 4, 1).figures["cost"]
    two, three = (row(answer(), k, "x", "", 4).figures["cost"] for k in (2, 3))
    assert wide.value == pytest.approx(three.value - two.value)  # means may be subtracted, ranges may not
    assert wide.low is not None
    assert three.low is not None
    assert two.high is not None
    assert wide.low > three.low - two.high


def test_quartiles_hold_half_of_the_draws_and_lie_in_the_range() -> None:
    found = figure(np.arange(100.0), np.zeros(100), list(range(100)))
    assert found.quartiles == pytest.approx((24.75, 74.25))
    assert figure(np.array([1.0]), np.zeros(1), [0]).quartiles is None


heads = {"name": "Begroting", "cost": "Kosten", "care": "Zorg", "unmet": "Gemist", "chance": "Kans"}


def positions(html: str) -> list[float]:
    return [float(found) for found in re.findall(r'left:(-?[\d.]+)%', html)]


@given(rows=rows_of)
def test_everything_of_a_column_is_on_its_one_scale(rows: list[BudgetRow]) -> None:
    html = forest.made(rows, ("1. x", "", "dit"), heads, "tabel")
    assert all(0.0 <= at <= 100.0 for at in positions(html))
    for outcome in OUTCOMES:
        low, high = forest.extent(rows, outcome)
        assert low < 0.0 < high
        marks = forest.ticks((low, high))
        assert 0.0 in marks
        assert len(marks) <= 6
    assert html.count('role="rowheader"') == len(rows) + 1
    assert html.count('role="cell"') == 4 * len(rows) + 1


@given(low=st.floats(-1e9, -1e-3), high=st.floats(1e-3, 1e9))
def test_a_scale_has_a_few_round_numbers(low: float, high: float) -> None:
    marks = forest.ticks((low, high))
    assert 0.0 in marks
    assert 1 <= len(marks) <= 5
    assert all(low <= mark <= high for mark in marks)


def test_words_stand_beside_every_bar_and_names_are_no_markup() -> None:
    one = replace(made(2, UP, OPEN, NONE), name='2. <img src=x onerror="alert(1)">', about="&amp;")
    html = forest.made([one], ("1. <b>", "", "dit"), heads, 'a"b')
    assert "<img" not in html
    assert "&lt;img" in html
    assert "&amp;amp;" in html
    assert "1. &lt;b&gt;" in html
    assert 'aria-label="a&quot;b"' in html
    for outcome in OUTCOMES:
        assert one.words(outcome) in html
    assert "geen duidelijk verschil" in html
    assert one.range_words("care") == "30 minder tot 30 meer"
    assert made(2, DOWN, DOWN, DOWN).range_words("care") == "10 tot 30 minder"
    assert made(2, UP, UP, UP).range_words("care") == "10 tot 30 meer"
    assert made(2, SOON, SOON, SOON).range_words("care") == ""
    assert made(2, UP, fig(9.0, -0.2, 20.0), UP).range_words("care") == "0 tot 20 meer"
    assert made(2, SOON, SOON, SOON).words("care") == "20 meer (voorlopig)"


# Ring-fences


@pytest.mark.parametrize("budget", [1e7, 6e9])
def test_what_a_budget_without_a_ring_fence_loses_is_told_from_the_run(budget: float) -> None:
    plans = tuple(Plan.simple(36.0, fenced).changed(years=4, budget={"youth_care": budget})
                  for fenced in (True, False))  # fmt: skip
    both = tuple(scenario(Choices(), plan) for plan in plans)
    answer = answered(both, 10)
    told, sampled = fences(answer, plans, 4)
    if budget > 1e7:
        assert told == NL["compare_fence_none"].format(n=2, draws=10)
    else:
        label = ("programme_fte", "programme", "kinderwerk")
        lost = np.stack([a.values[a.labels.index(label)] - b.values[b.labels.index(label)]
                         for a, b in (run.columns for run in answer.runs)])  # fmt: skip
        some = int((lost.max(axis=1) > 0.05).sum())
        assert lost.mean() > 1.0
        assert 5 < some <= 10
        values = {"fte": formats.fte(lost.mean()), "whole": "36", "some": some, "draws": 10}
        assert told == NL["compare_fence_lost"].format(n=2, **values)
    assert bool(sampled) == (told != NL["compare_fence_none"].format(n=2, draws=10))
    assert fences(replace(answer, children=None), plans, 4) == (told, "")
    assert fences(answer.seen(False), plans[:1], 4) == ("", "")  # no twin to tell it by
    assert fences(replace(answer, draws=answer.draws[:9]), plans, 4) == ("", "")


class Opened(nullcontext[None]):
    """A part of a page that is open."""

    open = True


def test_the_chart_over_the_years_discounts_as_the_budgets_say(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = answered(tuple(worlds.scenario(fte, parameters={"discount.mkba": 0.05}) for fte in (0, 36)))
    drawn: list[Any] = []
    monkeypatch.setattr(vergelijk, "_folding", lambda *_: Opened())
    monkeypatch.setattr(vergelijk, "choose_chart", lambda _: "money")
    monkeypatch.setattr(vergelijk, "choose_mode", lambda _: "difference")
    monkeypatch.setattr(parts, "plot", lambda found, *_: drawn.extend(found))
    vergelijk._over_years(answer, ["1", "2"], "reference")
    d = answer.difference(1)
    assert drawn[0].mean[-1] * 1e6 == pytest.approx(d.running(MUNICIPAL, len(d.years), 0.05).value)
    assert drawn[0].mean[-1] * 1e6 != pytest.approx(d.running(MUNICIPAL, len(d.years), worlds.RATE).value)


# The budgets


def names(at: AppTest) -> list[Any]:
    """Return the fields for the name of each budget."""
    return [field for field in at.text_input if field.label.endswith(f". {NL['name']}")]


def test_youths_are_fewer_and_money_is_less_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.look.texts.language", lambda: "en")
    money = fig(-2e6, -3e6, -1e6)
    firm = made(2, money, DOWN, OPEN)
    told = [firm.words("cost"), firm.range_words("cost"), firm.words("care"), firm.range_words("care")]
    assert told == ["€\xa02.0\xa0million less", "1.0 to 3.0 less", "20 fewer", "10 to 30 fewer"]
    assert firm.range_words("unmet") == "30 fewer to 30 more"


def test_a_name_of_ones_own_is_in_the_link_in_the_rows_and_in_the_briefing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = quietly(monkeypatch, "pages/vergelijk.py")
    names(at)[2].set_value("Voorstel van het college").run()
    plans = at.session_state["choices"].plans
    assert plans[2] == Plan.simple(72.0).changed(title="Voorstel van het college")
    fte_fields(at)[2].set_value("60").run()  # the name stays, what is in it changes
    plans = at.session_state["choices"].plans
    assert (plans[2].label(), plans[2].fte) == ("Voorstel van het college", 60.0)
    assert plans[2].described() == "60 kinderwerkers, geoormerkt"
    link = parse_qs(query_of(at.session_state["choices"], "nl"))
    again = quietly(monkeypatch, "pages/vergelijk.py", begrotingen=link["begrotingen"][0])
    assert again.session_state["choices"].plans == plans
    assert names(again)[2].value == "Voorstel van het college"
    names(again)[2].set_value("  ").run()
    assert again.session_state["choices"].plans[2] == Plan.simple(60.0)
    assert scenario(Choices(), plans[2]).title == "Almere, Voorstel van het college"  # as documents have it


def test_a_pair_of_ones_own_choice_has_its_own_sentence_and_rows() -> None:
    codes = "~".join(Plan.simple(float(fte)).code() for fte in (0, 20, 400))
    at = shown("pages/vergelijk.py", open="twee", paar="2-3", begrotingen=codes)
    assert "Bij begroting 2 betaalt de gemeente in 20 jaar minder dan bij begroting 3." in words(at)
    tables = [html.value for html in list[Any](at.get("html")) if "kw-forest" in html.value]
    assert ["vergeleken met begroting 3" in table for table in tables] == [False, True]
    assert "3. 400 kinderwerkers, geoormerkt" in tables[1]
    at = shown("pages/vergelijk.py", open="twee", paar="1-9", begrotingen=codes)
    assert "Bij begroting 3 betaalt de gemeente in 20 jaar meer dan bij begroting 2." in words(at)
    at = shown("pages/vergelijk.py", open="twee", begrotingen="0-g-deficit~20-g-deficit")
    assert NL["compare_two_this"] not in [box.label for box in at.selectbox]


def test_every_field_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    at = quietly(monkeypatch, "pages/vergelijk.py")
    labels = [each.label for each in (*at.toggle, *at.selectbox, *at.button, *at.text_input)]
    assert [label for label in labels if labels.count(label) > 1] == []
    assert [each.label for each in at.toggle] == [f"{n}. {NL['ring_fence']}" for n in range(1, 5)]


def test_levels_are_rounded_as_on_start(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer()
    level = replace(found.level(0, 4), care_users=6821.4, unmet_need=4321.2)
    monkeypatch.setattr(Answer, "level", lambda *_: level)
    like = vergelijk._like(found, 1, Plan.simple(0.0), 20, 2045)[2]
    assert "ongeveer 6.820 jongeren met jeugdzorg; 4.320 missen hulp" in like


def test_there_can_be_two_to_six_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    at = quietly(monkeypatch, "pages/vergelijk.py")
    groups: list[Any] = list(at.get("button_group"))
    (count,) = (group for group in groups if group.label == NL["compare_count"])
    count.set_value(MAX_PLANS).run()
    assert at.session_state["choices"].plans == plans_offered(36.0)
    assert plans_offered(36.0)[:4] == plans_around(36.0)
    assert len(set(plans_offered(36.0))) == MAX_PLANS == 6


UNSEEN = (
    r'<style>.*?</style>|<span class="kw-what".*?</span>|<tfoot.*?</tfoot>|'
    r'<span class="kw-scale".*?</span></span>|<[^>]+>'
)
"""What is not read on a wide screen, and marks of HTML; on a narrow one heads stand in each row."""


def before_folds(block: Any) -> str:
    """Return what a page says outside the parts that open and close, without what is drawn or styled."""
    found = []
    for child in block.children.values():
        if child.type == "html":
            found.append(re.sub(UNSEEN, " ", child.value, flags=re.S))
        elif child.type == "markdown":
            found.append(child.value)
        elif hasattr(child, "children") and child.type != "expander":
            found.append(before_folds(child))
    return " ".join(found)


def test_the_page_is_short_before_its_folds() -> None:
    at = shown("pages/vergelijk.py")
    said = before_folds(at.main)
    assert "Bij alle andere begrotingen betaalt" in said
    assert said.count("Bron: ") == 1
    # so few children have more luck than those of the app
    said, told = re.subn(r"‘\d+% toeval’: [^.]*\.", "", said)
    luck = re.findall(r", \d+% toeval", said)
    assert (told == 1) == bool(luck)
    assert len(said.split()) - 2 * len(luck) < 300
