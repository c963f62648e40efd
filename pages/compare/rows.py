"""What the page says of one budget beside another: its differences, the chance and when the money is back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from statistics import median

from pages.background import figures
from pages.background.answers import Answer
from pages.choices.plan import CHILD_WORK
from pages.look import formats
from pages.look.texts import t, writing
from sim.decision.comparison import MUNICIPAL, Figure, break_even
from sim.decision.firm import Standing, has_range
from sim.decision.headline import Change, change

OUTCOMES = ("cost", "care", "unmet")
"""What rows show, in this order: money of the municipality, youths with care, youths who lack it."""
WRITERS: dict[str, Callable[..., str]] = {
    "cost": formats.money, "care": formats.count, "unmet": formats.count,
}  # fmt: skip
NUMBERS: dict[str, Callable[..., str]] = {**WRITERS, "cost": formats.millions}
"""The same for a range, which stands below the words with their unit."""

BELOW = {"cost": "less", "care": "fewer", "unmet": "fewer"}
"""The word for below zero."""


class Told(Enum):
    """What can be said of an outcome of a budget."""

    MORE = "more"
    LESS = "less"
    UNCLEAR = "unclear"
    SAME = "same"
    WAITING = "waiting"
    APART = "apart"
    """Care is paid in another way, so that money says nothing."""


@dataclass(frozen=True)
class BudgetRow:
    """One budget beside another. number, name: as the page numbers and calls it; about: what is in it.

    figures: by outcome, money as a present value over the years so far and youths in the last of them. own:
    in words, what its programmes cost more. chance, even: in words, that the money comes back, and when that
    is. sharpening: see `Standing.of`.
    """

    number: int
    name: str
    about: str
    figures: dict[str, Figure]
    comparable: bool
    own: str
    chance: str
    even: str
    sharpening: bool

    def told(self, outcome: str) -> Told:
        """Return what can be said of an outcome."""
        if outcome == "cost" and not self.comparable:
            return Told.APART
        f = self.figures[outcome]
        found = Standing.of(f, self.sharpening)
        if found is Standing.FIRM:
            return Told.MORE if f.value > 0 else Told.LESS
        by_standing = {Standing.NONE: Told.SAME, Standing.PROVISIONAL: Told.WAITING}
        return by_standing.get(found, Told.UNCLEAR)

    def words(self, outcome: str) -> str:
        """Return how much more or less it is, or why that is not said."""
        f, write, told = self.figures[outcome], WRITERS[outcome], self.told(outcome)
        if told is Told.APART:
            return t("not_comparable")
        if told is Told.SAME:
            return t("no_difference")
        if told is Told.UNCLEAR:
            unclear = Standing.of(f, self.sharpening) is Standing.UNCLEAR
            return t("compare_unclear" if unclear else "too_small")
        amount = write(abs(f.value))
        if amount == write(0.0):
            return writing().provisional(t("near_zero"), told is Told.WAITING)
        words = t("more" if f.value > 0 else BELOW[outcome], value=amount)
        return writing().provisional(words, told is Told.WAITING)

    def range_words(self, outcome: str) -> str:
        """Return between what nine in ten computations lie, or nothing where no range may be shown."""
        f = self.figures[outcome]
        if not self.ranged(outcome) or f.low is None or f.high is None:
            return ""
        return writing().with_luck(writing().between(f.low, f.high, NUMBERS[outcome], BELOW[outcome]), f)

    def ranged(self, outcome: str) -> bool:
        """Tell whether a range may be shown."""
        return self.told(outcome) is not Told.APART and has_range(self.figures[outcome], self.sharpening)


def row(
    answer: Answer, number: int, name: str, about: str, ahead: int, reference: int = 0
) -> BudgetRow:
    """Return what can be said of a budget, by its place in the answer from 1 on, beside that of a reference.

    ahead: over how many years. The two are paired child by child: ranges of two rows are never subtracted.
    """
    scenario, rate = number - 1, answer.scenarios[0].discount_rate
    d = answer.difference(scenario, reference)
    c = figures.change_of(answer, scenario, d, ahead, reference)
    comparable = c.municipal_cashable is not None
    paybacks = break_even(d, *MUNICIPAL, rate).payback_year
    whole = change(d, len(d.years), rate, comparable)
    return BudgetRow(
        number, name, about, {"cost": c.municipal_cost, "care": c.care_users, "unmet": c.unmet_need},
        comparable, _own(answer, c), figures.chance(c, answer),
        _even(answer, whole, paybacks, d.years[-1]), answer.sharpening,
    )  # fmt: skip


def _own(answer: Answer, c: Change) -> str:
    """Return what programmes cost more or less; nothing before that stands, or where it is the same."""
    if not answer.chance_known or abs(c.programme_cost) <= 0.5:
        return ""
    only = {name for scenario in answer.scenarios for name in scenario.programmes} <= {CHILD_WORK}
    return t("compare_own" if only else "compare_own_all", cost=formats.money(c.programme_cost))


def _even(answer: Answer, whole: Change, paybacks: tuple[int | None, ...], last: int) -> str:
    """Return when the money is back in most computations, over all years; why that is not said, or nothing.

    whole: what changes over all of them.
    """
    told = figures.chance(whole, answer)
    if told in (t("not_comparable"), t("not_yet"), t("no_difference"), t("untold")):
        return ""
    if whole.municipal_programme_cost <= 0:
        return t("compare_even_cheaper")
    back = [year for year in paybacks if year is not None]
    if 2 * len(back) <= len(paybacks):
        return t("compare_even_never", year=last)
    # those that never are even come last, so that it is the middle one of all
    later = [*back, *[last + 1] * (len(paybacks) - len(back))]
    return t("compare_even_year", year=int(median(sorted(later))))
