"""With too few children nobody can tell what is luck: no difference is shown, in no language."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from sim.api import Comparison, compare, simulate
from sim.decision.comparison import Difference, Figure, difference, drowned
from sim.decision.firm import Standing, nothing
from sim.decision.headline import as_json, change
from sim.decision.level_by_year import LEVELS, level_by_year
from sim.decision.money import budget_impact, care_money
from sim.decision.place import place_cost
from sim.report.composition import report_of
from sim.report.csvfile import csv_text
from sim.report.workbook import workbook
from sim.runs.experiment import FEWEST_FOR_LUCK, Options, run_all, too_few
from sim.words.writing import Writing
from tests.terminal import call, short
from tests.worlds import scenario

UNKNOWN = Figure(5e6, float("nan"), 4e6, 6e6, 1.0, 40, 1e5)
CANNOT = {"nl": "niet te noemen", "en": "cannot be told"}


def write(x: float, sign: bool = False) -> str:
    return f"{x:.0f}"


def lived(children: int) -> Difference:
    pair = [scenario(fte, years=2, start=2018) for fte in (0, 36)]
    return difference(run_all(pair, Options(children=children, threads=1)), 1, 0, (2018, 2019))


@pytest.mark.parametrize("children", [1, FEWEST_FOR_LUCK - 1])
def test_a_difference_between_few_children_is_not_told(children: int) -> None:
    d = lived(children)
    assert np.isnan(d.mcse).all()
    assert np.isnan(d.p_positive()).all()
    assert d.too_small().all()
    found = change(d, 2, 0.0225)
    for f in (found.care_users, found.unmet_need, found.municipal_cost):
        assert np.isfinite(f.value)
        assert Standing.of(f) is Standing.UNTOLD
    assert found.drowned
    assert not found.equal


def test_of_enough_children_the_error_is_known() -> None:
    assert np.isfinite(lived(FEWEST_FOR_LUCK).mcse).all()


@pytest.mark.parametrize("children", [1, FEWEST_FOR_LUCK - 1])
def test_a_level_of_few_children_is_not_told(children: int) -> None:
    found = simulate(scenario(36, years=4), children=children, draws=2, threads=1)
    (level,) = found.levels()
    counted = ("care_users", "unmet_need", "municipal_cost", "participants", "care", "fixed", "rest")
    assert all(math.isnan(getattr(level, name)) for name in counted)
    assert level.waiting is level.weeks is None
    assert level.fte > 30.0  # given by the plan
    plain = as_json(level)
    assert all(plain[name] is None for name in counted)
    for what in LEVELS:
        for f in level_by_year(found.runs, 0, what):
            assert math.isnan(f.value)
            assert Standing.of(f) is Standing.UNTOLD
            assert (f.low, f.high, f.quartiles) == (None, None, None)


def test_work_that_a_shortfall_may_take_is_not_told_of_few_children() -> None:
    """The plan alone sets work that is ring-fenced; of other work luck decides how much is left."""

    def found(fenced: bool, children: int) -> Comparison:
        work = scenario(36, use={"ring_fenced": fenced}, policy="crowd_out")
        pair = [scenario(0, policy="crowd_out"), work]
        return compare(pair, children=children, draws=12, threads=1)

    few, fenced, enough = found(False, 40), found(True, 40), found(False, FEWEST_FOR_LUCK)
    (name,) = few.names[1:]
    for one in (few.levels(1)[-1].fte, few.changes(name)[-1].programme_cost,
                few.changes(name)[-1].municipal_programme_cost):  # fmt: skip
        assert math.isnan(one)
    assert as_json(few.changes(name)[-1])["programme_cost"] is None
    assert Standing.of(budget_impact(few.differences[name])[0].programmes) is Standing.UNTOLD
    assert few.levels(0)[-1].fte == 0.0  # nothing of it can be cut
    for other in (fenced, enough):
        assert other.levels(1)[-1].fte > 1.0
        assert other.changes(name)[-1].programme_cost > 1e6
        assert Standing.of(budget_impact(other.differences[name])[0].programmes) is Standing.FIRM
    for language in ("nl", "en"):
        report = report_of(few, language)
        words = " ".join(line for element in report.framework for line in element.known)
        assert f"{CANNOT[language]} {'fte' if language == 'nl' else 'FTE'}" in words
        assert "nan" not in words.split()
        rows = load_workbook(io.BytesIO(workbook(report)))[report.writing.t("sheet_summary")]
        spent = report.writing.t("what_programme_cost")
        told = [row for row in rows.iter_rows(values_only=True) if spent in row]
        assert told
        assert all(CANNOT[language] in row and not isinstance(row[5], int | float) for row in told)


def test_what_a_place_costs_is_not_told_of_few_children() -> None:
    pair = [scenario(fte, years=4) for fte in (0, 36)]
    assert place_cost(compare(pair, children=40, threads=1).runs, "kinderwerk", 4) is None
    assert place_cost(compare(pair, children=FEWEST_FOR_LUCK, threads=1).runs, "kinderwerk", 4) is not None


def test_a_change_in_care_costs_by_year_is_not_told_of_few_children() -> None:
    pair = [scenario(fte, years=4) for fte in (0, 36)]
    for children, told in ((40, False), (FEWEST_FOR_LUCK, True)):
        found = compare(pair, children=children, threads=1)
        money = care_money(next(iter(found.differences.values())), 0.0225)
        assert all(np.isfinite(values).all() == told for values in money.values.values())


def test_a_level_of_enough_children_is_told() -> None:
    found = simulate(scenario(36, years=4), children=FEWEST_FOR_LUCK, draws=2, threads=1)
    assert all(x is None or math.isfinite(x) for x in as_json(found.levels()[0]).values())
    assert all(math.isfinite(f.value) for what in LEVELS for f in level_by_year(found.runs, 0, what))
    assert [too_few(n) for n in (0, 1, FEWEST_FOR_LUCK - 1, FEWEST_FOR_LUCK)] == [False, True, True, False]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_reads_as_not_known_in_both_languages(language: str) -> None:
    words = Writing(language)
    for f in (UNKNOWN, Figure(0.0, float("nan"), None, None, None, 1)):
        assert not nothing(f)
        assert f.too_small
        assert f.luck_share is None
        for said in (words.difference(f, write), words.more_or_less(f), words.change(f, write, "fewer")):
            assert said == CANNOT[language]
        assert words.interval(f, write) == words.range(f, write, "fewer") == ""
    assert drowned(UNKNOWN, 1e6, 40)
    assert drowned(UNKNOWN, 0.0, 40)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_documents_show_no_number_of_it(language: str) -> None:
    pair = [scenario(fte, years=5) for fte in (0, 36)]
    report = report_of(compare(pair, children=FEWEST_FOR_LUCK - 1, draws=12, threads=1), language)
    lines = [line.rsplit(";", 6) if language == "nl" else line.rsplit(",", 6)
             for line in csv_text(report).splitlines()[1:]]  # fmt: skip
    assert lines
    for line in lines:
        assert line[-6:] == ["", "", "", "", "", CANNOT[language]]
    assert [outcome.place for outcome in report.outcomes] == [""]  # what a place costs and saves
    names = load_workbook(io.BytesIO(workbook(report))).sheetnames
    assert report.writing.t("sheet_sums") not in names  # sums of which nobody can tell the luck


def test_a_comparison_of_one_child_says_so(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    asked = ("--children", "1", "--out", tmp_path / "r")
    done = call("compare", *pair, *asked)
    assert done.returncode == 0, done.stderr
    assert "nobody can tell what is luck" in done.stderr
    assert "'cannot be told': too few children are simulated" in done.stdout
    precise = call("compare", *pair, *asked, "--precision", "1000", "--max-replications", "3")
    assert "how precisely it is known cannot be told" in precise.stderr
    assert "known to €" not in precise.stderr
    rows = [line for line in done.stdout.splitlines() if "difference  " in line or ", all together" in line]
    assert rows
    assert all(CANNOT["en"] in row for row in rows)
    levels = [line for line in done.stdout.splitlines() if "youths with" in line or "taking part" in line]
    assert len(levels) > 2
    assert all(line.count(CANNOT["en"]) == 2 for line in levels)
    stored = pq.read_table(tmp_path / "r" / "comparison.parquet")
    assert stored["mcse"].null_count == stored["p_positive"].null_count == stored.num_rows

    def refuse(name: str) -> Any:
        pytest.fail(f"{name} is no JSON")

    told = json.loads(call("compare", *pair, *asked, "--json").stdout, parse_constant=refuse)
    assert "null" in json.dumps(told)
    assert all(one["care_users"] is None for one in told["headline"]["reference"]["horizons"])
    alone = call("run", pair[0], *asked).stdout
    assert alone.count(CANNOT["en"]) == 7
    assert " 0 " not in alone
