"""What a study is worth, for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.comparison import euros
from commands.terminal.literal import Table
from sim import StudyAppraisal
from sim.decision.design import NUMBERS
from sim.decision.dossier import ENOUGH

BEST = ("the reference", "the other scenario")


def study_tables(study: StudyAppraisal) -> RenderableType:
    """Return what a study is worth by its size, and what that rests on."""
    found, design, willingness, asked = study.beliefs, study.design, study.willingness, study.asked
    best = BEST[found.now(willingness)]
    few = "" if found.accuracy else f"Provisional: fewer than {ENOUGH} draws say little about a study. "
    head = (
        f"{few}At {willingness:,.0f} euros for a child-year without moderate or complex need, "
        f"{best} is best now. "
        f"Euros of 2024 in millions, for {study.decisions:.2f} decisions of this size. "
        f"The study of {design.neighbourhoods} and {design.neighbourhoods} neighbourhoods for "
        f"{design.years} years: {asked.chance:.0%} chance of another decision, worth "
        f"{'more than ' if asked.one.missed else ''}{euros(asked.one.value)} ±{euros(2 * asked.one.se)} "
        "to one when it ends, of "
        f"{euros(asked.most.value)} for all there is to know."
    )
    table = Table(title="Worth of a study by size", title_justify="left")
    table.add_column("neighbourhoods with child work")
    for name in ("chance", "worth now, the most it may cost", "price", "left"):
        table.add_column(name, justify="right")
    for size, one in study.sizes:
        table.add_row(
            str(size), f"{one.chance:.0%}", euros(one.all_of_them), euros(one.price), euros(one.net)
        )
    numbers = "; ".join(f"{name} {value:g} ({NUMBERS[name].grade})" for name, value in design.numbers.items())
    return Group(Text(head), table, Text(f"Numbers of the study: {numbers}.", style="dim"))
