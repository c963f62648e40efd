"""Places and waiting lists: never too many in care, urgent first, then first come first served."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor
from functools import cache
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.engine.config import RunConfig, worker_threads
from sim.engine.counting import Books, stop_waiting
from sim.engine.history import History
from sim.engine.plan import LIMITED
from sim.engine.population import Children
from sim.engine.simulation import simulate
from sim.engine.waitinglist import WaitingLists, fill_places, occupied
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.profiles import profiles
from sim.model.parameters import Parameters, default_parameters
from sim.runs.experiment import Columns
from sim.states import AGES, EPOCH_YEAR, FORMS, MONTHS
from tests.worlds import Lived, same, scenario

Floats = NDArray[np.float64]
PEOPLE = 15_000
YEARS = 4
LONGEST = 10_000
NOWHERE = dict.fromkeys(LIMITED, 0)
ENDLESS = dict.fromkeys(LIMITED, "unlimited")


# One form, one step


def queue(rng: np.random.Generator, n: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return when each of n children was referred (before or within the step 5..6), need, and id."""
    return rng.uniform(4.0, 6.0, n), rng.integers(0, 4, n), rng.permutation(n)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(-5, 40), st.integers(0, 40), st.integers(0, 2**32))
def test_places_are_handed_out_in_order(n: int, free: int, releases: int, seed: int) -> None:
    """Against the rule said in words: at every moment, the most urgent of those who are there."""
    rng = np.random.default_rng(seed)
    since, urgency, child = queue(rng, n)
    freed = rng.uniform(5.0, 6.0, releases)
    admitted = fill_places(free, since, urgency, child, freed, 5.0)
    events = sorted([(5.0, 0, -1)] + [(t, 1, -1) for t in freed] + [(s, 2, j) for j, s in enumerate(since)])
    room, waiting, expected = free, [j for j in range(n) if since[j] < 5.0], np.full(n, -1.0)
    for t, what, j in events:
        if t < 5.0:
            continue
        room += what == 1
        if what == 2:
            waiting.append(j)
        while room > 0 and waiting:
            best = min(waiting, key=lambda k: (-urgency[k], since[k], child[k]))
            waiting.remove(best)
            expected[best] = t
            room -= 1
    assert np.array_equal(admitted, expected)
    assert (admitted >= 0).sum() <= max(free, 0) + releases
    assert np.all((admitted < 0) | (admitted >= since))


def test_without_places_everybody_waits_and_with_enough_nobody_does() -> None:
    since, urgency, child = queue(np.random.default_rng(1), 50)
    nothing = np.empty(0)
    assert np.all(fill_places(0, since, urgency, child, nothing, 5.0) == -1)
    assert np.array_equal(fill_places(50, since, urgency, child, nothing, 5.0), np.maximum(since, 5.0))


def erlang_c(c: int, offered: float, mu: float) -> tuple[float, float]:
    """Return (probability of waiting, mean wait) of M/M/c: reference/published_results, section 2."""
    blocked = 1.0
    for k in range(1, c + 1):
        blocked = offered / mu * blocked / (k + offered / mu * blocked)
    rho = offered / mu / c
    wait = blocked / (1 - rho * (1 - blocked))
    return wait, wait / (c * mu - offered)


@pytest.mark.parametrize(
    ("c", "offered", "p_wait", "mean_wait"),
    [
        (1, 0.8, 0.8, 4.0),
        (2, 1.5, 0.642857, 1.285714),
        (3, 2.0, 0.444444, 0.444444),
        (5, 4.0, 0.554113, 0.554113),
        (10, 9.0, 0.668732, 0.668732),
    ],
)
def test_the_queue_is_that_of_erlang(
    c: int, offered: float, p_wait: float, mean_wait: float, agree: Callable[[str, float, float, float], None]
) -> None:
    """On fine steps; a stay that ends in the step in which it began frees its place in the next."""
    assert erlang_c(c, offered, 1.0) == pytest.approx((p_wait, mean_wait), rel=1e-5)
    length, months = 0.04, 300_000
    rng = np.random.default_rng(c)
    n = rng.poisson(offered * months)
    arrive, stay = np.sort(rng.uniform(0, months, n)), rng.exponential(1.0, n)
    wait = run_queue(arrive, stay, c, length)
    parts = np.array_split(wait[n // 20 :], 20)
    for what, means, expected in (
        ("chance to wait", [(part > 1e-9).mean() for part in parts], p_wait),
        ("mean wait", [part.mean() for part in parts], mean_wait),
    ):
        error = np.std(means) / math.sqrt(len(means))
        agree(f"{what}, {c} places", float(np.mean(means)), expected, 3 * error + 0.01 * expected)
        assert error < 0.04 * expected


@numba.njit
def run_queue(arrive, stay, c, length):  # type: ignore[no-untyped-def]
    """Return each arrival's wait, with places handed out step by step as the engine does.

    A list that is longer than LONGEST ends in an error: it is a hundred times what these queues come to.
    """
    wait = np.zeros(arrive.size)
    inside, people = np.empty(c), 0  # when they leave
    waiting, length_of_list = np.empty(LONGEST, np.int64), 0
    upto, step = 0, 0
    while upto < arrive.size:
        opens, closes = step * length, (step + 1) * length
        while upto < arrive.size and arrive[upto] < closes:
            waiting[length_of_list] = upto
            length_of_list += 1
            upto += 1
        stays = inside[:people] >= closes
        freed = np.maximum(inside[:people][~stays], opens)
        if length_of_list or freed.size:
            rows = waiting[:length_of_list].copy()
            free = c - people
            kept = inside[:people][stays]
            people = kept.size
            inside[:people] = kept
            length_of_list = 0
            admitted = fill_places(free, arrive[rows], np.zeros(rows.size, np.int64), rows, freed, opens)
            for j, t in zip(rows, admitted):  # noqa: B905 (numba knows no strict)
                if t < 0:
                    waiting[length_of_list] = j
                    length_of_list += 1
                else:
                    wait[j] = t - arrive[j]
                    inside[people] = t + stay[j]
                    people += 1
        step += 1
    return wait


# A municipality


@cache
def shortage() -> Parameters:
    """Return parameters with less room than is used, so that lists are long."""
    return default_parameters().replace(
        {**profiles()["Almere"].overrides, "townhall.places_margin": 0.9, "townhall.contract_down": 0.0}
    )


@pytest.fixture(scope="module")
def pool() -> Any:
    with worker_threads(2) as threads:
        yield threads


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return RunConfig(profiles()["Almere"], shortage(), seed=3, children=PEOPLE)


@pytest.fixture(scope="module")
def warm(config: RunConfig, pool: Executor) -> WarmStart:
    return warm_up(config, 2026, pool)


class Capped:
    """A history with the children as they were at its end, and the places at every step."""

    def __init__(self, places: Any, config: RunConfig, warm: WarmStart, pool: Executor) -> None:
        capped = scenario(policy="capped", places=places, years=YEARS)
        run = Lived(capped, config, warm, pool)
        self.history: History = run.counted
        self.blocks: list[Children] = run.blocks
        lay = self.history.layout
        totals = self.history.cells[..., :AGES].sum(axis=(1, 3))
        self.by_form = {
            name: totals[:, getattr(lay, name) : getattr(lay, name) + len(FORMS)]
            for name in ("referral", "waiting", "waiting_time", "waited", "admitted", "withdrawn")
        }


@pytest.fixture(scope="module")
def tight(config: RunConfig, warm: WarmStart, pool: Executor) -> Capped:
    return Capped({}, config, warm, pool)


def test_lists_form_where_there_is_too_little_room(tight: Capped) -> None:
    ambulant = FORMS.index("ambulant")
    assert tight.by_form["waiting"][-1, ambulant] > 20
    unlimited = [f for f, form in enumerate(FORMS) if form not in LIMITED]
    assert all(not counts[:, unlimited].any() for counts in tight.by_form.values())


def test_the_lists_balance(tight: Capped) -> None:
    """Referred = admitted + withdrawn + still waiting, but for children on a list who move away."""
    b = tight.by_form
    before = np.vstack([np.zeros(len(FORMS)), b["waiting"][:-1]])
    lost = before + b["referral"] - b["admitted"] - b["withdrawn"] - b["waiting"]
    assert np.all(lost >= 0)
    assert lost.sum() <= 0.06 * b["waiting"][:-1].sum() + 3


def test_a_list_left_before_it_was_joined_was_never_waited_on(tight: Capped) -> None:
    """Who is let in halfway a month lives its rest again, and may undo a referral made at its end."""
    children, lay = tight.blocks[0].part(slice(None)), tight.history.layout
    form, joined = FORMS.index("ambulant"), 12.0
    children.waits[0], children.waits_since[0, form] = 1 << form, joined
    for left, spent in ((joined - 0.4, 0.0), (joined + 0.4, 0.4)):
        tally = np.zeros_like(tight.history.cells[0, 0])
        children.waits[0] = 1 << form
        stop_waiting(children, 0, 1 << form, left, False, Books(tally, lay, 1.0, 9, 0, 0.0))
        assert tally[lay.waiting_time + form, 9] == pytest.approx(spent)
        assert not children.waits[0]


def test_little_s_law_holds_on_every_list(tight: Capped) -> None:
    """Time on the list is what those who left it waited, plus what those still there have waited."""
    time = tight.by_form["waiting_time"].sum(axis=0)
    finished = tight.by_form["waited"].sum(axis=0)
    assert np.all(time >= finished - 1e-6)
    for form in LIMITED:
        f = FORMS.index(form)
        arrivals = tight.by_form["referral"][:, f].sum() / (YEARS * MONTHS)
        if arrivals * YEARS * MONTHS < 200:
            continue
        length = time[f] / (YEARS * MONTHS)
        wait = time[f] / tight.by_form["referral"][:, f].sum()
        assert length == pytest.approx(arrivals * wait)  # L = lambda W, with W over all who joined


def test_there_are_never_more_children_than_places(
    config: RunConfig, warm: WarmStart, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lists' own count at every step, and a count of the children themselves each 1 January."""
    seen: list[tuple[Floats, NDArray[np.int64]]] = []
    admit = WaitingLists.admit

    def spy(lists: Any, *arguments: Any) -> Any:
        rows = admit(lists, *arguments)
        seen.append((lists.places.copy(), lists.occupied.copy()))
        return rows

    monkeypatch.setattr(WaitingLists, "admit", spy)
    before = [block.part(slice(None)) for block in warm.blocks]
    moving = Capped({}, config, warm, pool)
    assert len(seen) == YEARS * MONTHS
    begun = np.maximum.reduce([np.floor(seen[0][0]), occupied(before, 2026 - EPOCH_YEAR)])
    for places, count in seen:
        begun = np.minimum(begun, np.maximum(np.floor(places), count))
        assert np.all(count <= np.maximum(np.floor(places), begun) + 3)  # three: families who moved in
    full = np.mean([count[1] >= np.floor(places[1]) - 1 for places, count in seen])
    assert full > 0.9  # of ambulant help: no place stays empty while children wait
    at_end = occupied(moving.blocks, 2026 + YEARS - EPOCH_YEAR)
    limited = [FORMS.index(form) for form in LIMITED]
    arrivals = sum(int((b.arrives == 2026 + YEARS - EPOCH_YEAR).sum()) for b in moving.blocks)
    leavers = sum(int((b.departs == 2026 + YEARS - EPOCH_YEAR).sum()) for b in moving.blocks)
    gap = np.abs(at_end[limited] - seen[-1][1][limited])
    assert gap.sum() <= 0.15 * (arrivals + leavers)  # who moved on 1 January


def test_unlimited_places_are_no_limit_at_all(config: RunConfig, warm: WarmStart, pool: Executor) -> None:
    free = Capped(ENDLESS, config, warm, pool)
    deficit = Lived(scenario(years=YEARS), config, warm, pool)
    assert all(same(a, b, "waits_since") for a, b in zip(free.blocks, deficit.blocks, strict=True))
    assert not any(counts.any() for counts in free.by_form.values())


def test_with_more_places_than_anyone_needs_nobody_waits(
    config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    roomy = Capped(dict.fromkeys(LIMITED, 6e4), config, warm, pool)
    assert roomy.by_form["referral"].sum() > 500
    assert not roomy.by_form["waiting"].any()
    # all but those who grow too old, or are referred again, within the month
    assert roomy.by_form["admitted"].sum() > 0.99 * roomy.by_form["referral"].sum()
    assert roomy.by_form["waited"].sum() == pytest.approx(0.0, abs=1e-3)
    deficit = simulate(scenario(years=YEARS), config, pool, warm)
    a, b = (h.place_years().sum(axis=(1, 2)) for h in (roomy.history, deficit))
    np.testing.assert_allclose(a, b, rtol=0.03)  # places at once are care as without limits


def test_without_places_nobody_starts(config: RunConfig, warm: WarmStart, pool: Executor) -> None:
    none = Capped(NOWHERE, config, warm, pool)
    assert none.by_form["referral"].sum() > 500
    assert not none.by_form["admitted"].any()
    stock = none.history.place_years().sum(axis=1)[:, [FORMS.index(f) for f in LIMITED]].sum(axis=1)
    assert np.all(np.diff(stock) < 0)


def test_more_places_mean_less_waiting(
    config: RunConfig, warm: WarmStart, pool: Executor, tight: Capped
) -> None:
    roomier = Capped({}, replaced(config, {"townhall.places_margin": 1.0}), warm, pool)
    assert roomier.by_form["waiting_time"].sum() < 0.7 * tight.by_form["waiting_time"].sum()


def replaced(config: RunConfig, changes: dict[str, float]) -> RunConfig:
    return RunConfig(
        config.profile, config.parameters.replace(changes), config.seed, children=config.children
    )


def test_nobody_is_harmed_by_help_except_through_lists(
    config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    """A programme that only prevents: without limits no child's need is ever worse for it."""
    helpful = {
        "kinderwerk.effect_exists": 1.0, "kinderwerk.moderate_need": 0.7, "kinderwerk.recovery_light": 1.3,
        "kinderwerk.signalling": 1.0,
    }  # fmt: skip
    own = replaced(config, helpful)
    lives = []
    for fte in (0, 72):
        lives.append(Lived(scenario(fte, years=YEARS), own, warm, pool))
    need = lives[0].clock.layout.need
    untouched = changed = 0
    for without, with_it in zip(lives[0].blocks, lives[1].blocks, strict=True):
        differs = np.any(without.state != with_it.state, axis=1)
        changed += int(differs.sum())
        untouched += int((~differs).sum())
    assert changed > 0
    for k, (a, b) in enumerate(zip(lives[0].blocks, lives[1].blocks, strict=True)):
        never = np.all(lives[1].exposed[k].joins == lives[0].exposed[k].joins, axis=1)
        never &= np.all(lives[1].exposed[k].past_level == lives[0].exposed[k].past_level, axis=1)
        never &= np.all(lives[1].exposed[k].leaves == lives[0].exposed[k].leaves, axis=1)
        assert np.array_equal(a.state[never], b.state[never])  # those it does not reach live the same life
    total = [sum(int((b.state[:, need] >= 2).sum()) for b in run.blocks) for run in lives]
    assert total[1] < total[0]


def test_threads_change_nothing(config: RunConfig, warm: WarmStart, tight: Capped) -> None:
    with worker_threads(1) as one:
        again = Capped({}, config, warm, one)
    assert again.history.cells.tobytes() == tight.history.cells.tobytes()
    assert all(same(a, b) for a, b in zip(again.blocks, tight.blocks, strict=True))


def test_a_prevented_place_is_refilled_and_saves_no_money(
    config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    """Under lists that stay long the bill is that of the places, in both scenarios alike."""
    bills = []
    for fte in (0, 72):
        p = config.parameters.replace({"kinderwerk.effect_exists": 1.0, "kinderwerk.moderate_need": 0.6})
        own = RunConfig(config.profile, p, config.seed, children=config.children)
        outside = scenario(fte, policy="capped", years=YEARS, use={"paid_by": "outside"})
        history = simulate(outside, own, pool, warm)
        columns = Columns.of(history, p)
        bills.append(columns.values[columns.labels.index(("cost_cashable", "payer", "gemeente"))])
    unlimited_share = 0.04  # wijkteam and measures have no limit, and can be cashed in part
    assert np.all(np.abs(bills[1] - bills[0]) < unlimited_share * bills[0])


def test_a_sample_says_nothing_about_waiting(config: RunConfig, warm: WarmStart, pool: Executor) -> None:
    history = simulate(scenario(policy="capped", years=1), config, pool, warm)
    assert not any(label[0].startswith("waiting") for label in Columns.of(history, config.parameters).labels)


def test_waits_shrink_towards_those_of_all_children(pool: Executor) -> None:
    """Fewer children share fewer places: the wait of a sample comes down as the sample grows."""
    means = []
    for children in (2_000, 8_000, 32_000):
        waits = []
        for seed in (1, 2):
            own = RunConfig(profiles()["Almere"], default_parameters(), seed=seed, children=children)
            lived = Capped({}, own, warm_up(own, 2026, pool), pool)
            waits.append(lived.by_form["waited"].sum() / lived.by_form["admitted"].sum())
        means.append(np.mean(waits))
    assert means[0] > means[1] > means[2]
