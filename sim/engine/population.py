"""Children as a struct of arrays: who is born, arrives and leaves, and with what they start.

A cohort is everyone born in one month who ever lives in the municipality. Births, arrivals and
departures keep the age structure of the profile (constant cohorts, grade assumed), or meet the numbers
that a scenario gives by age and year. Moves take place on 1 January: those who arrive lived elsewhere
before under the same rates, so that every child has a history; those who leave are followed no further.

An id holds (month of birth, age at arrival, serial number) and is never reused; one child more
changes nobody else's id or luck. Children are dealt over a fixed number of blocks, each a random-like
cross-section of the population: the unit of parallel work and of the Monte Carlo standard error.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.clocks import interval
from sim.inputs.profiles import Profile
from sim.luck import OCCURRENCE, Decision, uniform
from sim.machine.kernels import kernel
from sim.model.parameters import Parameters
from sim.model.transitions import CompiledTable
from sim.states import AGES, EPOCH_YEAR, MONTHS, QUINTILES

BLOCKS = 16
SERIAL_BITS = 16
ARRIVAL_BITS = 5
NEVER = np.int16(32767)
LIFE_MONTHS = AGES * MONTHS

Floats = NDArray[np.float64]


class Children(NamedTuple):
    """Everybody in one block, sorted by month of birth. n children, G risks, P processes.

    Times are months since January of EPOCH_YEAR; years are counted from EPOCH_YEAR.
    """

    id: NDArray[np.uint32]
    birth: NDArray[np.int16]
    arrives: NDArray[np.int16]  # first year of residence
    departs: NDArray[np.int16]  # first year after residence
    sex: NDArray[np.uint8]
    quintile: NDArray[np.uint8]
    traits: NDArray[np.uint8]  # lasting vulnerabilities, one bit each
    risk: NDArray[np.float32]  # [n, G]
    state: NDArray[np.uint8]  # [n, P]
    since: NDArray[np.float32]  # [n, P] start of the present state
    forms: NDArray[np.uint16]  # active forms of care
    marks: NDArray[np.uint16]  # other states that rates look at (Hazards.mark), and WAITING
    used: NDArray[np.uint16]  # forms used this calendar year
    waits: NDArray[np.uint16]  # forms whose place the child waits for
    waits_since: NDArray[np.float32]  # [n, forms] month of referral; [n, 0] where nobody can wait
    group: NDArray[np.uint8]  # sex, quintile and household at the start of this calendar year
    care_ended: NDArray[np.float32]  # when jeugdhulp was last left
    left: NDArray[np.float32]  # [n, P] what is left of the present interval of each clock
    ticks: NDArray[np.uint16]  # [n, P] how many intervals of each clock are over
    run_to: NDArray[np.float64]  # month up to which the clocks have run in this year

    def part(self, rows: slice | NDArray[np.int64]) -> Children:
        """Return copies of the given rows."""
        return Children._make(array[rows].copy() for array in self)

    def put(self, rows: NDArray[np.int64], theirs: Children) -> None:
        """Write children over the given rows."""
        for name in Children._fields:
            getattr(self, name)[rows] = getattr(theirs, name)

    def joined(self, later: Children) -> Children:
        """Return these children followed by `later` ones."""
        return Children._make(
            np.concatenate([ours, theirs]) for ours, theirs in zip(self, later, strict=True)
        )

    def bytes(self) -> int:
        """Return the memory in use."""
        return sum(array.nbytes for array in self)


@dataclass(frozen=True)
class Flows:
    """Expected children per month of birth by age at arrival, and the share who stay each 1 January.

    arrivals: [AGES]; index 0 are births. stay: [AGES]; from age index a - 1 to a. Where they differ by year
    of birth: [years, AGES], years from EPOCH_YEAR; the last row holds for all who are born later.
    """

    arrivals: Floats
    stay: Floats


def flows(profile: Profile, parameters: Parameters, children: int | None) -> tuple[Flows, float]:
    """Return the flows that keep the age structure, and the factor from simulated to real children.

    Where the profile has youths of later years, the flows meet those instead: who is of an age on 31 December
    is as many as on the next 1 January; moves are what years of birth lack, or have too many. With
    `children` the population of the profile is sampled down (or up) to that number; None simulates everyone.
    Raises ValueError where `children` is negative.
    """
    if children is not None and children < 0:
        raise ValueError(f"the number of children must not be negative, found {children}")
    total = profile.total
    share = 1.0 if children is None else children / total
    resident = _by_birth(profile) * share / MONTHS
    moving = profile.moving if profile.moving is not None else parameters["population.moving"]
    stay = np.ones_like(resident)
    arrivals = resident.copy()
    for age in range(1, AGES):
        before, here = resident[..., age - 1], resident[..., age]
        kept = np.divide(here, before, out=np.ones_like(here), where=before > 0)
        stay[..., age] = np.where(before > 0, np.minimum(np.exp(-moving), kept), 1.0)
        arrivals[..., age] = np.maximum(here - before * stay[..., age], 0.0)
    return Flows(arrivals, stay), (1.0 / share if share > 0 else 0.0)


def _by_birth(profile: Profile) -> Floats:
    """Return the youths of each age, [AGES], or [years of birth, AGES] where they change over the years."""
    if not profile.later:
        return np.array(profile.youths)
    years = range(profile.later[-1][0] - EPOCH_YEAR)
    counted = np.array([profile.youths_on(EPOCH_YEAR + year + 1) for year in range(len(years) + AGES)])
    return np.array([[counted[born + age, age] for age in range(AGES)] for born in years])


class Arrivals(NamedTuple):
    """Who is born when and arrives at which age, sorted by birth: all that numbers alone decide."""

    id: NDArray[np.uint32]
    birth: NDArray[np.int64]  # month
    age: NDArray[np.int64]  # years, at arrival; 0 is born here
    block: NDArray[np.int64]

    def of(self, rows: NDArray[Any]) -> Arrivals:
        """Return the given rows."""
        return Arrivals._make(array[rows] for array in self)


def arrivals(flow: Flows, first_month: int, last_month: int) -> Arrivals:
    """Return everyone born from `first_month` up to but not including `last_month`.

    Raises ValueError where a month has more children than an id can number.
    """
    months = np.arange(first_month, last_month + 1)
    rate = np.atleast_2d(flow.arrivals)
    born = np.clip(months // MONTHS, 0, len(rate) - 1)
    change = np.diff(rate, axis=0, prepend=rate[:1]) * (np.arange(len(rate)) * MONTHS)[:, None]
    offset = -np.cumsum(change, axis=0)  # so that years of birth with other rates go on from each other
    births, ages, serials = [], [], []
    for age in range(AGES):
        phase = (age * 0.6180339887498949) % 1.0  # spreads the rounding of small numbers over ages
        upto = np.floor(months * rate[born, age] + offset[born, age] + phase).astype(np.int64)
        upto = np.maximum.accumulate(upto)  # where years meet, rounding may be off by a hair
        counts = np.diff(upto)
        if counts.size and counts.max() >= 1 << SERIAL_BITS:
            raise ValueError("more children are born in a month than an id can number")
        births.append(np.repeat(np.arange(first_month, last_month, dtype=np.int64), counts))
        ages.append(np.full(counts.sum(), age, np.int64))
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        serials.append(np.arange(counts.sum(), dtype=np.int64) - starts)
    birth, arrival, serial = (np.concatenate(parts) for parts in (births, ages, serials))
    order = np.lexsort((serial, arrival, birth))
    birth, arrival, serial = birth[order], arrival[order], serial[order]
    ids = ((birth << (SERIAL_BITS + ARRIVAL_BITS)) | (arrival << SERIAL_BITS) | serial).astype(np.uint32)
    return Arrivals(ids, birth, arrival, (serial + birth + arrival) % BLOCKS)


def cohorts(
    flow: Flows,
    first_month: int,
    last_month: int,
    key: np.uint64,
    table: CompiledTable,
    p: Parameters,
    pool: Executor | None = None,
) -> list[Children]:
    """Return everyone born from `first_month` up to but not including `last_month`, by block.

    With a pool its threads share the blocks. Raises ValueError where a month has more children than an
    id can number.
    """
    everyone = arrivals(flow, first_month, last_month)

    def one(b: int) -> Children:
        return endowed(everyone.of(everyone.block == b), flow, key, table, p)

    return list(map(one, range(BLOCKS)) if pool is None else pool.map(one, range(BLOCKS)))


def endowed(who: Arrivals, flow: Flows, key: np.uint64, table: CompiledTable, p: Parameters) -> Children:
    """Return children with what they start life with: sex, neighbourhood, household, traits, frailty."""
    n = who.id.size
    year = who.birth // MONTHS
    processes = len(table.processes)
    children = Children(
        id=who.id,
        birth=who.birth.astype(np.int16),
        arrives=(year + who.age).astype(np.int16),
        departs=np.full(n, NEVER, np.int16),
        sex=np.zeros(n, np.uint8),
        quintile=np.zeros(n, np.uint8),
        traits=np.zeros(n, np.uint8),
        risk=np.empty((n, len(table.risks)), np.float32),
        state=np.zeros((n, processes), np.uint8),
        since=np.full((n, processes), -1e4, np.float32),
        forms=np.zeros(n, np.uint16),
        marks=np.zeros(n, np.uint16),
        used=np.zeros(n, np.uint16),
        waits=np.zeros(n, np.uint16),
        waits_since=np.zeros((n, 0), np.float32),
        group=np.zeros(n, np.uint8),
        care_ended=np.full(n, -1e4, np.float32),
        left=np.empty((n, len(table.states)), np.float32),
        ticks=np.zeros((n, len(table.states)), np.uint16),
        run_to=who.birth.astype(np.float64),
    )
    terms = table.risk_terms
    on_trait = np.array([[t.get(name, 0.0) for name in table.traits] for t in terms])
    _draw_children(
        children,
        who.age,
        np.atleast_2d(flow.stay),
        key,
        p["population.boy"],
        np.cumsum(table.households.probability, axis=1),
        np.array(table.household_process, dtype=np.int64),
        p["frailty.sd"],
        np.array([t.get("boy", 0.0) for t in terms]),
        np.array([t.get("quintile", 0.0) for t in terms]),
        np.array([t.get("frailty", 0.0) for t in terms]),
        table.trait_chance,
        on_trait.reshape(len(terms), len(table.traits)),
    )
    return children


@kernel
def _draw_children(  # type: ignore[no-untyped-def]
    c, arrival, stay, key, boy_share, combos, household, frailty_sd, on_boy, on_quintile, on_frailty,
    trait_chance, on_trait,
):  # fmt: skip
    for i in range(c.id.size):
        child = c.id[i]
        step = c.birth[i]
        c.sex[i] = np.uint8(uniform(key, Decision.SEX, step, child) < boy_share)
        c.quintile[i] = np.uint8(uniform(key, Decision.NEIGHBOURHOOD, step, child) * QUINTILES)
        luck = uniform(key, Decision.ATTRIBUTE, step, child)
        combo = 0
        while combo < combos.shape[1] - 1 and luck >= combos[c.quintile[i], combo]:
            combo += 1
        for k in range(household.size):
            c.state[i, household[k]] = np.uint8((combo >> k) & 1)
            c.since[i, household[k]] = step
        first = uniform(key, Decision.FRAILTY, step, child)
        second = uniform(key, Decision.FRAILTY + OCCURRENCE, step, child)
        normal = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)  # Box and Muller (1958)
        log_frailty = frailty_sd * normal - 0.5 * frailty_sd * frailty_sd
        score = np.float64(c.quintile[i]) - (QUINTILES - 1) / 2
        chance = trait_chance[c.sex[i]]
        for k in range(chance.size):
            if uniform(key, Decision.TRAIT + k * OCCURRENCE, step, child) < chance[k]:
                c.traits[i] |= 1 << k
        for g in range(on_boy.size):
            log_risk = on_boy[g] * c.sex[i] + on_quintile[g] * score + on_frailty[g] * log_frailty
            for k in range(chance.size):  # around their mean, so that a trait moves risk, not its average
                log_risk += on_trait[g, k] * ((c.traits[i] >> k) & 1)
                log_risk -= np.log1p(chance[k] * np.expm1(on_trait[g, k]))
            c.risk[i, g] = np.exp(log_risk)
        for p in range(c.left.shape[1]):
            c.left[i, p] = interval(key, p, 0, child)
        kept = 1.0
        threshold = uniform(key, Decision.DEPARTURE, step, child)
        year = min(max(c.birth[i] // MONTHS, 0), stay.shape[0] - 1)
        for age in range(arrival[i] + 1, stay.shape[1]):
            kept *= stay[year, age]
            if threshold >= kept:
                c.departs[i] = np.int16(c.birth[i] // MONTHS + age)
                break


def with_need(children: Children, table: CompiledTable, key: np.uint64) -> Children:
    """Return children with a process of need beside the demand for care that they have, in the same state.

    As they are where the table has no demand, or they have both already.
    """
    n, more = children.id.size, len(table.processes) - children.state.shape[1]
    if not more:
        return children
    demand = table.process("demand")
    left = np.empty((n, len(table.states)), np.float32)
    ticks = np.zeros((n, len(table.states)), np.uint16)
    known = children.left.shape[1]
    left[:, :known], ticks[:, :known] = children.left, children.ticks
    _first_intervals(children, left, known, key)
    return children._replace(
        state=np.concatenate([children.state, children.state[:, demand : demand + 1]], axis=1),
        since=np.concatenate([children.since, children.since[:, demand : demand + 1]], axis=1),
        left=left,
        ticks=ticks,
    )


@kernel
def _first_intervals(c, left, first, key):  # type: ignore[no-untyped-def]
    for i in range(c.id.size):
        for k in range(first, left.shape[1]):
            left[i, k] = interval(key, k, 0, c.id[i])


def month_of(year: int) -> int:
    """Return the month number of 1 January of `year`."""
    return (year - EPOCH_YEAR) * MONTHS
