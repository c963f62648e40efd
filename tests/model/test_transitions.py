"""The table of competing hazards becomes arrays that say exactly what the table says."""

from __future__ import annotations

import copy
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.errors import InputError
from sim.luck import DRAW_RANGE
from sim.model.parameters import DATA, Parameters
from sim.model.processes import ProcessTable, Transition, default_table, read_table
from sim.model.transitions import MAX_STATES, CompiledTable, compile_table
from sim.states import (
    EPOCH_YEAR,
    FORMS,
    HEADROOM,
    JEUGDHULP,
    MECHANISMS,
    MONTHS,
    WAITING,
    WITH_RESIDENCE,
    form_bit,
)
from tests.worlds import HOUSEHOLD_FACTORS, knots, path_at, shape_at

LAST_YEAR = 2040
TABLE = default_table()
TRANSITIONS = [(name, t) for name, process in TABLE.processes.items() for t in process.transitions]


@pytest.fixture(scope="module")
def compiled(parameters: Parameters) -> CompiledTable:
    return compile_table(TABLE, parameters, LAST_YEAR)


def changed(**processes: Any) -> ProcessTable:
    """Return the shipped table with other processes beside its own."""
    data = copy.deepcopy(TABLE.model_dump(by_alias=True))
    data["processes"] |= processes
    return ProcessTable.model_validate(data)


def two_states(**transition: Any) -> dict[str, Any]:
    """Return a process of two states with one transition."""
    move = {"name": "goes", "from": "off", "to": "on", "rate": "need.onset_light", **transition}
    return {"states": ["off", "on"], "transitions": [move]}


# Rates


@pytest.mark.parametrize(
    ("process", "t"), TRANSITIONS, ids=lambda x: x.name if isinstance(x, Transition) else ""
)
def test_a_rate_is_the_product_of_what_its_row_names(
    compiled: CompiledTable, parameters: Parameters, process: str, t: Transition
) -> None:
    row = compiled.row(t.name)
    assert compiled.row_process[row] == process
    for year, age in itertools.product(
        (1992, 2015, 2017, 2019, 2024, 2026, LAST_YEAR), (0, 3, 12, 17, 18, 22)
    ):
        expected = parameters[t.rate] / MONTHS
        for shape in t.age:
            expected *= shape_at(parameters, shape, age, shape in TABLE.step_shapes)
        if t.path is not None:
            expected *= path_at(parameters, t.path, year)
        assert compiled.hazards.rate[year - EPOCH_YEAR, row, age] == pytest.approx(expected, rel=1e-12)


def test_growth_of_access_is_a_scenario_of_its_own(parameters: Parameters) -> None:
    grown = parameters.replace({"access.growth_after_2019": 0.02, "access.growth_projection": -0.01})
    rate = compile_table(TABLE, grown, LAST_YEAR).hazards.rate
    table = compile_table(TABLE, parameters.replace(dict.fromkeys(
        ("access.growth_after_2019", "access.growth_projection"), 0.0)), LAST_YEAR)  # fmt: skip
    with_path, without = table.row("start_ambulant"), table.row("onset_light")
    for year, factor in ((2019, 1.0), (2020, math.exp(0.02)), (2026, math.exp(0.14)), (2030, math.exp(0.10))):
        ours, theirs = rate[year - EPOCH_YEAR], table.hazards.rate[year - EPOCH_YEAR]
        np.testing.assert_allclose(ours[with_path], theirs[with_path] * factor, rtol=1e-12)
        np.testing.assert_array_equal(ours[without], theirs[without])


def test_shares_out_of_a_state_in_states_of_others(compiled: CompiledTable, parameters: Parameters) -> None:
    """`by_state` multiplies by NAME.STATE where there is such a parameter, `only` shuts the row elsewhere."""
    h = compiled.hazards
    for _, t in TRANSITIONS:
        row = compiled.row(t.name)
        found: dict[str, np.ndarray] = {}
        for m in range(h.state_factor_first[row], h.state_factor_first[row + 1]):
            name = compiled.processes[h.state_factor_process[m]]
            found[name] = found.get(name, 1.0) * h.state_factor[m]
        for name in {*t.by_state, *t.only}:
            states = [s for p, s in compiled.states if p == name]
            for s, state in enumerate(states):
                expected = 1.0
                if name in t.by_state:
                    expected *= dict(parameters).get(f"{t.by_state[name]}.{state}", 1.0)
                if name in t.only:
                    expected *= state in t.only[name]
                assert found[name][s] == pytest.approx(expected), (t.name, name, state)
        assert set(found) == {*t.by_state, *t.only}


def test_forms_of_care_are_read_as_masks(compiled: CompiledTable, parameters: Parameters) -> None:
    h = compiled.hazards

    def factors(row: str) -> dict[int, float]:
        r = compiled.row(row)
        span = range(h.flag_factor_first[r], h.flag_factor_first[r + 1])
        return {int(h.flag_factor_mask[m]): h.flag_factor[m] for m in span}

    jeugdhulp = sum(map(form_bit, JEUGDHULP))
    mark = {name: int(h.mark[compiled.process(name)]) << 16 for name in ("mishandeling", "delict")}
    assert factors("escalate_light") == {
        jeugdhulp: parameters["need.care_on_escalation"],
        mark["mishandeling"]: parameters["need.maltreated"],
        WAITING << 16: parameters["need.waiting"],
    }
    assert factors("start_jeugdreclassering") == {mark["delict"]: parameters["start.probation_offended"]}
    assert factors("start_ambulant") == {
        form_bit("netwerk") | form_bit("daghulp"): parameters["start.second"],
        form_bit("wijkteam"): parameters["start.wijkteam_to_other"],
        sum(map(form_bit, WITH_RESIDENCE)): parameters["start.with_residence"],
    }
    assert factors("takes_part_again") == {}
    marks = h.mark[h.mark > 0].tolist()
    assert len(set(marks)) == len(marks)
    assert all(mark & (mark - 1) == 0 and mark < WAITING for mark in marks)


def test_every_form_of_care_is_one_state(compiled: CompiledTable) -> None:
    bits = compiled.hazards.bits[compiled.hazards.bits > 0]
    assert sorted(bits.tolist()) == sorted(form_bit(form) for form in FORMS)


# Structure


def test_rows_of_one_state_stand_together(compiled: CompiledTable) -> None:
    h = compiled.hazards
    seen: list[int] = []
    for p in range(len(compiled.processes)):
        for s in range(MAX_STATES):
            rows = range(h.first_row[p, s], h.first_row[p, s + 1])
            assert all(h.process[r] == p and h.origin[r] == s for r in rows)
            seen += rows
    assert seen == list(range(len(compiled.rows)))
    assert sorted(compiled.rows) == sorted(
        [t.name for _, t in TRANSITIONS]
        + [f"{f}_{way}" for f in HOUSEHOLD_FACTORS for way in ("enters", "leaves")]
    )


def test_origin_and_destination_are_the_named_states(compiled: CompiledTable) -> None:
    h = compiled.hazards
    for process, t in TRANSITIONS:
        row, states = compiled.row(t.name), TABLE.processes[process].states
        assert (states[h.origin[row]], states[h.destination[row]]) == (t.origin, t.destination)
        sets = [
            (compiled.processes[h.set_process[m]], int(h.set_state[m]))
            for m in range(h.set_first[row], h.set_first[row + 1])
        ]
        assert sets == [(name, TABLE.processes[name].states.index(state)) for name, state in t.sets.items()]


def test_the_bound_holds_before_and_after_the_next_birthday_with_all_programmes(
    compiled: CompiledTable,
) -> None:
    h = compiled.hazards
    room = np.array([HEADROOM[MECHANISMS[m]] if m >= 0 else 1.0 for m in h.mechanism])[None, :, None]
    assert np.all(h.bound >= h.rate * room)
    assert np.all(h.bound[:, :, :-1] >= h.rate[:, :, 1:] * room)
    older = np.concatenate([h.rate[:, :, 1:], h.rate[:, :, -1:]], axis=2)
    np.testing.assert_allclose(h.bound, np.maximum(h.rate, older) * room, rtol=1e-15)


def test_the_bound_of_a_duration_covers_everything_still_to_come(compiled: CompiledTable) -> None:
    h = compiled.hazards
    for factors, bound in zip(h.duration_factor, h.duration_bound, strict=True):
        assert bound.tolist() == [max(factors[k:]) for k in range(factors.size)]


def test_durations_are_the_classes_of_the_file(compiled: CompiledTable, parameters: Parameters) -> None:
    h = compiled.hazards
    d = h.duration[compiled.row("end_ambulant")]
    assert d == h.duration[compiled.row("end_pleegzorg")]
    assert d != h.duration[compiled.row("onset_light")] >= 0
    assert h.duration[compiled.row("onset_moderate")] == -1
    upper = sorted(float(name.rpartition(".")[2]) for name in knots(parameters, "end.duration"))
    assert h.duration_break[d, : len(upper) - 1].tolist() == upper[:-1]
    assert np.all(np.isinf(h.duration_break[d, len(upper) - 1 :]))
    assert h.duration_factor[d, : len(upper)].tolist() == [parameters[f"end.duration.{u:g}"] for u in upper]


def test_never_and_always_at_a_birthday_are_exact(parameters: Parameters) -> None:
    for probability, threshold in ((0.0, 0), (1.0, DRAW_RANGE), (0.5, DRAW_RANGE // 2)):
        p = parameters.replace({"end18.help": probability})
        table = compile_table(TABLE, p, 2020)
        h = table.hazards
        helps = [
            b for b, q in enumerate(h.birthday_process) if table.processes[q] in ("wijkteam", "ambulant")
        ]
        assert helps
        assert {int(h.birthday_threshold[b]) for b in helps} == {threshold}


def test_a_birthday_books_the_flow_of_a_named_transition(compiled: CompiledTable) -> None:
    h = compiled.hazards
    assert h.birthday_at[18]
    assert np.flatnonzero(h.birthday_at).tolist() == sorted(set(h.birthday_age.tolist()))
    for b in range(h.birthday_age.size):
        row = h.birthday_row[b]
        assert h.process[row] == h.birthday_process[b]
        assert h.origin[row] == h.birthday_origin[b]
        assert h.destination[row] == h.birthday_destination[b]


def test_every_position_of_a_state_is_its_own(compiled: CompiledTable) -> None:
    index = compiled.hazards.state_index
    assert sorted(index[index >= 0].tolist()) == list(range(len(compiled.states)))
    for (process, state), position in zip(compiled.states, range(len(compiled.states)), strict=True):
        assert compiled.state(process, state) == position
        p = compiled.process(process)
        assert index[p, [s for q, s in compiled.states if q == process].index(state)] == position


# Mistakes in a table


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"by_state": {"nobody": "need.bijstand"}}, "no process 'nobody'"),
        ({"by_state": {"bijstnd": "need.bijstand"}}, "no process 'bijstnd'; did you mean 'bijstand'"),
        ({"only": {"nobody": ["none"]}}, "no process 'nobody'"),
        ({"sets": {"signl": "seen"}}, "no process 'signl'; did you mean 'signal'"),
        ({"only": {"need": ["ligth"]}}, "no state 'ligth' in process 'need'; did you mean 'light'"),
        ({"by_state": {"bijstand": "need.bijstnd"}}, r"no parameter 'need.bijstnd.STATE'"),
        ({"only": {"need": ["some"]}}, "no state 'some' in process 'need'"),
        ({"sets": {"signal": "heard"}}, "no state 'heard' in process 'signal'"),
        ({"from": "middle"}, "no state 'middle'"),
        ({"to": "middle"}, "no state 'middle'"),
        ({"rate": "need.unknown"}, "unknown parameter 'need.unknown'"),
        ({"age": ["need.no_shape"]}, "no shape 'need.no_shape'"),
        ({"path": "access.none"}, "no shape 'access.none'"),
        ({"duration": "end.none"}, "no shape 'end.none'"),
        ({"by_form": {"wijkteam": "need.nothing"}}, "unknown parameter 'need.nothing'"),
    ],
)
def test_a_table_that_names_what_does_not_exist_is_refused(
    parameters: Parameters, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(KeyError, match=message):
        compile_table(changed(extra=two_states(**wrong)), parameters, 2020)


@pytest.mark.parametrize(
    "wrong", [{"mechanism": "magic"}, {"risk": "nobody"}, {"by_form": {"huisbezoek": "start.second"}}]
)
def test_a_word_outside_the_vocabulary_is_refused(parameters: Parameters, wrong: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        compile_table(changed(extra=two_states(**wrong)), parameters, 2020)


def test_a_birthday_without_its_transition_is_refused(parameters: Parameters) -> None:
    process = two_states()
    process["at_birthday"] = [{"age": 12, "from": "on", "to": "off", "probability": "end18.help"}]
    with pytest.raises(KeyError, match="at_birthday of 'extra' needs a transition from on to off"):
        compile_table(changed(extra=process), parameters, 2020)


SHIPPED = (DATA / "processes.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "mechanism: recovery",
            "mechanisme: recovery",
            "unknown key 'mechanisme'; did you mean 'mechanism'?",
        ),
        ("rate: need.onset_light", "rate: need.onset_licht", "did you mean 'need.onset_light'?"),
        ("age: [need.onset_age]", "age: [need.onset_agge]", "did you mean 'need.onset_age'?"),
        ("duration: need.relapse", "duration: relapse", "no shape"),
        ("path: access.wijkteam", "path: acces.wijkteam", "did you mean 'access.wijkteam'?"),
        ("by_form: {jeugdhulp:", "by_form: {jeugdhulpp:", "no form of care 'jeugdhulpp'; did you mean"),
        (
            "mishandeling: need.maltreated",
            "mishandling: need.maltreated",
            "no process 'mishandling'; did you mean",
        ),
        ("from: light", "from: lite", "no state of 'need' 'lite'; did you mean 'light'?"),
        ("to: light", "to: lichter", "no state of 'need' 'lichter'"),
        ("risk: need,", "risk: nede,", "no risk 'nede'; did you mean 'need'?"),
        ("mechanism: onset", "mechanism: onsets", "no mechanism 'onsets'; did you mean 'onset'?"),
        ("{bijstand: need.bijstand,", "{bijstand: needs.bijstand,", "parameter NAME.STATE"),
        ("{prevalence: trait.fysiek}", "{prevalence: fysiek}", "no parameter 'fysiek'"),
        ("boy: need.boy", "boy: need.girl", "no parameter 'need.girl'"),
        ("first_offences: first_offence", "first_offences: offence", "no transition 'offence'"),
        (
            "exit: {bijstand: bijstand.exit",
            "exit: {bijstand: bijstand.exits",
            "did you mean 'bijstand.exit'?",
        ),
        ("kind: processes", "kind: process", "this file needs `kind: processes`"),
    ],
)
def test_what_does_not_exist_is_refused_with_its_place(
    right: str, wrong: str, message: str, tmp_path: Path
) -> None:
    assert right in SHIPPED
    path = tmp_path / "processes.yaml"
    path.write_text(SHIPPED.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_table(path)
    problem, value = refused.value.problems[0], wrong.rpartition(": ")[2].strip("{[],:")
    line = path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert problem.file == str(path)
    assert message.casefold() in problem.message.casefold()
    assert wrong in line or value in line


def test_the_shipped_file_is_the_shipped_table(tmp_path: Path) -> None:
    text = Path(__file__).parents[2].joinpath("sim/data/processes.yaml").read_text(encoding="utf-8")
    path = tmp_path / "processes.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_table(path) == TABLE
