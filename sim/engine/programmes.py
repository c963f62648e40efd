"""Programmes reach children through age, neighbourhood and voluntary uptake, and through nothing else.

Workers give places, places take in children, children who come gain an effect that builds up while
they come and fades when they stop. Who comes never depends on care or household, and on need only where
`uptake_by_need` says so: then a world's programmes depend on its lives, and it is lived in full.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.exposure import Exposure, effect_level
from sim.engine.population import NEVER, Children
from sim.errors import InputError
from sim.faults import fault
from sim.luck import OCCURRENCE, Decision, uniform
from sim.machine.kernels import kernel
from sim.model.catalogue import Programme
from sim.model.parameters import Parameters, prior_parameters
from sim.states import ADDED_ROUTE, AGES, HEADROOM, MECHANISMS, MONTHS, QUINTILES, WHILE_THERE

Floats = NDArray[np.float64]
_ROUNDING = 1e-9  # numbers of one decimal that add up to the limit are within it
_LEAST_RETAINED = 1e-300  # an effect of which nothing is retained is gone within a day


@dataclass(frozen=True)
class Effect:
    """What full exposure to a programme does: log rate ratios, or the added share for signalling."""

    log_effect: tuple[float, ...]
    build_up: float
    decay: float


def effect_of(programme: Programme, p: Parameters, switches: Mapping[str, bool]) -> Effect:
    """Return the effect of a programme under parameters, without the mechanisms switched off.

    Onset, escalation and recovery share one uncertain strength: `effect_exists` scales all three (a
    draw is 0 or 1, the best fit the prior weight). With `effect_by_visits` it rises with visits per child.

    `moderate_need` is the ratio of new moderate need at full exposure. A child comes to moderate need in one
    step or by way of light need, so that every step there takes the whole log ratio: half of it on each
    step would bring half of the effect. `share_onset` weighs the steps, with 0.5 for alike.
    """
    name = programme.name
    full = dict.fromkeys(MECHANISMS, 0.0)
    if "onset" in programme.mechanisms:
        exists = p[f"{name}.effect_exists"] * by_visits(name, p)
        strength = exists * math.log(p[f"{name}.moderate_need"])
        share = p[f"{name}.share_onset"]
        full["onset"] = 2 * share * strength
        full["escalation"] = 2 * (1 - share) * strength
        full["recovery"] = exists * math.log(p[f"{name}.recovery_light"])
    if ADDED_ROUTE in programme.mechanisms:
        full[ADDED_ROUTE] = p[f"{name}.signalling"] - 1.0
    for mechanism in ("participation", "access", "substitution"):
        if mechanism in programme.mechanisms:
            full[mechanism] = math.log(p[f"{name}.{mechanism}"])
    retained = p[f"{name}.retained"] if programme.mechanisms else 1.0
    return Effect(
        log_effect=tuple(full[m] if switches.get(m, True) else 0.0 for m in MECHANISMS),
        build_up=p[f"{name}.build_up"] if programme.mechanisms else 1.0,
        decay=-math.log(max(retained, _LEAST_RETAINED)) / MONTHS if retained < 1 else 0.0,
    )


def by_visits(name: str, p: Parameters) -> float:
    """Return the strength of a programme's effect on need at its visits per child.

    It is 1 at as many visits as were believed before any fit, for which the effect was believed too.
    """
    rise = p[f"{name}.effect_by_visits"]
    visits = f"{name}.visits_per_child"
    return (p[visits] / prior_parameters()[visits]) ** rise if rise else 1.0


def check_headroom(effects: Mapping[str, Effect], ages: Mapping[str, tuple[int, int]]) -> None:
    """Refuse effects that together exceed what the engine's bounds leave room for.

    `ages`: first and last year of age of each. What lasts no longer than a stay adds up only over
    programmes that a child can come to at the same age. For numbers that a user chose; the tails of a
    random draw are cut off there (exposure.py). Raises InputError that names the mechanism and the limit.
    """
    for m, mechanism in enumerate(MECHANISMS):
        values = {name: max(effect.log_effect[m], 0.0) for name, effect in effects.items()}
        if mechanism in (ADDED_ROUTE, WHILE_THERE):
            felt = max(
                sum(value for name, value in values.items() if ages[name][0] <= age <= ages[name][1])
                for age in range(AGES)
            )
        else:
            felt = sum(values.values())
        together = felt if mechanism == ADDED_ROUTE else math.exp(felt)
        if together > HEADROOM[mechanism] * (1 + _ROUNDING):
            raise InputError.at(
                "<parameters>",
                fault(
                    "effects_beyond_room",
                    mechanism=mechanism,
                    times=together,
                    limit=HEADROOM[mechanism],
                ),
            )


def participants_for(fte: float, eligible: float, programme: Programme, p: Parameters) -> float:
    """Return how many children `fte` workers reach among `eligible` ones.

    Visits over visits per child, flattening towards the ceiling on uptake:
    ``places / sqrt(1 + (places / (ceiling * eligible))**2)``.
    """
    name = programme.name
    places = fte * p[f"{name}.visits_per_fte"] / p[f"{name}.visits_per_child"]
    ceiling = p[f"{name}.uptake_ceiling"] * eligible
    return places / math.sqrt(1.0 + (places / ceiling) ** 2) if ceiling > 0 else 0.0


def fte_for(coverage: float, eligible: float, programme: Programme, p: Parameters) -> float:
    """Return the FTE that reach the share `coverage` of the eligible; the inverse of `participants_for`.

    Raises ValueError where the coverage reaches the ceiling on uptake.
    """
    name = programme.name
    saturation = coverage / p[f"{name}.uptake_ceiling"]
    if saturation >= 1:
        raise ValueError("the coverage must stay below the ceiling on uptake")
    places = coverage * eligible / math.sqrt(1.0 - saturation**2)
    return places * p[f"{name}.visits_per_child"] / p[f"{name}.visits_per_fte"]


def weights(targeting: str, programme: Programme, p: Parameters) -> Floats:
    """Return the relative uptake by quintile of deprivation, float64[QUINTILES]."""
    score = np.arange(QUINTILES) - (QUINTILES - 1) / 2
    base = 1.0 if targeting == "everyone" else p[f"{programme.name}.{targeting}_weight"]
    return np.asarray(base**score, dtype=np.float64)


def exposures(count: int, names: list[str], effects: Mapping[str, Effect]) -> Exposure:
    """Return the exposure of `count` children who never took part in the named programmes."""
    k = len(names)
    return Exposure(
        past_level=np.zeros((count, k), np.float32),
        past_time=np.zeros((count, k), np.float32),
        joins=np.full((count, k), NEVER, np.int16),
        leaves=np.full((count, k), NEVER, np.int16),
        log_effect=np.array([effects[n].log_effect for n in names]).reshape(1, k, len(MECHANISMS)),
        build=np.array([[effects[n].build_up for n in names]], np.float64),
        decay=np.array([[effects[n].decay for n in names]], np.float64),
    )


@kernel
def carry_on(x, q, k, gap):  # type: ignore[no-untyped-def]
    """Keep alive what programme q left in children who went on to programme k within `gap` months.

    The level of q at the change stays until k is left, and fades from then on.
    """
    for i in range(x.joins.shape[0]):
        joined, left = x.joins[i, k], x.leaves[i, k]
        if joined == NEVER:
            continue
        ended = x.leaves[i, q]
        if x.joins[i, q] < ended and ended < NEVER and ended < left and ended + gap >= joined:
            change = max(joined, ended)
            x.past_level[i, q] = effect_level(x, i, q, np.float64(change))
            x.past_time[i, q] = left
            x.joins[i, q] = NEVER
            x.leaves[i, q] = NEVER
        elif x.joins[i, q] == NEVER and x.past_time[i, q] == NEVER:
            x.past_time[i, q] = left


@dataclass(frozen=True)
class Attendance:
    """Who took part in a year. participants: children at any time of the year; stock: [12] by month."""

    participants: int
    stock: NDArray[np.int64]


GAP_MONTHS = 6
"""A child who changes programmes within this time counts as having gone on from one to the other."""


def attend(
    blocks: list[Children],
    exposed: list[Exposure],
    index: int,
    programme: Programme,
    places: Floats,
    epoch_year: int,
    key: np.uint64,
    weight: Floats,
    stay: float,
    pool: Executor,
    ages: tuple[int, int] | None = None,
    before: int = -1,
    continuity: float = 1.0,
    by_need: float = 1.0,
    need: int = 0,
) -> Attendance:
    """Fill the places of one programme for the twelve months of a year, and book who joins and leaves.

    places: [12] children, by month; stay: mean months that a child keeps coming. Each candidate has
    a place in one order (an exponential race weighted by neighbourhood); free places go to the first
    in line. Where places are cut, those who would have left soonest leave first. Never more children
    than places. ages: first and last year of age, where they are not the programme's own. before: the
    index of a programme that this one continues (or -1); children who come from it have `continuity`
    times the weight of others. by_need: how many times the weight of others those have who are not in the
    first state of process `need` on 1 January. Nobody's place in line depends on who else there is.
    """
    first, until_age = programme.months if ages is None else (ages[0] * MONTHS, (ages[1] + 1) * MONTHS)
    oldest = max(until_age, programme.months[1])
    opened = places.max() + np.maximum(np.diff(places), 0).sum()
    room = int(2 * (opened + places.max() * MONTHS / stay)) + 200  # twice the children who come in a year

    def scan(furthest: float) -> list[_Scan]:
        return list(
            pool.map(
                lambda b: _scan(
                    b[0], b[1], index, programme.number, first, until_age, oldest, epoch_year, key, weight,
                    stay, before, continuity, GAP_MONTHS, by_need, need, furthest,
                ),
                zip(blocks, exposed, strict=True),
            )
        )  # fmt: skip

    months = [epoch_year * MONTHS - until_age, (epoch_year + 1) * MONTHS - first]
    of_age = sum(int(np.diff(np.searchsorted(b.birth, months))[0]) for b in blocks)
    furthest = _furthest(room, of_age - float(places.max()), weight)
    scans = scan(furthest)
    near = (np.count_nonzero(~inside & (line <= furthest)) for _, _, line, _, _, inside in scans)
    if furthest < math.inf and sum(near) < room:  # who is not listed stands further than that
        scans = scan(math.inf)
    sizes = [scan[0].size for scan in scans]
    child, until, line, opens, closes, inside = (
        np.concatenate([scan[j] for scan in scans]) for j in range(6)
    )
    block = np.repeat(np.arange(len(blocks)), sizes)
    candidates = np.flatnonzero(~inside)
    if candidates.size > room:
        nearest = np.argpartition(line[candidates], room)[:room]
        candidates = candidates[nearest]
    candidates = candidates[np.lexsort((child[candidates], block[candidates], line[candidates]))]
    joined = np.full(child.size, -1, np.int64)
    month0 = epoch_year * MONTHS
    stock = _fill(
        np.flatnonzero(inside), candidates, until, opens, closes, joined, np.floor(places + 1e-9), month0
    )
    took_part = (joined >= 0) | (inside & (until > month0))
    changed = np.flatnonzero(inside | (joined >= 0))
    for b in range(len(blocks)):
        mine = changed[block[changed] == b]
        if mine.size:
            _book(exposed[b], index, child[mine], until[mine], joined[mine], month0)
    if before >= 0:
        for x in exposed:
            carry_on(x, before, index, GAP_MONTHS)
    return Attendance(int(took_part.sum()), stock)


_Scan = tuple[NDArray[Any], ...]


def _furthest(room: int, children: float, weight: Floats) -> float:
    """Return a place in line before which about twice `room` of so many children stand, if not all."""
    share = 2 * room / max(children, 1.0)
    return -math.log1p(-share) / float(weight.mean()) if share < 1 else math.inf


@kernel
def _scan(  # type: ignore[no-untyped-def]
    c,
    x,
    k,
    number,
    first,
    before,
    oldest,
    epoch_year,
    key,
    weight,
    stay,
    earlier,
    continuity,
    gap,
    by_need,
    need,
    furthest,
):
    """List the children who take part, or could this year and stand before `furthest` in line.

    Months are absolute. Children up to `oldest` are looked at: those beyond `before` can only be there
    since a time of wider ages, and leave. Returns (child row, month of leaving, place in line, first and
    last month open, takes part).
    """
    month0 = epoch_year * MONTHS
    low = np.searchsorted(c.birth, month0 - oldest)
    high = np.searchsorted(c.birth, month0 + MONTHS - first)
    n = max(high - low, 0)
    child = np.empty(n, np.int64)
    until = np.empty(n, np.int64)
    line = np.empty(n, np.float64)
    opens = np.empty(n, np.int64)
    closes = np.empty(n, np.int64)
    inside = np.empty(n, np.bool_)
    m = 0
    most = (continuity if earlier >= 0 else 1.0) * max(by_need, 1.0)
    back = np.exp(-furthest * weight * most)  # luck below it is too far
    for i in range(low, high):
        enrolled = x.joins[i, k] <= month0 < x.leaves[i, k]
        lives_here = c.arrives[i] <= epoch_year < c.departs[i]
        too_old = c.birth[i] + before <= month0
        if not enrolled and (too_old or not lives_here):
            continue
        luck = uniform(key, Decision.JOIN + number * OCCURRENCE, epoch_year, c.id[i])
        if not enrolled and luck < back[c.quintile[i]]:
            continue
        opens[m] = max(month0, c.birth[i] + first)
        closes[m] = c.birth[i] + before if lives_here and not too_old else month0
        stays = -stay * np.log(uniform(key, Decision.LEAVE + number * OCCURRENCE, epoch_year, c.id[i]))
        until[m] = min(month0 + 1 + np.int64(stays), closes[m]) if enrolled else 1 + np.int64(stays)
        line[m] = -np.log(luck) / weight[c.quintile[i]]
        if earlier >= 0 and x.joins[i, earlier] <= month0 + MONTHS:
            ended = min(x.leaves[i, earlier], NEVER - gap)
            if ended + gap >= month0:
                line[m] /= continuity
        if by_need != 1.0 and c.state[i, need] != 0:
            line[m] /= by_need
        child[m] = i
        inside[m] = enrolled
        m += 1
    return child[:m], until[:m], line[:m], opens[:m], closes[:m], inside[:m]


@kernel
def _fill(present, candidates, until, opens, closes, joined, places, month0):  # type: ignore[no-untyped-def]
    stock = np.zeros(places.size, np.int64)
    there = np.empty(present.size + candidates.size, np.int64)
    there[: present.size] = present
    count = present.size
    waiting = candidates.copy()
    left = waiting.size
    for m in range(places.size):
        month = month0 + m
        kept = 0
        for j in range(count):
            if until[there[j]] > month:
                there[kept] = there[j]
                kept += 1
        count = kept
        cap = np.int64(places[m])
        if count > cap:
            order = np.argsort(until[there[:count]], kind="mergesort")
            for j in range(count - cap):
                until[there[order[j]]] = month
            rest = there[:count][order[count - cap :]].copy()
            count = cap
            there[:count] = rest
        kept = 0
        for j in range(left):
            q = waiting[j]
            if count < cap and opens[q] <= month < closes[q]:
                joined[q] = month
                until[q] = min(month + until[q], closes[q])
                there[count] = q
                count += 1
            else:
                waiting[kept] = q
                kept += 1
        left = kept
        stock[m] = count
    return stock


@kernel
def _book(x, k, child, until, joined, month0):  # type: ignore[no-untyped-def]
    for m in range(child.size):
        i = child[m]
        if joined[m] >= 0:
            if x.joins[i, k] < x.leaves[i, k] and x.leaves[i, k] <= joined[m]:
                faded = max(x.joins[i, k] - x.past_time[i, k], 0.0)  # what is carried on does not fade yet
                start = x.past_level[i, k] * np.exp(-x.decay[0, k] * faded)
                stayed = x.leaves[i, k] - x.joins[i, k]
                x.past_level[i, k] = 1.0 - (1.0 - start) * np.exp(-stayed / x.build[0, k])
                x.past_time[i, k] = x.leaves[i, k]
            x.joins[i, k] = joined[m]
            x.leaves[i, k] = NEVER
        if until[m] <= month0 + MONTHS:
            x.leaves[i, k] = max(until[m], x.joins[i, k])
