"""What a place costs by form, from tariffs and budgets, step by step: ``python -m calibration.tariffs``.

`calibration/evidence/prices.csv` holds the steps. A line is share x amount x how often x times x prices: the
factor from its year to 2024. Lines of one estimate add up. A form has the geometric mean of its estimates,
and a range from the lowest low to the highest high. An estimate of several forms is a budget: what their
places cost on average. Budgets are no part of the price that is believed before the fit; the fit (costs.py)
weighs them against it.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import groupby
from pathlib import Path

from sim.model.parameters import Parameter, prior_parameters
from sim.states import FORMS

PRICE_FILE = Path(__file__).with_name("evidence") / "prices.csv"
ROUNDING = 2
"""Digits to which prices are written in parameters.csv: no more is known."""


@dataclass(frozen=True)
class Step:
    """One line: low, middle and high in euros of 2024 for a place-year, and the words that show it."""

    low: float
    middle: float
    high: float
    words: str


@dataclass(frozen=True)
class PriceEstimate:
    """What a place-year of one form costs, or of several on average (a budget), in euros of 2024."""

    forms: tuple[str, ...]
    name: str
    steps: tuple[Step, ...]

    @property
    def middle(self) -> float:
        """Return the best guess."""
        return sum(step.middle for step in self.steps)

    @property
    def low(self) -> float:
        """Return the low end, at which every step is low."""
        return sum(step.low for step in self.steps)

    @property
    def high(self) -> float:
        """Return the high end, at which every step is high."""
        return sum(step.high for step in self.steps)


@cache
def estimates() -> tuple[PriceEstimate, ...]:
    """Return all estimates of the file, in its order. Raises KeyError for what is no form of care."""
    with PRICE_FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = []
    for (forms, name), lines in groupby(rows, key=lambda row: (row["forms"], row["estimate"])):
        known = tuple(forms.split(" + "))
        if unknown := set(known) - set(FORMS):
            raise KeyError(f"{PRICE_FILE.name}: no form of care: {', '.join(sorted(unknown))}")
        found.append(PriceEstimate(known, name, tuple(_step(row) for row in lines)))
    return tuple(found)


def budgets() -> tuple[PriceEstimate, ...]:
    """Return the estimates of several forms together."""
    return tuple(one for one in estimates() if len(one.forms) > 1)


def price(form: str) -> tuple[float, float, float]:
    """Return low, middle and high of what a place-year of a form costs, in euros of 2024, rounded.

    Raises ValueError for a form without an estimate.
    """
    own = [one for one in estimates() if one.forms == (form,)]
    middle = math.exp(sum(math.log(one.middle) for one in own) / len(own)) if own else math.nan
    low, high = min(one.low for one in own), max(one.high for one in own)
    return _rounded(low), _rounded(middle), _rounded(high)


def _rounded(amount: float) -> float:
    return float(f"{amount:.{ROUNDING}g}")


def _step(row: dict[str, str]) -> Step:
    share, times, factor = (float(row[name]) for name in ("share", "times", "to_2024"))
    low, middle, high = (
        share * float(row[amount]) * _number(row[often]) * times * factor
        for amount, often in (("low", "often_low"), ("amount", "often"), ("high", "often_high"))
    )
    words = f"{row['what']}: {float(row['amount']):,.10g} a {row['per']} x {row['often']} {row['how_often']}"
    for symbol, number in ((" x ", times), (" x share ", share), (" x prices ", factor)):
        words += f"{symbol}{number:g}" if number != 1 else ""
    assumed = f"; assumed: {row['assumed']}" if row["assumed"] else ""
    return Step(low, middle, high, f"{words} [{row['grade']}: {row['source']}{assumed}]")


def _number(text: str) -> float:
    """Return a decimal number or a quotient of two."""
    over, _, under = text.partition("/")
    return float(Fraction(over) / Fraction(under or "1"))


def _lines(records: dict[str, Parameter]) -> list[str]:
    """Return what the command prints."""
    lines = []
    for one in estimates():
        lines.append(f"{' + '.join(one.forms)}, {one.name}: {_range(one.low, one.middle, one.high)}")
        lines += [f"    {_range(step.low, step.middle, step.high)}  {step.words}" for step in one.steps]
    lines.append("")
    for form in FORMS:
        record = records[f"cost.{form}"]
        same = price(form) == (record.low, record.value, record.high)
        lines.append(f"{record.name}: {_range(*price(form))}{'' if same else ' - parameters.csv differs'}")
    return lines


def _range(low: float, middle: float, high: float) -> str:
    return f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every step, then the price of each form."""
    print("\n".join(_lines(dict(prior_parameters().records))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
