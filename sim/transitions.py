"""The model as tables of competing hazards, compiled to arrays.

A `ProcessTable` is the table as read from processes.yaml; `compile_table` turns it, with parameters,
into a `Hazards` tuple of contiguous arrays that the kernel in lifecourse.py reads. The kernel thins:
it proposes events at an upper bound of the total hazard and accepts them at the true one. The bound
never depends on programmes (each mechanism has a fixed headroom), so children meet the same
proposals in every scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from sim.errors import nearest
from sim.households import HouseholdJoint, HouseholdSpec, fit_joint
from sim.luck import DRAW_RANGE
from sim.parameters import DATA, Parameters
from sim.states import (
    AGES,
    EPOCH_YEAR,
    FORMS,
    JEUGDHULP,
    MEASURES,
    MECHANISMS,
    MONTHS,
    QUINTILES,
    WITH_RESIDENCE,
    WITHOUT_RESIDENCE,
    form_bit,
)

PROCESS_FILE = DATA / "processes.yaml"
HEADROOM = {"onset": 1.5, "escalation": 1.5, "recovery": 2.0, "signalling": 2.0}
"""How far programmes together may multiply a mechanism's rate (signalling: the added route's rate)."""
MAX_STATES = 5
FORM_GROUPS = {
    "jeugdhulp": JEUGDHULP,
    "met_verblijf": WITH_RESIDENCE,
    "zonder_verblijf": WITHOUT_RESIDENCE,
    "maatregelen": MEASURES,
}
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Transition(_Strict):
    """One row of a table: an event that moves a process from one state to another."""

    name: str
    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    rate: str
    age: list[str] = []
    path: str | None = None
    duration: str | None = None
    risk: str | None = None
    mechanism: str | None = None
    by_state: dict[str, str] = {}
    by_form: dict[str, str] = {}
    only: dict[str, list[str]] = {}
    sets: dict[str, str] = {}


class BirthdayExit(_Strict):
    """A share of those in a state that leaves it at an exact age."""

    age: int
    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    probability: str


class Process(_Strict):
    """A small set of states, of which the first is where everyone starts, and its transitions."""

    states: list[str]
    transitions: list[Transition]
    at_birthday: list[BirthdayExit] = []


class Households(_Strict):
    """Names of the parameters behind the joint household factors."""

    prevalence: dict[str, str]
    share: dict[str, dict[str, str]]
    odds: dict[str, dict[str, str]]
    quintile: dict[str, str]
    exit: dict[str, str]

    def spec(self) -> HouseholdSpec:
        """Return the specification that households.py works with."""
        return HouseholdSpec(self.prevalence, self.share, self.odds, self.quintile, self.exit)


class ProcessTable(_Strict):
    """The whole model as data."""

    kind: str
    step_shapes: list[str]
    households: Households
    risks: dict[str, dict[str, str]]
    processes: dict[str, Process]


@cache
def default_table() -> ProcessTable:
    """Return the shipped table of processes."""
    return read_table(PROCESS_FILE)


def read_table(path: Path) -> ProcessTable:
    """Read a table of processes. Raises pydantic.ValidationError where it breaks the schema."""
    data: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return ProcessTable.model_validate(data)


class Hazards(NamedTuple):
    """A compiled table. R rows, P processes, S states per process (at most MAX_STATES).

    Rows of one process and origin are contiguous: first_row[p, s] .. first_row[p, s + 1].
    rate[y, r, a] is the hazard per month in calendar year EPOCH_YEAR + y at age a, for a child with
    all factors 1; bound[y, r, a] its maximum over ages a and a + 1, with headroom for programmes.
    Key processes are those whose states multiply rates of others; their joint state is the key of
    a child. Rows with the same risk, duration and process form a group: within it, children with
    the same key and age differ by one factor only.
    """

    first_row: NDArray[np.int32]
    process: NDArray[np.int32]
    origin: NDArray[np.uint8]
    group: NDArray[np.int32]
    group_risk: NDArray[np.int32]
    group_duration: NDArray[np.int32]
    group_process: NDArray[np.int32]
    key_process: NDArray[np.int32]
    key_stride: NDArray[np.int32]  # [P], 0 for processes outside the key
    key_count: int
    plain_row: NDArray[np.int32]  # rows open to children whose processes outside the key all rest
    destination: NDArray[np.uint8]
    mechanism: NDArray[np.int8]
    duration: NDArray[np.int8]
    duration_break: NDArray[np.float32]  # [D, classes], months
    duration_factor: Floats  # [D, classes]
    duration_bound: Floats  # [D, classes]: largest factor of this class and all later ones
    state_factor_first: NDArray[np.int32]  # [R + 1]
    state_factor_process: NDArray[np.int32]
    state_factor: Floats  # [., MAX_STATES]
    form_factor_first: NDArray[np.int32]  # [R + 1]
    form_factor_mask: NDArray[np.uint16]
    form_factor: Floats
    set_first: NDArray[np.int32]  # [R + 1]
    set_process: NDArray[np.int32]
    set_state: NDArray[np.uint8]
    birthday_at: NDArray[np.bool_]  # [AGES + 1]
    birthday_age: NDArray[np.int32]
    birthday_process: NDArray[np.int32]
    birthday_origin: NDArray[np.uint8]
    birthday_destination: NDArray[np.uint8]
    birthday_row: NDArray[np.int32]  # row whose flow is booked
    birthday_threshold: NDArray[np.uint32]
    bits: NDArray[np.uint16]  # [P, MAX_STATES]
    state_index: NDArray[np.int32]  # [P, MAX_STATES]: position among all states
    rate: Floats
    bound: Floats


class CompiledTable(NamedTuple):
    """The kernel's arrays with the names that give them meaning."""

    hazards: Hazards
    processes: tuple[str, ...]
    states: tuple[tuple[str, str], ...]  # (process, state) by state index
    rows: tuple[str, ...]
    row_process: tuple[str, ...]
    risks: tuple[str, ...]
    risk_terms: tuple[Mapping[str, float], ...]
    households: HouseholdJoint
    household_process: tuple[int, ...]

    def process(self, name: str) -> int:
        """Return the index of a process. Raises ValueError for an unknown one."""
        return self.processes.index(name)

    def row(self, name: str) -> int:
        """Return the index of a transition. Raises ValueError for an unknown one."""
        return self.rows.index(name)

    def state(self, process: str, state: str) -> int:
        """Return the position of a state among all states. Raises ValueError for an unknown one."""
        return self.states.index((process, state))


class _Row(NamedTuple):
    process: str
    spec: Transition
    monthly: Floats  # [years, AGES]
    state_factors: list[tuple[int, list[float]]]


def compile_table(table: ProcessTable, parameters: Parameters, last_year: int) -> CompiledTable:
    """Compile `table` with `parameters` for the years up to and including `last_year`.

    Raises KeyError where the table names a parameter or state that does not exist.
    """
    return _Compiler(table, parameters, last_year).run()


class _Compiler:
    def __init__(self, table: ProcessTable, parameters: Parameters, last_year: int) -> None:
        self.table = table
        self.p = parameters
        self.years = np.arange(EPOCH_YEAR, last_year + 1)
        self.household_names = table.households.spec().names
        self.states_of = {name: tuple(process.states) for name, process in table.processes.items()}
        self.states_of.update(dict.fromkeys(self.household_names, ("no", "yes")))
        self.names = tuple(self.states_of)
        self.joint = fit_joint(table.households.spec(), parameters)
        self.risks = (*table.risks, "household_slopes")

    def run(self) -> CompiledTable:
        rows = [
            self._row(name, t) for name, process in self.table.processes.items() for t in process.transitions
        ]
        for k, name in enumerate(self.household_names):
            rows += self._household_rows(k, name)
        rows.sort(key=lambda r: (self.names.index(r.process), self._state(r.process, r.spec.origin)))
        hazards = self._arrays(rows)
        terms = [
            {t: self.p[parameter] for t, parameter in risk.items()} for risk in self.table.risks.values()
        ]
        terms.append({"quintile": float(self.joint.slope[0])})
        return CompiledTable(
            hazards=hazards,
            processes=self.names,
            states=tuple((p, s) for p in self.names for s in self.states_of[p]),
            rows=tuple(r.spec.name for r in rows),
            row_process=tuple(r.process for r in rows),
            risks=self.risks,
            risk_terms=tuple(terms),
            households=self.joint,
            household_process=tuple(self.names.index(n) for n in self.household_names),
        )

    def _process(self, name: str) -> int:
        if name not in self.states_of:
            raise KeyError(f"no process '{name}'{nearest(name, self.names)}")
        return self.names.index(name)

    def _state(self, process: str, state: str) -> int:
        self._process(process)
        known = self.states_of[process]
        if state not in known:
            raise KeyError(f"no state '{state}' in process '{process}'{nearest(state, known)}")
        return known.index(state)

    def _row(self, process: str, t: Transition) -> _Row:
        yearly = np.full((self.years.size, AGES), self.p[t.rate])
        for shape in t.age:
            yearly *= self._age_shape(shape)
        if t.path is not None:
            yearly *= self._path(t.path)[:, None]
        factors = [(self._process(q), self._state_factors(q, prefix)) for q, prefix in t.by_state.items()]
        for q, allowed in t.only.items():
            inside = {self._state(q, s) for s in allowed}
            factors.append((self._process(q), [float(s in inside) for s in range(MAX_STATES)]))
        return _Row(process, t, yearly / MONTHS, factors)

    def _household_rows(self, k: int, name: str) -> list[_Row]:
        exit_rate = self.p[self.table.households.exit[name]]
        enter = exit_rate * float(np.exp(self.joint.base[k]))
        pairs = [
            (self.names.index(other), [1.0, float(np.exp(self.joint.pair[k, j])), 1.0, 1.0, 1.0])
            for j, other in enumerate(self.household_names)
            if j != k
        ]
        risk = "household_slopes" if self.joint.slope[k] else None
        rates = np.ones((self.years.size, AGES)) / MONTHS
        spec_in = Transition(name=f"{name}_enters", origin="no", destination="yes", rate="", risk=risk)
        spec_out = Transition(name=f"{name}_leaves", origin="yes", destination="no", rate="")
        return [_Row(name, spec_in, rates * enter, pairs), _Row(name, spec_out, rates * exit_rate, [])]

    def _age_shape(self, name: str) -> Floats:
        knots, values = self.p.shape(name)
        ages = np.arange(AGES)
        if name in self.table.step_shapes:
            return np.asarray(values)[np.searchsorted(knots, ages, side="right") - 1]
        return np.asarray(np.interp(ages + 0.5, knots, values))

    def _path(self, name: str) -> Floats:
        knots, values = self.p.shape(name)
        path = np.interp(self.years, knots, values)
        growth = np.where(
            self.years <= 2019,
            0.0,
            np.where(
                self.years <= 2026, self.p["access.growth_after_2019"], self.p["access.growth_projection"]
            ),
        )
        return np.asarray(path * np.exp(np.cumsum(growth)))

    def _state_factors(self, process: str, prefix: str) -> list[float]:
        found = [self.p.current.get(f"{prefix}.{state}") for state in self.states_of[process]]
        if all(value is None for value in found):
            raise KeyError(f"no parameter '{prefix}.STATE' for the states of '{process}'")
        values = [1.0 if value is None else value for value in found]
        return values + [1.0] * (MAX_STATES - len(values))

    def _mask(self, forms: str) -> int:
        mask = 0
        for word in forms.split("+"):
            for form in FORM_GROUPS.get(word, (word,)):
                mask |= form_bit(form)
        return mask

    def _arrays(self, rows: list[_Row]) -> Hazards:
        first = np.zeros((len(self.names), MAX_STATES + 1), np.int32)
        keys = [(self.names.index(r.process), self._state(r.process, r.spec.origin)) for r in rows]
        for p in range(len(self.names)):
            for s in range(MAX_STATES + 1):
                first[p, s] = sum(key < (p, s) for key in keys)
        durations = sorted({r.spec.duration for r in rows if r.spec.duration})
        breaks, factors = self._durations(durations)
        rate = np.stack([r.monthly for r in rows], axis=1)
        bound = np.maximum(rate, np.concatenate([rate[:, :, 1:], rate[:, :, -1:]], axis=2))
        for i, r in enumerate(rows):
            if r.spec.mechanism:
                bound[:, i] *= HEADROOM[r.spec.mechanism]
        state_lists = [r.state_factors for r in rows]
        form_lists = [[(self._mask(f), self.p[n]) for f, n in r.spec.by_form.items()] for r in rows]
        set_lists = [[(self._process(q), self._state(q, s)) for q, s in r.spec.sets.items()] for r in rows]
        bits = np.zeros((len(self.names), MAX_STATES), np.uint16)
        index = np.full((len(self.names), MAX_STATES), -1, np.int32)
        position = 0
        for p, name in enumerate(self.names):
            for s, state in enumerate(self.states_of[name]):
                index[p, s] = position
                position += 1
                form = name if state == "active" else state
                bits[p, s] = form_bit(form) if form in FORMS else 0
        birthdays = [(name, b) for name, process in self.table.processes.items() for b in process.at_birthday]
        row_process = np.array([p for p, _ in keys], np.int32)
        groups = [
            (self._risk(r), self._duration(durations, r), p) for r, (p, _) in zip(rows, keys, strict=True)
        ]
        distinct = sorted(set(groups))
        stride = np.zeros(len(self.names), np.int32)
        key_count = 1
        for p in sorted({q for r in rows for q, _ in r.state_factors}):
            stride[p] = key_count
            key_count *= len(self.states_of[self.names[p]])
        return Hazards(
            first_row=first,
            process=row_process,
            origin=np.array([s for _, s in keys], np.uint8),
            group=np.array([distinct.index(g) for g in groups], np.int32),
            group_risk=np.array([g[0] for g in distinct], np.int32),
            group_duration=np.array([g[1] for g in distinct], np.int32),
            group_process=np.array([g[2] for g in distinct], np.int32),
            key_process=np.flatnonzero(stride).astype(np.int32),
            key_stride=stride,
            key_count=key_count,
            plain_row=np.array([i for i, (p, s) in enumerate(keys) if stride[p] or s == 0], np.int32),
            destination=np.array([self._state(r.process, r.spec.destination) for r in rows], np.uint8),
            mechanism=np.array(
                [MECHANISMS.index(r.spec.mechanism) if r.spec.mechanism else -1 for r in rows], np.int8
            ),
            duration=np.array([self._duration(durations, r) for r in rows], np.int8),
            duration_break=breaks,
            duration_factor=factors,
            duration_bound=np.maximum.accumulate(factors[:, ::-1], axis=1)[:, ::-1].copy(),
            state_factor_first=_offsets(state_lists),
            state_factor_process=np.array([q for fs in state_lists for q, _ in fs], np.int32),
            state_factor=np.array([f for fs in state_lists for _, f in fs], np.float64).reshape(
                -1, MAX_STATES
            ),
            form_factor_first=_offsets(form_lists),
            form_factor_mask=np.array([m for fs in form_lists for m, _ in fs], np.uint16),
            form_factor=np.array([f for fs in form_lists for _, f in fs], np.float64),
            set_first=_offsets(set_lists),
            set_process=np.array([q for ss in set_lists for q, _ in ss], np.int32),
            set_state=np.array([s for ss in set_lists for _, s in ss], np.uint8),
            birthday_at=np.isin(np.arange(AGES + 1), [b.age for _, b in birthdays]),
            birthday_age=np.array([b.age for _, b in birthdays], np.int32),
            birthday_process=np.array([self.names.index(n) for n, _ in birthdays], np.int32),
            birthday_origin=np.array([self._state(n, b.origin) for n, b in birthdays], np.uint8),
            birthday_destination=np.array([self._state(n, b.destination) for n, b in birthdays], np.uint8),
            birthday_row=np.array([self._birthday_row(rows, n, b) for n, b in birthdays], np.int32),
            birthday_threshold=np.array(
                [round(self.p[b.probability] * DRAW_RANGE) for _, b in birthdays], np.uint32
            ),
            bits=bits,
            state_index=index,
            rate=np.ascontiguousarray(rate),
            bound=np.ascontiguousarray(bound),
        )

    def _risk(self, r: _Row) -> int:
        return self.risks.index(r.spec.risk) if r.spec.risk else -1

    def _duration(self, durations: list[str], r: _Row) -> int:
        return durations.index(r.spec.duration) if r.spec.duration else -1

    def _durations(self, names: list[str]) -> tuple[NDArray[np.float32], Floats]:
        shapes = [self.p.shape(name) for name in names]
        width = max((len(knots) for knots, _ in shapes), default=1)
        breaks = np.full((max(len(names), 1), width), np.inf, np.float32)
        factors = np.ones((max(len(names), 1), width))
        for d, (knots, values) in enumerate(shapes):
            breaks[d, : len(knots) - 1] = knots[:-1]  # the last class is open
            factors[d, : len(values)] = values
            factors[d, len(values) :] = values[-1]
        return breaks, factors

    def _birthday_row(self, rows: list[_Row], process: str, b: BirthdayExit) -> int:
        for i, r in enumerate(rows):
            if (r.process, r.spec.origin, r.spec.destination) == (process, b.origin, b.destination):
                return i
        raise KeyError(f"at_birthday of '{process}' needs a transition from {b.origin} to {b.destination}")


def _offsets(lists: list[Any]) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum([len(items) for items in lists])]).astype(np.int32)


def quintile_score(quintile: NDArray[np.uint8]) -> Floats:
    """Return the quintile of deprivation around its middle: -2 .. 2."""
    return quintile.astype(np.float64) - (QUINTILES - 1) / 2
