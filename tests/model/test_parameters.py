"""Parameters are records; draws of them are reproducible, independent and follow their ranges."""

from __future__ import annotations

import itertools
import math
import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from sim.engine.config import localised
from sim.engine.plan import with_overrides
from sim.errors import InputError
from sim.inputs.profiles import profiles
from sim.model import parameters as module
from sim.model.parameters import (
    COLUMNS,
    Parameter,
    Parameters,
    Posterior,
    default_parameters,
    prior_parameters,
    read_parameters,
    with_posterior,
)
from sim.model.processes import default_table
from tests.model.samples import SAMPLE, of, record
from tests.worlds import scenario

MANY = 3000
Z95 = stats.norm.ppf(0.95)
EVERY = list(default_parameters().records.values())
UNCERTAIN = [record for record in EVERY if not record.fixed and record.scale != "bernoulli"]


def draws(parameters: Parameters, seed: int = 0) -> dict[str, np.ndarray]:
    drawn = [parameters.draw(seed, index) for index in range(1, MANY + 1)]
    return {name: np.array([one[name] for one in drawn]) for name in parameters}


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    return draws(SAMPLE)


# Distributions


@pytest.mark.parametrize("one", UNCERTAIN, ids=lambda r: r.name)
def test_the_range_of_every_parameter_is_its_5th_and_95th_percentile(one: Parameter) -> None:
    assert one.at(0.0) == pytest.approx(one.value, rel=1e-12)
    assert one.at(-Z95) == pytest.approx(one.low, rel=1e-9, abs=1e-12)
    assert one.at(Z95) == pytest.approx(one.high, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("one", UNCERTAIN, ids=lambda r: r.name)
def test_no_draw_of_a_parameter_leaves_the_numbers_that_make_sense(one: Parameter) -> None:
    values = [one.at(z) for z in np.linspace(-2.5, 2.5, 11)]
    assert values == sorted(values)
    if one.low >= 0:
        assert values[0] >= 0
    if one.scale == "logit":
        assert 0 < values[0] < values[-1] < 1


def test_draws_reach_their_range_as_often_as_it_says(drawn: dict[str, np.ndarray]) -> None:
    spread = 4 * math.sqrt(0.05 * 0.95 / MANY)
    for name in ("line", "log", "logit"):
        known = SAMPLE.records[name]
        assert np.mean(drawn[name] < known.low) == pytest.approx(0.05, abs=spread), name
        assert np.mean(drawn[name] > known.high) == pytest.approx(0.05, abs=spread), name
        assert np.mean(drawn[name] > known.value) == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(MANY)), name


def test_far_tails_that_a_range_says_nothing_about_are_cut(drawn: dict[str, np.ndarray]) -> None:
    line = SAMPLE.records["line"]
    assert drawn["line"].min() == line.at(-2.5)
    assert drawn["line"].max() == line.at(2.5)


def test_a_coin_falls_as_often_as_its_weight(drawn: dict[str, np.ndarray]) -> None:
    assert set(drawn["coin"]) == {0.0, 1.0}
    assert drawn["coin"].mean() == pytest.approx(0.75, abs=4 * math.sqrt(0.75 * 0.25 / MANY))


def test_a_certain_number_is_never_drawn(drawn: dict[str, np.ndarray]) -> None:
    assert set(drawn["certain"]) == {7.0}


def test_shared_luck_moves_parameters_together_and_mirrored(drawn: dict[str, np.ndarray]) -> None:
    luck = np.log(drawn["leader"])
    np.testing.assert_allclose(drawn["follower"] - 10, 5 * luck / math.log(2), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(drawn["mirror"] - 10, -5 * luck / math.log(2), rtol=1e-9, atol=1e-9)


def test_parameters_without_a_rank_are_independent(drawn: dict[str, np.ndarray]) -> None:
    for a, b in itertools.combinations(("line", "log", "logit", "coin", "leader"), 2):
        assert abs(np.corrcoef(drawn[a], drawn[b])[0, 1]) < 4 / math.sqrt(MANY), (a, b)


def test_a_strong_effect_on_need_comes_with_a_strong_effect_on_recovery() -> None:
    """The mechanisms share one strength: they cannot multiply into a miracle."""
    p = default_parameters()
    for index in range(1, 200):
        d = p.draw(0, index)
        need, recovery = "kinderwerk.moderate_need", "kinderwerk.recovery_light"
        assert (d[need] < p[need]) == (d[recovery] > p[recovery])


# Reproducible


def test_the_same_draw_twice_is_the_same() -> None:
    p = default_parameters()
    assert dict(p.draw(3, 17)) == dict(p.draw(3, 17))
    assert p.draw(3, 17).sha256() == p.draw(3, 17).sha256()


def test_another_seed_or_index_is_another_draw() -> None:
    p = default_parameters()
    found = [p.draw(seed, index) for seed, index in itertools.product(range(3), range(1, 4))]
    for name in (r.name for r in UNCERTAIN if not r.rank and r.low < r.value < r.high):
        together = p.posterior is not None and name in p.posterior.names
        least = (
            3 if together else 8
        )  # draws of the posterior know no seed; two of nine may be cut to one tail
        assert len({one[name] for one in found}) >= least, name


def test_the_first_draw_is_the_best_fit() -> None:
    p = default_parameters()
    assert dict(p.draw(5, 0)) == dict(p)


def test_one_more_parameter_moves_no_other() -> None:
    more = of(record("newcomer", 1.0, 0.0, 2.0), *reversed(list(SAMPLE.records.values())))
    for index in (1, 2, 3):
        before, after = SAMPLE.draw(9, index), more.draw(9, index)
        assert all(after[name] == before[name] for name in before)
        assert after["newcomer"] != 1.0


def test_no_two_parameters_share_their_luck_by_accident() -> None:
    """The luck of a parameter is keyed by a checksum of its name."""
    keys = [zlib.crc32(r.name.encode()) for r in EVERY]
    assert len(set(keys)) == len(keys)


def test_seeds_and_indices_do_not_run_into_each_other() -> None:
    p = of(record("line", 5.0, 3.0, 9.0))
    found = {
        p.draw(seed, index)["line"] for seed in (0, 1, 2, 255, 2**16, 2**32 - 1) for index in (1, 2, 2**16)
    }
    assert len(found) == 18


def test_parameters_can_be_drawn_with_any_seed_that_luck_takes() -> None:
    p = of(record("line", 5.0, 3.0, 9.0))
    assert len({p.draw(seed, 1)["line"] for seed in (1, 2**32, 2**32 + 1, 2**64)}) == 4


def test_a_lever_stands_where_it_is_in_every_draw_and_goes_as_far_as_its_range() -> None:
    lever = record("lever", 1.0, 1.0, 3.0, scale="lever")
    p = of(lever)
    assert {p.draw(0, k)["lever"] for k in range(40)} == {1.0}
    assert [lever.at(z) for z in (-2.5, 0.0, Z95, 2.5)] == [1.0, 1.0, pytest.approx(3.0), 3.0]
    assert {p.replace({"lever": 2.0}).draw(0, k)["lever"] for k in range(4)} == {2.0}


# Values and changes


def test_a_users_own_value_is_not_drawn_over() -> None:
    changed = SAMPLE.replace({"line": 6.0})
    assert changed.draw(0, 4)["line"] == 6.0
    assert changed.draw(0, 4)["log"] == SAMPLE.draw(0, 4)["log"]


def test_a_change_leaves_the_original_alone() -> None:
    before = dict(SAMPLE)
    assert SAMPLE.replace({"line": 6.0})["line"] == 6.0
    assert dict(SAMPLE) == before
    assert SAMPLE.replace({}).sha256() == SAMPLE.sha256()
    assert SAMPLE.replace({"line": 6.0}).sha256() != SAMPLE.sha256()


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(KeyError, match="did you mean 'leader'"):
        SAMPLE["leadr"]
    with pytest.raises(KeyError, match="unknown parameter 'nothing'"):
        SAMPLE.replace({"nothing": 1.0})


def test_the_hash_depends_on_values_and_not_on_their_order() -> None:
    backwards = Parameters(SAMPLE.records, {name: SAMPLE[name] for name in reversed(list(SAMPLE))})
    assert backwards.sha256() == SAMPLE.sha256()


def test_a_shape_comes_in_the_order_of_its_knots() -> None:
    p = of(*(record(f"shape.{knot}", knot / 10, -1, 9) for knot in (12, 3, 100)))
    assert p.shape("shape") == ([3.0, 12.0, 100.0], [0.3, 1.2, 10.0])
    with pytest.raises(KeyError, match="no shape 'other'"):
        p.shape("other")


# The file


def test_every_shipped_parameter_says_what_it_is_and_where_it_comes_from() -> None:
    for one in EVERY:
        assert one.low <= one.value <= one.high
        assert one.unit
        assert one.source
        assert not one.rank or one.rank.lstrip("-") in default_parameters(), one.rank
        if one.scale == "bernoulli":
            assert 0 <= one.value <= 1


GOOD = "a,1,0,2,unit,linear,assumed,,source"


def read(folder: Path, *rows: str, head: str = ",".join(COLUMNS)) -> Parameters:
    path = folder / "parameters.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return read_parameters(path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, "b,0.5,0.4,0.7,share,logit,cited,-a,CBS 2020")
    assert dict(found) == {"a": 1.0, "b": 0.5}
    assert found.records["b"] == replace(
        record("b", 0.5, 0.4, 0.7, "logit", "-a"), unit="share", grade="cited", source="CBS 2020"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("b,x,0,2,unit,linear,assumed,,source", "must be numbers"),
        ("b,,0,2,unit,linear,assumed,,source", "must be numbers"),
        ("b,nan,0,2,unit,linear,assumed,,source", "outside its range"),
        ("b,3,0,2,unit,linear,assumed,,source", "outside its range 0 to 2"),
        ("b,1,2,0,unit,linear,assumed,,source", "outside its range"),
        ("b,1,0,2,unit,lineair,assumed,,source", "unknown scale 'lineair'; did you mean 'linear'"),
        ("b,1,0,2,unit,linear,guessed,,source", "unknown grade 'guessed'"),
        ("b,1,0,2,unit,linear,assumed,,", "no source or no unit"),
        ("b,1,0,2,,linear,assumed,,source", "no source or no unit"),
        ("b,1,0,2,unit,log,assumed,,source", "does not fit the scale 'log'"),
        ("b,0.5,0.1,1,unit,logit,assumed,,source", "does not fit the scale 'logit'"),
        ("b,1,0,inf,unit,linear,assumed,,source", "must be finite"),
        ("b,inf,0,inf,unit,linear,assumed,,source", "must be finite"),
        ("b,2,0,3,unit,bernoulli,assumed,,source", "does not fit the scale 'bernoulli'"),
        ("b,1,0,2,unit", "expected 9 columns"),
        ("b,1,0,2,unit,linear,assumed,,a source, with more of it", "text with a comma stands between"),
        ("b,1,0,2,unit,linear,assumed,-nobody,source", "the rank of 'b' names no parameter: 'nobody'"),
        (GOOD, "'a' stands here twice"),
    ],
)
def test_a_bad_record_is_refused_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, GOOD, row)
    assert [problem.line for problem in caught.value.problems] == [3]


def test_every_bad_record_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "b,x,0,2,unit,linear,assumed,,source", GOOD, GOOD, "c,1,0,2,unit,linear,assumed,,")
    assert [problem.line for problem in caught.value.problems] == [2, 4, 5]


@pytest.mark.parametrize("head", ["", "name,value", ",".join(reversed(COLUMNS)), ",".join(COLUMNS) + ",more"])
def test_other_columns_are_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(InputError, match="expected the columns name, value"):
        read(tmp_path, GOOD, head=head)


def test_a_record_shares_the_luck_of_one_that_has_luck_of_its_own(tmp_path: Path) -> None:
    led = [f"{name},1,0,2,unit,linear,assumed,{rank},source" for name, rank in (("b", "a"), ("c", "-b"))]
    with pytest.raises(InputError, match="the rank of 'c' names 'b', which has a rank itself") as caught:
        read(tmp_path, led[1], "d,x,0,2,unit,linear,assumed,,source", led[0], GOOD)
    assert [problem.line for problem in caught.value.problems] == [2, 3]
    assert dict(read(tmp_path, led[0], GOOD)) == {"a": 1.0, "b": 1.0}  # in any order


# Parameters that others define

SUM = "x.sum,x.a + 2 * x.b,,,unit,log,derived,,their sum"
PARTS = ("x.a,1,0.5,2,unit,log,assumed,,source", "x.b,2,1,4,unit,log,assumed,,source")


@pytest.fixture
def three(tmp_path: Path) -> Parameters:
    return read(tmp_path, SUM, *PARTS)


def test_a_value_may_be_arithmetic_over_others_in_any_order(three: Parameters) -> None:
    assert dict(three) == {"x.sum": 5.0, "x.a": 1.0, "x.b": 2.0}
    one = three.records["x.sum"]
    assert (one.formula, one.value, one.grade) == ("x.a + 2 * x.b", 5.0, "derived")
    assert one.source == "their sum; follows from x.a + 2 * x.b"


def test_the_range_of_what_others_define_is_that_of_their_draws(three: Parameters) -> None:
    found = [one["x.a"] + 2 * one["x.b"] for one in (three.draw(0, k) for k in range(1, 201))]
    one = three.records["x.sum"]
    assert (one.low, one.high) == pytest.approx(tuple(np.quantile(found, (0.05, 0.95))), rel=0.005)
    assert not one.fixed


@given(a=st.floats(0.01, 100), b=st.floats(0.01, 100), index=st.integers(0, 50))
def test_what_others_define_follows_them_until_it_has_a_value_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, a: float, b: float, index: int
) -> None:
    p = read(tmp_path_factory.mktemp("p"), SUM, *PARTS)
    assume(a != p["x.a"])  # the value that it has already is no value of one's own: it is drawn
    changed = p.replace({"x.a": a}).replace({"x.b": b})
    assert changed["x.sum"] == p.replace({"x.b": b, "x.a": a})["x.sum"] == a + 2 * b
    assert p.certain({"x.a": a})["x.sum"] == a + 2 * p["x.b"]
    drawn = p.draw(1, index)
    assert drawn["x.sum"] == drawn["x.a"] + 2 * drawn["x.b"]
    half = p.replace({"x.a": a}).draw(1, index)
    assert (half["x.a"], half["x.sum"]) == (a, a + 2 * half["x.b"])
    for own in (p.replace({"x.sum": 7.5}), p.certain({"x.sum": 7.5}), p.replace({"x.sum": 7.5, "x.a": a})):
        assert own.replace({"x.b": b})["x.sum"] == own.draw(1, index)["x.sum"] == 7.5
    assert p["x.sum"] == 5.0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("y.z,1,,,unit,log,derived,,source", "has no low and high, and its value is no arithmetic: column 1"),
        ("y.z,x.a +,,,unit,log,derived,,source", "is no arithmetic: column 6"),
        ("y.z,x.a ; x.b,,,unit,log,derived,,source", "is no arithmetic: column 5"),
        ("y.z,x.a + x.c,,,unit,log,derived,,source", "the value of 'y.z' names no parameter: 'x.c'"),
        ("y.z,x.a + x.sum,,,unit,log,derived,,source", "names 'x.sum', which others define itself"),
        ("y.z,x.a + x.b,,,unit,log,derived,x.a,source", "has a rank, and others define it"),
        ("y.z,x.a + x.b,0,9,unit,log,derived,,source", "must be numbers"),
        ("y.z,x.a + x.b,,9,unit,log,derived,,source", "must be numbers"),
        ("y.z,1,0,2,unit,linear,assumed,x.sum,source", "'x.sum', which others define"),
        ("y.z,x.a - x.b,,,unit,log,derived,,source", "does not fit the scale 'log'"),
    ],
)
def test_a_bad_definition_is_refused_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, *PARTS, SUM, row)
    assert [problem.line for problem in caught.value.problems] == [5]


def test_the_posterior_of_its_parts_defines_it_and_not_a_column_of_its_own(three: Parameters) -> None:
    values = np.array([[1.5, 2.5, 1.29]] + [[1.0 + k / 100, 3.0 - k / 100, 1.29] for k in range(200)])
    fitted = with_posterior(three, Posterior(("x.a", "x.b", "x.sum"), values))
    assert fitted["x.sum"] == fitted.records["x.sum"].value == 1.5 + 2 * 2.5
    for index in (0, 1, 17, 200):
        one = fitted.draw(0, index)
        assert one["x.sum"] == one["x.a"] + 2 * one["x.b"] == values[index, 0] + 2 * values[index, 1]
    after = fitted.records["x.sum"]
    expected = np.quantile(values[1:, 0] + 2 * values[1:, 1], (0.05, 0.95))
    assert (after.low, after.high) == pytest.approx(tuple(expected), rel=0.005)
    assert after.grade == "calibrated"
    before = three.records["x.sum"]
    assert after.source.endswith(f"before the fit 5 ({before.low:g} to {before.high:g}, derived)")


def seen_by(p: Parameters) -> float:
    """Return the rates of all routes by which children are seen without a programme, added up."""
    rows = default_table().processes["signal"].transitions
    return sum(p[row.rate] for row in rows if row.destination == "seen" and row.mechanism is None)


DEFINITIONS = {"signal.added_route": seen_by}
"""Every parameter that is defined by others, with what it must be."""
SETS = {
    "prior": prior_parameters(), "best fit": default_parameters(),
    **{f"draw {k}": default_parameters().draw(0, k) for k in (1, 2, 77, 200, 201)},
    "prior, draw 5": prior_parameters().draw(3, 5),
    "own routes": default_parameters().replace({"signal.health": 0.9, "signal.school": 0.1}),
    "own route, draw 9": default_parameters().draw(0, 9).replace({"signal.protection": 0.5}),
    "certain routes": default_parameters().certain({"signal.health": 0.9}).draw(0, 4),
    "Almere": localised(default_parameters().draw(0, 3), profiles()["Almere"]),
}  # fmt: skip


def test_every_parameter_that_others_define_is_held_to_what_it_means() -> None:
    assert {one.name for one in EVERY if one.formula} == set(DEFINITIONS)


@pytest.mark.parametrize("where", SETS)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_what_others_define_is_what_they_make_of_it(name: str, where: str) -> None:
    p = SETS[where]
    assert p[name] == pytest.approx(DEFINITIONS[name](p), rel=1e-12)


def test_what_a_scenario_says_of_a_route_goes_into_their_sum_and_a_sum_of_its_own_stays() -> None:
    def of(since: str, **own: float) -> Parameters:
        values = {f"signal.{name}": {"value": value, "since": since} for name, value in own.items()}
        return with_overrides(default_parameters(), scenario(36, parameters=values), since)

    for since in ("birth", "start"):
        assert of(since, health=0.9)["signal.added_route"] == seen_by(of(since, health=0.9))
        assert of(since, health=0.9, added_route=0.4)["signal.added_route"] == 0.4


SPEAKS_OF_OTHERS = re.compile(
    r"\b(sum|product|half|twice) of\b|(^|; )as (ambulant|child work)\b|class before"
)
ON_THEIR_OWN = {
    "cost.jongerenwerk_fte": "a wage believed as large; each programme has its own price",
    "cost.gezinssteun_fte": "idem", "cost.ouderbetrokkenheid_fte": "idem", "cost.burgerschap_fte": "idem",
    "cost.schoolmaatschappelijk_werk_fte": "idem, of a higher scale",
    "end.duration.600": "held where it was believed while the class before was fitted",
    "peuterwerk.signalling": "believed as large; each programme has its own effect",
    "bijstand.exit": "half of the children, not of a parameter",
    **dict.fromkeys(
        (f"access.protection.{year}" for year in (2016, 2021, 2023)), "half of a year, not of a parameter"
    ),
}  # fmt: skip


def test_a_source_that_speaks_of_another_parameter_is_a_definition_or_says_why_not() -> None:
    speaking = {
        one.name for one in prior_parameters().records.values() if SPEAKS_OF_OTHERS.search(one.source)
    }
    assert speaking - set(DEFINITIONS) == set(ON_THEIR_OWN)


@pytest.mark.parametrize("one", [one for one in EVERY if one.rank], ids=lambda r: r.name)
def test_what_shares_the_luck_of_another_moves_with_it_in_every_draw(one: Parameter) -> None:
    p, leader = default_parameters(), one.rank.lstrip("-")
    sign = -1.0 if one.rank.startswith("-") else 1.0
    for k in range(1, 20):
        drawn = p.draw(0, k)
        z = sign * steps_of(p.records[leader], drawn[leader])
        assert drawn[one.name] == pytest.approx(one.at(z), rel=1e-9)


def steps_of(one: Parameter, value: float) -> float:
    """Return how many standard deviations a value lies from the middle of a distribution, by bisection."""
    low, high = -3.0, 3.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if one.at(middle) < value else (low, middle)
    return low


def test_asking_for_a_name_that_is_not_there_searches_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> str:
        raise AssertionError("a search for a name that is near")

    monkeypatch.setattr(module, "nearest", slow)
    p = default_parameters()
    assert "cost.future_growth" not in p
    assert p.get("cost.future_growth", 0.0) == 0.0
    assert p.get("cost.ambulant") == p["cost.ambulant"]
