"""A calibrated model file as tables on disk, and its draws read back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.decision.model_calibration import Fit, ModelCalibration
from sim.errors import InputError, OptionError, nearest
from sim.faults import fault
from sim.files.wording import unknown_key
from sim.files.yamltext import read_bytes
from sim.published.source import Source
from sim.report.model_files import as_table

PREFIX = "parameter_"
MOST_COLUMNS = 1_000
MOST_ROWS = 1_000_000
"""A file that says again and again what it said before is small, whatever it holds."""


def calibration_tables(found: ModelCalibration) -> dict[str, pa.Table]:
    """Return the draws and how they differ from the priors.

    posterior: `draw`, and a column for each parameter; calibration: `what` (target or parameter), `name`,
    `value` and `se` of a target, and mean, low and high before (`prior_`) and after (`posterior_`).
    """
    draws = {f"{PREFIX}{name}": values for name, values in found.inputs.items()}
    count = next(iter(found.inputs.values())).size
    rows = [_row("target", each) for each in found.targets]
    rows += [_row("parameter", each) for each in found.parameters]
    frame = pd.DataFrame(rows).astype({"value": float, "se": float})
    return {
        "posterior": as_table(pd.DataFrame({"draw": np.arange(1, count + 1), **draws})),
        "calibration": as_table(frame),
    }


def read_posterior(path: Path, source: Source, draws: int) -> Mapping[str, NDArray[np.float64]]:
    """Return the first draws in a table `posterior` (.parquet or .csv), by name of a parameter.

    Raises InputError where it is no such table of this model, and OptionError where it has fewer draws.
    """
    content = io.BytesIO(read_bytes(path))
    try:
        frame = _unpacked(content) if path.suffix == ".parquet" else _parsed(content)
        if not frame.columns.is_unique:
            raise ValueError
    except (ValueError, TypeError, OSError, pa.ArrowException):
        raise InputError.at(path, fault("no_table_of_draws")) from None
    names = [name for name, each in source.file.uncertain.items() if each.distribution is not None]
    columns = [f"{PREFIX}{name}" for name in names]
    for name in columns:
        if name not in frame:
            near = nearest(name, [str(each) for each in frame.columns])
            raise InputError.at(path, fault("no_such_column", name=name, near=near))
    for name in map(str, frame.columns):
        if name not in columns and name != "draw":
            raise InputError.at(path, unknown_key(name, columns))
    if len(frame) < draws:
        raise OptionError("draws", fault("must_be_or_less", high=len(frame), found=draws))
    found = {}
    for name, column in zip(names, columns, strict=True):
        numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
        wrong = ~np.isfinite(numbers)
        if wrong.any():
            line = int(np.argmax(wrong))
            told = fault("table_needs_number", column=column, found=str(frame[column].iloc[line]))
            raise InputError.at(path, told, line + 2)
        found[name] = numbers[:draws]
    return found


def _parsed(content: io.BytesIO) -> pd.DataFrame:
    """Return the table in a CSV file. Raises ValueError for any other, and one of too many columns."""
    if any(line.count(b",") > MOST_COLUMNS for line in content.getvalue().splitlines()):
        raise ValueError  # pandas takes seconds for them
    return pd.read_csv(content)


def _unpacked(content: io.BytesIO) -> pd.DataFrame:
    """Return the numbers in a Parquet file. Raises ValueError, or an error of Arrow, for any other."""
    file = pq.ParquetFile(content)
    if file.metadata.num_rows > MOST_ROWS:
        raise ValueError
    schema = file.schema_arrow
    if not all(pa.types.is_integer(each) or pa.types.is_floating(each) for each in schema.types):
        raise ValueError
    frame: pd.DataFrame = file.read().to_pandas(ignore_metadata=True)
    return frame


def _row(what: str, each: Fit) -> dict[str, object]:
    own = {"what": what, "name": each.name, "value": each.value, "se": each.se}
    before = {f"prior_{key}": value for key, value in vars(each.prior).items()}
    return own | before | {f"posterior_{key}": value for key, value in vars(each.posterior).items()}
