"""Tables for the terminal: amounts as people read them, nothing claimed that the runs cannot tell."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from commands.terminal.comparison import TOO_SMALL, comparison, euros, level_table, people
from commands.terminal.literal import show
from commands.terminal.model import model_table
from sim.decision.comparison import Figure
from sim.decision.headline import Change, Level

LEVELS = [
    Level(2029, 5000.4, 321.0, 60.04e6, 1800.0, 36.0),
    Level(2035, 5100.0, 333.0, 61.06e6, 1850.0, 36.5, care=30.1e6, fixed=20.2e6, rest=9.3e6),
]
NOTHING = Figure(0.0, 0.0, None, None, None)


def text(table: RenderableType, width: int = 160) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue()


def line(shown: str, begin: str) -> list[str]:
    """Return the cells of the first line that begins with these words."""
    (first, *_) = [row for row in shown.splitlines() if row.lstrip("│ ").startswith(begin)]
    return [cell.strip() for cell in first.split("│")][2:-1]


def changed(
    users: Figure = NOTHING,
    cost: Figure = NOTHING,
    paid: float | None = None,
    year: int = 2029,
    drowned: bool = False,
) -> Change:
    return Change(year, users, NOTHING, 12.34e6, cost, NOTHING, 12.34e6, paid, drowned)


def compared(*changes: Change, draws: int = 1, rate: float = 0.0225, levels: list[Level] = LEVELS) -> str:
    names = ["geen", "huidig"]
    return text(
        comparison(["Geen", "Huidig"], names, {"huidig": changes}, dict.fromkeys(names, levels), draws, rate)
    )


# ---- numbers


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [
        (1234567.0, "1,234,567", "+1,234,567"),
        (-1234.4, "-1,234", "-1,234"),
        (0.0, "0", "0"),
        (-0.4, "0", "0"),
        (0.4, "0", "0"),
        (0.6, "1", "+1"),
    ],
)
def test_people_are_whole_and_never_minus_nobody(value: float, plain: str, signed: str) -> None:
    assert people(value) == plain
    assert people(value, sign=True) == signed


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [
        (1_234_567_890.0, "1,234.6", "+1,234.6"),
        (-50_001.0, "-0.1", "-0.1"),
        (-40_000.0, "0.0", "0.0"),
        (40_000.0, "0.0", "0.0"),
        (0.0, "0.0", "0.0"),
    ],
)
def test_money_is_in_millions_and_never_minus_nothing(value: float, plain: str, signed: str) -> None:
    assert euros(value) == plain
    assert euros(value, sign=True) == signed


@given(st.floats(-1e12, 1e12))
def test_what_is_written_is_what_is_meant(value: float) -> None:
    assert float(people(value).replace(",", "")) == pytest.approx(value, abs=0.5)
    assert float(euros(value, sign=True).replace(",", "")) == pytest.approx(value / 1e6, abs=0.0501)
    assert not people(value).startswith("-0")
    assert ("-" in people(value)) == ("-" in people(value, sign=True))


# ---- levels


def test_levels_stand_below_their_years() -> None:
    shown = text(level_table("Huidig", LEVELS))
    assert "Huidig" in shown
    assert "2029" in shown
    assert line(shown, "child workers at work") == ["36.0", "36.5"]
    assert line(shown, "youths with youth care") == ["5,000", "5,100"]
    assert line(shown, "cost to the municipality") == ["60.0", "61.1"]
    assert line(shown, "places in care") == ["0.0", "30.1"]
    assert line(shown, "rest: care cost beyond places") == ["0.0", "9.3"]
    assert line(shown, "fixed: access") == ["0.0", "20.2"]
    assert "fitted to figures of CBS" in shown
    assert "places in care" not in text(level_table("Huidig", LEVELS[:1]))  # results of before had no parts


def test_a_run_of_no_years_has_an_empty_table() -> None:
    assert "cost to the municipality" in text(level_table("Huidig", []))


# ---- comparison


def test_the_reference_is_as_it_is_and_others_are_differences() -> None:
    shown = compared(changed(users=Figure(-120.0, 10.0, None, None, None)), changed(year=2035))
    assert line(shown, "youths with youth care in 2029") == ["5,000", "5,000"]
    assert line(shown, "difference") == ["", "-120 ±20"]
    assert line(shown, "cost of child work") == ["", "+12.3"]
    assert line(shown, "cost to the municipality in 2029 (EUR million)") == ["60.0", "60.0"]
    assert "(reference)" in shown


def test_what_luck_can_explain_is_too_small_to_tell() -> None:
    users = Figure(-19.0, 10.0, -40.0, 5.0, 0.1)
    shown = compared(changed(users=users), changed(year=2035), draws=50)
    assert line(shown, "difference")[1] == f"{TOO_SMALL} (40 fewer to 5 more)"
    assert "two Monte Carlo standard errors" in shown


def test_nothing_at_all_is_nothing_and_not_too_small() -> None:
    rows = [row for row in compared(changed(), changed(year=2035)).splitlines() if "difference  " in row]
    assert [row.split("│")[-2].strip() for row in rows] == ["0"] * 4


def test_with_draws_there_are_ranges_and_chances() -> None:
    cost = Figure(-3.26e6, 0.1e6, -9e6, 2e6, 0.2)
    shown = compared(changed(cost=cost, paid=0.78), changed(year=2035), draws=50)
    assert line(shown, "cost to the municipality, all")[1] == "no clear difference (9.0 less to 2.0 more)"
    clear = replace(cost, high=-0.5e6)
    shown = compared(changed(cost=clear, paid=0.78), changed(year=2035), draws=50)
    assert line(shown, "cost to the municipality, all")[1] == "-3.3 ±0.2 (-9.0 to -0.5)"
    assert line(shown, "chance that it has paid for itself")[1] == "about 80%"
    assert "50 draws" in shown


@pytest.mark.parametrize(
    ("draws", "users", "note"),
    [
        (9, "-120 ±20 (provisional)", "Provisional: with 9 draws"),
        (10, "-120 ±20 (-200 to -40, 11% luck)", "In brackets: 5 to 95 percent of 10 draws"),
    ],
)
def test_a_figure_of_few_draws_is_provisional_and_has_no_range(draws: int, users: str, note: str) -> None:
    figure = Figure(-120.0, 10.0, -200.0, -40.0, 0.1, draws, 30.0)
    shown = compared(changed(users=figure), changed(year=2035), draws=draws)
    assert line(shown, "difference")[1] == users
    assert note in shown
    assert ("In brackets" in shown) is (draws >= 10)


def test_about_zero_is_no_difference_of_luck_and_not_nothing() -> None:
    shown = compared(changed(users=Figure(0.2, 0.01, None, None, None)), changed(year=2035))
    assert line(shown, "difference")[1] == "almost 0 ±0"
    untold = compared(changed(users=Figure(float("nan"), 0.01, None, None, None)), changed(year=2035))
    assert line(untold, "difference")[1] == "cannot be told"


def test_scenarios_that_are_lived_the_same_are_equal_and_have_no_chance() -> None:
    same = replace(changed(paid=1.0), programme_cost=0.0, municipal_programme_cost=0.0)
    shown = compared(same, replace(same, year=2035), draws=50)
    assert line(shown, "chance that it has paid for itself")[1] == "equal"


def test_cash_is_a_line_of_its_own_and_no_part() -> None:
    all_in, cash = (Figure(euros, 1e5, None, None, None) for euros in (52.6e6, 53.0e6))
    shown = compared(replace(changed(cost=all_in), municipal_cashable=cash), changed(year=2035))
    assert line(shown, "cost to the municipality, all together")[1].startswith("+52.6")
    assert line(shown, "cost to the municipality, in cash")[1].startswith("+53.0")
    assert "of which" not in shown


def test_no_chance_is_named_where_luck_outweighs_the_money() -> None:
    shown = compared(changed(paid=0.78, drowned=True), changed(paid=0.78, year=2035), draws=50)
    assert line(shown, "chance that it has paid for itself")[1] == "cannot be told"


@pytest.mark.parametrize(("draws", "said"), [(9, "too few draws"), (10, "about 80%")])
def test_a_chance_needs_draws(draws: int, said: str) -> None:
    shown = compared(changed(paid=0.78), changed(paid=0.78, year=2035), draws=draws)
    assert line(shown, "chance that it has paid for itself")[1] == said


def test_fixed_places_against_an_open_end_are_warned_of_and_say_nothing_of_paying_back() -> None:
    alike = changed(paid=0.78)
    unlike = replace(alike, municipal_cashable=None, p_paid_back=1.0)
    shown = compared(unlike, replace(unlike, year=2035), draws=50)
    assert line(shown, "cost to the municipality, in cash")[1] == "cannot be compared"
    assert line(shown, "chance that it has paid for itself")[1] == "cannot be compared"
    assert "comes from less help, not from child work" in " ".join(shown.split())
    assert "less help" not in compared(alike, replace(alike, year=2035), draws=50)


def test_with_one_draw_nothing_is_said_of_chances() -> None:
    shown = compared(changed(), changed(year=2035))
    assert "chance" not in shown
    assert "The best fit only: no causal estimate of child work exists" in shown


def test_the_discount_rate_is_said() -> None:
    assert "discounted at 2.25% a year" in compared(changed(), changed(year=2035))
    assert "discounted at 3% a year" in compared(changed(), changed(year=2035), rate=0.03)


def test_the_council_term_is_the_first_of_several_horizons() -> None:
    both = compared(changed(), changed(year=2035))
    assert "council term, up to 2029" in both
    assert "council term, up to 2035" not in both
    assert "council term" not in compared(changed(), levels=LEVELS[:1])  # perhaps a run of one year


def test_scenarios_without_years_are_not_compared() -> None:
    assert "no years to compare" in compared(levels=[])


# ---- published models


def test_a_model_is_shown_with_its_frontier() -> None:
    arm = {"cost": 1234.56, "cost_se": 7.0, "effect": 9.5, "effect_se": 0.01}
    row = {
        "strategy": "none",
        "incremental_cost": None,
        "incremental_effect": None,
        "icer": None,
        "status": "ND",
    }
    found = {
        "title": "Sick-Sicker",
        "strategies": {
            "none": {"cohort": {"cost": 1000.0, "effect": 9.0}, "simulation": arm},
            "drug": {"cohort": None, "simulation": arm},
        },
        "frontier": [row, {**row, "strategy": "drug", "icer": 5000.04, "incremental_effect": 0.5}],
        "increments": [], "rewards_per": "cycle", "cycle_years": 1.0,
    }  # fmt: skip
    shown = text(model_table(found))
    assert line(shown, "none")[:3] == ["1,000.0", "9.00000", "1,234.6 (7.0)"]
    assert line(shown, "drug")[:2] == ["-", "-"]
    assert "5,000.0" in shown


def test_tables_go_to_stdout_whole(capsys: pytest.CaptureFixture[str]) -> None:
    show(level_table("Een lange titel van een scenario", LEVELS))
    caught = capsys.readouterr()
    assert "youths with unmet need, 31 December" in caught.out
    assert caught.err == ""


def test_waiting_is_told_where_it_is_known_and_cash_only_where_it_compares() -> None:
    from sim import compare
    from tests.worlds import scenario

    pair = [scenario(36, title="free", years=1), scenario(36, title="lists", policy="capped", years=1)]
    found = compare(pair, children=2000)
    assert found.changes("lists")[0].municipal_cashable is None
    assert found.levels(1)[0].waiting is None  # a sample
    lists = compare([pair[1], pair[1].replace(title="again")], children=2000)
    assert lists.changes("again")[0].municipal_cashable is not None


def test_workers_that_are_none_but_for_rounding_have_no_sign() -> None:
    level = replace(LEVELS[0], fte=-1e-14)
    assert "-0.0" not in text(level_table("T", [level]))
