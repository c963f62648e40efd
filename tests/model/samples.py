"""A few parameters of every kind to draw from."""

from __future__ import annotations

from sim.model.parameters import Parameter, Parameters


def record(
    name: str, value: float, low: float, high: float, scale: str = "linear", rank: str = ""
) -> Parameter:
    return Parameter(name, value, low, high, "unit", scale, "assumed", rank, "source")  # type: ignore[arg-type]


def of(*records: Parameter) -> Parameters:
    return Parameters({r.name: r for r in records}, {r.name: r.value for r in records})


SAMPLE = of(
    record("line", 5.0, 3.0, 9.0),
    record("log", 2.0, 1.5, 5.0, "log"),
    record("logit", 0.3, 0.2, 0.35, "logit"),
    record("coin", 0.75, 0.0, 1.0, "bernoulli"),
    record("certain", 7.0, 7.0, 7.0),
    record("leader", 1.0, 0.5, 2.0, "log"),
    record("follower", 10.0, 5.0, 15.0, rank="leader"),
    record("mirror", 10.0, 5.0, 15.0, rank="-leader"),
)
