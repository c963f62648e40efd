"""The registry of what ships with the model, against which scenario files are checked."""

from __future__ import annotations

from functools import cache

from sim.inputs.profiles import municipality_names, profiles
from sim.inputs.registry import Registry as Registry
from sim.model.extension import Model, shipped
from sim.model.parameters import Parameter, prior_parameters
from sim.states import FORMS

_FAR = 100.0  # a scenario may go this many times beyond an elicited range, to explore; not into nonsense

_THOUSANDS = 1000.0


@cache
def registry() -> Registry:
    """Return the names of municipalities, programmes and parameters, with the ranges of what has one."""
    return registry_of(shipped())


def registry_of(model: Model) -> Registry:
    """Return the names that scenarios of a model may use."""
    records = model.parameters.records
    limits = {name: allowed_range(record) for name, record in records.items()}
    prices = {form: prior_parameters().records[f"cost.{form}"] for form in FORMS}
    tariffs = {form: (price.low, price.high) for form, price in prices.items()}
    youths = {name: profile.total for name, profile in profiles().items()}
    counted = frozenset(name for name, record in records.items() if record.high >= _THOUSANDS)
    return Registry(municipality_names(), frozenset(model.programmes), limits, tariffs, youths, counted)


def allowed_range(record: Parameter) -> tuple[float, float]:
    """Return the lowest and highest value that a scenario may give a parameter."""
    if record.scale == "bernoulli":
        return 0.0, 1.0
    if record.scale == "lever":
        return record.low, record.high
    if record.scale == "logit" or (record.unit.startswith(("share", "probability")) and record.high <= 1):
        return (0.0, 1.0) if record.scale == "linear" else (1e-6, 1.0 - 1e-6)
    if record.scale == "log":
        return record.low / _FAR, record.high * _FAR
    width = max(abs(record.low), abs(record.high), record.high - record.low) * _FAR
    return (0.0 if record.low >= 0 else -width), width or _FAR
