"""The front door for Python: `from sim import load_scenario, simulate, compare`.

>>> result = simulate(load_scenario("scenarios/almere/huidig.yaml"), children=2000)  # doctest: +SKIP
>>> result.annual.query("measure == 'care_users' and breakdown == 'total'")  # doctest: +SKIP
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sim.batches.precision import MOST, Precision, Sought, precise_runs
from sim.batches.results import comparison_table, manifest, results_table, save, standard_errors
from sim.decision.appraisal import Difference, difference
from sim.decision.budget import Ranked, best_budget
from sim.decision.dossier import DRAWS, Dossier, dossier
from sim.decision.goal import Goal
from sim.decision.headline import Change, Level, change, discount_rate, horizons, level
from sim.decision.sample import Question
from sim.decision.sensitivity import Grid
from sim.decision.sensitivity import two_way as two_way_grid
from sim.decision.tables import tables
from sim.engine.config import worker_threads
from sim.engine.ledger import GEMEENTE, RIJK
from sim.errors import InputError, OptionError, nearest
from sim.faults import fault
from sim.inputs.library import registry, registry_of
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import Scenario
from sim.inputs.scenario import load_scenario as _load
from sim.model.extension import Model, shipped
from sim.model.parameters import default_parameters
from sim.progress import Tell, nobody
from sim.runs.experiment import Options, Run, comparable, run_all
from sim.runs.panel import SAMPLE, Panel, panel
from sim.runs.twins import LIVES, Twins, events_table, parted_table, picture_table, totals, twins, when
from sim.runs.workers import Workers

if TYPE_CHECKING:
    import pandas as pd


def load_scenario(path: str | Path, model: Model | None = None) -> Scenario:
    """Read a scenario file, with its names checked. Raises InputError with every mistake.

    model: one of one's own (`load_model`), whose names the scenario may use.
    """
    return _load(path, registry() if model is None else registry_of(model))


@dataclass(frozen=True)
class Result:
    """What one or more scenarios came to, over all runs; the first is the reference of a comparison."""

    scenarios: tuple[Scenario, ...]
    options: Options
    runs: tuple[Run, ...]
    seconds: float = field(compare=False)
    given_names: tuple[str, ...] | None = None
    model: Model = field(default_factory=shipped, compare=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return a name of each scenario: as given, or its file's stem, with the folder where stems meet."""
        return self.given_names or _short_names(self.scenarios)

    @cached_property
    def table(self) -> pa.Table:
        """Return the long table of results: a row per scenario, draw, replication, year and label."""
        return results_table(self.scenarios, self.names, self.runs)

    @property
    def annual(self) -> pd.DataFrame:
        """Return the long table for pandas."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return the provenance: version, hashes, seed, sizes, libraries, standard errors."""
        columns = self.runs[0].columns
        errors = {name: standard_errors(own) for name, own in zip(self.names, columns, strict=True)}
        return manifest(
            self.scenarios, self.names, self.options, self.model, self.runs, self.seconds, errors,
            self._call(),
        )  # fmt: skip

    @property
    def horizons(self) -> tuple[int, ...]:
        """Return the years ahead for which figures are given."""
        return horizons(self.scenarios[0].years)

    def levels(self, scenario: int = 0) -> list[Level]:
        """Return what one scenario is like at each horizon."""
        return [level(self.runs, scenario, self.scenarios[0].start, h) for h in self.horizons]

    def lives(
        self, scenario: int = 0, *, sample: int | None = SAMPLE, by: str = "month", tell: Tell = nobody
    ) -> Panel:
        """Return simulated children of the first run of a scenario (its place), by month or by event.

        sample: how many; None is everyone. They are lived again: results do not change. Raises OptionError
        for impossible options, InputError where places are limited, SimulationError where it fails.
        """
        with worker_threads(self.options.threads) as pool, ThreadPoolExecutor(1) as conductor:
            asked = self.scenarios[scenario], self.options, pool, sample, by, tell
            return conductor.submit(panel, *asked, model=self.model).result()

    def save(self, folder: str | Path, csv: bool = False) -> None:
        """Write the tables and the manifest into a folder. Raises SimulationError where it cannot."""
        save(Path(folder), self._tables(), self.manifest, csv)

    def _tables(self) -> dict[str, pa.Table]:
        return {"results": self.table}

    def _call(self) -> dict[str, Any]:
        return {"verb": "run"}


@dataclass(frozen=True)
class Comparison(Result):
    """Scenarios against the first of them, on the same children with common random numbers.

    precision: how many replications were enough, where that was asked.
    """

    precision: Precision | None = None

    @cached_property
    def differences(self) -> Mapping[str, Difference]:
        """Return scenario minus reference, by name."""
        first = self.scenarios[0]
        years = range(first.start, first.start + first.years)
        return {name: difference(self.runs, k, 0, years) for k, name in enumerate(self.names) if k > 0}

    def changes(self, name: str) -> list[Change]:
        """Return what a scenario changes at each horizon. Raises KeyError for an unknown name."""
        rate = discount_rate(self.scenarios[0])
        ways = {self.scenarios[k].policy == "capped" for k in (0, self.names.index(name))}
        return [change(self.differences[name], h, rate, len(ways) == 1) for h in self.horizons]

    @cached_property
    def comparison(self) -> pa.Table:
        """Return the long table of differences: a row per scenario, year and label."""
        return comparison_table({name: (self.names[0], d) for name, d in self.differences.items()})

    def _tables(self) -> dict[str, pa.Table]:
        return {"results": self.table, "comparison": self.comparison}

    def _call(self) -> dict[str, Any]:
        asked = {} if self.precision is None else {"precision": self.precision.as_data()}
        return {"verb": "compare", **asked}


def simulate(
    scenario: Scenario,
    *,
    tell: Tell | None = None,
    names: Sequence[str] | None = None,
    model: Model | None = None,
    **options: Any,
) -> Result:
    """Simulate one scenario. options: children, draws, replications, seed, threads (see Options).

    names: what the scenario is called in tables. model: one of one's own (`load_model`), by which lives go.
    Raises OptionError for impossible options and SimulationError where an invariant breaks.
    """
    started = time.monotonic()
    chosen, model = Options(**options), model or shipped()
    runs = tuple(run_all([scenario], chosen, tell=tell, model=model))
    seconds = time.monotonic() - started
    return Result((scenario,), chosen, runs, seconds, tuple(names) if names else None, model)


def compare(
    scenarios: Sequence[Scenario],
    reference: Scenario | None = None,
    *,
    tell: Tell | None = None,
    names: Sequence[str] | None = None,
    precision: float | None = None,
    precision_of: str = "",
    max_replications: int = MOST,
    model: Model | None = None,
    **options: Any,
) -> Comparison:
    """Compare scenarios with `reference` (default: the first) on the same children.

    names: what the scenarios are called in tables, the reference first. precision: add replications until
    the extra cost to the municipality at the last horizon is known to so many euros (half of a 95%
    confidence interval), but no more than max_replications; precision_of names another difference, such as
    `unmet_need@2035` or `care_users/form/ambulant`; see precision.py. model: one of one's own (`load_model`),
    by which lives go. Raises ValueError for fewer
    than two scenarios or impossible options, and InputError where municipality, start or years differ.
    """
    started = time.monotonic()
    chosen, model = Options(**options), model or shipped()
    ordered = list(scenarios)
    if reference is not None:
        ordered = [reference, *(s for s in ordered if s is not reference)]
    if len(ordered) < 2:
        raise OptionError("scenarios", fault("two_scenarios_or_more"))
    comparable(ordered)
    found: Precision | None = None
    if precision is None:
        if precision_of:
            raise OptionError("precision_of", fault("precision_of_alone"))
        runs = tuple(run_all(ordered, chosen, tell=tell, model=model))
    else:
        sought = Sought.read(precision_of) if precision_of else Sought()
        found, runs = precise_runs(ordered, chosen, precision, max_replications, tell, sought, model)
        chosen = replace(chosen, replications=found.made)
    seconds = time.monotonic() - started
    return Comparison(
        tuple(ordered), chosen, runs, seconds, tuple(names) if names else None, model, found
    )  # fmt: skip


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
        discount_rate(reference), chance,
    )  # fmt: skip
    if goal.year not in question.years:
        raise OptionError(
            "year",
            fault("year_out_of_range", first=question.years[0], last=question.years[-1], found=goal.year),
        )
    if payer not in (GEMEENTE, RIJK):
        raise OptionError("payer", fault("unknown_payer", payer=payer, near=nearest(payer, (GEMEENTE, RIJK))))
    names = names or _short_names([reference, other])
    with Workers(threads) as workers:
        found = dossier(
            question, goal, draws, folder, workers, (names[0], names[1]), tell, willingness, search
        )
        grid = None
        if two_way is not None:
            grid = two_way_grid(question, goal, *two_way, workers, tell)
        best: tuple[Ranked, ...] = ()
        if budget is not None:
            best = tuple(best_budget(question, budget, workers, min(draws, 40), goal.rate, tell))
    call = {
        "verb": "sensitivity", "year": year, "payer": payer, "capacity": capacity, "chance": chance,
        "willingness": willingness, "budget": budget, "two_way": two_way, "search": search,
    }  # fmt: skip
    provenance = _provenance((reference, other), names, options, started, call)
    save(folder, tables(found), provenance, csv)
    return Appraisal(found, provenance, folder, best, budget, grid)


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
            "children": len(t.partings) * t.scale,
            "euros": float(t.euros.sum()) * t.scale,
            "care_years": float(t.care_years.sum()) * t.scale,
            "partings": [asdict(row) for row in totals(t)],
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
    with worker_threads(threads) as pool, ThreadPoolExecutor(1) as conductor:  # Ctrl-C: see workers.py
        found = conductor.submit(twins, reference, other, options, pool).result()
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
    names = names or _short_names([reference, other])
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


def _short_names(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Return a short name of each scenario: its file's stem, with the folder where stems meet."""
    stems = [s.path.stem if s.path else s.title for s in scenarios]
    if len(set(stems)) < len(stems):
        stems = [f"{s.path.parent.name}/{s.path.stem}" if s.path else s.title for s in scenarios]
    if len(set(stems)) < len(stems):
        stems = [f"{number}: {stem}" for number, stem in enumerate(stems, 1)]
    return tuple(stems)
