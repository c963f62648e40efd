"""The shipped table of processes, solved exactly, against simulated lives.

Without frailty and without memory of time the lives of a cohort are a Markov jump process over the joint
states of all processes. Its forward equation is solved piece by piece (calendar year, year of age) from a
generator that is read here from processes.yaml and the parameters, not from what the engine compiles.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from ruamel.yaml import YAML
from scipy import linalg, sparse, stats
from scipy.sparse.linalg import expm_multiply

from sim.engine.exposure import Exposure
from sim.engine.population import Children
from sim.model.households import HouseholdSpec, fit_joint
from sim.model.parameters import DATA, Parameters
from sim.model.processes import default_table
from sim.model.transitions import compile_table
from sim.states import AGES, EPOCH_YEAR, FORMS, MECHANISMS, MONTHS
from tests.worlds import HOUSEHOLD_FACTORS, Clockwork, born, flat, path_at, shape_at

CHILDREN = 200_000
BATCHES = 200
ERRORS = 4.0
ENOUGH = 25.0
SHOWN_AGE = 12
"""The year of age of which the report shows figures."""
"""Expected children or events from which a count is near enough to normal for standard errors."""
TABLE: dict[str, Any] = YAML(typ="safe", pure=True).load((DATA / "processes.yaml").read_text("utf-8"))
FORM_GROUPS = {
    "jeugdhulp": FORMS[:8],
    "met_verblijf": ("pleegzorg", "gezinshuis", "residentieel", "gesloten"),
}
SMALL = ("need", "signal", "wijkteam", "ambulant")
NOBODY = dict.fromkeys(HOUSEHOLD_FACTORS, 0)
STRONG = (-0.5, -0.3, 0.4, 0.8, 0.6, 0.5, -1.2)
"""A strong effect on each of MECHANISMS."""
Floats = NDArray[np.float64]
Agree = Callable[[str, float, float, float], None]


class Exact:
    """The forward equation of one kind of child: which processes move, and what stays as it is."""

    def __init__(
        self,
        p: Parameters,
        moving: tuple[str, ...],
        fixed: Mapping[str, int],
        child: Mapping[str, float],
        effects: Mapping[str, float],
    ) -> None:
        """child: boy and quintile (-2 to 2); effects: what a programme multiplies each mechanism by."""
        self.p, self.moving, self.child, self.effects = p, moving, child, effects
        self.states = {name: tuple(process["states"]) for name, process in TABLE["processes"].items()}
        self.states |= dict.fromkeys(HOUSEHOLD_FACTORS, ("no", "yes"))
        self.sizes = [len(self.states[name]) for name in moving]
        self.count = int(np.prod(self.sizes))
        places = np.unravel_index(np.arange(self.count), self.sizes)
        self.at = {name: np.full(self.count, fixed.get(name, 0)) for name in self.states}
        self.at |= dict(zip(moving, places, strict=True))
        self.rows: dict[str, tuple[NDArray[np.int64], NDArray[np.int64], Floats, dict[str, Any]]] = {}
        self.ways: dict[tuple[str, str, str], tuple[NDArray[np.int64], NDArray[np.int64], int]] = {}
        for name in moving:
            for row in TABLE["processes"].get(name, {"transitions": []})["transitions"]:
                self._add(name, row, self._rate(row))
        for name in (k for k in HOUSEHOLD_FACTORS if k in moving):
            self._add_household(name)

    def _rate(self, row: Mapping[str, Any]) -> Floats:
        """Return the yearly rate by joint state, without what changes with age and calendar year."""
        rate = np.full(self.count, self.p[row["rate"]])
        if risk := row.get("risk"):
            terms = TABLE["risks"][risk]
            rate *= np.exp(sum(self.p[terms[k]] * x for k, x in self.child.items() if k in terms))
        for other, prefix in row.get("by_state", {}).items():
            factors = [dict(self.p).get(f"{prefix}.{state}", 1.0) for state in self.states[other]]
            rate *= np.array(factors)[self.at[other]]
        for other, states in row.get("only", {}).items():
            rate *= np.isin(self.at[other], [self.states[other].index(s) for s in states])
        for words, factor in row.get("by_form", {}).items():
            forms = {f for word in words.split("+") for f in FORM_GROUPS.get(word, (word,))}
            rate[self._uses(forms)] *= self.p[factor]
        for other, factor in row.get("by_mark", {}).items():
            if other != "waiting":  # nobody waits here
                rate[self.at[other] != 0] *= self.p[factor]
        if "mechanism" not in row:
            return rate
        felt = np.ones(self.count, bool)
        for other, states in row.get("mechanism_only", {}).items():
            felt &= np.isin(self.at[other], [self.states[other].index(s) for s in states])
        return np.where(felt, rate * self.effects[row["mechanism"]], rate)

    def _uses(self, forms: set[str]) -> NDArray[np.bool_]:
        uses = np.zeros(self.count, bool)
        for name, states in self.states.items():
            for s, state in enumerate(states):
                if (name if state == "active" else state) in forms:
                    uses |= self.at[name] == s
        return uses

    def _add(self, process: str, row: dict[str, Any], rate: Floats) -> None:
        states = self.states[process]
        here = np.flatnonzero(self.at[process] == states.index(row["from"]))
        there = {name: self.at[name][here].copy() for name in self.moving}
        there[process][:] = states.index(row["to"])
        for other, state in row.get("sets", {}).items():
            there[other][:] = self.states[other].index(state)
        target = np.ravel_multi_index(tuple(there.values()), self.sizes)
        self.ways[process, row["from"], row["to"]] = here, target, len(self.rows)
        self.rows[row["name"]] = here, target, rate[here], row

    def _add_household(self, name: str) -> None:
        """Families enter a state at its exit rate times the odds of it, given the other two factors."""
        leave = self.p[TABLE["households"]["exit"][name]]
        joint = household_shares(self.p, self.child.get("quintile", 0.0))
        other = [k for k in HOUSEHOLD_FACTORS if k != name]
        enter = np.empty(self.count)
        for values in itertools.product((0, 1), repeat=2):
            given = dict(zip(other, values, strict=True))
            odds = joint[combination({**given, name: 1})] / joint[combination({**given, name: 0})]
            enter[np.all([self.at[k] == x for k, x in given.items()], axis=0)] = leave * odds
        self._add(name, {"name": f"{name}_enters", "from": "no", "to": "yes"}, enter)
        self._add(name, {"name": f"{name}_leaves", "from": "yes", "to": "no"}, np.full(self.count, leave))

    def _at_time(self, row: Mapping[str, Any], year: int, age: int) -> float:
        value = path_at(self.p, row["path"], year) if "path" in row else 1.0
        for shape in row.get("age", []):
            value *= shape_at(self.p, shape, age, shape in TABLE["step_shapes"])
        return value

    def live(self, shares: Floats, year: int, age: int, years: float) -> tuple[Floats, Floats, Floats]:
        """Live a piece of time; return (shares at its end, events by row, years by joint state)."""
        n = self.count
        rates = [
            (here, there, rate * self._at_time(row, year, age))
            for here, there, rate, row in self.rows.values()
        ]
        here, there, rate = (np.concatenate(parts) for parts in zip(*rates, strict=True))
        entries = np.concatenate([rate, -rate, np.ones(n)])
        origin = np.concatenate([here, here, np.arange(n)])
        target = np.concatenate([there, here, np.arange(n, 2 * n)])  # beside each state: the time spent
        forward = sparse.csr_matrix((entries * years, (target, origin)), shape=(2 * n, 2 * n))
        start = np.concatenate([shares, np.zeros(n)])
        if n <= 64:
            end = linalg.expm(forward.toarray()) @ start
        else:
            end = expm_multiply(forward, start, traceA=-rate.sum() * years)
        spent = end[n:]
        events = np.array([(spent[here] * rate).sum() for here, _, rate in rates])
        return end[:n], events, spent

    def turn(self, shares: Floats, age: int) -> tuple[Floats, Floats]:
        """Let a birthday pass; return (shares, events by row)."""
        shares, events = shares.copy(), np.zeros(len(self.rows))
        for name in self.moving:
            for leaves in TABLE["processes"].get(name, {}).get("at_birthday", []):
                if leaves["age"] == age:
                    here, there, row = self.ways[name, leaves["from"], leaves["to"]]
                    gone = shares[here] * self.p[leaves["probability"]]
                    shares[here] -= gone
                    np.add.at(shares, there, gone)
                    events[row] += gone.sum()
        return shares, events

    def life(self, start: Floats, birth: int) -> list[tuple[Floats, Floats, Floats]]:
        """Return (shares on 31 December, events by row, years by joint state) of each calendar year."""
        found, shares = [], start
        year, month = divmod(birth, MONTHS)
        for age in range(AGES):
            after = (MONTHS - month) / MONTHS  # the part of the calendar year from the birthday on
            events, spent = np.zeros(len(self.rows)), np.zeros(self.count)
            if age and month:
                shares, events, spent = self.live(shares, EPOCH_YEAR + year, age - 1, 1 - after)
            shares, turned = self.turn(shares, age)
            shares, more, longer = self.live(shares, EPOCH_YEAR + year, age, after)
            found.append((shares, events + turned + more, spent + longer))
            year += 1
        return found

    def index(self, children: Children, places: Mapping[str, int]) -> NDArray[np.int64]:
        """Return the joint state of each child."""
        return np.ravel_multi_index(
            tuple(children.state[:, places[name]].astype(np.int64) for name in self.moving), self.sizes
        )


def combination(states: Mapping[str, Any]) -> Any:
    """Return the number of a combination of household factors, or of each one in arrays of them."""
    return sum(states[name] << k for k, name in enumerate(HOUSEHOLD_FACTORS))


def household_shares(p: Parameters, quintile: float) -> Floats:
    """Return the share of each combination of household factors in a neighbourhood."""
    joint = fit_joint(HouseholdSpec(**TABLE["households"]), p)
    return np.asarray(joint.probability[int(quintile) + 2])


def without_memory(p: Parameters) -> Parameters:
    """Return parameters without frailty and vulnerability, and rates that know no time in a state."""
    risks = TABLE["risks"].values()
    traits = {name: 0.0 for risk in risks for k, name in risk.items() if k in TABLE["traits"]}
    return flat(p, "end.duration", "need.relapse").replace({"frailty.sd": 0.0, **traits})


def only(p: Parameters, moving: tuple[str, ...], families: bool = False) -> Parameters:
    """Return parameters under which no other process leaves the state in which all start."""
    rates = {
        row["rate"]
        for name, process in TABLE["processes"].items()
        for row in process["transitions"]
        if name not in moving and row["from"] == process["states"][0]
    }
    exits = set() if families else set(TABLE["households"]["exit"].values())
    return p.replace(dict.fromkeys(rates | exits, 0.0))


def within_errors(found: Floats, expected: Floats, variance: Floats, what: object) -> Floats:
    """Check counts of which enough were expected; return how far off each is, in standard errors."""
    enough = expected >= ENOUGH
    off = (found[enough] - expected[enough]) / np.sqrt(np.maximum(variance[enough], 1.0))
    assert np.all(np.abs(off) < ERRORS), (what, off.round(1))
    return np.asarray(off)


def likely(found: Floats, expected: Floats) -> bool:
    """Tell whether children spread over the joint states as they should; rare states are one cell."""
    rare = expected < ENOUGH
    found = np.append(found[~rare], found[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    if expected[-1] < ENOUGH:
        found, expected = found[:-1], expected[:-1]
    return bool(stats.chi2.sf(((found - expected) ** 2 / expected).sum(), expected.size) > 1e-4)


class Kind(NamedTuple):
    """Children who are alike: how many, and their expected life by calendar year."""

    size: int
    years: list[tuple[Floats, Floats, Floats]]


def kinds(
    p: Parameters,
    children: Children,
    moving: tuple[str, ...],
    household: Mapping[str, int] | None,
    effects: Mapping[str, float],
) -> tuple[Exact, list[Kind]]:
    """Solve the lives of boys and girls by neighbourhood; return one of the equations and all lives."""
    found = []
    for boy, quintile in itertools.product((0, 1), range(5)):
        size = int(((children.sex == boy) & (children.quintile == quintile)).sum())
        if size:
            exact = Exact(p, moving, household or {}, {"boy": boy, "quintile": quintile - 2.0}, effects)
            start = np.zeros(exact.count)
            start[0] = 1.0
            if household is None:
                rest = np.all([exact.at[k] == 0 for k in moving if k not in HOUSEHOLD_FACTORS], axis=0)
                combos = combination(exact.at)
                start = np.where(rest, household_shares(p, quintile - 2.0)[combos], 0.0)
            found.append(Kind(size, exact.life(start, int(children.birth[0]))))
    return exact, found


def always_there(n: int, birth: int, log_effect: tuple[float, ...]) -> Exposure:
    """Return the exposure of children who come from birth and feel the whole effect at once."""
    return Exposure(
        past_level=np.zeros((n, 1), np.float32),
        past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), birth, np.int16),
        leaves=np.full((n, 1), birth + 30 * MONTHS, np.int16),
        log_effect=np.array([[log_effect]]),
        build=np.array([[1e-9]]),
        decay=np.array([[0.0]]),
    )


def check(
    p: Parameters,
    moving: tuple[str, ...],
    household: Mapping[str, int] | None,
    birth: int,
    pool: Executor,
    agree: Agree,
    log_effect: tuple[float, ...] = (0.0,) * len(MECHANISMS),
) -> int:
    """Live a cohort from birth to 23 and compare it, year by year, with its forward equation.

    household: the factors of every family, for good; None leaves them as drawn and lets them move.
    Compared are children by joint state and by state on 31 December (binomial standard errors), and
    events by row and months by state during the year (standard errors from the spread over batches).
    Returns how many figures were compared.
    """
    table = compile_table(default_table(), p, EPOCH_YEAR + birth // MONTHS + AGES)
    children = born(CHILDREN, table, p, month=birth)
    children.arrives[:] = birth // MONTHS
    places = {name: table.process(name) for name in table.processes}
    for name, state in (household or {}).items():
        children.state[:, places[name]] = state
    effects = dict(zip(MECHANISMS, np.exp(log_effect), strict=True)) | {"signalling": log_effect[3]}
    exact, alike = kinds(p, children, moving, household, effects)
    sizes = np.array([kind.size for kind in alike])

    n = children.id.size
    borders = np.linspace(0, n, BATCHES + 1).astype(int)
    clock, x = Clockwork(table), always_there(n, birth, log_effect)
    states = [(name, state) for name in moving for state in exact.states[name]]
    inside = np.array([exact.at[name] == exact.states[name].index(state) for name, state in states], float)
    moved = np.array([state != exact.states[name][0] for name, state in states])
    rows = [table.row(name) for name in exact.rows]
    times = [clock.layout.time + table.state(*key) for key, m in zip(states, moved, strict=True) if m]
    told = np.empty(0)
    for year in range(birth // MONTHS, birth // MONTHS + AGES):
        clock.bounds(year)

        def live(b: int, year: int = year) -> Floats:
            tally = clock.live(children, year, 1, x, rows=slice(borders[b], borders[b + 1]))
            return np.asarray(tally[:, :AGES].sum(axis=1))

        batches = np.array(list(pool.map(live, range(BATCHES))))
        shares, events, years = (
            np.array([kind.years[year - birth // MONTHS][part] for kind in alike]) for part in range(3)
        )
        found = np.bincount(exact.index(children, places), minlength=exact.count).astype(float)
        assert likely(found, sizes @ shares), year
        by_state = shares @ inside.T
        variance = sizes @ (by_state * (1 - by_state))
        told = np.append(told, within_errors(inside @ found, sizes @ by_state, variance, (year, states)))
        if year == birth // MONTHS + SHOWN_AGE:
            for k, (name, state) in enumerate(states):
                if name == "need" and state != "none":
                    error = ERRORS * math.sqrt(variance[k])
                    agree(f"children with {state} need at {SHOWN_AGE}", (inside @ found)[k],
                          (sizes @ by_state)[k], error)  # fmt: skip
        months = (sizes @ years @ inside.T)[moved] * MONTHS
        for what, columns, expected in (("events", rows, sizes @ events), ("months", times, months)):
            least = expected * (MONTHS if what == "months" else 1)  # of a spell that lasts the year
            spread = np.maximum(BATCHES * batches[:, columns].var(axis=0, ddof=1), least)
            off = within_errors(batches[:, columns].sum(axis=0), expected, spread, (year, what))
            told = np.append(told, off)
    agree("furthest off of all figures, in standard errors", np.abs(told).max(), 0.0, ERRORS)
    return told.size


@pytest.mark.parametrize(
    ("household", "month"),
    [(NOBODY, 0), ({**NOBODY, "eenouder": 1, "bijstand": 1}, 5), ({**NOBODY, "ouder_ggz": 1}, 11)],
    ids=["two parents", "one parent in bijstand", "parental illness"],
)
def test_need_signal_and_help_of_families_that_stay_as_they_are(
    parameters: Parameters, pool: Executor, agree: Agree, household: dict[str, int], month: int
) -> None:
    """Born in 2003: twelve when help began to be counted, eighteen in 2021."""
    p = only(without_memory(parameters), SMALL)
    assert check(p, SMALL, household, (2003 - EPOCH_YEAR) * MONTHS + month, pool, agree) > 20 * AGES


def test_help_that_changes_need_and_other_help(parameters: Parameters, pool: Executor, agree: Agree) -> None:
    """Factors of other forms of care far from 1, and access that grows and shrinks; born in 2010."""
    p = only(without_memory(parameters), SMALL).replace(
        {
            "need.care_on_escalation": 0.2,
            "need.care_on_recovery": 3.0,
            "start.second": 2.5,
            "start.wijkteam_to_other": 4.0,
            "access.growth_after_2019": 0.1,
            "access.growth_projection": -0.1,
        }
    )
    assert check(p, SMALL, NOBODY, (2010 - EPOCH_YEAR) * MONTHS + 2, pool, agree) > 20 * AGES


def test_everyone_in_a_programme_from_birth(parameters: Parameters, pool: Executor, agree: Agree) -> None:
    p = only(without_memory(parameters), SMALL)
    birth = (2003 - EPOCH_YEAR) * MONTHS + 8
    assert check(p, SMALL, NOBODY, birth, pool, agree, log_effect=STRONG) > 20 * AGES


OUTCOMES = ("need", "reclassering", "mishandeling", "onderwijs", "school", "delict", "meedoen")


@pytest.mark.parametrize("household", [NOBODY, {**NOBODY, "eenouder": 1, "bijstand": 1, "ouder_ggz": 1}])
def test_what_befalls_youths_and_what_they_do(
    parameters: Parameters, pool: Executor, agree: Agree, household: dict[str, int]
) -> None:
    """Outcomes that depend on each other and on need: 384 joint states, by sex and neighbourhood."""
    p = only(without_memory(parameters), OUTCOMES)
    assert check(p, OUTCOMES, household, (2003 - EPOCH_YEAR) * MONTHS + 7, pool, agree) > 20 * AGES


def test_all_care_with_families_that_change(parameters: Parameters, pool: Executor, agree: Agree) -> None:
    """Need, signal, every form of care, three household factors: 20,480 joint states. Boys, one quintile."""
    care = tuple(name for name in TABLE["processes"] if name not in OUTCOMES[2:])
    moving = (*care, *HOUSEHOLD_FACTORS)
    p = only(without_memory(parameters), moving, families=True).replace(
        {"population.boy": 1.0, "need.per_quintile": 0.0, "household.bijstand_per_quintile": 1.0}
    )
    assert check(p, moving, None, (2003 - EPOCH_YEAR) * MONTHS + 6, pool, agree) > 30 * AGES
