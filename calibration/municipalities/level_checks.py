"""How well levels of use do: left out and predicted by others, own years inside, ages left out.

Nothing here changes a level (level_model.py); ``levels --write`` keeps it in sim/data/left_out.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.municipalities.level_by_age import ByAge
from calibration.municipalities.level_model import LIKE, YEARS, Regression, ranges, youths_of
from sim.inputs.placenames import towns
from sim.machine.whole import written_whole
from sim.model.parameters import DATA

Floats = NDArray[np.float64]
LEFT_OUT = DATA / "left_out.json"
"""How well municipalities are predicted by others, which the app shows."""


@dataclass(frozen=True)
class Foretold:
    """[m] figures with their predictions by others, and the youths with jeugdzorg of rates of those others.

    expected: of both years together; everywhere: the share that those others have.
    """

    figures: Floats
    mean: Floats
    sd: Floats
    expected: Floats
    everywhere: Floats


def one_by_one(model: Regression) -> Foretold:
    """Return each municipality as the others predict it; of one, national rates hardly move."""
    known, there = model.towns, model.there
    expected = sum(known.expected(year)[there] for year in YEARS)
    share = sum(known.counted(year).sum() for year in YEARS) / youths_of(model).sum()
    return Foretold(model.figures, *model.left_out(), np.asarray(expected), np.full(len(there), share))


def by_province(model: Regression) -> Foretold:
    """Return each municipality as those of other provinces predict it.

    Rates, weights and figures are those of the others; the spreads stay as all figures have them.
    """
    known, there = model.towns, np.array(model.there)
    province = np.array([towns()[known.codes[i]].province for i in there])
    youths, counts = youths_of(model), np.sum([known.counted(year) for year in YEARS], axis=0)
    found = {name: np.empty(len(there)) for name in Foretold.__annotations__}
    for left in sorted(set(province)):
        out, others = province == left, known.outside(left)
        kept = Regression(
            others, others.with_figures, others.figures().mean(axis=0), model.luck[~out], model.spreads
        )
        rows = there[out].tolist()
        across = kept.prior(rows, kept.there)
        weights = np.linalg.solve(kept.of_figures(), across.T)
        variance = np.diag(kept.prior(rows, rows)) - (across * weights.T).sum(axis=1) + model.luck[out]
        rates = [others.expected(year)[rows] for year in YEARS]
        found["mean"][out], found["sd"][out] = weights.T @ kept.figures, np.sqrt(variance)
        found["expected"][out] = sum(rates)
        found["figures"][out] = np.mean(
            [np.log(known.counted(y)[out] / each) for y, each in zip(YEARS, rates, strict=True)], axis=0
        )
        found["everywhere"][out] = counts[~out].sum() / youths[~out].sum()
    return Foretold(**found)


@dataclass(frozen=True)
class Check:
    """Each municipality with figures, predicted by others: by all of them, or by those of other provinces.

    who: the words for how they were left out. inside: share of figures in the interval of that chance. kinds:
    by kind how many there are, and the share of figures in the 90% interval. error: mean absolute error of
    the share of youths with jeugdzorg, by who predicts it; relative: the same, over the share itself.
    """

    who: str
    count: int
    inside: Mapping[float, float]
    kinds: Mapping[str, Mapping[str, tuple[int, float]]]
    error: Mapping[str, float]
    relative: Mapping[str, float]
    correlation: Mapping[str, float]

    def text(self) -> str:
        """Return it in words."""
        first, last = YEARS
        lines = [f"{self.count} municipalities with figures of {first} and {last}, {self.who}"]
        lines += [f"figures inside the {chance:.0%} interval: {x:.0%}" for chance, x in self.inside.items()]
        lines += [
            f"inside the 90% interval, by {what}: "
            + ", ".join(f"{kind} {share:.0%} of {count}" for kind, (count, share) in kinds.items())
            for what, kinds in self.kinds.items()
        ]
        lines += [
            f"mean absolute error, {who}: {100 * x:.2f} youths in 100, {self.relative[who]:.1%} of use"
            for who, x in self.error.items()
        ]
        lines += [f"use correlates with {name}: {r:.2f}" for name, r in self.correlation.items()]
        return "\n".join(lines)


ONE_BY_ONE, BY_PROVINCE = "each left out in turn", "provinces left out in turn"


def check(model: Regression, who: str = ONE_BY_ONE) -> Check:
    """Return how well each municipality with figures is predicted by others."""
    known, there = model.towns, model.there
    foretold = one_by_one(model) if who == ONE_BY_ONE else by_province(model)
    z = np.abs(foretold.figures - foretold.mean) / foretold.sd
    youths = youths_of(model)
    counted = sum(known.counted(year) for year in YEARS)
    share, same_ages = counted / youths, foretold.expected / youths
    predicted = {
        "the national share for everybody": foretold.everywhere,
        "national rates at its own ages": same_ages,
        "like municipalities": same_ages * np.exp(foretold.mean),
    }
    like = dict(zip(LIKE, known.like[there].T, strict=True))
    inside = {chance: z <= NormalDist().inv_cdf(0.5 + chance / 2) for chance in (0.5, 0.9)}
    kinds = {
        what: {
            kind: (int(of[there].sum()), float(inside[0.9][of[there]].mean())) for kind, of in each.items()
        }
        for what, each in known.kinds().items()
    }
    return Check(
        who,
        len(there),
        {chance: float(each.mean()) for chance, each in inside.items()},
        kinds,
        {who: float(np.abs(share - p).mean()) for who, p in predicted.items()},
        {who: float(np.abs(p / share - 1).mean()) for who, p in predicted.items()},
        {name: float(np.corrcoef(column, share)[0, 1]) for name, column in like.items()},
    )


def years_inside(model: Regression) -> NDArray[np.int64]:
    """Return [m] how many figures of one year lie in the range of their own municipality."""
    mean, half = (each[model.there] for each in ranges(model))
    return np.asarray((np.abs(model.towns.figures() - mean) <= half).sum(axis=0))


RULES = ("national rates", "the level of its like", "the level and ages of its like")
"""By what an age group of a municipality is predicted, each with more than the one before."""


def errors_by_age(ages: ByAge) -> dict[str, dict[str, Any]]:
    """Return by age group how far from its own figures a municipality is predicted by the others.

    error: mean absolute error over use itself, by what is used (RULES); count: municipalities; inside: share
    of departures from the level within their 90% interval.
    """
    found = {}
    levels, _ = ages.levels.left_out()
    for group, model in ages.groups.items():
        at = [ages.levels.there.index(i) for i in model.there]
        departed, sd = model.left_out()
        use = ages.levels.figures[at] + model.figures
        steps = np.cumsum([np.zeros(len(at)), levels[at], departed], axis=0)
        errors = np.abs(np.exp(steps - use) - 1).mean(axis=1)
        z = np.abs(model.figures - departed) / sd
        found[group] = {
            "count": len(at),
            "error": dict(zip(RULES, errors.tolist(), strict=True)),
            "inside": float((z <= NormalDist().inv_cdf(0.95)).mean()),
        }
    return found


def keep(found: Check, provinces: Check, by_age: Mapping[str, Any], path: Path = LEFT_OUT) -> None:
    """Write how well municipalities are predicted, for the page that shows it."""
    with written_whole(path) as aside:
        aside.write_text(
            json.dumps({**_plain(found), "provinces": _plain(provinces), "by_age": by_age}, indent=1) + "\n",
            encoding="utf-8",
        )


def _plain(found: Check) -> dict[str, Any]:
    inside = {f"{chance:.0%}": share for chance, share in found.inside.items()}
    return {name: value for name, value in asdict(found).items() if name != "who"} | {"inside": inside}
