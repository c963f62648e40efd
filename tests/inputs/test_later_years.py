"""Youths of later years: what a file may say, where it is wrong, and what a scenario makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.inputs.later_years import load_population
from sim.inputs.library import registry
from sim.inputs.profiles import Profile, profile_of, profiles
from sim.inputs.scenario import Scenario, load_scenario, scenario_from_dict
from sim.inputs.scenario_files import write_new
from sim.report.content import words
from sim.report.phrases import world_words
from sim.runs.alike import comparable
from sim.states import AGES
from sim.words.population_words import population_data, population_words
from sim.words.writing import Writing

HEAD = "municipality,year,age,youths\n"
GROWTH = "municipality,year,age,growth\n"
ALMERE = profiles()["Almere"]
FULL = {"title": "x", "municipality": "Almere"}


def written(folder: Path, text: str) -> Path:
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> list[tuple[int, int, str]]:
    """Return the problems of a file that must be refused."""
    with pytest.raises(InputError) as caught:
        load_population(written(folder, text), "Almere", ALMERE.total, registry())
    assert all(problem.file.endswith("people.csv") for problem in caught.value.problems)
    return [(problem.line, problem.column, problem.message) for problem in caught.value.problems]


def scenario(**changes: Any) -> Scenario:
    return scenario_from_dict({**FULL, **changes}, registry())


# ---- a file


def test_a_file_gives_the_youths_of_its_municipality_by_age(tmp_path: Path) -> None:
    rows = "".join(f"Almere,2030,{age},{2000 + age}\n" for age in range(AGES))
    other = "".join(f"Utrecht,2030,{age},9000\n" for age in range(AGES))
    found = load_population(written(tmp_path, HEAD + other + rows), "Almere", ALMERE.total, registry())
    assert dict(found.years) == {2030: pytest.approx([2000.0 + age for age in range(AGES)])}
    assert (found.measure, found.source) == ("youths", "people.csv")


def test_groups_of_ages_are_met_exactly(tmp_path: Path) -> None:
    text = HEAD + "almere,2030,0-3,9800\n0034,2030,4 t/m 11,22000\nAlmere,2030,12-22,33000\n"
    (numbers,) = load_population(written(tmp_path, text), "Almere", ALMERE.total, registry()).years.values()
    assert [sum(numbers[a:b]) for a, b in ((0, 4), (4, 12), (12, AGES))] == pytest.approx(
        [9800, 22000, 33000]
    )
    assert min(numbers) > 0


def test_growth_is_against_the_youths_that_there_are(tmp_path: Path) -> None:
    text = GROWTH + "Almere,2030,0-3,1.1\nAlmere,2030,4-22,0.9\nAlmere,2040,0-22,1.2\n"
    found = load_population(written(tmp_path, text), "Almere", ALMERE.total, registry())
    (first, in_2030), (last, in_2040) = found.youths(ALMERE.youths)
    assert (first, last) == (2030, 2040)
    assert in_2030[3:5] == pytest.approx([1.1 * ALMERE.youths[3], 0.9 * ALMERE.youths[4]])
    assert sum(in_2040) == pytest.approx(1.2 * ALMERE.total)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("municipality;year;age;youths\n", 1, 1, "municipality,year,age,youths"),
        ("", 1, 1, "expected the heading"),
        (GROWTH + "Almere,2030,0-22\n", 2, 1, "expected 4 values between commas, found 3"),
        (GROWTH + "Almeer,2030,0-22,1.1\n", 2, 1, "or 'Almere'?"),
        (GROWTH + "Almere, 30,0-22,1.1\n", 2, 9, "expected a year from 2015 to 2120, found text '30'"),
        (GROWTH + "Almere,2030,0-23,1.1\n", 2, 13, "an age (4) or ages (4-11), up to 22"),
        (GROWTH + "Almere,2030,0-22,veel\n", 2, 18, "expected a number, found text 'veel'"),
        (GROWTH + "Almere,2030,0-22,104\n", 2, 18, "between 0.2 and 5"),
        (HEAD + "Almere,2030,0-22,61.234\n", 2, 18, "61234"),
        (HEAD + "Almere,2030,0-22,-5\n", 2, 18, "0"),
        (GROWTH + "Almere,2030,0-11,1.1\nAlmere,2030,11-22,1.1\n", 3, 13, "'11-22' overlaps '0-11'"),
        (GROWTH + "Almere,2030,0-3,1.1\nAlmere,2030,8-22,1.1\n", 2, 1, "in 2030 ages are missing: 4-7"),
        (GROWTH + "Almelo,2030,0-22,1.1\n", 1, 1, "no rows of 'Almere'; did you mean 'Almelo'?"),
        (HEAD + "Almere,2030,0-22,6000\n", 2, 1, "6000 youths in 2030 are far from"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, text: str, line: int, column: int, words: str
) -> None:
    (found,) = refused(tmp_path, text)
    assert found[:2] == (line, column)
    assert words in found[2]


def test_every_mistake_of_a_file_is_told(tmp_path: Path) -> None:
    text = GROWTH + "Almere,20,0-22,1.1\nUtrecht,2030,x,1.1\nAlmere,2030,0-22,?\n"
    assert [(line, column) for line, column, _ in refused(tmp_path, text)] == [(2, 8), (3, 14), (4, 18)]


# ---- a scenario


def test_constant_is_what_a_scenario_has_without_a_word() -> None:
    plain, said = scenario(), scenario(population="constant")
    assert said.population is None
    assert plain.canonical() == said.canonical()
    assert "population" not in plain.canonical()
    assert "population" not in said.to_data()
    assert profile_of(said) == ALMERE


def test_a_scenario_holds_the_numbers_and_not_the_path(tmp_path: Path) -> None:
    written(tmp_path, GROWTH + "Almere,2030,0-22,1.1\n")
    path = tmp_path / "a.yaml"
    path.write_text("kind: scenario\ntitle: x\nmunicipality: Almere\npopulation: people.csv\n", "utf-8")
    read = load_scenario(path, registry())
    (tmp_path / "people.csv").unlink()
    again = scenario_from_dict(json.loads(json.dumps(read.to_data())), registry())
    assert again.canonical_sha256() == read.canonical_sha256() != scenario().canonical_sha256()
    assert again.replace(years=5).population == read.population
    assert hash(read) == hash(again)


def test_where_the_file_is_from_does_not_matter() -> None:
    numbers = {"measure": "growth", "years": {2030: [1.1] * AGES}}
    one, other = (scenario(population={**numbers, "source": name}) for name in ("a.csv", "b.csv"))
    assert one.canonical_sha256() == other.canonical_sha256()
    assert (
        one.canonical_sha256()
        != scenario(population={**numbers, "years": {2030: [1.2] * AGES}}).canonical_sha256()
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("constantt", "did you mean 'constant'"),
        (5, r"constant, a file \(such as almere.csv\)"),
        ("none.csv", "the population cannot be used: .*none.csv:1:1: there is no such file"),
        ({"measure": "youths", "years": {2030: [1.0] * 22}}, "a list of 23 numbers"),
        ({"measure": "youths", "years": {1990: [1.0] * AGES}}, "a year from 2015"),
        ({"measure": "youths", "years": {2030: [1.0] * AGES}}, "23 youths in 2030 are far from"),
        ({"measure": "growth", "years": {2030: [9.0] * AGES}}, "between 0.2 and 5"),
        ({"measure": "growht", "years": {2030: [1.0] * AGES}}, "did you mean 'growth'"),
        ({"measure": "growth", "years": {}}, "for each year a list of 23 numbers"),
    ],
)
def test_a_population_that_cannot_be_is_refused(value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        scenario(population=value)


def test_a_mistake_in_the_file_is_told_where_the_scenario_names_it(tmp_path: Path) -> None:
    written(tmp_path, GROWTH + "Almere,2030,0-22,veel\n")
    path = tmp_path / "a.yaml"
    path.write_text("kind: scenario\ntitle: x\nmunicipality: Almere\npopulation: people.csv\n", "utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(path, registry())
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (4, 13)
    assert "people.csv:2:18: expected a number" in problem.message


def test_scenarios_with_other_populations_are_not_compared() -> None:
    growing = scenario(population={"measure": "growth", "years": {2030: [1.1] * AGES}})
    comparable([growing, growing.replace(title="y")])
    with pytest.raises(InputError, match="the population of later years is another here"):
        comparable([growing, scenario()])


def test_a_copied_scenario_finds_the_file_from_its_new_folder(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    written(tmp_path / "one", GROWTH + "Almere,2030,0-22,1.1\n")
    path = tmp_path / "one" / "a.yaml"
    path.write_text("kind: scenario\ntitle: x\nmunicipality: Almere\npopulation: people.csv\n", "utf-8")
    first = load_scenario(path, registry())
    copy = write_new(tmp_path / "two" / "b.yaml", registry(), first)
    assert load_scenario(copy, registry()).population == first.population


# ---- years between


@given(st.integers(2015, 2060))
def test_between_two_years_youths_change_by_as_many_a_year(year: int) -> None:
    town = Profile(
        "T", (100.0,) * AGES, "2021-01-01", "s", later=((2031, (200.0,) * AGES), (2041, (50.0,) * AGES))
    )
    points = {2021: 100.0, 2031: 200.0, 2041: 50.0}
    before = max((at for at in points if at <= year), default=2021)
    after = min((at for at in points if at > year), default=before)
    part = (year - before) / (after - before) if after > max(before, year) else 0.0
    expected = points[before] + part * (points[after] - points[before])
    assert town.youths_on(year) == pytest.approx((expected,) * AGES)


def test_figures_from_before_the_date_of_the_profile_take_its_place() -> None:
    town = Profile(
        "T", (100.0,) * AGES, "2021-01-01", "s", later=((2015, (80.0,) * AGES), (2025, (90.0,) * AGES))
    )
    assert [town.youths_on(year)[0] for year in (2000, 2015, 2020, 2025, 2050)] == [
        80.0,
        80.0,
        85.0,
        90.0,
        90.0,
    ]


# ---- words


@pytest.mark.parametrize("language", ["nl", "en"])
def test_words_tell_the_youths_at_the_start_and_the_end(language: str) -> None:
    growing = scenario(population={"measure": "growth", "years": {2046: [1.5] * AGES}, "source": "p.csv"})
    told, writing = population_words(growing, Writing(language)), Writing(language)
    assert "p.csv" in told
    assert writing.count(1.5 * ALMERE.total) in told
    assert writing.count(population_data(growing)["youths"]["2026"]) in told
    assert population_data(scenario())["population"] == "constant"
    assert told in world_words(growing, words(language))
    assert "p.csv" not in world_words(scenario(), words(language))
