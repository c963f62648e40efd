"""A model file fitted to targets: conjugate closed forms, known parameters recovered, what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import command_line
from sim.decision.model_calibration import ModelCalibration, calibrate_model
from sim.errors import InputError, OptionError
from sim.files.wording import MAX_FAULTS
from sim.published.cohort import exact_cohort
from sim.published.source import read_source
from sim.published.targets import read_targets, said_of
from tests import reader

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
ONE = """\
kind: model
title: One year
states: [Well, Ill]
start: Well
cycles: 1
timing: start
parameters:
  onset: {prior}
transitions:
  - {{from: Well, to: Ill, probability: onset}}
rewards: {{Well: {{cost: 0, effect: 1}}, Ill: {{cost: 1, effect: 0}}}}
strategies: {{usual: {{}}, none: {{parameters: {{onset: 0}}}}}}
"""


def fitted(folder: Path, model: str, targets: str, draws: int = 4000) -> ModelCalibration:
    (folder / "m.yaml").write_text(model, encoding="utf-8")
    (folder / "t.csv").write_text(targets, encoding="utf-8")
    return calibrate_model(read_source(folder / "m.yaml"), folder / "t.csv", draws)


def example(folder: Path) -> Path:
    for block in reader.blocks(PAGE):
        if block.title in ("calibrated.yaml", "targets.csv"):
            (folder / block.title).write_text(block.text, encoding="utf-8")
    return folder / "calibrated.yaml"


@pytest.mark.parametrize(("ill", "persons"), [(30, 100), (5, 20), (900, 3000)])
def test_a_beta_prior_and_a_share_of_persons_are_conjugate(ill: int, persons: int, tmp_path: Path) -> None:
    prior = ONE.format(prior="{beta: {alpha: 3, beta: 17}}")
    found = fitted(tmp_path, prior, f"cycle,state,value,persons\n1,Ill,{ill / persons},{persons}\n")
    a, b = 3 + ill, 17 + persons - ill
    mean, sd = a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)
    values = found.inputs["onset"]
    assert values.mean() == pytest.approx(mean, abs=4 * sd / math.sqrt(found.effective))
    assert values.std() == pytest.approx(sd, rel=4 / math.sqrt(2 * found.effective))
    assert found.effective >= 4000
    assert found.targets[0].posterior.mean == pytest.approx(mean, abs=0.1 * sd)  # the share is the parameter
    assert found.parameters[0].prior.mean == pytest.approx(0.15, abs=0.001)


def test_a_normal_prior_and_a_normal_error_are_conjugate(tmp_path: Path) -> None:
    prior = ONE.format(prior="{normal: {mean: 0.5, sd: 0.05}}")
    found = fitted(tmp_path, prior, "cycle,state,from,value,se\n1,Ill,Well,0.4,0.02\n")
    variance = 1 / (1 / 0.05**2 + 1 / 0.02**2)
    mean, sd = variance * (0.5 / 0.05**2 + 0.4 / 0.02**2), math.sqrt(variance)
    assert found.inputs["onset"].mean() == pytest.approx(mean, abs=4 * sd / math.sqrt(found.effective))
    assert found.inputs["onset"].std() == pytest.approx(sd, rel=4 / math.sqrt(2 * found.effective))


def test_known_parameters_are_recovered(tmp_path: Path) -> None:
    file = example(tmp_path)
    source = read_source(file)
    model = source.compiled()
    truth = {"onset": np.array([0.17]), "death": np.array([0.23])}
    (known,) = source.variants(truth, ["known"], model)
    rows = [f"{cycle},{state},,," for cycle in (2, 4, 6, 8) for state in ("Ill", "Dead")] + ["3,Dead,Ill,,"]
    header = "cycle,state,from,value,se\n"
    draft = tmp_path / "t.csv"
    draft.write_text(header + "\n".join(row[:-1] + "0,1" for row in rows), encoding="utf-8")
    said = said_of(known, read_targets(draft, model))[0]
    lines = [f"{row[:-1]}{value},0.005" for row, value in zip(rows, said.tolist(), strict=True)]
    draft.write_text(header + "\n".join(lines), encoding="utf-8")
    found = calibrate_model(source, draft, 2000)
    for name, value in truth.items():
        draws = found.inputs[name]
        assert draws.std() < 0.01  # the targets say much more than the priors
        assert abs(draws.mean() - value[0]) < 0.3 * draws.std()
    assert found.parameters[1].prior.mean == pytest.approx(0.25, abs=0.001)
    # With targets so sharp the posterior is nearly normal, with the covariance that their slopes give.
    step = 1e-5
    slopes = []
    for name in truth:
        (moved,) = source.variants({**truth, name: truth[name] + step}, ["moved"], model)
        slopes.append((said_of(moved, read_targets(draft, model))[0] - said) / step / 0.005)
    expected = np.linalg.inv(np.array(slopes) @ np.array(slopes).T)
    np.testing.assert_allclose(
        np.cov(found.inputs["onset"], found.inputs["death"]), expected, atol=0.1 * expected.max()
    )


def test_what_a_model_says_is_that_of_the_cohort(tmp_path: Path) -> None:
    source = read_source(example(tmp_path))
    model = source.compiled()
    (tmp_path / "t.csv").write_text(
        "strategy,cycle,state,from,among,value,se\n"
        "care,5,Ill + Dead,,Well + Ill,0.2,0.1\n,10,Well + Ill,,,0.2,0.1\n"
        ",3,Ill + Dead,Well + Ill,,0.1,0.1\n",
        encoding="utf-8",
    )
    targets = read_targets(tmp_path / "t.csv", model)
    cohort = exact_cohort(model)
    well, ill, _ = cohort.trace[1, 5]
    expected = [ill / (well + ill), cohort.trace[0, 10, :2].sum(), cohort.events[0, 2, :2, 1:].sum()]
    assert said_of(model, targets)[0].tolist() == pytest.approx(expected, rel=1e-12)
    assert targets[0].name == "care: Ill + Dead among Well + Ill, cycle 5"


def test_the_same_seed_gives_the_same_draws(tmp_path: Path) -> None:
    source, targets = read_source(example(tmp_path)), tmp_path / "targets.csv"
    one, again, other = (calibrate_model(source, targets, 200, seed) for seed in (3, 3, 4))
    assert one.inputs["onset"].tobytes() == again.inputs["onset"].tobytes()
    assert one.inputs["onset"].tobytes() != other.inputs["onset"].tobytes()


def test_draws_are_written_and_taken_in_place_of_the_priors(tmp_path: Path) -> None:
    file, out = example(tmp_path), tmp_path / "out"
    words = ["model", str(file), "--persons", "100"]
    done = CliRunner().invoke(
        command_line,
        [*words, "--calibrate", str(tmp_path / "targets.csv"), "--draws", "300", "--out", str(out), "--json"],
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    told = found["calibration"]
    assert told["draws"] == 300
    assert told["effective"] >= 300
    table = pq.read_table(out / "posterior.parquet").to_pandas()
    assert table["parameter_onset"].mean() == pytest.approx(told["parameters"][0]["posterior"]["mean"])
    rows = pq.read_table(out / "calibration.parquet").to_pandas()
    assert rows["what"].tolist() == ["target"] * 3 + ["parameter"] * 2
    after = [*words, "--draws", "300", "--posterior", str(out / "posterior.parquet"), "--json"]
    again = json.loads(CliRunner().invoke(command_line, after).stdout)
    assert again["uncertainty"] == found["uncertainty"]
    prior = json.loads(CliRunner().invoke(command_line, [*words, "--draws", "300", "--json"]).stdout)
    assert prior["uncertainty"]["strategies"] != found["uncertainty"]["strategies"]
    plain = CliRunner().invoke(command_line, [*words, "--calibrate", str(tmp_path / "targets.csv")])
    assert "Calibrated to targets" in plain.stdout
    assert "effective sample size" in plain.stdout
    more = CliRunner().invoke(command_line, [*after[:-5], "--draws", "301", *after[-3:]])
    assert isinstance(more.exception, OptionError)
    table.rename(columns={"parameter_onset": "parameter_onst"}).to_csv(tmp_path / "p.csv", index=False)
    wrong = CliRunner().invoke(command_line, [*words, "--draws", "9", "--posterior", str(tmp_path / "p.csv")])
    assert isinstance(wrong.exception, InputError)
    assert "one column 'parameter_onset'; did you mean 'parameter_onst'" in str(wrong.exception)


@pytest.mark.parametrize(
    ("row", "place", "message"),
    [
        ("11,Ill,,,0.1,0.1,", ":2:1:", "must be between 0 and 10"),
        ("0,Ill,Well,,0.1,0.1,", ":2:1:", "must be between 1 and 10"),
        ("1.5,Ill,,,0.1,0.1,", ":2:1:", "whole number"),
        ("1,Il,,,0.1,0.1,", ":2:3:", "unknown state 'Il'; did you mean 'Ill'?"),
        ("1,Ill,,Well + Il,0.1,0.1,", ":2:8:", "unknown state 'Il'"),
        ("1,Ill,Well,Well,0.1,0.1,", ":2:12:", "'among' belongs to a share"),
        ("1,Ill,,,1.2,0.1,", ":2:9:", "must be between 0 and 1"),
        ("1,Ill,,,many,0.1,", ":2:9:", "many"),
        ("1,Ill,,,0.1,0.1,50", ":2:9:", "either se or persons"),
        ("1,Ill,,,0.1,,", ":2:9:", "either se or persons"),
        ("1,Ill,,,0.1,0,", ":2:13:", "must be more than 0"),
        ("1,Ill,,", ":2:1:", "expected 7 columns"),
        ("", ":1:1:", "no rows"),
    ],
)
def test_mistakes_in_targets_have_their_place(row: str, place: str, message: str, tmp_path: Path) -> None:
    model = read_source(example(tmp_path)).compiled()
    file = tmp_path / "t.csv"
    file.write_text(f"cycle,state,from,among,value,se,persons\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_targets(file, model)
    assert any(place in str(each) and message in str(each) for each in caught.value.problems), caught.value


def test_columns_that_are_missing_or_unknown_are_told(tmp_path: Path) -> None:
    model = read_source(example(tmp_path)).compiled()
    (tmp_path / "t.csv").write_text("cycle,stat,value,se\n1,Ill,0.1,0.1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"t.csv:1:7: unknown key 'stat'; did you mean 'state'"):
        read_targets(tmp_path / "t.csv", model)


@pytest.mark.parametrize(
    "text", ["cycle," + "," * 20_000 + "\n1\n", "cycle,state,value,se\n" + "1\n" * 20_000]
)
def test_of_a_file_full_of_mistakes_about_a_hundred_are_told(text: str, tmp_path: Path) -> None:
    """Each column held against all before it took half a minute."""
    model = read_source(example(tmp_path)).compiled()
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_targets(tmp_path / "t.csv", model)
    assert len(caught.value.problems) == MAX_FAULTS


def test_a_target_out_of_reach_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(ONE.format(prior="{uniform: {min: 0.1, max: 0.2}}"), encoding="utf-8")
    targets = tmp_path / "t.csv"
    targets.write_text(
        "strategy,cycle,state,value,se,persons\nusual,1,Ill,0.15,0.02,\nusual,1,Well,0.2,0.1,\n"
        "none,1,Ill,0.02,0.01,\nnone,1,Ill,0.03,0.01,\nusual,1,Ill,0.21,,50\n",
        encoding="utf-8",
    )
    words = ["model", str(tmp_path / "m.yaml"), "--persons", "100", "--calibrate", str(targets)]
    plain = CliRunner().invoke(command_line, words, env={"COLUMNS": "300"})
    assert plain.exit_code == 0, plain.output
    assert "Note: the target 'usual: Well, cycle 1' asks 0.2, and the nearest" in plain.stdout
    found = json.loads(CliRunner().invoke(command_line, [*words, "--json"]).stdout)
    well, ill = found["calibration"]["unreached"]  # not what is met, nor what two errors reach
    assert (well["code"], well["value"]) == ("target_out_of_reach", 0.2)
    assert well["target"] == "usual: Well, cycle 1"
    assert well["near"] == pytest.approx(0.8, abs=0.001)
    assert (ill["target"], ill["value"], ill["near"]) == ("none: Ill, cycle 1", 0.03, 0.0)


def test_targets_that_no_prior_meets_are_refused(tmp_path: Path) -> None:
    prior = ONE.format(prior="{uniform: {min: 0.1, max: 0.2}}")
    with pytest.raises(InputError, match="only 0 of 2,000 draws count"):
        fitted(tmp_path, prior, "strategy,cycle,state,value,persons\nnone,1,Ill,0.9,100\n")
    with pytest.raises(InputError, match=r"'none: Ill, cycle 1' asks 0.9, and the nearest .* reaches is 0:"):
        fitted(tmp_path, prior, "strategy,cycle,state,value,persons\nnone,1,Ill,0.9,100\n")
    nobody = "strategy,cycle,state,among,value,se\nnone,1,Ill,Ill,0.9,0.1\n"
    with pytest.raises(InputError, match="in no draw of the parameters is anybody in the states"):
        fitted(tmp_path, prior, nobody)
    certain = ONE.format(prior="0.1")
    with pytest.raises(InputError, match="no parameter has a distribution"):
        fitted(tmp_path, certain, "cycle,state,value,se\n1,Ill,0.1,0.1\n")
