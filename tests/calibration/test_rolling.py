"""Forecasts from an origin: what is known then, what is believed then, and how they are scored."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from calibration import rolling
from calibration.figures.past import BREAK, naive_forecasts, past_of
from calibration.figures.targets import TARGET_FILE, Target, read_targets
from calibration.fit import FitPlan
from calibration.rolling import beliefs_of, figures_of, forecast, scored, summary
from sim.model.parameters import DATA, PARAMETER_FILE


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def known(targets: list[Target], origin: int) -> dict[int, float]:
    return {t.year: t.value for t in targets if t.stem == "jz" and t.year <= origin}


@pytest.mark.parametrize("origin", rolling.ORIGINS)
def test_a_forecaster_fits_no_figure_of_a_later_year(origin: int) -> None:
    before = rows_of(TARGET_FILE)
    rows = figures_of(before, origin)
    fitted = {row["id"] for row in rows if row["role"] == "calibrate"}
    assert fitted
    assert all(int(row["year"]) <= origin for row in rows if row["id"] in fitted)
    shown = {row["id"] for row in before if row["role"] == "report"}
    assert {row["id"] for row in rows if row["role"] == "report"} == shown
    assert any(row["id"] == "jz_2023" and row["role"] == "validate" for row in rows)


@pytest.mark.parametrize("origin", rolling.ORIGINS)
def test_access_after_the_origin_is_believed_to_stay(origin: int) -> None:
    before = {row["name"]: row for row in rows_of(PARAMETER_FILE)}
    after = {row["name"]: row for row in beliefs_of(list(before.values()), origin)}
    assert after.keys() == before.keys()
    for name, row in before.items():
        if (found := rolling.PATH.fullmatch(name)) and int(found[2]) > origin:
            assert float(after[name]["value"]) == 1.0
            ratio = float(row["high"]) / float(row["low"])
            assert float(after[name]["high"]) / float(after[name]["low"]) == pytest.approx(ratio)
        elif not found and name != rolling.GROWTH:
            assert after[name] == row
    assert float(after[rolling.GROWTH]["value"]) == (0.0 if origin <= 2019 else 0.005)


def test_the_last_known_knot_is_unknown_too_where_the_reference_year_is_later() -> None:
    after = {row["name"]: row for row in beliefs_of(rows_of(PARAMETER_FILE), 2017)}
    assert float(after["access.wijkteam.2017"]["value"]) == 1.0
    assert float(after["access.wijkteam.2016"]["value"]) != 1.0
    later = {row["name"]: row for row in beliefs_of(rows_of(PARAMETER_FILE), 2018)}
    assert float(later["access.wijkteam.2017"]["value"]) != 1.0


def test_scores_of_a_forecast_that_is_right_and_of_one_that_is_off() -> None:
    targets = [t for t in read_targets() if t.stem == "jz"]
    values = {t.id: t.value for t in targets}
    right = scored(2021, targets, {name: [value] * 41 for name, value in values.items()})
    assert [row["id"] for row in right] == ["jz_2022", "jz_2023", "jz_2024"]
    for row in right:
        tolerance = next(t.tolerance for t in targets if t.id == row["id"])
        # CRPS of a normal forecast whose middle is right: sd (sqrt 2 - 1) / sqrt pi.
        assert row["crps"] == pytest.approx(tolerance * (math.sqrt(2) - 1) / math.sqrt(math.pi), rel=0.1)
        assert row["q5"] < row["q25"] < row["value"] < row["q75"] < row["q95"]
        past = {year: value for year, value in known(targets, 2021).items() if year != 2020}
        assert row["last_value"] == past[2021]
        assert row["straight_line"] == naive_forecasts(past, row["year"])["straight_line"]
    off = scored(2021, targets, {name: [1.3 * value] * 41 for name, value in values.items()})
    assert summary(right)[-1]["model"] < 0.001
    assert summary(off)[-1]["model"] == pytest.approx(0.3)
    assert (summary(right)[-1]["inside_90"], summary(off)[-1]["inside_90"]) == (1.0, 0.0)
    assert [row["origin"] for row in summary(off)] == [2021, None]


def test_before_the_break_growth_since_it_is_scored_and_not_the_jump() -> None:
    targets = [t for t in read_targets() if t.stem == "jz"]
    half = {t.id: [t.value / 2] * 11 for t in targets}
    rows = {row["id"]: row for row in scored(2018, targets, half)}
    assert rows.keys() == {"jz_2019", "jz_2022", "jz_2023", "jz_2024"}
    assert rows["jz_2019"]["median"] == pytest.approx(443585 / 2)
    assert rows["jz_2022"]["median"] == pytest.approx(476560)
    assert [row["since_break"] for row in rows.values()].count(True) == 3


def test_a_forecast_leaves_its_figures_and_beliefs_beside_the_fit(tmp_path: Path) -> None:
    plan = FitPlan(((40, 2_000),), (8, 3_000), 1, 4_000, bends=0)
    rows = forecast(2022, tmp_path, plan)
    assert {row["year"] for row in rows} == {2023, 2024}
    assert all(math.isfinite(row["crps"]) and row["median"] > 0 for row in rows)
    assert (tmp_path / "figures.csv").exists()
    assert forecast(2022, tmp_path, plan) == rows  # from what was kept


def test_the_shipped_scores_are_of_the_origins_and_figures_of_this_project() -> None:
    found = json.loads((DATA / "rolling.json").read_text(encoding="utf-8"))
    assert [row["origin"] for row in found["summary"]] == [*rolling.ORIGINS, None]
    assert found["summary"] == summary(found["figures"])
    values = {t.id: t.value for t in read_targets()}
    assert all(row["value"] == values[row["id"]] and row["year"] > row["origin"] for row in found["figures"])
    targets = {t.id: t for t in read_targets() if t.region == "NL"}
    for row in found["figures"]:
        origin = row["origin"]
        assert past_of(targets[row["id"]], targets.values(), origin, levelled=origin < BREAK), row["id"]
