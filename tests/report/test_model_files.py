"""What `kinderwerk model --out` writes, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import command_line
from sim.errors import InputError
from sim.published.cohort import exact_cohort, load_model


def test_a_new_model_is_checked_run_and_written(tmp_path: Path) -> None:
    file, out = tmp_path / "mine.yaml", tmp_path / "out"
    for words in (
        ["new", str(file), "--kind", "model"],
        ["check", str(file)],
        ["model", str(file), "--persons", "2000", "--out", str(out), "--csv", "--json"],
    ):
        done = CliRunner().invoke(command_line, words)
        assert done.exit_code == 0, done.output
    model = load_model(file)
    cohort = exact_cohort(model)
    trace, rewards, moves = (pq.read_table(out / f"{name}.parquet").to_pandas() for name in (
        "trace", "rewards", "moves",
    ))  # fmt: skip
    last = trace[(trace["cycle"] == model.cycles) & (trace["strategy"] == "usual")]
    assert last["share"].tolist() == cohort.shares[0].tolist()
    assert last["years"].tolist() == pytest.approx([10, 10, 10])
    cost = rewards[(rewards["strategy"] == "usual") & (rewards["outcome"] == "cost")]
    assert cost["discounted"].sum() == pytest.approx(cohort.totals[0, 0], rel=1e-12)
    years = cost["cycle"] / 12
    by_hand = (cost["undiscounted"] / 1.03**years).tolist()
    assert by_hand == pytest.approx(cost["discounted"].tolist(), rel=1e-12)
    dead = moves[(moves["strategy"] == "usual") & (moves["to"] == "Dead")]["persons"].sum()
    assert dead == pytest.approx(cohort.shares[0, 2], rel=1e-12)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["persons"], manifest["seed"]) == (2000, 0)
    assert (out / "trace.csv").is_file()
    assert (out / "trace.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_manifest_holds_all_that_a_run_again_needs(tmp_path: Path) -> None:
    table = "age,chance\n0,0.1\n1,0.2\n"
    (tmp_path / "death.csv").write_text(table, encoding="utf-8")
    (tmp_path / "m.yaml").write_text(
        "kind: model\ntitle: t\nstates: [A, D]\nstart: A\ncycles: 2\nage: 0\ntiming: end\n"
        "tables: {death: {file: death.csv, by: [age]}}\n"
        "transitions:\n  - {from: A, to: D, probability: death}\n"
        "rewards: {A: {cost: 1, effect: 1}, D: {cost: 0, effect: 0}}\nstrategies: {one: {}}\n",
        encoding="utf-8",
    )
    words = ["model", str(tmp_path / "m.yaml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(command_line, words)
    assert done.exit_code == 0, done.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["text"] == (tmp_path / "m.yaml").read_text(encoding="utf-8")
    assert manifest["look_up_tables"] == {"death.csv": table}


def test_what_is_not_known_is_told_and_written(tmp_path: Path) -> None:
    file, out = tmp_path / "mine.yaml", tmp_path / "out"
    CliRunner().invoke(command_line, ["new", str(file), "--kind", "model"])
    words = ["model", str(file), "--persons", "100", "--draws", "64", "--one-way", "--willingness", "2000"]
    done = CliRunner().invoke(command_line, [*words, "--out", str(out), "--csv", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    known, (bar, _) = found["uncertainty"], found["one_way"]["bars"]
    tables = {path.stem: pq.read_table(path).to_pandas() for path in out.glob("*.parquet")}
    draws = tables["draws"].set_index(["draw", "strategy"])
    assert len(draws) == 128
    assert {"parameter_ratio_if_treated", "parameter_price"} < set(draws.columns)
    costs = draws["cost"].unstack()
    extra = costs["treatment"] - costs["usual"]
    row = known["increments"][0]
    assert row["cost"]["mean"] == pytest.approx(extra.mean())
    assert row["cost"]["low"] == pytest.approx(extra.quantile(0.05))
    gained = draws["effect"].unstack()["treatment"] - draws["effect"].unstack()["usual"]
    assert row["icer"] == pytest.approx(extra.mean() / gained.mean())
    assert row["net_benefit"]["mean"] == pytest.approx((2000 * gained - extra).mean())
    told = tables["uncertainty"].set_index(["strategy", "reference", "figure"])
    assert told.loc[("treatment", "usual", "cost"), "high"] == row["cost"]["high"]
    at = tables["acceptability"].groupby("willingness", observed=True)
    assert at["probability"].sum().tolist() == pytest.approx([1.0] * 21)
    assert at["best"].sum().tolist() == [1] * 21
    assert set(tables["information"]["name"]) == {"(everything)", "price", "ratio_if_treated"}
    assert known["evpi"]["value"] == tables["information"].set_index("name").loc["(everything)", "evppi"]
    assert tables["one_way"]["net_benefit_at_low"][0] == bar["at_low"]["net_benefit"]
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["draws"] == 64
    assert (out / "one_way.csv").is_file()
    plain = CliRunner().invoke(command_line, words)
    assert plain.exit_code == 0, plain.output
    for heading in ("Over 64 draws", "Against usual", "What is best", "worth to know", "One at a time"):
        assert heading in plain.stdout, heading


def test_draws_of_a_model_without_distributions_are_refused(tmp_path: Path) -> None:
    file, out = "scenarios/published/hiv-chancellor1997.yaml", tmp_path / "out"
    done = CliRunner().invoke(command_line, ["model", file, "--draws", "10", "--out", str(out)])
    assert isinstance(done.exception, InputError)
    assert "hiv-chancellor1997.yaml:25:1: no parameter has a distribution" in str(done.exception)
    assert not list(out.glob("*"))


def test_few_draws_say_what_information_is_worth_no_more_than_what_is_best(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    CliRunner().invoke(command_line, ["new", str(file), "--kind", "model"])
    words = ["model", str(file), "--persons", "100", "--willingness", "2000", "--draws"]
    for draws, few in (("3", True), ("16", False)):
        said = CliRunner().invoke(command_line, [*words, draws]).stdout.split("worth to know")[1]
        rows = [line for line in said.splitlines() if line.startswith(("│ price", "│ ratio_if_treated"))]
        assert len(rows) == 2
        assert all(("too few draws" in row) == few for row in rows)
