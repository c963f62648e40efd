"""The wrong-pocket picture: who pays against who gains, money and rough values apart on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from pages.choices.state import choices
from pages.look import bars, charts, formats
from pages.look.bars import HOLLOW, Bar, Kind
from pages.look.texts import t, writing
from pages.shared import parts
from pages.shared.luck import luck
from sim.decision.comparison import Figure
from sim.decision.firm import Standing, has_range
from sim.decision.payers import Pocket, who_gains


def sentence(found: Sequence[Pocket], ahead: int, sharpening: bool = False) -> str:
    """Return in plain words who pays and who gains, and what is not clear.

    sharpening: see `Standing.of`, here and below.
    """
    told = [_paid(p.payer, p.money.cost, ahead, sharpening) for p in found if p.money]
    firm = [p for p in found if _is(p.beyond, Standing.FIRM, sharpening)]
    gains = [payer for payer in who_gains(firm) if not _pays(found, payer)]
    if gains:
        told.append(t("pay_gains", payers=names(gains)))
    elif any(_is(p.beyond, Standing.PROVISIONAL, sharpening) for p in found):
        told.append(t("pay_gains_waiting"))
    else:
        unclear = any(_is(p.beyond, Standing.UNCLEAR, sharpening) for p in found)
        told.append(t("pay_gains_unclear" if unclear else "pay_gains_none"))
    loses = [p.payer for p in firm if p.beyond and p.beyond.value > 0]
    if loses:
        told.append(t("pay_loses", payers=names(loses)))
    return " ".join(told)


def _is(f: Figure | None, what: Standing, sharpening: bool) -> bool:
    return f is not None and Standing.of(f, sharpening) is what


def _paid(payer: str, cost: Figure, ahead: int, sharpening: bool) -> str:
    name, told = t(f"pay_payer_{payer}"), Standing.of(cost, sharpening)
    if told is Standing.NONE:
        return t("pay_same", years=ahead, payer=name)
    words, size = writing().remark(cost, formats.money, sharpening), formats.money(abs(cost.value))
    if words == t("near_zero") or (told is Standing.FIRM and size == formats.money(0.0)):
        return t("pay_nearly", years=ahead, payer=name)
    if told is Standing.UNCLEAR:
        return t("pay_unclear", years=ahead, payer=name, words=words)
    if told.unsaid:
        return t("pay_too_small", years=ahead, payer=name)
    more = "pay_more" if cost.value > 0 else "pay_less"
    amount = writing().provisional(size, told is Standing.PROVISIONAL)
    interval = between(cost, formats.money, "less", sharpening)
    return t(more, years=ahead, payer=name, amount=amount, interval=interval)


def _pays(found: Sequence[Pocket], payer: str) -> bool:
    return any(p.payer == payer and p.money for p in found)


def names(payers: Sequence[str]) -> str:
    """Return payers as they stand in a sentence."""
    each = [t(f"pay_payer_{payer}") for payer in payers]
    return t("pay_and").join([", ".join(each[:-1]), each[-1]] if len(each) > 1 else each)


def capital(text: str) -> str:
    """Return a text as it begins a line."""
    return text[:1].upper() + text[1:]


def between(f: Figure, write: Callable[..., str], less: str, sharpening: bool = False) -> str:
    """Return the range of a figure in words as it stands behind it, or nothing. less: see `change`."""
    if Standing.of(f, sharpening) is Standing.UNCLEAR:  # the range is in its words
        return ""
    words = writing().range(f, write, less, sharpening)
    return t("pay_interval", interval=words) if words else ""


def unmet_note(unmet: Figure, year: int, sharpening: bool = False) -> None:
    """Show unmet need, which stands beside every saving."""
    told = writing().difference(unmet, _youths, sharpening, "fewer")
    interval = between(unmet, formats.count, "fewer", sharpening)
    parts.note(t("pay_unmet", year=year, value=told, interval=interval))


def _youths(value: float, sign: bool = False) -> str:
    if sign:
        return writing().in_words(_youths, value, "fewer")
    return t("pay_unmet_youths", value=formats.count(value))


def picture(found: Sequence[Pocket], ahead: int, reference: str, sharpening: bool = False) -> None:
    """Show who pays, and below it on the same scale what is worth something to whom."""
    st.header(t("pay_pockets"))
    paid = [
        (p.payer, word, figure) for p in found if p.money
        for word, figure in (("cost", p.money.cost), ("cash", p.money.cashable))
    ]  # fmt: skip
    rough = [(p.payer, "beyond", p.beyond) for p in found if p.beyond]
    ranged = any(has_range(f, sharpening) for *_, f in (*paid, *rough))
    parts.note(t("pay_pockets_note", thin=t("pay_thin") if ranged else ""))
    parts.note(luck((f for *_, f in (*paid, *rough)), sharpening, "luck_beside"))
    everything = [_bar(*row, sharpening) for row in (*paid, *rough)]
    extent = bars.spread(everything, 0.0)
    money = {
        "cost": Kind(t("pay_kind_cost"), charts.COLOURS[0]),
        "cash": Kind(t("pay_kind_cash"), charts.COLOURS[1]),
    }
    _one(paid, money, "pay_money", extent, ahead, reference, sharpening)
    if rough:
        kinds = {"beyond": Kind(t("pay_kind_beyond"), charts.COLOURS[2], HOLLOW)}
        _one(rough, kinds, "pay_rough", extent, ahead, reference, sharpening)
        parts.note(t("pay_rough_note"))


def _one(
    rows: Sequence[tuple[str, str, Figure]],
    kinds: dict[str, Kind],
    title: str,
    extent: tuple[float, float],
    ahead: int,
    reference: str,
    sharpening: bool,
) -> None:
    made = [_bar(*row, sharpening) for row in rows]
    name = choices().municipality
    st.markdown(f"**{t(title, name=parts.plain(name))}**")
    rows_told = "; ".join(bar.words for bar in made)
    words = t("pay_alt", title=t(title, name=name), years=ahead, rows=rows_told)
    chart = bars.chart([[bar] for bar in made], kinds, t("pay_axis", years=ahead), words, 0.0, extent)
    figures = [(f"{capital(t(f'pay_payer_{payer}'))}, {kinds[kind].words}", f) for payer, kind, f in rows]
    shown = pd.DataFrame(
        [(name, writing().difference(f, formats.millions, sharpening), *map(_millions, ends(f, sharpening)))
         for name, f in figures],
        columns=[t("pay_back_payer"), t("middle"), t("low"), t("high")],
    )  # fmt: skip
    data = in_numbers(figures, t("pay_back_payer"), sharpening).assign(**{t("csv_unit"): t("pay_euros")})
    file = "betalers" if title == "pay_money" else "buiten-jeugdzorg"
    parts.picture(chart, shown, data, f"{file}-{ahead}-jaar", reference)


def ends(f: Figure, sharpening: bool) -> tuple[float | None, float | None]:
    """Return the range of a figure, as far as it may be shown."""
    return (f.low, f.high) if has_range(f, sharpening) else (None, None)


def in_numbers(figures: Sequence[tuple[str, Figure]], name: str, sharpening: bool) -> pd.DataFrame:
    """Return figures for a file, with their luck and what can be said. name: of what they are."""
    return pd.DataFrame(
        [(label, f.value, *ends(f, sharpening), f.mcse, writing().remark(f, formats.money, sharpening))
         for label, f in figures],
        columns=[name, t("middle"), t("low"), t("high"), t("pay_mcse"), t("csv_told")],
    )  # fmt: skip


def _bar(payer: str, kind: str, f: Figure, sharpening: bool) -> Bar:
    amount = writing().difference(f, formats.money, sharpening)
    words = capital(t(f"pay_bar_{kind}", payer=t(f"pay_payer_{payer}"), amount=amount))
    low, high = (None if end is None else end / 1e6 for end in ends(f, sharpening))
    hidden = Standing.of(f, sharpening).unsaid
    return Bar(words, 0.0, 0.0 if hidden else f.value / 1e6, kind, low, high)


def _millions(value: float | None) -> str:
    return "" if value is None else formats.millions(value, True)
