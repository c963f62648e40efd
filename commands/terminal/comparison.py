"""Tables for the terminal, in plain words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.literal import Table
from sim.decision.comparison import Figure
from sim.decision.firm import ENOUGH_DRAWS, Standing, by_luck_alone, few, has_range
from sim.decision.headline import Change, Level
from sim.decision.tables import EQUAL
from sim.inputs.scenario import Scenario
from sim.model.futures import MODEL_TODAY
from sim.model.structures import CARE_CHANGES_NEED
from sim.words.future_words import future_words
from sim.words.population_words import population_words
from sim.words.prior_words import prior_words
from sim.words.writing import Writing

TOO_SMALL = "too small to tell"
UNTOLD = "cannot be told"
TOO_FEW = "too few children are simulated to say what is luck"
FEW = "too few draws"
PROVISIONAL = "provisional"
UNLIKE = "cannot be compared"
DIFFERENCE = "  difference"


def euros(value: float, sign: bool = False) -> str:
    """Return an amount in millions of euros."""
    return _written(value / 1e6, 1, sign)


def people(value: float, sign: bool = False) -> str:
    """Return a number of people."""
    return _written(value, 0, sign)


def workers(value: float) -> str:
    """Return a number of FTE."""
    return _written(value, 1, False)


def signed(value: float, digits: int) -> str:
    """Return a number with its sign."""
    return _written(value, digits, True)


def _written(value: float, digits: int, sign: bool) -> str:
    """Return a rounded number, or that there is none; what rounds to zero has no sign."""
    if math.isnan(value):
        return UNTOLD
    rounded = round(value, digits) or 0.0
    return f"{rounded:{'+' if sign and rounded else ''},.{digits}f}"


def _figure(f: Figure | None, money: bool) -> str:
    if f is None:
        return UNLIKE
    write = euros if money else people
    return told(f, write, f" ±{write(2 * f.mcse)}")


def told(f: Figure, write: Callable[..., str], error: str = "") -> str:
    """Return a figure with its range, or what may be said of it. error: what stands behind its number."""
    if f.draw_count == 1:  # the best fit, which the notes say it is
        f = by_luck_alone(f)
    plain = {Standing.NONE: "0", Standing.UNTOLD: UNTOLD}
    if (said := Standing.of(f)) in plain:
        return plain[said]
    if said in (Standing.UNCLEAR, Standing.TOO_SMALL):
        return Writing("en").remark(f, write)
    value = write(f.value, True)
    number = "almost 0" if f.value and value == write(0.0, True) else value
    if said is Standing.PROVISIONAL:
        return f"{number}{error} ({PROVISIONAL})"
    if f.low is None or f.high is None or not has_range(f):
        return f"{number}{error}"
    between = Writing("en").with_luck(f"{write(f.low, True)} to {write(f.high, True)}", f)
    return f"{number}{error} ({between})"


def _waiting(levels: Sequence[Level]) -> tuple[list[str], list[str]] | None:
    """Return how many wait and for how long, or None where nobody can, or nothing can be said."""
    if all(item.waiting is None for item in levels):
        return None
    stock = ["-" if item.waiting is None else people(item.waiting) for item in levels]
    return stock, ["-" if item.weeks is None else f"{item.weeks:,.1f}" for item in levels]


def level_table(title: str, levels: Sequence[Level]) -> RenderableType:
    """Return the levels of one scenario over horizons."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for item in levels:
        table.add_column(str(item.year), justify="right")
    table.add_row("child workers at work (FTE)", *(workers(item.fte) for item in levels))
    table.add_row("children taking part in the year", *(people(item.participants) for item in levels))
    table.add_row("youths with youth care in the year", *(people(item.care_users) for item in levels))
    table.add_row("youths with unmet need, 31 December", *(people(item.unmet_need) for item in levels))
    if waiting := _waiting(levels):
        table.add_row("youths on a waiting list, 31 December", *waiting[0])
        table.add_row("mean wait of those who started (weeks)", *waiting[1])
    table.add_row("cost to the municipality (EUR million)", *(euros(item.municipal_cost) for item in levels))
    if any(item.care for item in levels):
        table.add_row("  places in care, at their price", *(euros(item.care) for item in levels))
        table.add_row("  rest: care cost beyond places", *(euros(item.rest) for item in levels))
        table.add_row("  fixed: access, prevention, execution", *(euros(item.fixed) for item in levels))
    return Group(
        table,
        Text(
            "Euros of 2024. Parameters fitted to figures of CBS; effects of programmes are assumed.",
            style="dim",
        ),
    )


def comparison(
    titles: Sequence[str],
    names: Sequence[str],
    changes: Mapping[str, Sequence[Change]],
    levels: Mapping[str, Sequence[Level]],
    draws: int,
    rate: float,
) -> RenderableType:
    """Return the comparison: every scenario as it is, and the others as differences from the reference.

    rate: at which the money in `changes` was discounted.
    """
    table = Table(title="Compared on the same children", title_justify="left", show_lines=False)
    table.add_column("", ratio=2)
    table.add_column(f"{titles[0]}\n(reference)", justify="right")
    for title in titles[1:]:
        table.add_column(title, justify="right")
    reference = levels[names[0]]
    if not reference:
        return Text("The scenarios have no years to compare.")
    last = [levels[name][-1] for name in names]
    table.add_row(f"child workers at work in {last[0].year} (FTE)", *(workers(item.fte) for item in last))
    table.add_row(f"children taking part in {last[0].year}", *(people(item.participants) for item in last))
    if waiting := _waiting(last):
        table.add_row(f"youths on a waiting list in {last[0].year}", *waiting[0])
        table.add_row("mean wait of those who started (weeks)", *waiting[1])
    for k, item in enumerate(reference):
        table.add_section()
        here, there = [changes[name][k] for name in names[1:]], [levels[name][k] for name in names]
        term = k == 0 and len(reference) > 1  # a single horizon may be a shorter run
        horizon = f"council term, up to {item.year}" if term else f"up to {item.year}"
        table.add_row(Text(horizon, style="bold"))
        users = f"youths with youth care in {item.year}"
        table.add_row(users, *(people(one.care_users) for one in there))
        table.add_row(DIFFERENCE, "", *(_figure(c.care_users, False) for c in here))
        unmet = f"youths with unmet need in {item.year}"
        table.add_row(unmet, *(people(one.unmet_need) for one in there))
        table.add_row(DIFFERENCE, "", *(_figure(c.unmet_need, False) for c in here))
        year = f"cost to the municipality in {item.year} (EUR million)"
        table.add_row(year, *(euros(one.municipal_cost) for one in there))
        table.add_row(Text(f"differences up to {item.year} (EUR million)", style="italic"))
        table.add_row("cost of child work", "", *(euros(c.programme_cost, True) for c in here))
        table.add_row(
            "cost to the municipality, all together", "", *(_figure(c.municipal_cost, True) for c in here)
        )
        table.add_row(
            "cost to the municipality, in cash", "", *(_figure(c.municipal_cashable, True) for c in here)
        )
        if draws > 1:
            chances = [_chance(c, draws) for c in here]
            table.add_row("chance that it has paid for itself", "", *chances)
    alike = all(c.municipal_cashable is not None for found in changes.values() for c in found)
    warned = [] if alike else [Text(MIXED, style="bold")]
    few_children = any(math.isnan(item.care_users) for item in last)
    return Group(table, *warned, Text(_notes(draws, rate, few_children), style="dim"))


MIXED = (
    "Places are fixed in one scenario and not in another: what then costs less comes from less help, "
    "not from child work. Look at unmet need."
)


def _chance(c: Change, draws: int) -> str:
    if c.municipal_cashable is None:
        return UNLIKE
    if c.p_paid_back is None:
        return ""
    if few(draws):
        return FEW
    if c.equal:
        return EQUAL
    return UNTOLD if c.drowned else Writing("en").chance(c.p_paid_back, draws)


def batch_table(
    levels: Mapping[str, Sequence[Level]],
    changes: Mapping[str, Sequence[Change]],
    references: Mapping[str, str],
) -> RenderableType:
    """Return a row per scenario of a batch at its last horizon: what it changes, or else how it is."""
    table = Table(title="Scenarios at their last horizon", title_justify="left")
    table.add_column("scenario")
    table.add_column("compared with")
    for words in ("year", "youths with care", "with unmet need", "cost to the municipality"):
        table.add_column(words, justify="right")
    for name, items in levels.items():
        if changes.get(name):
            c = changes[name][-1]
            table.add_row(
                name, references[name], str(c.year), _figure(c.care_users, False),
                _figure(c.unmet_need, False), _figure(c.municipal_cost, True),
            )  # fmt: skip
        elif items:
            last = items[-1]
            table.add_row(
                name, "-", str(last.year), people(last.care_users), people(last.unmet_need),
                UNTOLD if math.isnan(last.municipal_cost) else f"{euros(last.municipal_cost)} in the year",
            )  # fmt: skip
    notes = [
        "Compared: differences in that year, and EUR million up to then, discounted; below zero is saved.",
        f"± two Monte Carlo standard errors; '{TOO_SMALL}' where the difference is smaller than that.",
        f"'{PROVISIONAL}': fewer than {ENOUGH_DRAWS} draws, so that it may still turn.",
    ]
    if any(math.isnan(item.care_users) for items in levels.values() for item in items):
        notes.append(f"'{UNTOLD}': {TOO_FEW}.")
    return Group(table, Text("\n".join(notes), style="dim"))


def _notes(draws: int, rate: float, few_children: bool) -> str:
    notes = [
        f"Costs: millions of euros of 2024, added up and discounted at {100 * rate:.4g}% a year; "
        "below zero is saved.",
        "All together counts places that come free as money; in cash only what contracts let go.",
        f"± two Monte Carlo standard errors; '{TOO_SMALL}' where the difference is smaller than that.",
    ]
    if not few(draws):
        notes.append(f"In brackets: 5 to 95 percent of {draws} draws of what is not known for certain.")
        notes.append(f"'{UNTOLD}': luck outweighs the money at stake, or children are too few.")
    elif few_children:
        notes.append(f"'{UNTOLD}': {TOO_FEW}.")
    elif draws > 1:
        notes.append(
            f"Provisional: with {draws} draws a figure may still turn, even from minus to plus. "
            f"From {ENOUGH_DRAWS} draws on it has a range and a chance."
        )
    else:
        notes.append(
            "Provisional. The best fit only: no causal estimate of child work exists. --draws 100 shows what "
            "is not known."
        )
    return "\n".join(notes)


OTHER = (
    "The scenarios differ in {what}: their differences come from that too. Give them the same '{key}:'."
)


def priors_told(scenarios: Sequence[Scenario]) -> RenderableType:
    """Return what the scenarios believe of the effect of child work, each prior once."""
    english = partial(prior_words, writing=Writing("en"))
    return _each_told(scenarios, "prior", "Effect of child work", english, "what they believe of child work")


def futures_told(scenarios: Sequence[Scenario]) -> RenderableType:
    """Return how youth care grows in the scenarios, each future once; nothing where it is as usual in all."""
    if all(scenario.future == MODEL_TODAY for scenario in scenarios):
        return Group()
    english = partial(future_words, writing=Writing("en"))
    return _each_told(scenarios, "future", "Future", english, "how youth care grows")


def structures_told(scenarios: Sequence[Scenario]) -> RenderableType:
    """Return how the model works in the scenarios, each structure once; nothing where it is as usual."""
    if all(scenario.structure == CARE_CHANGES_NEED for scenario in scenarios):
        return Group()
    return _each_told(
        scenarios, "structure", "Structure", lambda name: Writing("en").t(f"structure_{name}"),
        "how the model works",
    )  # fmt: skip


def _each_told(
    scenarios: Sequence[Scenario], key: str, title: str, words: Callable[[str], str], what: str
) -> RenderableType:
    """Return what scenarios say under a key, each once with whose it is, and a warning where they differ."""
    found: dict[str, list[str]] = {}
    for scenario in scenarios:
        found.setdefault(getattr(scenario, key), []).append(scenario.title)
    lines = []
    for said, titles in found.items():
        whose = "" if len(found) == 1 else f" ({'; '.join(titles)})"
        lines.append(f"{title}{whose}: {words(said)}.")
    warned = [Text(OTHER.format(what=what, key=key), style="bold")] if len(found) > 1 else []
    return Group(*warned, Text("\n".join(lines), style="dim"))


def population_told(scenarios: Sequence[Scenario]) -> RenderableType:
    """Return the youths of later years that all scenarios have; nothing where the age structure stays."""
    if scenarios[0].population is None:
        return Group()
    return Text(f"Population: {population_words(scenarios[0], Writing('en'))}.", style="dim")
