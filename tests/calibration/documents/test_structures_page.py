"""The page of structures: figures of the shipped fits, and the verdicts of the other table."""

from __future__ import annotations

import math

import pytest

from calibration.documents import structures, verdict
from calibration.documents.markup import markdown
from calibration.documents.summary import read
from sim.model.structures import STRUCTURES, folder_of

PAGE = structures.DOCUMENT.read_text(encoding="utf-8")
OTHER = "care_without_effect"


def test_the_page_tells_how_well_the_shipped_fits_fit() -> None:
    for structure in STRUCTURES:
        assert markdown((), [structures.fit_row(structure)]).splitlines()[-1] in PAGE
    for row in structures.moved(*STRUCTURES):
        assert markdown((), [row]).splitlines()[-1] in PAGE


def test_the_page_and_the_table_of_every_choice_have_the_same_verdicts() -> None:
    text = verdict.DOCUMENT.read_text(encoding="utf-8")
    lines = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    (usual,) = (cells[3:] for cells in lines if "as today" in cells)
    (other,) = (cells[3:] for cells in lines if cells[0] == "| structure")
    for name, cells in (("care_changes_need", usual), (OTHER, other)):
        assert f"| `{name}` | {' | '.join(cells)}" in PAGE
    (dearest,) = (line for line in text.splitlines() if "the dearest of each" in line)
    assert f"`structure: {OTHER}`" in dearest


def test_misfit_is_one_where_every_error_is_a_tolerance() -> None:
    row = {"best_error": math.expm1(-0.03), "tolerance": 0.03}
    assert structures.misfit([row, {**row, "best_error": math.expm1(0.03)}]) == pytest.approx(1.0)
    assert structures.misfit([row, {**row, "best_error": 0.0}]) == pytest.approx(0.5)


def test_what_moves_most_is_free_in_both_and_comes_first() -> None:
    moves = [abs(float(row[-1])) for row in structures.moved(*STRUCTURES)]
    assert moves == sorted(moves, reverse=True)
    free = [set(read(folder_of(name))[0]["free"]) for name in STRUCTURES]
    assert {row[0].strip("`") for row in structures.moved(*STRUCTURES)} <= free[0] & free[1]
