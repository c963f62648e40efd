"""Where lives part, all together: totals by kind of parting."""

from __future__ import annotations

import pandas as pd

from pages.children.icons import LIVES
from pages.children.kept import DivergenceTotal, Kept
from pages.look import formats
from pages.look.texts import t, writing
from sim.decision.comparison import Figure

SHOWN = 6
"""Kinds with a row of their own; the rest stands together."""


def lead(kept: Kept) -> str:
    """Return how many lives part, what follows, and how it most often begins, or that it cannot be told."""
    if not kept.luck_known:
        return t("kids_totals_untold")
    most = kept.kinds[0]
    less, same, more = (formats.percent(count / kept.partings) for count in kept.after)
    return t(
        "kids_totals_lead", children=formats.count(kept.partings * kept.scale), years=kept.years, better=less,
        same=same, worse=more, row=t(f"life_row_{most.row}"), where=_only(most),
    )  # fmt: skip


def table(kept: Kept) -> pd.DataFrame:
    """Return the most common kinds, the others and the total, as people read them."""
    rows = [(_words(kind), *_cells([kind])) for kind in kept.kinds[:SHOWN]]
    if rest := kept.kinds[SHOWN:]:
        rows.append((t("kids_other_kinds"), *_cells(rest)))
    rows.append((t("kids_all_kinds"), *_cells(kept.kinds)))
    names = ("kids_kind", "kids_children", "kids_care_years", "kids_care_euros")
    return pd.DataFrame(rows, columns=[t(name) for name in names])


def whole(kept: Kept) -> pd.DataFrame:
    """Return every kind with its figures and their errors, for a file."""
    rows = [
        (t(f"life_process_{kind.process}"), t(f"life_row_{kind.row}"),
         t(f"kids_life_{LIVES[kind.total.life]}"),
         kind.total.children, kind.total.care_years, kind.total.care_years_error, kind.total.euros,
         kind.total.euros_error)
        for kind in kept.kinds
    ]  # fmt: skip
    error = t("kids_error")
    names = [t("kids_lane"), t("kids_kind"), t("kids_where"), t("kids_children"), t("kids_care_years"),
             f"{t('kids_care_years')}: {error}", t("kids_euros"), f"{t('kids_euros')}: {error}"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _only(kind: DivergenceTotal) -> str:
    return t(f"kids_only_{LIVES[kind.total.life]}")


def _words(kind: DivergenceTotal) -> str:
    return f"{t(f'life_row_{kind.row}')} ({_only(kind)})"


def _cells(found: tuple[DivergenceTotal, ...] | list[DivergenceTotal]) -> tuple[str, str, str]:
    """Return children, years of care and euros of some kinds together."""
    parts = [kind.total for kind in found]

    def figure(name: str) -> Figure:
        value = sum(getattr(part, name) for part in parts)
        error = sum(getattr(part, f"{name}_error") ** 2 for part in parts) ** 0.5
        return Figure(value, error, None, None, None)

    return (
        formats.count(sum(part.children for part in parts)),
        writing().difference(figure("care_years"), formats.count),
        writing().difference(figure("euros"), formats.millions),
    )
