"""RIVM's framework: fourteen elements in order, nothing empty, nothing made up, the figures of the run."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from openpyxl import load_workbook

from sim.api import Comparison
from sim.decision.equity import NEIGHBOURHOODS
from sim.decision.money import DISCOUNTS, worth
from sim.engine.history import Label
from sim.report.composition import report_of
from sim.report.content import Report, words
from sim.report.framework import ASKED, LONGEST, NUMBERS, Element, Filled, framework
from sim.report.workbook import workbook
from tests.report.comparisons import CORE, comparison

NAMES = (
    "Gezondheidsprobleem", "Maatregel", "Huidig (preventief) beleid", "Maatschappelijke kosten en baten",
    "Gezondheidswinst", "Budgettaire impact rijksoverheid", "Verdeling gezondheidswinst",
    "Verdeling van kosten en baten", "Arbeidsinzet", "Overige effecten", "Ethische aspecten",
    "Uitvoerbaarheid", "Juridische aspecten", "Draagvlak",
)  # fmt: skip
"""As RIVM names them (rivm.nl/afwegingskader-preventie)."""
FIFTHS: tuple[Label, ...] = tuple(("unmet_need", "group", group) for group in NEIGHBOURHOODS)
MORE: tuple[Label, ...] = (("taking_part", "total", "all"), ("cost", "payer", "rijk"))


def of(comparison: Comparison, language: str = "nl") -> dict[str, Element]:
    return {one.number: one for one in framework(comparison, words(language))}


def text(one: Element) -> str:
    return "\n".join(one.known)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_element_is_filled_or_says_why_not(compared: Comparison, language: str) -> None:
    found = framework(compared, words(language))
    assert tuple(one.number for one in found) == NUMBERS
    for one in found:
        assert one.known or one.unknown, one.number
        assert all(line.strip() for line in (*one.known, *one.unknown, one.name, one.sure, one.where))
        assert bool(one.ask) == (one.number in ASKED)
        assert (one.filled is Filled.UNKNOWN) == (not one.known)
    if language == "nl":
        assert tuple(one.name for one in found) == NAMES
    assert all(one.filled is Filled.UNKNOWN and one.ask for one in found if one.number.startswith("3"))


def test_the_sheet_has_a_row_for_each_and_no_empty_cell(report: Report) -> None:
    sheet = load_workbook(io.BytesIO(workbook(report)))["Afwegingskader"]
    rows = list(sheet.iter_rows(values_only=True))
    top = next(k for k, row in enumerate(rows) if row[0] == "Nr.")
    assert rows[top] == ("Nr.", "Element", "Wat we weten", "Hoe zeker", "Waar te zien", "Wat u zelf invult")
    table = rows[top + 1 :]
    assert [(row[0], row[1]) for row in table] == list(zip(NUMBERS, NAMES, strict=True))
    for row in table:
        assert all(isinstance(cell, str) and cell.strip() for cell in row), row[0]
        for line in str(row[2]).splitlines():
            assert not line.startswith("Niet bekend") or len(line) > len("Niet bekend: ") + 10
    above = [str(row[0]) for row in rows[:top]]
    assert any("RIVM heeft deze invulling niet beoordeeld" in line for line in above)
    assert any("niet aan de ondergrens van passend bewijs" in line for line in above)


def test_what_a_municipality_fills_in_comes_along_as_text(compared: Comparison) -> None:
    nasty = '=cmd|"/c calc"!A1'
    own = {"3.4": nasty, "1.3": "x" * (LONGEST + 1), "3.1": "  ", "9.9": "nergens"}
    report = report_of(compared, own=own)
    sheet = load_workbook(io.BytesIO(workbook(report)))["Afwegingskader"]
    cells = {str(row[0].value): row[5] for row in sheet.iter_rows() if str(row[0].value) in NUMBERS}
    assert cells["3.4"].value == nasty
    assert cells["3.4"].data_type == "s"
    assert cells["1.3"].value == "x" * LONGEST
    assert str(cells["3.1"].value).startswith("Nog niet ingevuld. Wat vraagt u")
    assert cells["1.2"].value == "Hoeft niet"
    assert "nergens" not in {str(cell.value) for row in sheet.iter_rows() for cell in row}


def test_the_balance_is_that_of_the_run_and_stands_first(compared: Comparison) -> None:
    one = comparison("plan")
    d = one.differences[one.names[1]]
    balance = worth(d, "society", DISCOUNTS[1], 20).net_present_value
    first, *others = of(one)["2.1"].known
    assert words("nl").more_or_less(balance, money=True, ways=("surplus", "deficit")) in first
    assert "2,25%" in first
    assert balance.value < 0
    assert "nadelig" in first
    assert len([line for line in others if line.startswith("Hetzelfde met")]) == len(DISCOUNTS) - 1
    assert any("Almere, 72" in line for line in of(compared)["2.1"].known)  # several scenarios are named


def test_neighbourhoods_are_told_only_where_they_were_counted() -> None:
    without = of(comparison("plan"))["2.4"]
    assert without.filled is Filled.UNKNOWN
    assert without.unknown[0] == words("nl").t("frame_not_kept")
    counted = comparison("plan", labels=(*CORE, *FIFTHS))
    found = of(counted)["2.4"]
    assert found.filled is Filled.PART
    head, *lines = found.known
    assert "hetzelfde effect aangenomen" in head
    two = of(comparison("plan", "meer", labels=(*CORE, *FIFTHS)))["2.4"]
    assert two.known[0] == head  # said once, then a line for each group of each scenario
    assert [line.split(":")[0] for line in two.known[1:]] == ["plan"] * 5 + ["meer"] * 5
    d = counted.differences[counted.names[1]]
    for k, (label, line) in enumerate(zip(FIFTHS, lines, strict=True), 1):
        change = np.asarray(d.runs)[:, d.labels.index(label)].sum(axis=1).mean()
        assert f"Groep {k} van 5" in line
        assert words("nl").number(abs(change), 0) in line


def test_the_state_pays_nothing_unless_it_does() -> None:
    assert of(comparison("plan"))["2.3"].known == (words("nl").t("frame_state_none"),)
    found = of(comparison("plan", labels=(*CORE, *MORE)))
    assert "miljoen euro" in text(found["2.3"])
    assert len(found["2.3"].known) == 3
    assert "Rijk" in text(found["2.5"])


def test_other_effects_are_told_only_where_they_are_clear() -> None:
    assert "meedoet" in text(of(comparison("plan", labels=(*CORE, *MORE)))["2.7"])
    drowned = comparison("plan", labels=(*CORE, *MORE), noise=500.0)
    found = of(drowned)["2.7"]
    assert "meedoet" not in text(found)
    assert found.unknown[0] == words("nl").t("frame_none_clear")


def test_what_is_compared_with_is_called_by_its_name(compared: Comparison) -> None:
    assert any(compared.scenarios[0].title in line for line in of(compared)["1.3"].known)
    none = compared.scenarios[0].model_copy(update={"programmes": {}})
    without = replace(compared, scenarios=(none, *compared.scenarios[1:]))
    assert words("nl").t("frame_policy_none") in of(without)["1.3"].known
    assert words("nl").t("frame_policy_none") not in of(compared)["1.3"].known


def test_counts_of_cbs_stand_beside_what_is_computed(
    compared: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = text(of(compared)["1.1"])
    assert "6.660 in 2022" in said
    assert "481.355 in 2024 (voorlopig cijfer)" in said
    monkeypatch.setattr("sim.report.framework.users_observed", lambda _: ())
    assert "Van Almere staan geen tellingen" in text(of(compared)["1.1"])


def test_effects_are_discounted_at_a_rate_of_their_own_where_the_guideline_says_so() -> None:
    assert "3% (effecten 1,5%)" in text(of(comparison("plan"))["2.1"])
