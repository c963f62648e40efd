"""Local figures: read strictly, explained plainly, and a population of their own in a scenario."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.engine.config import localised
from sim.errors import InputError
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality, load_municipality, municipality_from_dict
from sim.inputs.profiles import profile_from, profile_of, profiles
from sim.inputs.scenario import Scenario, load_scenario, scenario_from_dict
from sim.runs.alike import comparable
from sim.runs.experiment import Options, config_for
from sim.runs.warmstore import key_for
from sim.states import FORMS

GROUPS = {"0-3": 8100, "4-11": 17000, "12-17": 15000, "18-22": 13000}
SMALL: dict[str, Any] = {
    "name": "Dorp",
    "date": "2024-01-01",
    "source": "eigen telling",
    "population": GROUPS,
}
FULL: dict[str, Any] = {
    **SMALL,
    "kinderwerk_fte": {"value": 12.5, "source": "jaarverslag"},
    "moving": 0.03,
    "bijstand": 0.08,
    "use": {"year": 2019, "youths": 5000, "national": 0.1, "source": "CBS"},
    "tariffs": {"ambulant": 9000, "residentieel": {"value": 110000, "source": "contract"}},
    "need": 1.05,
    "access": {"value": 0.95, "source": "fit"},
}
FILE = """\
kind: municipality
name: Dorp
date: 2024-01-01
source: eigen telling
population:
  0-3: 8100
  4-11: 17000
  12-17: 15000
  18-22: 13000
"""


def made(**changes: Any) -> Municipality:
    return municipality_from_dict({**FULL, **changes}, registry())


def refused(data: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        municipality_from_dict(data, registry())
    return [problem.message for problem in caught.value.problems]


# ---- the format


def test_a_figure_alone_has_the_source_of_the_file() -> None:
    town = made()
    assert town.moving is not None
    assert (town.moving.value, town.moving.source) == (0.03, None)
    assert town.kinderwerk_fte is not None
    assert town.kinderwerk_fte.source == "jaarverslag"


def test_what_is_written_is_read_back() -> None:
    town = made()
    assert municipality_from_dict(town.to_data(), registry()) == town
    assert pickle.loads(pickle.dumps(town)) == town
    assert hash(pickle.loads(pickle.dumps(town))) == hash(town)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"tarifs": {}}, "unknown key 'tarifs'; did you mean 'tariffs'?"),
    "an overlap": ({"population": {"0-4": 1, "4-22": 2}}, "'4-22' overlaps '0-4'; count every youth once"),
    "a gap": ({"population": {"0-3": 1, "5-22": 2}}, "ages are missing: 4; every age"),
    "an early end": ({"population": {"0-17": 1}}, "ages are missing: 18-22;"),
    "a late start": ({"population": {"4-22": 1}}, "ages are missing: 0-3;"),
    "nobody": ({"population": {"0-22": 0}}, "there are no youths"),
    "a country of one age": (
        {"population": {"0": 400_000, "1-22": 2_000_000}}, "400000 youths of one age is more than"
    ),
    "no groups": ({"population": {}}, "ages are missing: 0-22"),
    "no mapping": ({"population": 5000}, "expected youths by age"),
    "no age": ({"population": {"baby": 1, "0-22": 2}}, "expected an age (4) or ages"),
    "negative": ({"population": {"0-22": -1}}, "must be between 0 and 5000000, found -1"),
    "a comma": ({"population": {"0-22": "8,1"}}, "write decimals with a point: 8.1"),
    "more in care": ({"use": {"year": 2019, "youths": 60000}}, "60,000 is more than the "),
    "more in care of these ages": (
        {"use": {"year": 2019, "youths": 41000, "ages": "0-17"}}, "more than the 40,100 youths of 0-17"
    ),
    "no use": ({"use": {"year": 2019, "youths": 0}}, "must be more than 0"),
    "other ages": ({"use": {"year": 2019, "youths": 10, "ages": "0-18"}}, "did you mean '0-17'?"),
    "a percentage of the country": (
        {"use": {"year": 2019, "youths": 10, "national": 12}}, "12% is written as 0.12"
    ),
    "a percentage of bijstand": ({"bijstand": 8}, "12% is written as 0.12"),
    "a price a month": ({"tariffs": {"ambulant": 790}}, "is this per month?"),
    "a price a day": ({"tariffs": {"residentieel": 300}}, "is this per day?"),
    "a price in cents": ({"tariffs": {"ambulant": 950000}}, "expected euros per place-year, usually 3000"),
    "a negative price": ({"tariffs": {"ambulant": -1}}, "must be 0 or more"),
    "an unknown form": ({"tariffs": {"pleegzorgen": 1}}, "did you mean 'pleegzorg'?"),
    "script in a name": ({"name": "<script>alert(1)</script>"}, "the characters < and > are not allowed"),
    "script in a source": ({"source": "a<b"}, "the characters < and > are not allowed"),
    "a formula as name": ({"name": "=1+1"}, "a name starts with a letter"),
    "two lines": ({"name": "Dorp\nStad"}, "expected one line of text"),
    "right to left": ({"name": "Dorp\u202estad"}, "expected one line of text"),
    "a long name": ({"name": "x" * 81}, "at most 80 characters"),
    "no date": ({"date": "1 januari"}, "expected a date such as 2024-01-01"),
    "no such day": ({"date": "2024-02-30"}, "expected a date such as 2024-01-01"),
    "a town of eleven": (
        {"population": {"0-3": 1.6, "4-11": 3.2, "12-17": 3, "18-22": 3.2}, "use": None},
        "11.0 youths in all is fewer than any municipality has; are these thousands?",
    ),
    "a known town in thousands": (
        {"name": "Almere", "population": {"0-11": 30.1, "12-22": 31.6}, "use": None},
        "61.7 youths in all is far fewer than the 61583 known; are these thousands?",
    ),
    "one group in thousands": (
        {"population": {**GROUPS, "0-3": 8.1}}, "8.1 is far fewer than at other ages; are these thousands?"
    ),
    "more workers than youths": (
        {"population": {"0-22": 2000}, "kinderwerk_fte": 2400, "use": None},
        "2400 FTE is more than the 2000 youths there are",
    ),
    "a price in thousands": ({"tariffs": {"residentieel": 110}}, "is this in thousands?"),
    "a far multiplier": ({"need": 50}, "must be between 0.2 and 5"),
    "not a number": ({"need": float("nan")}, "must be a finite number"),
    "another kind": ({"kind": "scenario"}, "expected 'municipality'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_explained(case: str) -> None:
    changes, words = WRONG[case]
    messages = refused({**FULL, **changes})
    assert any(words in message for message in messages), messages


@pytest.mark.parametrize(
    ("old", "new", "thousands", "decimals"),
    [
        ("0-3: 8100", "0-3: 8.100", "8100", "8.1"),
        ("18-22: 13000", "18-22: 13000\ntariffs: {ambulant: 9.000}", "9000", "9"),
        ("18-22: 13000", "18-22: 13000\ntariffs: {ambulant: {value: 9.500, source: x}}", "9500", "9.5"),
        ("18-22: 13000", "18-22: 13000\nuse: {year: 2019, youths: 5.125}", "5125", "5.12"),
        ("18-22: 13000", "18-22: 13000\nkinderwerk_fte: 12.000", "12000", "12"),
        ("18-22: 13000", "18-22: 13000\nkinderwerk_fte: {value: 0.250}", "", ""),
        ("18-22: 13000", "18-22: 13000\nkinderwerk_fte: 12.375", "", ""),
        ("18-22: 13000", "18-22: 13000\nneed: 1.234\naccess: 1.250\nmoving: 0.025", "", ""),
    ],
)
def test_three_decimals_are_asked_about_where_thousands_may_be_meant(
    tmp_path: Path, old: str, new: str, thousands: str, decimals: str
) -> None:
    file = tmp_path / "dorp.yaml"
    file.write_text(FILE.replace(old, new))
    if not thousands:
        load_municipality(file, registry())
        return
    with pytest.raises(InputError) as caught:
        load_municipality(file, registry())
    (problem,) = caught.value.problems
    assert f"write {thousands} for thousands, or {decimals} for decimals" in problem.message
    assert problem.line > 5
    assert problem.fault.text("nl")


def test_every_mistake_is_listed_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "dorp.yaml"
    file.write_text(FILE.replace("8100", "-1").replace("12-17", "11-17") + "tariffs:\n  daghul: 20000\n")
    with pytest.raises(InputError) as caught:
        load_municipality(file, registry())
    assert [(p.line, p.column) for p in caught.value.problems] == [(6, 8), (8, 3), (11, 3)]
    assert "did you mean 'daghulp'?" in caught.value.problems[-1].message


def test_every_usual_tariff_is_accepted_and_a_twelfth_of_it_is_not() -> None:
    for form, (low, high) in registry().tariffs.items():
        assert made(tariffs={form: low}).tariffs[form].value == low
        assert made(tariffs={form: high}).tariffs[form].value == high
        assert "is this per month?" in refused({**FULL, "tariffs": {form: high / 12}})[0]
    assert set(registry().tariffs) == set(FORMS)


def test_without_a_registry_tariffs_are_not_judged() -> None:
    assert municipality_from_dict({**SMALL, "tariffs": {"ambulant": 790}}).tariffs["ambulant"].value == 790


# ---- in a scenario


def scenario(municipality: Any, **others: Any) -> Scenario:
    return scenario_from_dict({"title": "Proef", "municipality": municipality, **others}, registry())


def test_a_scenario_holds_the_figures_and_shows_the_name() -> None:
    found = scenario(FULL)
    assert found.municipality == "Dorp"
    assert found.local == made()
    assert scenario("Almere").local is None


def test_a_scenario_with_figures_makes_the_round_trips() -> None:
    found = scenario(FULL)
    assert scenario_from_dict(found.to_data(), registry()) == found
    assert pickle.loads(pickle.dumps(found)) == found
    assert found.replace(years=5).local == found.local
    assert found.replace(municipality="NL").local is None
    assert scenario("Almere").replace(municipality=made()).local == made()


def test_mistakes_in_figures_inside_a_scenario_have_their_place(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    figures = "".join(f"  {line}\n" for line in FILE.replace("8100", "veel").splitlines())
    file.write_text("kind: scenario\ntitle: Plan\nmunicipality:\n" + figures)
    with pytest.raises(InputError) as caught:
        load_scenario(file, registry())
    assert [(p.line, p.column) for p in caught.value.problems] == [(9, 10)]


def test_hashes_of_scenarios_without_figures_have_not_moved() -> None:
    assert set(scenario("Almere").canonical()) == {
        *("municipality", "start", "years", "policy", "budget", "programmes", "places", "shocks"),
        "parameters",
    }


def test_the_hash_follows_every_figure_and_no_source() -> None:
    base = scenario(FULL).canonical_sha256()
    changes: list[dict[str, Any]] = [
        {"population": {**GROUPS, "0-3": 8101}},
        {"kinderwerk_fte": 13},
        {"moving": 0.031},
        {"bijstand": 0.081},
        {"tariffs": {"ambulant": 9000}},
        {"tariffs": {"ambulant": 9001, "residentieel": 110000}},
        {"need": 1.06},
        {"access": 0.96},
        {"use_range": {"low": 0.9, "high": 1.1}},
        {"use_range": {"low": 0.9, "high": 1.2}},
        {"name": "Stad"},
    ]
    hashes = [scenario({**FULL, **change}).canonical_sha256() for change in changes]
    assert len({base, *hashes, scenario("Almere").canonical_sha256()}) == len(changes) + 2
    assert scenario({**FULL, "source": "anders"}).canonical_sha256() == base


def test_other_figures_under_the_same_name_are_not_compared() -> None:
    comparable([scenario(FULL), scenario({**FULL, "source": "anders"})])
    with pytest.raises(InputError, match="own figures are others"):
        comparable([scenario(FULL), scenario({**FULL, "need": 1.5})])
    with pytest.raises(InputError, match="own figures are others"):
        comparable([scenario("Almere"), scenario({**FULL, "name": "Almere"})])


# ---- the profile


def test_a_shipped_name_with_own_figures_is_another_population() -> None:
    own = profile_of(scenario({**SMALL, "name": "Almere"}))
    assert profile_of(scenario("Almere")) == profiles()["Almere"]
    assert own.total == pytest.approx(53100)
    assert (own.need, own.kinderwerk_fte, own.local) == (1.0, None, ())


def test_every_figure_reaches_the_profile() -> None:
    found = profile_from(made())
    assert (found.name, found.date, found.source) == ("Dorp", "2024-01-01", "eigen telling")
    assert (found.moving, found.kinderwerk_fte, found.need, found.access) == (0.03, 12.5, 1.05, 0.95)
    assert found.overrides == {
        "cost.ambulant": 9000.0, "cost.residentieel": 110000.0, "household.bijstand": 0.08
    }  # fmt: skip
    assert found.local == ("jeugdhulp", "tarieven")
    assert found.has_local_care_figures


def test_tariffs_are_the_prices_of_every_draw() -> None:
    config = config_for(scenario(FULL), Options(children=50, draws=2), draw=1, replication=0)
    assert config.parameters["cost.ambulant"] == 9000.0
    assert config.parameters["household.bijstand"] == pytest.approx(0.08)


def test_the_outer_figures_that_are_allowed_can_be_used() -> None:
    for bijstand in (0.001, 0.6):
        profile = profile_from(made(bijstand=bijstand, need=5.0, access=5.0))
        localised(config_for(scenario(SMALL), Options(), 0, 0).parameters, profile)


def test_two_sets_of_figures_never_share_a_warm_start() -> None:
    base = config_for(scenario(FULL), Options(children=50), 0, 0)
    changes: list[dict[str, Any]] = [
        {"population": {**GROUPS, "0-3": 8100.001}},
        {"population": {"0-11": 25100, "12-17": 15000, "18-22": 13000}},
        {"kinderwerk_fte": 12.6}, {"moving": 0.031}, {"bijstand": 0.081}, {"need": 1.051}, {"access": 0.951},
        {"tariffs": {"ambulant": 9000}}, {"name": "Stad"},
    ]  # fmt: skip
    others = [config_for(scenario({**FULL, **change}), Options(children=50), 0, 0) for change in changes]
    others.append(replace(base, profile=profiles()["Almere"]))
    keys = {key_for(config, 2026) for config in (base, *others)}
    assert len(keys) == len(others) + 1
