"""Wie betaalt, wie profiteert: each payer's money, which euro can be cashed, and when it is back."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared import charts, formats, parts, pockets
from pages.shared.answers import Answer
from pages.shared.controls import choose_horizon
from pages.shared.outcome import nothing_to_compare
from pages.shared.state import choices, pair, reference_words
from pages.shared.texts import t, writing
from pages.shared.watching import chance_known, live
from sim.appraisal import Difference, Figure, year_figure
from sim.decision.money import Payback, budget_impact, payback
from sim.decision.payers import Money, Pocket, lost_in_luck
from sim.decision.payers import pockets as pockets_of
from sim.experiment import Options, setting_for
from sim.headline import UNMET, discount_rate, horizons
from sim.ledger import GEMEENTE, RIJK
from sim.parameters import default_parameters
from sim.scenario import Scenario
from sim.simulation import with_overrides

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
    d, rate = answer.difference(), discount_rate(answer.scenarios[0])
    found = pockets_of(answer.runs, ahead, rate)
    unmet = year_figure(d, UNMET, ahead - 1)
    st.markdown(pockets.sentence(found, ahead))
    pockets.unmet_note(unmet, d.years[ahead - 1])
    pockets.picture(found, ahead, reference)
    _cashable(found, answer.scenarios[1], ahead, reference)
    pockets.unmet_note(unmet, d.years[ahead - 1])
    _by_year(d, reference)
    _terms(d, reference)
    _back(answer, d, rate, reference)


def _cashable(found: Sequence[Pocket], scenario: Scenario, ahead: int, reference: str) -> None:
    """Show what of the municipality's money is money in hand, and why the rest is not."""
    money = next(p.money for p in found if p.payer == GEMEENTE)
    assert money is not None  # every municipality pays for care
    st.header(t("pay_cashable"))
    rows = _rows(money)
    shown = pd.DataFrame(
        [(label, writing().difference(f, formats.millions), _range(f)) for label, f in rows],
        columns=[t("pay_col_what", years=ahead), t("pay_col_amount"), t("pay_col_range")],
    )
    st.table(shown.map(parts.breakable), hide_index=True)
    _csv(rows, f"kas-{ahead}-jaar", reference)
    if scenario.policy == "capped":
        st.markdown(t("pay_why_places"))
    else:
        setting = setting_for(scenario, Options(), 0, 0)
        p = with_overrides(setting.parameters, scenario, "start")
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


def _range(f: Figure) -> str:
    if f.low is None or f.high is None:
        return ""
    return t("pay_range", low=formats.millions(f.low, True), high=formats.millions(f.high, True))


def _csv(rows: Sequence[tuple[str, Figure]], name: str, reference: str, unit: str = "pay_euros") -> None:
    """Offer figures as a file, with what their luck amounts to."""
    table = pd.DataFrame([(label, f.value, f.low, f.high, f.mcse) for label, f in rows],
                         columns=["", t("middle"), t("low"), t("high"), t("pay_mcse")])  # fmt: skip
    birth = {t("csv_unit"): t(unit), t("csv_reference"): reference,
             t("csv_birth"): parts.birth(reference)}  # fmt: skip
    parts.csv(table.assign(**birth), f"kinderwerk-{name}.csv")


def _by_year(d: Difference, reference: str) -> None:
    """Show money by year and payer, and apart from it the rough values."""
    st.header(t("pay_by_year"))
    paid = [
        _series(d, measure, payer, f"pay_series_{word}")
        for payer in (GEMEENTE, RIJK)
        for measure, word in (("cost", "cost"), ("cost_cashable", "cash"))
        if (measure, "payer", payer) in d.labels and not (payer == RIJK and word == "cash")
    ]
    parts.plot(paid, "paid", reference, "betalers-per-jaar")
    st.markdown(f"**{t('pay_rough_year')}**")
    payers = [payer for measure, _, payer in d.labels if measure == "cost_society" and payer in _BEYOND]
    beyond = [_series(d, "cost_society", payer, "pay_series_beyond") for payer in payers]
    if beyond:
        parts.plot(beyond, "beyond", reference, "buiten-jeugdzorg-per-jaar")
        parts.note(t("pay_rough_note"))


_BEYOND = ("school", "justitie", "zorgverzekeraar", "family")


def _series(d: Difference, measure: str, payer: str, words: str) -> charts.Series:
    values = d.by_draw(d.series(measure, "payer", payer)) / 1e6
    return charts.series_of(values, d.years, pockets.capital(t(words, payer=t(f"pay_payer_{payer}"))))


def _terms(d: Difference, reference: str) -> None:
    """Show what the municipality spends more in each council term, unmet need beside it."""
    st.header(t("pay_terms"))
    rows, figures = [], []
    for term in budget_impact(d):
        unmet = year_figure(d, UNMET, d.years.index(term.last))
        period = t("pay_term_years", first=term.first, last=term.last)
        money = (term.programmes, term.care, term.net)
        texts = [writing().difference(f, formats.millions) for f in money]
        rows.append((period, *texts, writing().difference(unmet, formats.count)))
        words = ("programmes", "care", "net")
        figures += [
            (f"{period}, {t(f'pay_term_{w}')}", f) for w, f in zip(words, money, strict=True)
        ]  # fmt: skip
    names = [t(f"pay_term_{w}") for w in ("programmes", "care", "net", "unmet")]
    shown = pd.DataFrame(rows, columns=[t("pay_term"), *names])
    st.table(shown.map(parts.breakable).rename(columns=parts.breakable), hide_index=True)
    parts.note(t("pay_terms_note"))
    _csv(figures, "raadsperiodes", reference, "pay_undiscounted")


def _back(answer: Answer, d: Difference, rate: float, reference: str) -> None:
    """Show by when a payer's money is back, over draws."""
    st.header(t("pay_back"))
    if not chance_known(answer):
        st.markdown(t("pay_not_known"))
        return
    st.markdown(t("pay_back_note"))
    ends, draws = horizons(len(d.years)), len(answer.draws)
    upto = [pockets_of(answer.runs, end, rate) for end in ends]
    rows = []
    for back in payback(d, rate):
        share = [_by(back, d.years[end - 1]) for end in ends]
        name = t(f"pay_series_{'cost' if back.measure == 'cost' else 'cash'}",
                 payer=t(f"pay_payer_{back.payer}"))  # fmt: skip
        lost = [lost_in_luck(found, back.payer, back.measure, draws) for found in (*upto, upto[-1])]
        told = [
            t("untold") if drowns else writing().chance(x, draws)
            for x, drowns in zip((*share, back.never), lost, strict=True)
        ]
        rows.append((pockets.capital(name), *told))
    columns = [t("pay_back_payer"), *(t("pay_back_within", years=end) for end in ends),
               t("pay_back_never", years=len(d.years))]  # fmt: skip
    st.table(
        pd.DataFrame(rows, columns=columns).map(parts.breakable).rename(columns=parts.breakable),
        hide_index=True,
    )
    parts.note(t("pay_back_others"))
    table = pd.DataFrame(rows, columns=columns).assign(**{t("csv_birth"): parts.birth(reference)})
    parts.csv(table, "kinderwerk-terugverdienen.csv")


def _by(back: Payback, year: int) -> float:
    """Return the share of draws in which the money is back by the end of a year, and stays back."""
    return sum(share for when, share in back.shares.items() if when <= year)


if __name__ == "__main__":
    main()
