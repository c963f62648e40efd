"""Figures of an answer as tables of texts: the same words and roundings on every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from pages.background.answers import Answer
from pages.choices.plan import CHILD_WORK
from pages.look import formats
from pages.look.texts import t, writing
from sim.decision.comparison import Difference, Figure
from sim.decision.firm import Standing
from sim.decision.headline import Change, change

MIDDLE, LONG = 10, 20
"""Years ahead of the figures that Start leads with: youths after ten years, money after twenty."""
Rows = list[tuple[str, str]]


def table(
    answer: Answer, differences: Sequence[Difference], labels: Sequence[str], ahead: int
) -> pd.DataFrame:
    """Return the differences up to a number of years ahead, a column per budget beside the reference."""
    changes = [change_of(answer, k, d, ahead) for k, d in enumerate(differences, 1)]
    return _columns([_rows(c, answer) for c in changes], labels)


def key_table(answer: Answer, labels: Sequence[str]) -> pd.DataFrame:
    """Return the figures of Start and the chance, a column per budget beside the reference.

    Each label must be another.
    """
    return beside({label: dict(key_figures(answer, k)) for k, label in enumerate(labels, 1)})


def key_figures(answer: Answer, scenario: int = 1) -> Rows:
    """Return the figures of Start, unmet need beside the use of care, and the chance."""
    years, d = answer.scenarios[0].years, answer.difference(scenario)
    near, far = (change_of(answer, scenario, d, min(ahead, years)) for ahead in (MIDDLE, LONG))
    alike = far.municipal_cashable is not None
    cost = _as_start(far.municipal_cost, formats.money, "less", answer) if alike else t("not_comparable")
    return [
        (t("figure_users", year=near.year), _as_start(near.care_users, formats.count, "fewer", answer)),
        (t("figure_unmet", year=near.year), _as_start(near.unmet_need, formats.count, "fewer", answer)),
        (t("figure_money", year=far.year), cost),
        (t("row_chance"), chance(far, answer)),
    ]


def _as_start(f: Figure, write: Callable[..., str], less: str, answer: Answer) -> str:
    """Return a difference in the words of Start, 32 minder, with its range where that is all there is."""
    told = Standing.of(f, answer.sharpening)
    if told.unsaid:
        return writing().remark(f, write, answer.sharpening)
    words = writing().change(f, write, less, answer.sharpening)
    return writing().provisional(words, told is Standing.PROVISIONAL)


def _in_words(f: Figure, write: Callable[..., str], answer: Answer) -> str:
    return writing().difference(f, write, answer.sharpening)


def _money(c: Change, write: Callable[..., str], answer: Answer) -> str:
    """Return what the municipality spends more; where care is paid in another way that says nothing."""
    return t("not_comparable") if c.municipal_cashable is None else _in_words(c.municipal_cost, write, answer)


def chance(c: Change, answer: Answer) -> str:
    """Return the chance of break-even in words, or why none is given."""
    if c.municipal_cashable is None:
        return t("not_comparable")
    soon = Standing.of(c.municipal_cost, answer.sharpening) is Standing.PROVISIONAL
    if c.p_paid_back is None or soon or not answer.chance_known:
        return t("not_yet")
    if c.equal:
        return t("no_difference")
    if c.drowned:
        return t("untold")
    return writing().chance(c.p_paid_back, len(answer.draws))


def distinct(labels: Sequence[str]) -> list[str]:
    """Return labels with a number where two are the same."""
    return [f"{k + 1}. {n}" if list(labels).count(n) > 1 else n for k, n in enumerate(labels)]


def change_of(answer: Answer, scenario: int, d: Difference, ahead: int, reference: int = 0) -> Change:
    """Return what changes up to a number of years ahead; cash only where care is paid in the same way."""
    ways = {answer.scenarios[k].policy == "capped" for k in (reference, scenario)}
    return change(d, ahead, answer.scenarios[0].discount_rate, len(ways) == 1)


def _rows(c: Change, answer: Answer) -> Rows:
    cash = c.municipal_cashable
    only = {name for scenario in answer.scenarios for name in scenario.programmes} <= {CHILD_WORK}
    spent = writing().provisional(formats.millions(c.programme_cost, True), not answer.chance_known)
    return [
        (t("row_users"), _in_words(c.care_users, formats.count, answer)),
        (t("row_unmet"), _in_words(c.unmet_need, formats.count, answer)),
        (t("row_programme" if only else "row_programme_all"), spent),
        (t("row_municipal"), _money(c, formats.millions, answer)),
        (t("row_cashable"), _in_words(cash, formats.millions, answer) if cash else t("not_comparable")),
        (t("row_chance"), chance(c, answer)),
    ]


def _columns(found: Sequence[Rows], labels: Sequence[str]) -> pd.DataFrame:
    texts = [[text for _, text in column] for column in found]
    names = [label for label, _ in found[0]]
    return pd.DataFrame(dict(enumerate(texts)), index=names).set_axis(list(labels), axis=1)


def beside(columns: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Return texts by their name as a table with a column each, the names of the rows in the first."""
    names = list(next(iter(columns.values())))
    rows = [[name, *(texts[name] for texts in columns.values())] for name in names]
    return pd.DataFrame(rows, columns=[t("figure_name"), *columns])
