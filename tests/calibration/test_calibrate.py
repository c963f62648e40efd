"""A whole calibration, tiny: it ends, goes on where it was stopped, and its files say what was done."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from calibration import calibrate as module
from calibration import posteriors
from calibration.calibrate import FILES, calibrate
from calibration.costs import NAMES, published
from calibration.documents import fit_charts, fit_tables, report, summary
from calibration.figures.measures import MEASURES, Count
from calibration.figures.past import RULES
from calibration.figures.targets import TARGET_FILE, read_targets
from calibration.fit import FARTHEST, FitPlan, moved, sobol_normal
from calibration.posteriors import compare, ship
from calibration.recount import jobs_of, recount
from calibration.recovery import Recovery, recover
from calibration.reprice import reprice
from calibration.runs import national
from calibration.space import LEVELS, SHAPES
from sim.errors import InputError, SimulationError
from sim.model import registration
from sim.model.parameters import prior_parameters, read_posterior, with_posterior

Agree = Callable[[str, float, float, float], None]
TINY = FitPlan(((50, 1_000), (50, 1_000)), (20, 1_000), 2, 2_000, bends=1)


@pytest.fixture(scope="module")
def recovery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recovery]:
    """Return the folder of a calibration to figures of known parameters, and what came back of them."""
    out = tmp_path_factory.mktemp("calibration")
    return out, recover(out, 20_000, plan=TINY)


@pytest.fixture(scope="module")
def folder(recovery: tuple[Path, Recovery]) -> Path:
    return recovery[0]


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_known_parameters_come_back(recovery: tuple[Path, Recovery], agree: Agree) -> None:
    """As far as a tiny fit can tell: intervals hold the truth."""
    agree("share of 90% intervals that hold the truth", recovery[1].covered, 0.9, 0.1)


def test_figures_are_those_of_known_parameters(recovery: tuple[Path, Recovery]) -> None:
    made, shipped = read_targets(recovery[0] / "figures.csv"), read_targets(TARGET_FILE)
    moved = [m.id for m, s in zip(made, shipped, strict=True) if m.value != s.value]
    assert set(moved) <= {t.id for t in national(shipped)}
    assert len(moved) > 50


def test_points_of_a_design_fill_a_normal_evenly() -> None:
    points = sobol_normal(256, 8, 1)
    assert points.shape == (256, 8)
    assert np.abs(points.mean(axis=0)).max() < 0.03
    assert points.std(axis=0) == pytest.approx(np.ones(8), abs=0.05)
    assert (sobol_normal(256, 8, 1) == points).all()
    assert not (sobol_normal(256, 8, 2) == points).all()


def test_members_of_a_straight_model_are_draws_of_its_posterior() -> None:
    """In one move, where runs are straight in the parameters: its mean and covariance are known."""
    luck = np.random.default_rng(3)
    slope, errors = luck.standard_normal((3, 2)), np.diag([0.2, 0.1, 0.3])
    seen = np.array([1.0, -0.5, 0.4])
    own = luck.standard_normal((40_000, 2))
    aims = seen + luck.standard_normal((40_000, 3)) @ np.sqrt(errors)
    start = np.full_like(own, 0.3)
    found = moved(start, start @ slope.T, own, aims, slope, errors)
    spread = np.linalg.inv(np.eye(2) + slope.T @ np.linalg.inv(errors) @ slope)
    assert found.mean(axis=0) == pytest.approx(spread @ slope.T @ np.linalg.inv(errors) @ seen, abs=0.02)
    assert np.cov(found.T) == pytest.approx(spread, abs=0.01)
    again = moved(found, found @ slope.T, own, aims, slope, errors)
    assert again == pytest.approx(found)  # there is nowhere else to go


def test_no_member_goes_further_than_its_run_can_tell() -> None:
    far = moved(
        np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), np.full((1, 1), 900.0), np.ones((1, 1)),
        np.full((1, 1), 0.01),
    )  # fmt: skip
    assert far == pytest.approx(FARTHEST)


def test_draws_are_parameters_that_were_run_and_their_outcomes_are_kept(folder: Path) -> None:
    kept = pq.read_table(folder / module.OUTCOMES).to_pylist()
    assert len(kept) == 1 + TINY.members[0]
    runs = [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]
    made = {run["outcome"]["jz_2018"] for run in runs}
    assert {row["jz_2018"] for row in kept} <= made
    _, found = summary.read(folder)
    shown = next(row for row in found["targets"] if row["id"] == "jz_2018")
    logs = np.log([row["jz_2018"] for row in kept[1:]])
    assert shown["median"] == pytest.approx(np.exp(logs.mean()))
    assert shown["best"] == pytest.approx(kept[0]["jz_2018"])


def test_the_posterior_can_be_read_and_drawn_from(folder: Path) -> None:
    posterior = read_posterior(folder / "posterior.parquet")
    assert posterior.values.shape[0] == 1 + TINY.members[0]
    assert set(LEVELS) | set(SHAPES) | {"cost.ambulant"} <= set(posterior.names)
    p = with_posterior(prior_parameters(), posterior)
    first, second = p.draw(0, 1), p.draw(0, 2)
    assert first["start.ambulant"] != second["start.ambulant"]
    held = json.loads((folder / "posterior.json").read_text())["held"]
    assert all(first[name] == prior_parameters()[name] for name in held)


def test_a_calibration_that_was_stopped_goes_on_and_ends_with_the_same_bytes(copy: Path) -> None:
    whole = {name: (copy / name).read_bytes() for name in ("posterior.parquet", "diagnostics.json")}
    for name in FILES:
        (copy / name).unlink()
    memory = copy / "runs.jsonl"
    lines = memory.read_text().splitlines(keepends=True)
    memory.write_text("".join(lines[:-30]) + lines[-30][:40])
    calibrate(copy, copy / "figures.csv", plan=TINY)
    assert json.loads((copy / "posterior.json").read_text())["runs"] == 30
    assert {name: (copy / name).read_bytes() for name in whole} == whole


def test_old_results_stay_whole_when_writing_fails(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: (copy / name).read_bytes() for name in FILES}

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_dump", full)
    about, found = summary.read(copy)
    with pytest.raises(SimulationError, match="No space left"):
        module.write(copy, ["frailty.sd"], np.ones((3, 1)), about, found)
    assert {name: (copy / name).read_bytes() for name in FILES} == before


def test_too_few_figures_to_fit_are_refused_before_anything_is_run(tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("".join(TARGET_FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:8]))
    with pytest.raises(InputError, match="have the role calibrate"):
        calibrate(tmp_path / "out", few, plan=TINY)
    assert not (tmp_path / "out").exists()


# ---- what it is like


def test_diagnostics_are_complete(folder: Path) -> None:
    _, found = summary.read(folder)
    rows = {row["id"]: row for row in found["targets"]}
    one = rows["jz_2018"]  # eight draws may spread less than the luck of runs: then nothing is left of it
    assert one["predictive_low"] < one["low"] <= one["high"] < one["predictive_high"]
    assert rows["jz_2023"]["role"] == "validate"
    assert rows["pleegzorg_2019"]["share_of"] == "verblijf_2019"
    assert {row["name"] for row in found["parameters"]} == set(LEVELS) | set(SHAPES)
    known = found["identifiability"]
    assert known["free_parameters"] == len(found["parameters"])
    assert known["singular_values"] == sorted(known["singular_values"], reverse=True)
    assert {item["group"] for item in known["collinearity"]} >= {"need, signal and access"}
    assert 0 <= found["coverage"]["parameters"] <= 1
    assert len(found["ages"]) == 23
    assert set(found["spending"]["totals"]) == set(published(prior_parameters()))


def test_the_page_shows_every_figure_and_parameter(folder: Path) -> None:
    about, found = summary.read(folder)
    tested = {
        "targets": [], "inside_share": 1.0, "skill": -0.2, "draws": 2, "children": 10,
        "errors": {"median": 0.02, "last_value": 0.01, "straight_line": 0.03, "damped_trend": 0.03},
        "beats": {"last_value": False, "straight_line": True, "damped_trend": True}, "compared": 0,
    }  # fmt: skip
    scores = dict.fromkeys(("model", *RULES, "crps", "inside_50", "inside_90"), 0.25)
    rolling = {"summary": [{"origin": None, "figures": 3, **scores}], "figures": []}
    by_whom = {"error": {"like municipalities": 0.0126}, "relative": {"like municipalities": 0.12}}
    kinds = {"urbanity": {"very urban": [3, 0.8]}}
    alone = {"count": 7, "inside": {"50%": 0.5}, "kinds": kinds, **by_whom}
    ages = {"4-11": {"error": {"national rates": 0.3, "the level and ages of its like": 0.2}}}
    left_out = {**alone, "provinces": {**alone, "inside": {"50%": 0.4}}, "by_age": ages}
    ends = {f"{what}{end}": 0.05 for what in ("cost", "in_care") for end in ("", "_low", "_high")}
    by_age = {"year": 2024, "draws": 2, "children": 10, "rows": [{"age": 7, **ends}]}
    files = summary.FitFiles(about, found, tested, rolling, left_out, by_age)
    page, told = report.page(files), fit_tables.tables(files)
    assert page.startswith(fit_tables.GENERATED)
    assert told.startswith(fit_tables.GENERATED)
    assert "Most at 7: 0 euros" in page
    assert "does no better than: last value, straight line, damped trend" in page
    assert "Of 7 municipalities" in page
    assert "like municipalities 1.26" in page
    assert "A whole province left out: 40% inside the 50%" in page
    assert "4-11 20% (national rates 30%)" in page
    assert "does NOT beat the last value" in page
    assert all(f"| {row['id']}" in told for row in found["targets"])
    assert all(f"`{row['name']}`" in told for row in found["parameters"])
    for chart in (fit_charts.fit_chart, fit_charts.ages_chart, fit_charts.parameters_chart):
        assert chart(found).to_dict()["$schema"]


def test_posteriors_are_compared_by_how_far_they_moved(folder: Path, copy: Path) -> None:
    same = compare(folder, copy)
    assert "+0.00" in same
    assert "only in" not in same
    posterior = read_posterior(copy / "posterior.parquet")
    values = posterior.values.copy()
    values[:, posterior.names.index("frailty.sd")] *= 1.5
    about, found = summary.read(copy)
    module.write(copy, posterior.names, values, about, found)
    lines = compare(folder, copy).splitlines()
    first = next(after for before, after in itertools.pairwise(lines) if before.startswith("|---"))
    assert "frailty.sd" in first


def test_what_did_not_move_stands_above_nothing_that_did(copy: Path, tmp_path: Path) -> None:
    """A constant has no spread to count a move in, and its rounding (a logarithm and back) is no move."""
    posterior = read_posterior(copy / "posterior.parquet")
    values, names = posterior.values.copy(), posterior.names
    held = list(json.loads((copy / "posterior.json").read_text())["held"])
    rounded = [names.index(name) for name in held[:20]]
    values[:, rounded] *= 1.0 + np.random.default_rng(0).choice([-2e-16, 0.0, 2e-16], (len(values), 20))
    values[:, names.index("frailty.sd")] *= 1.01
    values[:, names.index(held[20])] *= 1.5
    other = Path(shutil.copytree(copy, tmp_path / "other"))
    module.write(other, names, values, *summary.read(copy))
    table = [line.split(" | ") for line in compare(copy, other).splitlines() if line.startswith("| ")][1:]
    assert [row[0].strip("| ") for row in table[:2]] == [held[20], "frailty.sd"]
    assert "another constant" in table[0][-1]
    assert not {row[0].strip("| ") for row in table} & set(held[:20])
    assert "nan" not in str(table) and "inf" not in str(table)  # noqa: PT018


def test_a_posterior_that_is_counted_as_before_stays_as_it_is(copy: Path) -> None:
    before = (copy / "diagnostics.json").read_bytes()
    assert recount(copy, copy / "figures.csv") == []
    assert (copy / "diagnostics.json").read_bytes() == before


def test_figures_that_come_to_be_counted_otherwise_are_renewed_and_no_others(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if CBS counted two trajectories for each that the model counts on 30 June: held out, not fitted."""
    before, count = summary.read(copy)[1], MEASURES["trajectories_mid_year"]
    assert count is not None
    monkeypatch.setitem(
        cast("dict[str, Count]", MEASURES), "trajectories_mid_year", lambda *where: 2 * count(*where)
    )
    moved = recount(copy, copy / "figures.csv")
    assert [new["id"] for _, new in moved] == ["jh_trajectories_stock_nl_2023"]
    for old, new in moved:
        for name in ("best", "median", "low", "high", "predictive_low", "predictive_high"):
            assert new[name] == pytest.approx(2 * old[name], rel=1e-6)
        assert new["best_error"] == pytest.approx(new["best"] / new["value"] - 1)
    after = summary.read(copy)[1]
    assert {name for name in after if after[name] != before[name]} == {"targets"}
    rows = {row["id"]: row for row in before["targets"]} | {new["id"]: new for _, new in moved}
    assert after["targets"] == list(rows.values())


def test_costs_are_renewed_and_lives_stay_as_they_are(copy: Path) -> None:
    """As if its costs had been fitted to something else: they come back, and nothing else moves."""
    fitted = read_posterior(copy / "posterior.parquet")
    about, told = summary.read(copy)
    table = pq.read_table(copy / "posterior.parquet")
    old = {name: table[name] if name not in NAMES else pa.array([1.0] * len(table)) for name in fitted.names}
    pq.write_table(pa.table(old), copy / "posterior.parquet")
    moved = reprice(copy)
    assert [(name, before) for name, before, _ in moved] == [(name, 1.0) for name in NAMES]
    found = read_posterior(copy / "posterior.parquet")
    lives = [name for name in fitted.names if name not in NAMES]
    for name in lives:
        assert found.values[:, found.names.index(name)].tobytes() == table[name].to_numpy().tobytes()
    assert found.names == (*lives, *NAMES)
    for name in NAMES:
        ours, theirs = (each.values[:, each.names.index(name)] for each in (found, fitted))
        assert ours == pytest.approx(theirs, rel=1e-9)
    again, said = summary.read(copy)
    assert again == about | {"posterior": again["posterior"]}
    assert {name for name in said if said[name] != told[name]} <= {"posterior", "spending"}
    ship(copy, copy)  # whole, and of one calibration


def test_a_posterior_does_not_answer_to_another_count_of_what_was_fitted(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (copy / "diagnostics.json").read_bytes()
    monkeypatch.setattr(registration, "FIRST_YEAR", 2018)
    with pytest.raises(InputError, match=r"jz_2018.*fitted, and counted otherwise; calibrate again"):
        recount(copy, copy / "figures.csv")
    with pytest.raises(InputError, match="not what this posterior was fitted to"):
        recount(copy)
    assert (copy / "diagnostics.json").read_bytes() == before
    assert not list(copy.glob("*.part"))


def test_a_posterior_is_shipped_whole_or_not_at_all(copy: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    ship(copy, data)
    assert {path.name for path in data.iterdir()} == {*FILES, module.OUTCOMES}
    (copy / "diagnostics.json").write_text(json.dumps({"posterior": "another"}))
    with pytest.raises(InputError, match="not of one calibration"):
        ship(copy, data)


def test_a_quick_posterior_is_not_shipped(copy: Path, tmp_path: Path) -> None:
    about = json.loads((copy / "posterior.json").read_text())
    (copy / "posterior.json").write_text(json.dumps(about | {"quick": True}))
    with pytest.raises(InputError, match="quick calibration"):
        ship(copy, tmp_path)
    assert not list(tmp_path.glob("posterior*"))


def test_a_posterior_of_a_structure_that_nobody_knows_is_not_shipped(copy: Path, tmp_path: Path) -> None:
    about = json.loads((copy / "posterior.json").read_text())
    (copy / "posterior.json").write_text(json.dumps(about | {"structure": "../elsewhere"}))
    with pytest.raises(InputError):
        posteriors.ship(copy, tmp_path)


def test_what_was_fitted_under_other_priors_is_not_shipped(copy: Path, tmp_path: Path) -> None:
    other = prior_parameters().replace({"frailty.sd": 0.8})
    with pytest.raises(InputError, match=r"other values in parameters\.csv"):
        ship(copy, tmp_path, other)


def test_the_verbs_end_with_2_on_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert posteriors.main(["ship", str(tmp_path)]) == 2
    assert "is no posterior" in capsys.readouterr().err


def test_the_runs_behind_a_posterior_of_before_the_ensemble_are_found_again() -> None:
    """Numbered pass by pass: those of the last pass."""
    plan = {"draws": [200, 120_000], "best_children": 1_500_000, "corrections": 2, "starts": 3}
    best, first, second = jobs_of({"a": 1.0}, [{"a": 2.0}, {"a": 3.0}], plan, 1)
    assert (best.children, best.seed) == (1_500_000, 1_900_000 - 1 - 2)
    assert [(job.children, job.seed) for job in (first, second)] == [
        (120_000, 1_900_400),
        (120_000, 1_900_401),
    ]
