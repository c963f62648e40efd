"""The promise of luck: uniform, independent between its coordinates, exact at its ends, a pure function."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import sim
from sim.luck import (
    DRAW_RANGE,
    MAX_CHILD,
    MAX_STEP,
    OCCURRENCE,
    Decision,
    draw,
    key_of,
    luck,
    philox,
    uniform,
)
from sim.model.catalogue import catalogue
from sim.model.parameters import default_parameters
from sim.model.processes import default_table
from sim.model.transitions import compile_table

SOURCES = sorted(Path(sim.__file__).parent.rglob("*.py"))
MANY = np.arange(1 << 20, dtype=np.uint32)
LIKELY = (1e-4, 1 - 1e-4)
"""Where the p-value of a test of a good generator lies; the seeds are fixed, so nothing here is a gamble."""
word = st.integers(0, 2**32 - 1)


@numba.njit
def uniforms(key: np.uint64, decision: int, step: int, children: np.ndarray) -> np.ndarray:
    """Return `uniform` for each of `children` (uint32[n]) as float64[n]."""
    result = np.empty(children.size, np.float64)
    for i in range(children.size):
        result[i] = uniform(key, decision, step, children[i])
    return result


def philox_by_the_book(low: int, high: int, key: int) -> int:
    """Return the first word of Philox 2x32-10 as Salmon et al. (2011) define it, in plain integers."""
    for _ in range(10):
        product_ = 0xD256D193 * low
        low, high = (product_ >> 32) ^ key ^ high, product_ & 0xFFFFFFFF
        key = (key + 0x9E3779B9) & 0xFFFFFFFF
    return low


def assert_flat(values: np.ndarray, bins: int = 1024) -> None:
    """Check that numbers in (0, 1) are spread as evenly as chance makes them: not worse, not better."""
    counts = np.bincount((values * bins).astype(np.int64), minlength=bins)
    assert LIKELY[0] < stats.chisquare(counts).pvalue < LIKELY[1]
    assert LIKELY[0] < stats.kstest(values, "uniform").pvalue < LIKELY[1]


def assert_independent(a: np.ndarray, b: np.ndarray, bins: int = 32) -> None:
    """Check that two series share nothing: no correlation, and every pair of bins as often as any other."""
    assert abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(a.size) < 4
    pairs = (a * bins).astype(np.int64) * bins + (b * bins).astype(np.int64)
    assert LIKELY[0] < stats.chisquare(np.bincount(pairs, minlength=bins * bins)).pvalue < LIKELY[1]


# The generator is the published one


@pytest.mark.parametrize(
    ("low", "high", "key", "first_word"),
    [
        (0x00000000, 0x00000000, 0x00000000, 0xFF1DAE59),
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x2C3F628B),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0xDD7CE038),
    ],
)
def test_philox_gives_the_published_answers(low: int, high: int, key: int, first_word: int) -> None:
    """The known-answer vectors of Random123 for philox2x32 with ten rounds."""
    assert philox(np.uint64(low), np.uint64(high), np.uint64(key)) == first_word
    assert philox_by_the_book(low, high, key) == first_word


@given(word, word, word)
def test_philox_is_philox_everywhere(low: int, high: int, key: int) -> None:
    assert philox(np.uint64(low), np.uint64(high), np.uint64(key)) == philox_by_the_book(low, high, key)


@given(word, st.integers(0, 2**16 - 1), st.integers(0, MAX_STEP), st.integers(0, MAX_CHILD))
def test_a_draw_uses_every_bit_of_its_coordinates(key: int, decision: int, step: int, child: int) -> None:
    expected = philox_by_the_book(child, decision << 16 | step, key) >> 1
    assert draw(np.uint64(key), decision, step, child) == expected
    assert uniform(np.uint64(key), decision, step, child) == (expected + 0.5) / 2**31


# Uniform


@pytest.mark.parametrize("decision", list(Decision))
def test_luck_is_uniform_over_children(decision: Decision) -> None:
    assert_flat(uniforms(key_of(1), decision, 400, MANY))


def test_luck_is_uniform_over_steps_occurrences_and_seeds() -> None:
    key = key_of(2)
    steps = np.array([uniform(key, Decision.CLOCK, step, 7) for step in range(MAX_STEP + 1)])
    occurrences = np.array([uniform(key, Decision.WHICH + n * OCCURRENCE, 3, 7) for n in range(2000)])
    seeds = np.array([uniform(key_of(seed), Decision.CLOCK, 3, 7) for seed in range(20_000)])
    assert_flat(steps, 256)
    assert_flat(occurrences, 32)
    assert_flat(seeds, 256)


def test_every_bit_of_a_draw_is_a_fair_coin() -> None:
    draws = (uniforms(key_of(3), Decision.CLOCK, 11, MANY) * 2**31).astype(np.int64)
    heads = np.array([((draws >> bit) & 1).mean() for bit in range(31)])
    assert np.abs(heads - 0.5).max() < 4.5 * 0.5 / np.sqrt(MANY.size)


# Independent


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decision.CLOCK, Decision.WHICH),
        (Decision.SEX, Decision.NEIGHBOURHOOD),
        (Decision.NEIGHBOURHOOD, Decision.ATTRIBUTE),
        (Decision.ATTRIBUTE, Decision.FRAILTY),
        (Decision.JOIN, Decision.LEAVE),
        (Decision.JOIN, Decision.CLOCK),
        (Decision.BIRTHDAY, Decision.CLOCK),
        (Decision.FRAILTY, Decision.FRAILTY + OCCURRENCE),
        (Decision.CLOCK, Decision.CLOCK + OCCURRENCE),
        (Decision.WHICH, Decision.WHICH + OCCURRENCE),
    ],
)
def test_decisions_of_one_child_in_one_step_are_independent(one: int, other: int) -> None:
    key = key_of(4)
    assert_independent(uniforms(key, one, 250, MANY), uniforms(key, other, 250, MANY))


@pytest.mark.parametrize("apart", [1, 2, 12])
def test_steps_are_independent(apart: int) -> None:
    key = key_of(5)
    assert_independent(
        uniforms(key, Decision.CLOCK, 250, MANY), uniforms(key, Decision.CLOCK, 250 + apart, MANY)
    )


@pytest.mark.parametrize("apart", [1, 2, 1 << 16, 1 << 21])
def test_children_are_independent(apart: int) -> None:
    """Also where ids differ in one bit only: in serial number, age at arrival or month of birth."""
    key = key_of(6)
    assert_independent(
        uniforms(key, Decision.CLOCK, 9, MANY), uniforms(key, Decision.CLOCK, 9, MANY + np.uint32(apart))
    )


@pytest.mark.parametrize(
    ("a", "b"), [((0,), (1,)), ((0, 1), (0, 2)), ((0, 1, 1), (0, 1, 2)), ((1, 0), (0, 1))]
)
def test_seeds_draws_and_replications_are_independent(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    assert_independent(
        uniforms(key_of(*a), Decision.CLOCK, 9, MANY), uniforms(key_of(*b), Decision.CLOCK, 9, MANY)
    )


def test_the_months_of_one_child_have_no_memory() -> None:
    key = key_of(7)
    steps = np.array([uniform(key, Decision.CLOCK, step, 12345) for step in range(MAX_STEP + 1)])
    for lag in (1, 2, 12, 64):
        assert_independent(steps[:-lag], steps[lag:], 16)


# A pure function


def test_luck_is_the_same_whatever_the_order() -> None:
    key, order = key_of(8), np.random.default_rng(0).permutation(1000)
    children = MANY[:1000]
    forward = uniforms(key, Decision.CLOCK, 5, children)
    assert np.array_equal(uniforms(key, Decision.CLOCK, 5, children[order]), forward[order])
    assert [luck(8, Decision.CLOCK, 5, child) for child in (999, 3, 999)] == [
        forward[999],
        forward[3],
        forward[999],
    ]


def test_luck_stays_what_it_was() -> None:
    """Saved results rest on these numbers: a change here changes every result."""
    assert [int(key_of(0)), int(key_of(42)), int(key_of(7, 3, 2))] == [461294381, 3140534338, 889192464]
    assert int(draw(key_of(42), Decision.CLOCK, 0, 1000)) == 1420140974
    assert int(draw(key_of(42), Decision.CLOCK + OCCURRENCE, 407, 862_000_000)) == 1489039958


# Its ends


def test_never_and_always_are_exact() -> None:
    """The extremes of 32 bits, found by going through the generator backwards from its output."""
    smallest, largest = _coordinates_of(0x00000000), _coordinates_of(0xFFFFFFFF)
    for (key, decision, step, child), expected in ((smallest, 0), (largest, DRAW_RANGE - 1)):
        found = draw(np.uint64(key), decision, step, child)
        assert found == expected
        assert not found < np.uint32(0)  # a threshold of 0 is never
        assert found < np.uint32(DRAW_RANGE)  # a threshold of DRAW_RANGE is always
        assert 0.0 < uniform(np.uint64(key), decision, step, child) < 1.0


def _coordinates_of(first_word: int) -> tuple[int, int, int, int]:
    """Return (key, decision, step, child) whose draw comes from a given word of Philox."""
    key, inverse = 12345, pow(0xD256D193, -1, 2**32)
    keys = [(key + n * 0x9E3779B9) & 0xFFFFFFFF for n in range(10)]
    low, high = first_word, 0
    for k in reversed(keys):
        before = high * inverse & 0xFFFFFFFF
        low, high = before, low ^ k ^ (0xD256D193 * before >> 32)
    return key, high >> 16, high & 0xFFFF, low


def test_the_first_and_last_child_and_step_have_luck() -> None:
    corners = [
        luck(0, decision, step, child)
        for decision, step, child in product(Decision, (0, MAX_STEP), (0, MAX_CHILD))
    ]
    assert all(0.0 < value < 1.0 for value in corners)
    assert len(set(corners)) == len(corners)


@pytest.mark.parametrize(("step", "child"), [(-1, 0), (MAX_STEP + 1, 0), (0, -1), (0, MAX_CHILD + 1)])
def test_coordinates_outside_their_range_are_refused(step: int, child: int) -> None:
    with pytest.raises(ValueError, match="must be at most"):
        luck(0, Decision.CLOCK, step, child)


# Seeds


def test_every_seed_draw_and_replication_has_a_key_of_its_own() -> None:
    keys = [int(key_of(*parts)) for parts in product(range(10), range(30), range(10))]
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 2**32 for key in keys)


def test_a_seed_of_any_size_works() -> None:
    keys = {int(key_of(seed)) for seed in (0, 1, 2**32, 2**63, 2**64 - 1, 2**64, 2**64 + 1, 2**128, 10**50)}
    assert len(keys) == 9


@pytest.mark.parametrize("parts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_a_negative_seed_is_refused(parts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        key_of(*parts)


# The registry


def test_no_two_decisions_can_share_a_draw() -> None:
    """A code is decision + n * OCCURRENCE; with distinct decisions below OCCURRENCE it tells both apart."""
    values = [decision.value for decision in Decision.__members__.values()]  # also sees aliases
    assert len(set(values)) == len(values)
    assert min(values) >= 1
    assert max(values) < OCCURRENCE


def test_every_occurrence_fits_in_the_bits_of_a_decision() -> None:
    clocks = len(compile_table(default_table(), default_parameters(), 2030).states)
    birthdays = sum(len(process.at_birthday) for process in default_table().processes.values())
    most = max(clocks, birthdays, len(catalogue()))
    assert max(Decision) + most * OCCURRENCE < 1 << 16


def _calls(path: Path, is_wanted: Callable[[str], bool]) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and is_wanted(ast.unparse(n.func))]


def _names_of_decisions(path: Path) -> dict[str, str]:
    """Return the module's own names for decisions: NAME = int(Decision.X)."""
    assigned = [n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.Assign)]
    return {ast.unparse(n.targets[0]): ast.unparse(n.value)[4:-1] for n in assigned
            if ast.unparse(n.value).startswith("int(Decision.")}  # fmt: skip


def test_every_use_of_luck_names_its_decision() -> None:
    """Also: each decision is made in one file only, so that no two of them can draw the same luck."""
    made_in: dict[str, set[str]] = {}
    for path in SOURCES:
        if path.name == "luck.py":
            continue
        names = _names_of_decisions(path)
        for call in _calls(path, lambda name: name in {"draw", "uniform", "uniforms", "luck"}):
            code = ast.unparse(call.args[1])
            decision, _, occurrence = code.partition(" + ")
            decision = names.get(decision, decision)
            assert decision.removeprefix("Decision.") in Decision.__members__, (
                f"{path.name}:{call.lineno} {code}"
            )
            assert occurrence in ("", "OCCURRENCE") or occurrence.endswith(" * OCCURRENCE"), code
            made_in.setdefault(decision.removeprefix("Decision."), set()).add(path.name)
    assert set(made_in) == set(Decision.__members__)
    assert all(len(files) == 1 for files in made_in.values()), made_in


def test_nothing_in_the_model_draws_from_a_stream() -> None:
    """Only latin.py makes a generator, keyed by the name of a parameter."""
    wanted = ("np.random.", "numpy.random.", "random.")
    root = Path(sim.__file__).parent
    rooms = [path for path in SOURCES if path.relative_to(root).parts[0] not in ("decision", "report")]
    streams = {path.name for path in rooms if _calls(path, lambda name: name.startswith(wanted))}
    assert streams == {"latin.py"}
