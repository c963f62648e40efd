"""The dossier for the terminal, in plain words, and as tables on disk."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.comparison import (
    FEW,
    PROVISIONAL,
    TOO_FEW,
    TOO_SMALL,
    UNTOLD,
    euros,
    people,
    signed,
    told,
)
from commands.terminal.literal import Table
from sim import Appraisal, Estimate, TwinLives
from sim.decision.budget import Ranked
from sim.decision.comparison import Figure
from sim.decision.dossier import ENOUGH, MOST_NEAR, Dossier
from sim.decision.firm import ENOUGH_DRAWS, few, nothing
from sim.decision.money import DISCOUNTS, PERSPECTIVES, Worth
from sim.decision.sensitivity import Grid
from sim.decision.tables import EQUAL, best_of
from sim.runs.life_events import when
from sim.runs.twins import Twins

ROWS = 12


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _money(f: Figure) -> str:
    return told(f, euros)


def _share(share: float, draws: int) -> str:
    """Return a percentage that says neither never nor always of what is not; too few draws have none."""
    if few(draws):
        return FEW
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 < share < 1 else f"{share:.0%}"


def _estimate(e: Estimate) -> str:
    text = "0" if e.value == 0 else f"{euros(e.value)} ±{euros(2 * e.se)}"
    if not e.checked:
        return f"{text}, may be more"
    return f"more than {text}" if e.missed else text


def shown(d: Dossier) -> RenderableType:
    """Return the answers as tables, the plainest first; of too few children that there are none."""
    children = "all children" if d.children is None else f"{d.children:,} children"
    children = "1 child" if d.children == 1 else children
    if not d.luck_known:
        return Text(f"{d.names[1]} against {d.names[0]}, {children}: what changes {UNTOLD}, for {TOO_FEW}.")
    head = (
        f"{d.names[1]} against {d.names[0]}: {d.draws:,} draws, {children}. Euros of 2024 in millions. "
        f"Spread of the extra cost: {euros(d.spread_parameters)} from what is not known, "
        f"{euros(d.spread_luck)} from the luck of a run ({d.luck:.0%} of the variance)"
    )
    if d.saved_by_pairing:
        head += f"; common random numbers divide that by {d.saved_by_pairing:,.0f}"
    made = (_worths, _terms, _paybacks, _units, _equity, _acceptable, _knowledge, _debt, _tornado, _cases)
    return Group(
        Text(f"{head}.", style="dim"), _must_be_true(d), *(make(d) for make in made),
        Text(_notes(d), style="dim"),
    )  # fmt: skip


def appraisal_tables(a: Appraisal) -> RenderableType:
    """Return everything that an appraisal found as tables."""
    parts = [shown(a.dossier)]
    if a.grid is not None:
        parts.append(grid_table(a.grid))
    if a.budget is not None and a.dossier.luck_known:
        parts.append(ranking(a.ranking, a.budget))
    return Group(*parts)


def twin_tables(t: TwinLives) -> RenderableType:
    """Return where lives part, or both lives of the child that was asked for."""
    return partings_table(t.twins) if t.child is None else lives_table(t.twins, t.child)


def _must_be_true(d: Dossier) -> RenderableType:
    said = [FEW] if few(d.draws) else d.sentences
    lines = ["What must be true", *(f"  {line}" for line in said)]
    return Text("\n".join(lines)) if d.thresholds else Text("")


def _worths(d: Dossier) -> RenderableType:
    table = _table(
        f"Net present value up to {d.worths[0].year}; in brackets: benefits over costs, share above one",
        "perspective", *(way.name for way in DISCOUNTS),
    )  # fmt: skip
    for name in PERSPECTIVES:
        cells = []
        for row in d.worths:
            if row.perspective == name:
                cells.append(_worth(row, d.draws))
        table.add_row(name, *(Text(cell) for cell in cells))
    return table


def _worth(row: Worth, draws: int) -> str:
    """Return a net present value, with the ratio where a chance can stand beside it."""
    if nothing(row.net_present_value):
        return EQUAL
    value = _money(row.net_present_value)
    if few(draws):
        return value
    ratio = "" if row.ratio.value is None else f"{row.ratio.value:.2f}, "
    return f"{value} [{ratio}{_share(row.ratio.probability, draws)}]"


def _terms(d: Dossier) -> RenderableType:
    table = _table("Extra spending of the municipality by council term (undiscounted)", "term",
                   "programmes", "care", "together")  # fmt: skip
    for term in d.terms:
        years = str(term.first) if term.first == term.last else f"{term.first}-{term.last}"
        table.add_row(years, _money(term.programmes), _money(term.care), _money(term.net))
    return table


def _paybacks(d: Dossier) -> RenderableType:
    table = _table("When a payer's money is back", "payer", "share of draws, by year", "never in these years")
    for row in d.paybacks:
        what = "in cash" if row["measure"] == "cost_cashable" else "counting freed capacity"
        shares = {} if few(d.draws) else row["shares"]
        when = ", ".join(f"{year}: {_share(share, d.draws)}" for year, share in shares.items()) or "-"
        table.add_row(f"{row['payer']}, {what}", when, _share(row["never"], d.draws))
    return table


def _units(d: Dossier) -> RenderableType:
    mean, low, high = d.unmet_need
    between = PROVISIONAL if few(d.draws) else f"{people(low, True)} to {people(high, True)}"
    title = (
        f"Cost per unit avoided. Unmet need beside it: {people(mean, True)} youths on 31 December ({between})"
    )
    table = _table(title, "unit", "avoided", "euros per unit")
    for unit in d.units:
        price = f"not given: {unit.reason}"
        if few(d.draws):
            price = f"not given: {FEW}"
        elif unit.value is not None and unit.low is not None and unit.high is not None:
            price = f"{unit.value:,.0f} ({unit.low:,.0f} to {unit.high:,.0f})"
        table.add_row(unit.unit, people(unit.avoided, True), price)
    return table


def _equity(d: Dossier) -> RenderableType:
    parts: list[RenderableType] = []
    for fair in d.equity:
        change, before = fair.change, fair.before
        short = few(d.draws)
        ends = _from_to(change.low, change.high)
        between = f" ({ends})" if ends else ""
        between = f" ({PROVISIONAL})" if short else between
        title = (
            f"Who gains: {fair.measure} per 1,000 children of a group. Most: {fair.most or TOO_SMALL}. "
            f"Gap from the least to the most deprived: {before.value:.1f}, "
            f"changed by {signed(change.value, 2)}{between}"
        )
        table = _table(title, "group", "change", "over draws")
        for gain in fair.gains:
            value = TOO_SMALL if gain.too_small else signed(gain.per_1000, 2)
            spread = "" if short else _from_to(gain.low, gain.high)
            table.add_row(gain.group, value, spread)
        parts.append(table)
    return Group(*parts)


def _acceptable(d: Dossier) -> RenderableType:
    curve = d.acceptable
    table = _table(
        "Worth it? By what a child-year without moderate or complex need is worth",
        "euros", f"chance that {d.names[1]} is best", "best on average", "EVPI", "loss if it is chosen",
    )  # fmt: skip
    for k in range(0, curve.thresholds.size, 4):
        table.add_row(
            f"{curve.thresholds[k]:,.0f}", _share(float(curve.probability[k, 1]), d.draws),
            best_of(d, k), euros(float(curve.evpi[k])), euros(float(curve.loss[k, 1])),
        )  # fmt: skip
    return table



def _knowledge(d: Dossier) -> RenderableType:
    known = d.knowledge
    made = "of the surrogate" if known.emulated else "simulated"
    accuracy = "" if known.accuracy is None else f", which explains {known.accuracy:.0%} of draws left out"
    title = (
        f"What it would be worth to know, at {known.willingness:,.0f} euros a child-year "
        f"(everything: {_estimate(known.everything)}; {known.drawn:,} draws {made}{accuracy})"
    )
    table = _table(title, "parameters", "EVPPI")
    for name, e in known.groups:
        table.add_row(Text(name, style="bold"), _estimate(e))
    table.add_section()
    for name, e in known.parameters[:ROWS]:
        table.add_row(name, _estimate(e))
    return table


def _debt(d: Dossier) -> RenderableType:
    table = _table("On which evidence the answer rests", "grade", "parameters", "share of variance", "EVPPI")
    for row in d.knowledge.debt:
        count = str(row.parameters) if row.parameters else ""
        worth = "" if row.evppi is None else _estimate(row.evppi)
        table.add_row(row.grade, count, f"{row.variance:.0%}", worth)
    return table


def _tornado(d: Dossier) -> RenderableType:
    table = _table(f"One at a time: extra cost up to {d.goal.year} (best fit {euros(d.best_fit, True)})",
                   "parameter", "from", "to", "cost at low", "cost at high", "")  # fmt: skip
    for bar in d.tornado:
        unknown = math.isnan(bar.error)
        word = TOO_SMALL if bar.too_small and not unknown else ""
        ends = (f"{bar.low:.4g}", f"{bar.high:.4g}")
        costs = (UNTOLD if unknown else euros(cost, True) for cost in (bar.at_low, bar.at_high))
        table.add_row(bar.name, *ends, *costs, word)
    return table


def _cases(d: Dossier) -> RenderableType:
    table = _table(f"If the model were otherwise: extra cost up to {d.goal.year}", "case", "", "cost", "±")
    for case in d.cases:
        unknown = math.isnan(case["mcse"])
        told_of_it = (UNTOLD, "-") if unknown else (euros(case["value"], True), euros(2 * case["mcse"]))
        table.add_row(case["name"], case["words"], *told_of_it)
    return table


def _notes(d: Dossier) -> str:
    cash = d.goal.measure == "cost_cashable"
    counted = "money that contracts let go" if cash else "freed capacity as money"
    notes = "" if d.draws >= ENOUGH else f"Fewer than {ENOUGH} draws say little about what is worth knowing. "
    if few(d.draws):
        notes = (
            f"Provisional: with {d.draws} draws a figure may still turn, even from minus to plus; it has no "
            f"range and no chance before {ENOUGH_DRAWS}. {notes}"
        )
    return (
        f"{notes}Costs are those of the {d.goal.payer}, counting {counted}, "
        f"at {100 * d.goal.rate:.4g}% a year. "
        "Intervals: 5 to 95 percent of draws. A share of draws is no chance where the luck of one draw "
        "outweighs the money: `kinderwerk compare` tells where. EVPPI is a regression: 'more than' where it "
        f"missed something, 'may be more' of over {MOST_NEAR} parameters together, where nobody can tell. "
        "Nobody has measured what child work does to "
        "youth care: its effects are priors that include none."
    )



def grid_table(grid: Grid) -> RenderableType:
    """Return the outcome over two parameters, millions of euros."""
    table = _table(
        f"Extra cost by {grid.first} (down) and {grid.second} (across)", "",
        *(f"{value:.4g}" for value in grid.second_values),
    )  # fmt: skip
    for value, row in zip(grid.first_values, grid.outcomes, strict=True):
        table.add_row(f"{value:.4g}", *(euros(float(cost), True) for cost in row))
    return table


def partings_table(t: Twins) -> RenderableType:
    """Return totals by what parted two lives."""
    if not t.luck_known:
        return Text(f"Where lives part: how often, and what follows, {UNTOLD}, for {TOO_FEW}.")
    table = _table(
        f"Where lives part: {t.parted:,.0f} simulated children live otherwise",
        "first transition that is in one life only", "way", "children", "care (EUR million)", "care-years",
    )  # fmt: skip
    for row in t.totals():
        table.add_row(
            row.kind,
            row.mechanism,
            people(row.children),
            euros(row.euros, True),
            people(row.care_years, True),
        )
    care, years = t.total(t.euros), t.total(t.care_years)
    table.add_section()
    table.add_row("together", "", people(t.parted), euros(care, True), people(years, True))
    note = (
        "Euros of 2024, prices of places, over all years, the scenario minus the reference. What follows a "
        "parting is its luck as well: single kinds tell little, the total is the difference of the scenarios."
    )
    return Group(table, Text(note, style="dim"))


def lives_table(t: Twins, child: int) -> RenderableType:
    """Return the two lives of one simulated child side by side. child: its position."""
    parting = next((p for p in t.partings if p.child == child), None)
    born = when(float(t.birth[child]))
    if parting is None:
        return Text(f"Simulated child {t.ids[child]}, born {born}: both lives are the same.")
    table = _table(
        f"Simulated child {t.ids[child]}, born {born}", "month", "in the reference", "in the scenario"
    )
    for months, name in ((-1.0, "before"), (1.0, "after")):
        cells: dict[tuple[float, int], list[str]] = {}
        for life in (0, 1):
            for event in t.lives[life].events(child):
                if (event.month >= parting.month) == (months > 0):
                    words = f"{t.table.row_process[event.row]}: {t.table.rows[event.row]}"
                    cells.setdefault((event.month, event.row), ["", ""])[life] = words
        if cells and name == "after":
            table.add_section()
        for (month, _), pair in sorted(cells.items()):
            table.add_row(when(month), *pair)
    spent = float(t.euros[child].sum())
    note = (
        f"The lives part in {when(parting.month)} ({t.kind(parting)}; {parting.mechanism}). Care in the "
        f"scenario costs {signed(spent, 0)} euros, {signed(float(t.care_years[child].sum()), 1)} care-years. "
        "Nobody real: it shows how the model reasons."
    )
    return Group(table, Text(note, style="dim"))


def ranking(rows: Sequence[Ranked], budget: float) -> RenderableType:
    """Return the uses of a budget as a table: gains first, most good first."""
    table = _table(
        f"Uses of {budget:,.0f} euros a year; good: child-years without moderate or complex need",
        "use", "good", "per million", "unmet need", "in care", "municipal cost (mln)", "best in", "regret",
        "",
    )  # fmt: skip
    for row in rows:
        word = "" if row.gain else "no gain"
        if row.gain and row.as_good:
            word = "among the best"
        if row.equal_to is not None:
            word = ", ".join(filter(None, (word, f"equal to {row.equal_to.name}")))
        table.add_row(
            row.choice.name, _spread(row.good), f"{row.good_per_million:.1f}", _spread(row.unmet),
            _spread(row.care), euros(row.cost[0], True), f"{row.p_best:.0%}", people(row.regret),
            word,
        )  # fmt: skip
    note = (
        "Mean, and 5 to 95 percent of draws. A use with more unmet need than the reference is no gain. "
        "'Among the best': these draws cannot tell it from the first. 'Equal': the same in every draw."
    )
    return Group(table, Text(note, style="dim"))


def _spread(values: tuple[float, float, float]) -> str:
    mean, low, high = values
    return f"{people(mean, True)} ({people(low, True)} to {people(high, True)})"


def _from_to(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{signed(low, 2)} to {signed(high, 2)}"
