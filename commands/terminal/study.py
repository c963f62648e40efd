"""What a study is worth, for the terminal and as plain data."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.comparison import euros
from commands.terminal.literal import Table
from sim.decision.design import NUMBERS, Design
from sim.decision.dossier import ENOUGH
from sim.decision.learning import Beliefs, by_size, worth
from sim.decision.study import StudyWorth

BEST = ("the reference", "the other scenario")


def study_tables(found: Beliefs, design: Design, willingness: float, decisions: float) -> RenderableType:
    """Return what a study is worth by its size, and what that rests on."""
    asked = worth(found, design, willingness, decisions)
    best = BEST[found.now(willingness)]
    few = "" if found.accuracy else f"Provisional: fewer than {ENOUGH} draws say little about a study. "
    head = (
        f"{few}At {willingness:,.0f} euros for a child-year without moderate or complex need, "
        f"{best} is best now. "
        f"Euros of 2024 in millions, for {decisions:.2f} decisions of this size. "
        f"The study of {design.neighbourhoods} and {design.neighbourhoods} neighbourhoods for "
        f"{design.years} years: {asked.chance:.0%} chance of another decision, worth "
        f"{euros(asked.one.value)} ±{euros(2 * asked.one.se)} to one when it ends, of "
        f"{euros(asked.most.value)} for all there is to know."
    )
    table = Table(title="Worth of a study by size", title_justify="left")
    table.add_column("neighbourhoods with child work")
    for name in ("chance", "worth now, the most it may cost", "price", "left"):
        table.add_column(name, justify="right")
    rows = by_size(found, design, willingness, decisions)
    if design.neighbourhoods not in dict(rows):
        rows = sorted([*rows, (design.neighbourhoods, asked)], key=lambda row: row[0])
    for size, one in rows:
        table.add_row(
            str(size), f"{one.chance:.0%}", euros(one.all_of_them), euros(one.price), euros(one.net)
        )
    numbers = "; ".join(f"{name} {value:g} ({NUMBERS[name].grade})" for name, value in design.numbers.items())
    return Group(Text(head), table, Text(f"Numbers of the study: {numbers}.", style="dim"))


def as_json(found: Beliefs, design: Design, willingness: float, decisions: float) -> dict[str, Any]:
    """Return the same as one object."""
    return {
        "willingness": willingness,
        "best_now": "other" if found.now(willingness) else "reference",
        "draws": found.simulated,
        "accuracy": found.accuracy,
        "decisions": decisions,
        "numbers": design.numbers,
        "years": design.years,
        "asked": _one(design.neighbourhoods, worth(found, design, willingness, decisions)),
        "sizes": [_one(size, one) for size, one in by_size(found, design, willingness, decisions)],
    }


def _one(size: int, one: StudyWorth) -> dict[str, float]:
    return {
        "neighbourhoods": size, "chance": one.chance, "worth_to_one": one.one.value, "se": one.one.se,
        "most": one.most.value, "worth": one.all_of_them, "price": one.price, "net": one.net,
    }  # fmt: skip
