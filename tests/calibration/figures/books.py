"""Counts made by hand, to hold measures of the fit against."""

from __future__ import annotations

import numpy as np

from calibration.figures.measures import Counted
from calibration.figures.targets import Target
from calibration.runs import predict
from sim.engine.counting import layout
from sim.engine.history import CELLS, MARGINS
from sim.model.parameters import Parameters, default_parameters
from sim.model.processes import default_table
from sim.model.transitions import compile_table
from sim.states import AGES, DURATION_CLASSES, FORMS, HISTORY_YEAR, USER_SETS

YEARS = 5
GROUPS = list(USER_SETS)
P = default_parameters()
TOTAL = 1 + P["registration.shift_total"] / P["registration.users_2020"]
AMBULANT = 1 + P["registration.shift_ambulant"] / P["registration.ambulant_2019"]
"""How many CBS registers from 2021 on for each that it registered before."""


def target(measure: str, year: int = 2018, unit: str = "youths", ages: tuple[int, int] = (0, 22)) -> Target:
    return Target(
        "x", measure, "a figure", "as published", "", "", (), *ages, "NL", year, "year", 1.0, unit, "final",
        "calibrate", 0.01, "CBS", "",
    )  # fmt: skip


class Books:
    """What was counted, made by hand: years from 2015 of nothing, and what is put in."""

    def __init__(self, p: Parameters, years: int = YEARS) -> None:
        self.table = compile_table(default_table(), p, HISTORY_YEAR + years)
        self.lay, self.p = layout(self.table), p
        self.cells = np.zeros((years, self.lay.kinds, CELLS))

    @property
    def counted(self) -> Counted:
        return Counted(self.cells, self.lay, self.table, self.p, {"3m": 0.8, "1y": 0.6, "3y": 0.4})

    def put(self, kind: int, year: int, amount: float, age: int = 9, *levels: str) -> None:
        self.cells[year - HISTORY_YEAR, kind, age] += amount
        for level in levels:
            self.cells[year - HISTORY_YEAR, kind, AGES + MARGINS.index(level)] += amount

    def users(self, name: str, year: int, amount: float, age: int = 9, *levels: str) -> None:
        self.put(self.lay.users + GROUPS.index(name), year, amount, age, *levels)

    def stock_users(self, name: str, year: int, amount: float, age: int = 9, *levels: str) -> None:
        self.put(self.lay.stock_users + GROUPS.index(name), year, amount, age, *levels)

    def people(self, year: int, amount: float, age: int = 9) -> None:
        self.put(self.lay.people, year, amount, age)

    def stock(self, process: str, state: str, year: int, amount: float, age: int = 9) -> None:
        self.put(self.lay.stock + self.table.state(process, state), year, amount, age)

    def flow(self, row: str, year: int, amount: float, age: int = 9) -> None:
        self.put(self.lay.flow + self.table.row(row), year, amount, age)

    def ended(self, form: str, duration: int, year: int, amount: float, age: int = 9) -> None:
        kind = self.lay.ended + FORMS.index(form) * len(DURATION_CLASSES) + duration
        self.put(kind, year, amount, age)

    def of(
        self, measure: str, year: int = 2018, unit: str = "youths", ages: tuple[int, int] = (0, 22)
    ) -> float | None:
        return predict(target(measure, year, unit, ages), self.counted)

    def share(self, measure: str, ages: tuple[int, int] = (0, 22), year: int = 2018) -> float | None:
        return self.of(measure, year, "share", ages)
