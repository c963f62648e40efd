"""Compare two posteriors, or ship one: ``python -m calibration.posteriors compare A B`` and ``ship A``.

A and B are folders that a calibration wrote; the word `shipped` stands for the posterior in use, and the name
of a structure for that of this structure. ``ship A`` puts it in use for its own structure.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.calibrate import FILES, OUTCOMES
from calibration.documents.markup import figure, markdown
from calibration.documents.summary import fitted_share, read
from sim.errors import InputError
from sim.faults import fault
from sim.machine.whole import written_whole
from sim.model import structures
from sim.model.parameters import (
    DATA,
    POSTERIOR_FILE,
    Parameters,
    read_posterior,
    with_posterior,
)
from sim.model.structures import CARE_CHANGES_NEED, STRUCTURES, believed_in

MOST = 30
ROUNDING = 1e-9
"""Relative: what differs by less is the same number, written or computed another way."""
Floats = NDArray[np.float64]


def folder_of(word: str) -> Path:
    """Return the folder that a word of the command line stands for."""
    if word in STRUCTURES:
        return structures.folder_of(word)
    return DATA if word == "shipped" else Path(word)


def compare(first: Path, second: Path) -> str:
    """Return what differs between two posteriors, the parameters that moved most first.

    A move is in units of the wider of both spreads. What is constant in both has none: it comes first where
    it has another value, and is left out where it has not. Raises InputError where one cannot be read.
    """
    ours, theirs = (read_posterior(folder / POSTERIOR_FILE.name) for folder in (first, second))
    names = [name for name in ours.names if name in theirs.names]
    rows = []
    for name in names:
        a, b = (x.values[:, x.names.index(name)] for x in (ours, theirs))
        if not _same(np.concatenate([a, b])):
            rows.append((name, a, b, _move(a[1:], b[1:])))
    rows.sort(key=lambda row: (-abs(row[3]), row[0]))
    text = ""
    for words, folder in (("first", first), ("second", second)):
        about, found = read(folder)
        inside, error = fitted_share(found)
        text += (
            f"{words}: {about['draws']} draws, seed {about['seed']}{', quick' if about['quick'] else ''}, "
            f"targets "
            f"{about['targets'][:12]}, priors {about['prior'][:12]}; {inside:.0%} of fitted figures inside, "
            f"median error {error:.1%}\n"
        )
    for words, mine, other in (("first", ours, theirs), ("second", theirs, ours)):
        if only := [name for name in mine.names if name not in other.names]:
            text += f"only in the {words}: {', '.join(only)}\n"
    shown = [
        (name, figure(a[0]), _range(a[1:]), figure(b[0]), _range(b[1:]), _in_words(move))
        for name, a, b, move in rows[:MOST]
    ]
    return text + "\n" + markdown(("parameter", "first", "range", "second", "range", "move"), shown)


def _move(ours: Floats, theirs: Floats) -> float:
    """Return by how many of the wider spread draws moved; infinitely many where neither has one."""
    apart = float(theirs.mean() - ours.mean())
    if _same(ours) and _same(theirs):
        return 0.0 if _same(np.concatenate([ours, theirs])) else math.copysign(math.inf, apart)
    return apart / max(float(ours.std()), float(theirs.std()))


def _same(values: Floats) -> bool:
    """Tell whether values are one number, up to rounding."""
    return bool(np.allclose(values, values[0], rtol=ROUNDING, atol=0.0))


def _in_words(move: float) -> str:
    return f"{move:+.2f}" if math.isfinite(move) else "another constant"


def _range(values: Floats) -> str:
    low, high = np.quantile(values, (0.05, 0.95))
    return f"{figure(float(low))} to {figure(float(high))}"


def ship(folder: Path, data: Path = DATA, prior: Parameters | None = None) -> None:
    """Put a posterior in use: check that it is whole and fits the parameters, then replace the old one.

    One of another structure goes to the folder of that structure, and may be quick: nothing uses it unless a
    scenario names it. Raises InputError where it does not fit, was made by a quick calibration, or its files
    do not belong together.
    """
    path = folder / POSTERIOR_FILE.name
    posterior, (about, found) = read_posterior(path), read(folder)
    structure = about.get("structure", CARE_CHANGES_NEED)
    if structure not in structures.STRUCTURES:
        raise InputError.at(path, fault("not_of_one_calibration"))
    prior = prior or believed_in(structure)
    with_posterior(prior, posterior, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not about["posterior"] == found["posterior"] == digest:
        raise InputError.at(path, fault("not_of_one_calibration"))
    if about["quick"] and structure == CARE_CHANGES_NEED:
        raise InputError.at(path, fault("made_quickly"))
    if about["prior"] != prior.sha256():
        raise InputError.at(path, fault("fitted_under_other_values"))
    names = (OUTCOMES, *reversed(FILES))
    if structure != CARE_CHANGES_NEED:  # forecasts are of the usual structure alone
        data, names = data / structures.folder_of(structure).relative_to(DATA), names[1:]
        data.mkdir(parents=True, exist_ok=True)
    with ExitStack() as together:  # renamed once all of them are written
        for name in names:
            shutil.copyfile(folder / name, together.enter_context(written_whole(data / name)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare or ship, and return the exit code."""
    parser = argparse.ArgumentParser(description="Compare two posteriors, or ship one.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    comparing = verbs.add_parser("compare", help="what differs between two posteriors")
    comparing.add_argument("first")
    comparing.add_argument("second")
    shipping = verbs.add_parser("ship", help="put a posterior in use")
    shipping.add_argument("folder")
    options = parser.parse_args(arguments)
    try:
        if options.verb == "compare":
            print(compare(folder_of(options.first), folder_of(options.second)), end="")
        else:
            ship(Path(options.folder))
            print("In use. Now: make the pages of docs/ and the back-tests anew (docs/recalibrate.md).")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
