"""What is not known of a state-transition model, as tables on disk."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from sim.decision.model_two_way import TwoWay
from sim.decision.model_uncertainty import ENDS, ModelSample, ModelUncertainty, OneWay
from sim.report.model_files import as_table

FIGURES = ("cost", "effect", "net_benefit")


def draws_tables(sample: ModelSample, known: ModelUncertainty) -> dict[str, pa.Table]:
    """Return the draws and what they say.

    draws: `draw, strategy, cost, effect`, and a column for each further effect, part of the cost and
    parameter; uncertainty: `strategy, reference, figure, mean, low, high`, without a reference for the
    strategy itself; acceptability: `willingness, strategy, probability, best, loss, evpi`; information:
    `name, evppi, se`, and `missed` where the regression missed something.
    """
    draws, strategies = sample.costs.shape
    columns = {
        "draw": [draw for draw in range(1, draws + 1) for _ in range(strategies)],
        "strategy": list(sample.strategies) * draws,
        "cost": sample.costs.ravel(),
        "effect": sample.effects.ravel(),
        **{name: values.ravel() for name, values in sample.others.items()},
    }
    inputs = {f"parameter_{name}": values.repeat(strategies) for name, values in sample.inputs.items()}
    curve = known.acceptable
    acceptability = [
        {
            "willingness": float(curve.thresholds[k]), "strategy": name,
            "probability": float(curve.probability[k, s]), "best": bool(curve.best[k] == s),
            "loss": float(curve.loss[k, s]), "evpi": float(curve.evpi[k]),
        }
        for k in range(curve.thresholds.size)
        for s, name in enumerate(known.strategies)
    ]  # fmt: skip
    information = [
        {"name": name, "evppi": each.value, "se": each.se, "missed": each.missed}
        for name, each in (("(everything)", known.everything), *known.parameters)
    ]
    return {
        "draws": as_table(pd.DataFrame(columns | inputs)),
        "uncertainty": as_table(pd.DataFrame(_figures(known))),
        "acceptability": as_table(pd.DataFrame(acceptability)),
        "information": as_table(pd.DataFrame(information).astype({"missed": float})),
    }


def one_way_tables(varied: OneWay) -> dict[str, pa.Table]:
    """Return `strategy, name, low, high`, and each figure at both ends, over that of the first strategy."""
    rows = [
        {
            "strategy": bar.strategy, "name": bar.name, "low": bar.low, "high": bar.high,
            **{
                f"{figure}_{end}": value
                for end in ENDS
                for figure, value in zip(FIGURES, getattr(bar, end), strict=True)
            },
        }
        for bar in varied.bars
    ]  # fmt: skip
    return {"one_way": as_table(pd.DataFrame(rows))}


def two_way_tables(found: TwoWay) -> dict[str, pa.Table]:
    """Return `parameter_A, parameter_B, strategy, cost, effect, net_benefit, best` at each point."""
    first, second = (f"parameter_{name}" for name in found.names)
    rows = [
        {
            first: a, second: b, "strategy": name, "cost": found.costs[i, j, s],
            "effect": found.effects[i, j, s], "net_benefit": found.net_benefit[i, j, s],
            "best": bool(found.best[i, j] == s),
        }
        for i, a in enumerate(found.values[0])
        for j, b in enumerate(found.values[1])
        for s, name in enumerate(found.strategies)
    ]  # fmt: skip
    return {"two_way": as_table(pd.DataFrame(rows))}


def _figures(known: ModelUncertainty) -> list[dict[str, str | float]]:
    found: list[tuple[str, str, str, object]] = []
    figures = {"cost": known.costs, "effect": known.effects, **known.others}
    for s, name in enumerate(known.strategies):
        found += [(name, "", key, each[s]) for key, each in figures.items()]
    for row in known.increments:
        found += [(row.strategy, known.strategies[0], each, getattr(row, each)) for each in FIGURES]
    return [
        {"strategy": name, "reference": reference, "figure": figure, **vars(interval)}
        for name, reference, figure, interval in found
    ]
