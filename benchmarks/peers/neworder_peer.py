"""neworder: a model with a timeline; persons in a data frame, draws from the model's Monte Carlo engine."""

from __future__ import annotations

import neworder
import numpy as np
import pandas as pd
import peer


class SevenStates(neworder.Model):
    def __init__(self, work: peer.Work, seed: int) -> None:
        timeline = neworder.LinearTimeline(0, work.clock.size, work.clock.size)
        super().__init__(timeline, lambda: seed)
        self.work = work
        self.people = pd.DataFrame(
            {
                "group": self.mc.sample(work.persons, work.groups),
                "state": self.mc.sample(work.persons, work.start),
            }
        )
        self.people["cost"] = work.cost[self.people.state, 0]

    def step(self) -> None:
        month = self.timeline.index
        group, state = self.people.group.to_numpy(), self.people.state.to_numpy()
        rows = self.work.cumulative[group, self.work.clock[month], state, :-1]
        draws = self.mc.ustream(len(self.people))
        self.people["state"] = np.sum(draws[:, None] >= rows, axis=1)
        self.people["cost"] += self.work.cost[self.people.state, month + 1]


def simulate(work: peer.Work, seed: int) -> dict[str, object]:
    model = SevenStates(work, seed)
    neworder.run(model)
    return peer.outcome(model.people.state.to_numpy(), model.people.cost.to_numpy())


if __name__ == "__main__":
    peer.run("neworder", simulate)
