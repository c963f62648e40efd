"""What stands on top, made by rule from what can be told of every budget."""

from __future__ import annotations

from collections.abc import Sequence

from babel.lists import format_list

from pages.compare.rows import OUTCOMES, BudgetRow, Told
from pages.look.texts import t, writing

BY_OUTCOME = (Told.MORE, Told.LESS)
TOGETHER = (Told.UNCLEAR, Told.SAME, Told.WAITING, Told.APART)
"""What is said of several outcomes in one sentence, where it holds for the same budgets."""


def conclusion(rows: Sequence[BudgetRow], than: int, years: int, year: int) -> list[str]:
    """Return in one sentence each which budgets change what, and for which that cannot be told.

    than: the number of the budget that all are compared with; years: over which money is counted; year: in
    which youths are. No budget is called better: more and less are all that is said.
    """
    by_told = {
        (outcome, told): tuple(row.number for row in rows if row.told(outcome) is told)
        for outcome in OUTCOMES for told in Told
    }  # fmt: skip
    values = {"than": budgets([than], 0), "years": years, "year": year}
    found = [
        t(f"compare_{outcome}_{told.value}", who=budgets(who, len(rows)), **values)
        for outcome in OUTCOMES for told in BY_OUTCOME if (who := by_told[outcome, told])
    ]  # fmt: skip
    for told in TOGETHER:
        for who in dict.fromkeys(by_told[outcome, told] for outcome in OUTCOMES):
            if who:
                what = [t(f"compare_what_{o}") for o in OUTCOMES if by_told[o, told] == who]
                listed = format_list(what, locale=writing().locale)
                named = budgets(who, len(rows))
                found.append(t(f"compare_all_{told.value}", who=named, what=listed, **values))
    return [one[:1].upper() + one[1:] for one in found]


def budgets(numbers: Sequence[int], all_of: int) -> str:
    """Return budgets by their numbers as they stand in a sentence. all_of: how many others there are."""
    if len(numbers) == 1:
        return t("compare_one", n=numbers[0])
    if len(numbers) == all_of:
        return t("compare_all_others")
    return t("compare_some", n=format_list([str(n) for n in numbers], locale=writing().locale))
