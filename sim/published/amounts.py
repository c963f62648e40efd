"""The amounts of a model file as arrays on three axes, and the mistakes that were found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from sim.errors import nearest
from sim.faults import Fault, fault
from sim.files.expressions import ExpressionError, compile_expression
from sim.files.wording import Mistake
from sim.published.lookup import LookUpTable, look_up
from sim.published.modelfile import Loc, ModelError, ModelFile, Strategy

Floats = NDArray[np.float64]
Values = Mapping[str, Floats]

MAX_CELLS = 20_000_000
"""The largest table that is built: 160 MB of float64."""
TOO_LARGE = fault(
    "model_too_large",
    most=MAX_CELLS,
)
ROUNDING = 1e-9
"""How far shares and probabilities that are meant to add up to one may be from it."""


class Amounts:
    """What the amounts of one file come to, on axes (group, point in time, time in state)."""

    def __init__(self, file: ModelFile, tables: Mapping[str, LookUpTable]) -> None:
        self.file = file
        self.tables = tables
        self.mistakes: list[Mistake] = []
        self.memory = False
        self.groups = len(file.groups) or 1

    def too_large(self, shape: Iterable[int]) -> bool:
        """Tell whether a table of this shape is too large, and note it as a mistake."""
        large = prod(shape) > MAX_CELLS
        if large:
            self.fault(("cycles",), TOO_LARGE)
        return large

    def stop_at_mistakes(self) -> None:
        """Raise ModelError where there are mistakes."""
        if self.mistakes:
            raise ModelError(self.mistakes)

    def fault(self, loc: Loc, wrong: Fault) -> None:
        """Note a mistake at a place."""
        self.mistakes.append(Mistake(loc, wrong))

    def scopes(self, points: int) -> list[tuple[str, Strategy, dict[str, Floats]]]:
        """Return each strategy with all that its amounts may name."""
        return [(name, each, self.scope(name, each, points)) for name, each in self.file.strategies.items()]

    def scope(self, name: str, strategy: Strategy, points: int) -> dict[str, Floats]:
        """Return all that an amount may name at `points` points in time, but the time in a state."""
        values = self.points_in_time(points)
        if self.file.groups:
            for variable in self.file.groups[0].values:
                each = [group.values[variable] for group in self.file.groups]
                values[variable] = np.array(each).reshape(-1, 1, 1)
        self.add_tables(values)
        for parameter, amount in (self.file.amounts | strategy.parameters).items():
            overridden = parameter in strategy.parameters
            loc: Loc = ("strategies", name, "parameters") if overridden else ("parameters",)
            # An expression sees the clock, the group, the tables and only the parameters above it.
            values[parameter] = self.evaluate(amount, (*loc, parameter), values)
        return values

    def add_tables(self, values: dict[str, Floats]) -> None:
        """Add what each table gives at the points in `values`, where those hold all it is looked up by."""
        for name, table in self.tables.items():
            if name in values:
                continue
            missing = [key for key in table.by if key not in values]
            if missing and not (missing == ["time_in_state"] and "time_in_state" not in values):
                known = (*values, "time_in_state")
                self.fault(("tables", name, "by"), fault(
                    "unknown_name", name=missing[0], near=nearest(missing[0], known),
                ))  # fmt: skip
            elif not missing:
                try:
                    values[name] = look_up(table, values)
                except ExpressionError as error:
                    self.fault(("tables", name), error.fault)

    def points_in_time(self, points: int) -> dict[str, Floats]:
        """Return the cycle, and the age where the file gives one, at the first `points` points in time."""
        cycle = np.arange(points, dtype=np.float64).reshape(1, -1, 1)
        if self.file.age is None:
            return {"cycle": cycle}
        return {"cycle": cycle, "age": self.file.age + cycle * self.file.cycle_years}

    def in_state(self, values: Values) -> Values:
        """Return `values` with the time in a state, which is at most the cycle, and tables by it."""
        found = {**values, "time_in_state": values["cycle"].reshape(1, 1, -1)}
        self.add_tables(found)
        return found

    def evaluate(self, amount: float | str, loc: Loc, values: Values) -> Floats:
        """Return an amount on the three axes; after a mistake, zero."""
        nothing = np.zeros((1, 1, 1))
        if not isinstance(amount, str):
            return nothing + amount
        try:
            expression = compile_expression(amount, values)
            used = {name: values[name] for name in expression.names}
            by_time = any("time_in_state" in self.tables[name].by for name in used if name in self.tables)
            if "time_in_state" in used or by_time:
                self.memory = True
            if "time_in_state" in used and not used.keys().isdisjoint(("cycle", "age")):
                # Nobody is in a state for longer than the model runs.
                used["time_in_state"] = np.minimum(used["time_in_state"], values["cycle"])
            if prod(np.broadcast_shapes(*(value.shape for value in used.values()))) > MAX_CELLS:
                raise ExpressionError(TOO_LARGE)
            return expression.evaluate(**used) + nothing
        except ExpressionError as error:
            no_age = error.fault.code == "unknown_name" and error.fault.values["name"] == "age"
            why = fault("give_age_at", why=error.placed) if no_age else error.placed
            if error.fault.code == "expression_too_long":
                why = fault("put_it_in_a_table", why=error.placed)
            self.fault(loc, why)
            return nothing

    def place(self, wrong: NDArray[np.bool_]) -> Fault:
        """Return the first group, cycle and time in state where `wrong`, on the three axes."""
        group, cycle, time = (int(index[0]) for index in np.nonzero(wrong))
        groups, cycles, times = wrong.shape
        return fault(
            "in_the_model",
            group=self.file.groups[group].name if groups > 1 else None,
            cycle=cycle if cycles > 1 else None,
            time=time if times > 1 else None,
        )
