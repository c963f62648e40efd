"""Euros add up by form, payer and programme, follow place-years, and are discounted in closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.engine.history import History, Label, form_states
from sim.engine.ledger import BEYOND, costs, present_values
from sim.engine.measures import measures
from sim.engine.plan import LIMITED
from sim.model.parameters import Parameters
from sim.model.prices import FIXED, PARTS, PROGRAMMES, REST, STANDING, fte_price, unit_costs
from sim.states import AGES, FORMS, MONTHS

Table = Mapping[Label, np.ndarray]
PROGRAMME = "kinderwerk"


def table_of(history: History, p: Parameters) -> Table:
    found = costs(history, p)
    assert len({column.label for column in found}) == len(found)
    return {column.label: column.values for column in found}


def parts(table: Table, measure: str, breakdown: str) -> np.ndarray:
    return sum(values for label, values in table.items() if label[:2] == (measure, breakdown))  # type: ignore[return-value]


def paid_by(history: History, gemeente: bool) -> History:
    return replace(history, paid_by_gemeente={PROGRAMME: gemeente})


@pytest.fixture(scope="module", params=[True, False], ids=["gemeente pays", "rijk pays"])
def history(lived: History, request: pytest.FixtureRequest) -> History:
    return paid_by(lived, request.param)


@pytest.fixture
def table(history: History, parameters: Parameters) -> Table:
    return table_of(history, parameters)


# ---- adding up


@pytest.mark.parametrize("breakdown", ["form", "payer", "payer_form", "part"])
def test_costs_add_up(table: Table, breakdown: str) -> None:
    assert parts(table, "cost", breakdown) == pytest.approx(table["cost", "total", "all"], rel=1e-12)


def test_a_payer_pays_for_its_own_forms(history: History, table: Table) -> None:
    payer = "gemeente" if history.paid_by_gemeente[PROGRAMME] else "rijk"
    for form in (*FORMS, *STANDING):
        assert np.array_equal(table["cost", "payer_form", f"gemeente|{form}"], table["cost", "form", form])
    programme = table["cost", "programme", PROGRAMME]
    assert np.array_equal(table["cost", "payer_form", f"{payer}|{PROGRAMME}"], programme)
    for name in ("gemeente", "rijk"):
        own = [values for label, values in table.items() if label[2].startswith(f"{name}|")]
        found = table.get(("cost", "payer", name))
        assert (found is None) == (not own)
        if found is not None:
            assert sum(own) == pytest.approx(found, rel=1e-12)


def test_who_pays_for_a_programme_moves_its_cost_and_nothing_else(
    lived: History, parameters: Parameters
) -> None:
    ours, theirs = (table_of(paid_by(lived, gemeente), parameters) for gemeente in (True, False))
    programme = ours["cost", "programme", PROGRAMME]
    for measure in ("cost", "cost_cashable"):
        assert ours[measure, "total", "all"] == pytest.approx(theirs[measure, "total", "all"], rel=1e-12)
        moved = ours[measure, "payer", "gemeente"] - theirs[measure, "payer", "gemeente"]
        assert moved == pytest.approx(programme, rel=1e-6)
        assert np.array_equal(theirs[measure, "payer", "rijk"], programme)


def test_cashable_adds_up_over_payers(table: Table) -> None:
    whole = table["cost_cashable", "total", "all"]
    assert parts(table, "cost_cashable", "payer") == pytest.approx(whole, rel=1e-12)


# ---- prices


def test_a_line_is_place_years_times_its_unit_cost(
    history: History, table: Table, parameters: Parameters
) -> None:
    years = history.place_years()
    for t, year in enumerate(history.years):
        prices = unit_costs(year, parameters)
        for f, form in enumerate(FORMS):
            assert table["cost", "form", form][t] == pytest.approx(years[t, :, f] * prices[f], rel=1e-12)


def test_what_stands_is_a_share_of_the_care_before_the_start(
    history: History, table: Table, parameters: Parameters
) -> None:
    for name, part in (("cost.overhead", FIXED), ("cost.rest", REST)):
        for t, year in enumerate(history.years):
            base = history.place_years_before @ unit_costs(year, parameters)
            assert table["cost", "part", part][t] == pytest.approx(parameters[name] * base, rel=1e-9)
        assert np.array_equal(table["cost", "part", part], table["cost", "form", part])
    assert set(PARTS) == {label[2] for label in table if label[:2] == ("cost", "part")}


def test_a_place_that_is_not_needed_saves_its_price_and_nothing_else(
    lived: History, parameters: Parameters
) -> None:
    p = parameters.replace({"townhall.realisable": 1.0, "townhall.contract_lag": 0.0})
    cells = lived.cells.copy()
    kind = lived.layout.time + form_states(lived.table)[FORMS.index("residentieel")]
    cells[1, 0, kind, 12] += MONTHS  # one place-year more
    less, more = table_of(lived, p), table_of(replace(lived, cells=cells), p)
    price = unit_costs(lived.start + 1, p)[FORMS.index("residentieel")]
    for measure in ("cost", "cost_cashable"):
        extra = more[measure, "total", "all"] - less[measure, "total", "all"]
        assert extra.sum() == pytest.approx(price, rel=1e-6)
    for part in (*STANDING, PROGRAMMES):
        assert np.array_equal(more["cost", "part", part], less["cost", "part", part])


def test_one_choice_shows_care_cost_or_all_spending(history: History, parameters: Parameters) -> None:
    whole, care = (table_of(history, parameters.replace({"cost.whole": k})) for k in (1.0, 0.0))
    assert not care["cost", "part", FIXED].any()
    fixed = whole["cost", "part", FIXED]
    assert fixed.min() > 0
    for measure in ("cost", "cost_cashable"):
        for breakdown, level in (("total", "all"), ("payer", "gemeente")):
            gap = whole[measure, breakdown, level] - care[measure, breakdown, level]
            assert gap == pytest.approx(fixed, rel=1e-6)
    for part in ("care", REST, PROGRAMMES):
        assert np.array_equal(whole["cost", "part", part], care["cost", "part", part])


def test_what_children_of_each_age_cost_adds_up_to_the_care_of_the_municipality(
    history: History, table: Table, parameters: Parameters
) -> None:
    assert parts(table, "cost", "age") == pytest.approx(table["cost", "part", "care"], rel=1e-12)
    kinds = [history.layout.time + state for state in form_states(history.table)]
    for t, year in enumerate(history.years):
        prices = unit_costs(year, parameters)
        for age in (0, 9, 17):
            by_hand = sum(history.cells[t, :, k, age] * prices[f] for f, k in enumerate(kinds)) / MONTHS
            assert table["cost", "age", str(age)][t] == pytest.approx(by_hand, rel=1e-12)
    assert {label[2] for label in table if label[:2] == ("cost", "age")} == {str(a) for a in range(AGES)}


@given(st.data())
def test_whatever_is_lived_and_paid_ages_and_forms_add_up_to_the_same_care(
    lived: History, parameters: Parameters, data: st.DataObject
) -> None:
    cells = lived.cells.copy()
    kinds = [lived.layout.time + state for state in form_states(lived.table)]
    shape = (cells.shape[0], cells.shape[1], len(kinds), AGES)
    luck = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    cells[:, :, kinds, :AGES] = luck.gamma(0.3, 100.0, shape)
    prices = {f"cost.{form}": data.draw(st.floats(1.0, 1e6)) for form in FORMS}
    table = table_of(replace(lived, cells=cells), parameters.replace(prices))
    care = sum(table["cost", "payer_form", f"gemeente|{form}"] for form in FORMS)
    assert parts(table, "cost", "age") == pytest.approx(care, rel=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_doubling_a_unit_cost_doubles_its_line_only(
    lived: History, parameters: Parameters, form: str
) -> None:
    name = f"cost.{form}"
    plain = table_of(lived, parameters)
    dear = table_of(lived, parameters.replace({name: 2 * parameters[name]}))
    for other in (*FORMS, PROGRAMME):
        factor = 2.0 if other == form else 1.0
        assert dear["cost", "form", other] == pytest.approx(factor * plain["cost", "form", other], rel=1e-12)
    extra = dear["cost", "part", "care"] - plain["cost", "part", "care"]
    assert extra == pytest.approx(plain["cost", "form", form], rel=1e-6)


def test_a_programme_costs_its_workers_at_work(
    history: History, table: Table, parameters: Parameters
) -> None:
    by_month = np.array(history.accounts.fte[PROGRAMME]).reshape(-1, MONTHS)
    price = [fte_price("cost.kinderwerk_fte", year, parameters) for year in history.years]
    paid = table["cost", "programme", PROGRAMME].sum(axis=1) * history.scale
    assert paid == pytest.approx(by_month.mean(axis=1) * price, rel=1e-9)


def test_a_programme_costs_its_activities_for_those_who_take_part(
    history: History, table: Table, parameters: Parameters
) -> None:
    dear = table_of(replace(history, activity_cost={PROGRAMME: 250.0}), parameters)
    taking_part = np.array([year.participants for year in history.programmes[PROGRAMME]]) * history.scale
    assert taking_part.min() > 0
    for label in (
        ("cost", "programme", PROGRAMME),
        ("cost", "total", "all"),
        ("cost_cashable", "total", "all"),
    ):
        extra = (dear[label] - table[label]).sum(axis=1) * history.scale
        before = (np.array(history.activity_cost[PROGRAMME]) * taking_part).tolist()
        assert extra + before == pytest.approx(250.0 * taking_part, rel=1e-6)


def test_the_town_hall_and_the_ledger_agree_on_spending(
    history: History, table: Table, parameters: Parameters
) -> None:
    care = table["cost", "total", "all"] - table["cost", "part", PROGRAMMES]
    assert care.sum(axis=1) * history.scale == pytest.approx(history.accounts.spending, rel=1e-9)


def test_blocks_bear_equal_parts_of_a_programme(table: Table) -> None:
    assert np.ptp(table["cost", "programme", PROGRAMME], axis=1).max() == 0.0


# ---- cashable


def spending(history: History, p: Parameters, *yearly: float) -> History:
    """Return a history in which wijkteams alone cost this much: before the start, then in each year."""
    cells = np.zeros_like(history.cells[: len(yearly) - 1])
    kind = history.layout.time + [s for _, s in history.table.states].index("active")
    prices = [unit_costs(history.start - 1 + t, p)[0] for t in range(len(yearly))]
    for t, euros in enumerate(yearly[1:]):
        cells[t, :, kind, 9] = euros / prices[t + 1] * MONTHS / cells.shape[1]
    before = np.zeros((cells.shape[1], len(FORMS)))
    before[:, 0] = yearly[0] / prices[0] / cells.shape[1]
    return replace(history, cells=cells, place_years_before=before)


@pytest.mark.parametrize(
    ("lag", "expected"),
    [
        (0.0, [200.0, 300.0, 500.0, 900.0]),
        (1.0, [100.0, 200.0, 300.0, 500.0]),
        (2.0, [100.0, 100.0, 200.0, 300.0]),
        (0.5, [150.0, 250.0, 400.0, 700.0]),
        (1.75, [100.0, 125.0, 225.0, 350.0]),
        (3.0, [100.0, 100.0, 100.0, 200.0]),
    ],
)
def test_care_becomes_cash_for_a_share_and_after_the_contract_lag(
    lived: History, parameters: Parameters, lag: float, expected: list[float]
) -> None:
    p = parameters.replace({"townhall.contract_lag": lag, "townhall.realisable": 0.7})
    table = table_of(spending(lived, p, 100.0, 200.0, 300.0, 500.0, 900.0), p)
    standing = sum(table["cost", "part", part] for part in (*STANDING, PROGRAMMES))
    care = table["cost_cashable", "total", "all"] - standing
    assert care.sum(axis=1) == pytest.approx([0.7 * euros for euros in expected], rel=1e-6)
    total = table["cost", "total", "all"] - standing
    assert total.sum(axis=1) == pytest.approx([200.0, 300.0, 500.0, 900.0], rel=1e-6)


@pytest.mark.parametrize("lag", [0, 1])
def test_where_places_are_limited_the_price_of_the_places_is_cashable(
    lived_capped: History, parameters: Parameters, lag: int
) -> None:
    """Of forms without limits a share, as before the lag; of those with limits the contracts, and no more."""
    p = parameters.replace({"townhall.contract_lag": float(lag), "townhall.realisable": 0.7})
    table = table_of(lived_capped, p)
    standing = sum(table["cost", "part", part] for part in (*STANDING, PROGRAMMES))
    found = (table["cost_cashable", "total", "all"] - standing).sum(axis=1)
    free = [form for form in FORMS if form not in LIMITED]
    then = lived_capped.place_years_before.sum(axis=0) * unit_costs(lived_capped.start - 1, p)
    used = [sum(cost for form, cost in zip(FORMS, then, strict=True) if form in free)]
    used += [sum(table["cost", "form", form][t].sum() for form in free) for t in range(len(found))]
    expected = []
    for t, year in enumerate(lived_capped.years):
        prices = dict(zip(FORMS, unit_costs(year, p), strict=True))
        bill = sum(places * prices[form] for form, places in lived_capped.accounts.places[t].items())
        expected.append(bill / lived_capped.scale + 0.7 * used[t + 1 - lag])
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_place_more_or_less_in_use_changes_no_bill(lived_capped: History, parameters: Parameters) -> None:
    fewer = lived_capped.cells.copy()
    states = lived_capped.layout.time + np.array(form_states(lived_capped.table))
    limited = states[[FORMS.index(form) for form in LIMITED]]
    fewer[:, :, limited] *= 0.5
    ours, theirs = (table_of(replace(lived_capped, cells=c), parameters) for c in (lived_capped.cells, fewer))
    assert theirs["cost", "part", "care"].sum() < 0.9 * ours["cost", "part", "care"].sum()
    assert theirs["cost_cashable", "total", "all"] == pytest.approx(ours["cost_cashable", "total", "all"])


def test_programmes_and_what_stands_are_cashable_in_full_and_at_once(
    history: History, parameters: Parameters
) -> None:
    table = table_of(history, parameters.replace({"townhall.realisable": 0.0}))
    standing = sum(table["cost", "part", part] for part in (*STANDING, PROGRAMMES))
    assert table["cost_cashable", "total", "all"] == pytest.approx(standing, rel=1e-12)


def test_without_lag_and_with_all_realisable_everything_is_cash(
    history: History, parameters: Parameters
) -> None:
    table = table_of(history, parameters.replace({"townhall.realisable": 1.0, "townhall.contract_lag": 0.0}))
    assert table["cost_cashable", "total", "all"] == pytest.approx(table["cost", "total", "all"], rel=1e-12)


def test_no_years_cost_nothing(lived: History, parameters: Parameters) -> None:
    accounts = replace(lived.accounts, programme_cost={PROGRAMME: []}, places=[])
    empty = replace(lived, cells=lived.cells[:0], accounts=accounts, programmes={PROGRAMME: ()})
    none = table_of(empty, parameters)
    assert {values.shape for values in none.values()} == {(0, lived.cells.shape[1])}


def test_the_ledger_changes_no_history(lived: History, parameters: Parameters) -> None:
    before = lived.cells.copy()
    costs(lived, parameters)
    assert np.array_equal(lived.cells, before)
    assert lived.cells.shape[-1] > AGES


# ---- discounting

RATES = st.floats(0.0, 0.2)
EUROS = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e9, 1e9))


@given(st.integers(1, 60), st.floats(0.001, 0.2))
def test_a_euro_a_year_is_an_annuity(years: int, rate: float) -> None:
    annuity = (1 - (1 + rate) ** -years) / rate
    assert present_values(np.ones(years), rate)[-1] == pytest.approx(annuity, rel=1e-9)


@given(st.floats(0.001, 0.2), st.floats(-0.05, 0.05))
def test_a_growing_amount_is_a_growing_annuity(rate: float, growth: float) -> None:
    ratio = (1 + growth) / (1 + rate)
    expected = 20 / (1 + rate) if ratio == 1 else (1 - ratio**20) / (1 - ratio) / (1 + rate)
    grown = np.power(1 + growth, np.arange(20.0))
    assert present_values(grown, rate)[-1] == pytest.approx(expected, rel=1e-6)


def test_costs_at_three_and_effects_at_one_and_a_half_percent(
    agree: Callable[[str, float, float, float], None],
) -> None:
    yearly = np.array([0.0, 0.0, 1000.0])
    assert present_values(yearly, 0.03)[-1] == pytest.approx(1000 / 1.03**3, rel=1e-12)
    assert present_values(yearly, 0.015)[-1] == pytest.approx(1000 / 1.015**3, rel=1e-12)
    for rate, annuity in ((0.03, 14.87747486), (0.015, 17.16863879)):
        found = present_values(np.ones(20), rate)[-1]
        agree(f"a euro a year for 20 years at {rate:.1%}", found, annuity, 1e-8 * annuity)


def test_nothing_is_worth_nothing_and_no_rate_is_no_discount() -> None:
    assert present_values(np.empty((2, 0)), 0.03).shape == (2, 0)
    assert present_values(np.array([3.0, 4.0]), 0.0).tolist() == [3.0, 7.0]


@given(EUROS, RATES)
def test_each_year_adds_its_own_discounted_amount(yearly: np.ndarray, rate: float) -> None:
    running = present_values(yearly, rate)
    assert running.shape == yearly.shape
    assert np.diff(running, prepend=0.0) == pytest.approx(
        yearly * (1 + rate) ** -np.arange(1, yearly.size + 1), rel=1e-6, abs=1e-3
    )


@given(EUROS, RATES, st.floats(-10, 10))
def test_present_values_are_linear(yearly: np.ndarray, rate: float, factor: float) -> None:
    stacked = present_values(np.stack([yearly, factor * yearly]), rate)
    assert stacked[1] == pytest.approx(factor * stacked[0], rel=1e-9, abs=1e-3)


def society(table: Table) -> dict[tuple[str, str], np.ndarray]:
    return {key[1:]: values for key, values in table.items() if key[0] == "cost_society"}


def test_what_happens_beyond_youth_care_adds_up_and_stands_apart(
    history: History, table: Table, parameters: Parameters
) -> None:
    found = society(table)
    total = found.pop(("total", "all"))
    for breakdown in ("payer", "outcome"):
        own = [values for key, values in found.items() if key[0] == breakdown]
        assert sum(own) == pytest.approx(total)
    assert {level for breakdown, level in found if breakdown == "payer"} == {
        "school", "justitie", "zorgverzekeraar", "family",
    }  # fmt: skip
    values = {name: 0.0 for _, name in BEYOND.values()}
    without = table_of(history, parameters.replace(values))
    assert not any(v.any() for v in society(without).values())
    for key, cost in without.items():
        if key[0] != "cost_society":
            assert cost == pytest.approx(table[key])  # nobody's cash


def test_a_case_beyond_youth_care_is_its_count_times_its_value(
    lived: History, parameters: Parameters
) -> None:
    found = society(table_of(lived, parameters))
    counted = {m.label: m.values for m in measures(lived, parameters)}
    for outcome, name in (
        ("first_offences", "value.first_offence"),
        ("early_school_leavers", "value.early_school_leaver"),
        ("special_education", "value.special_education"),
    ):
        expected = counted[outcome, "total", "all"] * parameters[name]
        assert found["outcome", outcome] == pytest.approx(expected)
        assert expected.sum() > 0
        twice = society(table_of(lived, parameters.replace({name: 2 * parameters[name]})))
        assert twice["outcome", outcome] == pytest.approx(2 * expected)
