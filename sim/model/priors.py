"""Named priors of child work: what is believed of its effect in place of the ranges in parameters.csv.

A prior is a few records of priors.csv, which calibration/evidence/effects.py makes from published trials.
It is believed of all child work, also of that before the start. Luck depends on the name of a parameter
alone, so that two priors meet the same luck in every draw.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Final, Literal, cast, get_args

from sim.errors import InputError
from sim.faults import fault
from sim.model.parameters import DATA, Grade, Parameter, Parameters, default_parameters

PRIOR_FILE = DATA / "priors.csv"
COLUMNS = ("prior", "name", "value", "low", "high", "least", "grade", "source")
Prior = Literal["assumed", "sceptical", "nearest", "favourable"]
ASSUMED: Final = "assumed"
"""The prior of parameters.csv."""
PRIORS: tuple[str, ...] = get_args(Prior)
NEED, SEEN = "kinderwerk.moderate_need", "kinderwerk.signalling"
_Z975 = NormalDist().inv_cdf(0.975)


def read_priors(path: Path, p: Parameters) -> dict[str, dict[str, Parameter]]:
    """Return the records of each prior by name of the parameter; unit and scale are those of `p`.

    Raises InputError where the file has other columns, names what is no parameter or lacks a prior.
    """
    found: dict[str, dict[str, Parameter]] = {name: {} for name in PRIORS[1:]}
    for row, (low, value, high) in ranges(path, COLUMNS, "prior", found, p.records):
        found[row["prior"]][row["name"]] = replace(
            p.records[row["name"]], value=value, low=low, high=high, grade=cast(Grade, row["grade"]),
            source=row["source"], least=float(row["least"] or "-inf"),
        )  # fmt: skip
    return found


def ranges(
    path: Path, columns: tuple[str, ...], of: str, known: Collection[str], names: Collection[str]
) -> Iterator[tuple[dict[str, str], tuple[float, float, float]]]:
    """Yield each row of a file of values with its low, value and high.

    of: the column that says whose the value is, one of `known`; its name is one of `names`. Raises InputError
    where the file has other columns, a row is of something else, or a value lies outside its range.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != columns:
            raise InputError.at(path, fault("expected_columns", columns=columns))
        for row in reader:
            name = row["name"]
            if name not in names or row[of] not in known:
                raise InputError.at(path, fault("unknown_parameter", name=name, near=None), reader.line_num)
            low, value, high = (float(row[column]) for column in ("low", "value", "high"))
            if not low <= value <= high:
                wrong = fault("value_outside_range", value=value, name=name, low=low, high=high)
                raise InputError.at(path, wrong, reader.line_num)
            yield row, (low, value, high)


@cache
def priors() -> Mapping[str, Mapping[str, Parameter]]:
    """Return the records of every named prior; what parameters.csv says is `assumed` and has none."""
    return {ASSUMED: {}, **read_priors(PRIOR_FILE, default_parameters())}


def believing(p: Parameters, prior: str) -> Parameters:
    """Return parameters under a named prior. What somebody set, or a prior changed before, stays.

    Raises KeyError for an unknown prior.
    """
    shipped = default_parameters()
    changed = {
        name: record
        for name, record in priors()[prior].items()
        if p.records[name] == shipped.records[name] and p[name] == shipped[name]
    }
    if not changed:
        return p
    values = {name: record.value for name, record in changed.items()}
    return replace(p, records={**p.records, **changed}, current={**p.current, **values})


def prior_data(prior: str) -> dict[str, object]:
    """Return a prior as plain data: of each number that priors differ in its value and 95% interval."""
    records = believing(default_parameters(), prior).records
    names = dict.fromkeys(name for held in priors().values() for name in held)
    numbers = {
        name: {"value": records[name].value, "interval": list(interval(records[name]))} for name in names
    }
    return {"prior": prior, "parameters": numbers}


def interval(record: Parameter) -> tuple[float, float]:
    """Return the 95% interval of a parameter, as trials print it."""
    return record.at(-_Z975), record.at(_Z975)
