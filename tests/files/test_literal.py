"""What users wrote comes out as they wrote it: on a terminal, in a spreadsheet, on the command line."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from calibration.figures.refresh import Line, as_table
from commands.terminal.comparison import batch_table, comparison, level_table
from commands.terminal.literal import Table, terminal
from commands.terminal.model import model_table
from sim.batches.results import _plain
from sim.decision.comparison import Figure
from sim.decision.headline import Change, Level
from sim.files.literal import cell, printable
from tests.terminal import FEW, ROOT, call

PIECES = [
    "[", "]", "/", "\\", ":", "bold", "red", "einde", "link=x", "smile", "@click", " ", "a", "1", "=",
]  # fmt: skip
NASTY = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join).filter(
    lambda text: text == text.strip() and "  " not in text and 0 < len(text) < 45
)
LEVEL = Level(2029, 5000.4, 321.0, 60.04e6, 1800.0, 36.0)
FIGURE = Figure(0.0, 0.0, None, None, None)
CHANGE = Change(2029, FIGURE, FIGURE, 12.34e6, FIGURE, FIGURE, 12.34e6, None, False)


def text(table: RenderableType, console: type[Console] | None = None) -> str:
    """Return what a table looks like on a terminal wide enough, by our own console or one of rich."""
    stream = io.StringIO()
    (console or terminal)(file=stream, width=600).print(table)
    return stream.getvalue()


@pytest.mark.parametrize("console", [None, Console])
@given(title=NASTY, name=NASTY)
def test_every_table_shows_titles_and_names_as_they_are(
    title: str, name: str, console: type[Console] | None
) -> None:
    assert title in text(level_table(title, [LEVEL]), console)
    shown = text(
        comparison([title, name], ["a", "b"], {"b": [CHANGE]}, {"a": [LEVEL], "b": [LEVEL]}, 1, 0.02), console
    )
    assert title in shown
    assert name in shown
    other = f"{name}x"
    shown = text(
        batch_table({name: [LEVEL], other: [LEVEL]}, {other: [CHANGE]}, {other: title}), console
    )
    assert title in shown
    assert other in shown
    row = {"incremental_cost": None, "incremental_effect": None, "icer": None, "status": name}
    found = {
        "title": title, "frontier": [{"strategy": name, **row}], "increments": [], "rewards_per": "cycle",
        "cycle_years": 1.0,
        "strategies": {name: {"cohort": None, "simulation": dict.fromkeys(
            ("cost", "cost_se", "effect", "effect_se"), 0.0)}},
    }  # fmt: skip
    shown = text(model_table(found), console)
    assert title in shown
    assert shown.count(name) >= 2
    assert name in text(as_table([Line(name, title, "1", "2", "final", "final")]), console)


@given(NASTY)
def test_what_is_shown_is_as_it_is(words: str) -> None:
    table = Table(title=words)
    table.add_column(words)
    table.add_row(words)
    assert text(table).count(words) >= 3


def test_nothing_else_makes_a_terminal_that_reads_markup() -> None:
    makes = re.compile(r"\bConsole\(|rich\.table|TextColumn\((?!text, markup=False)")
    for folder in ("sim", "commands", "calibration", "pages"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.name != "literal.py":
                assert not makes.search(file.read_text(encoding="utf-8")), file


@pytest.mark.parametrize("title", ["Plan [bold red]rood[/bold red] [/einde]", "Budget [/x] :smile: \\[y]"])
def test_a_title_with_markup_ends_no_command(title: str, tmp_path: Path) -> None:
    files = []
    for name, fte in (("een", 0), ("[red]twee", 24)):
        file = tmp_path / f"{name}.yaml"
        file.write_text(
            f"kind: scenario\ntitle: '{title} {fte}'\nmunicipality: Almere\nyears: 1\n"
            f"programmes: {{kinderwerk: {{fte: {fte}}}}}\n"
        )
        files.append(file)
    done = call("run", files[1], *FEW, "--out", tmp_path / "run")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert f"{title} 24" in done.stdout
    done = call("compare", *files, *FEW, "--out", tmp_path / "compare")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    shown = re.sub(r"[\s│]+", " ", done.stdout)
    for word in title.split():
        assert word in shown
    done = call("runs", "list", "--in", tmp_path)
    assert done.returncode == 0
    assert "[red]twee" in re.sub(r"[\s│]+", "", done.stdout)
    done = call("runs", "show", "compare", "--in", tmp_path)
    assert (done.returncode, "[red]twee" in done.stdout) == (0, True)


def test_a_published_model_may_have_any_names(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(
        "kind: model\ntitle: '[/x] :smile:'\nstates: ['[/A]', D]\nstart: '[/A]'\ncycles: 3\ntiming: start\n"
        "transitions: [{from: '[/A]', to: D, probability: 0.1}]\n"
        "rewards: {'[/A]': {cost: 1, effect: 1}, D: {cost: 0, effect: 0}}\n"
        "strategies: {'[/s] [red]t[/red]': {}}\n"
    )
    done = call("model", file, "--persons", "100")
    assert (done.returncode, done.stderr) == (0, "")
    assert "[/x] :smile:" in done.stdout
    assert "[/s] [red]t[/red]" in done.stdout


# ---- spreadsheets


@given(st.sampled_from(["=1+1", "@x", "+1+1", "-2+3", "\t=1", "\r=1", "\uff1d1", "=", "+1", "-1"]))
def test_a_text_that_a_spreadsheet_would_run_is_a_text(begin: str) -> None:
    assert cell(begin) == f"'{begin}"


@pytest.mark.parametrize("value", ["+1,9", "-12.5", "- ", "a=1", "", 3, -2.5, None, "12"])
def test_what_is_harmless_stays(value: object) -> None:
    assert cell(value, numbers=True) is value


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_cell_begins_no_formula(first: str, second: str) -> None:
    for word in (first, f"={first}", second):
        assert not re.match(r"[=+@\t\r-]", cell(word))
        assert not re.match(r"[=@\t\r]|[+-](?![\d.,\s]*$)", cell(word, numbers=True))


def test_names_of_scenarios_run_nothing_in_a_csv_of_results(tmp_path: Path) -> None:
    names = pa.array(["=cmd", "geen", "=cmd"]).dictionary_encode()
    found = _plain(pa.table({"scenario": names, "value": [1.0, -2.0, 3.0]}))
    assert found.column("scenario").to_pylist() == ["'=cmd", "geen", "'=cmd"]
    assert found.column("value").to_pylist() == [1.0, -2.0, 3.0]


def test_signs_that_steer_a_terminal_are_written_as_their_codes() -> None:
    assert printable("a\x1b[31mb\n\x07c \u202e") == "a\\x1b[31mb\n\\x07c \\u202e"
    done = call("check", "x\x1b[31m.yaml")
    assert "\x1b" not in done.stderr
    assert "x\\x1b[31m.yaml" in done.stderr
