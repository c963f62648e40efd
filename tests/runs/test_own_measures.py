"""Runs with a model of one's own: what it adds lives, reaches children and is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import InputError, compare, load_model, simulate
from sim.inputs.library import registry_of
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.model.extension import Model
from tests.model.own_model import write
from tests.terminal import call

SIZE: dict[str, Any] = {"children": 1500, "threads": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(write(tmp_path_factory.mktemp("own")))


def plan(model: Model, fte: float) -> Scenario:
    data = {
        "title": f"{fte}", "municipality": "Almere", "start": 2026, "years": 3,
        "programmes": {"kinderwerk": {"fte": 36}, "huiswerk": {"fte": fte}},
    }  # fmt: skip
    return scenario_from_dict(data, registry_of(model))


def test_what_is_added_lives_and_is_counted(model: Model) -> None:
    result = simulate(plan(model, 20), model=model, **SIZE)
    (columns,) = result.runs[0].columns
    at = {label: columns.values[k] for k, label in enumerate(columns.labels)}
    stays = at["process_flow", "verzuim", "stays_away"]
    assert stays.min() > 0
    np.testing.assert_allclose(stays, at["absences", "total", "all"])
    everyone = sum(at["process_stock", "verzuim", state] for state in ("present", "away", "back"))
    np.testing.assert_allclose(everyone, at["population", "total", "all"])
    months = at["absence_months", "total", "all"]  # half a year each, by its rate
    assert 3 < months.sum() / stays.sum() < 9
    assert at["programme_participants", "programme", "huiswerk"].min() > 0
    assert result.manifest["own_model"] == model.sha256
    assert result.manifest["parameters"] == model.parameters.sha256()


def test_its_programme_counts_among_what_the_municipality_pays(model: Model) -> None:
    result = compare([plan(model, 0), plan(model, 20)], model=model, **SIZE)
    change = result.changes(result.names[1])[-1]
    hired = 3 - 4 / 12
    assert change.municipal_programme_cost == pytest.approx(20 * 80_000 * hired, rel=0.1)  # discounted


@pytest.mark.usefixtures("handed_over")
def test_results_are_the_same_on_any_number_of_threads(model: Model) -> None:
    one, two = (simulate(plan(model, 20), model=model, children=800, threads=n) for n in (1, 2))
    assert one.runs[0].columns[0].values.tobytes() == two.runs[0].columns[0].values.tobytes()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("return [(('a', 'b'), 0)]", "three texts"),
        ("return [(('population', 'total', 'all'), history.cells[:, :, 0, 0])]", "is there already"),
        ("return [(('a', 'b', 'c'), [1.0])]", "by year and block"),
        ("return [(('a', 'b', 'c'), history.cells[:, :, 0, 0] + float('nan'))]", "no number"),
        ("return [(('a', 'b', 'c'), history.nothing)]", "AttributeError"),
    ],
)
def test_measures_that_are_none_are_told_with_their_file(code: str, message: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "own", measures=f"def measures(history, p):\n    {code}\n")
    model = load_model(folder)
    with pytest.raises(InputError, match=message) as error:
        simulate(plan(model, 0), model=model, **SIZE)
    assert error.value.problems[0].file == str(folder / "measures.py")


def test_a_run_of_the_command_line_is_made_again_with_its_folder_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "own")
    file = tmp_path / "plan.yaml"
    file.write_text(
        "kind: scenario\ntitle: t\nmunicipality: Almere\nstart: 2026\nyears: 2\n"
        "programmes: {huiswerk: {fte: 5}}\nparameters: {verzuim.start: 0.04}\n",
        encoding="utf-8",
    )
    assert call("check", str(file)).returncode == 2
    assert call("check", str(file), "--own-model", str(folder)).returncode == 0
    out = tmp_path / "runs" / "one"
    made = call("run", str(file), "--own-model", str(folder), "--children", "500", "--out", str(out))
    assert made.returncode == 0, made.stderr
    again = ("runs", "reproduce", "one", "--in", str(tmp_path / "runs"))
    assert call(*again).returncode == 2
    assert call(*again, "--own-model", str(folder)).returncode == 0
