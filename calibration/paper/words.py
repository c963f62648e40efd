"""Figures of docs/paper.md in words and tables: never without their range, and nothing below its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.documents.report import markdown
from calibration.paper.runs import Floats, Pair
from sim.decision.appraisal import Figure
from sim.decision.headline import horizons
from sim.engine.history import Label

USERS: Label = ("care_users", "total", "all")
UNMET: Label = ("unmet_need", "total", "all")
TOO_SMALL = "too small to tell"
HEADER = (
    "scenario", "after", "youths with jeugdzorg", "unmet need", "programmes", "municipality net",
    "paid back",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimAnswer:
    """The answer to one claim: in a few sentences, and with its figures."""

    short: str
    body: str


def in_words(f: Figure, noun: str, decimals: int = 0) -> str:
    """Return a difference in words: how many more or fewer, its range, and in what share of draws."""
    if f.value == 0 and f.mcse == 0:
        return f"no difference in {noun} in these runs"
    if f.too_small:
        return f"{noun}: {TOO_SMALL}"
    way, chance = ("more", f.p_positive) if f.value > 0 else ("fewer", _below(f))
    words = f"{abs(f.value):,.{decimals}f} {way} {noun}"
    if f.low is None or f.high is None or chance is None:
        return words
    return f"{words} ({f.low:+,.{decimals}f} to {f.high:+,.{decimals}f}; {way} in {chance:.0%} of draws)"


def _below(f: Figure) -> float | None:
    return None if f.p_positive is None else 1.0 - f.p_positive


def short(f: Figure | None, scale: float = 1.0, decimals: int = 0) -> str:
    """Return a difference with its range for a table."""
    if f is None:
        return "-"
    if f.value == 0 and f.mcse == 0:
        return "0"
    if f.too_small:
        return "too small"
    words = f"{f.value / scale:+,.{decimals}f}"
    if f.low is None or f.high is None:
        return words
    return f"{words} ({f.low / scale:+,.{decimals}f} to {f.high / scale:+,.{decimals}f})"


def table(pairs: Sequence[tuple[str, Pair]]) -> str:
    """Return what pairs say after each horizon, as a Markdown table."""
    rows = []
    for name, pair in pairs:
        for number, years in enumerate(horizons(pair.both[0].years)):
            c = pair.after(years)
            spends = c.programme_cost > 0 and c.p_paid_back is not None
            rows.append((
                "" if number else name, f"{years} years", short(c.care_users), short(c.unmet_need),
                f"{c.programme_cost / 1e6:+,.1f}", short(c.municipal_cost, 1e6, 1),
                f"{c.p_paid_back:.0%}" if spends else "-",
            ))  # fmt: skip
    return markdown(HEADER, rows)


def spread(values: Floats, percent: bool = False) -> str:
    """Return the mean of draws with their 5th and 95th percentile."""
    low, high = np.percentile(values, [5, 95])
    if percent:
        return f"{values.mean():.0%} ({low:.0%} to {high:.0%})"
    return f"{values.mean():,.0f} ({low:,.0f} to {high:,.0f})"


def quintiles(shares: Floats) -> str:
    """Return the share of the two most deprived fifths of neighbourhoods."""
    return f"{shares[3:].sum():.0%}"
