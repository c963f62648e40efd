"""The model that a run lives by, and a folder of one's own that adds to the shipped one.

A folder may hold `parameters.csv`, `processes.yaml`, `programmes.yaml` and `measures.py`, each in the form of
the shipped file. What has a name that is shipped takes its place; what has another name comes beside it.
"""

from __future__ import annotations

import hashlib
import runpy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

from numpy.typing import NDArray
from pydantic import Field

from sim.errors import InputError, nearest
from sim.faults import fault
from sim.files.yamlfile import Part, in_order, load_document
from sim.model.catalogue import Programme, catalogue, with_own_programmes
from sim.model.parameters import Parameters, default_parameters, with_own
from sim.model.processes import (
    TO_CARE,
    Process,
    ProcessTable,
    Trait,
    default_table,
    unknown_names,
    with_demand,
)

PARAMETERS, PROCESSES, PROGRAMMES, MEASURES = FILES = (
    "parameters.csv", "processes.yaml", "programmes.yaml", "measures.py",
)  # fmt: skip
Counted: TypeAlias = Iterable[tuple[tuple[str, str, str], NDArray[Any]]]
"""Labels (measure, breakdown, level) and values by [years, blocks], per `History.scale` as all counts."""


@dataclass(frozen=True)
class OwnMeasures:
    """Measures beside those of the engine, and the file that they come from.

    count: from a History and parameters to what is counted.
    """

    count: Callable[[Any, Parameters], Counted]
    path: Path


@dataclass(frozen=True)
class Model:
    """What lives go by: parameters, table of processes, programmes, and measures beside those of the engine.

    added: processes beside the shipped ones, whose stocks and flows are measures too. sha256: of the files
    that made it; nothing where it is the shipped one.
    """

    parameters: Parameters
    table: ProcessTable
    programmes: Mapping[str, Programme]
    measures: OwnMeasures | None = None
    added: tuple[str, ...] = ()
    sha256: str = ""

    def __reduce__(self) -> Any:
        """Be the shipped model again in another process; another one does not travel."""
        if self is not shipped():
            raise TypeError("a model of one's own stays in the process that read it")
        return shipped, ()

    def table_for(self, parameters: Mapping[str, float]) -> ProcessTable:
        """Return the table, or where less need is not as much less care, that with demand beside need."""
        return self.table if parameters[TO_CARE] == 1.0 else self._with_demand

    @cached_property
    def _with_demand(self) -> ProcessTable:
        return with_demand(self.table)


@cache
def shipped() -> Model:
    """Return the model as it ships."""
    return Model(default_parameters(), default_table(), catalogue())


class _Processes(Part):
    """What a file of processes of one's own may hold: parts of the shipped file."""

    kind: Literal["processes"]
    step_shapes: list[str] = Field([])
    traits: dict[str, Trait] = Field({})
    risks: dict[str, dict[str, str]] = Field({})
    outcomes: dict[str, str] = Field({})
    processes: dict[str, Process] = Field({})


def load_model(folder: str | Path) -> Model:
    """Return the shipped model with what a folder adds.

    Raises InputError with every mistake and its place, where the folder is none, holds nothing of a model or
    something else, or a file of it is wrong. `measures.py` is run: it is code.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError.at(folder, fault("no_model_folder"))
    found = sorted(file.name for file in folder.iterdir() if file.is_file() and file.name[0] != ".")
    for name in found:
        if name not in FILES and Path(name).suffix in (".csv", ".yaml", ".yml", ".py"):
            near = nearest(name, FILES)
            raise InputError.at(folder / name, fault("no_part_of_model", parts=FILES, near=near))
    files = [folder / name for name in FILES if name in found]
    if not files:
        raise InputError.at(folder, fault("empty_model_folder", parts=FILES))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    p, table, programmes = default_parameters(), default_table(), catalogue()
    measures: OwnMeasures | None = None
    added: tuple[str, ...] = ()
    if (file := folder / PARAMETERS) in files:
        p = with_own(p, file)
    if (file := folder / PROCESSES) in files:
        table, added = _with_own_processes(table, file, p)
    if (file := folder / PROGRAMMES) in files:
        programmes = with_own_programmes(programmes, file, p)
    if (file := folder / MEASURES) in files:
        measures = _measures(file)
    return Model(p, table, programmes, measures, added, digest.hexdigest())


def _with_own_processes(
    table: ProcessTable, path: Path, parameters: Iterable[str]
) -> tuple[ProcessTable, tuple[str, ...]]:
    """Return a table with what a file adds to it, and the names of new processes."""
    document = load_document(path, "processes")
    own = document.validate(_Processes)
    whole = table.model_copy(update={
        "step_shapes": [*dict.fromkeys([*table.step_shapes, *own.step_shapes])],
        **{part: {**getattr(table, part), **getattr(own, part)}
           for part in ("traits", "risks", "outcomes", "processes")},
    })  # fmt: skip
    if unknown := unknown_names(whole, parameters):
        raise InputError(in_order(document.problem(place, wrong) for place, wrong in unknown))
    rows = [t.name for process in whole.processes.values() for t in process.transitions]
    for name, process in own.processes.items():
        for k, t in enumerate(process.transitions):
            if rows.count(t.name) > 1:
                place = ("processes", name, "transitions", k, "name")
                raise InputError([document.problem(place, fault("transition_stands_twice", name=t.name))])
    return whole, tuple(name for name in own.processes if name not in table.processes)


def _measures(path: Path) -> OwnMeasures:
    """Return the function `measures` of a file of Python. Raises InputError where it cannot be had."""
    try:
        found = runpy.run_path(str(path)).get("measures")
    except Exception as error:
        raise failed(error, path) from error
    if not callable(found):
        raise InputError.at(path, fault("no_measures"))
    return OwnMeasures(found, path)


def failed(error: Exception, path: Path) -> InputError:
    """Return the error of code in a file as a mistake in that file."""
    why = fault("measures_fail", error=type(error).__name__, why=str(error))
    return InputError.at(path, why, _line_of(error, path))


def _line_of(error: BaseException, path: Path) -> int:
    """Return the last line of a file that an error came through."""
    if isinstance(error, SyntaxError):
        return error.lineno or 1
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
