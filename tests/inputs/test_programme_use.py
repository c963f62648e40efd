"""How much of a programme there is in each year, and where a file says it wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.inputs.scenario import load_scenario, scenario_from_dict
from tests.examples import examples
from tests.inputs.test_scenario import HEAD, REGISTRY, refused, with_fte


def test_fte_as_one_number_holds_in_every_year() -> None:
    assert with_fte(36).programmes["kinderwerk"].fte_by_year(2026, 3) == (36.0, 36.0, 36.0)
    assert with_fte(36).programmes["kinderwerk"].fte_by_year(2026, 0) == ()


def test_fte_of_a_year_holds_until_the_next_given_year() -> None:
    use = with_fte({2028: 12, 2030: 24.5, 2031: 0}).programmes["kinderwerk"]
    assert use.fte_by_year(2026, 7) == (0, 0, 12, 12, 24.5, 0, 0)


def test_fte_by_ranges_of_years() -> None:
    use = with_fte({"2029-2030": 24, "2026 - 2027": 12, "2031": 6}).programmes["kinderwerk"]
    assert use.fte_by_year(2026, 7) == (12, 12, 0, 24, 24, 6, 6)


def test_an_end_that_is_written_is_an_end_also_when_written_again() -> None:
    scenario = with_fte({"2026-2028": 12})
    for same in (scenario, scenario.replace(title="x"), scenario_from_dict(scenario.to_data(), REGISTRY)):
        assert same.programmes["kinderwerk"].fte_by_year(2026, 5) == (12, 12, 12, 0, 0)
        assert same.canonical() == with_fte({2026: 12, 2029: 0}).canonical()
    assert with_fte({"2026-2045": 12}).canonical() == with_fte(12).canonical()


WRONG_FTE = {
    "text": ("fte: zesendertig", 6, 10,
             "expected a number of FTE (for example 36 or 12.5), found text 'zesendertig'"),
    "decimal comma": ("fte: 12,5", 6, 10, "write decimals with a point: 12.5"),
    "negative": ("fte: -3", 6, 10, "must be 0 or more, found -3"),
    "too many": ("fte: 1000001", 6, 10, "must be 1000000 or less, found 1000001"),
    "infinite": ("fte: .inf", 6, 10, "must be a finite number"),
    "list": ("fte: [36]", 6, 5, "found a list"),
    "nothing": ("fte:", 6, 5, "found nothing"),
    "no years": ("fte: {}", 6, 5, "expected 1 to 100 years"),
    "negative in a year": ("fte: {2026: 12, 2027: -1}", 6, 27, "must be 0 or more, found -1"),
    "no year": ("fte: {soon: 12}", 6, 11, "expected a year (2026) or a range of years"),
    "backward range": ("fte: {2028-2026: 12}", 6, 11, "found text '2028-2026'"),
    "overlap": ('fte: {"2026-2028": 12, 2027: 24}', 6, 28, "'2027' overlaps '2026-2028'"),
    "same year as text": ('fte: {2027: 12, "2027": 24}', 6, 21, "'2027' overlaps '2027'"),
    "before the start": ("fte: {2025: 12, 2026: 3}", 6, 11, "the scenario runs from 2026 to 2045"),
    "after the end": ("fte:\n      2026: 12\n      2046: 3", 8, 7, "'2046' is outside the scenario"),
    "past the end": ('fte: {"2040-2050": 12}', 6, 11, "'2040-2050' is outside the scenario"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_FTE)
def test_wrong_fte_is_pointed_at(tmp_path: Path, case: str) -> None:
    fte, line, column, words = WRONG_FTE[case]
    ((found_line, found_column, message),) = refused(
        tmp_path, f"{HEAD}programmes:\n  kinderwerk:\n    {fte}\n"
    )
    assert (found_line, found_column) == (line, column), message
    assert words in message


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from(list("abfte:{}[],'\"-0123456789. \n")), max_size=60))
def test_any_text_in_a_programme_gives_a_scenario_or_an_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(f"{HEAD}programmes:\n  kinderwerk:\n    fte: {text}\n")
    with contextlib.suppress(InputError):
        hash(load_scenario(path, REGISTRY))


@settings(max_examples=examples(200))
@given(st.dictionaries(st.integers(2026, 2045), st.floats(0, 1e6), min_size=1))
def test_fte_steps_hold_until_the_next_step(steps: dict[int, float]) -> None:
    use = with_fte(steps).programmes["kinderwerk"]
    expected, now = [], 0.0
    for year in range(2026, 2046):
        now = steps.get(year, now)
        expected.append(now)
    assert use.fte_by_year(2026, 20) == tuple(expected)
