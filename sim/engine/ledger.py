"""Euros by year, form, payer and cashable: pure functions of a history. Never simulates.

All money is in euros of 2024, undiscounted; `present_values` discounts afterwards. Every care euro is
the municipality's (Jeugdwet), less what families pay of it where a scenario says so: that moves money from
one payer to another and changes no total. A programme is paid by the municipality or from outside (the Rijk).

A place that is not needed saves its price; fixed cost and the rest stay what they are (model/prices.py).
Cashable is what a municipality can turn into money: programme costs in full; what places cost for the
realisable share, and only after the contract lag, because contracts follow use with a delay; and what stands
whatever happens, in full. Where places are limited, a place that comes free goes to the next child on the
list: what can be cashed is the price of the contracted places, which change only as contracts do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.engine.history import History, Label, form_states
from sim.engine.measures import Measure, attendance
from sim.engine.townhall import Accounts
from sim.model.parameters import Parameters
from sim.model.prices import CARE, PARTS, PROGRAMMES, STANDING, spending, unit_costs
from sim.model.processes import MALTREATED, MALTREATMENT_STARTS, SPECIAL_EDUCATION
from sim.rates import discount_factor
from sim.states import AGES, FORMS, MONTHS

Floats = NDArray[np.float64]
GEMEENTE, RIJK, FAMILY = "gemeente", "rijk", "family"
OWN_PAYMENT = "own_payment"
BEYOND: Mapping[str, tuple[str, str]] = {
    "special_education": ("school", "value.special_education"),
    "first_offences": ("justitie", "value.first_offence"),
    "maltreatment": ("zorgverzekeraar", "value.maltreatment"),
    "early_school_leavers": ("family", "value.early_school_leaver"),
}
"""What happens beyond youth care: who bears most of it, and the parameter that values one case.

A pupil-year, a first offence and a start of maltreatment or of leaving school, each booked when it happens,
also where it is paid over a lifetime. Values are rough: they stand apart from the cash of a municipality.
"""


def costs(history: History, p: Parameters) -> list[Measure]:
    """Return the costs of a history by [years, blocks], per `history.scale` like all its counts."""
    blocks = history.cells.shape[1]
    years = list(history.years)
    prices = np.stack([unit_costs(year, p) for year in years]) if years else np.zeros((0, len(FORMS)))
    care = history.place_years() * prices[:, None, :]
    standing = _standing(history, p)
    lines: list[tuple[str, str, Floats]] = [(GEMEENTE, form, care[:, :, f]) for f, form in enumerate(FORMS)]
    lines += [(GEMEENTE, part, values) for part, values in standing.items()]
    programmes: list[tuple[str, str, Floats]] = []
    for name in history.accounts.programme_cost:
        payer = GEMEENTE if history.paid_by_gemeente[name] else RIJK
        workers = history.by_block(partial(_paid_for, name))
        activity = attendance(history, name, "participants") * history.activity_cost[name]
        programmes.append((payer, name, workers / (history.scale or 1.0) + activity))
    lines += programmes
    shape = (len(years), blocks)
    paid = np.einsum("ybf,yf->yb", care, history.payments[: len(years)])
    payments = [(GEMEENTE, -paid), (FAMILY, paid)] if paid.any() else []
    found = [Measure(("cost", "total", "all"), _total(lines, shape))]
    found += [Measure(("cost", "form", form), values) for _, form, values in lines]
    lines += [(payer, OWN_PAYMENT, values) for payer, values in payments]
    for payer in (GEMEENTE, RIJK, FAMILY):
        own = [line for line in lines if line[0] == payer]
        if own:
            found.append(Measure(("cost", "payer", payer), _total(own, shape)))
        found += [Measure(("cost", "payer_form", f"{payer}|{form}"), values) for _, form, values in own]
    found += [Measure(("cost", "programme", name), values) for _, name, values in programmes]
    whole = care.sum(axis=2) - paid if payments else care.sum(axis=2)
    parts = {CARE: whole, **standing, PROGRAMMES: _total(programmes, shape)}
    found += [Measure(("cost", "part", part), parts[part]) for part in PARTS]
    found += _by_age(history, prices)
    cashable = _cashable(history, care, prices, p) + sum(standing.values(), np.zeros(shape))
    for payer in (GEMEENTE, RIJK):
        own = [line for line in programmes if line[0] == payer]
        if payer == GEMEENTE:
            cash = cashable - paid if payments else cashable
            found.append(Measure(("cost_cashable", "payer", payer), cash + _total(own, shape)))
        elif own:
            found.append(Measure(("cost_cashable", "payer", payer), _total(own, shape)))
    if payments:
        found.append(Measure(("cost_cashable", "payer", FAMILY), paid))
    found.append(Measure(("cost_cashable", "total", "all"), cashable + _total(programmes, shape)))
    return [*found, *_beyond(history, p)]


def _paid_for(name: str, accounts: Accounts) -> Floats:
    return np.array(accounts.programme_cost[name])


def is_municipal_programme(label: Label) -> bool:
    """Tell whether a label is what the municipality pays for a programme."""
    measure, breakdown, level = label
    payer, _, what = level.partition("|")
    if (measure, breakdown, payer) != ("cost", "payer_form", GEMEENTE):
        return False
    return what not in FORMS and what not in STANDING and what != OWN_PAYMENT


def _standing(history: History, p: Parameters) -> dict[str, Floats]:
    """Return by part what no avoided place lowers, [years, blocks]: a share of the care before the start."""
    yearly = [[spending(before, before, year, p) for before in history.place_years_before]
              for year in history.years]  # fmt: skip
    shape = history.cells.shape[:2]
    return {
        part: np.array([[block[part] for block in year] for year in yearly]).reshape(shape)
        for part in STANDING
    }


def _by_age(history: History, prices: Floats) -> list[Measure]:
    """Return what the care of youths of each age costs; prices: [years, forms].

    Places times their price, by the age on 1 January. It adds up to the part `care` and what families pay.
    """
    kinds = [history.layout.time + state for state in form_states(history.table)]
    care = np.einsum("ybfa,yf->yba", history.cells[:, :, kinds, :AGES], prices) / MONTHS
    return [Measure(("cost", "age", str(age)), care[:, :, age]) for age in range(AGES)]


def _beyond(history: History, p: Parameters) -> list[Measure]:
    """Return the value of what happens beyond youth care, measure `cost_society`, of what the model has."""
    lay, table = history.layout, history.table
    kinds = {}
    if SPECIAL_EDUCATION in table.states:
        kinds["special_education"] = lay.stock + table.state(*SPECIAL_EDUCATION)
    if MALTREATED in table.states:
        kinds["maltreatment"] = lay.flow + table.row(MALTREATMENT_STARTS)
    for k, outcome in enumerate(table.outcomes):
        if outcome in BEYOND:
            kinds[outcome] = lay.flow + int(np.flatnonzero(table.hazards.outcome == k)[0])
    lines = {
        name: history.cells[:, :, kind, :AGES].sum(axis=-1) * p[BEYOND[name][1]]
        for name, kind in kinds.items()
    }
    found = [Measure(("cost_society", "outcome", name), values) for name, values in lines.items()]
    found += [Measure(("cost_society", "payer", BEYOND[name][0]), values) for name, values in lines.items()]
    total = sum(lines.values(), np.zeros(history.cells.shape[:2]))
    return [*found, Measure(("cost_society", "total", "all"), total)]


def _total(lines: list[tuple[str, str, Floats]], shape: tuple[int, int]) -> Floats:
    return sum((values for _, _, values in lines), np.zeros(shape))


def _cashable(history: History, care: Floats, prices: Floats, p: Parameters) -> Floats:
    """Return cashable care costs by [years, blocks]; care: [years, blocks, forms], prices: [years, forms].

    Forms without limits: the realisable share of their costs, moved back by the contract lag. Forms
    with contracted places: the price of those places.
    """
    places = history.accounts.places
    limited = np.array([any(form in year for year in places[:1]) for form in FORMS])
    bill = history.by_block(partial(_contracted, prices)) / (history.scale or 1.0)
    free = care[:, :, ~limited].sum(axis=2)
    return np.asarray(bill + _realised(history, free, ~limited, p))


def _contracted(prices: Floats, accounts: Accounts) -> Floats:
    """Return the price of the contracted places in each year, [years]; prices: [years, forms]."""
    places = [[year.get(form, 0.0) for form in FORMS] for year in accounts.places[: len(prices)]]
    return np.asarray((np.array(places).reshape(len(prices), len(FORMS)) * prices).sum(axis=1))


def _realised(history: History, care: Floats, forms: NDArray[np.bool_], p: Parameters) -> Floats:
    """Return the realisable share of care costs, moved back by the contract lag (linear within years)."""
    before = history.place_years_before[:, forms] @ unit_costs(history.start - 1, p)[forms]
    lag = p["townhall.contract_lag"]
    known = np.concatenate([[before, before], care])  # two years of history suffice
    positions = np.clip(np.arange(care.shape[0]) + 2 - lag, 0, None)
    low = np.floor(positions).astype(int)
    part = (positions - low)[:, None]
    high = np.minimum(low + 1, known.shape[0] - 1)
    return np.asarray(p["townhall.realisable"] * (known[low] * (1 - part) + known[high] * part))


def present_values(yearly: Floats, rate: float) -> Floats:
    """Return running present values: [..., years] up to and including each year."""
    factors = discount_factor(rate, np.arange(1, yearly.shape[-1] + 1))
    return np.asarray(np.cumsum(yearly * factors, axis=-1))
