"""The grades of evidence behind an answer, the share of Monte Carlo noise, and the value of information."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.choices.state import choices
from pages.doubt.work import Findings
from pages.look import bars, charts, formats
from pages.look.bars import HOLLOW, Bar, Kind
from pages.look.parameter_words import (
    ASSUMED,
    BASES,
    ESTIMATED,
    MEASURED,
    basis_of_grade,
    group_title,
    parameter_title,
)
from pages.look.texts import t
from pages.shared import parts
from sim import Estimate
from sim.decision.dossier import ENOUGH, MOST_NEAR, REST, Knowledge
from sim.decision.firm import few

MOST = 6
"""Numbers listed by what it is worth to know them."""
_LUCK = "luck"


def rests_on(found: Findings, reference: str) -> None:
    """Show how the doubt divides over what is measured, estimated and assumed, and luck apart."""
    known, spread = found.known, found.spread
    if spread is not None and not few(found.draws):
        children = found.question.options.children
        st.markdown(
            t(
                "doubt_luck",
                luck=formats.percent(spread.luck),
                draws=found.draws,
                children=t("all_children") if children is None else formats.count(children),
                unknown=formats.money(spread.parameters),
                lucky=formats.money(spread.luck_of_a_run),
            )
        )
        parts.note(t("doubt_luck_note"))
    if known is None:
        st.markdown(t("doubt_coming"))
        return
    shares = by_basis(known)
    st.markdown(t("doubt_debt_lead", share=formats.percent(shares[ASSUMED])))
    looks = {
        MEASURED: Kind(t("doubt_basis_measured"), charts.COLOURS[2]),
        ESTIMATED: Kind(t("doubt_basis_estimated"), charts.COLOURS[0]),
        ASSUMED: Kind(t("doubt_basis_assumed"), charts.COLOURS[1]),
        _LUCK: Kind(t("doubt_basis_luck"), charts.GREY, HOLLOW),
    }
    rows = [
        [
            Bar(
                t("doubt_debt_row", name=looks[basis].words, share=formats.percent(share)),
                0.0,
                100 * share,
                basis,
            )
        ]
        for basis, share in shares.items()
    ]
    told = "; ".join(row[0].words for row in rows)
    chart = bars.chart(
        rows, looks, t("doubt_debt_axis"), t("doubt_debt_alt", rows=told), 0.0, (-1.5, 100.0), legend=False
    )
    table = pd.DataFrame(
        [(looks[basis].words, formats.percent(share)) for basis, share in shares.items()],
        columns=[t("doubt_col_basis"), t("doubt_col_share")],
    )
    data = table.assign(**{t("doubt_col_share"): list(shares.values())})
    drawn = charts.titled(chart, t("doubt_debt_chart", name=choices().municipality))
    parts.picture(drawn, table.map(parts.breakable), data, "bewijs", reference)
    _caution(known)


def by_basis(known: Knowledge) -> dict[str, float]:
    """Return the share of the variance by what it rests on; what nothing explains alone comes last."""
    shares = dict.fromkeys(BASES, 0.0) | {_LUCK: 0.0}
    for row in known.debt:
        shares[_LUCK if row.grade == REST else basis_of_grade(row.grade)] += row.variance
    return shares


def collect_first(found: Findings, reference: str) -> None:
    """Show which figure it would be worth most to know."""
    known = found.known
    if known is None:
        st.markdown(t("doubt_coming"))
        return
    worth = [(name, e) for name, e in known.groups if _is_clear(e)]
    if known.willingness <= 0.0 or not _is_clear(known.everything) or not worth:
        st.markdown(t("doubt_collect_none"))
        _caution(known)
        return
    first = group_title(worth[0][0])
    st.markdown(
        t(
            "doubt_collect_lead",
            first=first[:1].lower() + first[1:],
            level=formats.euros(round(known.willingness, -3)),
            everything=formats.money(known.everything.value),
        )
    )
    numbers = [(name, e) for name, e in known.parameters if known.emulated and _is_clear(e)][:MOST]
    if numbers:
        st.markdown(t("doubt_collect_numbers"))
        st.markdown(
            "\n".join(f"{k}. {parts.plain(parameter_title(name))}" for k, (name, _) in enumerate(numbers, 1))
        )
    kinds = {"worth": Kind(t("doubt_kind_worth"), charts.COLOURS[0])}
    rows = [
        [
            Bar(
                t("doubt_worth_row", name=group_title(name), amount=_in_words(e, formats.money(e.value))),
                0.0,
                e.value / 1e6,
                "worth",
            )
        ]
        for name, e in worth
    ]
    told = "; ".join(row[0].words for row in rows)
    chart = bars.chart(rows, kinds, t("doubt_worth_axis"), t("doubt_worth_alt", rows=told))
    everything = [(group_title(name), e) for name, e in known.groups]
    if known.emulated:
        everything += [(parameter_title(name), e) for name, e in known.parameters[: 2 * MOST]]
    names = [t("doubt_col_number"), t("doubt_col_worth")]
    shown = pd.DataFrame(
        [
            (name, _in_words(e, formats.millions(e.value) if _is_clear(e) else t("too_small")))
            for name, e in everything
        ],
        columns=names,
    )
    data = pd.DataFrame(
        [(name, e.value, e.se, _more(e)) for name, e in everything],
        columns=[*names, t("pay_mcse"), t("doubt_col_more")],
    )
    drawn = charts.titled(chart, t("doubt_worth_chart", name=choices().municipality))
    parts.picture(drawn, shown.map(parts.breakable), data, "eerst-verzamelen", reference)
    parts.note(t("doubt_collect_note", draws=formats.count(found.draws)))
    if any(_more(e) for _, e in everything):
        parts.note(t("doubt_more_note", most=MOST_NEAR))
    _caution(known)


def _is_clear(e: Estimate) -> bool:
    """Tell whether a value is more than its own error."""
    return e.value > 0.0 and e.value >= 2.0 * e.se


def _in_words(e: Estimate, amount: str) -> str:
    """Return an amount, and that there is or may be more where the regression missed some or may have."""
    if not e.checked:
        return t("doubt_may_be_more", amount=amount)
    return t("doubt_more_than", amount=amount) if e.missed else amount


def _more(e: Estimate) -> str:
    """Return whether it is worth more than was found: yes, perhaps, or nothing where it is not."""
    return "" if e.checked and not e.missed else t("doubt_more_yes" if e.checked else "doubt_more_perhaps")


def _caution(known: Knowledge) -> None:
    """Say where what is known rests on too few draws, or on an emulator and how good that is."""
    if not known.emulated:
        parts.note(t("doubt_preliminary", draws=known.drawn, enough=ENOUGH))
    elif known.accuracy is not None:
        parts.note(
            t("doubt_emulated", drawn=formats.count(known.drawn), accuracy=formats.percent(known.accuracy))
        )
