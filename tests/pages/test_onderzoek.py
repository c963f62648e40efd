"""Welk onderzoek loont: nothing before it is firm, then the same figures as the calculation, in few words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.choices.address import PAGE as SHOWN
from pages.choices.chosen import Choices, pair
from pages.choices.plan import Plan
from pages.doubt import work
from pages.look import formats
from pages.look.texts import writing_in
from pages.study import numbers, verdict
from sim.decision import emulated, learning
from sim.decision.design import NUMBERS, Design
from sim.decision.goal import Goal
from sim.decision.learning import LONGEST, SIZES, Beliefs
from sim.decision.study import StudyWorth
from sim.decision.value import Estimate
from tests.opened import once, spaced, unfolded, untitled, words

NL, EN = (writing_in(language).words for language in ("nl", "en"))
PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "onderzoek.py")
MOST_WORDS = 300


def plan(years: int, **programmes: float) -> Plan:
    used = {name: {"fte": fte, "ring_fenced": True} for name, fte in programmes.items()}
    return Plan.of({"policy": "deficit", "years": years, "programmes": used})


@pytest.fixture
def enough() -> Iterator[None]:
    """Let few draws be enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "MORE", 24)
        patch.setattr(emulated, "ENOUGH", 24)
        patch.setattr(learning, "DRAWS", 400)
        yield


def opened(years: int, **query: str) -> AppTest:
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.query_params.update({"begroting": plan(years, kinderwerk=36).code(), **unfolded("onderzoek"), **query})
    at.session_state[SHOWN] = "onderzoek"
    return at.run()


def found(at: AppTest) -> AppTest:
    once(at, lambda: not at.get("progress") and bool(at.header or at.info))
    assert not at.error
    return at


def beliefs(mean: float = 0.0, fixed: bool = False) -> Beliefs:
    luck = np.random.default_rng(3).standard_normal(2000)
    ratio = np.full(2000, 0.9) if fixed else np.exp(-0.1 * luck)
    goal = Goal(2045, measure="cost")
    return Beliefs(
        goal, np.full(2000, 5e7), 500.0 * (1 + mean) + 400.0 * luck, ratio, np.full(2000, 9.0),
        np.full(LONGEST, 85_000.0), False, 200, (0.7, 0.8),
    )  # fmt: skip


def asked(found: Beliefs, willingness: float, towns: int = 10) -> verdict.Asked:
    return verdict.Asked(found, Design(20, 3), willingness, towns, pair(Choices()))


def test_nothing_is_said_of_too_few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MORE", 3)
    at = found(opened(2))
    assert any(NL["study_few"].format(draws=3, enough=200) in info.value for info in at.info)
    assert not at.header
    assert not at.table


@pytest.mark.usefixtures("enough")
def test_the_page_answers_its_question_and_follows_its_choices() -> None:
    at = found(opened(3, buurten="40", gemeenten="25", kindjaar="120000"))
    assert [header.value for header in at.header] == [
        NL[key] for key in ("study_now", "study_design", "study_pays", "study_cannot")
    ]
    assert at.get("vega_lite_chart")
    assert untitled(at) == []
    said = words(at)
    assert "40 buurten krijgen 3 jaar kinderwerk" in said
    assert at.select_slider(key="study-worth").value == 120_000
    rows = at.table[0].value
    amounts = dict(zip(rows.iloc[:, 0].str.replace("\N{SOFT HYPHEN}", ""), rows.iloc[:, 1], strict=True))
    assert "Waard voor 25 gemeenten: de hoogste prijs" in amounts
    price = amounts["Prijs van het onderzoek"]
    at.select_slider(key="study-size").set_value(120).run()
    assert at.table[0].value.iloc[2, 1] != price
    at.select_slider(key="study-children").set_value(100.0).run()
    link = at.code[0].value
    for part in ("buurten=120", "gemeenten=25", "kindjaar=120000", "proef-children=100.0",
                 "open-onderzoek=getallen"):  # fmt: skip
        assert part in link
    assert "100 kinderen per buurt" in words(at)


@pytest.mark.usefixtures("enough")
@pytest.mark.parametrize("language", ["nl", "en"])
def test_few_words_stand_before_the_folds(language: str) -> None:
    at = found(opened(3, taal=language))
    shown = [e.value for e in (*at.title, *at.header, *at.markdown)]
    shown += [" ".join(map(str, table.value.to_numpy().ravel())) for table in at.table]
    folded = [e.value for fold in at.expander for e in fold.markdown]
    folded += [" ".join(map(str, t.value.to_numpy().ravel())) for fold in at.expander for t in fold.table]
    count = sum(len(text.split()) for text in shown) - sum(len(text.split()) for text in folded)
    of_every_page = (":small[Bron:", ":small[Source:", ":small[Versie", ":small[Version")
    foot = sum(len(text.split()) for text in shown if text.startswith(of_every_page))
    assert 100 < count - foot <= MOST_WORDS


def test_a_budget_that_changes_other_work_has_no_study() -> None:
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.query_params["begroting"] = plan(2, kinderwerk=36, jongerenwerk=5).code()
    at.run()
    assert [info.value for info in at.info] == [NL["study_other_work"]]


def test_a_given_effect_has_nothing_to_learn() -> None:
    def shown(fixed: bool) -> None:
        from pages.study.verdict import can_learn
        from tests.pages.test_onderzoek import beliefs

        can_learn(beliefs(fixed=fixed))

    given = AppTest.from_function(shown, kwargs={"fixed": True}).run()
    assert [info.value for info in given.info] == [NL["study_given"].format(full=NL["effect_full"])]
    assert not AppTest.from_function(shown, kwargs={"fixed": False}).run().info


def test_the_curve_is_that_of_the_calculation() -> None:
    about = asked(beliefs(), 100_000.0)
    curve = verdict.curve_of(about)
    assert list(curve["size"]) == list(SIZES)
    assert curve["net"].to_numpy() == pytest.approx((curve["worth"] - curve["price"]).to_numpy())
    own = curve[curve["size"] == 20].iloc[0]
    assert own["net"] == pytest.approx(verdict.net(about))


def test_at_which_worth_of_a_child_year_it_pays() -> None:
    cheap = asked(beliefs(), 100_000.0)
    said = verdict._between(cheap)
    low = spaced(said).split("€ ")[1].split(" ")[0].replace(".", "")
    assert verdict.net(cheap._replace(willingness=float(low))) > 0
    assert verdict.net(cheap._replace(willingness=float(low) - 20_000)) <= 0
    dear = replace(cheap.design, others=(("lead", 1.5e12),))
    assert verdict._between(cheap._replace(design=dear)) == NL["study_never"]


def test_every_number_can_be_moved_over_its_range() -> None:
    for name, number in NUMBERS.items():
        values = numbers.offered(name)
        assert values == sorted(values)
        assert (values[0], values[2], values[-1]) == (number.low, number.value, number.high)
        assert NL[f"study_number_{name}"] != EN[f"study_number_{name}"]
    assert numbers.written("lead", 700_000) == formats.euros(700_000)
    assert numbers.written("dropout", 0.075) == "7,5%"
    assert numbers.written("icc", 0.031) == "0,031"


def test_a_worth_of_which_something_was_missed_is_more() -> None:
    found = StudyWorth(Estimate(3e6, 1e5, 0.2), 0.3, Estimate(9e6, 1e5), 1.0, 1e6)
    assert spaced(verdict.at_least(found, 3e6)) == "meer dan € 3,0 mln"
    assert spaced(verdict.at_least(replace(found, one=Estimate(3e6, 1e5, 0.0)), 3e6)) == "€ 3,0 mln"
