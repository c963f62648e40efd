"""A link is written by anybody: whatever it says, there is something that every page can show."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.choices.chosen import MAX_PLANS, Choices, pair, places, scenario
from pages.choices.link import _READERS, VIEWS, query_of, read_link, written_in_link
from pages.choices.packed import pack
from pages.choices.plan import MOST_FTE, Plan
from pages.look.texts import writing_in
from sim.inputs.library import allowed_range
from sim.model.parameters import default_parameters
from tests.examples import examples
from tests.opened import ROOT

OWN = {
    "kind": "municipality", "name": "Dorp", "date": "2024-01-01", "source": "telling",
    "population": {"0-17": 780.0, "18-22": 220.0}, "kinderwerk_fte": {"value": 2.5},
    "use": {"year": 2019, "youths": 90.0, "ages": "0-17", "national": 0.12}, "tariffs": {"ambulant": 9000.0},
}  # fmt: skip
RICH = {
    "title": "Meer werkers", "start": 2027, "years": 12, "policy": "capped",
    "places": {"ambulant": 900.0, "verblijf": "as_used"}, "budget": {"youth_care": 60e6, "real_growth": 0.01},
    "shocks": [{"kind": "budget_cut", "start": "2029-01", "size": 0.2, "programmes": ["kinderwerk"]}],
    "programmes": {
        "kinderwerk": {"fte": {"2027": 10.0, "2030": 36.0}, "ring_fenced": False, "ages": [4, 12]},
        "bso": {"fte": 4.5, "paid_by": "outside", "switches": {"onset": False}},
    },
    "parameters": {"cost.overhead": 0.2, "need.onset_light": {"value": 0.01, "from": "birth"}},
}  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 5, 1e308, -1e308, 5e-324, 10**29, 10**4000, float("nan"), float("inf"), "",
    "x", "\ud800", "\x00", "<b>", "a" * 5_000, "9" * 4_001, "2026", "9999-12", "NaN", [], [[]], [0] * 3_000,
    {}, {"": 0}, {"value": 1e308}, {"2026": 1e308}, {"2026-2027": {}}, {"fte": []},
)  # fmt: skip
"""What may stand in the place of anything."""


def places_in(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything in plain data."""
    yield path
    if isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places_in(value, (*path, key))


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of plain data with something else in one place."""
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = changed(data[path[0]], path[1:], value)
    return copy


def coded(data: Any) -> str:
    return pack(json.dumps(data))


@st.composite
def hostile_data(draw: st.DrawFn, whole: Any) -> str:
    """Return the JSON of data that a link may hold, with one to three things changed."""
    data = whole
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places_in(data))))
        data = changed(data, path, draw(st.sampled_from(ODD) | st.floats() | st.text(max_size=5)))
    text = json.dumps(data)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        slipped_in = draw(st.sampled_from(['"years": 5, ', "[" * 9_000, "1" * 5_000, "NaN", "}", ""]))
        text = text[:at] + slipped_in + text[at:]
    return text


def value_of(key: str) -> st.SearchStrategy[str]:
    """Return what may stand under a key: what can be read, what nearly can, and what nobody can read."""
    plans = hostile_data(RICH).map(lambda text: "z" + pack(text)) | st.sampled_from(
        ["36-g-crowd_out", "1e308-g-deficit", "999999-o-capped", "nan-g-deficit", "z", Plan.of(RICH).code()]
    )
    known: dict[str, st.SearchStrategy[str]] = {
        "begroting": plans,
        "begrotingen": st.lists(plans, max_size=MAX_PLANS + 2).map("~".join),
        "eigen": hostile_data(OWN).map(pack),
        "gemeente": st.sampled_from(["Tilburg", "almere", "Nederland", "Nederland 2018", "Almeer", "Dorp"]),
        "aannames": st.lists(
            st.sampled_from(["cost.overhead:0.2", "need.onset_light:0.01", "cost.overhead:9e9", "a:1", ":"]),
            max_size=70,
        ).map("~".join),
        "effect": st.sampled_from(["half", "none", "full"]),
    }
    noise = st.text(max_size=30) | st.sampled_from(["~", "~" + "A" * 22, "~../../etc", "%", "9" * 60_000])
    return known.get(key, noise) | noise


KEYS = [*_READERS, "taal", "van", "iets", "utm_source", *VIEWS["kinderen"]]


@st.composite
def links(draw: st.DrawFn) -> dict[str, list[str]]:
    """Return what stands in a link by key; a key may be there twice."""
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=6, unique=True))
    most = draw(st.sampled_from([1, 1, 1, 2]))
    return {key: draw(st.lists(value_of(key), min_size=1, max_size=most)) for key in keys}


def ours(*_: object) -> None:
    raise AssertionError("a mistake of ours") from sys.exc_info()[1]


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(links())
def test_any_link_leads_to_choices_that_a_page_can_show(query: dict[str, list[str]]) -> None:
    began = time.perf_counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pages.choices.link.log.exception", ours)
        link = read_link(query)
    assert time.perf_counter() - began < 2
    told = set(link.wrong) | set(link.gone)
    assert told <= set(query)
    chosen = link.choices
    for plan in (chosen.plan, *chosen.plans):
        assert scenario(chosen, plan).years >= 1
        assert plan.label()
    assert len(pair(chosen)) == 2
    assert chosen.municipality in places(chosen)
    again = read_link(parse_qs(query_of(chosen, "nl")))
    assert again.choices == chosen
    assert not again.wrong
    twice = {key for key, values in query.items() if len(values) > 1}
    assert twice - {"utm_source"} <= told


WORK = '{"programmes": {"kinderwerk": {"fte": %s}}}'
IMPOSSIBLE: dict[str, dict[str, list[str]]] = {
    "a number beyond all workers": {"begroting": ["z" + pack(WORK % "1e308")]},
    "a number of 4,001 digits": {"begroting": ["z" + pack(WORK % ("9" * 4_001))]},
    "more workers than a field holds": {"begroting": ["z" + pack(WORK % "100001")]},
    "more workers in a year than a field holds": {"begroting": ["z" + pack(WORK % '{"2026": 100001}')]},
    "no number": {"begroting": ["z" + pack(WORK % "NaN")]},
    "a number in words": {"begroting": ["z" + pack(WORK % '"36"')]},
    "a truth for a number": {"begroting": ["z" + pack(WORK % "true")]},
    "no use of a programme": {"begroting": ["z" + pack('{"programmes": {"kinderwerk": null}}')]},
    "a number for a title": {"begroting": ["z" + pack('{"title": 5}')]},
    "nothing for a title": {"begroting": ["z" + pack('{"title": null}')]},
    "nothing for a policy": {"begroting": ["z" + pack('{"policy": {}}')]},
    "a list for a policy": {"begroting": ["z" + pack('{"policy": []}')]},
    "a list for programmes": {"begroting": ["z" + pack('{"programmes": []}')]},
    "a mapping for shocks": {"begroting": ["z" + pack('{"shocks": {}}')]},
    "a key that is there twice": {"begroting": ["z" + pack('{"years": 5, "years": 6}')]},
    "years in words": {"begroting": ["z" + pack('{"years": "5"}')]},
    "years with a fraction": {"begroting": ["z" + pack('{"years": 5.0}')]},
    "no years": {"begroting": ["z" + pack('{"years": 0}')]},
    "a budget that no field holds": {"begroting": ["z" + pack('{"budget": {"youth_care": 1e12}}')]},
    "places that no field holds": {
        "begroting": ["z" + pack('{"policy": "capped", "places": {"ambulant": 2e6}}')]
    },
    "places without a limit": {"begroting": ["z" + pack('{"places": {"ambulant": 20}}')]},
    "an unknown programme": {"begroting": ["z" + pack('{"programmes": {"kinderwurk": {"fte": 3}}}')]},
    "the name of a file": {"begroting": ["z" + pack('{"reference": "scenarios/almere/geen.yaml"}')]},
    "one budget to compare": {"begrotingen": ["36-g-crowd_out"]},
    "seven budgets to compare": {"begrotingen": ["~".join(["36-g-crowd_out"] * 7)]},
    "an impossible budget to compare": {"begrotingen": ["36-g-crowd_out~z" + pack(WORK % "1e308")]},
    "figures with a key twice": {"eigen": [pack('{"kind": "municipality", "name": "Dorp", "name": "Stad"}')]},
    "figures beyond the country": {"eigen": [pack(json.dumps(OWN | {"population": {"0-22": 1e308}}))]},
    "figures without a name": {"eigen": [pack(json.dumps({k: v for k, v in OWN.items() if k != "name"}))]},
    "a number of the model twice": {"aannames": ["cost.overhead:0.2~cost.overhead:0.3"]},
    "a number of the model beyond its range": {"aannames": ["cost.overhead:1e9"]},
    "a municipality twice": {"gemeente": ["Tilburg", "Hoorn"]},
    "the same twice": {"gemeente": ["Tilburg", "Tilburg"]},
    "no municipality": {"gemeente": [""]},
    "a very long name": {"gemeente": ["a" * 1_000_000]},
    "signs that are none": {"gemeente": ["\ufffd\ufffd"]},
    "no language": {"taal": ["de"]},
    "an unknown key": {"gemeent": ["Tilburg"]},
    "a term that is not offered": {"termijn": ["5"]},
    "numbers of a plan from nowhere": {"van": ["Nergens"]},
}  # fmt: skip


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_is_not_possible_is_left_out_and_named(case: str) -> None:
    query = IMPOSSIBLE[case]
    link = read_link(query)
    assert link.choices == Choices()
    assert set(link.wrong) == set(query)
    assert (link.language, link.plan_from, link.gone) == ("", "", ())


def test_what_is_possible_beside_it_is_taken() -> None:
    beside = {"gemeente": ["Tilburg"], "zeker": ["75"], "taal": ["en"]}
    link = read_link({**IMPOSSIBLE["a number for a title"], **beside})
    assert (link.choices.municipality, link.choices.sure, link.language) == ("Tilburg", 75, "en")
    assert link.wrong == ("begroting",)


def test_what_newsletters_add_is_nobodys_mistake() -> None:
    assert read_link({"utm_source": ["brief"], "fbclid": ["x"], "gemeente": ["Tilburg"]}).wrong == ()


def mistaken(_: object) -> None:
    raise KeyError("no such key")


def test_a_mistake_of_ours_is_logged_and_stops_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr("pages.choices.link.log.exception", lambda *words: logged.append(words[0]))
    monkeypatch.setitem(_READERS, "effect", mistaken)
    link = read_link({"effect": ["half"], "gemeente": ["Tilburg"]})
    assert link.wrong == ("effect",)
    assert link.choices.municipality == "Tilburg"
    assert len(logged) == 1


def test_a_mistake_of_ours_beyond_one_key_stops_no_page_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.choices.state.read_link", mistaken)
    monkeypatch.setattr("pages.budget.outcome.live", lambda *_, **__: None)
    at = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=120)
    at.query_params["effect"] = "half"
    at.run()
    told_once(at, "nl")


@given(st.floats(0, MOST_FTE), st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_of_workers_and_any_value_is_said_exactly(fte: float, value: float) -> None:
    assert Plan.of_code(Plan.simple(fte).code()) == Plan.simple(fte)
    text = written_in_link(Choices(assumptions=(("cost.overhead", value),)))["aannames"]
    if abs(value) < 1e16:
        assert _READERS["aannames"](text) == {"assumptions": (("cost.overhead", value),)}


def test_every_number_of_the_model_goes_through_a_link_at_both_ends_of_its_range() -> None:
    for name, record in default_parameters().records.items():
        for value in allowed_range(record):
            text = written_in_link(Choices(assumptions=((name, value),)))["aannames"]
            assert _READERS["aannames"](text) == {"assumptions": ((name, value),)}


PAGES = ("start", "verken", "vergelijk", "galerij", "wie_betaalt", "kinderen", "onzekerheid", "aannames",
         "onderzoek", "eigen_cijfers", "ijking", "briefing", "afwegingskader", "over")  # fmt: skip
GARBAGE = {
    "begroting": "z" + pack(WORK % "1e308"), "eigen": pack('{"name": 5}'), "gemeente": "\ufffd<b>" * 40,
    "jaar": "\u202e", "kind": "-1", "wachten": "nan", "delen": "~~~", "zoek": "x" * 5_000, "rust": "1e308",
    "begin": "<b>", "stellingen": "almere~", "over": "niets", "vanaf0": "inf", "<script>": "1",
    "*_[x](y)": "", "": "",
}  # fmt: skip


def opened(language: str) -> AppTest:
    """Return the app as garbage opens it."""
    at = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=120)
    for key, value in {**GARBAGE, "taal": language}.items():
        at.query_params[key] = value
    return at.run()


def told_once(at: AppTest, language: str) -> None:
    assert not at.exception
    assert not at.error
    assert at.session_state["choices"] == Choices()
    warning, *fields = at.warning
    assert len(fields) <= 1  # the field for a municipality says what is wrong with its name
    before, after = writing_in(language).words["bad_link"].split("{what}")
    assert warning.value.startswith(before)
    assert warning.value.endswith(after)
    assert len(warning.value) < 300
    assert "<script>" not in warning.value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_whatever_the_link_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shared.parts.log.exception", ours)
    at = opened("nl")
    at.switch_page(f"{page}.py").run()
    told_once(at, "nl")
    assert at.title[0].value == writing_in("nl").t("app" if page == "start" else f"page_{page}")
    assert set(at.query_params) <= set(VIEWS.get(page.replace("_", "-"), ()))


def test_it_is_told_in_the_language_of_the_reader() -> None:
    told_once(opened("en"), "en")
