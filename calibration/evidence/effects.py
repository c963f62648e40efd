"""From published effect sizes to the named priors of child work, step by step.

A difference in points of a scale (d, above zero is better) becomes an odds ratio, the odds ratio a ratio of
new moderate need at a base risk, and its 95% interval the 5th and 95th percentile that a parameter has.
``python -m calibration.evidence.effects`` writes sim/data/priors.csv and the table in docs/evidence.md.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from calibration.documents.markup import markdown
from sim.model.priors import COLUMNS, PRIOR_FILE

FILE = Path(__file__).with_name("effect_sizes.csv")
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"
BEGIN, END = "<!-- written by `python -m calibration.evidence.effects` -->\n", "<!-- end -->\n"
BASE_RISK = 0.2
"""Risk of new moderate need among children reached, without child work. Assumed: no count of them exists."""
BASE_RISKS = (0.1, 0.3)
"""Its range: the ratio of the nearest prior moves by two hundredths over it."""
SCEPTICAL = (0.0, -0.1, 0.1)
"""d of the sceptical prior with its 95% interval. Assumed: the null trials print no interval; narrower than
that of the after-school programmes, for they are many."""
POOLED = ("after_school", "gbg_estonia", "triple_p")
"""Studies that print an interval of d. Those that found nothing print none: the mean is too favourable."""
_Z95, _Z90 = float(stats.norm.ppf(0.975)), float(stats.norm.ppf(0.95))


@dataclass(frozen=True)
class Finding:
    """One row of the table of evidence. measure: d, rate_ratio or none; low, high: its 95% interval."""

    key: str
    what: str
    where: str
    year: str
    source: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    care_use: str
    bears_on: str

    @property
    def interval(self) -> tuple[float, float, float]:
        """Return its value and 95% interval. Raises ValueError where it has none."""
        if self.value is None or self.low is None or self.high is None:
            raise ValueError(f"'{self.key}' has no interval")
        return self.value, self.low, self.high


@dataclass(frozen=True)
class Pooled:
    """A mean over studies. between: standard deviation of true effects between them (tau).

    low, high: 95% interval of the mean; next_low, next_high: of the effect in a place like them.
    """

    mean: float
    error: float
    between: float
    low: float
    high: float
    next_low: float
    next_high: float


def findings(path: Path = FILE) -> dict[str, Finding]:
    """Return the table of evidence by key."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    numbers = ("value", "low", "high")
    return {
        row["key"]: Finding(**{**row, **{n: float(row[n]) if row[n] else None for n in numbers}})  # type: ignore[arg-type]
        for row in rows
    }


# Steps


def log_odds_ratio(d: float) -> float:
    """Return the log odds ratio of having problems at a standardised mean difference d (above zero: fewer).

    Logistic scores: Hasselblad V, Hedges LV. Psychological Bulletin 1995;117:167-178.
    """
    return -d * math.pi / math.sqrt(3.0)


def risk_ratio(odds_ratio: float, base: float) -> float:
    """Return the ratio of risks at an odds ratio, where the risk is `base` without the programme.

    Zhang J, Yu KF. JAMA 1998;280:1690-1691. Raises ValueError for a base outside 0 to 1, or an odds ratio
    that is not above zero.
    """
    _refuse(odds_ratio, base)
    return odds_ratio / (1.0 - base + base * odds_ratio)


def rate_ratio(odds_ratio: float, base: float) -> float:
    """Return the ratio of constant rates that leads to these odds over the time in which `base` fell ill.

    ``log(1 - risk) / log(1 - base)``: further from 1 than `risk_ratio`, and equal to it where the base is
    small. Raises as `risk_ratio` does.
    """
    _refuse(odds_ratio, base)
    return math.log1p(-base * risk_ratio(odds_ratio, base)) / math.log1p(-base)


def _refuse(odds_ratio: float, base: float) -> None:
    if not 0 < base < 1 or not odds_ratio > 0:
        raise ValueError(f"no odds ratio of {odds_ratio} at a risk of {base}")


def standard_error(low: float, high: float) -> float:
    """Return the standard error behind a 95% interval of a value on a scale without bounds."""
    return (high - low) / (2.0 * _Z95)


def percentiles(value: float, low: float, high: float) -> tuple[float, float]:
    """Return the 5th and 95th percentile behind a 95% interval; each side is normal in its logarithm."""
    share = _Z90 / _Z95
    return value * (low / value) ** share, value * (high / value) ** share


def pooled(effects: Sequence[float], errors: Sequence[float]) -> Pooled:
    """Return the mean of effects that differ between studies (DerSimonian and Laird 1986).

    The interval of a next place: Higgins, Thompson and Spiegelhalter 2009, with k - 2 degrees of freedom.
    Raises ValueError for fewer than three effects or an error that is not above zero.
    """
    y, v = np.asarray(effects, float), np.asarray(errors, float) ** 2
    if y.size < 3 or y.size != v.size or not (v > 0).all():
        raise ValueError("pooling takes three effects or more, each with a standard error")
    w = 1.0 / v
    fixed = (w @ y) / w.sum()
    spread = float(w @ (y - fixed) ** 2) - (y.size - 1)
    tau2 = max(spread / float(w.sum() - (w @ w) / w.sum()), 0.0)
    w = 1.0 / (v + tau2)
    mean, error = float((w @ y) / w.sum()), float(1.0 / math.sqrt(w.sum()))
    reach = float(stats.t.ppf(0.975, y.size - 2)) * math.hypot(error, math.sqrt(tau2))
    half = _Z95 * error
    return Pooled(mean, error, math.sqrt(tau2), mean - half, mean + half, mean - reach, mean + reach)


# Priors


@dataclass(frozen=True)
class Belief:
    """A named prior. d: effect with 95% interval; need: the ratio of new moderate need that follows."""

    name: str
    d: tuple[float, float, float]
    grade: str
    source: str

    @property
    def need(self) -> tuple[float, float, float]:
        """Return the ratio of new moderate need with its 95% interval."""
        middle, least, most = (need_ratio(d) for d in self.d)
        return middle, most, least


def need_ratio(d: float, base: float = BASE_RISK) -> float:
    """Return the ratio of new moderate need at a standardised mean difference."""
    return risk_ratio(math.exp(log_odds_ratio(d)), base)


def beliefs(found: Mapping[str, Finding]) -> tuple[Belief, ...]:
    """Return the named priors that rest on trials, from sceptical to favourable."""
    centre, low, high = (found[key].value for key in ("sel", "sel_beside", "mentoring"))
    if centre is None or low is None or high is None:
        raise ValueError("the favourable prior takes the effects of 'sel', 'sel_beside' and 'mentoring'")
    return (
        Belief(
            "sceptical", SCEPTICAL, "assumed",
            "no effect in Thuis Op Straat (Jonkman and Van Wonderen 2017), Communities That Care NL, Good "
            "Behavior Game England and youth development (Ciocanel et al. 2017); width assumed, d -0.1 to "
            "0.1",
        ),
        Belief(
            "nearest", found["after_school"].interval, "derived",
            "after-school programmes, d 0.062 (-0.098 to 0.223; Taheri and Welsh 2016)",
        ),
        Belief(
            "favourable", (centre, low, high), "derived",
            "lessons in skills d 0.18; range assumed, from lessons beside school d 0.07 to mentoring d 0.29 "
            "(Tolan et al. 2014)",
        ),
    )  # fmt: skip


def prior_rows(found: Mapping[str, Finding]) -> list[tuple[str, ...]]:
    """Return the rows of sim/data/priors.csv."""
    value, low, high = found["school_workers"].interval
    seen = (value, *percentiles(value, low, high))
    rows = []
    certain = (1.0, 1.0, 1.0)
    for belief in beliefs(found):
        need = belief.need
        middle = (need[0], *percentiles(*need))
        steps = f"; odds ratio by Hasselblad and Hedges, ratio of risks at {BASE_RISK:g} (assumed)"
        rows += [
            _row(belief.name, "effect_exists", certain, "", "assumed", "no effect lies within the interval"),
            _row(belief.name, "moderate_need", middle, "", belief.grade, belief.source + steps),
            _row(
                belief.name, "recovery_light", certain, "", "assumed",
                "a trial has one effect on problems: all of it is on new need, and none counts twice",
            ),
            _row(
                belief.name, "signalling", seen, "1", "derived",
                "social workers in English schools, enquiries 1.055 (0.955 to 1.166), 280,000 pupils (SWIS "
                "2023); below 1 counts as 1: who comes makes nobody see less",
            ),
        ]  # fmt: skip
    return rows


def _row(
    prior: str, what: str, values: tuple[float, float, float], least: str, grade: str, source: str
) -> tuple[str, ...]:
    return prior, f"kinderwerk.{what}", *(f"{x:.4g}" for x in values), least, grade, source


def prior_text(found: Mapping[str, Finding]) -> str:
    """Return the content of sim/data/priors.csv."""
    lines = [COLUMNS, *prior_rows(found)]
    return "".join(",".join(_cell(cell) for cell in line) + "\n" for line in lines)


def _cell(text: str) -> str:
    return f'"{text}"' if "," in text else text


# The page


def chain(found: Mapping[str, Finding]) -> str:
    """Return the steps of every effect size as tables in Markdown."""
    sizes = [f for f in found.values() if f.measure == "d" and f.value is not None]
    rows = []
    for f in sizes:
        d = f.value or 0.0
        odds = math.exp(log_odds_ratio(d))
        interval = "not printed" if f.low is None or f.high is None else f"{f.low:g} to {f.high:g}"
        rows.append((
            f.what, f"{d:g}", interval, f"{odds:.3f}", f"{risk_ratio(odds, BASE_RISK):.2f}",
            f"{rate_ratio(odds, BASE_RISK):.2f}", f"{f.source}, {f.year}",
        ))  # fmt: skip
    header = ("what", "d", "95% interval", "odds ratio", "ratio of risks", "ratio of rates", "source")
    text = markdown(header, rows)
    intervals = [found[key].interval for key in POOLED]
    one = pooled([x[0] for x in intervals], [standard_error(x[1], x[2]) for x in intervals])
    near = found["after_school"].interval[0]
    bases = " and ".join(f"{need_ratio(near, base):.2f} at {base:g}" for base in BASE_RISKS)
    text += (
        f"\nAt a base risk of {BASE_RISK:g}, which is assumed; after-school programmes give {bases}. The "
        f"{len(POOLED)} that print an interval of d have a mean of {one.mean:.2f} ({one.low:.2f} to "
        f"{one.high:.2f}), a spread between studies of {one.between:.2f}, and in a next place "
        f"{one.next_low:.2f} to {one.next_high:.2f}: so few say next to nothing of it. Their mean is too "
        "favourable, and no prior: studies that found nothing print no interval and are not in it.\n"
    )
    nothing = [(f.what, f.where, f"{f.source}, {f.year}") for f in found.values() if f.measure == "none"]
    text += "\n" + markdown(("no effect, no interval printed", "where", "source"), nothing)
    words = []
    value, low, high = found["school_workers"].interval
    for b in beliefs(found):
        need = b.need
        words.append((
            f"`{b.name}`", f"{b.d[0]:g} ({b.d[1]:g} to {b.d[2]:g})",
            f"{need[0]:.2f} ({need[1]:.2f} to {need[2]:.2f})",
            f"{value:g} ({low:g} to {high:g})", b.source,
        ))  # fmt: skip
    heads = ("prior", "d (95%)", "new moderate need (95%)", "seen sooner (95%)", "rests on")
    return text + "\n" + markdown(heads, words)


def page(text: str, found: Mapping[str, Finding]) -> str:
    """Return a page in which what stands between the two marks is made again."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + chain(found) + END + after


def main() -> int:
    """Write the priors and the table."""
    found = findings()
    PRIOR_FILE.write_text(prior_text(found), encoding="utf-8")
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
