"""A fit under a named structure: it holds what the structure holds, says so, and ships to its own folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calibration.calibrate import FILES, calibrate
from calibration.fit import FitPlan
from calibration.posteriors import compare, folder_of, ship
from calibration.space import Space
from sim.errors import InputError
from sim.model import structures
from sim.model.parameters import DATA, read_posterior
from sim.model.structures import CARE_CHANGES_NEED, HELD, STRUCTURES, believed_in

TINY = FitPlan(((50, 1_500),), (4, 2_000), 1, 4_000, bends=0)
WITHOUT = "care_without_effect"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny fit under care without an effect on need."""
    out = tmp_path_factory.mktemp("structure")
    calibrate(out, quick=True, plan=TINY, structure=WITHOUT)
    return out


def test_a_fit_under_a_structure_holds_what_it_holds_and_says_so(folder: Path) -> None:
    about = json.loads((folder / "posterior.json").read_text(encoding="utf-8"))
    found = json.loads((folder / "diagnostics.json").read_text(encoding="utf-8"))
    assert (about["structure"], about["prior"]) == (WITHOUT, believed_in(WITHOUT).sha256())
    assert not HELD[WITHOUT].keys() & set(read_posterior(folder / FILES[0]).names)
    weak = {each["name"] for group in found["identifiability"]["collinearity"] for each in group["weakest"]}
    assert weak
    assert not HELD[WITHOUT].keys() & weak
    usual = set(Space(believed_in(CARE_CHANGES_NEED)).names)
    assert usual - set(Space(believed_in(WITHOUT)).names) == HELD[WITHOUT].keys() - {"need.waiting"}


def test_a_fit_of_a_structure_ships_to_its_own_folder_and_leaves_the_usual_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    ship(folder, data)
    there = {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()}
    assert there == {f"structures/{WITHOUT}/{name}" for name in FILES}
    for name in FILES:
        assert (data / "structures" / WITHOUT / name).read_bytes() == (folder / name).read_bytes()
    monkeypatch.setitem(structures.HELD, WITHOUT, {"need.care_on_recovery": 1.0})
    with pytest.raises(InputError, match="other values"):
        ship(folder, data)


def test_a_structure_is_compared_by_its_name() -> None:
    assert [folder_of(name) for name in ("shipped", *STRUCTURES)] == [
        DATA, DATA, DATA / "structures" / WITHOUT,
    ]  # fmt: skip
    text = compare(folder_of("shipped"), folder_of(WITHOUT))
    assert "only in the first: need.care_on_escalation, need.care_on_recovery" in text or (
        "only in the first: need.care_on_recovery, need.care_on_escalation" in text
    )
