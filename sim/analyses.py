"""Analyses that simulate no more than they need: a judgement over draws, of a study, and lives that part.

They stand apart from `api.py`, so that a run or a comparison does not import what only they use.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from sim.api import short_names
from sim.batches.results import manifest, save
from sim.decision.budget import Ranked, best_budget
from sim.decision.design import NUMBERS, Design
from sim.decision.dossier import DRAWS, Dossier, dossier
from sim.decision.goal import Goal
from sim.decision.learning import (
    Beliefs,
    beliefs,
    by_size,
    choice_of_child_work,
    decisions,
    nothing_believed,
    worth,
)
from sim.decision.sample import Question, collect
from sim.decision.sensitivity import Grid
from sim.decision.sensitivity import two_way as two_way_grid
from sim.decision.study import StudyWorth
from sim.decision.tables import tables
from sim.engine.ledger import GEMEENTE, RIJK
from sim.errors import InputError, OptionError, nearest
from sim.faults import fault
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import Scenario
from sim.machine.conductor import Conductor
from sim.model.extension import shipped
from sim.model.parameters import default_parameters
from sim.progress import Tell, nobody
from sim.runs.alike import comparable
from sim.runs.experiment import Options
from sim.runs.life_events import when
from sim.runs.threads import run_threads
from sim.runs.twin_tables import events_table, parted_table, picture_table
from sim.runs.twins import LIVES, Twins, twins
from sim.runs.workers import Workers


@dataclass(frozen=True)
class Appraisal:
    """A dossier with its manifest, and what was asked beside it."""

    dossier: Dossier
    manifest: dict[str, Any]
    folder: Path
    ranking: tuple[Ranked, ...] = ()
    budget: float | None = None
    grid: Grid | None = None

    def as_json(self) -> dict[str, Any]:
        """Return one object: manifest, the answers, and where the tables are."""
        data: dict[str, Any] = {"manifest": self.manifest, "answers": self.dossier.as_json()}
        if self.budget is not None:
            data["best_budget"] = {
                "budget": self.budget,
                "uses": [
                    {**asdict(r), "name": r.choice.name, "gain": r.gain, "as_good": r.as_good}
                    for r in self.ranking
                ],
            }
        if self.grid is not None:
            data["two_way"] = {**asdict(self.grid), "outcomes": self.grid.outcomes.tolist()}
        data["tables"] = sorted(str(file) for file in self.folder.glob("*.parquet"))
        return data


def appraise(
    reference: Scenario,
    other: Scenario,
    folder: Path,
    *,
    year: int | None = None,
    payer: str = GEMEENTE,
    capacity: bool = False,
    chance: float = 0.5,
    willingness: float | None = None,
    budget: float | None = None,
    two_way: tuple[str, str] | None = None,
    children: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    threads: int | None = None,
    csv: bool = False,
    search: int = 40,
    names: Sequence[str] | None = None,
    tell: Tell = nobody,
) -> Appraisal:
    """Judge a scenario against its reference, over draws that are kept in `folder`, and write tables there.

    year: break even by its end (default: the last). See Dossier for the answers. Raises InputError where the
    two cannot be compared, OptionError for impossible options, SimulationError where something fails.
    """
    started = time.monotonic()
    comparable([reference, other])
    if not other.years:
        raise InputError.at(other.path or other.title, fault("no_years_to_judge"))
    if two_way is not None:
        for name in two_way:
            if name not in default_parameters():
                raise OptionError(
                    "two_way", fault("two_way_unknown", name=name, near=nearest(name, default_parameters()))
                )
    options = Options(children=children, draws=draws, seed=seed, threads=threads)
    question = Question((reference, other), options)
    goal = Goal(
        question.years[-1] if year is None else year, payer, "cost" if capacity else "cost_cashable",
        reference.discount_rate, chance,
    )  # fmt: skip
    if goal.year not in question.years:
        raise OptionError(
            "year",
            fault("year_out_of_range", first=question.years[0], last=question.years[-1], found=goal.year),
        )
    if payer not in (GEMEENTE, RIJK):
        raise OptionError("payer", fault("unknown_payer", payer=payer, near=nearest(payer, (GEMEENTE, RIJK))))
    names = names or short_names([reference, other])
    with Workers(threads) as workers:
        found = dossier(
            question, goal, draws, folder, workers, (names[0], names[1]), tell, willingness, search
        )
        grid = None
        if two_way is not None and found.luck_known:
            grid = two_way_grid(question, goal, *two_way, workers, tell)
        best: tuple[Ranked, ...] = ()
        if budget is not None and found.luck_known:
            best = tuple(best_budget(question, budget, workers, min(draws, 40), goal.rate, tell))
    call = {
        "verb": "sensitivity", "year": year, "payer": payer, "capacity": capacity, "chance": chance,
        "willingness": willingness, "budget": budget, "two_way": two_way, "search": search,
    }  # fmt: skip
    provenance = _provenance((reference, other), names, options, started, call)
    save(folder, tables(found), provenance, csv)
    return Appraisal(found, provenance, folder, best, budget, grid)


@dataclass(frozen=True)
class StudyAppraisal:
    """What a study of child work is worth, with its manifest and the folder of its tables.

    willingness: euros for a child-year without moderate or complex need; decisions: see `decisions`.
    """

    beliefs: Beliefs
    design: Design
    willingness: float
    decisions: float
    manifest: dict[str, Any]
    folder: Path

    @property
    def asked(self) -> StudyWorth:
        """Return what the study as it is designed is worth."""
        return worth(self.beliefs, self.design, self.willingness, self.decisions)

    @property
    def best_now(self) -> str | None:
        """Return which is best now, `reference` or `other`; None where too few children are simulated."""
        if not self.beliefs.luck_known:
            return None
        return "other" if self.beliefs.now(self.willingness) else "reference"

    @property
    def sizes(self) -> list[tuple[int, StudyWorth]]:
        """Return what it is worth by its neighbourhoods with child work, as it is designed among them."""
        found = dict(by_size(self.beliefs, self.design, self.willingness, self.decisions))
        return sorted({**found, self.design.neighbourhoods: self.asked}.items())

    def as_json(self) -> dict[str, Any]:
        """Return one object: manifest, what was asked, its worth by size, and where the tables are."""
        found = self.beliefs
        return {
            "manifest": self.manifest,
            "willingness": self.willingness,
            "best_now": self.best_now,
            "draws": found.simulated,
            "accuracy": found.accuracy,
            "decisions": self.decisions,
            "numbers": self.design.numbers,
            "years": self.design.years,
            "asked": _study_row(self.design.neighbourhoods, self.asked),
            "sizes": [_study_row(size, one) for size, one in self.sizes],
            "tables": sorted(str(file) for file in self.folder.glob("*.parquet")),
        }


def _study_row(size: int, one: StudyWorth) -> dict[str, float | None]:
    """Return what a study is worth as plain data, None where it cannot be told."""
    return {"neighbourhoods": size} | {
        name: None if math.isnan(value) else value
        for name, value in (
            ("chance", one.chance), ("worth_to_one", one.one.value), ("se", one.one.se),
            ("most", one.most.value), ("worth", one.all_of_them), ("price", one.price), ("net", one.net),
        )
    }  # fmt: skip


def _study_table(sizes: Sequence[tuple[int, StudyWorth]]) -> pa.Table:
    rows = [_study_row(size, one) for size, one in sizes]
    kinds = {name: pa.int64() if name == "neighbourhoods" else pa.float64() for name in rows[0]}
    return pa.Table.from_pylist(rows, pa.schema(kinds))


def appraise_study(
    reference: Scenario,
    other: Scenario,
    folder: Path,
    *,
    neighbourhoods: int = 20,
    years: int = 3,
    municipalities: int = 1,
    willingness: float | None = None,
    children: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    threads: int | None = None,
    csv: bool = False,
    kept: Path | None = None,
    names: Sequence[str] | None = None,
    tell: Tell = nobody,
) -> StudyAppraisal:
    """Say what a study of child work is worth, over draws, and write tables to `folder`.

    neighbourhoods: with child work; as many are without. years: of the study. municipalities: that have the
    same choice. willingness: euros for a child-year (default: where least is sure). kept: the folder in which
    draws are kept (default: `folder`); `appraise` shares them. Raises InputError where the choice is not
    about child work alone, SimulationError where something fails.
    """
    started = time.monotonic()
    options = Options(children=children, draws=draws, seed=seed, threads=threads)
    question = choice_of_child_work((reference, other), options)
    goal = Goal(question.years[-1], measure="cost", rate=reference.discount_rate)
    if question.too_few:  # all that they would find could be luck
        found = nothing_believed(question, goal)
    else:
        with Workers(threads) as workers:
            found = beliefs(collect(question, draws, kept or folder, workers, tell), goal, workers, tell)
    call = {
        "verb": "study", "neighbourhoods": neighbourhoods, "years": years, "municipalities": municipalities,
        "willingness": willingness,
    }  # fmt: skip
    names = names or short_names([reference, other])
    study = StudyAppraisal(
        found, Design(neighbourhoods, years), found.least_sure if willingness is None else willingness,
        decisions(question, municipalities), _provenance((reference, other), names, options, started, call),
        folder,
    )  # fmt: skip
    numbers = [(NUMBERS[name], value) for name, value in study.design.numbers.items()]
    tables = {
        "studies": _study_table(study.sizes),
        "study_numbers": pa.table({
            "name": [number.name for number, _ in numbers],
            "value": [float(value) for _, value in numbers],
            "low": [float(number.low) for number, _ in numbers],
            "high": [float(number.high) for number, _ in numbers],
            **{key: [getattr(number, key) for number, _ in numbers] for key in ("unit", "grade", "source")},
        }),
    }  # fmt: skip
    save(folder, tables, study.manifest, csv)
    return study


@dataclass(frozen=True)
class TwinLives:
    """Twins with their manifest, written to a folder."""

    twins: Twins
    manifest: dict[str, Any]
    folder: Path
    child: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return one object: manifest, totals by kind of parting, and where the tables are."""
        t = self.twins
        data: dict[str, Any] = {
            "manifest": self.manifest,
            "children": t.parted,
            "euros": t.total(t.euros),
            "care_years": t.total(t.care_years),
            "partings": [asdict(row) for row in t.totals()],
        }
        if self.child is not None:
            data["child"] = {
                "id": int(t.ids[self.child]),
                "euros": float(t.euros[self.child].sum()),
                "lives": {
                    name: [
                        {"month": when(e.month), "process": t.table.row_process[e.row],
                         "transition": t.table.rows[e.row]}
                        for e in life.events(self.child)
                    ]
                    for name, life in zip(LIVES, t.lives, strict=True)
                },
            }  # fmt: skip
        data["tables"] = sorted(str(file) for file in self.folder.glob("*.parquet"))
        return data


def twin_lives(
    reference: Scenario,
    other: Scenario,
    folder: Path,
    *,
    child: int | None = None,
    children: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    csv: bool = False,
    names: Sequence[str] | None = None,
) -> TwinLives:
    """Simulate in both scenarios the children whom they reach differently, and write tables to `folder`.

    child: an id, whose two lives are shown. Raises InputError where the two cannot be compared, ValueError
    where they do not share lives or no such child was simulated twice, SimulationError where it fails.
    """
    started = time.monotonic()
    comparable([reference, other])
    options = Options(children=children, seed=seed, threads=threads)
    with run_threads(threads) as pool, Conductor() as conductor:
        found = conductor.run(twins, reference, other, options, pool)
    where = None
    if child is not None:
        where = found.position(child)
        if where is None:
            some = tuple(str(found.ids[p.child]) for p in found.partings[:3])
            raise OptionError(
                "child",
                fault(
                    "not_lived_twice",
                    child=child,
                    some=some,
                ),
            )
    names = names or short_names([reference, other])
    provenance = _provenance((reference, other), names, options, started, {"verb": "twins"})
    written = {"twins": parted_table(found), "events": events_table(found), "picture": picture_table(found)}
    save(folder, written, provenance, csv)
    return TwinLives(found, provenance, folder, where)


def _provenance(
    scenarios: Sequence[Scenario],
    names: Sequence[str],
    options: Options,
    started: float,
    call: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the manifest of an analysis that simulated only children whom scenarios reach differently."""
    seconds = time.monotonic() - started
    found = manifest(scenarios, names, options, shipped(), [], seconds, {}, call)
    everyone = profile_of(scenarios[0]).total
    return {**found, "children": round(everyone) if options.children is None else options.children}
