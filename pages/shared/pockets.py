"""The wrong-pocket picture: who pays against who gains, money and rough values apart on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from pages.shared import bars, charts, formats, parts
from pages.shared.bars import HOLLOW, Bar, Kind
from pages.shared.texts import t, writing
from sim.appraisal import Figure
from sim.decision.payers import Pocket, who_gains


def sentence(found: Sequence[Pocket], ahead: int) -> str:
    """Return in plain words who pays and who gains, and what cannot be told."""
    told = [_paid(p.payer, p.money.cost, ahead) for p in found if p.money]
    gains = [payer for payer in who_gains(found) if not _pays(found, payer)]
    told.append(t("pay_gains", payers=_names(gains)) if gains else t("pay_gains_none"))
    loses = [p.payer for p in found if p.beyond and p.beyond.value > 0 and not p.beyond.too_small]
    if loses:
        told.append(t("pay_loses", payers=_names(loses)))
    return " ".join(told)


def _paid(payer: str, cost: Figure, ahead: int) -> str:
    name = t(f"pay_payer_{payer}")
    if cost.too_small:
        return t("pay_too_small", years=ahead, payer=name)
    more = "pay_more" if cost.value > 0 else "pay_less"
    amount = formats.money(abs(cost.value))
    return t(more, years=ahead, payer=name, amount=amount, interval=between(cost, formats.money))


def _pays(found: Sequence[Pocket], payer: str) -> bool:
    return any(p.payer == payer and p.money for p in found)


def _names(payers: Sequence[str]) -> str:
    names = [t(f"pay_payer_{payer}") for payer in payers]
    return t("pay_and").join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def capital(text: str) -> str:
    """Return a text as it begins a line."""
    return text[:1].upper() + text[1:]


def between(f: Figure, write: Callable[..., str]) -> str:
    """Return the interval of a figure as it stands behind it, or nothing."""
    words = writing().interval(f, write)
    return t("pay_interval", interval=words) if words else ""


def unmet_note(unmet: Figure, year: int) -> None:
    """Show unmet need, which stands beside every saving."""
    value = writing().difference(unmet, formats.count)
    youths = value if unmet.too_small else t("pay_unmet_youths", value=value)
    parts.note(t("pay_unmet", year=year, value=youths, interval=between(unmet, formats.count)))


def picture(found: Sequence[Pocket], ahead: int, reference: str) -> None:
    """Show who pays, and below it on the same scale what is worth something to whom."""
    st.header(t("pay_pockets"))
    parts.note(t("pay_pockets_note"))
    paid = [
        (p.payer, word, figure) for p in found if p.money
        for word, figure in (("cost", p.money.cost), ("cash", p.money.cashable))
    ]  # fmt: skip
    rough = [(p.payer, "beyond", p.beyond) for p in found if p.beyond]
    everything = [_bar(*row) for row in (*paid, *rough)]
    extent = bars.spread(everything, 0.0)
    money = {
        "cost": Kind(t("pay_kind_cost"), charts.COLOURS[0]),
        "cash": Kind(t("pay_kind_cash"), charts.COLOURS[1]),
    }
    _one(paid, money, "pay_money", extent, ahead, reference)
    if rough:
        kinds = {"beyond": Kind(t("pay_kind_beyond"), charts.COLOURS[2], HOLLOW)}
        _one(rough, kinds, "pay_rough", extent, ahead, reference)
        parts.note(t("pay_rough_note"))


def _one(
    rows: Sequence[tuple[str, str, Figure]],
    kinds: dict[str, Kind],
    title: str,
    extent: tuple[float, float],
    ahead: int,
    reference: str,
) -> None:
    made = [_bar(*row) for row in rows]
    st.markdown(f"**{t(title)}**")
    words = t("pay_alt", title=t(title), years=ahead, rows="; ".join(bar.words for bar in made))
    chart = bars.chart([[bar] for bar in made], kinds, t("pay_axis", years=ahead), words, 0.0, extent)
    figures = [(f"{capital(t(f'pay_payer_{payer}'))}, {kinds[kind].words}", f) for payer, kind, f in rows]
    shown = pd.DataFrame(
        [(name, writing().difference(f, formats.millions), _millions(f.low), _millions(f.high))
         for name, f in figures],
        columns=[t("pay_back_payer"), t("middle"), t("low"), t("high")],
    )  # fmt: skip
    data = pd.DataFrame(
        [(name, f.value, f.low, f.high, f.mcse) for name, f in figures],
        columns=[t("pay_back_payer"), t("middle"), t("low"), t("high"), t("pay_mcse")],
    ).assign(**{t("csv_unit"): t("pay_euros")})
    name = "betalers" if title == "pay_money" else "buiten-jeugdzorg"
    parts.picture(chart, shown.map(parts.breakable), data, f"{name}-{ahead}-jaar", reference)


def _bar(payer: str, kind: str, f: Figure) -> Bar:
    amount = writing().difference(f, formats.money)
    words = capital(t(f"pay_bar_{kind}", payer=t(f"pay_payer_{payer}"), amount=amount))
    low, high = (None if end is None else end / 1e6 for end in (f.low, f.high))
    return Bar(words, 0.0, 0.0 if f.too_small else f.value / 1e6, kind, low, high)


def _millions(value: float | None) -> str:
    return "" if value is None else formats.millions(value, True)
