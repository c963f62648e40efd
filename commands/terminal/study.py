"""What a study is worth, for the terminal."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.comparison import TOO_FEW, UNTOLD, euros
from commands.terminal.literal import Table
from sim import StudyAppraisal
from sim.decision.design import NUMBERS
from sim.decision.dossier import ENOUGH

BEST = ("the reference", "the other scenario")


def share(value: float) -> str:
    """Return a share as a percentage, or that there is none."""
    return UNTOLD if math.isnan(value) else f"{value:.0%}"


def study_tables(study: StudyAppraisal) -> RenderableType:
    """Return what a study is worth by its size, and what that rests on."""
    found, design, willingness, asked = study.beliefs, study.design, study.willingness, study.asked
    decisions = "1 decision" if study.decisions == 1.0 else f"{study.decisions:.2f} decisions"
    unit = f"Euros of 2024 in millions, for {decisions} of this size."
    years = "1 year" if design.years == 1 else f"{design.years} years"
    of = f"The study of {design.neighbourhoods} and {design.neighbourhoods} neighbourhoods for {years}"
    if found.luck_known:
        best = BEST[found.now(willingness)]
        few = "" if found.accuracy else f"Provisional: fewer than {ENOUGH} draws say little about a study. "
        head = (
            f"{few}At {willingness:,.0f} euros for a child-year without moderate or complex need, "
            f"{best} is best now. {unit} {of}: {asked.chance:.0%} chance of another decision, worth "
            f"{'more than ' if asked.one.missed else ''}{euros(asked.one.value)} ±{euros(2 * asked.one.se)} "
            f"to one when it ends, of {euros(asked.most.value)} for all there is to know."
        )
    else:
        head = f"{of}: what it is worth {UNTOLD}, for {TOO_FEW}. {unit}"
    table = Table(title="Worth of a study by size", title_justify="left")
    table.add_column("neighbourhoods with child work")
    for name in ("chance", "worth now, the most it may cost", "price", "left"):
        table.add_column(name, justify="right")
    for size, one in study.sizes:
        table.add_row(
            str(size), share(one.chance), euros(one.all_of_them), euros(one.price), euros(one.net)
        )
    numbers = "; ".join(f"{name} {value:g} ({NUMBERS[name].grade})" for name, value in design.numbers.items())
    return Group(Text(head), table, Text(f"Numbers of the study: {numbers}.", style="dim"))
