"""A parameter is a record: value, range, unit, scale, grade, source. Nothing in the model is a bare number.

`low` and `high` are read as the 5th and 95th percentile of a two-piece normal distribution around
`value` on the record's scale (linear, log or logit); `bernoulli` draws 0 or 1 with mean `value`.
A record with `rank` shares the luck of another one (with a leading minus: mirrored).

What is in the file is what is believed before any fit. A posterior (posterior.parquet) takes the place of
the calibrated ones: their best fit, and draws in which they hang together.
"""

from __future__ import annotations

import csv
import hashlib
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.errors import InputError, Problem, nearest

Scale = Literal["linear", "log", "logit", "bernoulli"]
Grade = Literal["cited", "derived", "calibrated", "provisional", "assumed"]

DATA = Path(__file__).parent / "data"
PARAMETER_FILE = DATA / "parameters.csv"
POSTERIOR_FILE = DATA / "posterior.parquet"
_Z95 = 1.6448536269514722
_Z_LIMIT = 2.5  # keeps a draw from the far tails that an elicited range says nothing about


@dataclass(frozen=True)
class Parameter:
    """One number of the model with what is known about it."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    scale: Scale
    grade: Grade
    rank: str
    source: str

    @property
    def fixed(self) -> bool:
        """Tell whether the number is taken as certain."""
        return self.low == self.high

    def at(self, z: float) -> float:
        """Return the value at `z` standard deviations from the middle of its distribution."""
        if self.fixed or self.scale == "bernoulli":
            return self.value
        middle, low, high = (_to(self.scale, x) for x in (self.value, self.low, self.high))
        side = (high - middle) if z > 0 else (middle - low)
        value = _from(self.scale, middle + z * side / _Z95)
        return max(value, 0.0) if self.scale == "linear" and self.low >= 0 else value


def _to(scale: Scale, x: float) -> float:
    if scale == "log":
        return math.log(x)
    return math.log(x / (1 - x)) if scale == "logit" else x


def _from(scale: Scale, y: float) -> float:
    if scale == "log":
        return math.exp(y)
    return 1 / (1 + math.exp(-y)) if scale == "logit" else y


@dataclass(frozen=True)
class Posterior:
    """Calibrated parameters: values [1 + draws, names], of which row 0 is the best fit."""

    names: tuple[str, ...]
    values: NDArray[np.float64]

    def row(self, index: int) -> Mapping[str, float]:
        """Return draw `index` by name: 0 is the best fit, and after the last draw comes the first."""
        row = 0 if index == 0 else 1 + (index - 1) % (len(self.values) - 1)
        return dict(zip(self.names, self.values[row].tolist(), strict=True))


@dataclass(frozen=True)
class Parameters(Mapping[str, float]):
    """Values for every record. Frozen: `replace` returns a new set and never changes this one."""

    records: Mapping[str, Parameter]
    current: Mapping[str, float] = field(default_factory=dict)
    posterior: Posterior | None = None

    def __getitem__(self, name: str) -> float:
        if name not in self.current:
            raise KeyError(f"unknown parameter '{name}'{nearest(name, self.current)}")
        return self.current[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.current)

    def __len__(self) -> int:
        return len(self.current)

    def replace(self, changes: Mapping[str, float]) -> Parameters:
        """Return a set with `changes`. Raises KeyError for an unknown name."""
        for name in changes:
            self[name]
        return replace(self, current={**self.current, **changes})

    def certain(self, values: Mapping[str, float]) -> Parameters:
        """Return a set in which these values hold in every draw. Raises KeyError for an unknown name."""
        fixed = {name: replace(self.records[name], value=v, low=v, high=v) for name, v in values.items()}
        return replace(self.replace(values), records={**self.records, **fixed})

    def shape(self, name: str) -> tuple[list[float], list[float]]:
        """Return the knots and values of the shape whose knots are the parameters `name.KNOT`.

        Raises KeyError where there is none.
        """
        prefix = name + "."
        points = sorted((float(key[len(prefix) :]), key) for key in self.current if key.startswith(prefix))
        if not points:
            raise KeyError(f"no shape '{name}' (no parameter '{prefix}KNOT')")
        return [knot for knot, _ in points], [self.current[key] for _, key in points]

    def draw(self, seed: int, index: int) -> Parameters:
        """Return draw `index` of every uncertain value; index 0 is the best fit (the values as they are).

        Calibrated parameters come from draw `index` of the posterior, whatever the seed. The luck of
        another parameter depends on its name, the seed and the index alone, so that adding a parameter
        moves no other. A seed may have any size.
        """
        if index == 0:
            return self
        together = self.posterior.row(index) if self.posterior else {}
        drawn = {
            name: together[name]
            if name in together and value == self.records[name].value and not self.records[name].fixed
            else self._drawn(name, seed, index)
            for name, value in self.current.items()
        }
        return replace(self, current=drawn)

    def _drawn(self, name: str, seed: int, index: int) -> float:
        record = self.records[name]
        if self.current[name] != record.value or record.fixed:
            return self.current[name]  # a user's own value, or a certain one, stays what it is
        source, sign = (record.rank.lstrip("-"), -1 if record.rank.startswith("-") else 1)
        key = zlib.crc32((source or name).encode())
        key |= ((seed & 0xFFFFFFFF) << 96) | (index << 64)
        luck = np.random.Generator(np.random.Philox(key=key, counter=(seed >> 32) << 64))
        if record.scale == "bernoulli":
            return float(luck.random() < record.value)
        z = float(np.clip(luck.standard_normal(), -_Z_LIMIT, _Z_LIMIT))
        return record.at(sign * z)

    def sha256(self) -> str:
        """Return a hash of all names and values."""
        text = "\n".join(f"{name}={self.current[name]!r}" for name in sorted(self.current))
        return hashlib.sha256(text.encode()).hexdigest()


COLUMNS = ("name", "value", "low", "high", "unit", "scale", "grade", "rank", "source")


def read_parameters(path: Path) -> Parameters:
    """Read parameter records from a CSV file with the columns of `COLUMNS`.

    Raises InputError with every record that is incomplete, out of its own range or without a
    source or grade.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError.at(path, f"expected the columns {', '.join(COLUMNS)}")
        records: dict[str, Parameter] = {}
        lines: dict[str, int] = {}
        problems: list[Problem] = []
        for row in reader:
            fault, record = _record(row)
            if record is not None and record.name in records:
                fault = f"'{record.name}' stands here twice"
            if fault or record is None:
                problems.append(Problem(str(path), reader.line_num, 1, fault))
            else:
                records[record.name] = record
                lines[record.name] = reader.line_num
    for name, record in records.items():
        if fault := _rank_fault(record, records):
            problems.append(Problem(str(path), lines[name], 1, fault))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line))
    return Parameters(records, {name: record.value for name, record in records.items()})


def _rank_fault(record: Parameter, records: Mapping[str, Parameter]) -> str:
    """Return what is wrong with whose luck a record shares, or an empty string."""
    source = record.rank.lstrip("-")
    if not source:
        return ""
    if source not in records:
        return f"the rank of '{record.name}' names no parameter: '{source}'{nearest(source, records)}"
    if records[source].rank:  # the luck of a follower is its leader's, so there is none to share
        return f"the rank of '{record.name}' names '{source}', which has a rank itself"
    return ""


def _record(row: Mapping[str | None, Any]) -> tuple[str, Parameter | None]:
    if None in row or None in row.values():
        return f"expected {len(COLUMNS)} columns; a text with a comma stands between double quotes", None
    try:
        value, low, high = (float(row[column]) for column in ("value", "low", "high"))
    except (TypeError, ValueError):
        return f"value, low and high of '{row['name']}' must be numbers", None
    scale, grade = row["scale"], row["grade"]
    if scale not in get_args(Scale):
        return f"unknown scale '{scale}'{nearest(scale, get_args(Scale))}", None
    if grade not in get_args(Grade):
        return f"unknown grade '{grade}'{nearest(grade, get_args(Grade))}", None
    if not row["source"] or not row["unit"]:
        return f"'{row['name']}' has no source or no unit", None
    if not low <= value <= high:
        return f"the value {value:g} of '{row['name']}' lies outside its range {low:g} to {high:g}", None
    if math.isinf(low) or math.isinf(high):
        return f"value, low and high of '{row['name']}' must be finite", None
    fits = {"log": low > 0, "logit": 0 < low <= high < 1, "bernoulli": 0 <= low <= high <= 1}
    if not fits.get(scale, True):
        return f"the range of '{row['name']}' does not fit the scale '{scale}'", None
    record = Parameter(
        row["name"], value, low, high, row["unit"],
        cast(Scale, scale), cast(Grade, grade), row["rank"], row["source"],
    )  # fmt: skip
    return "", record


def read_posterior(path: Path) -> Posterior:
    """Read a posterior: a Parquet table with a column per parameter, the best fit in its first row.

    Raises InputError where it cannot be read, has no draws, or holds what is no number.
    """
    try:
        table = pq.read_table(path)
        values = np.array([column.to_numpy() for column in table.columns], dtype=np.float64).T
    except (OSError, TypeError, ValueError) as error:  # pyarrow's errors are among them
        raise InputError.at(path, f"is no posterior: {error}") from error
    if values.ndim != 2 or len(values) < 2 or not np.isfinite(values).all():
        raise InputError.at(path, "is no posterior: expected a best fit and draws, all of them numbers")
    return Posterior(tuple(table.column_names), values)


def with_posterior(p: Parameters, posterior: Posterior, path: Path = POSTERIOR_FILE) -> Parameters:
    """Return parameters with the calibrated ones at their best fit; ranges are those of the draws.

    Raises InputError where the posterior holds a name that is no parameter.
    """
    if unknown := [name for name in posterior.names if name not in p.records]:
        words = f"'{unknown[0]}' in the posterior is no parameter{nearest(unknown[0], p.records)}"
        raise InputError.at(path, words + "; calibrate again")
    low, high = np.quantile(posterior.values[1:], (0.05, 0.95), axis=0)
    records = dict(p.records)
    for j, name in enumerate(posterior.names):
        prior, best = p.records[name], float(posterior.values[0, j])
        before = f"before the fit {prior.value:g} ({prior.low:g} to {prior.high:g}, {prior.grade})"
        records[name] = replace(
            prior, value=best, low=min(float(low[j]), best), high=max(float(high[j]), best),
            grade="calibrated", source=f"{prior.source}; {before}",
        )  # fmt: skip
    return Parameters(records, {name: record.value for name, record in records.items()}, posterior)


@cache
def prior_parameters() -> Parameters:
    """Return what is believed before any fit."""
    return read_parameters(PARAMETER_FILE)


@cache
def default_parameters() -> Parameters:
    """Return the shipped parameters: the best fit, with the draws of the posterior behind it."""
    if not POSTERIOR_FILE.exists():
        return prior_parameters()
    return with_posterior(prior_parameters(), read_posterior(POSTERIOR_FILE))
