"""Plain numpy, straightforward: every month one draw for everyone against the cumulative probabilities."""

from __future__ import annotations

import numpy as np
import peer


def simulate(work: peer.Work, seed: int) -> dict[str, object]:
    random = np.random.default_rng(seed)
    group = random.choice(work.groups.size, work.persons, p=work.groups)
    state = random.choice(work.start.size, work.persons, p=work.start)
    cost = work.cost[state, 0]
    for month, now in enumerate(work.clock):
        draws = random.random(work.persons)
        state = (draws[:, None] >= work.cumulative[group, now, state, :-1]).sum(axis=1)
        cost += work.cost[state, month + 1]
    return peer.outcome(state, cost)


if __name__ == "__main__":
    peer.run("numpy", simulate)
