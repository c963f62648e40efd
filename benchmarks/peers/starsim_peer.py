"""starsim: one module with its states; draws by its distributions, which give common random numbers."""

from __future__ import annotations

import numpy as np
import peer
import starsim as ss


class SevenStates(ss.Module):
    def __init__(self, work: peer.Work) -> None:
        super().__init__(name="seven_states")
        self.work = work
        self.define_states(ss.FloatArr("group"), ss.FloatArr("state"), ss.FloatArr("cost"))
        self.group_draw = ss.choice(a=work.groups.size, p=work.groups)
        self.start_draw = ss.choice(a=work.start.size, p=work.start)
        self.move_draw = ss.random()

    def init_post(self) -> None:
        super().init_post()
        uids = self.sim.people.auids
        self.group[uids] = self.group_draw.rvs(uids)
        self.state[uids] = self.start_draw.rvs(uids)
        self.cost[uids] = self.work.cost[self.state[uids].astype(int), 0]

    def step(self) -> None:
        uids = self.sim.people.auids
        group, state = self.group[uids].astype(int), self.state[uids].astype(int)
        rows = self.work.cumulative[group, self.work.clock[self.ti], state, :-1]
        state = np.sum(self.move_draw.rvs(uids)[:, None] >= rows, axis=1)
        self.state[uids] = state
        self.cost[uids] += self.work.cost[state, self.ti + 1]


def simulate(work: peer.Work, seed: int) -> dict[str, object]:
    module = SevenStates(work)
    sim = ss.Sim(
        n_agents=work.persons, modules=module, dt=ss.months(1), start="2000-01-01", stop="2019-12-01",
        rand_seed=seed, verbose=0, copy_inputs=False,
    )  # fmt: skip
    sim.run()
    if sim.t.npts != work.clock.size:
        raise RuntimeError(f"{sim.t.npts} months in place of {work.clock.size}")
    return peer.outcome(np.asarray(module.state.values), np.asarray(module.cost.values))


if __name__ == "__main__":
    peer.run("starsim", simulate, warm=True)
