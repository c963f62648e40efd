"""What no kernel can pass: one that only draws, and one that only reads and writes the state of everyone."""

from __future__ import annotations

import sys

import numpy as np
import peer
from numba import njit

from sim.luck import Decision, draw, key_of

MOVE = int(Decision.MODEL)


@njit(nogil=True)
def only_draw(key: np.uint64, persons: int, months: int) -> int:
    total = 0
    for person in range(persons):
        for month in range(months):
            total += draw(key, MOVE, month, person)
    return total


@njit(nogil=True)
def only_stream(state: np.ndarray, months: int) -> None:
    for month in range(months):
        for person in range(state.size):
            state[person] ^= np.uint8(month)


def draws(work: peer.Work, seed: int) -> dict[str, object]:
    only_draw(key_of(seed), work.persons, work.clock.size)
    return {}


def stream(work: peer.Work, seed: int) -> dict[str, object]:
    only_stream(np.full(work.persons, seed, np.uint8), work.clock.size)
    return {}


if __name__ == "__main__":
    peer.run("kinderwerk", {"draws": draws, "stream": stream}[sys.argv[3]], warm=True)
