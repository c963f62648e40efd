"""What the docs show works: their examples run, what they name is there, and their site builds."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from ruamel.yaml import YAML

import sim
from cli import command_line
from sim.inputs.grid import load_grid
from sim.inputs.library import registry
from sim.inputs.scenario import Scenario
from sim.model.catalogue import TARGETING, catalogue
from sim.model.processes import default_table
from sim.states import FORMS
from tests import reader
from tests.test_project import none_of, where

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))


def blocks(page: str, language: str) -> list[str]:
    return [block.text for block in reader.blocks(DOCS / page) if block.language == language]


# Examples


def test_the_example_of_the_python_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    example = blocks("python.md", "python")[0]
    names: dict[str, Any] = {}
    exec(compile(example, "docs/python.md", "exec"), names)
    assert list(names["by_year"].columns) == ["none", "today", "half"]
    assert len(names["by_year"]) == 20
    assert names["last"].year == 2045
    assert re.match(
        r"2045: € [+-]\d+ million, ± \d+, too small: (True|False)\nunmet need", capsys.readouterr().out
    )
    assert (tmp_path / "results" / "example" / "comparison.parquet").exists()


def test_the_example_of_the_value_of_information_runs(capsys: pytest.CaptureFixture[str]) -> None:
    _, example = blocks("python.md", "python")
    names: dict[str, Any] = {}
    exec(compile(example, "docs/python.md", "exec"), names)
    everything, both, study = names["everything"], names["both"], names["study"]
    assert 0.0 < study.value < sim.evppi(names["net_benefit"], names["effect"]).value < both.value
    assert both.value == pytest.approx(everything.value, rel=0.05)  # there is nothing else to know
    assert both.checked
    told = capsys.readouterr().out
    assert re.match(r"everything € [\d,]+, the effect € [\d,]+, a study € [\d,]+, ± [\d,]+$", told)


def test_what_the_python_page_names_is_there() -> None:
    text = (DOCS / "python.md").read_text(encoding="utf-8")
    for name in re.findall(r"^\| `(\w+)\(", text, re.MULTILINE):
        assert callable(getattr(sim, name))
    assert set(sim.__all__) >= {"Batch", "run_batch", "simulate", "compare", "load_scenario"}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sim.nonsense  # noqa: B018


def test_the_grid_of_the_page_of_batches_is_one(tmp_path: Path) -> None:
    (grid,) = blocks("batches.md", "yaml")
    (tmp_path / "grid.yaml").write_text(
        grid.replace("from: huidig.yaml", f"from: {ROOT}/scenarios/almere/huidig.yaml"), encoding="utf-8"
    )
    members = load_grid(tmp_path / "grid.yaml", registry())
    assert len(members) == 4 * 2 * 2
    assert "grid--fte-12--policy-deficit--stay-2" in [member.name for member in members]


def test_the_answer_that_aldermen_learn_to_read_is_one_of_the_model() -> None:
    text = (DOCS / "bestuurder.md").read_text(encoding="utf-8")
    shown = re.search(r"niet krijgen: geen duidelijk verschil \((\d+) minder tot (\d+) meer\)’", text)
    assert shown
    less, more = shown.groups()
    answer = f"Youths who need help and do not get it: no clear difference ({less} fewer to {more} more)"
    assert answer in (DOCS / "paper.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_does_what_it_says(page: Path, tmp_path: Path) -> None:
    call = [sys.executable, reader.__file__, str(page.relative_to(DOCS)), str(tmp_path)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-2000:]


def test_a_page_that_is_not_true_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# x\n\n```console\n$ kinderwerk check scenarios/almere\nNot well.\n```\n", encoding="utf-8"
    )
    call = [sys.executable, reader.__file__, str(page), str(tmp_path / "work")]
    done = subprocess.run(call, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 1
    assert (
        "page.md:3: AssertionError: $ kinderwerk check scenarios/almere\ndid not print (here): Not well."
        in done.stderr
    )


# Commands


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield where a page gives a command in a block, and its words."""
    text = page.read_text(encoding="utf-8").replace("\\\n", "  ")
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        inside ^= line.startswith("```")
        shown = re.match(r"(?:    |\$ |)(?:\.venv/bin/)?((?:kinderwerk|python) .*)", line)
        if shown and (inside or line.startswith("    ")):
            yield where(page, number), shlex.split(shown[1], comments=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_on_a_page_can_be_given(page: Path) -> None:
    for place, words in commands(page):
        if words[0] == "python":
            target = words[2] if words[1] == "-m" else words[1]
            there = importlib.util.find_spec(target) if words[1] == "-m" else (ROOT / target).is_file()
            assert there, f"{place}: there is no {target}"
        else:
            parse(place, words[1:])


def parse(place: str, words: list[str]) -> None:
    """Read the words of a command as the command line would, without doing it."""
    command: Any = typer.main.get_command(command_line)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    try:
        command.make_context(command.name, list(words))
    except Exception as error:
        if type(error).__name__ != "Exit":  # --help
            raise AssertionError(f"{place}: {getattr(error, 'message', error)}") from error


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_in_the_text_of_a_page_exist(page: Path) -> None:
    group: Any = typer.main.get_command(command_line)
    text = page.read_text(encoding="utf-8")
    for name, sub in re.findall(r"`(?:\.venv/bin/)?kinderwerk ([a-z]+)(?: ([a-z]+)\b(?![./-]))?", text):
        assert name in group.commands, f"there is no kinderwerk {name}"
        under = getattr(group.commands[name], "commands", None)
        assert not (under and sub) or sub in under, f"there is no kinderwerk {name} {sub}"


# The site


def test_files_that_the_readme_links_to_are_there() -> None:
    targets = re.findall(r"\]\(([^)#\s]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(targets) > 10
    none_of(target for target in targets if not (ROOT / target).exists())


FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//"""
    r"""|<link\b(?![^>]*canonical)[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|@import|url\(["']?(?:https?:)?//"""
)
"""What a browser would get from elsewhere to show a page."""


def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    for tool in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(tool)
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, timeout=900, check=False)
    assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if "WARNING" in line)
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 30
    for file in [*pages, *(tmp_path / "site").rglob("*.css")]:
        found = FETCHED.search(file.read_text(encoding="utf-8"))
        assert not found, f"{file.name} fetches {found}"


# The house


def test_the_page_of_architecture_has_every_room_in_the_order_of_the_layers() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("\n## The rooms of sim/\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    shown = [set(re.findall(r"[a-z]+", names)) for names, _ in rows]
    with (ROOT / "pyproject.toml").open("rb") as stream:
        layers = tomllib.load(stream)["tool"]["importlinter"]["contracts"][0]["layers"]
    ground = [set(re.findall(r"[a-z]+", layer)) for layer in layers]
    assert shown == [*ground[:-3], ground[-3] | ground[-2] | ground[-1]]
    for (name, *others), (_, what) in zip(map(sorted, shown), rows, strict=True):
        if others:
            continue
        said = " ".join((ROOT / "sim" / name / "__init__.py").read_text(encoding="utf-8").split())
        assert what.strip() in said, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    top = "sim|calibration|commands|pages|tests|scenarios|benchmarks|docs"
    files = re.findall(rf"`((?:{top})/[\w./*-]*)", page.read_text(encoding="utf-8"))
    none_of(name for name in files if not list(ROOT.glob(name.rstrip("/."))))


def test_tests_that_the_report_of_verification_names_are_there() -> None:
    pages = ("verification.md", "verification-figures.md")
    text = "".join((DOCS / page).read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)", text))
    assert len(named) > 50
    none_of(
        f"{file}::{name}" for file, name in named
        if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    )  # fmt: skip


# Words


def test_the_glossary_has_every_word_of_the_model() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8").casefold()
    dutch = YAML(typ="safe", pure=True).load((ROOT / "sim/words/report/nl.yaml").read_text(encoding="utf-8"))
    names = [programme.title["nl"] for programme in catalogue().values()]
    names += [dutch[f"level_{form}"] for form in FORMS]
    names += [*default_table().processes, *default_table().traits, *TARGETING]
    names += get_args(Scenario.model_fields["policy"].annotation)
    none_of(name for name in names if name.split(" (")[0].casefold() not in text)
