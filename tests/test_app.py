"""The app without a browser: words, number formats, links, and the same figures as the command line."""

from __future__ import annotations

import ast
import re
import string
import time
from functools import partial
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from calibration.documents.summary import fitted_share, read
from pages import ijking
from pages.background import desk
from pages.background.answers import Answer
from pages.choices.chosen import Choices, pair, places, scenario
from pages.choices.link import query_of
from pages.choices.packed import pack
from pages.choices.plan import Plan
from pages.look import formats
from pages.look.texts import writing, writing_in
from pages.shared import level_chart, parts, watching
from sim import compare
from sim.decision.firm import Standing
from sim.decision.headline import change
from sim.errors import SimulationError
from sim.faults import fault
from sim.machine.arrays import ArrayFiles
from sim.model.parameters import Grade
from sim.runs import lives
from sim.runs.experiment import run_all
from tests.opened import finished, once, shown, spaced, unfolded, words
from tests.worlds import RATE

NL, EN = (writing_in(language).words for language in ("nl", "en"))
CATALOGUES = {"nl": NL, "en": EN}
ROOT = Path(__file__).resolve().parents[1]
MAIN = str(ROOT / "pages" / "main.py")
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
READERS = [*PAGES, *sorted((ROOT / "sim").rglob("*.py")), *sorted((ROOT / "calibration/paper").glob("*.py"))]
"""Whoever may use a word: exports and docs/paper.md share some with the pages."""


# Words


def test_both_languages_say_the_same_things() -> None:
    assert NL.keys() == EN.keys()
    for key in NL:
        dutch, english = (
            {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (NL[key], EN[key])
        )
        assert dutch == english, key
        assert NL[key].strip()
        assert EN[key].strip()


def test_every_word_is_used_and_every_word_used_exists() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in READERS)
    named = set(re.findall(r"""["']([a-z_0-9]+)["']""", source))
    composed = tuple(re.findall(r't\(f"([a-z_]+)\{', source))
    unused = [key for key in NL if key not in named and not key.startswith(composed)]
    assert unused == []
    called = set()
    for path in PAGES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t"
            if is_call and node.args and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
                called.add(node.args[0].value)  # type: ignore[attr-defined]
    assert called
    assert called <= NL.keys()


# Numbers


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", ["1.235", "\N{MINUS SIGN}1.235", "+1.235", "€ \N{MINUS SIGN}1.234,6 mln", "12,5", "13%"]),
        ("en", ["1,235", "\N{MINUS SIGN}1,235", "+1,235", "€ \N{MINUS SIGN}1,234.6 million", "12.5", "13%"]),
    ],
)
def test_numbers_follow_the_language_of_the_app(
    language: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "writing", lambda: writing_in(language))
    found = [
        formats.count(1234.6), formats.count(-1234.6), formats.count(1234.6, True),
        formats.money(-1.23456e9), formats.fte(12.5), formats.percent(0.126),
    ]  # fmt: skip
    assert [spaced(text) for text in found] == expected
    assert formats.count(-0.2) == "0"


# Links


def test_a_link_restores_every_choice() -> None:
    chosen = Choices(
        municipality="Tilburg", plan=Plan.simple(20.0, False, "deficit"), effect="half",
        plans=(Plan.simple(0.0), Plan.simple(12.5), Plan.simple(40.0, False)), chart="unmet",
    )  # fmt: skip
    query = {key: values[0] for key, values in parse_qs(query_of(chosen, "en")).items()}
    at = AppTest.from_file(MAIN, default_timeout=60)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    assert at.session_state["choices"] == chosen
    assert at.session_state["language"] == "en"
    assert not at.warning


@pytest.mark.parametrize(
    "query",
    [
        {"gemeente": "<script>alert(1)</script>"},
        {"gemeente": "Almeer"},
        {"begroting": "-5-g-deficit"},
        {"begroting": "nan-g-deficit"},
        {"begroting": "36"},
        {"begroting": "36-g-capped-x"},
        {"begroting": "zAAAA"},
        {"begroting": Plan.of({"programmes": {"kinderwurk": {"fte": 3}}}).code()},
        {"begroting": "z" + pack("[" * 20_000)},
        {"begroting": "z" + pack('{"programmes": {"kinderwerk": {"fte": 1e308}}}')},
        {"begroting": "z" + pack('{"programmes": {"kinderwerk": {"fte": %s}}}' % ("9" * 4_001))},
        {"begroting": "z" + pack('{"title": 5}')},
        {"begroting": "z" + pack('{"policy": {}}')},
        {"begroting": "z" + pack('{"years": 5, "years": 6}')},
        {"begroting": "z" + pack('{"place": "x.yaml"}')},
        {"begroting": "z" + pack('{"municipality": "scenarios/x.yaml"}')},
        {"aannames": "need.onset_light:nan"},
        {"aannames": "need.onset_ligth:0.1"},
        {"eigen": "zzz"},
        {"vergeleken": "later"},
        {"begrotingen": "1-g-deficit~oops"},
        {"effect": "triple"},
    ],
)
def test_an_impossible_link_is_told_and_left_out(query: dict[str, str]) -> None:
    at = AppTest.from_file(MAIN, default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    assert len(at.warning) == 1  # beside its field where there is one, else above the page
    assert at.session_state["choices"] == Choices()
    assert "<script>" not in at.warning[0].value


# Pages


@pytest.mark.parametrize(("language", "sentence"), [("nl", "De kans dat de"), ("en", "The chance that it")])
def test_start_shows_a_sentence_what_is_not_known_and_three_figures(language: str, sentence: str) -> None:
    at = shown("pages/main.py", taal=language, **unfolded("start"))
    once(at, lambda: sentence in words(at), 30)  # it comes with the next look at the answer
    assert sentence in words(at), words(at)
    assert len(at.metric) == 3
    told = CATALOGUES[language]["unknown_effect"].format(none="25%")
    assert any(told in m.value for m in at.markdown)
    assert CATALOGUES[language]["sentence_honest"][:30] in words(at)
    below = [m.value for m in at.markdown]
    told_at = next(k for k, text in enumerate(below) if sentence in text)
    assert told in below[told_at + 1]  # directly under it, and not folded away


def test_the_choice_of_a_chart_is_kept_and_goes_with_the_link() -> None:
    at = shown("pages/main.py")
    at.segmented_control(key="shown").set_value("unmet").run()
    assert at.session_state["choices"].chart == "unmet"
    assert any("grafiek=unmet" in code.value for code in at.code)


def test_what_a_link_got_wrong_is_said_until_something_is_chosen() -> None:
    at = shown("pages/main.py", begroting="-7-g-deficit")
    for _ in range(2):
        assert any("keuze die niet kan" in warning.value for warning in at.warning)
        at.run()
    at.selectbox[0].set_value("Hoorn").run()
    assert not at.run().warning


def test_a_strength_that_was_set_has_no_weight_on_no_effect() -> None:
    at = shown("pages/main.py", effect="half")
    assert NL["unknown_effect_set"] in words(at)
    assert "25% kans op geen effect" not in words(at)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_start_offers_the_named_priors_and_names_the_one_that_is_chosen(language: str) -> None:
    at = shown("pages/main.py", effect="sceptical", taal=language)
    told = CATALOGUES[language]
    assert at.session_state["choices"].effect == "sceptical"
    field = at.selectbox(key="start-effect")
    assert set(field.options) >= {told[f"effect_{prior}"] for prior in ("sceptical", "nearest", "favourable")}
    assert told["unknown_effect_prior"].format(prior=told["effect_sceptical"]) in words(at)


def test_a_chosen_prior_goes_with_the_link_and_into_every_scenario() -> None:
    at = shown("pages/main.py")
    at.selectbox(key="start-effect").set_value("nearest").run()
    assert any("effect=nearest" in code.value for code in at.code)
    chosen = at.session_state["choices"]
    assert {one.prior for one in pair(chosen)} == {"nearest"}


@pytest.mark.parametrize("mode", ["level", "difference"])
def test_the_table_of_the_chart_on_start_is_open_where_the_link_says_so(mode: str) -> None:
    at = shown("pages/main.py", meer="tabel", beeld=mode)
    assert at.session_state["meer-tabel"] is True
    assert any("meer=tabel" in code.value for code in at.code)


def test_start_shows_the_figures_of_the_command_line() -> None:
    at = shown("pages/main.py")
    both = [scenario(Choices(), Plan.simple(fte)) for fte in (0.0, 36.0)]
    d = next(iter(compare(both, children=desk.CHILDREN, draws=desk.DRAWS).differences.values()))
    term, near, far = (change(d, years, RATE) for years in (4, 10, 20))
    youths = [(figure, formats.count) for figure in (near.unmet_need, near.care_users)]
    expected = [(far.municipal_cost, formats.money), *youths]
    for metric, (figure, write) in zip(at.metric, expected, strict=True):
        assert metric.value.lower() == writing().change(figure, write, "fewer").lower()
        assert metric.value.strip("\N{EN DASH}-")
        assert writing().range(figure, write, "fewer", luck=False) in words(at)
    paid = writing().about_euros(term.municipal_cost.value)
    assert f"betaalt Almere in 4 jaar ongeveer {paid} meer" in words(at)


def test_the_level_stands_under_every_difference_of_youths() -> None:
    at = shown("pages/main.py")
    answer = next(one for one in reversed(desk.desk().kept.values()) if isinstance(one, Answer))
    level, near = answer.level(0, 10), change(answer.difference(), 10, RATE)
    for figure, before in ((near.unmet_need, level.unmet_need), (near.care_users, level.care_users)):
        told = f"van ongeveer {writing().about(before)} zonder kinderwerk naar"
        if Standing.of(figure) is not Standing.FIRM:
            told = f"ongeveer {writing().about(before)}, met of zonder"
        assert told in words(at)


def test_without_child_workers_there_is_nothing_to_compare() -> None:
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.query_params["begroting"] = "0-g-crowd_out"
    at.run()
    assert not at.exception
    assert at.info[0].value == NL["sentence_none"]
    assert not at.metric


def test_compare_shows_the_differences_of_every_budget() -> None:
    at = shown("pages/vergelijk.py")
    for table in at.table[-3:]:  # at 4, 10 and 20 years
        assert [name.replace("\N{SOFT HYPHEN}", "") for name in table.value.columns] == [
            "36 kinderwerkers, geoormerkt",
            "72 kinderwerkers, geoormerkt",
            "72 kinderwerkers, niet geoormerkt",
        ]
        assert any(parts.breakable("Hulp nodig, niet gekregen") in row for row in table.value.index)
        assert any("echt in de kas" in row for row in table.value.index)
        assert len(table.value) == 6
    assert "Na een raadsperiode van 4 jaar (t/m 2029)" in words(at)
    assert "Vergeleken met: Almere, 0 kinderwerkers." in words(at)


def test_six_budgets_are_compared_and_their_figures_fit_on_a_phone() -> None:
    codes = "~".join(Plan.simple(float(fte)).code() for fte in (0, 10, 20, 30, 40, 50))
    at = shown("pages/vergelijk.py", begrotingen=codes)
    assert len(at.session_state["choices"].plans) == 6
    assert [len(table.value.columns) for table in at.table] == [3, 2] * 3


def test_compare_shows_the_figures_of_the_command_line() -> None:
    at = shown("pages/vergelijk.py", begrotingen="10-g-deficit~30-g-deficit~30-o-crowd_out")
    plans = [Plan.simple(10.0, True, "deficit"), Plan.simple(30.0, True, "deficit"), Plan.simple(30.0, False)]
    found = compare([scenario(Choices(), p) for p in plans], children=desk.CHILDREN, draws=desk.DRAWS)
    for column, difference in enumerate(found.differences.values()):
        for table, years in zip(at.table[-3:], (4, 10, 20), strict=True):
            expected = change(difference, years, RATE)
            texts = list(table.value.iloc[:, column])
            assert texts[:2] == [
                writing().difference(expected.care_users, formats.count),
                writing().difference(expected.unmet_need, formats.count),
            ]
            assert texts[2] == formats.millions(expected.programme_cost, True)
            assert texts[3] == writing().difference(expected.municipal_cost, formats.millions)


def test_compare_puts_budgets_of_other_years_over_those_of_the_first() -> None:
    plans = (Plan.simple(0.0).changed(years=6), Plan.simple(20.0), Plan.simple(30.0).changed(start=2030))
    at = shown("pages/vergelijk.py", begrotingen="~".join(plan.code() for plan in plans), open="verloop")
    assert not at.error
    assert "6 jaar, van 2026 tot en met 2031" in words(at)
    assert len(at.session_state["choices"].plans[1].data) == 2  # the budgets themselves stay as they were
    assert list(at.table[0].value["Jaar"])[-1] == "2031"


def test_a_name_of_a_user_is_no_markup_in_a_table() -> None:
    plan = Plan.simple(20.0).changed(title="![x](https://elsewhere.example/x.png)")
    at = shown("pages/vergelijk.py", begrotingen=f"{Plan.simple(0.0).code()}~{plan.code()}")
    assert "![x]" not in "".join(map(str, [*at.table[-1].value.columns, *words(at)]))


def test_compare_says_that_limited_places_are_another_world() -> None:
    capped = [Plan.simple(fte, True, "capped").changed(years=4) for fte in (0.0, 30.0)]
    free = Plan.simple(0.0, True, "deficit").changed(years=4)
    for plans, told in (((free, capped[1]), 1), (capped, 0)):
        at = shown("pages/vergelijk.py", begrotingen="~".join(plan.code() for plan in plans))
        assert [w.value for w in at.warning] == [NL["compare_mixed"]] * told


def test_compare_says_when_it_computes_with_less_effect() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "vergelijk.py"), default_timeout=60)
    at.query_params["effect"] = "half"
    at.run()
    assert NL["compare_effect"].format(effect=NL["effect_half"]) in words(at)


def test_the_table_below_a_chart_has_dutch_numbers() -> None:
    at = shown("pages/main.py", beeld="difference", grafiek="money")
    table = at.table[0].value
    assert list(table.columns) == ["Jaar", "gemiddeld", "laag (5%)", "hoog (95%)"]
    assert list(table["Jaar"]) == [str(year) for year in range(2026, 2046)]
    number = re.compile(r"[+\N{MINUS SIGN}]?\d{1,3}(\.\d{3})*,\d")
    assert all(number.fullmatch(text) for text in table["gemiddeld"])


def test_the_page_stands_in_the_language_of_its_words() -> None:
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.query_params["begroting"] = "0-g-crowd_out"
    at.run()
    assert any('.lang = "nl"' in html.proto.body for html in at.get("html"))
    at.segmented_control(key="language_choice").set_value("en").run()
    assert any('.lang = "en"' in html.proto.body for html in at.get("html"))
    assert at.title[0].value == EN["app"]
    assert at.info[0].value == EN["sentence_none"]


def test_every_grade_has_its_word() -> None:
    assert {key.removeprefix("grade_") for key in NL if key.startswith("grade_")} == set(get_args(Grade))


# When something goes wrong


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the app find nothing on disk that an earlier run of the tests kept there."""
    monkeypatch.setattr(desk.desk().lives, "_files", ArrayFiles(tmp_path, 1 << 30))
    desk.desk().lives.forget()


@pytest.mark.usefixtures("nothing_kept")
def test_an_answer_that_fails_is_told_without_a_trace_and_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise SimulationError(fault("count_negative", year=2026))

    real = run_all
    monkeypatch.setattr(lives, "run_all", broken)
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.query_params["begroting"] = "17-g-crowd_out"
    at.run()
    once(at, lambda: bool(at.error))  # what other pages asked for may come first
    reason = "een aantal is negatief in 2026"
    assert [error.value for error in at.error] == [NL["failed"].format(reason=reason)]
    assert not at.metric
    monkeypatch.setattr(lives, "run_all", real)
    next(b for b in at.button if b.label == NL["again"]).click().run()
    at = finished(at)
    assert not at.error
    assert len(at.metric) == 3


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize("kind", [KeyError, ValueError])
def test_a_mistake_of_ours_is_for_the_log_and_not_for_the_screen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise kind("secret inside")

    monkeypatch.setattr(lives, "run_all", broken)
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.query_params["begroting"] = f"{18 if kind is KeyError else 19}-g-crowd_out"
    at.run()
    assert [error.value for error in at.error] == [NL["failed_unknown"]]
    assert "secret inside" in caplog.text
    assert "secret inside" not in str(at)


def test_a_page_that_breaks_says_so_in_the_language_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level_chart, "chart", lambda *_: 1 / 0)
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.query_params["taal"] = "en"
    at.run()
    assert not at.exception
    assert [error.value for error in at.error] == [EN["failed_unknown"]]


@pytest.mark.usefixtures("nothing_kept")
def test_the_stop_button_stops_and_go_on_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "DRAWS", 4000)
    monkeypatch.setattr(watching, "DRAWS", 4000)
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.query_params["begroting"] = "19-g-crowd_out"
    at.run()
    next(b for b in at.button if b.label == NL["stop"]).click().run()
    assert "Gestopt na" in words(at)
    answer = next(one for one in reversed(desk.desk().kept.values()) if isinstance(one, Answer))  # asked last
    until = time.monotonic() + 30
    while answer.running and time.monotonic() < until:
        time.sleep(0.05)
    done = len(answer.draws)
    assert not answer.running
    at.run()
    assert len(answer.draws) == done
    next(b for b in at.button if b.label == NL["go_on"]).click().run()
    assert "Gestopt na" not in words(at)
    until = time.monotonic() + 30
    while len(answer.draws) <= done and time.monotonic() < until:
        time.sleep(0.05)
        at.run()
    assert len(answer.draws) > done


def _tells(at: AppTest, sentence: str) -> bool:
    return sentence in words(at)


def test_two_sessions_at_once_each_get_their_own_answer() -> None:
    towns = {town: AppTest.from_file(MAIN, default_timeout=60) for town in ("Tilburg", "Urk")}
    for town, at in towns.items():
        at.query_params["gemeente"] = town
        at.run()
    for town, at in towns.items():
        sentence = f"{town} in 4 jaar"
        once(finished(at), partial(_tells, at, sentence), 30)  # it comes with the next look at the answer
        assert _tells(at, sentence)
        assert [name for name in towns if _tells(at, name)] == [town]
    first, second = towns.values()
    assert first.session_state["watcher"] != second.session_state["watcher"]


def test_the_desk_keeps_a_bounded_number_of_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "run_all", lambda *_, **__: iter(()))
    one = desk.Desk()
    for fte in range(desk.KEPT_WORK + 20):
        plans = Plan.simple(0.0), Plan.simple(float(fte))
        one.ask([scenario(Choices(), plan) for plan in plans], "one")
    assert len(one.kept) == desk.KEPT_WORK
    one.close()


def test_places_are_those_with_a_profile() -> None:
    found = places()
    assert found[:3] == ["Aa en Hunze", "Aalsmeer", "Aalten"]
    assert found[-2:] == ["Zwolle", "Nederland"]
    assert len(set(found)) == len(found)


# IJking


@pytest.mark.parametrize(("language", "says"), [("nl", "Zij zegt **niets**"), ("en", "It says **nothing**")])
def test_the_page_of_the_calibration_says_what_it_fits_and_what_it_cannot_tell(
    language: str, says: str
) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "ijking.py"), default_timeout=60)
    at.session_state["language"] = language
    at.query_params.update(unfolded("ijking"))
    at.run()
    assert not at.exception
    assert says in words(at)
    _, found = read()
    inside, _ = fitted_share(found)
    assert formats.percent(inside) in words(at) or f"{inside:.0%}" in words(at)
    assert f"{found['identifiability']['informed_directions']}" in words(at)
    tables = [table.value for table in at.table]
    counted = [cell for table in tables for cell in table.astype(str).to_numpy().ravel()]
    point = "." if language == "nl" else ","
    assert f"380{point}000" in counted  # written as the language writes it, whatever the browser's own
    assert any("CBS" in note.value and "NJi" in note.value for note in at.markdown)  # where figures are from


def test_without_a_calibration_the_page_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ijking, "KEPT", (tmp_path / "none.json",))
    monkeypatch.setattr("streamlit.info", lambda text: told.append(text))
    told: list[str] = []
    ijking.main()
    assert told
