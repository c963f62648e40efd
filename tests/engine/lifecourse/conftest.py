"""A population with a history, and rates under which much happens."""

from __future__ import annotations

import pytest

from sim.engine.population import Children, cohorts, flows, month_of
from sim.inputs.profiles import profiles
from sim.luck import key_of
from sim.model.parameters import Parameters
from sim.model.transitions import CompiledTable, compile_table
from tests.engine.lifecourse.lives import TABLE, YEAR
from tests.worlds import (
    Clockwork,
    everyone,
    rate_names,
)


@pytest.fixture(scope="module")
def table(parameters: Parameters) -> CompiledTable:
    return compile_table(TABLE, parameters, 2030)


@pytest.fixture(scope="module")
def busy(parameters: Parameters) -> Parameters:
    """Return parameters under which much happens, so that few children show much."""
    return parameters.replace(
        {name: parameters[name] * 4 for name in rate_names(TABLE) if "exit" not in name}
    )


@pytest.fixture(scope="module")
def town(parameters: Parameters, table: CompiledTable) -> Children:
    """Return a moving population of about 3,000 youths on 1 January 2020, with a history."""
    flow, _ = flows(profiles()["Almere"], parameters, 3000)
    children = everyone(cohorts(flow, 0, month_of(2030), key_of(0), table, parameters))
    Clockwork(table).live(children, 0, YEAR)
    return children
