"""How the model counts what a published figure counts: one function a measure, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from calibration.figures.entrants import PERIODS
from sim.engine.counting import Layout
from sim.engine.history import MARGINS
from sim.model.parameters import Parameters
from sim.model.registration import registered
from sim.model.transitions import CompiledTable
from sim.states import AGES, DURATION_CLASSES, FORMS, HISTORY_YEAR, JEUGDHULP, QUINTILES, SEXES, USER_SETS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Counted:
    """What a warm start counted: cells [years from 2015, kinds, CELLS], in real children.

    Youths in care and their trajectories are counted as CBS registers them in the year that is asked for
    (sim.model.registration).
    """

    cells: Floats
    layout: Layout
    table: CompiledTable
    parameters: Parameters
    persistence: Mapping[str, float] = field(default_factory=dict)  # by name (entrants.py)

    @property
    def last_year(self) -> int:
        """Return the last calendar year that was counted."""
        return HISTORY_YEAR + int(self.cells.shape[0]) - 1

    def year(self, year: int) -> Floats:
        """Return [kinds, CELLS] of a year; of the last one counted for later years."""
        return np.asarray(self.cells[min(year, self.last_year) - HISTORY_YEAR])

    def registered(self, group: str, year: int, budgets: bool = False) -> float:
        """Return registered users of a user set or form in a year for each simulated user."""
        return float(registered(group, [year], self.parameters, budgets=budgets)[0])

    def users(self, group: str, year: int, ages: slice = slice(0, AGES), budgets: bool = False) -> float:
        """Return youths of a user set during a year, in natura or with those who have only a budget."""
        kind = self.layout.users + list(USER_SETS).index(group)
        return float(self.year(year)[kind, ages].sum()) * self.registered(group, year, budgets)

    def stock_users(self, group: str, year: int, ages: slice = slice(0, AGES), now: int = 0) -> float:
        """Return youths of a user set on 31 December, in natura; as they are registered `now` years later."""
        kind = self.layout.stock_users + list(USER_SETS).index(group)
        return float(self.year(year)[kind, ages].sum()) * self.registered(group, year + now)

    def before(self, group: str, year: int, ages: slice = slice(0, AGES)) -> float:
        """Return youths of a user set on 1 January, in natura; on 31 December of the first year counted."""
        earlier = int(year > HISTORY_YEAR)
        return self.stock_users(group, year - earlier, ages, now=earlier)

    def ended(self, year: int) -> Floats:
        """Return ended jeugdhulp trajectories by duration class."""
        classes = len(DURATION_CLASSES)
        kinds = self.layout.ended + np.arange(len(JEUGDHULP))[:, None] * classes + np.arange(classes)
        shift = np.array([self.registered(form, year) for form in JEUGDHULP])
        return np.asarray((self.year(year)[kinds, :AGES] * shift[:, None, None]).sum(axis=(0, 2)))

    def starts(self, year: int) -> float:
        """Return spells of jeugdhulp started in a year, one per youth and form."""
        h = self.table.hazards
        bits = [int(h.bits[process, to]) for process, to in zip(h.process, h.destination, strict=True)]
        rows = {r: FORMS[b.bit_length() - 1] for r, b in enumerate(bits) if b}
        helped = {r: form for r, form in rows.items() if form in JEUGDHULP}
        shift = np.array([self.registered(form, year) for form in helped.values()])
        cells = self.year(year)[[self.layout.flow + r for r in helped], :AGES]
        return float((cells * shift[:, None]).sum())

    def active(self, year: int) -> float:
        """Return spells of jeugdhulp active at any time of a year, one per youth and form."""
        stock = sum(self.stock_users(form, year) for form in JEUGDHULP)
        return float(stock + self.ended(year).sum())

    def reentry_share(self, year: int) -> float:
        """Return the share of starts by youths with help in the five years before (and none now)."""
        kinds = [self.layout.reentry + f for f in range(len(JEUGDHULP))]
        shift = np.array([self.registered(form, year) for form in JEUGDHULP])
        return float((self.year(year)[kinds, :AGES] * shift[:, None]).sum() / self.starts(year))

    def people(self, ages: slice, year: int) -> float:
        """Return children of these ages on 31 December."""
        return float(self.year(year)[self.layout.people, ages].sum())

    def stock(self, process: str, ages: slice, year: int) -> float:
        """Return children of these ages who are not at rest in a process on 31 December."""
        kinds = [self.layout.stock + i for i, (name, _) in enumerate(self.table.states) if name == process]
        return float(self.year(year)[kinds, ages].sum())

    def flow(self, row: str, ages: slice, year: int) -> float:
        """Return events of a transition in a year, at these ages."""
        return float(self.year(year)[self.layout.flow + self.table.row(row), ages].sum())

    def margin_share(self, kind: int, margins: list[str], level: str, year: int) -> float:
        """Return the share of one level in a kind, by the margins of history.py."""
        row = self.year(year)[kind]
        values = {name: float(row[AGES + MARGINS.index(name)]) for name in margins}
        return values[level] / sum(values.values())


Count = Callable[[Counted, int, slice], float]
"""(counted, year, ages) -> the model's value, in the unit of the target."""


def _users(group: str, c: Counted, year: int, ages: slice) -> float:
    return c.users(group, year, ages)


def _with_budgets(group: str, c: Counted, year: int, ages: slice) -> float:
    return c.users(group, year, ages, budgets=True)


def _share(process: str, c: Counted, year: int, ages: slice) -> float:
    return c.stock(process, ages, year) / c.people(ages, year)


def _flow(row: str, c: Counted, year: int, ages: slice) -> float:
    return c.flow(row, ages, year)


def _duration(index: int, c: Counted, year: int, ages: slice) -> float:
    ended = c.ended(year)
    return float(ended[index] / ended.sum())


def _trajectories(count: Callable[[Counted, int], float], c: Counted, year: int, ages: slice) -> float:
    """Count as CBS does: a youth may hold two trajectories of one form, which is one spell here."""
    return count(c, year) * c.parameters["registration.parallel"]


def _both(c: Counted, year: int, ages: slice) -> float:
    return c.users("met_verblijf", year, ages) - c.users("alleen_met_verblijf", year, ages)


def _half_year(group: str, budgets: bool, c: Counted, year: int, ages: slice) -> float:
    """Count youths in half a year: those there at its start, and half of those who come in the year."""
    half = (1.0 + c.before(group, year) / c.users(group, year)) / 2.0
    return c.users(group, year, ages, budgets) * half


def _half_year_ratio(c: Counted, year: int, ages: slice) -> float:
    return (1.0 + c.before("jeugdhulp", year) / c.users("jeugdhulp", year)) / 2.0


def _mid_year(count: Callable[[Counted, int, int], float], c: Counted, year: int, ages: slice) -> float:
    """Count on 30 June: half way from one 31 December to the next."""
    return (count(c, year - 1, 1) + count(c, year, 0)) / 2.0


def _stock_of(group: str, c: Counted, year: int, now: int) -> float:
    return c.stock_users(group, year, now=now)


def _trajectories_stock(c: Counted, year: int, now: int) -> float:
    held = sum(c.stock_users(form, year, now=now) for form in JEUGDHULP)
    return held * c.parameters["registration.parallel"]


def _stock_share(c: Counted, year: int, ages: slice) -> float:
    return c.stock_users("jeugdzorg", year, ages) / c.stock_users("jeugdzorg", year, UNDER_18)


def _measures_started(row: str, c: Counted, year: int, ages: slice) -> float:
    return c.flow(row, ages, year)


def _measures_ended(form: str, c: Counted, year: int, ages: slice) -> float:
    classes = len(DURATION_CLASSES)
    first = c.layout.ended + FORMS.index(form) * classes
    return float(c.year(year)[first : first + classes, ages].sum())


def _half(count: Count, c: Counted, year: int, ages: slice) -> float:
    """Count the events of half a year."""
    return count(c, year, ages) / 2.0


def _measures_before(form: str, c: Counted, year: int, ages: slice) -> float:
    return c.before(form, year, ages)


def _residence_share(c: Counted, year: int, ages: slice) -> float:
    return c.users("met_verblijf", year, ages) / c.users("jeugdhulp", year, ages)


def _by_fifth(fifth: int, c: Counted, year: int) -> float:
    """Return the share of youths with jeugdhulp in one fifth of neighbourhoods by deprivation."""
    column = AGES + MARGINS.index(f"wijk_kwintiel_{fifth}")
    kind = c.layout.users + list(USER_SETS).index("jeugdhulp")
    cells = c.year(year)[:, column]
    return float(cells[kind] / cells[c.layout.people]) * c.registered("jeugdhulp", year)


def _fifth(fifth: int, c: Counted, year: int, ages: slice) -> float:
    return _by_fifth(fifth, c, year)


def _deprivation_ratio(c: Counted, year: int, ages: slice) -> float:
    return _by_fifth(QUINTILES, c, year) / _by_fifth(1, c, year)


def _helped_share(c: Counted, year: int, ages: slice) -> float:
    """Return the share of children with moderate or complex need who have any care on 31 December."""
    cells = c.year(year)
    kinds = [c.layout.stock + c.table.states.index(("need", state)) for state in ("moderate", "complex")]
    return 1.0 - float(cells[c.layout.unmet, ages].sum() / cells[kinds, ages].sum())


def _persistence(name: str, c: Counted, year: int, ages: slice) -> float:
    return c.persistence[name]


def _stock_ratio(c: Counted, year: int, ages: slice) -> float:
    return c.stock_users("jeugdzorg", year) / c.users("jeugdzorg", year)


def _boys(c: Counted, year: int, ages: slice) -> float:
    kind = c.layout.stock_users + list(USER_SETS).index("jeugdzorg")
    return c.margin_share(kind, list(SEXES), "boy", year)


def _single_parents(c: Counted, year: int, ages: slice) -> float:
    kind = c.layout.users + list(USER_SETS).index("jeugdzorg")
    return c.margin_share(kind, ["een_ouder", "twee_ouders"], "een_ouder", year)


def _maltreated(c: Counted, year: int, ages: slice) -> float:
    during = c.stock("mishandeling", ages, year) + c.flow("maltreatment_ends", ages, year)
    return during / c.people(ages, year)


ROUTES = {
    "access": ("seen_by_access", "seen_by_school"),
    "health": ("seen_by_health",),
    "protection": ("seen_by_protection",),
}
"""Signals by referrer: a school cannot refer and goes through the municipality."""


def _route(route: str, c: Counted, year: int, ages: slice) -> float:
    signals = {name: sum(c.flow(row, ages, year) for row in rows) for name, rows in ROUTES.items()}
    return signals[route] / sum(signals.values())


def _users_share(group: str, c: Counted, year: int, ages: slice) -> float:
    return c.users(group, year, ages) / c.people(ages, year)


UNDER_18 = slice(0, 18)
COURT = ("jeugdbescherming", "jeugdreclassering")
HALF_YEARS = ("jeugdzorg", "jeugdhulp", "zonder_verblijf", "wijkteam", "ambulant", "netwerk", "daghulp")
DURATIONS = ("0_3m", "3_6m", "6_12m", "1_2y", "2_3y", "3_4y", "4y")

MEASURES: Mapping[str, Count | None] = {
    **{group: partial(_users, group) for group in USER_SETS},
    "jeugdzorg_pgb": partial(_with_budgets, "jeugdzorg"),
    "jeugdhulp_pgb": partial(_with_budgets, "jeugdhulp"),
    "beide_soorten": _both,
    "jeugdhulp_share": partial(_users_share, "jeugdhulp"),
    **{f"{group}_half_year": partial(_half_year, group, False) for group in HALF_YEARS},
    "jeugdhulp_pgb_half_year": partial(_half_year, "jeugdhulp", True),
    "half_year_ratio": _half_year_ratio,
    "jeugdzorg_mid_year": partial(_mid_year, partial(_stock_of, "jeugdzorg")),
    "pleegzorg_mid_year": partial(_mid_year, partial(_stock_of, "pleegzorg")),
    "trajectories_mid_year": partial(_mid_year, _trajectories_stock),
    "stock_share": _stock_share,
    **{f"{form}_started": partial(_measures_started, f"start_{form}") for form in COURT},
    **{f"{form}_ended": partial(_measures_ended, form) for form in COURT},
    **{f"{form}_before": partial(_measures_before, form) for form in COURT},
    "jeugdbescherming_started_half": partial(_half, partial(_measures_started, "start_jeugdbescherming")),
    "jeugdbescherming_ended_half": partial(_half, partial(_measures_ended, "jeugdbescherming")),
    "residence_share": _residence_share,
    "deprived_share": partial(_fifth, QUINTILES),
    "affluent_share": partial(_fifth, 1),
    "deprivation_ratio": _deprivation_ratio,
    "helped_share": _helped_share,
    **{f"persistence.{name}": partial(_persistence, name) for name in PERIODS},
    "trajectories_started": partial(_trajectories, Counted.starts),
    "trajectories_active": partial(_trajectories, Counted.active),
    "reentry_share": lambda c, year, ages: c.reentry_share(year),
    "stock_ratio": _stock_ratio,
    "boys_share": _boys,
    "single_parent_share": _single_parents,
    **{f"duration_share.{name}": partial(_duration, k) for k, name in enumerate(DURATIONS)},
    **{f"route_share.{route}": partial(_route, route) for route in ROUTES},
    "need_share": partial(_share, "need"),
    "maltreated_share": _maltreated,
    "special_education_share": partial(_share, "onderwijs"),
    "early_school_leavers": partial(_flow, "leaves_school"),
    "first_offences": partial(_flow, "first_offence"),
    "bijstand_share": partial(_share, "bijstand"),
    "eenouder_share": partial(_share, "eenouder"),
    "ouder_ggz_share": partial(_share, "ouder_ggz"),
    "referrer": None,
    "not_counted": None,
}
"""Every measure that a target may name; None for what is published and not counted by the model."""

OF_THEIR_YEAR = frozenset({"jeugdhulp_share", "residence_share"})
"""Shares that count youths in care: read in their own year, as counts are, and not as structure."""

ALL_AGES = frozenset(
    {"reentry_share", "stock_ratio", "boys_share", "single_parent_share", "trajectories_started",
     "trajectories_active", "jeugdzorg_mid_year", "pleegzorg_mid_year", "trajectories_mid_year",
     "deprived_share", "affluent_share", "deprivation_ratio",
     *(f"duration_share.{name}" for name in DURATIONS)}
)  # fmt: skip
"""Measures that are counted for all ages together only."""
