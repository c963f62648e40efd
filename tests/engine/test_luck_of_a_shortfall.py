"""Where a shortfall takes workers, their number is luck: the spread over blocks tells how much."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np

from sim.decision.comparison import block_standard_error
from sim.engine.config import RunConfig
from sim.engine.measures import at_work
from sim.engine.simulation import simulate
from sim.engine.warmup import WarmStart
from sim.model.parameters import Parameters
from sim.runs.experiment import Columns, Options, run_all
from tests.worlds import scenario

OPEN = {"ring_fenced": False}
WORK, COST = ("programme_fte", "programme", "kinderwerk"), ("cost", "programme", "kinderwerk")


def test_blocks_add_up_to_what_was_decided_and_differ_where_it_is_luck(
    almere: RunConfig, warm_almere: WarmStart, parameters: Parameters, pool: Executor
) -> None:
    for fenced in (True, False):
        one = scenario(72, policy="crowd_out", use={"ring_fenced": fenced})
        history = simulate(one, almere, pool, warm_almere)
        found = Columns.of(history, parameters)
        fte = found.blocks[found.labels.index(WORK)]
        decided = at_work("kinderwerk", history.accounts)
        np.testing.assert_allclose(fte.sum(axis=1), decided, rtol=1e-9)
        assert bool((fte.std(axis=1) < 1e-9).all()) is fenced
        assert bool(history.without) is not fenced


def test_without_a_block_the_town_hall_meets_the_others_in_its_place(
    almere: RunConfig, warm_almere: WarmStart, pool: Executor
) -> None:
    one = scenario(72, policy="crowd_out", use=OPEN)
    history = simulate(one, almere, pool, warm_almere)
    spent = np.array([accounts.spending for accounts in history.without])
    np.testing.assert_allclose(spent.mean(axis=0), history.accounts.spending, rtol=1e-9)
    assert (spent.std(axis=0) > 0.0).all()


def test_the_error_of_what_workers_cost_is_their_spread_over_seeds() -> None:
    pair = [scenario(0, years=6), scenario(72, years=6, policy="crowd_out", use=OPEN)]
    values, errors = [], []
    for seed in range(20):
        (run,) = run_all(pair, Options(children=1_000, seed=seed, threads=1))
        blocks = run.columns[1].blocks[run.columns[1].labels.index(COST)].sum(axis=0)
        values.append(blocks.sum())
        errors.append(block_standard_error(blocks))
    told = float(np.sqrt((np.array(errors) ** 2).mean()))
    assert 0.6 < np.std(values, ddof=1) / told < 1.6  # told by half or twice as much is beyond 1 in 100
