"""Tables of model files: signs before what rounds to zero, and what is said of how moves are counted."""

from __future__ import annotations

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from cli import command_line
from commands.terminal.comparison import signed
from commands.terminal.model import ONCE
from sim.faults import fault

NEARLY_ALIKE = """\
kind: model
title: Two strategies that hardly differ
states: [Well, Ill]
start: Well
cycles: 2
timing: start
parameters:
  saving: {low: 0.00001, high: 0.00002, uniform: {min: 0.00001, max: 0.00002}}
transitions:
  - {from: Well, to: Ill, probability: 0.1}
rewards: {Well: {cost: 1, effect: 1}, Ill: {cost: 1, effect: 1}}
strategies:
  usual: {}
  cheaper: {rewards: {Well: {cost: 1 - saving, effect: 1 - saving / 100}}}
"""


def test_what_rounds_to_zero_has_no_sign(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(NEARLY_ALIKE, encoding="utf-8")
    words = ["model", str(tmp_path / "m.yaml"), "--persons", "50", "--draws", "20", "--one-way"]
    done = CliRunner().invoke(command_line, [*words, "--willingness", "1"], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    assert "extra net benefit" in done.stdout
    assert re.findall(r"[-+]0(?:[.,]0+)?(?![\d.,])", done.stdout) == []


def test_moves_that_are_counted_once_a_cycle_are_told(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    entry = NEARLY_ALIKE.replace("strategies:\n", "on_entry: {Ill: {cost: 1}}\nstrategies:\n")
    by_rates = entry.replace("probability: 0.1", "rate: 0.1").replace(
        "\nrewards: {Well", "\n  - {from: Ill, to: Well, rate: 1}\nrewards: {Well", 1
    )
    for text, checked, told in ((NEARLY_ALIKE, False, True), (entry, True, True), (by_rates, False, False)):
        file.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(command_line, ["check", str(file)])
        assert done.exit_code == 0, done.output
        assert done.output.endswith("All well.\n")
        assert (f"{file}: {ONCE}.\n" in done.output) == checked
        words = ["model", str(file), "--persons", "5"]
        done = CliRunner().invoke(command_line, words, env={"COLUMNS": "300"})
        assert (f"years in a cycle: 1. {ONCE}." in done.stdout) == told
        found = json.loads(CliRunner().invoke(command_line, [*words, "--json"]).stdout)
        assert found["moves_counted"] == ("once a cycle" if told else "all")


def test_a_number_with_its_sign_and_one_in_a_sentence() -> None:
    assert [signed(each, 1) for each in (-0.04, 0.04, -0.06, 1234.0)] == ["0.0", "0.0", "-0.1", "+1,234.0"]
    assert fault("must_be_whole", found=-0.0).text("nl").endswith(" 0")
    assert fault("must_be_whole", found=-1234.5).text("nl").endswith("-1234,5")
