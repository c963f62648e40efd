"""The alignment moves each free value towards its own target, and writes only what it is told to."""

from __future__ import annotations

import math
import sys
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration import align as module
from calibration.align import PAIRS, Pair, align, align_costs, count, ratios, report, step, write
from calibration.anchors import ANCHORS
from calibration.targets import Counted, read_targets
from sim.history import place_years
from sim.parameters import PARAMETER_FILE, Parameters, default_parameters, read_parameters
from sim.prices import care_spending

FEW = 8_000
ALL = {name: 1.0 for pair in PAIRS for name in (pair.target, pair.over) if name}


@pytest.fixture(scope="module")
def counted(parameters: Parameters, pool: Executor) -> Counted:
    return count(parameters, FEW, 0, pool)


# ---- pairs


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.parameter)
def test_a_pair_ties_a_provisional_parameter_to_something_counted(
    pair: Pair, counted: Counted, parameters: Parameters
) -> None:
    assert parameters.records[pair.parameter].grade == "provisional"
    assert parameters.records[pair.parameter].scale == "log"  # a factor cannot bring it out of bounds
    found = ratios(counted)
    assert found[pair.target] > 0
    assert pair.over is None or found[pair.over] > 0


def test_a_value_answers_to_one_pair() -> None:
    names = [pair.parameter for pair in PAIRS]
    assert len(set(names)) == len(names)


# ---- one step


def test_a_model_on_target_stays_where_it_is(parameters: Parameters) -> None:
    assert dict(step(parameters, ALL, 1.0)) == pytest.approx(dict(parameters), rel=1e-12)


def test_a_step_by_hand(parameters: Parameters) -> None:
    off = {**ALL, "ambulant_2018": 1.2, "both_2019": 1.5, "verblijf_only_2019": 1.2, "jz_2018": 1.1}
    moved = step(parameters, off, 0.5)
    factors = {name: moved[name] / parameters[name] for name in parameters if moved[name] != parameters[name]}
    power = next(pair.power for pair in PAIRS if pair.parameter == "start.with_residence")
    assert factors == pytest.approx(
        {
            "start.ambulant": 1.2**0.5,
            "start.with_residence": (1.5 / 1.2) ** (0.5 * power),
            "start.second": 1.1 ** (0.5 * -3.0),
        }
    )


@given(st.lists(st.floats(0.01, 100), min_size=len(ALL), max_size=len(ALL)), st.floats(0.1, 1))
def test_a_step_is_towards_the_target_and_never_far(values: list[float], damping: float) -> None:
    p, ratio = default_parameters(), dict(zip(ALL, values, strict=True))
    moved = step(p, ratio, damping)
    for pair in PAIRS:
        factor = moved[pair.parameter] / p[pair.parameter]
        assert 0.5 - 1e-9 <= factor <= 2.0 + 1e-9
        wanted = ratio[pair.target] / (ratio[pair.over] if pair.over else 1.0)
        if abs(math.log(wanted)) > 1e-6:
            assert (factor > 1) == ((wanted > 1) == (pair.power > 0))


def test_what_nobody_did_is_doubled_and_never_undefined(parameters: Parameters) -> None:
    none = {**ALL, "gesloten_2019": math.inf, "both_2019": math.inf, "verblijf_only_2019": math.inf}
    moved = step(parameters, none, 0.9)
    assert moved["start.gesloten"] == pytest.approx(2 * parameters["start.gesloten"])
    assert moved["start.with_residence"] == parameters["start.with_residence"]
    lost = step(parameters, {**ALL, "wijkteam_2018": math.inf, "jz_2018": math.inf}, 0.9)
    assert lost["access.wijkteam.2015"] == pytest.approx(0.5 * parameters["access.wijkteam.2015"])
    assert lost["start.second"] == pytest.approx(0.5 * parameters["start.second"])


# ---- a small run


def test_counting_is_of_the_whole_country_and_of_its_luck(
    counted: Counted, parameters: Parameters, pool: Executor
) -> None:
    assert counted.cells.shape[0] == 5
    assert counted.people(0, 22, 2018) == pytest.approx(4.37e6, rel=0.03)
    again, other = (count(parameters, FEW, seed, pool) for seed in (0, 1))
    assert np.array_equal(again.cells, counted.cells)
    assert not np.array_equal(other.cells, counted.cells)


def test_ratios_are_target_over_model_for_all_that_is_counted(counted: Counted) -> None:
    found = ratios(counted)
    rows = report(counted)
    assert set(found) == {name for name, *_ in rows}
    for name, role, target, value, error in rows:
        assert found[name] == pytest.approx(target / value if value else math.inf)
        assert error == pytest.approx(value / target - 1)
        assert role in ("calibrate", "validate", "report", "anchor")
    assert {anchor.id for anchor in ANCHORS} < set(found)
    assert set(found) - {anchor.id for anchor in ANCHORS} <= {target.id for target in read_targets()}


def test_a_run_moves_what_is_off_towards_its_target(parameters: Parameters, pool: Executor) -> None:
    wrong = {"start.ambulant": 0.5, "start.wijkteam": 1.6, "need.onset_light": 1.4, "offence.first": 0.6}
    off = parameters.replace({name: factor * parameters[name] for name, factor in wrong.items()})
    lines: list[str] = []
    found = align(off, FEW, 0, 4, pool, lines.append)
    for name, factor in wrong.items():
        before, after = abs(math.log(factor)), abs(math.log(found[name] / parameters[name]))
        assert after < 0.6 * before, name
    fixed = set(parameters) - {pair.parameter for pair in PAIRS}
    assert all(found[name] == parameters[name] for name in fixed)
    assert [line.split(":")[0] for line in lines] == [f"round {k}" for k in range(1, 5)]
    assert off["start.ambulant"] == wrong["start.ambulant"] * parameters["start.ambulant"]


def test_costs_are_aligned_to_what_was_spent(counted: Counted, parameters: Parameters) -> None:
    p = align_costs(parameters, counted)
    years = place_years(counted.cells[4], counted.layout, counted.table)
    assert care_spending(years, 2019, p) == pytest.approx(p["cost.total_2019"] * p["cost.cpi_2019"])
    assert align_costs(p, counted)["cost.level"] == pytest.approx(p["cost.level"])
    assert {name for name in p if p[name] != parameters[name]} <= {"cost.level"}


# ---- writing


def test_what_did_not_change_is_written_as_it_was(parameters: Parameters, tmp_path: Path) -> None:
    path = tmp_path / "parameters.csv"
    write(parameters, path)
    assert read_parameters(path).records == parameters.records


def test_ranges_move_with_values(parameters: Parameters, tmp_path: Path) -> None:
    path = tmp_path / "parameters.csv"
    record = parameters.records["start.ambulant"]
    write(parameters.replace({"start.ambulant": 1.5 * record.value}), path)
    again = read_parameters(path).records
    new = again["start.ambulant"]
    moved = (new.value, new.low, new.high)
    assert moved == pytest.approx(tuple(1.5 * x for x in (record.value, record.low, record.high)), rel=1e-3)
    assert (new.grade, new.source, new.unit) == (record.grade, record.source, record.unit)
    others = {name: one for name, one in again.items() if name != "start.ambulant"}
    assert others == {name: one for name, one in parameters.records.items() if name != "start.ambulant"}


def test_a_share_that_moves_keeps_a_range_that_is_one(parameters: Parameters, tmp_path: Path) -> None:
    path = tmp_path / "parameters.csv"
    name, old = next((n, r) for n, r in parameters.records.items() if r.scale == "logit" and r.value > 0.3)
    factor = (old.value * old.high) ** -0.5  # brings the value below 1 and the high end above
    write(parameters.replace({name: factor * old.value}), path)
    new = read_parameters(path).records[name]
    assert new.value == pytest.approx(factor * old.value, rel=1e-3)
    assert 0 < new.low <= new.value <= new.high < 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Parameters]:
    """Return what would have been written into the file of parameters."""
    written: list[Parameters] = []
    monkeypatch.setattr(module, "write", written.append)
    return written


ARGUMENTS = ["--children", "2000", "--check", "2000", "--rounds", "2", "--seed", "3"]


def test_nothing_is_written_unless_told(quick: list[Parameters], capsys: pytest.CaptureFixture[str]) -> None:
    before = PARAMETER_FILE.read_bytes()
    module.main(ARGUMENTS)
    assert quick == []
    assert PARAMETER_FILE.read_bytes() == before
    shown = capsys.readouterr()
    assert "round 2" in shown.err
    assert "jz_2018" in shown.out
    assert "start.ambulant" in shown.out
    assert "->" in shown.out


def test_what_was_found_is_written_when_told(quick: list[Parameters], parameters: Parameters) -> None:
    module.main([*ARGUMENTS, "--write"])
    (p,) = quick
    assert p["start.ambulant"] != parameters["start.ambulant"]
    assert p["cost.level"] != parameters["cost.level"]


def test_the_command_line_is_read_where_nothing_is_given(
    quick: list[Parameters], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["align", "--rounds", "soon"])
    with pytest.raises(SystemExit):
        module.main()
