"""What is not known of a model file, and what it does to the choice between its strategies.

Every draw is an exact cohort (sim/published/cohort.py), so that no luck of persons is in it. What a draw is
worth, which strategy is best, and what it would be worth to know are as for scenarios (value.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.decision.nested import Sampler, evppi_nested
from sim.decision.value import Acceptability, Estimate, acceptability, by_parameter, evpi
from sim.errors import InputError, within
from sim.faults import fault
from sim.luck import key_of
from sim.progress import Progress, Tell, nobody
from sim.published.cohort import frontier, totals_by_group
from sim.published.distributions import Distribution
from sim.published.markov import CompiledModel
from sim.published.source import Source
from sim.runs.experiment import MOST_DRAWS
from sim.ties import same

Floats = NDArray[np.float64]
LEVELS = 21
"""Willingnesses to pay at which is told what is best, from 0 on."""
NO_RATIO = 100_000.0
"""How far they go where no strategy buys effects with money: a display, no belief."""
LOW, HIGH = 5.0, 95.0
TINY = 2.0**-54
ENDS = ("base", "at_low", "at_high")


@dataclass(frozen=True)
class Interval:
    """A mean over draws, and 5 and 95 percent of them."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> Interval:
        """Return the interval of values [draws]."""
        low, high = np.percentile(values, [LOW, HIGH]).tolist()
        return cls(float(values.mean()), low, high)


@dataclass(frozen=True)
class Increment:
    """A strategy against the first. ratio: of the means, None where the effects are the same."""

    strategy: str
    cost: Interval
    effect: Interval
    net_benefit: Interval
    ratio: float | None


@dataclass(frozen=True)
class ModelSample:
    """Draws of a model. inputs: [draws] by name; costs, effects: [draws, strategies], discounted.

    others: the same of further effects and of the parts of the cost, by `CompiledModel.others`.
    """

    strategies: tuple[str, ...]
    inputs: Mapping[str, Floats]
    costs: Floats
    effects: Floats
    others: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, model: CompiledModel, inputs: Mapping[str, Floats], totals: Floats) -> ModelSample:
        """Return draws of a model that came to these totals, [draws, strategies, outcome]."""
        cost, effect, *others = np.moveaxis(totals, 2, 0)
        return cls(model.strategies, inputs, cost, effect, dict(zip(model.others, others, strict=True)))

    def net_benefit(self, willingness: float) -> Floats:
        """Return the net benefit at a willingness to pay for one effect, [draws, strategies]."""
        return willingness * self.effects - self.costs

    @cached_property
    def ratios(self) -> list[float]:
        """Return the costs of one more effect along the frontier of the means, rising."""
        means = self.costs.mean(axis=0).tolist(), self.effects.mean(axis=0).tolist()
        return [row["icer"] for row in frontier(*means, self.strategies) if row["icer"] is not None]


@dataclass(frozen=True)
class ModelUncertainty:
    """What is not known of a model, at a willingness to pay for one effect.

    costs, effects, others: by strategy; everything: EVPI; parameters: EVPPI, most valuable first.
    """

    draws: int
    willingness: float
    strategies: tuple[str, ...]
    costs: tuple[Interval, ...]
    effects: tuple[Interval, ...]
    increments: tuple[Increment, ...]
    acceptable: Acceptability
    everything: Estimate
    parameters: tuple[tuple[str, Estimate], ...]
    others: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        figures = {"cost": self.costs, "effect": self.effects, **self.others}
        return {
            "draws": self.draws,
            "willingness": self.willingness,
            "strategies": {
                name: {key: vars(each[s]) for key, each in figures.items()}
                for s, name in enumerate(self.strategies)
            },
            "increments": [
                {
                    "strategy": row.strategy, "reference": self.strategies[0], "cost": vars(row.cost),
                    "effect": vars(row.effect), "net_benefit": vars(row.net_benefit), "icer": row.ratio,
                }
                for row in self.increments
            ],
            "acceptability": self.acceptable.as_json(),
            "evpi": vars(self.everything),
            "evppi": [{"name": name, **vars(estimate)} for name, estimate in self.parameters],
        }  # fmt: skip


@dataclass(frozen=True)
class SwingBar:
    """A parameter at its low and its high value, and what a strategy then comes to.

    base, at_low, at_high: (cost, effect, net benefit), more than those of the first strategy.
    """

    strategy: str
    name: str
    low: float
    high: float
    base: tuple[float, ...]
    at_low: tuple[float, ...]
    at_high: tuple[float, ...]

    @property
    def width(self) -> float:
        """Return how far the net benefit moves."""
        return abs(self.at_high[2] - self.at_low[2])


@dataclass(frozen=True)
class OneWay:
    """Each uncertain parameter by itself, widest first; willingness: to pay for one effect.

    reference: the first strategy, or None where there is no other: then it is told by itself.
    """

    willingness: float
    reference: str | None
    bars: tuple[SwingBar, ...]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        keys = ("cost", "effect", "net_benefit")
        rows = []
        for bar in self.bars:
            ends = {key: dict(zip(keys, getattr(bar, key), strict=True)) for key in ENDS}
            rows.append({**vars(bar), **ends})
        return {"willingness": self.willingness, "reference": self.reference, "bars": rows}


def draw_model(
    source: Source,
    draws: int,
    seed: int = 0,
    tell: Tell = nobody,
    instead: Mapping[str, Floats] | None = None,
) -> ModelSample:
    """Return draws 1..n of a model, the same for the same seed.

    instead: values of each parameter that has a distribution, [draws], such as those of a calibration.

    Raises InputError where no parameter has a distribution or a draw makes no model, and OptionError where
    a number is out of range.
    """
    within("draws", draws, 2, MOST_DRAWS)
    key_of(seed)
    model = source.compiled()
    inputs = source.drawn(draws, seed) if instead is None else instead
    if not inputs:
        raise InputError([source.document.problem(("parameters",), fault("nothing_uncertain"))])
    labels = [f"draw {k}" for k in range(1, draws + 1)]
    return ModelSample.of(model, inputs, totals_of(source, model, inputs, labels, tell))


def uncertainty(sample: ModelSample, willingness: float | None = None) -> ModelUncertainty:
    """Return what the draws of a model say.

    willingness: for one effect (default: where the choice is least sure, which is the ratio on the frontier
    of the means at which perfect information is worth most; 0 where nothing costs more and gives more).
    """
    if willingness is None:
        worth = [evpi(sample.net_benefit(ratio)).value for ratio in sample.ratios]
        willingness = sample.ratios[int(np.argmax(worth))] if worth else 0.0
    nb = sample.net_benefit(willingness)
    most = 2.0 * max([willingness, *sample.ratios]) or NO_RATIO
    levels = np.linspace(0.0, _round(most), LEVELS)
    return ModelUncertainty(
        draws=len(nb),
        willingness=willingness,
        strategies=sample.strategies,
        costs=tuple(map(Interval.of, sample.costs.T)),
        effects=tuple(map(Interval.of, sample.effects.T)),
        increments=tuple(_increment(sample, nb, s) for s in range(1, len(sample.strategies))),
        acceptable=acceptability(sample.costs, sample.effects, levels),
        everything=evpi(nb),
        parameters=tuple(by_parameter(nb, sample.inputs)),
        others={name: tuple(map(Interval.of, values.T)) for name, values in sample.others.items()},
    )


def evppi_by_nested(
    source: Source, names: Sequence[str], willingness: float, *, within: float | None = None, seed: int = 0
) -> Estimate:
    """Return what it would be worth to know these parameters together, by nested Monte Carlo (nested.py).

    Slow, and without a regression: a check of `uncertainty`, for any interaction. within: standard error and
    bias together. Raises InputError where a draw makes no model, and KeyError where a name has no
    distribution.
    """
    spread = {name: each.distribution for name, each in source.file.uncertain.items() if each.distribution}
    known, rest = [spread[name] for name in names], [name for name in spread if name not in names]
    order, model = [*names, *rest], source.compiled()

    def sampler(of: Sequence[Distribution]) -> Sampler:
        return lambda luck, n: np.stack([each.quantiles(luck.uniform(TINY, 1.0, n)) for each in of], axis=1)

    def net_benefit(x: Floats, y: Floats) -> Floats:
        columns = np.concatenate([x, y], axis=1).T
        labels = [f"draw {k}" for k in range(1, len(x) + 1)]
        totals = totals_of(source, model, dict(zip(order, columns, strict=True)), labels, nobody)
        return willingness * totals[:, :, 1] - totals[:, :, 0]

    others = [spread[name] for name in rest]
    drawn = sampler(others) if others else lambda _, n: np.empty((n, 0))
    return evppi_nested(net_benefit, sampler(known), drawn, within=within, seed=seed)


def vary_one(source: Source, willingness: float | None = None) -> OneWay:
    """Return each uncertain parameter at both ends of its range, for each strategy against the first.

    The other parameters are as in the base case. willingness: for one effect (default: the highest ratio on
    the frontier of the base case, or 0). Raises InputError where no parameter has a range or an end of one
    makes no model.
    """
    ranges = {name: each.ends for name, each in source.file.uncertain.items()}
    if not ranges:
        raise InputError([source.document.problem(("parameters",), fault("no_range_to_vary"))])
    middle = {name: each.middle for name, each in source.file.uncertain.items()}
    rows = [middle] + [{**middle, name: end} for name, ends in ranges.items() for end in ends]
    labels = ["base case"] + [f"{name} = {end:g}" for name, ends in ranges.items() for end in ends]
    values = {name: np.array([row[name] for row in rows]) for name in ranges}
    model = source.compiled()
    totals = totals_of(source, model, values, labels, nobody)
    if willingness is None:
        willingness = highest_ratio(model, totals[:1])
    first, *others = model.strategies
    more = (totals[:, 1:] - totals[:, :1] if others else totals)[:, :, :2]
    told = np.concatenate([more, willingness * more[:, :, 1:] - more[:, :, :1]], axis=2)
    bars = []
    for s, strategy in enumerate(others or [first]):
        base, *ends = (tuple(row) for row in told[:, s].tolist())
        for k, (name, (low, high)) in enumerate(ranges.items()):
            bars.append(SwingBar(strategy, name, low, high, base, *ends[2 * k : 2 * k + 2]))
    return OneWay(willingness, first if others else None, tuple(sorted(bars, key=lambda bar: -bar.width)))


def highest_ratio(model: CompiledModel, totals: Floats) -> float:
    """Return the highest ratio on the frontier of a base case, or 0; totals: [1, strategies, outcome]."""
    return max(ModelSample.of(model, {}, totals).ratios, default=0.0)


def totals_of(
    source: Source, model: CompiledModel, values: Mapping[str, Floats], labels: Sequence[str], tell: Tell
) -> Floats:
    """Return the expected outcomes of a model with these values, [variants, strategies, outcome].

    values: [variants] by name of a parameter; labels: what a mistake calls each variant; model: the base
    case. Raises InputError where a variant makes no model.
    """
    strategies, groups = len(model.strategies), model.group_shares.size
    parts: list[Floats] = []
    now = Progress("draws_of_parameters", 0, len(labels))
    tell(now)
    for variant in source.variants(values, labels, model):
        by_group = totals_by_group(variant).reshape(strategies, -1, groups, model.discounts.shape[1])
        parts.append(by_group.sum(axis=2).swapaxes(0, 1))
        tell(now.at(sum(map(len, parts))))
    return np.concatenate(parts)


def _increment(sample: ModelSample, nb: Floats, s: int) -> Increment:
    cost, effect = (values[:, s] - values[:, 0] for values in (sample.costs, sample.effects))
    means = sample.effects.mean(axis=0)
    ratio = None if same(means[s], means[0]) else float(cost.mean() / effect.mean())
    told = Interval.of(cost), Interval.of(effect), Interval.of(nb[:, s] - nb[:, 0])
    return Increment(sample.strategies[s], *told, ratio)


def _round(amount: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50, ... times a power of ten."""
    power = 10.0 ** np.floor(np.log10(amount))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= amount * (1 - 1e-12)))
