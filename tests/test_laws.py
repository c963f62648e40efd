"""Laws that hold in every world: random scenarios, populations and tables of transitions, lived in full."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.api import Comparison, compare
from sim.engine.population import LIFE_MONTHS, cohorts, flows, month_of
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.luck import key_of
from sim.model.catalogue import catalogue
from sim.model.parameters import default_parameters
from sim.model.processes import ProcessTable, default_table
from sim.model.transitions import compile_table
from sim.states import FORMS, MONTHS
from tests.worlds import Clockwork, born, copy, rate_names, registry, same, total

P = default_parameters()
RATES = sorted(rate_names(default_table()))
PRICES = [f"cost.{form}" for form in FORMS]
FEW = settings(max_examples=12, deadline=None)

# Worlds


def within(name: str) -> st.SearchStrategy[float]:
    """Return values of a parameter within its range."""
    record = P.records[name]
    return st.floats(float(record.low), float(record.high))


@st.composite
def programmes(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(catalogue())), unique=True, max_size=2))
    return {
        name: {"fte": draw(st.floats(0, 80)), "ring_fenced": draw(st.booleans())} for name in names
    }  # fmt: skip


@st.composite
def worlds_in_data(draw: st.DrawFn) -> dict[str, Any]:
    """Return what a random scenario file says, without a title."""
    start = draw(st.integers(2024, 2030))
    data: dict[str, Any] = {
        "municipality": draw(st.sampled_from(["Almere", "Deventer", "Hoorn"])),
        "start": start,
        "years": draw(st.integers(1, 3)),
        "policy": draw(st.sampled_from(["deficit", "crowd_out", "capped"])),
        "parameters": {
            name: {"value": draw(within(name)), "from": draw(st.sampled_from(["birth", "start"]))}
            for name in draw(st.lists(st.sampled_from(RATES), unique=True, max_size=4))
        },
    }
    if data["policy"] == "capped":
        data["places"] = draw(st.dictionaries(st.sampled_from(["pleegzorg", "ambulant"]), st.floats(0, 900)))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["lockdown", "teacher_shortage", "budget_cut"]))
        data["shocks"] = [{"kind": kind, "start": f"{start}-04", "months": 6, "size": draw(st.floats(0, 1))}]
    return data


def made(data: dict[str, Any], title: str, **changes: Any) -> Scenario:
    return scenario_from_dict({**data, "title": title, **changes}, registry())


def lived(*scenarios: Scenario, seed: int, children: int = 250) -> Comparison:
    return compare(scenarios, names=[s.title for s in scenarios], children=children, seed=seed, threads=1)


def wide(found: Comparison) -> Any:
    """Return the long table with a column for each scenario; what one of them lacks is nothing in it."""
    index = ["year", "measure", "breakdown", "level"]
    assert np.isfinite(found.annual["value"]).all()
    return found.annual.pivot_table(
        index=index, columns="scenario", values="value", observed=True, fill_value=0.0
    )


# Whole runs


@FEW
@given(worlds_in_data(), programmes(), st.integers(0, 2**31))
def test_a_scenario_against_itself_is_the_same_to_the_byte(
    data: dict[str, Any], offered: dict[str, Any], seed: int
) -> None:
    found = lived(made(data, "a", programmes=offered), made(data, "b", programmes=offered), seed=seed)
    (difference,) = found.differences.values()
    assert not difference.runs.any()
    first, second = found.runs[0].columns
    assert first.labels == second.labels
    assert first.blocks.tobytes() == second.blocks.tobytes()


@FEW
@given(worlds_in_data(), programmes(), programmes(), st.integers(0, 2**31))
def test_nobody_is_made_or_lost_by_what_is_offered_and_parts_make_the_whole(
    data: dict[str, Any], before: dict[str, Any], after: dict[str, Any], seed: int
) -> None:
    """That no state holds more children than there are, and no count is negative, stops a run by itself."""
    table = wide(lived(made(data, "a", programmes=before), made(data, "b", programmes=after), seed=seed))
    people = table.xs("population", level="measure").drop(index="group", level="breakdown")
    assert (people["a"] == people["b"]).all()  # of groups, that of families in assistance may change
    for measure in ("population", "care_users", "unmet_need"):
        parts = table.xs(measure, level="measure")
        whole = parts.xs("total", level="breakdown").groupby("year").sum()
        for breakdown in {"age", "sex"} & set(parts.index.get_level_values("breakdown")):
            each = parts.xs(breakdown, level="breakdown").groupby("year").sum()
            np.testing.assert_allclose(each, whole, rtol=1e-9, atol=1e-6)
    costs = table.xs("cost", level="measure")
    paid = costs.xs("payer", level="breakdown").groupby("year").sum()
    np.testing.assert_allclose(paid, costs.xs("total", level="breakdown").groupby("year").sum(), rtol=1e-9)


@FEW
@given(worlds_in_data(), programmes(), st.floats(1.0, 1.4), st.integers(0, 2**31))
def test_dearer_care_changes_no_life_and_costs_in_proportion(
    data: dict[str, Any], offered: dict[str, Any], times: float, seed: int
) -> None:
    """Units: where nobody's budget answers, money is place-years times prices and nothing else."""
    dear = {name: {"value": P[name] * times, "from": "start"} for name in PRICES}
    assume(all(float(P.records[name].low) <= P[name] * times for name in PRICES))
    world = {**data, "policy": "deficit", "shocks": [], "programmes": offered}
    world.pop("places", None)
    found = lived(
        made(world, "a"), made(world, "b", parameters={**data["parameters"], **dear}), seed=seed
    )  # fmt: skip
    table = wide(found)
    for measure in ("care_users", "unmet_need", "programme_participants"):
        if measure in table.index.get_level_values("measure"):
            lives = table.xs(measure, level="measure")
            assert (lives["a"] == lives["b"]).all()
    care = table.xs(("cost", "form"), level=("measure", "breakdown"))
    care = care[care.index.get_level_values("level").isin(FORMS)]
    np.testing.assert_allclose(care["b"], care["a"] * times, rtol=1e-9)


@FEW
@given(worlds_in_data(), st.floats(1, 30), st.floats(1, 3), st.integers(0, 2**31))
def test_more_workers_reach_no_fewer_children(
    data: dict[str, Any], fte: float, times: float, seed: int
) -> None:
    """Monotonicity, where no shortfall takes workers away."""
    world = {**data, "policy": "deficit", "shocks": []}
    world.pop("places", None)
    few, many = (
        made(world, title, programmes={"kinderwerk": {"fte": workers}})
        for title, workers in (("a", fte), ("b", fte * times))
    )
    coming = wide(lived(few, many, seed=seed)).xs("programme_participants", level="measure")
    assert (coming["b"] >= coming["a"] - 1e-9).all()


@settings(max_examples=50, deadline=None)
@given(worlds_in_data(), programmes())
def test_a_scenario_comes_back_from_what_is_written_of_it(
    data: dict[str, Any], offered: dict[str, Any]
) -> None:
    scenario = made(data, "a", programmes=offered)
    again = scenario_from_dict(json.loads(json.dumps(scenario.to_data())), registry())
    assert again == scenario
    assert again.canonical() == scenario.canonical()


# Tables and populations


@st.composite
def tables(draw: st.DrawFn) -> tuple[ProcessTable, dict[str, float]]:
    """Return a table of which some rows are taken out, and rates anywhere from nothing to ten a year."""
    data = default_table().model_dump(by_alias=True)
    counted = set(data["outcomes"].values())
    for process in data["processes"].values():
        rows = process["transitions"]
        ends = {(end["from"], end["to"]) for end in process["at_birthday"]}
        keep = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
        process["transitions"] = [
            row for row, kept in zip(rows, keep, strict=True)
            if kept or (row["from"], row["to"]) in ends or row["name"] in counted
        ]  # fmt: skip
    rates = draw(st.dictionaries(st.sampled_from(RATES), st.floats(0, 10), min_size=3, max_size=12))
    return ProcessTable.model_validate(data), rates


@settings(max_examples=25, deadline=None)
@given(tables(), st.integers(0, 2**31))
def test_in_any_table_flows_are_differences_of_stocks(
    world: tuple[ProcessTable, dict[str, float]], seed: int
) -> None:
    """Conservation for every state, but of what a start of care sets beside its own process."""
    spec, rates = world
    table = compile_table(spec, P.replace(rates), 2020)
    children = born(300, table, P, seed)
    before, again = copy(children), copy(children)
    clock = Clockwork(table, seed)
    tally = clock.live(children, 0, 5)
    set_beside = {other for q in spec.processes.values() for t in q.transitions for other in t.sets}
    h = table.hazards
    flow = np.array([total(tally, clock.layout.flow + r) for r in range(len(table.rows))])
    for name, state in table.states:
        p, names = table.process(name), [x for q, x in table.states if q == name]
        s = names.index(state)
        assert children.state[:, p].max() < len(names)
        if name not in set_beside:
            grown = int((children.state[:, p] == s).sum()) - int((before.state[:, p] == s).sum())
            rows = h.process == p
            assert grown == flow[rows & (h.destination == s)].sum() - flow[rows & (h.origin == s)].sum()
    assert Clockwork(table, seed).live(again, 0, 5).tobytes() == tally.tobytes()
    assert same(children, again)


def youths_by_age(children: Any, month: int) -> NDArray[np.int64]:
    """Return youths by age at the start of a January, before those move who do so on that day."""
    year = month // MONTHS - 1
    there = (children.arrives <= year) & (children.departs > year)
    there &= (children.birth < month) & (children.birth + LIFE_MONTHS > month)
    return np.bincount((month - children.birth[there]) // MONTHS, minlength=23)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(sorted(profiles())), st.integers(200, 3000), st.integers(0, 2**31))
def test_any_town_is_as_large_and_as_old_as_it_should_be(name: str, size: int, seed: int) -> None:
    """On 1 January, but for those born that month: within three standard errors of who moves."""
    flow, scale = flows(profiles()[name], P, size)
    table = compile_table(default_table(), P, 2026)
    month = month_of(2026)
    blocks = cohorts(flow, 0, month + 1, key_of(seed), table, P)
    found = sum(youths_by_age(block, month) for block in blocks)
    expected = np.array(profiles()[name].youths) / scale
    assert np.all(np.abs(found - expected) <= 3 * np.sqrt(expected) + 2)
