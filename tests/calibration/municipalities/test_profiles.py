"""The shipped population meets the published groups, and is the one that is built."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from calibration.municipalities import profiles
from calibration.municipalities.profiles import EVIDENCE, NAMES, build
from sim.inputs.profiles import profiles as shipped
from sim.inputs.profiles import towns_of_the_country
from sim.model.parameters import DATA
from sim.states import AGES

# ---- the shipped file


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, int, float, str]]:
    return build()


def test_every_region_of_the_evidence_has_every_age_and_meets_its_groups(
    rows: list[tuple[str, str, int, float, str]],
) -> None:
    with EVIDENCE.open(encoding="utf-8", newline="") as stream:
        evidence = [row for row in csv.DictReader(stream) if row["date"] == profiles.DATE]
    for row in evidence:
        name = NAMES.get(row["region"], row["region"])
        ages = {age: youths for region, _, age, youths, _ in rows if region == name}
        assert sorted(ages) == list(range(AGES))
        if int(row["age_to"]) >= AGES:  # reaches beyond those the model is about
            continue
        inside = sum(ages[age] for age in range(int(row["age_from"]), int(row["age_to"]) + 1))
        assert inside == pytest.approx(float(row["value"]), abs=0.05 * AGES)  # rounded to a tenth
    assert all(source for *_, source in rows)


def test_the_country_of_the_targets_has_the_counts_behind_the_shares(
    rows: list[tuple[str, str, int, float, str]],
) -> None:
    with EVIDENCE.open(encoding="utf-8", newline="") as stream:
        counts = {
            (row["age_from"], row["age_to"]): float(row["value"])
            for row in csv.DictReader(stream)
            if row["date"] == profiles.TARGET_DATE
        }
    country = [youths for name, _, _, youths, _ in rows if name == "Nederland 2018"]
    assert sum(country[:18]) == pytest.approx(counts["0", "17"], abs=2)
    assert sum(country) == pytest.approx(counts["0", "22"], abs=2)


def test_a_municipality_that_was_counted_on_another_day_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = tmp_path / "evidence.csv"
    evidence.write_text(
        EVIDENCE.read_text(encoding="utf-8") + "Kampen,2022-01-01,0,24,15000,CBS\n", encoding="utf-8"
    )
    line = len(evidence.read_text(encoding="utf-8").splitlines())
    (tmp_path / "population.csv").write_text("before", encoding="utf-8")
    monkeypatch.setattr(profiles, "DATA", tmp_path)
    monkeypatch.setattr(profiles, "build", lambda: build(evidence))
    with pytest.raises(SystemExit) as end:
        profiles.main()
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert f"evidence.csv:{line}:2: 'Kampen' was counted on 2022-01-01; expected: 2021-01-01" in told
    assert (tmp_path / "population.csv").read_text(encoding="utf-8") == "before"


def test_the_shipped_file_is_what_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "DATA", tmp_path)
    profiles.main()
    built = (tmp_path / "population.csv").read_text(encoding="utf-8")
    assert built == (DATA / "population.csv").read_text(encoding="utf-8"), (
        "run python -m calibration.municipalities.profiles"
    )


def test_every_profile_is_built_here_or_by_levels(rows: list[tuple[str, str, int, float, str]]) -> None:
    assert set(shipped()) <= {name for name, *_ in rows} | set(towns_of_the_country())
