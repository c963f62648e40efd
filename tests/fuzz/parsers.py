"""What reads bytes of others: each parser takes any bytes, and is quiet or refuses them in its own words.

Used by test_fuzz.py (bounded) and run.py (guided by coverage, for as long as one likes).
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

import pandas as pd

from calibration.figures.targets import TARGET_FILE, read_targets
from pages.choices.chosen import Choices, places
from pages.choices.link import _READERS
from pages.choices.packed import LinkError
from pages.choices.plan import Plan
from pages.choices.plan_files import opened
from pages.look import house_style
from pages.serving.uploads import plan_here
from sim.errors import InputError, OptionError
from sim.files.expressions import compile_expression
from sim.files.numerals import EUROS, NumeralError, read_number
from sim.inputs.grid import load_grid
from sim.inputs.later_years import load_population
from sim.inputs.library import registry
from sim.inputs.municipality_sheet import read_figures
from sim.inputs.municipality_template import template
from sim.inputs.profiles import profiles
from sim.inputs.scenario import load_scenario
from sim.model import extension
from sim.published import targets
from sim.published.cohort import load_model
from sim.published.lookup import read_table
from sim.published.modelfile import LookUp, ModelFile
from sim.published.source import Source, read_source
from sim.report.calibrated_models import read_posterior
from tests.model import own_model

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


def of_own_model(name: str) -> Callable[[bytes], object]:
    """Return a parser of one file of a model of one's own. What else it needs stands beside it."""
    place = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def parse(content: bytes) -> object:
        for part in (extension.PARAMETERS, name):  # as a library of their own, without code
            (place / part).write_bytes(own_model.PARTS[part].encode())
        (place / name).write_bytes(content)
        return extension.load_model(place)

    return parse


def _own_part(name: str) -> list[bytes]:
    return [own_model.PARTS[name].encode()]


@cache
def uncertain_model() -> Source:
    """Return a model whose parameters have distributions."""
    return read_source(SCENARIOS / "published" / "hiv-uncertain-briggs2006.yaml")


def _draws() -> pd.DataFrame:
    names = [name for name, each in uncertain_model().file.uncertain.items() if each.distribution is not None]
    return pd.DataFrame({"draw": [1, 2], **{f"parameter_{name}": [0.25, 0.5] for name in names}})


def _parquet() -> bytes:
    stream = io.BytesIO()
    _draws().to_parquet(stream, index=False)
    return stream.getvalue()


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
TOKENS = b"""{"core": {"utrecht": {
 "color": {"white": {"value": "hsl(0 0% 100%)"}, "grey": {"value": "#1a1a1a"},
  "blue": {"35": {"$value": {"hex": "#24578f"}}}},
 "document": {"color": {"value": "{utrecht.color.grey}"}, "background-color": {"$value": "white"},
  "font-family": {"value": ["Arial", "sans-serif"]}},
 "link": {"color": {"value": "rgb(36, 87, 143)"}},
 "button": {"primary-action": {"background-color": {"value": "{utrecht.color.blue.35.value}"}}}}}}
"""
POPULATION = (
    b"municipality,year,age,youths\nAlmere,2030,0-3,9800\nAlmere,2030,4-22,52000\nHoorn,2030,0-22,16000\n",
    b"municipality,year,age,growth\nGM0034,2030,0-22,1.04\n",
)
TABLE = LookUp(file="table.csv", by=("age", "sex"), column="rate")
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
    "theme": Parser(as_file(house_style.read, "tokens.json"), (InputError,), lambda: [TOKENS]),
    "population": Parser(
        as_file(lambda path: load_population(path, "Almere", 63_000.0, registry()), "population.csv"),
        (InputError,), lambda: list(POPULATION),
    ),
    **{
        f"own-{Path(name).stem}": Parser(of_own_model(name), (InputError,), partial(_own_part, name))
        for name in (extension.PARAMETERS, extension.PROCESSES, extension.PROGRAMMES)
    },
    "table": Parser(
        as_file(lambda path: read_table(path, TABLE), "table.csv"), (InputError,),
        lambda: [b"age,sex,rate\n0,0,0.1\n0,1,0.2\n50,0,1e-3\n50,1,.5\n"],
    ),
    "model-targets": Parser(
        as_file(lambda path: targets.read_targets(path, uncertain_model().compiled()), "targets.csv"),
        (InputError,),
        lambda: [
            b"cycle,state,value,se,persons,strategy,from,among\n1,A,0.7,,500,,,\n2,B + C,0.2,0.03,,,,\n"
            b"3,Dead,0.01,0.001,,combination,A + B,\n4,A,0.5,,90.5,monotherapy,,A + B\n"
        ],
    ),
    "posterior": Parser(
        as_file(lambda path: read_posterior(path, uncertain_model(), 2), "posterior.parquet"),
        (InputError, OptionError), lambda: [_parquet()],
    ),
    "posterior-csv": Parser(
        as_file(lambda path: read_posterior(path, uncertain_model(), 2), "posterior.csv"),
        (InputError, OptionError), lambda: [_draws().to_csv(index=False).encode()],
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
