"""Figures of docs/paper.md in tables: never without their range, and nothing below its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from calibration.documents.markup import markdown
from calibration.paper.runs import Floats, Pair
from calibration.paper.telling import Said
from sim.decision.comparison import Figure
from sim.decision.firm import Standing, span
from sim.decision.headline import horizons
from sim.words.writing import WORDS, Writing, read_words

HEADER = (
    "scenario", "after", "youths with jeugdzorg", "unmet need", "programmes", "municipality net",
    "paid back",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimAnswer:
    """The answer to one claim: statements that every language has words for, and its figures in English."""

    said: tuple[Said, ...]
    body: str


def between(f: Figure, scale: float, decimals: int, words: str = "no clear difference") -> str:
    """Return that a difference may go either way, with its range."""
    low, high = (signed(end / scale, decimals) for end in span(f))
    return "almost 0" if signed(0.0, decimals) == low == high else f"{words} ({low} to {high})"


def signed(value: float, decimals: int) -> str:
    """Return a number with its sign, and what rounds to nothing without one."""
    text = f"{value:+,.{decimals}f}"
    return text if text.strip("+-0.") else text[1:]


def short(f: Figure | None, scale: float = 1.0, decimals: int = 0) -> str:
    """Return a difference with its range for a table."""
    if f is None:
        return "-"
    if f.value == 0 and f.mcse == 0:
        return "0"
    said = Standing.of(f)
    if said is Standing.TOO_SMALL:
        return between(f, scale, decimals, "too small")
    if said is Standing.UNCLEAR:
        return between(f, scale, decimals)
    words, nothing = signed(f.value / scale, decimals), signed(0.0, decimals)
    if f.low is None or f.high is None:
        return "almost 0" if words == nothing else words
    low, high = (signed(end / scale, decimals) for end in (f.low, f.high))
    return "almost 0" if words == low == high == nothing else f"{words} ({low} to {high})"


def table(pairs: Sequence[tuple[str, Pair]]) -> str:
    """Return what pairs say after each horizon, as a Markdown table."""
    rows = []
    for name, pair in pairs:
        for number, years in enumerate(horizons(pair.both[0].years)):
            c = pair.after(years)
            back = c.p_paid_back if c.programme_cost > 0 else None
            rows.append((
                "" if number else name, f"{years} years", short(c.care_users), short(c.unmet_need),
                signed(c.programme_cost / 1e6, 1), short(c.municipal_cost, 1e6, 1),
                "-" if back is None else _plain().chance(back, len(pair.runs)),
            ))  # fmt: skip
    return markdown(HEADER, rows)


@cache
def _plain() -> Writing:
    """Return the English words that all share."""
    return Writing("en", read_words([WORDS / "en.yaml"]))


def spread(values: Floats, percent: bool = False) -> str:
    """Return the mean of draws with their 5th and 95th percentile."""
    low, high = np.percentile(values, [5, 95])
    if percent:
        return f"{values.mean():.0%} ({low:.0%} to {high:.0%})"
    return f"{round(values.mean()):,} ({round(low):,} to {round(high):,})"  # no -0


def most_deprived(shares: Floats) -> float:
    """Return the share of the two most deprived fifths of neighbourhoods. shares: by fifth, [5]."""
    return float(shares[3:].sum())
