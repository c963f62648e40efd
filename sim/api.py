"""The front door for Python: `from sim import load_scenario, simulate, compare`.

>>> result = simulate(load_scenario("scenarios/almere/huidig.yaml"), children=2000)  # doctest: +SKIP
>>> result.annual.query("measure == 'care_users' and breakdown == 'total'")  # doctest: +SKIP
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sim.batches.precision import MOST, Precision, Sought, precise_runs
from sim.batches.results import comparison_table, manifest, results_table, save, standard_errors
from sim.decision.comparison import Difference, difference
from sim.decision.firm import set_by_plan
from sim.decision.headline import Change, Level, change, horizons, level
from sim.errors import OptionError, within
from sim.faults import fault
from sim.inputs.library import registry, registry_of
from sim.inputs.scenario import Scenario
from sim.inputs.scenario import load_scenario as _load
from sim.machine.conductor import Conductor
from sim.model.extension import Model, shipped
from sim.progress import Tell, nobody
from sim.runs.alike import comparable
from sim.runs.experiment import Options, Run, run_all
from sim.runs.panel import SAMPLE, Panel, panel
from sim.runs.threads import run_threads

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
        return self.given_names or short_names(self.scenarios)

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
        return [level(self.runs, scenario, self.scenarios[scenario], h) for h in self.horizons]

    def lives(
        self, scenario: int = 0, *, sample: int | None = SAMPLE, by: str = "month", tell: Tell = nobody
    ) -> Panel:
        """Return simulated children of the first run of a scenario (its place), by month or by event.

        sample: how many; None is everyone. They are lived again: results do not change. Raises OptionError
        for impossible options, InputError where places are limited, SimulationError where it fails.
        """
        within("scenario", scenario, 0, len(self.scenarios) - 1)
        with run_threads(self.options.threads) as pool, Conductor() as conductor:
            asked = self.scenarios[scenario], self.options, pool, sample, by, tell
            return conductor.run(panel, *asked, model=self.model)

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
        return {
            name: difference(
                self.runs, k, 0, years, planned=set_by_plan((first, self.scenarios[k]))
            )
            for k, name in enumerate(self.names) if k > 0
        }  # fmt: skip

    def changes(self, name: str) -> list[Change]:
        """Return what a scenario changes at each horizon. Raises KeyError for an unknown name."""
        rate = self.scenarios[0].discount_rate
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


def short_names(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Return a short name of each scenario: its file's stem, with the folder where stems meet."""
    stems = [s.path.stem if s.path else s.title for s in scenarios]
    if len(set(stems)) < len(stems):
        stems = [f"{s.path.parent.name}/{s.path.stem}" if s.path else s.title for s in scenarios]
    if len(set(stems)) < len(stems):
        stems = [f"{number}: {stem}" for number, stem in enumerate(stems, 1)]
    return tuple(stems)
