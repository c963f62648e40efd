"""Events come at the rates of the table: nothing, one thing, the first of several."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.engine.population import LIFE_MONTHS
from sim.model.parameters import Parameters
from sim.model.processes import ProcessTable
from sim.model.transitions import compile_table
from sim.states import (
    MONTHS,
)
from tests.engine.lifecourse.lives import TABLE, near, process, put
from tests.worlds import (
    HOUSEHOLD_FACTORS,
    Clockwork,
    alike,
    born,
    copy,
    flat,
    same,
    still,
    total,
)


def test_nothing_happens_without_rates(parameters: Parameters) -> None:
    p = still(parameters)
    table = compile_table(TABLE, p, 2020)
    children = born(2000, table, p)
    before = copy(children)
    clock = Clockwork(table)
    tally = clock.live(children, 0, 23)
    assert same(children, before, "group", "used", "run_to")
    flows_booked = tally[clock.layout.flow : clock.layout.flow + len(table.rows)]
    assert not flows_booked.any()
    assert not tally[clock.layout.users : clock.layout.stock].any()
    for factor in HOUSEHOLD_FACTORS:  # a state kept from birth to the 23rd birthday is booked in full
        kept = process(children, table, factor).sum()
        assert total(tally, clock.layout.time + table.state(factor, "yes")) == kept * LIFE_MONTHS


def test_a_single_hazard_gives_exponential_times(parameters: Parameters) -> None:
    rate = 0.9
    p = alike(flat(still(parameters), "need.onset_age"))
    p = p.replace({"need.onset_light": rate, "need.relapse.12": 1.0, "need.relapse.24": 1.0})
    table = compile_table(TABLE, p, 2020)
    children = born(40_000, table, p)
    Clockwork(table).live(children, 0, 8)
    hit = process(children, table, "need") == 1
    assert near(hit.mean(), -np.expm1(-8 * rate), hit.size)
    times = children.since[hit, table.process("need")] / MONTHS
    expected = stats.truncexpon(b=8 * rate, scale=1 / rate)
    assert stats.kstest(times, expected.cdf).pvalue > 1e-3
    within = stats.truncexpon(b=rate / MONTHS, scale=MONTHS / rate)  # events know no borders of months
    assert stats.kstest(times * MONTHS % 1.0, within.cdf).pvalue > 1e-3


@pytest.mark.parametrize("fast", [1.0, 60.0])
def test_the_first_of_competing_hazards(parameters: Parameters, fast: float) -> None:
    """Shares of the first event are the shares of the hazards, also where several strike in a month."""
    light, moderate = 0.2 * fast, 0.07 * fast
    p = alike(flat(still(parameters), "need.onset_age", "need.relapse")).replace(
        {"need.onset_light": light, "need.onset_moderate": moderate}
    )
    table = compile_table(TABLE, p, 2020)
    children = born(50_000, table, p)
    Clockwork(table).live(children, 0, 2)
    gone = -np.expm1(-2 * (light + moderate))
    shares = np.bincount(process(children, table, "need"), minlength=4) / children.id.size
    assert near(shares[1], gone * light / (light + moderate), children.id.size)
    assert near(shares[2], gone * moderate / (light + moderate), children.id.size)
    assert shares[3] == 0
    assert near(shares[0], 1 - gone, children.id.size)


def test_processes_compete_without_disturbing_each_other(parameters: Parameters) -> None:
    """Two forms of care start independently where no factor links them."""
    shapes = ("start.care_age", "start.legal_age", "access.wijkteam", "access.general")
    names = ("second", "wijkteam_to_other", "seen.unseen", "wijkteam.none", "ambulant.none")
    one = dict.fromkeys((*(f"start.{name}" for name in names), "signal.none"), 1.0)
    p = alike(flat(still(parameters), *shapes)).replace(
        {**one, "start.wijkteam": 0.3, "start.ambulant": 0.5, "access.growth_after_2019": 0.0}
    )
    table = compile_table(TABLE, p, 2020)
    children = born(50_000, table, p)
    Clockwork(table).live(children, 0, 2)
    wijkteam, ambulant = (process(children, table, name) == 1 for name in ("wijkteam", "ambulant"))
    a, b = -np.expm1(-0.6), -np.expm1(-1.0)
    assert near(wijkteam.mean(), a, wijkteam.size)
    assert near(ambulant.mean(), b, ambulant.size)
    assert near((wijkteam & ambulant).mean(), a * b, wijkteam.size)
    # both starts bring the signal with them
    assert np.array_equal(process(children, table, "signal") == 1, wijkteam | ambulant)


def test_a_form_of_care_that_shuts_a_row_and_opens_another(parameters: Parameters) -> None:
    """A wijkteam that rules out onset, in a table in which another row looks at the wijkteam's state."""
    data = TABLE.model_dump(by_alias=True)
    need = data["processes"]["need"]["transitions"]
    onset = next(t for t in need if t["name"] == "onset_light")
    onset["by_form"] = {"wijkteam": "start.second"}
    next(t for t in need if t["name"] == "recover_light")["only"] = {"wijkteam": ["active"]}
    p = alike(flat(still(parameters), "need.onset_age", "need.relapse")).replace(
        {"need.onset_light": 0.5, "start.second": 0.0}
    )
    table = compile_table(ProcessTable.model_validate(data), p, 2020)
    children = born(2000, table, p)
    put(children, table, "wijkteam", 1)
    Clockwork(table).live(children, 0, 2)
    assert not process(children, table, "need").any()


def test_a_table_of_hundreds_of_rows_is_lived_as_each_row_says(parameters: Parameters) -> None:
    more, rate = 600, 0.2
    told = TABLE.model_dump(by_alias=True)
    for k in range(more):
        happens = {"name": f"happens_{k}", "from": "no", "to": "yes", "rate": "offence.first"}
        told["processes"][f"more_{k}"] = {"states": ["no", "yes"], "transitions": [happens]}
    p = still(parameters).replace({"offence.first": rate})
    table = compile_table(ProcessTable.model_validate(told), p, 2020)
    children = born(1_000, table, p)
    Clockwork(table).live(children, 0, 4)
    share = -np.expm1(-4 * rate)
    yes = np.array([process(children, table, f"more_{k}").mean() for k in range(more)])
    assert near(float(yes.mean()), share, more * children.id.size)
    assert 0.7 < yes.var() / (share * (1 - share) / children.id.size) < 1.3  # and each by its own luck
