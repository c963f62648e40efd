"""A parameter is a record: value, range, unit, scale, grade, source. Nothing in the model is a bare number.

`low` and `high` are read as the 5th and 95th percentile of a two-piece normal distribution around
`value` on the record's scale (linear, log or logit); `bernoulli` draws 0 or 1 with mean `value`.
A `lever` is moved by hand and never drawn: `low` and `high` are how far it goes, `value` is where it stands.
A record with `rank` shares the luck of another one (with a leading minus: mirrored).
A record with `formula` is defined by others: it has the value that they make of it wherever they are fitted,
drawn or replaced, until it is given a value itself.

What is in the file is what is believed before any fit. A posterior (posterior.parquet) takes the place of
the calibrated ones: their best fit, and draws in which they hang together.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal, cast, get_args

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.errors import InputError, Problem, nearest
from sim.faults import Fault, fault
from sim.files.expressions import ExpressionError
from sim.files.yamltext import decode, read_bytes
from sim.model.formulas import formula
from sim.model.latin import probability

Scale = Literal["linear", "log", "logit", "bernoulli", "lever"]
Grade = Literal["cited", "derived", "calibrated", "provisional", "assumed"]

DATA = Path(__file__).resolve().parents[1] / "data"
PARAMETER_FILE = DATA / "parameters.csv"
POSTERIOR_FILE = DATA / "posterior.parquet"
_NORMAL = NormalDist()
_Z95 = 1.6448536269514722
_DRAWS = 200
"""Draws that give the range of what others define: as many as the shipped posterior has."""
_Z_LIMIT = 2.5  # keeps a draw from the far tails that an elicited range says nothing about


@dataclass(frozen=True)
class Parameter:
    """One number of the model with what is known about it.

    luck: by what its draws go, if not its name; least: a draw below it counts as this.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    scale: Scale
    grade: Grade
    rank: str
    source: str
    formula: str = ""
    luck: str = ""
    least: float = -math.inf

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
        if self.scale == "lever":
            return min(max(value, self.low), self.high)
        return max(value, 0.0 if self.scale == "linear" and self.low >= 0 else self.least)


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


@lru_cache(1024)
def _points(names: tuple[str, ...], prefix: str) -> list[tuple[float, str]]:
    """Return the knots of a shape with their parameters; kept, for every draw has the same names."""
    return sorted((float(name[len(prefix) :]), name) for name in names if name.startswith(prefix))


@dataclass(frozen=True)
class Parameters(Mapping[str, float]):
    """Values for every record. Frozen: `replace` returns a new set and never changes this one."""

    records: Mapping[str, Parameter]
    current: Mapping[str, float] = field(default_factory=dict)
    posterior: Posterior | None = None

    def __getitem__(self, name: str) -> float:
        if name not in self.current:
            near = nearest(name, self.current)
            raise KeyError(str(fault("unknown_model_parameter", parameter=name, near=near)))
        return self.current[name]

    def __contains__(self, name: object) -> bool:
        return name in self.current  # without the search for a name that is near

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or `default` where there is none of that name."""
        return self.current.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.current)

    def __len__(self) -> int:
        return len(self.current)

    def replace(self, changes: Mapping[str, float]) -> Parameters:
        """Return a set with `changes`. Raises KeyError for an unknown name."""
        for name in changes:
            self[name]
        given = {n: replace(self.records[n], formula="") for n in changes if self.records[n].formula}
        records = {**self.records, **given} if given else self.records
        return replace(self, records=records, current=_followed(records, {**self.current, **changes}))

    def certain(self, values: Mapping[str, float]) -> Parameters:
        """Return a set in which these values hold in every draw. Raises KeyError for an unknown name."""
        changed = self.replace(values)
        fixed = {name: replace(changed.records[name], value=v, low=v, high=v) for name, v in values.items()}
        return replace(changed, records={**changed.records, **fixed})

    def shape(self, name: str) -> tuple[list[float], list[float]]:
        """Return the knots and values of the shape whose knots are the parameters `name.KNOT`.

        Raises KeyError where there is none.
        """
        points = _points(tuple(self.current), name + ".")
        if not points:
            raise KeyError(f"no shape '{name}' (no parameter '{name}.KNOT')")
        return [knot for knot, _ in points], [self.current[key] for _, key in points]

    def draw(self, seed: int, index: int) -> Parameters:
        """Return draw `index` of every uncertain value; index 0 is the best fit (the values as they are).

        Calibrated parameters come from draw `index` of the posterior, whatever the seed. The luck of
        another parameter (latin.py) depends on its name, the seed and the index alone, so that adding a
        parameter moves no other. A seed may have any size.
        """
        if index == 0:
            return self
        together = self.posterior.row(index) if self.posterior else {}
        drawn = {name: self._drawn(name, together, seed, index) for name in self.current}
        return replace(self, current=_followed(self.records, drawn))

    def _drawn(self, name: str, together: Mapping[str, float], seed: int, index: int) -> float:
        record = self.records[name]
        if self.current[name] != record.value or record.fixed or record.formula or record.scale == "lever":
            return self.current[name]  # a user's own value, a certain one and a lever stay what they are
        if name in together:
            return together[name]
        source, sign = (record.rank.lstrip("-"), -1 if record.rank.startswith("-") else 1)
        luck = probability(zlib.crc32((source or record.luck or name).encode()), seed, index)
        if record.scale == "bernoulli":
            return float(luck < record.value)
        z = min(max(_NORMAL.inv_cdf(luck), -_Z_LIMIT), _Z_LIMIT) if luck > 0 else -_Z_LIMIT
        return record.at(sign * z)

    def sha256(self) -> str:
        """Return a hash of all names and values."""
        text = "\n".join(f"{name}={self.current[name]!r}" for name in sorted(self.current))
        return hashlib.sha256(text.encode()).hexdigest()


def _followed(records: Mapping[str, Parameter], values: dict[str, float]) -> dict[str, float]:
    """Return the values, in which what others define is what these make of it."""
    for name, record in records.items():
        if record.formula:
            values[name] = float(formula(record.formula).value(values))
    return values


def _defined(records: Mapping[str, Parameter], posterior: Posterior | None = None) -> Parameters:
    """Return the parameters of records: what others define has the value and range that these make."""
    values = _followed(records, {name: record.value for name, record in records.items()})
    p = Parameters(records, values, posterior)
    followers = {}
    for name, record in records.items():
        if record.formula:
            parts = formula(record.formula).names
            draws = [posterior.row(k) if posterior else {} for k in range(1, _DRAWS + 1)]
            drawn = formula(record.formula).value(
                {part: [p._drawn(part, row, 0, k) for k, row in enumerate(draws, 1)] for part in parts}
            )
            low, high = (float(f"{end:.3g}") for end in np.quantile(drawn, (0.05, 0.95)))  # no more is known
            followers[name] = _placed(record, p[name], low, high)
    return replace(p, records={**records, **followers})


def _placed(record: Parameter, value: float, low: float, high: float) -> Parameter:
    return replace(record, value=value, low=min(low, value), high=max(high, value))


COLUMNS = ("name", "value", "low", "high", "unit", "scale", "grade", "rank", "source")


def read_parameters(path: Path) -> Parameters:
    """Read parameter records from a CSV file with the columns of `COLUMNS`.

    Where the value is arithmetic over other parameters, low and high stay empty: they follow.

    Raises InputError with every record that is incomplete, out of its own range or without a source or
    grade.
    """
    records, lines = _read(path, {})
    return _in_range(_defined(records), path, lines)


def with_own(p: Parameters, path: Path) -> Parameters:
    """Return parameters with those of a file beside them, or in place of those of the same name.

    What the file says of a calibrated parameter holds in every draw as the file says it. Raises InputError
    as `read_parameters` does.
    """
    own, lines = _read(path, p.records)
    posterior = p.posterior
    if posterior is not None:
        kept = [k for k, name in enumerate(posterior.names) if name not in own]
        posterior = Posterior(tuple(posterior.names[k] for k in kept), posterior.values[:, kept])
    return _in_range(_defined({**p.records, **own}, posterior), path, lines)


def _read(path: Path, beside: Mapping[str, Parameter]) -> tuple[dict[str, Parameter], dict[str, int]]:
    """Return the records of a file and their lines. beside: others that they may refer to."""
    reader = csv.DictReader(io.StringIO(decode(path, read_bytes(path)), newline=""))
    records: dict[str, Parameter] = {}
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError.at(path, fault("expected_columns", columns=tuple(COLUMNS)))
        for row in reader:
            wrong, record = _record(row)
            if record is not None and record.name in records:
                wrong = fault("stands_twice", name=record.name)
            if wrong:
                problems.append(Problem.at(path, wrong, reader.line_num))
            elif record is not None:
                records[record.name] = record
                lines[record.name] = reader.line_num
    except csv.Error as error:
        raise InputError.at(path, fault("no_csv", reason=str(error)), reader.line_num) from None
    known = {**beside, **records}
    for name, record in records.items():
        if wrong := _rank_fault(record, known) or _formula_fault(record, known):
            problems.append(Problem.at(path, wrong, lines[name]))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line))
    return records, lines


def _in_range(p: Parameters, path: Path, lines: Mapping[str, int]) -> Parameters:
    """Return the parameters. Raises InputError where what others define lies outside its own range."""
    for name, line in lines.items():
        record = p.records[name]
        if record.formula and (wrong := _range_fault(record)):
            raise InputError.at(path, wrong, line)
    return p


def _rank_fault(record: Parameter, records: Mapping[str, Parameter]) -> Fault | None:
    """Return what is wrong with whose luck a record shares, or None."""
    source = record.rank.lstrip("-")
    if not source:
        return None
    if source not in records:
        return fault("rank_of_nothing", name=record.name, source=source, near=nearest(source, records))
    if records[source].rank:  # the luck of a follower is its leader's, so there is none to share
        return fault("rank_of_follower", name=record.name, source=source)
    if records[source].formula:
        return fault("rank_of_defined", name=record.name, source=source)
    return None


def _formula_fault(record: Parameter, records: Mapping[str, Parameter]) -> Fault | None:
    """Return what is wrong with what defines a record, or None."""
    if not record.formula:
        return None
    for part in formula(record.formula).names:
        if part not in records:
            return fault("formula_of_nothing", name=record.name, part=part, near=nearest(part, records))
        if records[part].formula:
            return fault("formula_of_formula", name=record.name, part=part)
    return fault("rank_and_formula", name=record.name) if record.rank else None


def _record(row: Mapping[str | None, Any]) -> tuple[Fault | None, Parameter | None]:
    if None in row or None in row.values():
        return fault("wrong_number_of_cells", count=len(COLUMNS)), None
    if not row["low"] and not row["high"]:
        try:
            formula(row["value"])
        except ExpressionError as error:
            return fault("value_no_arithmetic", name=row["name"], why=error.placed), None
        text, value, low, high = row["value"], 0.0, 0.0, 0.0  # as the others make it, once all are read
    else:
        try:
            text, value, low, high = "", *(float(row[column]) for column in ("value", "low", "high"))
        except (TypeError, ValueError):
            return fault("value_no_number", name=row["name"]), None
    scale, grade = row["scale"], row["grade"]
    if scale not in get_args(Scale):
        return fault("unknown_scale", scale=scale, near=nearest(scale, get_args(Scale))), None
    if grade not in get_args(Grade):
        return fault("unknown_grade", grade=grade, near=nearest(grade, get_args(Grade))), None
    if not row["source"] or not row["unit"]:
        return fault("no_source_or_unit", name=row["name"]), None
    source = row["source"] + (f"; follows from {text}" if text else "")
    record = Parameter(
        row["name"], value, low, high, row["unit"],
        cast(Scale, scale), cast(Grade, grade), row["rank"], source, text,
    )  # fmt: skip
    wrong = None if text else _range_fault(record)
    return wrong, None if wrong else record


def _range_fault(record: Parameter) -> Fault | None:
    """Return what is wrong with the value and range of a record, or None."""
    value, low, high = record.value, record.low, record.high
    if not low <= value <= high:
        return fault("value_outside_range", value=value, name=record.name, low=low, high=high)
    if math.isinf(low) or math.isinf(high):
        return fault("value_not_finite", name=record.name)
    fits = {"log": low > 0, "logit": 0 < low <= high < 1, "bernoulli": 0 <= low <= high <= 1}
    if not fits.get(record.scale, True):
        return fault("range_unlike_scale", name=record.name, scale=record.scale)
    return None


def read_posterior(path: Path) -> Posterior:
    """Read a posterior: a Parquet table with a column per parameter, the best fit in its first row.

    Raises InputError where it cannot be read, has no draws, or holds what is no number.
    """
    try:
        table = pq.ParquetFile(path).read()  # neither this nor a tensor imports pandas, which takes long
        if len(set(table.column_names)) < table.num_columns:
            raise ValueError("a column is there twice")
        batches = [np.asarray(batch.to_tensor(null_to_nan=True)) for batch in table.to_batches()]
        values = np.concatenate(batches).astype(np.float64)
    except (OSError, TypeError, ValueError, NotImplementedError) as error:  # pyarrow's errors are among them
        raise InputError.at(path, fault("no_posterior", reason=str(error))) from error
    if values.ndim != 2 or len(values) < 2 or not np.isfinite(values).all():
        raise InputError.at(path, fault("posterior_not_numbers"))
    return Posterior(tuple(table.column_names), values)


def with_posterior(p: Parameters, posterior: Posterior, path: Path = POSTERIOR_FILE) -> Parameters:
    """Return parameters with the calibrated ones at their best fit; ranges are those of the draws.

    Raises InputError where the posterior holds a name that is no parameter.
    """
    if unknown := [name for name in posterior.names if name not in p.records]:
        near = nearest(unknown[0], p.records)
        raise InputError.at(path, fault(
            "posterior_of_unknown", name=unknown[0], near=near
        ))  # fmt: skip
    posterior = _completed(posterior, p.records)
    low, high = np.quantile(posterior.values[1:], (0.05, 0.95), axis=0)
    records = dict(p.records)
    for j, name in enumerate(posterior.names):
        prior, best = p.records[name], float(posterior.values[0, j])
        before = f"before the fit {prior.value:g} ({prior.low:g} to {prior.high:g}, {prior.grade})"
        found = _placed(prior, best, float(low[j]), float(high[j]))
        records[name] = replace(found, grade="calibrated", source=f"{prior.source}; {before}")
    return _defined(records, posterior)


def _completed(posterior: Posterior, records: Mapping[str, Parameter]) -> Posterior:
    """Return a posterior in which what its parameters define is what they make of it, in every draw."""
    columns = dict(zip(posterior.names, posterior.values.T, strict=True))
    for name, record in records.items():
        if record.formula:
            columns.pop(name, None)  # held, when this was fitted, where it was believed to be
            if set(formula(record.formula).names) <= columns.keys():
                columns[name] = formula(record.formula).value(columns)
    return Posterior(tuple(columns), np.stack(list(columns.values()), axis=1))


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
