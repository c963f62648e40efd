"""This project's kernel for published models, on one thread: cost and effect of every person."""

from __future__ import annotations

from pathlib import Path

import peer

from sim.published.cohort import load_model
from sim.published.microsimulation import microsimulate

MODEL = load_model(Path(__file__).parents[1] / "seven-state.yaml")


def simulate(work: peer.Work, seed: int) -> dict[str, object]:
    found = microsimulate(MODEL, work.persons, seed, threads=1)
    return {
        "shares": found.shares[0].tolist(),
        "cost": float(found.totals[0, 0]),
        "error": float(found.errors[0, 0]),
    }


if __name__ == "__main__":
    peer.run("kinderwerk", simulate, warm=True)
