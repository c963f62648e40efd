"""Wie betaalt, wie profiteert: each payer's money, which euro can be cashed, and when it is back."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.background.answers import Answer
from pages.budget.controls import choose_horizon
from pages.budget.outcome import nothing_to_compare
from pages.choices.chosen import pair, reference_words
from pages.choices.state import choices
from pages.look import charts, formats
from pages.look.texts import t, writing
from pages.shared import parts, pockets
from pages.shared.folds import fold
from pages.shared.watching import live
from sim.decision.comparison import Difference, Figure
from sim.decision.firm import Standing
from sim.decision.headline import UNMET, horizons
from sim.decision.money import Payback, budget_impact, payback
from sim.decision.payers import Money, Pocket, lost_in_luck
from sim.decision.payers import pockets as pockets_of
from sim.engine.ledger import GEMEENTE, RIJK
from sim.engine.plan import with_overrides
from sim.inputs.scenario import Scenario
from sim.model.parameters import default_parameters
from sim.runs.experiment import Options, config_for
from sim.states import PAYERS

OPEN = ("terug", "perioden", "jaren")
"""The parts that open and close, as the address calls them."""
REALISABLE, LAG = "townhall.realisable", "townhall.contract_lag"


def main() -> None:
    """Show the page."""
    st.title(t("page_wie_betaalt"))
    st.markdown(t("pay_lead"))
    chosen = choices()
    reference = reference_words(chosen)
    parts.about(chosen, reference)
    if not nothing_to_compare(chosen):
        scenarios = pair(chosen)
        ahead = choose_horizon(scenarios[0].years)
        chosen = choices()
        live(scenarios, lambda answer: _answer(answer, ahead, reference))
    parts.footer(reference)


def _answer(answer: Answer, ahead: int, reference: str) -> None:
    d, rate = answer.difference(), answer.scenarios[0].discount_rate
    found = pockets_of(answer.runs, ahead, rate)
    unmet, sharpening = d.in_year(UNMET, ahead - 1), answer.sharpening
    st.markdown(pockets.sentence(found, ahead, sharpening))
    pockets.unmet_note(unmet, d.years[ahead - 1], sharpening)
    pockets.picture(found, ahead, reference, sharpening)
    _cashable(found, answer.scenarios[1], ahead, reference, sharpening)
    fold(t("pay_back"), "open-wie-betaalt", "terug", OPEN, lambda: _back(answer, d, rate, reference))
    fold(t("pay_terms"), "open-wie-betaalt", "perioden", OPEN, lambda: _terms(d, reference, sharpening))
    fold(t("pay_by_year"), "open-wie-betaalt", "jaren", OPEN, lambda: _by_year(d, reference, sharpening))


def _cashable(
    found: Sequence[Pocket], scenario: Scenario, ahead: int, reference: str, sharpening: bool
) -> None:
    """Show what of the municipality's money is money in hand, and why the rest is not."""
    money = next(p.money for p in found if p.payer == GEMEENTE)
    assert money is not None  # every municipality pays for care
    st.header(t("pay_cashable"))
    rows = _rows(money)
    ranges = [_range(f, sharpening) for _, f in rows]
    amounts = [_amount(f, sharpening) for _, f in rows]
    shown = pd.DataFrame(
        {
            t("pay_col_what", years=ahead): [label for label, _ in rows],
            t("pay_col_amount"): amounts,
            t("pay_col_range" if any(ranges) else "pay_col_spread"): ranges,
        }
    )
    st.table(shown.map(parts.breakable), hide_index=True)
    _csv(rows, f"kas-{ahead}-jaar", reference, sharpening)
    if scenario.policy == "capped":
        st.markdown(t("pay_why_places"))
    else:
        config = config_for(scenario, Options(), 0, 0)
        p = with_overrides(config.parameters, scenario, "start")
        grade = t(f"grade_{default_parameters().records[REALISABLE].grade}")
        st.markdown(
            t("pay_why_contracts", share=formats.percent(p[REALISABLE]), lag=writing().number(p[LAG]),
              grade=grade)
        )  # fmt: skip


def _rows(money: Money) -> list[tuple[str, Figure]]:
    return [
        (t("pay_row_programmes"), money.programmes), (t("pay_row_care"), money.care),
        (t("pay_row_cash_care"), money.cash_care), (t("pay_row_freed"), money.freed),
        (t("pay_row_cost"), money.cost), (t("pay_row_cashable"), money.cashable),
    ]  # fmt: skip


def _amount(f: Figure, sharpening: bool) -> str:
    soon = Standing.of(f, sharpening) is Standing.PROVISIONAL
    return writing().provisional(writing().change(f, formats.millions, "less", sharpening), soon)


def _range(f: Figure, sharpening: bool) -> str:
    low, high = pockets.ends(f, sharpening)
    if low is None or high is None:
        return ""
    return writing().with_luck(writing().between(low, high, formats.millions), f)


def _csv(
    rows: Sequence[tuple[str, Figure]], name: str, reference: str, sharpening: bool, unit: str = "pay_euros"
) -> None:
    """Offer figures as a file, with what their luck amounts to."""
    table = pockets.in_numbers(rows, "", sharpening)
    parts.csv(table.assign(**{t("csv_unit"): t(unit)}), f"kinderwerk-{name}", reference)


def _by_year(d: Difference, reference: str, sharpening: bool) -> None:
    """Show money by year and payer, and apart from it the rough values."""
    paid = [
        _series(d, measure, payer, f"pay_series_{word}", sharpening)
        for payer in (GEMEENTE, RIJK)
        for measure, word in (("cost", "cost"), ("cost_cashable", "cash"))
        if (measure, "payer", payer) in d.labels and not (payer == RIJK and word == "cash")
    ]
    parts.plot(paid, "paid", reference, "betalers-per-jaar")
    st.markdown(f"**{t('pay_rough_year')}**")
    payers = [payer for measure, _, payer in d.labels if measure == "cost_society" and payer in _BEYOND]
    beyond = [_series(d, "cost_society", payer, "pay_series_beyond", sharpening) for payer in payers]
    if beyond:
        parts.plot(beyond, "beyond", reference, "buiten-jeugdzorg-per-jaar")
        parts.note(t("pay_rough_note"))


_BEYOND = ("school", "justitie", "zorgverzekeraar", "family")


def _series(d: Difference, measure: str, payer: str, words: str, sharpening: bool) -> charts.Series:
    figures = d.by_year((measure, "payer", payer))
    name = pockets.capital(t(words, payer=t(f"pay_payer_{payer}")))
    return charts.series_of(figures, d.years, name, sharpening, 1e6)


def _terms(d: Difference, reference: str, sharpening: bool) -> None:
    """Show what the municipality spends more in each council term, unmet need beside it."""
    rows, figures = [], []
    for term in budget_impact(d):
        unmet = d.in_year(UNMET, d.years.index(term.last))
        one = term.first == term.last
        period = str(term.first) if one else t("pay_term_years", first=term.first, last=term.last)
        money = (term.programmes, term.care, term.net)
        texts = [writing().difference(f, formats.millions, sharpening) for f in money]
        rows.append((period, *texts, writing().difference(unmet, formats.count, sharpening)))
        words = ("programmes", "care", "net")
        figures += [
            (f"{period}, {t(f'pay_term_{w}')}", f) for w, f in zip(words, money, strict=True)
        ]  # fmt: skip
    names = [t(f"pay_term_{w}") for w in ("programmes", "care", "net", "unmet")]
    shown = pd.DataFrame(rows, columns=[t("pay_term"), *names])
    st.table(shown.map(parts.breakable).rename(columns=parts.breakable), hide_index=True)
    parts.note(t("pay_terms_note"))
    _csv(figures, "raadsperiodes", reference, sharpening, "pay_undiscounted")


def _back(answer: Answer, d: Difference, rate: float, reference: str) -> None:
    """Show by when a payer's money is back, over draws."""
    if not answer.chance_known:
        st.markdown(t("pay_not_known"))
        return
    st.markdown(t("pay_back_note"))
    ends, draws = horizons(len(d.years)), len(answer.draws)
    upto = [pockets_of(answer.runs, end, rate) for end in ends]
    rows, paid_by = [], payback(d, rate)
    for back in paid_by:
        share = [_by(back, d.years[end - 1]) for end in ends]
        name = t(f"pay_series_{'cost' if back.measure == 'cost' else 'cash'}",
                 payer=t(f"pay_payer_{back.payer}"))  # fmt: skip
        told = [
            _told_back(found, back, x, draws, answer.sharpening)
            for x, found in zip((*share, back.never), (*upto, upto[-1]), strict=True)
        ]
        rows.append((pockets.capital(name), *told))
    columns = [t("pay_back_payer"), *(t("pay_back_within", years=end) for end in ends),
               t("pay_back_never", years=len(d.years))]  # fmt: skip
    st.table(
        pd.DataFrame(rows, columns=columns).map(parts.breakable).rename(columns=parts.breakable),
        hide_index=True,
    )
    others = [payer for payer in PAYERS if payer not in {back.payer for back in paid_by}]
    if others:
        parts.note(t("pay_back_others", payers=pockets.names(others)))
    parts.csv(pd.DataFrame(rows, columns=columns), "kinderwerk-terugverdienen", reference)


def _told_back(
    found: Sequence[Pocket], back: Payback, share: float, draws: int, sharpening: bool
) -> str:
    """Return the chance that a payer breaks even in words, or why none is given."""
    money = next((p.money for p in found if p.payer == back.payer), None)
    if money is None:
        return t("untold")
    told = Standing.of(money.cost if back.measure == "cost" else money.cashable, sharpening)
    if told in (Standing.PROVISIONAL, Standing.NONE):
        return t("not_yet" if told is Standing.PROVISIONAL else "no_difference")
    lost = lost_in_luck(found, back.payer, back.measure, draws)
    return t("untold") if lost else writing().chance(share, draws)


def _by(back: Payback, year: int) -> float:
    """Return the share of draws in which the money is back by the end of a year, and stays back."""
    return sum(share for when, share in back.shares.items() if when <= year)


if __name__ == "__main__":
    main()
