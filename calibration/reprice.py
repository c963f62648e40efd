"""Renew the costs of a posterior without a new fit of lives: ``python -m calibration.reprice [FOLDER]``.

Its best fit and draws are simulated again with the same parameters and random numbers, and the cost step
(costs.py) is made on their place-years. Columns of lives stay as they are, to the byte.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from calibration import costs
from calibration.calibrate import write
from calibration.documents.markup import figure
from calibration.documents.summary import read
from calibration.figures.targets import TARGET_FILE, read_targets
from calibration.recount import again
from sim.errors import InputError, SimulationError
from sim.model.parameters import DATA, POSTERIOR_FILE, prior_parameters, read_posterior
from sim.progress import Progress, Tell, nobody

PREFIX = "cost."


def reprice(folder: Path, tell: Tell = nobody) -> list[tuple[str, float | None, float]]:
    """Renew the costs of the posterior in a folder; return (name, best fit before, best fit now).

    Raises InputError where it cannot be read and SimulationError where it cannot be written.
    """
    about, found = read(folder)
    before = read_posterior(folder / POSTERIOR_FILE.name)
    priced = costs.priced(again(folder, read_targets(TARGET_FILE), tell), prior_parameters(), about["seed"])
    lives = [name for name in before.names if not name.startswith(PREFIX)]
    own = np.array([[row[name] for name in costs.NAMES] for row in priced.rows])
    values = np.hstack([before.values[:, [before.names.index(name) for name in lives]], own])
    made, told = ({k: v for k, v in each.items() if k != "posterior"} for each in (about, found))
    write(folder, [*lives, *costs.NAMES], values, made, {**told, "spending": priced.spending})
    old = before.row(0)
    return [(name, old.get(name), priced.rows[0][name]) for name in costs.NAMES]


def main(arguments: Sequence[str] | None = None) -> int:
    """Renew, print what moved, and return the exit code."""
    parser = argparse.ArgumentParser(description="Renew the costs of a posterior.")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    options = parser.parse_args(arguments)

    def tell(now: Progress) -> None:
        print(f"\r{now.text()} {now.done + 1} of {now.total}", end="", file=sys.stderr, flush=True)

    try:
        moved = reprice(options.folder, tell)
    except (InputError, SimulationError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    print(file=sys.stderr)
    for name, old, new in moved:
        print(f"{name}: {'not there' if old is None else figure(old)} was, {figure(new)} is")
    return 0


if __name__ == "__main__":
    sys.exit(main())
