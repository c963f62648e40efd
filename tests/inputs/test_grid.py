"""A grid stands for every combination of its values: named, stable, checked like scenarios of their own."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from sim.errors import InputError
from sim.inputs import grid as grids
from sim.inputs.grid import Member, load_grid
from sim.inputs.scenario import load_scenario
from tests.worlds import registry

BASE = "kind: scenario\ntitle: Almere\nmunicipality: Almere\nyears: 3\nprogrammes:\n  kinderwerk: {fte: 36}\n"
GRID = """\
kind: grid
from: base.yaml
values:
  programmes.kinderwerk.fte: [0, 12, 36]
  policy: [deficit, crowd_out]
"""


def write(folder: Path, text: str, name: str = "grid.yaml", base: str = BASE) -> Path:
    (folder / "base.yaml").write_text(base, encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def members(folder: Path, text: str, base: str = BASE) -> dict[str, Member]:
    return {member.name: member for member in load_grid(write(folder, text, base=base), registry())}


def faults(folder: Path, text: str, base: str = BASE) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_grid(write(folder, text, base=base), registry())
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_every_combination_is_a_scenario_with_a_readable_name(tmp_path: Path) -> None:
    found = members(tmp_path, GRID)
    assert list(found) == [
        f"grid--fte-{fte}--policy-{policy}" for fte in (0, 12, 36) for policy in ("deficit", "crowd_out")
    ]
    one = found["grid--fte-12--policy-deficit"].scenario
    assert one.programmes["kinderwerk"].fte.at(2026) == 12
    assert one.policy == "deficit"
    assert one.title == "Almere (fte 12, policy deficit)"
    assert one.years == 3


def test_a_combination_is_the_scenario_that_a_file_would_be(tmp_path: Path) -> None:
    one = members(tmp_path, GRID)["grid--fte-12--policy-deficit"].scenario
    text = BASE.replace("36", "12") + "policy: deficit\n"
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    assert one.canonical_sha256() == load_scenario(tmp_path / "own.yaml", registry()).canonical_sha256()


def test_names_stay_when_values_are_added(tmp_path: Path) -> None:
    before = members(tmp_path, GRID)
    after = members(tmp_path, GRID.replace("[0, 12, 36]", "[48, 0, 12, 36, {2026: 3, 2027: 9}]"))
    assert set(before) < set(after)
    for name, member in before.items():
        assert after[name].scenario.canonical() == member.scenario.canonical()


def test_a_base_may_be_written_out_and_lack_what_the_lists_give(tmp_path: Path) -> None:
    text = "kind: grid\nbase:\n  title: x\n  years: 2\nvalues:\n  municipality: [Almere, Tilburg]\n"
    found = members(tmp_path, text)
    assert [m.scenario.municipality for m in found.values()] == ["Almere", "Tilburg"]
    assert list(found) == ["grid--municipality-Almere", "grid--municipality-Tilburg"]


def test_keys_with_the_same_last_word_are_told_apart(tmp_path: Path) -> None:
    text = GRID.replace("policy: [deficit, crowd_out]", "programmes.jongerenwerk.fte: [0, 5]")
    assert "grid--kinderwerk-fte-12--jongerenwerk-fte-5" in members(tmp_path, text)


def test_parameters_are_named_with_their_dots(tmp_path: Path) -> None:
    text = "kind: grid\nfrom: base.yaml\nvalues:\n  parameters.townhall.crowd_out_share: [0.1, 0.2]\n"
    found = members(tmp_path, text)
    assert list(found) == ["grid--crowd_out_share-0.1", "grid--crowd_out_share-0.2"]
    value = found["grid--crowd_out_share-0.2"].scenario.parameters["townhall.crowd_out_share"]
    assert (value.value, value.since) == (0.2, "start")


def test_the_start_of_an_override_may_vary(tmp_path: Path) -> None:
    base = BASE + "parameters:\n  kinderwerk.stay: {value: 2.0, from: start}\n"
    text = "kind: grid\nfrom: base.yaml\nvalues:\n  parameters.kinderwerk.stay.from: [start, birth]\n"
    found = members(tmp_path, text, base)
    assert [m.scenario.parameters["kinderwerk.stay"].since for m in found.values()] == ["start", "birth"]


def test_the_reference_is_the_combination_with_the_same_other_values(tmp_path: Path) -> None:
    found = members(tmp_path, GRID + "reference: {programmes.kinderwerk.fte: 0}\n")
    assert found["grid--fte-36--policy-deficit"].reference == "grid--fte-0--policy-deficit"
    assert found["grid--fte-0--policy-deficit"].reference is None


def test_the_reference_of_the_base_is_seen_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "low").mkdir()
    (tmp_path / "low" / "none.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "low" / "base.yaml").write_text(BASE + "reference: none.yaml\n", encoding="utf-8")
    file = write(tmp_path, GRID.replace("base.yaml", "low/base.yaml"))
    for member in load_grid(file, registry()):
        assert member.scenario.reference == tmp_path / "low" / "none.yaml"


BAD = {
    "unknown key": (GRID + "valeus: {}\n", "grid.yaml:6:1: unknown key 'valeus'; did you mean 'values'?"),
    "no start": (GRID.replace("from: base.yaml\n", ""), "grid.yaml:1:1: a grid starts either"),
    "two starts": (GRID + "base: {}\n", "grid.yaml:1:1: a grid starts either"),
    "no values": ("kind: grid\nfrom: base.yaml\n", "grid.yaml:1:1: missing key 'values'"),
    "no list": (GRID.replace("[deficit, crowd_out]", "deficit"), "grid.yaml:5:11: expected a list of values"),
    "empty": (GRID.replace("[0, 12, 36]", "[]"), "grid.yaml:4:3: expected a list of values"),
    "twice": (GRID.replace("[0, 12, 36]", "[0, 12, 12.0]"), "grid.yaml:4:38: '12.0' stands twice"),
    "no such key": (GRID.replace("policy:", "polcy:"), "grid.yaml:5:3: unknown key 'polcy'; did you mean"),
    "no such deep key": (GRID.replace("kinderwerk.fte", "kinderwerk.ftee"), "grid.yaml:4:3: unknown key"),
    "wrong value": (GRID.replace("[0, 12, 36]", "[0, -12, 36]"), "grid.yaml:4:34: "),
    "wrong word": (GRID.replace("crowd_out]", "crowdout]"), "grid.yaml:5:21: "),
    "within": (GRID + "  programmes.kinderwerk: [{fte: 3}]\n", "grid.yaml:4:3: 'programmes.kinderwerk.fte'"),
    "no keys": (GRID + "  policy.deep: [1]\n", "grid.yaml:6:3: "),
    "reference key": (GRID + "reference: {polcy: deficit}\n", "grid.yaml:6:13: 'polcy' is not one of"),
    "reference value": (GRID + "reference: {policy: capped}\n", "grid.yaml:6:21: 'capped' is not in"),
    "no such file": (GRID.replace("base.yaml", "bsae.yaml"), "bsae.yaml:1:1: there is no such file; did you"),
    "wrong kind": (GRID.replace("base.yaml", "grid.yaml"), "grid.yaml:1:7: this is a `kind: grid` file"),
    "title": (GRID + "title: [1]\n", "grid.yaml:6:1: expected text"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_found_at_its_place(name: str, tmp_path: Path) -> None:
    text, expected = BAD[name]
    found = faults(tmp_path, text)
    assert any(fault.startswith(expected) for fault in found), found


def test_a_mistake_in_the_start_is_one_of_its_own_file(tmp_path: Path) -> None:
    assert faults(tmp_path, GRID, BASE.replace("Almere\ny", "Almeer\ny"))[0].startswith("base.yaml:3:15:")


def test_values_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    text = "kind: grid\nfrom: base.yaml\nvalues:\n  places.ambulant: [10, 20]\n  policy: [capped, deficit]\n"
    (fault,) = faults(tmp_path, text)
    assert fault.startswith("grid.yaml:")
    assert "places count only with 'policy: capped'" in fault


def test_three_decimals_are_asked_about_where_they_stand(tmp_path: Path) -> None:
    base = "base: {title: x, municipality: Almere, programmes: {kinderwerk: {fte: 12.000}}}"
    values = "  budget.youth_care: [60.000, 9e7]\n  policy:"
    text = GRID.replace("from: base.yaml", base).replace("  policy:", values)
    ways = "can be read in two ways; write 60000 for thousands, or 60 for decimals"
    assert faults(tmp_path, text) == [f"grid.yaml:5:23: '60.000' {ways}"]  # the lists replace FTE of the base
    assert len(faults(tmp_path, text.replace("programmes.kinderwerk.fte", "programmes.bso.fte"))) == 2
    assert faults(tmp_path, GRID.replace("[0, 12, 36]", "[0, {2026: 36.500}]")) == [
        "grid.yaml:4:41: '36.500' can be read in two ways; write 36500 for thousands, or 36.5 for decimals"
    ]


def test_the_product_is_bounded(tmp_path: Path) -> None:
    text = "kind: grid\nfrom: base.yaml\nvalues:\n  start: [2026, 2027]\n"
    numbers = ", ".join(str(k) for k in range(grids.MAX_PRODUCT // 2 + 1))
    found = faults(tmp_path, text + f"  programmes.kinderwerk.fte: [{numbers}]\n")
    assert found == ["grid.yaml:3:1: this grid has 10,002 combinations; the limit is 10,000"]


VALUES = st.one_of(
    st.integers(0, 200),
    st.floats(0, 200, allow_nan=False).map(lambda x: round(x, 3)),
    st.dictionaries(st.integers(2026, 2028), st.integers(0, 50), min_size=1, max_size=3),
)
SHARES = st.lists(st.floats(-0.5, 0.5).map(lambda x: round(x, 4)), min_size=1, max_size=4)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fte=st.lists(VALUES, min_size=1, max_size=5), growth=SHARES)
def test_names_are_file_safe_and_never_the_same(tmp_path: Path, fte: list[Any], growth: list[float]) -> None:
    lists = {"programmes.kinderwerk.fte": _once(fte), "budget.real_growth": _once(growth)}
    with (tmp_path / "grid.yaml").open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump({"kind": "grid", "from": "base.yaml", "values": lists}, stream)
    write(tmp_path, (tmp_path / "grid.yaml").read_text(encoding="utf-8"))
    found = load_grid(tmp_path / "grid.yaml", registry())
    names = [member.name for member in found]
    assert len(set(names)) == len(names) == math.prod(map(len, lists.values()))
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names)
    seen = {(m.scenario.programmes["kinderwerk"].fte_by_year(2026, 3), m.scenario.budget.real_growth)
            for m in found}  # fmt: skip
    assert {growth for _, growth in seen} == set(lists["budget.real_growth"])


def _once(values: list[Any]) -> list[Any]:
    return [value for i, value in enumerate(values) if value not in values[:i]]


MANY = {
    "keys": ("".join(f"  policy.k{n}: [1]\n" for n in range(101)), "this grid has 101 keys; the limit is"),
    "a long key": (f"  parameters.{'a.' * 100}b: [1]\n", "unknown key"),
    "mistakes": (f"  years: [{', '.join(map(str, range(100, 1_100)))}]\n", "must be between 0 and 60"),
}


@pytest.mark.parametrize("case", MANY)
def test_more_than_a_grid_needs_is_refused_quickly(tmp_path: Path, case: str) -> None:
    lines, words = MANY[case]
    start = time.process_time()
    found = faults(tmp_path, f"kind: grid\nfrom: base.yaml\nvalues:\n{lines}")
    assert time.process_time() - start < 3
    assert words in found[0]
    assert len(found) <= 100
