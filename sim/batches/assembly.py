"""Make tables from finished units, one or two in memory at a time; order of completion does not matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from sim.batches.results import comparison_table, results_table, standard_errors
from sim.batches.units import UnitStore
from sim.decision.comparison import all_labels, difference
from sim.decision.firm import set_by_plan
from sim.decision.headline import Change, Level, change, horizons, level
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Run
from sim.runs.workers import Workers


@dataclass(frozen=True)
class Entry:
    """A scenario of a batch whose units are all there. keys: the unit of each (draw, replication)."""

    name: str
    scenario: Scenario
    keys: Mapping[tuple[int, int], str]
    reference: str | None = None


@dataclass
class Assembly:
    """Makes the tables of a batch, and collects the headline figures meanwhile.

    Tables are generators: the figures are complete when a table has been read to its end.
    """

    entries: Sequence[Entry]
    store: UnitStore
    workers: Workers
    levels: dict[str, list[Level]] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)
    children: int = 0

    def tables(self) -> dict[str, Iterator[pa.Table]]:
        """Return the long tables in parts; without any reference there is no comparison."""
        found = {"results": self._results()}
        if any(entry.reference for entry in self.entries):
            found["comparison"] = self._comparison()
        return found

    def _results(self) -> Iterator[pa.Table]:
        for entry in self.entries:
            runs: list[Run] = []
            for (draw, replication), key in entry.keys.items():
                run = Run(draw, replication, (self.store.read(key, blocks=not runs),))  # one tells the luck
                self.children = max(self.children, run.columns[0].children)
                yield results_table([entry.scenario], [entry.name], [run])
                runs.append(run)
            years = entry.scenario.years
            self.levels[entry.name] = [level(runs, 0, entry.scenario, h) for h in horizons(years)]
            self.errors[entry.name] = standard_errors(runs[0].columns[0])

    def _comparison(self) -> Iterator[pa.Table]:
        named = {entry.name: entry for entry in self.entries}
        pairs = [
            ScenarioPair(entry, named[entry.reference], self.store.folder)
            for entry in self.entries
            if entry.reference is not None
        ]
        for pair, found in zip(pairs, self.workers.map(compared, pairs), strict=True):
            self.changes[pair.entry.name] = list(found.changes)
            yield found.table


@dataclass(frozen=True)
class ScenarioPair:
    """A scenario and its reference, whose units are in a folder."""

    entry: Entry
    reference: Entry
    folder: Path


@dataclass(frozen=True)
class Compared:
    """What a scenario changes: the rows of the comparison, and the figures at each horizon."""

    table: pa.Table
    changes: tuple[Change, ...]


def compared(pair: ScenarioPair) -> Compared:
    """Return how a scenario differs from its reference, paired run by run. Raises DamagedError."""
    ours, theirs = pair.entry, pair.reference
    store = UnitStore(pair.folder)
    labels = all_labels(store.labels(e.keys[run]) for run in ours.keys for e in (theirs, ours))
    runs = (
        Run(draw, replication, (store.read(theirs.keys[draw, replication]), store.read(key)))
        for (draw, replication), key in ours.keys.items()
    )
    first = ours.scenario
    planned = set_by_plan((theirs.scenario, first))
    d = difference(runs, 1, 0, range(first.start, first.start + first.years), labels, planned)
    alike = (ours.scenario.policy == "capped") == (theirs.scenario.policy == "capped")
    rate = theirs.scenario.discount_rate
    return Compared(
        comparison_table({ours.name: (theirs.name, d)}),
        tuple(change(d, h, rate, alike) for h in horizons(first.years)),
    )
