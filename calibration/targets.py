"""CBS targets: what was counted, how well it is known, and how the model counts the same thing."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.counting import Layout
from sim.errors import InputError, Problem
from sim.parameters import Parameters
from sim.states import AGES, DURATION_CLASSES, FORMS, HISTORY_YEAR, JEUGDHULP, SEXES, USER_SETS
from sim.transitions import CompiledTable

Floats = NDArray[np.float64]
TARGET_FILE = Path(__file__).parent / "targets" / "cbs.csv"
ROLES = ("calibrate", "validate", "report")
UNITS = ("youths", "trajectories", "share", "ratio")
RATIOS = ("share", "ratio")
COLUMNS = (
    "id", "quantity", "definition", "denominator", "age_from", "age_to", "region", "year", "value", "unit",
    "suggested_role", "suggested_rel_tolerance", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One published figure. tolerance: relative, one standard deviation of what it is off by.

    denominator: of what a share or ratio is one; empty for counts.
    """

    id: str
    quantity: str
    definition: str
    denominator: str
    age_from: int
    age_to: int
    region: str
    year: int
    value: float
    unit: str
    role: str
    tolerance: float
    source: str


def read_targets(path: Path = TARGET_FILE) -> list[Target]:
    """Read targets. Raises InputError for every row that is incomplete, out of range or there twice."""
    targets: dict[str, Target] = {}
    problems: list[Problem] = []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise InputError.at(path, f"targets need the columns {', '.join(missing)}")
        for row in reader:
            try:
                target = Target(
                    row["id"], row["quantity"], row["definition"], row["denominator"], int(row["age_from"]),
                    int(row["age_to"]), row["region"], int(row["year"]), float(row["value"]), row["unit"],
                    row["suggested_role"], float(row["suggested_rel_tolerance"]), row["source"],
                )  # fmt: skip
                fault = _fault(target) or ("stands here twice" if target.id in targets else "")
            except (TypeError, ValueError) as error:
                fault = f"is no target: {error}"
            if fault:
                problems.append(Problem(str(path), reader.line_num, 1, f"'{row['id']}' {fault}"))
            else:
                targets[target.id] = target
    if problems:
        raise InputError(problems)
    return list(targets.values())


def _fault(target: Target) -> str:
    """Return what is wrong with a target, or nothing."""
    for name in ("id", "quantity", "definition", "region", "source"):
        if not (getattr(target, name) or "").strip():
            return f"has no {name}"
    if target.unit not in UNITS:
        return f"has unit '{target.unit}'; known: {', '.join(UNITS)}"
    if target.unit in RATIOS and not (target.denominator or "").strip():
        return f"is a {target.unit} and has no denominator"
    if target.role not in ROLES:
        return f"has role '{target.role}'; known: {', '.join(ROLES)}"
    if not (0 < target.tolerance < math.inf and 0 < target.value < math.inf):
        return "needs a value and a tolerance above zero"
    if not 0 <= target.age_from <= target.age_to < AGES:
        return f"has ages {target.age_from} to {target.age_to}; known are 0 to {AGES - 1}"
    return ""


@dataclass(frozen=True)
class Counted:
    """What a warm start counted: cells [years from 2015, kinds, CELLS], in real children."""

    cells: Floats
    layout: Layout
    table: CompiledTable
    parameters: Parameters

    def year(self, year: int) -> Floats:
        """Return [kinds, CELLS] of a year."""
        return np.asarray(self.cells[year - HISTORY_YEAR])

    def users(self, group: str, year: int, ages: slice = slice(0, AGES)) -> float:
        """Return youths of a user set during a year, in natura."""
        return float(self.year(year)[self.layout.users + list(USER_SETS).index(group), ages].sum())

    def stock_users(self, group: str, year: int) -> float:
        """Return youths of a user set on 31 December."""
        return float(self.year(year)[self.layout.stock_users + list(USER_SETS).index(group), :AGES].sum())

    def ended(self, year: int) -> Floats:
        """Return ended jeugdhulp trajectories by duration class."""
        classes = len(DURATION_CLASSES)
        kinds = self.layout.ended + np.arange(len(JEUGDHULP))[:, None] * classes + np.arange(classes)
        return np.asarray(self.year(year)[kinds, :AGES].sum(axis=(0, 2)))

    def starts(self, year: int) -> float:
        """Return jeugdhulp trajectories started in a year."""
        h = self.table.hazards
        mask = (1 << len(JEUGDHULP)) - 1
        rows = [r for r in range(h.process.size) if h.bits[h.process[r], h.destination[r]] & mask]
        return float(self.year(year)[[self.layout.flow + r for r in rows], :AGES].sum())

    def active(self, year: int) -> float:
        """Return jeugdhulp trajectories active at any time of a year."""
        stock = sum(self.stock_users(form, year) for form in JEUGDHULP)
        return float(stock + self.ended(year).sum())

    def reentry_share(self, year: int) -> float:
        """Return the share of starts by youths with help in the five years before (and none now)."""
        kinds = [self.layout.reentry + f for f in range(len(JEUGDHULP))]
        return float(self.year(year)[kinds, :AGES].sum() / self.starts(year))

    def people(self, first: int, last: int, year: int) -> float:
        """Return children of these ages on 31 December."""
        return float(self.year(year)[self.layout.people, first : last + 1].sum())

    def stock(self, process: str, first: int, last: int, year: int) -> float:
        """Return children of these ages who are not at rest in a process on 31 December."""
        kinds = [self.layout.stock + i for i, (name, _) in enumerate(self.table.states) if name == process]
        return float(self.year(year)[kinds, first : last + 1].sum())

    def flow(self, row: str, first: int, last: int, year: int) -> float:
        """Return events of a transition in a year, at these ages."""
        return float(self.year(year)[self.layout.flow + self.table.row(row), first : last + 1].sum())

    def margin_share(self, kind: int, margins: list[str], level: str, year: int) -> float:
        """Return the share of one level in a kind, by the margins of history.py."""
        from sim.history import MARGINS

        row = self.year(year)[kind]
        values = {name: float(row[AGES + MARGINS.index(name)]) for name in margins}
        return values[level] / sum(values.values())


USERS_OF = {
    "jh": "jeugdhulp", "zonder": "zonder_verblijf", "verblijf": "met_verblijf", "jb": "jeugdbescherming",
    "jr": "jeugdreclassering", "gezinsgericht": "gezinshuis", "ander_verblijf": "residentieel",
    "zonder_only": "alleen_zonder_verblijf", "verblijf_only": "alleen_met_verblijf",
    **{form: form for form in FORMS},
}  # fmt: skip


def predict(target: Target, counted: Counted) -> float | None:
    """Return the model's value of a national target, or None where the model does not count it (yet)."""
    ages = slice(target.age_from, target.age_to + 1)
    pgb = 1.0 + counted.parameters["registration.pgb"]
    stem = target.id.removesuffix(f"_{target.year}")
    year = min(target.year, HISTORY_YEAR + counted.cells.shape[0] - 1)  # structural shares of later years
    lay = counted.layout
    special: Mapping[str, Callable[[], float]] = {
        "active": lambda: counted.active(year),
        "starts": lambda: counted.starts(year),
        "reentry_5y": lambda: counted.reentry_share(year),
        "stock_ratio": lambda: counted.stock_users("jeugdzorg", year) / counted.users("jeugdzorg", year),
        "both": lambda: counted.users("met_verblijf", year) - counted.users("alleen_met_verblijf", year),
        "boys_share": lambda: counted.margin_share(
            lay.stock_users + list(USER_SETS).index("jeugdzorg"), list(SEXES), "boy", year
        ),
        "single_parent_users": lambda: counted.margin_share(
            lay.users + list(USER_SETS).index("jeugdzorg"), ["een_ouder", "twee_ouders"], "een_ouder", year
        ),
    }
    durations = dict(zip(("0_3m", "3_6m", "6_12m", "1_2y", "2_3y", "3_4y", "4y"), range(7), strict=True))
    if target.region != "NL" or (target.year > year and target.unit == "youths"):
        return None
    if stem in special:
        return special[stem]()
    if stem.startswith("dur_"):
        ended = counted.ended(year)
        return float(ended[durations[stem.removeprefix("dur_")]] / ended.sum())
    if stem.startswith("jz_age"):
        return counted.users("jeugdzorg", year, ages)
    if stem in ("jz", "jz_u18", "jz_18plus"):
        return counted.users("jeugdzorg", year, ages) * pgb
    if stem == "jh":
        return counted.users("jeugdhulp", year) * pgb
    if stem in USERS_OF:
        return counted.users(USERS_OF[stem], year)
    return None
