"""The chart of use and cost themselves: what it holds, of whom, in which euros, and what stands below it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from pages.background.answers import Answer
from pages.choices.chosen import Choices
from pages.shared import level_chart
from pages.shared.level_chart import LevelLines, chart, frame, lines_of
from sim.inputs.observed import inhabitants, users_observed
from sim.inputs.profiles import profiles
from sim.inputs.scenario import INFLATION
from sim.model.parameters import default_parameters
from sim.runs.experiment import in_one_block
from sim.runs.past import Past
from tests.opened import answered
from tests.worlds import scenario

PAIR = (scenario(0, years=4), scenario(36, years=4))
NAMES = ["zonder kinderwerk", "36 kinderwerkers"]


@cache
def answer() -> Answer:
    return answered(PAIR)


def shown(what: str, **chosen: Any) -> LevelLines:
    return lines_of(answer(), NAMES, what, replace(Choices(), **chosen))


def test_users_have_a_past_and_the_country_beside_it() -> None:
    found = replace(shown("users"), past=Past((2024, 2025), np.array([6000.0, 6100.0])))
    data = frame(found)
    assert set(data["name"]) == {
        "gemeten (CBS)", "zoals in heel Nederland", "het model voor de start (beste schatting)", *NAMES
    }  # fmt: skip
    own, country = (data[data["name"] == name].set_index("year")["value"] for name in list(
        dict.fromkeys(data["name"]))[:2])  # fmt: skip
    assert country[2022] == pytest.approx(own[2022])
    assert country[2019] / country[2022] == pytest.approx(443_585 / 476_560)
    drawn = chart(found)
    rows = drawn["datasets"]["series"]
    assert [row["year"] for row in rows if row["open"]] == [2021, 2022]
    assert {row["name"] for row in rows if row["banded"]} == {NAMES[0]}
    assert "zonder kinderwerk: van" in drawn["description"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (1.6, "Het model komt op 10.656, en is hier dus te hoog."),
        (0.8, "Het model komt op 5.328, en is hier dus te laag."),
        (1.1, ""),
        (0.9, ""),
    ],
)
def test_a_model_that_is_far_from_what_was_counted_says_so(model: float, said: str) -> None:
    found = shown("users")
    last = found.observed[-1]
    assert (last.year, last.value) == (2022, 6660.0)
    past = Past((2021, 2022, 2023), np.array([1.0, model * last.value, 1.0]))
    told = level_chart._missed(replace(found, past=past))
    assert told.endswith(said)
    assert bool(told) is bool(said)
    assert not level_chart._missed(replace(found, past=Past((2024,), np.array([1.0]))))
    assert not level_chart._missed(found)


@pytest.mark.parametrize("what", ["users", "money", "unmet"])
def test_of_too_few_children_no_level_is_drawn_and_words_say_so(what: str) -> None:
    runs = [replace(run, columns=tuple(map(in_one_block, run.columns))) for run in answer().runs]
    found = lines_of(replace(answer(), first=runs[:1], draws=runs), NAMES, what, Choices())
    drawn = chart(found)
    counted = {"gemeten (CBS)", "zoals in heel Nederland"}
    rows = [row for row in drawn["datasets"]["series"] if row["name"] not in counted]
    assert rows
    assert all(row.get("value") is None for row in rows)
    assert drawn["description"].count("niet te noemen") == 4


def test_the_country_itself_has_no_line_beside_it() -> None:
    found = shown("users", municipality="Nederland")
    assert found.country == ()
    assert len(found.observed) == 10


def test_a_municipality_without_figures_has_the_countrys_by_its_youths() -> None:
    name = next(name for name in profiles() if not users_observed(name) and profiles()[name].code)
    found = shown("users", municipality=name)
    assert found.observed == ()
    share = profiles()[name].total / profiles()["Nederland"].total
    assert found.country[-1].value == pytest.approx(share * 481_355)


@pytest.mark.parametrize("part", ["together", "care", "programmes"])
def test_money_is_by_inhabitant_and_in_euros_of_each_year_where_asked(part: str) -> None:
    plain, head, later = (
        shown("money", money=part, **more).budgets[1]
        for more in ({}, {"per": "inhabitant"}, {"prices": "current"})
    )
    people = inhabitants("Almere")
    assert people is not None
    assert head.mean == pytest.approx(plain.mean * 1e6 / people)
    grown = (1 + default_parameters()[INFLATION]) ** (np.arange(2026, 2030) - 2024)
    assert later.mean == pytest.approx(plain.mean * grown)
    assert plain.low is not None
    assert later.low == pytest.approx(plain.low * grown)


def test_figures_of_ones_own_are_dots_beside_those_of_cbs() -> None:
    """Of under-18s alone they are another count, and no dot."""
    figures = {
        "kind": "municipality", "name": "Almere", "date": "2024-01-01", "source": "eigen telling",
        "population": {"0-17": 47_000, "18-22": 13_000},
        "use": [{"year": 2024, "youths": 6900}, {"year": 2017, "youths": 5900},
                {"year": 2018, "youths": 5000, "ages": "0-17"}],
    }  # fmt: skip
    found = shown("users", own=json.dumps(figures))
    drawn = chart(found)
    dots = [(row["year"], row["value"]) for row in drawn["datasets"]["series"] if row["own"]]
    assert dots == [(2017, 5900.0), (2024, 6900.0)]
    shapes = [layer["mark"]["shape"] for layer in drawn["layer"] if "shape" in layer["mark"]]
    assert shapes == ["diamond"]
    assert "Een ruitje" in level_chart._sources(found, Choices())
    assert "eigen telling (jeugdhulp)" in set(frame(found)["name"])
    assert not shown("users").own
    assert not shown("money", own=json.dumps(figures)).own


def test_lines_that_lie_on_each_other_are_told() -> None:
    found = shown("users")
    assert "verschillen minder dan 1%" in level_chart._lying_together(found)
    far = replace(found.budgets[1], mean=found.budgets[1].mean * 1.2)
    assert not level_chart._lying_together(replace(found, budgets=(found.budgets[0], far)))
    assert not level_chart._lying_together(replace(found, budgets=found.budgets[:1]))


def test_what_is_still_provisional_is_marked() -> None:
    few = replace(answer(), draws=[])
    found = lines_of(few, NAMES, "users", Choices())
    assert found.budgets[0].low is None
    assert all(found.budgets[0].marks)
    assert "Voorlopig" in level_chart._open_band(found)
    assert not level_chart._open_band(shown("users"))


def test_where_inhabitants_are_not_known_that_is_told() -> None:
    own = replace(Choices(), municipality="Dorp", per="inhabitant")
    found = lines_of(answer(), NAMES, "money", own)
    assert found.budgets[0].mean == pytest.approx(shown("money").budgets[0].mean)
    assert "niet bekend" in level_chart._sources(found, own)
    here = replace(own, municipality="Almere")
    assert "niet bekend" not in level_chart._sources(shown("money", per="inhabitant"), here)


def test_budgets_of_one_name_are_two_lines() -> None:
    found = lines_of(answer(), ["zonder", "zonder"], "users", Choices())
    assert len({one.name for one in found.budgets}) == 2


def test_names_of_budgets_stand_in_a_chart_that_is_drawn_once_for_all() -> None:
    chart(shown("unmet"))
    made = level_chart._drawn.cache_info().misses
    others = ["niets", "veel"]
    drawn = chart(lines_of(answer(), others, "unmet", Choices()))
    assert level_chart._drawn.cache_info().misses == made
    domains = [layer["encoding"]["color"]["scale"]["domain"] for layer in drawn["layer"] if
               "color" in layer["encoding"]]  # fmt: skip
    assert domains == [others] * 4  # lines, and bars beside the last year in three parts
    assert "\\u0000" not in json.dumps(drawn)


def test_every_budget_has_a_bar_beside_the_last_year_with_the_range_of_its_own() -> None:
    found = shown("users")
    drawn = chart(found)
    bars = drawn["datasets"]["ends"]
    assert [bar["name"] for bar in bars] == NAMES
    for bar, one in zip(bars, found.budgets, strict=True):
        assert one.low is not None
        assert one.high is not None
        assert bar["at"] > 2029
        assert (bar["low"], bar["high"]) == (one.low[-1], one.high[-1])
        assert bar["low"] <= bar["from"] <= bar["value"] <= bar["to"] <= bar["high"]
    assert len({bar["at"] for bar in bars}) == 2
    later = chart(shown("money", prices="current", per="inhabitant"))["datasets"]["ends"]
    assert all(bar["low"] <= bar["from"] <= bar["to"] <= bar["high"] for bar in later)
    few = lines_of(replace(answer(), draws=[]), NAMES, "users", Choices())
    assert chart(few)["datasets"]["ends"] == []


@pytest.mark.parametrize(
    ("what", "chosen", "title"),
    [
        ("users", {}, "Jongeren met jeugdzorg in Zwolle"),
        ("unmet", {}, "Jongeren in Zwolle die hulp missen"),
        ("money", {"money": "care", "per": "inhabitant"}, "Wat Zwolle in een jaar aan jeugdzorg betaalt"),
    ],
)
def test_the_title_says_what_is_drawn_of_whom(what: str, chosen: dict[str, str], title: str) -> None:
    drawn = chart(shown(what, municipality="Zwolle", **chosen))
    assert " ".join(drawn["title"]["text"]) == title
