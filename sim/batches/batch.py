"""A batch: every scenario of a folder in every draw and replication, on workers here or on a cluster.

1. The folder is read; what is wrong in a file is reported at the end and stops no other.
2. Each (scenario, draw, replication) is a unit with a name of its own; units that are there already are not
   made again (units.py).
3. What is missing goes to workers in tasks (tasks.py, executors.py); each unit is kept as it comes.
4. Tables are put together from the units (assembly.py) and written with a manifest, all at once.

A second batch into the same folder waits for the first and then finds its units.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.batches.assembly import Assembly, Entry
from sim.batches.executors import TaskExecutor, executor, share_out
from sim.batches.folder import BatchMember, Folder, read_folder
from sim.batches.results import drop_asides, manifest, save
from sim.batches.tasks import Task, UnitOutcome, fault_in, make, plan
from sim.batches.units import DamagedError, HashedScenario, Unit, UnitStore
from sim.decision.headline import Change, Level, as_json
from sim.engine.simulation import apart
from sim.errors import Problem, SimulationError
from sim.faults import Fault, fault
from sim.inputs.library import registry
from sim.machine.locking import held
from sim.machine.variables import processors
from sim.model.extension import shipped
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import Options
from sim.runs.workers import Workers

UNITS = "units"
"""The folder of units within that of the results."""
LOCK = ".lock"
KEPT = "stopped; units that were finished are kept: the same command goes on from there"


@dataclass(frozen=True)
class Batch:
    """The results of a batch. made, known: units simulated now, and reused from an earlier batch."""

    folder: Path
    manifest: Mapping[str, Any]
    levels: Mapping[str, list[Level]]
    changes: Mapping[str, list[Change]]
    references: Mapping[str, str]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    made: int
    known: int

    def as_json(self) -> dict[str, Any]:
        """Return one object: manifest, headline figures, what went wrong, and where the tables are."""
        return {
            "manifest": dict(self.manifest),
            "headline": {
                "levels": {name: [as_json(item) for item in items] for name, items in self.levels.items()},
                "references": dict(self.references),
                "differences": {
                    name: [as_json(item) for item in items] for name, items in self.changes.items()
                },
            },
            "problems": [problem.as_json() for problem in self.problems],
            "notes": list(self.notes),
            "tables": sorted(str(file) for file in self.folder.glob("*.parquet")),
        }


def run_batch(
    folder: str | Path,
    out: str | Path,
    *,
    draws: int = 1,
    replications: int = 1,
    children: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    cluster: str | None = None,
    csv: bool = False,
    tell: Tell = nobody,
) -> Batch:
    """Simulate every scenario in a folder, and write tables and a manifest to `out`.

    Units of an earlier batch are reused; every finished unit is kept. Raises InputError where nothing in
    the folder can be used, ValueError for impossible options, and SimulationError where results cannot be
    written, a cluster is lost or nothing could be finished.
    """
    options = Options(children=children, draws=draws, replications=replications, seed=seed)
    members = read_folder(folder, registry())
    with executor(workers, cluster) as running:
        return simulate_members(members, Path(out), options, running, csv, tell)


def simulate_members(
    folder: Folder,
    out: Path,
    options: Options,
    executor: TaskExecutor,
    csv: bool = False,
    tell: Tell = nobody,
) -> Batch:
    """Simulate members on an executor; see `run_batch`."""
    started = time.monotonic()
    with _alone_in(out, tell) as alone:
        if alone:
            drop_asides(out)
        job = _Job(folder, UnitStore(out / UNITS), options, executor, tell)
        job.make_missing()
        try:
            assembly = job.assemble(out, csv, started)
        except DamagedError:  # the disk did not keep what was written
            job.drop_damaged()
            job.make_missing()
            assembly = job.assemble(out, csv, started)
    return Batch(
        out, job.provenance, assembly.levels, assembly.changes,
        {entry.name: entry.reference for entry in assembly.entries if entry.reference},
        tuple(folder.problems + job.problems()), tuple(folder.notes), job.made, job.known,
    )  # fmt: skip


@dataclass
class _Job:
    """One batch while it runs. faults: why a unit could not be made, by its name.

    work_seconds: of all workers together; make_seconds: from handing out the first unit to keeping the last.
    """

    folder: Folder
    store: UnitStore
    options: Options
    executor: TaskExecutor
    tell: Tell
    faults: dict[str, Fault] = field(default_factory=dict)
    made: int = 0
    known: int = 0
    work_seconds: float = 0.0
    make_seconds: float = 0.0
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name the units of every member."""
        runs, o = self.options.runs(), self.options
        self.units: dict[str, dict[tuple[int, int], Unit]] = {}
        works = {member.name: HashedScenario.of(member.scenario) for member in self.folder.members}
        for name, root in roots(self.folder.members).items():
            self.units[name] = {
                run: Unit.of(works[name], o.seed, *run, o.children, works[root]) for run in runs
            }

    def make_missing(self) -> None:
        """Make the units that are not there, keeping each as it comes. Raises SimulationError."""
        with _written_to(self.store.folder):
            self.store.sweep()
            there = self.store.known()
        wanted = {unit.key: unit for own in self.units.values() for unit in own.values()}
        missing = [unit for key, unit in wanted.items() if key not in there]
        done = len(wanted) - len(missing)
        self.known = done - self.made
        self.tell(Progress("units", done, len(wanted)))
        started = time.monotonic()
        tasks = plan(missing, self.executor.size)
        with contextlib.closing(share_out(self.executor, make, tasks, Task.parts)) as answers:
            for task, answer in answers:
                self._keep(task, answer)
                done += len(task.units)
                self.tell(Progress("units", done, len(wanted)))
        self.make_seconds += time.monotonic() - started

    def _keep(self, task: Task, answer: list[UnitOutcome] | Exception) -> None:
        if isinstance(answer, Exception):
            self.faults |= dict.fromkeys((unit.key for unit in task.units), fault_in(answer))
            return
        for outcome in answer:
            self.work_seconds += outcome.seconds
            if outcome.fault:
                self.faults[outcome.key] = outcome.fault
            else:
                with _written_to(self.store.folder):
                    self.store.write(outcome.key, outcome.content)
                self.made += 1

    def drop_damaged(self) -> None:
        """Remove what the disk did not keep as it was written."""
        with _written_to(self.store.folder):
            self.store.drop_damaged(unit.key for own in self.units.values() for unit in own.values())

    def problems(self) -> list[Problem]:
        """Return a problem for each member of which a unit could not be made."""
        found = []
        for member in self.folder.members:
            failed = self._failed(member)
            if failed:
                (draw, replication), why = failed[0]
                wrong = fault(
                    "member_failed",
                    name=member.name, draw=draw, replication=replication,
                    more=len(failed) - 1 or None, why=why,
                )  # fmt: skip
                found.append(Problem.at(member.file, wrong))
        return found

    def _failed(self, member: BatchMember) -> list[tuple[tuple[int, int], Fault]]:
        own = self.units[member.name]
        return [(run, self.faults[unit.key]) for run, unit in own.items() if unit.key in self.faults]

    def assemble(self, out: Path, csv: bool, started: float) -> Assembly:
        """Write the tables of members that are complete. Raises SimulationError where none is."""
        complete = [member for member in self.folder.members if not self._failed(member)]
        if not complete:
            raise SimulationError(
                fault("nothing_finished", problems=tuple(each.with_place() for each in self.problems()))
            )
        names = {member.name for member in complete}
        entries = [
            Entry(
                m.name, m.scenario, {run: unit.key for run, unit in self.units[m.name].items()},
                m.reference if m.reference in names else None,
            )
            for m in complete
        ]  # fmt: skip
        self.tell(Progress("writing_tables"))
        with Workers(min(processors(), self.executor.size)) as workers:
            assembly = Assembly(entries, self.store, workers)
            try:
                save(out, assembly.tables(), lambda: self._certified(assembly, started), csv)
            except SimulationError as error:
                raise SimulationError(fault("goes_on_from_there", why=error.fault)) from error
        return assembly

    def _certified(self, assembly: Assembly, started: float) -> dict[str, Any]:
        entries, o = assembly.entries, self.options
        references = {entry.name: entry.reference for entry in entries if entry.reference}
        found = manifest(
            [entry.scenario for entry in entries], [entry.name for entry in entries], o,
            shipped(), [], time.monotonic() - started, assembly.errors,
            {"verb": "batch", "references": references},
        )  # fmt: skip
        found["children"] = assembly.children
        found["units"] = dict(Counter(made=self.made, known=self.known, failed=len(self.faults)))
        found["workers"] = self.executor.size
        found["work_seconds"] = round(self.work_seconds, 3)
        found["make_seconds"] = round(self.make_seconds, 3)
        self.provenance = found
        return found


def roots(members: Sequence[BatchMember]) -> dict[str, str]:
    """Return for each member, by name, the one that is lived in full and from whose lives its own part.

    That is its reference, or the reference of that one, and so on, as far as lives can be shared.
    """
    named = {member.name: member for member in members}
    found = {}
    for member in members:
        root, seen = member, {member.name}
        while root.reference in named and root.reference not in seen:
            above = named[root.reference]
            if apart([above.scenario, member.scenario]):
                break
            seen.add(above.name)
            root = above
        found[member.name] = root.name
    return found


@contextmanager
def _alone_in(out: Path, tell: Tell) -> Iterator[bool]:
    """Lock a folder for this batch; wait while another batch uses it. Yield whether it is locked.

    The operating system releases the lock when its owner ends. Raises SimulationError where the
    folder cannot be written.
    """
    with _written_to(out):
        out.mkdir(parents=True, exist_ok=True)
        (out / LOCK).touch()
    with ExitStack() as stack:
        alone = False
        with suppress(OSError):  # a disk without locks: renaming alone keeps files whole
            alone = stack.enter_context(
                held(out / LOCK, lambda: tell(Progress("waiting_for_batch", values={"folder": out})))
            )
        yield alone


@contextmanager
def _written_to(folder: Path) -> Iterator[None]:
    """Say in one clear message that a folder cannot be written."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise SimulationError(
            fault("goes_on_from_there", why=fault("results_not_written", folder=folder, reason=reason))
        ) from error
