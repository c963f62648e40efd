"""A few figures that people quote, small and with a fixed seed: what the model said, and what it says now.

``python -m tests.backtest.refresh`` writes what it says now into key_results.csv, after a change of the model
that is meant to change results. Look at the difference before it is committed, and say why.
"""

from __future__ import annotations

import csv
from pathlib import Path

from sim import compare, load_scenario
from sim.api import Comparison
from sim.decision.comparison import Figure
from sim.inputs.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).with_name("key_results.csv")
COMMAND = "python -m tests.backtest.refresh"
COLUMNS = ("scenario", "year", "figure", "value")
CHILDREN, SEED, YEARS = 10_000, 1, 10
FILES = ("geen", "huidig", "dubbel", "dubbel-ongeoormerkt")

Key = tuple[str, str, str]


def key_results() -> dict[Key, float]:
    """Return each figure by (scenario, year, figure): without limits to care, and where children wait."""
    shipped = [load_scenario(ROOT / "scenarios" / "almere" / f"{name}.yaml") for name in FILES]
    free = [scenario.replace(years=YEARS) for scenario in shipped]
    capped = [scenario.replace(policy="capped") for scenario in free[:2]]
    found = _figures(free, list(FILES))
    return found | _figures(capped, [f"{name}, capped" for name in FILES[:2]])


def _figures(scenarios: list[Scenario], names: list[str]) -> dict[Key, float]:
    """Return the levels of scenarios, and the changes against the first of them."""
    result = compare(scenarios, children=CHILDREN, seed=SEED)
    found: dict[Key, float] = {}
    for k, name in enumerate(names):
        found |= _levels(result, k, name)
        if k:
            found |= _changes(result, k, name)
    return found


def _levels(result: Comparison, k: int, name: str) -> dict[Key, float]:
    return {
        (name, str(level.year), figure): float(value)
        for level in result.levels(k)
        for figure, value in vars(level).items()
        if figure != "year" and value is not None
    }


def _changes(result: Comparison, k: int, name: str) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for change in result.changes(result.names[k]):
        for figure, value in vars(change).items():
            if isinstance(value, Figure):
                found[name, str(change.year), f"change of {figure}"] = value.value
                found[name, str(change.year), f"standard error of change of {figure}"] = value.mcse
        found[name, str(change.year), "programme_cost"] = change.programme_cost
    return found


def read() -> dict[Key, float]:
    """Return the figures of the file."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return {
            (row["scenario"], row["year"], row["figure"]): float(row["value"])
            for row in csv.DictReader(stream)
        }


def main() -> None:
    """Write the figures of today."""
    with FILE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*key, repr(value)) for key, value in key_results().items())


if __name__ == "__main__":
    main()
