"""From scenarios to figures and files: placebo, pairing, payers, tables, bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim import compare, load_scenario, simulate
from sim.api import Comparison, Result
from sim.decision.comparison import MUNICIPAL, difference
from sim.decision.headline import USERS
from sim.engine.history import Label
from sim.engine.population import BLOCKS
from sim.errors import InputError, OptionError, SimulationError
from sim.inputs.library import registry
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.states import MECHANISMS

ROOT = Path(__file__).resolve().parents[1]
OFF = dict.fromkeys(MECHANISMS, False)
SMALL: dict[str, Any] = {"children": 3000, "threads": 2}


def made(fte: float = 36.0, **changes: object) -> Scenario:
    programme = {"fte": fte, **changes.pop("programme", {})}  # type: ignore[dict-item]
    data = {"kind": "scenario", "title": f"{fte:g} fte", "municipality": "Almere", "years": 6}
    return scenario_from_dict({**data, "programmes": {"kinderwerk": programme}, **changes}, registry())


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare([made(0), made(36), made(72)], **SMALL)


def column(result: Result, scenario: int, label: Label) -> np.ndarray:
    columns = result.runs[0].columns[scenario]
    return columns.values[columns.labels.index(label)]


def test_placebo_changes_no_life_and_costs_its_own_price() -> None:
    placebo = made(72, policy="deficit", programme={"switches": OFF, "paid_by": "outside"})
    # the child work of before fades in both, so that only the new programme differs
    off = made(0, policy="deficit", programme={"switches": OFF, "paid_by": "outside"})
    found = compare([off, placebo], **SMALL).differences["72 fte"]
    lives = [i for i, label in enumerate(found.labels) if not label[0].startswith(("programme_", "cost"))]
    assert np.all(found.mean[lives] == 0.0)
    price = found.series("cost", "programme", "kinderwerk")
    assert price.min() > 0
    assert np.allclose(found.series("cost"), price, rtol=1e-12)
    assert np.all(found.series(*MUNICIPAL) == 0.0)


def test_swapping_the_arms_flips_every_sign(compared: Comparison) -> None:
    runs, years = compared.runs, range(2026, 2032)
    there, back = difference(runs, 1, 0, years), difference(runs, 0, 1, years)
    assert np.array_equal(there.mean, -back.mean)
    assert np.array_equal(there.mcse, back.mcse)


def test_lives_are_identical_until_policies_differ() -> None:
    later = compare([made(36), made(36, programme={"fte": {2026: 36, 2029: 90}})], **SMALL)
    d = next(iter(later.differences.values()))
    lives = [i for i, label in enumerate(d.labels) if not label[0].startswith(("programme", "cost_cashable"))]
    assert np.all(d.mean[lives][:, :3] == 0.0)
    assert np.any(d.mean[lives][:, 3:] != 0.0)


def test_payers_forms_and_ages_add_up(compared: Comparison) -> None:
    table = compared.annual
    wide = table[(table.scenario == "36 fte") & (table.year == 2030)]
    total = wide[(wide.measure == "cost") & (wide.breakdown == "total")].value.sum()
    for breakdown in ("payer", "form", "payer_form"):
        part = wide[(wide.measure == "cost") & (wide.breakdown == breakdown)].value.sum()
        assert part == pytest.approx(total, rel=1e-9)
    for measure in ("population", "care_users", "jeugdhulp_users", "unmet_need", "care_stock"):
        found = wide[wide.measure == measure]
        whole = found[found.breakdown == "total"].value.sum()
        assert found[found.breakdown == "age"].value.sum() == pytest.approx(whole, rel=1e-9)
        assert found[found.breakdown == "sex"].value.sum() == pytest.approx(whole, rel=1e-9)


def test_every_promised_measure_is_there(compared: Comparison) -> None:
    promised = {
        "population", "need_stock", "care_users", "jeugdhulp_users", "care_stock", "trajectories_active",
        "care_starts", "care_ends", "care_reentries", "care_duration_ended", "programme_fte",
        "programme_places", "programme_participants", "measures_stock", "cost", "cost_cashable", "unmet_need",
    }  # fmt: skip
    assert promised <= set(compared.annual.measure)
    names = ["scenario", "draw", "replication", "year", "measure", "breakdown", "level", "value"]
    assert compared.table.column_names == names


def test_doubling_a_unit_cost_doubles_its_line_only() -> None:
    dear = made(36, parameters={"cost.ambulant": 19000.0}, policy="deficit")
    plain = made(36, parameters={"cost.ambulant": 9500.0}, policy="deficit", title="plain")
    result = compare([plain, dear], **SMALL)
    for form, factor in (("ambulant", 2.0), ("pleegzorg", 1.0)):
        label = ("cost", "form", form)
        assert np.allclose(column(result, 1, label), factor * column(result, 0, label), rtol=1e-12)


@pytest.mark.usefixtures("handed_over")
def test_same_bytes_on_one_and_two_threads(tmp_path: Path) -> None:
    for threads in (1, 2):
        compare([made(0), made(36)], children=1500, threads=threads).save(tmp_path / str(threads))
    for name in ("results.parquet", "comparison.parquet"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_standard_error_predicts_the_spread_over_replications() -> None:
    runs = simulate(made(36, years=2), children=1500, replications=40, threads=2).runs
    values = np.array([run.columns[0].values[run.columns[0].labels.index(USERS), 1] for run in runs])
    blocks = np.stack([run.columns[0].blocks[run.columns[0].labels.index(USERS), 1] for run in runs])
    predicted = np.sqrt((BLOCKS * blocks.var(axis=1, ddof=1)).mean())
    assert 0.7 < values.std(ddof=1) / predicted < 1.4


def test_shared_luck_makes_differences_more_precise(compared: Comparison) -> None:
    d = compared.differences["36 fte"]
    alone = [
        compared.runs[0].columns[k].blocks[compared.runs[0].columns[k].labels.index(USERS)] for k in (0, 1)
    ]
    unpaired = np.sqrt(sum(32 * b.var(axis=-1, ddof=1) for b in alone))
    assert np.all(d.mcse[d.labels.index(USERS)] < 0.7 * unpaired)


def test_draws_are_the_same_however_many_are_asked() -> None:
    few = simulate(made(36, years=2), children=500, draws=2, threads=2)
    many = simulate(made(36, years=2), children=500, draws=3, threads=2)
    assert [run.draw for run in many.runs] == [1, 2, 3]
    assert np.array_equal(few.runs[1].columns[0].values, many.runs[1].columns[0].values)


def test_of_no_children_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="children"):
        compare([made(0), made(36)], children=0)  # workers without children would cost nothing
    few = compare([made(0), made(36)], children=1)
    assert few.changes(few.names[1])[-1].programme_cost > 1e6


def test_no_years() -> None:
    assert simulate(made(36, years=0), children=100).table.num_rows == 0


@pytest.mark.parametrize(
    "wrong",
    [{"children": -1}, {"children": 0}, {"draws": 0}, {"replications": 0}, {"threads": 0}, {"seed": -1}],
)
def test_impossible_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        simulate(made(36), **wrong)


def test_other_municipalities_are_not_compared() -> None:
    with pytest.raises(InputError, match="municipality"):
        compare([made(36), made(36, municipality="Tilburg")], children=100)


def test_a_full_disk_leaves_old_results_whole(
    compared: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared.save(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(SimulationError, match="No space left"):
        compared.save(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_files_hold_the_same_figures(compared: Comparison, tmp_path: Path) -> None:
    compared.save(tmp_path, csv=True)
    assert pq.read_table(tmp_path / "results.parquet").num_rows == compared.table.num_rows
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert {"version", "commit", "dirty", "seed", "draws", "children", "libraries", "parameters"} <= set(
        manifest
    )
    assert (tmp_path / "comparison.csv").read_text().count("\n") == compared.comparison.num_rows + 1


def test_shipped_scenarios_load() -> None:
    for name in ("geen", "huidig", "dubbel", "dubbel-ongeoormerkt"):
        assert load_scenario(ROOT / "scenarios" / "almere" / f"{name}.yaml").municipality == "Almere"


def test_lives_of_a_scenario_that_is_not_there_are_refused() -> None:
    result = simulate(made(), children=400)
    with pytest.raises(OptionError, match="scenario"):
        result.lives(1)
