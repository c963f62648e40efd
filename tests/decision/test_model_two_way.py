"""Two parameters at a time: the grid by hand, where the choice turns, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import command_line
from sim.decision.model_two_way import STEPS, vary_two
from sim.decision.model_uncertainty import vary_one
from sim.errors import InputError, OptionError
from sim.published.source import Source, read_source
from tests import reader

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
LINEAR = """\
kind: model
title: One year in one state
states: [Alive]
start: Alive
cycles: 1
timing: start
parameters:
  on: 0
  price: {value: 1000, low: 500, high: 2500}
  gain: {value: 0.1, low: 0.05, high: 0.25}
  shared: {normal: {mean: 50, sd: 5}}
rewards:
  Alive: {cost: shared + on * price, effect: 1 + on * gain}
strategies:
  usual: {}
  new: {parameters: {on: 1}}
"""


@pytest.fixture
def linear(tmp_path: Path) -> Source:
    (tmp_path / "m.yaml").write_text(LINEAR, encoding="utf-8")
    return read_source(tmp_path / "m.yaml")


def test_the_grid_is_by_hand(linear: Source) -> None:
    found = vary_two(linear, ("price", "gain"), 10_000)
    price, gain = np.linspace(500, 2500, STEPS), np.linspace(0.05, 0.25, STEPS)
    more = found.net_benefit[:, :, 1] - found.net_benefit[:, :, 0]
    expected = 10_000 * gain[None] - price[:, None]
    np.testing.assert_allclose(more, expected, atol=1e-9 * 10_000)
    assert found.values[0].tolist() == pytest.approx(price.tolist())
    assert found.best.tolist() == (expected > 1e-6).astype(int).tolist()
    assert (found.best.diagonal() == 0).all()  # equal: the first
    turned = vary_two(linear, ("gain", "price"), 10_000)
    assert turned.best.tolist() == found.best.T.tolist()


def test_an_edge_of_the_grid_is_one_way(linear: Source) -> None:
    found = vary_two(linear, ("price", "shared"))
    assert found.willingness == pytest.approx(10_000)  # the ratio of the base case
    bar = next(bar for bar in vary_one(linear).bars if bar.name == "price")
    middle = STEPS // 2  # a normal is symmetric: halfway its ends is its mean
    more = found.net_benefit[[0, -1], middle, 1] - found.net_benefit[[0, -1], middle, 0]
    assert more.tolist() == pytest.approx([bar.at_low[2], bar.at_high[2]])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("price", "gian"), "a distribution or a range: 'gian' is none; did you mean 'gain'"),
        (("on", "gain"), "a distribution or a range: 'on' is none"),
        (("gain", "gain"), "'gain' stands here twice"),
    ],
)
def test_names_that_cannot_be_varied_are_refused(
    names: tuple[str, str], message: str, linear: Source
) -> None:
    with pytest.raises(OptionError, match=message):
        vary_two(linear, names)


def test_a_point_that_makes_no_model_is_named(tmp_path: Path) -> None:
    dies = "transitions:\n  - {from: Alive, to: Dead, probability: gain * 5}\nrewards:"
    text = LINEAR.replace("states: [Alive]", "states: [Alive, Dead]")
    text = text.replace("rewards:", f"{dies}\n  Dead: {{cost: 0, effect: 0}}")
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"price = 500, gain = 0\.21"):
        vary_two(read_source(tmp_path / "m.yaml"), ("price", "gain"))


def test_tables_charts_and_terminal_show_the_grid(tmp_path: Path) -> None:
    (block,) = (each for each in reader.blocks(PAGE) if each.title == "uncertain.yaml")
    (tmp_path / "m.yaml").write_text(block.text, encoding="utf-8")
    out = tmp_path / "out"
    words = ["model", str(tmp_path / "m.yaml"), "--persons", "50", "--two-way", "ratio", "price"]
    words += ["--willingness", "100", "--draws", "64"]
    done = CliRunner().invoke(command_line, [*words, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["two_way"]
    table = pq.read_table(out / "two_way.parquet").to_pandas()
    assert len(table) == STEPS * STEPS * 2
    at = table.groupby(["parameter_ratio", "parameter_price"])
    assert at["best"].sum().tolist() == [1] * STEPS**2
    best = table[table["best"]]
    assert best["strategy"].tolist() == [name for row in told["best"] for name in row]
    assert {"usual", "prevention"} == set(best["strategy"])  # the choice turns somewhere on it
    by_hand = 100 * table["effect"] - table["cost"]
    assert table["net_benefit"].tolist() == pytest.approx(by_hand.tolist())
    for name, title in (("two_way.svg", "price"), ("acceptability.svg", "chance of being best")):
        svg = (out / name).read_text(encoding="utf-8")
        assert svg.startswith("<svg")
        assert title in svg
        assert "prevention" in svg
    plain = CliRunner().invoke(command_line, words)
    assert "by ratio (down) and price" in plain.stdout
