"""vivarium: a state machine with a transition for each possible move, and a component that books costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import peer
from vivarium import Component, InteractiveContext
from vivarium.framework.state_machine import Machine, State


class Lives(Component):
    """The group and the cost of every person; costs are booked after the moves of a month."""

    def __init__(self, work: peer.Work) -> None:
        super().__init__()
        self.work = work
        self.month = 0

    def setup(self, builder):
        self.randomness = builder.randomness.get_stream("group")
        builder.population.register_initializer(
            initializer=self.begin, columns=["group", "cost"], required_resources=[self.randomness, "state"]
        )

    def begin(self, born) -> None:
        group = self.randomness.choice(born.index, list(range(self.work.groups.size)), self.work.groups)
        cost = self.work.cost[self.population_view.get(born.index, "state").astype(int), 0]
        self.population_view.initialize(pd.DataFrame({"group": group.astype(int), "cost": cost}, born.index))

    def chance(self, old: int, new: int):
        """Return the probability function of a transition."""

        def probability(index: pd.Index) -> pd.Series:
            group = self.population_view.get(index, "group").to_numpy(int)
            return pd.Series(self.work.moves[group, self.work.clock[self.month], old, new], index=index)

        return probability

    def on_time_step_cleanup(self, event) -> None:
        self.month += 1
        state = self.population_view.get(event.index, "state").astype(int)
        self.population_view.update("cost", lambda cost: cost + self.work.cost[state, self.month])


def simulate(work: peer.Work, seed: int) -> dict[str, object]:
    lives = Lives(work)
    states = [State(str(i), initialization_weights=float(share)) for i, share in enumerate(work.start)]
    for old, new in np.argwhere(work.moves.max(axis=(0, 1)) > 0):
        if old != new:
            states[old].add_transition(output_state=states[new], probability_function=lives.chance(old, new))
    sim = InteractiveContext(
        components=[Machine("state", states), lives],
        configuration={
            "population": {"population_size": work.persons},
            "randomness": {"random_seed": seed},
            "time": {"step_size": 30.4375},
        },
        logging_verbosity=0,
    )
    sim.take_steps(work.clock.size, with_logging=False)
    people = sim.get_population(["state", "cost"])
    return peer.outcome(people.state.astype(int).to_numpy(), people.cost.to_numpy())


if __name__ == "__main__":
    peer.run("vivarium", simulate)
