"""What reads bytes of others: each parser takes any bytes, and is quiet or refuses them in its own words.

Used by test_fuzz.py (bounded) and run.py (guided by coverage, for as long as one likes).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from calibration.figures.targets import TARGET_FILE, read_targets
from pages.shared.chosen import Choices, places
from pages.shared.link import _READERS
from pages.shared.packed import LinkError
from pages.shared.plan import Plan
from pages.shared.plan_files import opened
from pages.shared.uploads import plan_here
from sim.errors import InputError
from sim.files.expressions import compile_expression
from sim.files.numerals import EUROS, NumeralError, read_number
from sim.inputs.grid import load_grid
from sim.inputs.library import registry
from sim.inputs.municipality_sheet import read_figures
from sim.inputs.municipality_template import template
from sim.inputs.profiles import profiles
from sim.inputs.scenario import load_scenario
from sim.published.cohort import load_model
from sim.published.modelfile import ModelFile

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
__all__ = ["ModelFile"]  # imported here so that run.py can watch it


class Parser(NamedTuple):
    """read: takes bytes; refuses: what it may raise; seeds: inputs that it accepts, to start from."""

    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]


@cache
def folder() -> Path:
    """Return a folder in which a file may name those beside it."""
    made = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for name in ("geen", "huidig"):
        (made / f"{name}.yaml").write_bytes((SCENARIOS / "almere" / f"{name}.yaml").read_bytes())
    return made


def as_file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    """Return a parser of a file as one of bytes."""

    def parse(content: bytes) -> object:
        path = folder() / name
        path.write_bytes(content)
        return read(path)

    return parse


def _link(content: bytes) -> object:
    """Read a link as the pages do: each key on its own."""
    found = []
    for key, value in parse_qsl(content.decode("utf-8", "replace")):
        if key in _READERS:
            try:
                found.append(_READERS[key](value))
            except (LinkError, InputError):
                continue
    return found


def _expression(content: bytes) -> object:
    expression = compile_expression(content.decode("utf-8", "replace"), {"age", "rate", "cycle"})
    return expression.evaluate(**dict.fromkeys(expression.names, 0.5))


def _files(*patterns: str) -> list[bytes]:
    return [path.read_bytes() for pattern in patterns for path in sorted(SCENARIOS.glob(pattern))]


def _targets() -> list[bytes]:
    lines = TARGET_FILE.read_bytes().splitlines(keepends=True)
    return [b"".join(lines[:count]) for count in (2, 6)]


GRID = b"""kind: grid
from: huidig.yaml
values:
  programmes.kinderwerk.fte: [0, 18, {2026: 36, 2030: 40}]
  policy: [deficit, crowd_out]
reference: {programmes.kinderwerk.fte: 0}
"""
FIGURES = b"""kind: municipality
name: Dorp
date: 2024-01-01
source: x
population: {0-17: 780, 18-22: 220}
use: {year: 2019, youths: 90, ages: 0-17, national: 0.12}
"""
SCENARIO = b"""kind: scenario
title: Dorp
description: alles wat een scenario kan zeggen
municipality:
  {kind: municipality, name: Dorp, date: 2024-01-01, source: x, population: {0-17: 780, 18-22: 220},
   kinderwerk_fte: {value: 3, source: y}, moving: 0.1, bijstand: 0.06, tariffs: {ambulant: 9000},
   use: {year: 2019, youths: 90, ages: 0-17, national: 0.12}}
start: 2026
years: 20
policy: capped
budget: {youth_care: 1000000, real_growth: 0.01}
places: {ambulant: 24, wijkteam: unlimited}
shocks:
  - {kind: lockdown, start: 2028-03, months: 6, size: 0.5, workers: present}
  - {kind: budget_cut, start: 2029, months: 24, size: 0.3, programmes: [kinderwerk]}
programmes:
  kinderwerk:
    fte: {2026: 12, 2027: 24}
    ring_fenced: false
    targeting: outreach
    ages: [4, 14]
    paid_by: gemeente
    switches: {onset: true, access: false}
parameters: {cost.overhead: 0.2, cost.tariff_growth_projection: {value: 0.01, from: birth}}
"""
PARSERS = {
    "scenario": Parser(
        as_file(lambda path: load_scenario(path, registry()), "made.yaml"), (InputError,),
        lambda: [SCENARIO, *_files("almere/*.yaml")],
    ),
    "plan": Parser(
        lambda content: opened("made.yaml", plan_here("made.yaml", content, "Almere", places()), Choices()),
        (InputError,),
        lambda: [SCENARIO, *_files("almere/*.yaml")],
    ),
    "grid": Parser(
        as_file(lambda path: load_grid(path, registry()), "grid.yaml"), (InputError,), lambda: [GRID]
    ),
    "model": Parser(as_file(load_model, "model.yaml"), (InputError,), lambda: _files("published/*.yaml")),
    "targets": Parser(as_file(read_targets, "targets.csv"), (InputError,), _targets),
    "figures": Parser(
        lambda content: read_figures(content, "made.yaml", registry()), (InputError,),
        lambda: [FIGURES],
    ),
    "workbook": Parser(
        lambda content: read_figures(content, "made.xlsx", registry()), (InputError,),
        lambda: [template("nl", profiles()["Almere"])],
    ),
    "link": Parser(
        _link, (),
        lambda: [
            b"gemeente=Tilburg&begroting=20-o-deficit&vergeleken=now&effect=half&aannames=cost.overhead:0.2",
            f"begroting={Plan.simple(36.0).code()}&begrotingen=10-g-deficit~30-o-crowd_out&termijn=4".encode(),
        ],
    ),
    "number": Parser(
        lambda content: read_number(content.decode("utf-8", "replace"), EUROS), (NumeralError,),
        lambda: ["\N{EURO SIGN} 1.234.567,-".encode(), b"36,50 euro", b"-1e6"],
    ),
    "expression": Parser(
        _expression, (ValueError,),
        lambda: [b"1 - exp(-rate * 3)", b"0.5 if age < 12 and not cycle else min(1, age ** 2)"],
    ),
}  # fmt: skip


def tried(name: str, content: bytes) -> bool:
    """Tell whether a parser took the bytes. Raises what it may not raise, and for a refusal without words."""
    parser = PARSERS[name]
    try:
        parser.read(content)
    except parser.refuses as error:
        if not str(error).strip():
            raise AssertionError("a refusal without words") from error
        return False
    return True
