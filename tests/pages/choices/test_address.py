"""The address follows what is chosen, is short, and opening it again shows the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha512
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages.assumptions.rows import TOPICS
from pages.choices import shelf
from pages.choices.address import LONGEST
from pages.choices.chosen import EFFECTS, REFERENCES, SURE, Choices, existing_fte, plans_around
from pages.choices.link import _READERS, FROM, VIEWS
from pages.choices.plan import Plan
from pages.choices.state import KEPT_FROM
from pages.look.texts import writing_in
from pages.shared.parts import plain
from sim.decision.headline import HORIZONS
from sim.inputs.library import registry
from tests.opened import ROOT, words

NL = writing_in("nl").words
FIGURES = {
    "kind": "municipality", "name": "Dorp", "date": "2024-01-01", "source": "telling",
    "population": {"0-17": 7800.0, "18-22": 2200.0}, "kinderwerk_fte": {"value": 2.5}, "tariffs": {},
}  # fmt: skip
SOURCED = {
    form: {"value": low, "source": "".join(sha512(form.encode() * n).hexdigest() for n in (1, 2))}
    for form, (low, _) in registry().tariffs.items()
}
OWN, LONG_OWN = (
    json.dumps(FIGURES | {"tariffs": tariffs}, sort_keys=True) for tariffs in ({}, SOURCED)
)
"""Figures of one's own, as the page keeps them; with sources that say much, they are long in a link too."""


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep long parts in a folder of the test; work on no answer: an address does not wait for the model."""
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path))
    monkeypatch.setattr("pages.budget.outcome.live", lambda *_, **__: None)
    for remembered in (shelf.folder, shelf._secret):
        remembered.cache_clear()
    yield tmp_path / "addresses"
    for remembered in (shelf.folder, shelf._secret):
        remembered.cache_clear()


PAGES = sorted(page for page in (ROOT / "pages").glob("*.py") if page.stem != "main")


def opened(chosen: Choices | None = None, /, **query: str) -> AppTest:
    """Return the app with these choices, or as a link opens it."""
    at = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=120)
    if chosen is not None:
        at.session_state["choices"] = chosen
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    assert not at.error
    return at


def address(at: AppTest) -> dict[str, str]:
    """Return the query in the address bar; every key is there once."""
    found = {key: values if isinstance(values, list) else [values] for key, values in at.query_params.items()}
    assert all(len(values) == 1 for values in found.values())
    return {key: values[0] for key, values in found.items()}


def whole_link(at: AppTest) -> dict[str, str]:
    """Return the query of the link at the foot."""
    return {key: values[0] for key, values in parse_qs(urlsplit(at.code[-1].value).query).items()}


BASE = Choices()
MORE = Plan.simple(30.0).changed(shocks=[{"kind": "lockdown", "start": "2027-03", "months": 6, "size": 0.7}])
LONG = Plan.simple(0.0).changed(
    programmes={
        name: {"fte": {str(year): round(3.7 * n + year % 7 + 0.13 * n, 2) for year in range(2026, 2046)}}
        for n, name in enumerate(("kinderwerk", "jongerenwerk", "gezinssteun", "bso", "peuterwerk"), 1)
    }
)  # fmt: skip
CHANGES: dict[str, tuple[Choices, set[str]]] = {
    "nothing": (BASE, set()),
    "more workers": (replace(BASE, plan=Plan.simple(40.0)), {"begroting"}),
    "not ring-fenced": (replace(BASE, plan=Plan.simple(36.0, False)), {"begroting"}),
    "a shock": (replace(BASE, plan=MORE), {"begroting"}),
    "less effect": (replace(BASE, effect="half"), {"effect"}),
    "another future": (replace(BASE, future="van_ark"), {"toekomst"}),
    "another reference": (replace(BASE, reference="now", plan=MORE), {"vergeleken", "begroting"}),
    "another term": (replace(BASE, horizon=HORIZONS[0]), {"termijn"}),
    "surer": (replace(BASE, sure=SURE[1]), {"zeker"}),
    "another chart": (replace(BASE, chart="unmet"), {"grafiek"}),
    "the difference": (replace(BASE, mode="difference"), {"beeld"}),
    "other money": (replace(BASE, money="care", per="inhabitant", prices="current"),
                    {"kosten", "per", "prijzen"}),
    "other budgets to compare": (replace(BASE, plans=(Plan.simple(1.0), MORE)), {"begrotingen"}),
    "a number of the model": (replace(BASE, assumptions=(("cost.overhead", 0.6),)), {"aannames"}),
    "figures of one's own": (
        Choices(own=OWN, municipality="Dorp", plan=Plan.simple(2.5), plans=plans_around(2.5)), {"eigen"}
    ),
    "figures of one's own for elsewhere": (replace(BASE, own=OWN), {"eigen", "gemeente"}),
    "long figures of one's own": (
        Choices(own=LONG_OWN, municipality="Dorp", plan=Plan.simple(2.5), plans=plans_around(2.5)), {"eigen"}
    ),
    "a long plan": (replace(BASE, plan=LONG, plans=(LONG, MORE, LONG.changed(policy="deficit"))),
                    {"begroting", "begrotingen"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_the_address_says_what_was_changed_and_brings_it_back(case: str) -> None:
    chosen, keys = CHANGES[case]
    at = opened(chosen)
    found = address(at)
    assert found.keys() == keys
    assert len(urlencode(found)) <= LONGEST
    again = opened(**found)
    assert again.session_state["choices"] == chosen
    assert not again.warning
    assert address(again) == found
    for keeps in (whole_link(at), whole_link(again)):  # works on a server that keeps nothing
        assert not any(shelf.is_key(value) for value in keeps.values())
        assert opened(**keeps).session_state["choices"] == chosen


@pytest.mark.parametrize("page", [page.stem for page in PAGES])
def test_every_page_has_all_that_a_link_said_at_its_foot(page: str) -> None:
    said = {
        "gemeente": "Tilburg", "begroting": "20-o-deficit", "vergeleken": "now", "effect": "half",
        "aannames": "cost.overhead:0.6",
    }  # fmt: skip
    at = opened(**said)
    at.switch_page(f"{page}.py").run()
    assert not at.exception
    assert address(at) == said
    assert whole_link(at) == {**said, "taal": "nl"}
    marked = NL["changed_assumptions"].split("{")[0]
    if page != "galerij":  # its answers are stored: no choice changes them
        assert plain(marked) in words(at)


def test_every_choice_can_be_said_in_a_link() -> None:
    said = {key for _, keys in CHANGES.values() for key in keys}
    assert said == set(_READERS)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_language_is_in_the_address_where_it_is_not_the_first(language: str) -> None:
    assert address(opened(taal=language)) == ({"taal": "en"} if language == "en" else {})


def test_an_address_without_need_for_words_stays_clean() -> None:
    said = {"gemeente": "Almere", "begroting": "36-g-crowd_out", "effect": "full", "taal": "nl"}
    assert address(opened(**said)) == {}
    tilburg = opened(gemeente="tilburg")
    assert address(tilburg) == {"gemeente": "Tilburg"}
    fte = existing_fte(tilburg.session_state["choices"])
    assert address(opened(gemeente="Tilburg", begroting=Plan.simple(fte).code())) == {"gemeente": "Tilburg"}


def test_each_choice_on_start_is_in_the_address_at_once() -> None:
    at = opened()
    at.selectbox(key="municipality-chosen").set_value("Tilburg").run()
    assert address(at) == {"gemeente": "Tilburg"}
    at.selectbox(key="start-effect").set_value("none").run()
    assert address(at) == {"gemeente": "Tilburg", "effect": "none"}
    at.toggle(key="start-fenced").set_value(False).run()
    assert address(at).keys() == {"gemeente", "effect", "begroting"}
    at.selectbox(key="start-effect").set_value("full").run()
    at.selectbox(key="municipality-chosen").set_value("Almere").run()
    at.toggle(key="start-fenced").set_value(True).run()
    assert address(at) == {}


def test_another_page_takes_the_choices_along_and_leaves_what_only_one_page_shows() -> None:
    at = opened(gemeente="Tilburg", effect="half", delen="kinderwerk~shocks", stellingen="bso")
    shared = {"gemeente": "Tilburg", "effect": "half"}
    assert address(at) == shared
    at.switch_page("verken.py").run()
    assert address(at) == {**shared, "delen": "kinderwerk~shocks"}
    at.switch_page("galerij.py").run()
    assert address(at) == {**shared, "stellingen": "bso"}
    at.switch_page("over.py").run()
    assert address(at) == shared
    at.switch_page("verken.py").run()
    assert address(at) == {**shared, "delen": "kinderwerk~shocks"}  # still open


def test_whose_numbers_a_plan_has_is_brought_back() -> None:
    at = opened(begroting=MORE.code())
    at.selectbox(key="municipality-chosen").set_value("Tilburg").run()
    found = address(at)
    assert found.keys() == {"gemeente", "begroting", FROM}
    again = opened(**found)
    assert NL["plan_kept"].format(name="Almere") in words(again)
    assert address(again) == found
    assert KEPT_FROM in again.session_state
    assert whole_link(again)[FROM] == "Almere"
    again.session_state[KEPT_FROM] = ("Dorp", again.session_state["choices"].plan)  # of figures since dropped
    again.run()
    assert NL["plan_kept"].format(name="Dorp") in words(again)
    assert FROM not in address(again)


# Short keys


def test_a_long_address_has_a_key_whose_meaning_stays(kept: Path) -> None:
    chosen, _ = CHANGES["long figures of one's own"]
    at = opened(chosen)
    found = address(at)
    assert shelf.is_key(found["eigen"])
    at.select_slider[0].set_value(4.0).run()  # other choices need no other key
    assert address(at) == {**found, "begroting": "4-g-crowd_out"}
    assert len(list(kept.glob("*.txt"))) == 1
    assert opened(**found).session_state["choices"] == chosen
    assert opened(**address(at)).session_state["choices"].plan == Plan.simple(4.0)


def test_what_is_short_is_not_kept_on_the_server(kept: Path) -> None:
    opened(CHANGES["figures of one's own"][0])
    assert not kept.exists()


def test_a_key_that_is_gone_is_told_in_one_sentence_and_the_rest_is_shown(kept: Path) -> None:
    chosen = replace(CHANGES["long figures of one's own"][0], effect="half")
    found = address(opened(chosen))
    for path in kept.glob("*.txt"):
        path.unlink()
    at = opened(**found)
    assert [warning.value for warning in at.warning] == [NL["gone_link"].format(what="eigen")]
    assert at.session_state["choices"] == Choices(effect="half")
    assert address(at) == {"effect": "half"}


def test_what_was_kept_is_read_as_strictly_as_a_link() -> None:
    key = shelf.put("z" + "niet te lezen")
    assert key is not None
    at = opened(begroting=key)
    assert [warning.value for warning in at.warning] == [NL["bad_link"].format(what="begroting")]


def test_a_server_that_cannot_keep_anything_has_a_long_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "put", lambda _: None)
    chosen, _ = CHANGES["long figures of one's own"]
    found = address(opened(chosen))
    assert len(found["eigen"]) > LONGEST
    assert opened(**found).session_state["choices"] == chosen


# What one looks at


@pytest.mark.parametrize(
    ("page", "looks", "key", "shown"),
    [
        ("verken", {"delen": "bso~files"}, "verken-open-bso", True),
        ("over", {"open-over": "privacy~bron"}, "open-over-bron", True),
        ("over", {"open-over": "privacy~bron"}, "open-over-nieuw", False),
        ("kinderen", {"open-kinderen": "wachtlijst~kas"}, "open-kinderen-wachtlijst", True),
        ("galerij", {"stellingen": "tilburg"}, "stellingen-tilburg", True),
        ("aannames", {"onderwerpen": "2"}, f"assumed-{TOPICS[1]}", True),
        ("aannames", {"zoek": "tarief", "rust": "estimated~assumed"}, "assumed-search", "tarief"),
        ("aannames", {"rust": "estimated~assumed"}, "assumed-bases", ["estimated", "assumed"]),
        ("eigen_cijfers", {"begin": "Tilburg", "wijze": "file"}, "own-start-Almere-", "Tilburg"),
        ("eigen_cijfers", {"begin": "-"}, "own-start-Almere-", NL["own_other"]),
        ("briefing", {"over": "plans"}, "briefing-about", "plans"),
    ],
)  # fmt: skip
def test_what_one_looked_at_is_shown_again(
    page: str, looks: dict[str, str], key: str, shown: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.briefing._documents", lambda *_: None, raising=False)
    at = opened(**looks)
    at.switch_page(f"{page}.py").run()
    assert not at.exception
    assert not at.error
    assert at.session_state[key] == shown
    assert address(at) == looks
    assert not at.warning
    assert looks.items() <= whole_link(at).items()


def test_a_long_list_is_shown_again_from_where_it_was() -> None:
    looks = {"zoek": "een", "vanaf0": "20"}
    at = opened(**looks)
    at.switch_page("aannames.py").run()
    (pages,) = (field for field in at.selectbox if field.key and field.key.startswith("assumed-page-hits"))
    assert pages.value == 20
    assert address(at) == looks
    pages.set_value(0).run()
    assert address(at) == {"zoek": "een"}


def test_closing_and_clearing_leaves_the_address_clean() -> None:
    at = opened(zoek="tarief", rust="assumed", onderwerpen="1~3")
    at.switch_page("aannames.py").run()
    at.text_input(key="assumed-search").set_value("").run()
    at.pills[0].set_value([]).run()
    assert address(at) == {"onderwerpen": "1~3"}
    for topic in (TOPICS[0], TOPICS[2]):
        at.session_state[f"assumed-{topic}"] = False
    at.run()
    assert address(at) == {}


def test_the_names_of_what_one_looks_at_are_those_of_one_page_and_no_choice() -> None:
    names = [name for names in VIEWS.values() for name in names]
    assert {name for name in names if names.count(name) > 1} == {"cijfer"}  # beside the municipality
    assert not set(names) & {*_READERS, "taal", FROM}
    assert {f"vanaf{n}" for n in range(len(TOPICS) + 1)} <= set(VIEWS["aannames"])
    assert EFFECTS.keys() & set(REFERENCES) == {"none"}  # the same word under two keys is no clash


def test_words_too_long_for_an_address_are_sought_all_the_same() -> None:
    at = opened()
    at.switch_page("aannames.py").run()
    at.text_input(key="assumed-search").set_value("tarief " * 40).run()
    assert address(at) == {}
    assert not at.error


def test_a_part_of_which_the_title_changes_stays_open_or_closed() -> None:
    """Of an element of the framework the title says how far it is filled in, which comes with the figures."""

    def page() -> None:
        import streamlit as st

        from pages.shared.folds import fold

        for part in ("a", "b"):
            fold(f"{part}: {st.session_state['told']}", "delen", part, ("a", "b"), lambda: st.write("inside"))

    at = AppTest.from_function(page)
    at.session_state["told"] = "niet bekend"
    at.query_params["delen"] = "a"
    at.run()
    at.session_state["told"] = "ingevuld"
    at.run()
    assert [one.label for one in at.expander] == ["a: ingevuld", "b: ingevuld"]
    assert [one.proto.expanded for one in at.expander] == [True, False]
    assert [len(one.markdown) for one in at.expander] == [1, 0]


def test_the_choice_of_an_effect_on_start_stays_open_or_closed() -> None:
    at = opened(meer="werking")
    part = "meer-werking"
    assert at.session_state[part] is True
    assert address(at) == {"meer": "werking"}
    at.session_state[part] = False
    assert address(at.run()) == {}
    at = opened(effect="half")  # what is chosen there is seen, and leads there
    assert at.session_state[part] is True
    assert address(at) == {"effect": "half"}
