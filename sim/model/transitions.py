"""Tables of competing hazards, compiled to arrays.

`compile_table` turns a ProcessTable (processes.py), with parameters, into a `Hazards` tuple of
contiguous arrays that the kernel in lifecourse.py reads. The kernel thins:
it proposes events at an upper bound of the total hazard and accepts them at the true one. The bound
never depends on programmes (each mechanism has a fixed headroom), so children meet the same
proposals in every scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import nearest
from sim.faults import fault
from sim.luck import DRAW_RANGE
from sim.model.futures import growth_of_access
from sim.model.households import HouseholdJoint, fit_joint
from sim.model.parameters import Parameters
from sim.model.processes import DEMAND, NEED, TO_CARE, BirthdayExit, ProcessTable, Trait, Transition
from sim.states import (
    AGES,
    EPOCH_YEAR,
    FORM_GROUPS,
    FORMS,
    HEADROOM,
    MECHANISMS,
    MONTHS,
    WAITING,
    form_bit,
)

MAX_STATES = 5
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Hazards(NamedTuple):
    """A compiled table. R rows, P processes, S states per process (at most MAX_STATES).

    Rows of one process and origin are contiguous: first_row[p, s] .. first_row[p, s + 1].
    rate[y, r, a] is the hazard per month in calendar year EPOCH_YEAR + y at age a, for a child with
    all factors 1; bound[y, r, a] its maximum over ages a and a + 1, with headroom for programmes.
    Key processes are those whose states multiply rates of others (and common ones); their joint state
    is the key of a child. Flags are forms of care (bits 0-15) and marks (bits 16-31) that multiply
    rates. Plain children have no flag and rest in all processes outside the key; the rows open to them
    form plain groups, within which children with the same key and age differ by one factor only.
    """

    first_row: NDArray[np.int32]
    process: NDArray[np.int32]
    origin: NDArray[np.uint8]
    risk: NDArray[np.int32]  # [R], -1 where there is none
    plain_risk: NDArray[np.int32]  # [plain groups]
    plain_duration: NDArray[np.int32]
    plain_process: NDArray[np.int32]
    plain_first: NDArray[np.int32]  # [plain groups + 1]
    plain_row: NDArray[np.int32]
    key_process: NDArray[np.int32]
    key_stride: NDArray[np.int32]  # [P], 0 for processes outside the key
    key_count: int
    other_process: NDArray[np.int32]  # processes outside the key without forms and marks
    destination: NDArray[np.uint8]
    mechanism: NDArray[np.int8]
    mechanism_process: NDArray[np.int32]  # [R]: process whose state limits the mechanism, or -1
    mechanism_states: NDArray[np.uint8]  # [R]: mask of the states of it in which the mechanism works
    duration: NDArray[np.int8]
    duration_break: NDArray[np.float32]  # [D, classes], months
    duration_factor: Floats  # [D, classes]
    duration_bound: Floats  # [D, classes]: largest factor of this class and all later ones
    state_factor_first: NDArray[np.int32]  # [R + 1]
    state_factor_process: NDArray[np.int32]
    state_factor: Floats  # [., MAX_STATES]
    flag_factor_first: NDArray[np.int32]  # [R + 1]
    flag_factor_mask: NDArray[np.uint32]
    flag_factor: Floats
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
    bits: NDArray[np.uint16]  # [P, MAX_STATES]: form of care
    forms_of: NDArray[np.uint16]  # [P]: all forms of a process
    mark: NDArray[np.uint16]  # [P], 0 where no rate looks at it
    row_to: NDArray[np.int32]  # [P, MAX_STATES, MAX_STATES]: row from a state to another, or -1
    outcome: NDArray[np.int32]  # [R]: outcome that the row is, or -1
    outcome_process: NDArray[np.int32]
    shock: NDArray[np.float32]  # [months, R]: temporary factors from month `shock_from` on; empty without
    shock_from: int
    state_index: NDArray[np.int32]  # [P, MAX_STATES]: position among all states
    base: int  # process of the demand for care, or -1
    echo: int  # process of need beside it, which moves along while it is in the same state; or -1
    share: float  # share of what programmes do to need (in its logarithm) that demand feels
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
    traits: tuple[str, ...]
    trait_chance: Floats  # [2, traits], by sex (girl, boy)
    outcomes: tuple[str, ...]

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


class RateShock(NamedTuple):
    """A temporary factor on the rates of some transitions. months: from and before, since EPOCH_YEAR."""

    rows: tuple[str, ...]
    first: int
    before: int
    factor: float


def compile_table(
    table: ProcessTable, parameters: Parameters, last_year: int, shocks: Sequence[RateShock] = ()
) -> CompiledTable:
    """Compile `table` with `parameters` for the years up to and including `last_year`.

    Raises KeyError where the table (or a shock) names a parameter, state or transition that does not
    exist.
    """
    return _Compiler(table, parameters, last_year, shocks).run()


class _Compiler:
    def __init__(
        self, table: ProcessTable, parameters: Parameters, last_year: int, shocks: Sequence[RateShock]
    ) -> None:
        self.table = table
        self.shocks = [shock for shock in shocks if shock.factor != 1.0 and shock.before > shock.first]
        self.p = parameters
        self.years = np.arange(EPOCH_YEAR, last_year + 1)
        self.household_names = table.households.spec().names
        self.states_of = {name: tuple(process.states) for name, process in table.processes.items()}
        self.states_of.update(dict.fromkeys(self.household_names, ("no", "yes")))
        if DEMAND in self.states_of:  # need comes last, so that nobody else's luck changes
            self.states_of[NEED] = self.states_of.pop(NEED)
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
        outcomes = self._outcome_rows(rows)
        traits = self.table.traits
        chance = np.array([[self._trait_chance(t, boy) for t in traits.values()] for boy in (False, True)])
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
            traits=tuple(traits),
            trait_chance=chance.reshape(2, len(traits)),
            outcomes=tuple(outcomes),
        )

    def _process(self, name: str) -> int:
        if name not in self.states_of:
            raise KeyError(self._no_process(name))
        return self.names.index(name)

    def _no_process(self, name: str) -> str:
        near = nearest(name, self.names)
        return str(fault("names_nothing", what=fault("kind_process"), name=name, near=near))

    def _trait_chance(self, trait: Trait, boy: bool) -> float:
        """Return the prevalence of a trait among girls or boys, who differ by an odds ratio."""
        prevalence = self.p[trait.prevalence]
        if trait.boy is None:
            return prevalence
        share, ratio = self.p["population.boy"], self.p[trait.boy]
        # girls g solves (1 - share) g + share * ratio g / (1 - g + ratio g) = prevalence
        a = (1 - share) * (ratio - 1)
        b = 1 - share + share * ratio - prevalence * (ratio - 1)
        girls = 2 * prevalence / (b + float(np.sqrt(b * b + 4 * a * prevalence)))
        return ratio * girls / (1 - girls + ratio * girls) if boy else girls

    def _outcome_rows(self, rows: list[_Row]) -> dict[str, int]:
        """Return the row of each outcome. Raises KeyError for an unknown transition."""
        names = [r.spec.name for r in rows]
        for outcome, row in self.table.outcomes.items():
            if row not in names:
                raise KeyError(f"outcome '{outcome}' names no transition '{row}'")
        return {outcome: names.index(row) for outcome, row in self.table.outcomes.items()}

    def _marks(self) -> dict[str, int]:
        """Return the bit of each process that some rate looks at by `by_mark`."""
        named = {
            q for process in self.table.processes.values() for t in process.transitions for q in t.by_mark
        }
        processes = [name for name in self.names if name in named]
        unknown = named - set(processes) - {"waiting"}
        if unknown:
            raise KeyError(self._no_process(min(unknown)))
        if len(processes) >= WAITING.bit_length():
            raise KeyError(f"by_mark names {len(processes)} processes; at most {WAITING.bit_length() - 1}")
        return {name: 1 << k for k, name in enumerate(processes)} | {"waiting": WAITING}

    def _shock(self, rows: list[_Row], bound: Floats) -> tuple[NDArray[np.float32], int]:
        """Return the temporary factors by month and row, and raise the bounds of their years."""
        if not self.shocks:
            return np.ones((0, len(rows)), np.float32), 0
        names = [r.spec.name for r in rows]
        first = min(shock.first for shock in self.shocks)
        factors = np.ones((max(shock.before for shock in self.shocks) - first, len(rows)), np.float32)
        for shock in self.shocks:
            for row in shock.rows:
                if row not in names:
                    raise KeyError(f"a shock names no transition '{row}'")
                factors[shock.first - first : shock.before - first, names.index(row)] *= shock.factor
        for year in range(bound.shape[0]):
            part = factors[max(year * MONTHS - first, 0) : max((year + 1) * MONTHS - first, 0)]
            if part.shape[0]:
                bound[year] *= np.maximum(part.max(axis=0), 1.0)[:, None]
        return factors, first

    def _state(self, process: str, state: str) -> int:
        self._process(process)
        known = self.states_of[process]
        if state not in known:
            wrong = fault("no_state", state=state, process=process, near=nearest(state, known))
            raise KeyError(str(wrong))
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
        return np.asarray(path * np.exp(np.cumsum(growth_of_access(self.years, self.p))))

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
        marks = self._marks()
        flag_lists = [
            [(self._mask(f), self.p[n]) for f, n in r.spec.by_form.items()]
            + [(marks[q] << 16, self.p[n]) for q, n in r.spec.by_mark.items()]
            for r in rows
        ]
        shock, shock_from = self._shock(rows, bound)
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
        forms_of = np.bitwise_or.reduce(bits, axis=1)
        mark = np.array([marks.get(name, 0) for name in self.names], np.uint16)
        stride = np.zeros(len(self.names), np.int32)
        key_count = 1
        in_key = {q for r in rows for q, _ in r.state_factors}
        in_key |= {self.names.index(name) for name, q in self.table.processes.items() if q.common}
        for p in sorted(in_key):
            stride[p] = key_count
            key_count *= len(self.states_of[self.names[p]])
        groups, plain_rows = self._plain(rows, keys, durations, stride)
        row_to = np.full((len(self.names), MAX_STATES, MAX_STATES), -1, np.int32)
        for i, (r, (p, s)) in enumerate(zip(rows, keys, strict=True)):
            row_to[p, s, self._state(r.process, r.spec.destination)] = i
        outcome_rows = self._outcome_rows(rows)
        outcome = np.full(len(rows), -1, np.int32)
        outcome[list(outcome_rows.values())] = range(len(outcome_rows))
        return Hazards(
            first_row=first,
            process=row_process,
            origin=np.array([s for _, s in keys], np.uint8),
            risk=np.array([self._risk(r) for r in rows], np.int32),
            plain_risk=np.array([g[1] for g in groups], np.int32),
            plain_duration=np.array([g[2] for g in groups], np.int32),
            plain_process=np.array([g[0] for g in groups], np.int32),
            plain_first=_offsets(plain_rows),
            plain_row=np.array([i for members in plain_rows for i in members], np.int32),
            key_process=np.flatnonzero(stride).astype(np.int32),
            key_stride=stride,
            key_count=key_count,
            other_process=np.flatnonzero((stride == 0) & (forms_of == 0) & (mark == 0)).astype(np.int32),
            destination=np.array([self._state(r.process, r.spec.destination) for r in rows], np.uint8),
            mechanism=np.array(
                [MECHANISMS.index(r.spec.mechanism) if r.spec.mechanism else -1 for r in rows], np.int8
            ),
            mechanism_process=np.array([self._limit(r)[0] for r in rows], np.int32),
            mechanism_states=np.array([self._limit(r)[1] for r in rows], np.uint8),
            duration=np.array([self._duration(durations, r) for r in rows], np.int8),
            duration_break=breaks,
            duration_factor=factors,
            duration_bound=np.maximum.accumulate(factors[:, ::-1], axis=1)[:, ::-1].copy(),
            state_factor_first=_offsets(state_lists),
            state_factor_process=np.array([q for fs in state_lists for q, _ in fs], np.int32),
            state_factor=np.array([f for fs in state_lists for _, f in fs], np.float64).reshape(
                -1, MAX_STATES
            ),
            flag_factor_first=_offsets(flag_lists),
            flag_factor_mask=np.array([m for fs in flag_lists for m, _ in fs], np.uint32),
            flag_factor=np.array([f for fs in flag_lists for _, f in fs], np.float64),
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
            forms_of=forms_of,
            mark=mark,
            row_to=row_to,
            outcome=outcome,
            outcome_process=row_process[list(outcome_rows.values())],
            shock=shock,
            shock_from=shock_from,
            state_index=index,
            base=self.names.index(DEMAND) if DEMAND in self.names else -1,
            echo=self.names.index(NEED) if DEMAND in self.names else -1,
            share=self.p[TO_CARE],
            rate=np.ascontiguousarray(rate),
            bound=np.ascontiguousarray(bound),
        )

    def _plain(
        self, rows: list[_Row], keys: list[tuple[int, int]], durations: list[str], stride: NDArray[np.int32]
    ) -> tuple[list[tuple[int, int, int]], list[list[int]]]:
        """Return the groups (process, risk, duration) of rows open to plain children, with the rows."""
        members: dict[tuple[int, int, int], list[int]] = {}
        for i, (r, (p, s)) in enumerate(zip(rows, keys, strict=True)):
            if stride[p] or s == 0:
                duration = self._duration(durations, r)
                group = (p, self._risk(r), duration)
                members.setdefault(group, []).append(i)
        groups = sorted(members)
        return groups, [members[g] for g in groups]

    def _limit(self, r: _Row) -> tuple[int, int]:
        """Return the process that limits the mechanism of a row (or -1), and the mask of its states."""
        limits = r.spec.mechanism_only
        if len(limits) > 1:
            raise KeyError(f"mechanism_only of '{r.spec.name}' names more than one process")
        for process, states in limits.items():
            return self._process(process), sum(1 << self._state(process, s) for s in states)
        return -1, 0

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
