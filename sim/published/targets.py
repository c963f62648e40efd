"""What a model file is calibrated to: shares in states and moves between them, in a CSV, with errors.

Columns: `cycle`, `state`, `value`, and `se` or `persons`; and where wanted `strategy` (else the first),
`from` and `among`. A row without `from` is the share of persons in a state at a point in time (0 to the last
cycle), of those who are in the states `among`; one with `from` is how many persons, of one, are there at the
start of a cycle (1 and up) and in `state` at its end. Several states stand together as `Well + Ill`. `se`: of
a normal error; `persons`: of how many the value is a share (binomial).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, Problem, nearest
from sim.faults import Fault, fault
from sim.files.wording import MAX_FAULTS, range_fault
from sim.published.cohort import each_point
from sim.published.lookup import read_rows
from sim.published.markov import CompiledModel

Floats = NDArray[np.float64]
NEEDED = ("cycle", "state", "value")
KNOWN = (*NEEDED, "se", "persons", "strategy", "from", "among")


@dataclass(frozen=True)
class ModelTarget:
    """A figure to meet. states, origins, among: positions of states; origins: none for a share."""

    name: str
    strategy: int
    cycle: int
    states: tuple[int, ...]
    origins: tuple[int, ...]
    among: tuple[int, ...]
    value: float
    se: float | None
    persons: float | None

    @property
    def error(self) -> float:
        """Return the standard error of the value."""
        return self.error_at(self.value)

    def error_at(self, share: float) -> float:
        """Return the standard error that the value has where this share is true."""
        if self.se is not None:
            return self.se
        assert self.persons is not None
        return math.sqrt(share * (1.0 - share) / self.persons)

    def log_likelihood(self, said: Floats) -> Floats:
        """Return the logarithm of how likely the value is, but for a constant, where a model says `said`."""
        from scipy.special import xlog1py, xlogy  # a large library that most models do not need

        if self.persons is None:
            return np.asarray(-0.5 * ((said - self.value) / self.error) ** 2)
        chance = np.clip(said, 0.0, 1.0)
        likely = xlogy(self.value, chance) + xlog1py(1.0 - self.value, -chance)
        return np.asarray(self.persons * likely)


def read_targets(path: Path, model: CompiledModel) -> tuple[ModelTarget, ...]:
    """Return the targets of a model in a CSV file.

    Raises InputError with every mistake, with its place: of a file full of them about MAX_FAULTS.
    """
    header, rows = read_rows(path)
    problems = [
        Problem.at(path, fault("no_such_column", name=name, near=None), 1, 1)
        for name in NEEDED
        if header.count(name) != 1
    ]
    at, met = 1, set[str]()
    for name, cell in zip(header, rows[0], strict=True):
        if len(problems) >= MAX_FAULTS:
            break
        if name not in KNOWN or name in met:
            wrong = fault("unknown_key", key=name, near=nearest(name, KNOWN), known=KNOWN)
            problems.append(Problem.at(path, wrong, 1, at))
        at += len(cell) + 1
        met.add(name)
    found = []
    for line, row in enumerate(rows[1:], start=2) if not problems else ():
        if len(problems) >= MAX_FAULTS:
            break
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            problems.append(Problem.at(path, fault("wrong_number_of_cells", count=len(header)), line, 1))
            continue
        reader = _Line(header, [cell.strip() for cell in row], model)
        found.append(reader.target())
        for column, wrong in reader.mistakes:
            at = 1 + sum(len(cell) + 1 for cell in row[: header.index(column)]) if column in header else 1
            problems.append(Problem.at(path, wrong, line, at))
    if not found and not problems:
        problems.append(Problem.at(path, fault("table_without_rows"), 1, 1))
    if problems:
        raise InputError(problems)
    return tuple(found)


class _Line:
    """One line of targets, and what is wrong with it by column."""

    def __init__(self, header: Sequence[str], row: Sequence[str], model: CompiledModel) -> None:
        self.cells = dict(zip(header, row, strict=True))
        self.model = model
        self.mistakes: list[tuple[str, Fault]] = []

    def target(self) -> ModelTarget:
        """Return the target; what is wrong with it is in `mistakes`."""
        model, text = self.model, self.cells
        name = text.get("strategy") or model.strategies[0]
        if name not in model.strategies:
            near = nearest(name, model.strategies)
            self.mistakes.append(("strategy", fault("unknown_strategy", strategy=name, near=near)))
        origins, among = self.states("from"), self.states("among")
        cycle = self.number("cycle", 1.0 if origins else 0.0, float(model.cycles))
        if cycle != round(cycle):
            self.mistakes.append(("cycle", fault("must_be_whole", found=cycle)))
        se = self.number("se", 0.0, above=True) if text.get("se") else None
        persons = self.number("persons", 0.0, above=True) if text.get("persons") else None
        if (se is None) == (persons is None):
            self.mistakes.append(("value", fault("se_or_persons")))
        if origins and among:
            self.mistakes.append(("among", fault("among_of_moves")))
        value = self.number("value", 0.0, 1.0)
        words = f"{text['from']} to {text['state']}" if origins else text["state"]
        words += f" among {text['among']}" if among else ""
        label = f"{name}: {words}, cycle {cycle:g}"
        strategy = model.strategies.index(name) if name in model.strategies else 0
        states = self.states("state")
        return ModelTarget(label, strategy, int(cycle), states, origins, among, value, se, persons)

    def states(self, column: str) -> tuple[int, ...]:
        """Return the positions of the states in a cell; of none where it is empty."""
        text, found = self.cells.get(column, ""), []
        if not text and column != "state":
            return ()
        for name in [text] if text in self.model.states else [part.strip() for part in text.split("+")]:
            if name in self.model.states:
                found.append(self.model.states.index(name))
            else:
                near = nearest(name, self.model.states)
                self.mistakes.append((column, fault("unknown_state", state=name, near=near)))
        return tuple(found)

    def number(self, column: str, low: float, high: float = math.inf, above: bool = False) -> float:
        """Return the number in a cell, from low to high (or above low); after a mistake, low."""
        try:
            number = float(self.cells[column])
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            wrong = fault("table_needs_number", column=column, found=self.cells[column])
        elif above and number <= low:
            wrong = fault("must_be_more_than", low=low, found=number)
        else:
            outside = range_fault(number, low, high)
            if outside is None:
                return number
            wrong = outside
        self.mistakes.append((column, wrong))
        return low


def said_of(model: CompiledModel, targets: Sequence[ModelTarget], variants: int = 1) -> Floats:
    """Return what a model says of each target, [variants, targets]; its groups are those of each variant.

    Not a number where nobody is in the states `among`.
    """
    found = np.empty((variants, len(targets)))
    for point, (shares, _, seen, _) in enumerate(each_point(model, counted=False)):
        for k, target in enumerate(targets):
            if target.cycle != point:
                continue
            if target.origins:
                assert seen is not None
                flows = seen[target.strategy][:, list(target.origins)][:, :, list(target.states)]
                found[:, k] = flows.sum(axis=(1, 2)).reshape(variants, -1).sum(axis=1)
                continue
            here = shares[target.strategy].reshape(variants, -1, len(model.states)).sum(axis=1)
            found[:, k] = here[:, list(target.states)].sum(axis=1)
            if target.among:
                both = [state for state in target.states if state in target.among]
                with np.errstate(invalid="ignore"):
                    found[:, k] = here[:, both].sum(axis=1) / here[:, list(target.among)].sum(axis=1)
    return found
