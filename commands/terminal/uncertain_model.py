"""What is not known of a state-transition model, for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.literal import Table
from sim import Estimate
from sim.decision.firm import few
from sim.decision.model_two_way import TwoWay
from sim.decision.model_uncertainty import Interval, ModelUncertainty, OneWay
from sim.decision.tables import EQUAL

ROWS = 12
FEW_DRAWS = "too few draws"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for k, column in enumerate(columns):
        table.add_column(column, justify="right" if k else "left")
    return table


def _interval(each: Interval, form: str) -> str:
    return f"{each.mean:{form}} ({each.low:{form}} to {each.high:{form}})"


def _estimate(each: Estimate) -> str:
    text = "0" if each.value == 0 else f"{each.value:z,.1f} ±{2 * each.se:z,.1f}"
    return f"more than {text}" if each.missed else text


def uncertainty_tables(known: ModelUncertainty) -> RenderableType:
    """Return cost and effect over draws, what is best, and what it would be worth to know."""
    at = f"at {known.willingness:z,.1f} an effect"
    totals = _table(f"Over {known.draws:,} draws", "strategy", "cost", "effect")
    for name, cost, effect in zip(known.strategies, known.costs, known.effects, strict=True):
        totals.add_row(name, _interval(cost, "z,.1f"), _interval(effect, "z.4f"))
    against = _table(f"Against {known.strategies[0]}, over draws; net benefit {at}", "strategy",
                     "extra cost", "extra effect", "cost per effect", "extra net benefit")  # fmt: skip
    for row in known.increments:
        against.add_row(
            row.strategy, _interval(row.cost, "z,.1f"), _interval(row.effect, "z.4f"),
            "-" if row.ratio is None else f"{row.ratio:z,.1f}", _interval(row.net_benefit, "z,.1f"),
        )  # fmt: skip
    curve = known.acceptable
    best = _table("What is best, by what an effect may cost", "for an effect",
                  *(f"chance of {name}" for name in known.strategies), "best on average", "EVPI")  # fmt: skip
    for k in range(0, curve.thresholds.size, 2):
        chances = [FEW_DRAWS if few(known.draws) else f"{chance:.1%}" for chance in curve.probability[k]]
        name = EQUAL if curve.equal[k] else known.strategies[int(curve.best[k])]
        best.add_row(f"{curve.thresholds[k]:z,.6g}", *chances, name, f"{curve.evpi[k]:z,.1f}")
    worth = _table(f"What it would be worth to know, {at}", "parameter", "EVPPI")
    worth.add_row("everything (EVPI)", _estimate(known.everything))
    worth.add_section()
    for name, each in known.parameters[:ROWS]:
        worth.add_row(name, FEW_DRAWS if few(known.draws) else _estimate(each))
    said = (
        "Means, and 5 to 95 percent of draws; each draw is an exact cohort. EVPPI by regression: 'more than' "
        "where the regression missed something. ±: two standard errors."
    )
    compared = (against, best, worth) if known.increments else ()
    return Group(totals, *compared, Text(said, style="dim"))


def one_way_table(varied: OneWay) -> RenderableType:
    """Return the net benefit where a parameter is low and where it is high."""
    against = f", against {varied.reference}" if varied.reference else ""
    table = _table(f"One at a time: net benefit at {varied.willingness:z,.1f} an effect{against}",
                   "strategy", "parameter", "from", "to", "at low", "base case", "at high")  # fmt: skip
    for bar in varied.bars[:ROWS]:
        table.add_row(
            bar.strategy, bar.name, f"{bar.low:z.4g}", f"{bar.high:z.4g}", f"{bar.at_low[2]:z,.1f}",
            f"{bar.base[2]:z,.1f}", f"{bar.at_high[2]:z,.1f}",
        )  # fmt: skip
    return table


def two_way_table(found: TwoWay) -> RenderableType:
    """Return which strategy is best at every other point of a grid of two parameters."""
    first, second = found.names
    columns = [f"{value:z.4g}" for value in found.values[1][::2]]
    table = _table(f"What is best at {found.willingness:z,.1f} an effect, by {first} (down) and {second}",
                   first, *columns)  # fmt: skip
    for value, row in zip(found.values[0][::2], found.best[::2, ::2].tolist(), strict=True):
        table.add_row(f"{value:z.4g}", *(found.strategies[k] for k in row))
    return table
