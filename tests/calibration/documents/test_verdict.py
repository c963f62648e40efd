"""The table of verdicts: every choice is in it, figures are those of runs, words those of the program."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from calibration.documents import verdict
from calibration.documents.markup import DOCS
from calibration.documents.verdict import Found
from sim.inputs.library import registry
from sim.inputs.scenario import Scenario, load_scenario
from sim.model.futures import FUTURES
from sim.model.priors import PRIORS
from sim.model.structures import STRUCTURES
from sim.report.content import words

CHILDREN, DRAWS = 600, 2


@pytest.fixture(scope="module")
def pair() -> list[Scenario]:
    return [load_scenario(path, registry()).replace(years=10) for path in verdict.PAIR]


@pytest.fixture(scope="module")
def found(pair: Sequence[Scenario]) -> list[Found]:
    """Return a few cases, lived by few children."""
    return [verdict.live(case, pair, CHILDREN, DRAWS) for case in verdict.cases(words("en"))[:4]]


def test_every_option_of_each_choice_is_a_case() -> None:
    told = [case.says for case in verdict.cases(words("en"))]
    assert {says.get("prior", "assumed") for says in told} == set(PRIORS)
    assert {says.get("future", "model_today") for says in told} == set(FUTURES)
    assert {says.get("structure", "care_changes_need") for says in told} == set(STRUCTURES)
    own = [says.get("parameters", {}) for says in told]
    assert {each.get(verdict.UPTAKE, 1.0) for each in own} == {1.0, 2.0, 3.0}
    assert {each.get(verdict.WHOLE, 1.0) for each in own} == {0.0, 1.0}
    assert {(name, value) for each in own for name, value in each.items()} >= {
        (verdict.VISITS, 25.0), (verdict.VISITS, 60.0), (verdict.BY_VISITS, 1.0),
        (verdict.WORKER, 0.67), (verdict.TO_CARE, 0.0),
    }  # fmt: skip
    assert sum(not says for says in told) == 1


def test_a_case_is_said_of_both_scenarios_and_changes_nothing_else(pair: Sequence[Scenario]) -> None:
    for case in verdict.cases(words("en")):
        for before, after in zip(pair, case.of(pair), strict=True):
            said = {**case.says, "parameters": {**case.says.get("parameters", {})}}
            assert {name: o.value for name, o in after.parameters.items()} == said.pop("parameters")
            assert after == before.replace(**said, parameters=dict(after.parameters))


def test_the_total_moves_the_bill_and_no_difference(found: Sequence[Found]) -> None:
    today, care, *_ = found
    assert care.bill < today.bill * 0.9
    assert care.extra == pytest.approx(today.extra, abs=1.0)
    assert care.changes[-1].care_users == today.changes[-1].care_users


def test_a_prior_moves_the_difference_and_not_the_bill_by_much(found: Sequence[Found]) -> None:
    today, *_, nearest = found
    assert nearest.case.says == {"prior": "nearest"}
    assert nearest.extra != today.extra
    assert nearest.bill == pytest.approx(today.bill, rel=0.02)


def test_what_comes_back_is_the_cost_that_the_bill_does_not_show(found: Sequence[Found]) -> None:
    for each in found:
        last = each.changes[-1]
        saved = last.municipal_programme_cost - last.municipal_cost.value
        assert each.comes_back == pytest.approx(saved / last.municipal_programme_cost)


def test_the_cheapest_and_the_dearest_take_one_option_of_each_choice(found: Sequence[Found]) -> None:
    low, high = (verdict.together(found, "both", dearest) for dearest in (False, True))
    assert low.choice == verdict.TOGETHER
    assert not low.says["parameters"]  # totals differ by nothing
    assert not high.says["parameters"]
    extra = {each.case.says.get("prior", "assumed"): each.extra for each in found if not each.case.choice}
    extra |= {each.case.says["prior"]: each.extra for each in found if each.case.choice == "prior"}
    assert low.says.get("prior", "assumed") == min(extra, key=extra.__getitem__)
    assert high.says.get("prior", "assumed") == max(extra, key=extra.__getitem__)


def test_every_case_has_a_row_and_the_verdict_of_the_program(found: Sequence[Found]) -> None:
    text = verdict.section(found, CHILDREN, DRAWS)
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(found)
    for row, each in zip(rows, found, strict=True):
        assert each.case.written in row
        assert each.report.chance(each.report.outcomes[0], len(each.changes) - 1) in row
        assert each.report.outcomes[0].sentence in text


def test_verdicts_that_differ_are_all_told(found: Sequence[Found]) -> None:
    assert f"each of these {len(found)}" in verdict.verdicts(found)
    other = verdict.live(found[2].case, _with_no_work(), CHILDREN, DRAWS)
    told = verdict.verdicts([*found, other])
    assert "each of these" not in told
    for each in (other, found[0]):
        assert each.report.outcomes[0].sentence in told


def _with_no_work() -> list[Scenario]:
    none = load_scenario(verdict.PAIR[0], registry()).replace(years=10)
    return [none, none.replace(title="none either")]


def test_a_page_keeps_what_stands_around_the_section() -> None:
    before = f"a\n{verdict.BEGIN}old\n{verdict.END}b\n"
    assert verdict.page(before, "new\n") == f"a\n{verdict.BEGIN}new\n{verdict.END}b\n"


def test_the_page_holds_every_case() -> None:
    text = (DOCS / "appraisal.md").read_text(encoding="utf-8")
    part = re.search(re.escape(verdict.BEGIN) + "(.*?)" + verdict.END, text, re.DOTALL)
    assert part is not None
    for case in verdict.cases(words("en")):
        assert f"| {case.written} | {case.words} |" in part[1]
