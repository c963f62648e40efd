"""When a figure stands, when it is provisional, and when luck outweighs it: the edges of the one rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.decision.comparison import Figure, figure, plain
from sim.decision.firm import (
    ENOUGH_DRAWS,
    Standing,
    by_luck_alone,
    few,
    has_range,
    nothing,
    span,
)  # fmt: skip
from sim.decision.headline import Change, as_json
from sim.words.writing import Writing

NAN, INF = float("nan"), float("inf")
JUST_BELOW = float(np.nextafter(20.0, 0.0))


def drawn(value: float, mcse: float = 10.0, draws: int | None = 40, draw_error: float = 0.0) -> Figure:
    return Figure(value, mcse, value - 50.0, value + 50.0, 0.5, draws, draw_error)


@pytest.mark.parametrize(
    ("f", "while_more_comes", "at_the_end"),
    [
        # how many draws it rests on
        (drawn(-89.0, draws=2), Standing.PROVISIONAL, Standing.PROVISIONAL),
        (drawn(-89.0, draws=9), Standing.PROVISIONAL, Standing.PROVISIONAL),
        (drawn(-89.0, draws=10), Standing.FIRM, Standing.FIRM),
        (drawn(-89.0, draws=1), Standing.PROVISIONAL, Standing.PROVISIONAL),  # the best fit
        (by_luck_alone(drawn(-89.0, draws=1)), Standing.FIRM, Standing.FIRM),  # where it is asked for
        # its luck
        (drawn(89.0, 44.5), Standing.FIRM, Standing.FIRM),
        (drawn(-89.0, 44.5), Standing.FIRM, Standing.FIRM),
        (drawn(20.0), Standing.UNCLEAR, Standing.UNCLEAR),
        (drawn(-20.0), Standing.UNCLEAR, Standing.UNCLEAR),
        (drawn(JUST_BELOW), Standing.PROVISIONAL, Standing.TOO_SMALL),
        (drawn(JUST_BELOW, draws=9), Standing.PROVISIONAL, Standing.TOO_SMALL),
        (drawn(-JUST_BELOW), Standing.PROVISIONAL, Standing.TOO_SMALL),
        (drawn(JUST_BELOW, draw_error=20.0), Standing.UNCLEAR, Standing.UNCLEAR),  # luck: a quarter
        (drawn(JUST_BELOW, draw_error=19.9), Standing.PROVISIONAL, Standing.TOO_SMALL),
        # what is not known lies on both sides of zero, or ends there
        (Figure(-27.0, 1.0, -60.0, 0.0, 0.1, 40, 2.0), Standing.FIRM, Standing.FIRM),
        (Figure(-27.0, 1.0, -60.0, 1e-3, 0.1, 40, 5.0), Standing.UNCLEAR, Standing.UNCLEAR),
        (Figure(0.1, 1.0, 0.0, 0.0, 0.1, 40, 5.0), Standing.UNCLEAR, Standing.UNCLEAR),
        # how far more draws may move it: the standard deviation over 36 draws is six times the error
        (drawn(60.0, 1.0, 36, draw_error=5.0), Standing.FIRM, Standing.FIRM),
        (drawn(60.0, 1.0, 36, draw_error=5.1), Standing.PROVISIONAL, Standing.FIRM),
        # nothing
        (drawn(0.0, 0.0), Standing.NONE, Standing.NONE),
        (drawn(0.0, 0.0, draws=9), Standing.PROVISIONAL, Standing.PROVISIONAL),
        (drawn(1e-9, 1e-12), Standing.NONE, Standing.NONE),  # rounding
        (drawn(0.0, 1.0), Standing.PROVISIONAL, Standing.TOO_SMALL),  # about zero, by luck
        (drawn(0.0, 0.0, draw_error=5.0), Standing.UNCLEAR, Standing.UNCLEAR),  # zero on average only
        # no number
        (drawn(NAN), Standing.UNTOLD, Standing.UNTOLD),
        (drawn(5.0, NAN), Standing.UNTOLD, Standing.UNTOLD),
        (drawn(INF), Standing.UNTOLD, Standing.UNTOLD),
        (drawn(5.0, INF), Standing.PROVISIONAL, Standing.TOO_SMALL),
    ],
)
def test_what_may_be_said(f: Figure, while_more_comes: Standing, at_the_end: Standing) -> None:
    assert Standing.of(f, sharpening=True) is while_more_comes
    assert Standing.of(f) is at_the_end


@pytest.mark.parametrize("sharpening", [True, False])
@given(
    value=st.floats(-1e15, 1e15) | st.sampled_from([NAN, INF, -INF]), mcse=st.floats(0, 1e9),
    error=st.floats(0, 1e9),
    draws=st.one_of(st.none(), st.integers(1, 60)),
)  # fmt: skip
def test_what_is_provisional_or_no_number_has_no_range_and_is_never_written_bare(
    sharpening: bool, value: float, mcse: float, error: float, draws: int | None
) -> None:
    f = Figure(value, mcse, -1.0, 1.0, 0.5, draws, error)
    for language in ("nl", "en"):
        words = Writing(language)
        told = words.difference(f, words.count, sharpening)
        if Standing.of(f, sharpening) in (Standing.PROVISIONAL, Standing.UNTOLD):
            assert not has_range(f, sharpening)
            assert words.interval(f, words.count, sharpening) == ""
            assert words.remark(f, words.count, sharpening) in told
            assert words.remark(f, words.count, sharpening)
        if Standing.of(f, sharpening) is Standing.FIRM:
            assert words.remark(f, words.count, sharpening) == ""


@given(st.floats(-1e6, 1e6), st.floats(0, 1e5), st.floats(0, 1e5), st.integers(1, 60))
def test_what_stands_while_more_comes_stands_at_the_end(
    value: float, mcse: float, error: float, draws: int
) -> None:
    f = drawn(value, mcse, draws, error)
    if Standing.of(f, sharpening=True) is not Standing.PROVISIONAL:
        assert Standing.of(f, sharpening=True) is Standing.of(f)
    if Standing.of(f) is Standing.PROVISIONAL:
        assert few(draws)
    assert has_range(f) is not few(draws)


def test_a_figure_knows_on_how_many_draws_it_rests_and_how_far_they_lie_apart() -> None:
    values = np.array([10.0, 30.0, 20.0, 40.0])
    found = figure(values, np.ones(4), [1, 2, 3, 4])
    assert found.draw_count == 4
    assert found.draw_error == pytest.approx(values.std(ddof=1) / 2)
    twice = figure(values, np.ones(4), [1, 1, 2, 2])  # two replications of each draw
    assert twice.draw_count == 2
    assert twice.draw_error == pytest.approx(5.0)
    assert figure(values[:1], np.ones(1), [0]).draw_count == 1


def test_the_sign_of_a_mean_that_draws_still_turn_is_not_told() -> None:
    """Youths with care after ten years in Almere: at 20 of 40 draws below zero, in the end above it."""
    draws = np.array([-70.0, 30.0] * 10 + [70.0, -30.0] * 15)  # what is not known moves it more than luck
    turned = [
        k for k in range(ENOUGH_DRAWS, 40)
        if np.sign(draws[:k].mean()) != np.sign(draws.mean())
    ]  # fmt: skip
    assert turned
    found = [figure(draws[:k], np.ones(k), range(1, k + 1)) for k in turned]
    assert any(not f.too_small for f in found)  # luck alone would let it stand
    assert {Standing.of(f, sharpening=True) for f in found} <= {Standing.PROVISIONAL, Standing.UNCLEAR}


def test_what_is_told_while_draws_come_is_seldom_taken_back() -> None:
    """A quarter of the draws is nothing, as with child work; the others lie a little below zero."""
    luck = np.random.default_rng(1)
    back = turned = 0
    for _ in range(300):
        draws = np.where(luck.random(40) < 0.25, luck.normal(0.0, 0.1, 40), luck.normal(-1.2, 1.0, 40))
        told = [
            Standing.of(figure(draws[:k], np.full(k, 0.3), range(1, k + 1)), sharpening=k < 40)
            for k in range(ENOUGH_DRAWS, 41)
        ]
        back += any(one is Standing.FIRM and Standing.UNCLEAR in told[k:] for k, one in enumerate(told))
        turned += any(one is Standing.UNCLEAR and Standing.FIRM in told[k:] for k, one in enumerate(told))
    assert back < 10  # 120 with two standard errors of the mean as the only bound
    assert turned < 20


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("nl", ["\N{MINUS SIGN}89 (voorlopig)", "te klein om te zien (45 minder tot 55 meer)",
                "geen duidelijk verschil (45 minder tot 55 meer)",
                "vrijwel 0", "0", "niet te noemen"]),
        ("en", ["\N{MINUS SIGN}89 (provisional)", "too small to tell (45 fewer to 55 more)",
                "no clear difference (45 fewer to 55 more)",
                "almost 0", "0", "cannot be told"]),
    ],
)
def test_luck_ignorance_and_nothing_have_words_of_their_own(language: str, texts: list[str]) -> None:
    words = Writing(language)
    figures = [
        drawn(-89.0, draws=2), drawn(5.0), drawn(5.0, 1.0), replace(drawn(0.3, 0.01), low=0.0),
        drawn(0.0, 0.0), drawn(NAN),
    ]  # fmt: skip
    assert [words.difference(f, words.count) for f in figures] == texts
    assert words.interval(drawn(-89.0, draws=9), words.count) == ""
    assert words.interval(drawn(-89.0), words.count) != ""


def test_what_only_luck_spreads_over_zero_is_not_called_unknown() -> None:
    """Each draw differs by exactly -1; its own luck of 2 spreads the draws over both sides of zero."""
    luck = np.random.default_rng(4).standard_normal(200) * 2.0
    f = figure(-1.0 + luck, np.full(200, 2.0), range(200))
    assert f.low is not None
    assert f.high is not None
    assert f.low < 0.0 < f.high
    assert f.luck_share == pytest.approx(1.0, abs=0.15)
    assert Standing.of(f) is Standing.FIRM
    wide = figure(-1.0 + 5.0 * luck, np.full(200, 2.0), range(200))
    assert Standing.of(wide) is Standing.UNCLEAR


def test_what_luck_outweighs_has_a_bound() -> None:
    assert span(drawn(5.0)) == (-45.0, 55.0)  # over draws, luck included
    assert span(drawn(5.0, draws=2)) == (-15.0, 25.0)  # two are no range: two errors of luck
    words = Writing("nl")
    one = replace(drawn(5.0, 4.0, None), low=None, high=None)
    assert words.remark(one, words.count) == "te klein om te zien (3 minder tot 13 meer)"
    assert words.remark(replace(one, value=0.1, mcse=0.1), words.count) == "vrijwel 0"


def test_a_chance_is_named_from_ten_draws_on() -> None:
    for words in (Writing("nl"), Writing("en")):
        assert words.chance(0.9, 9) == words.t("not_yet")
        assert words.chance(0.9, 10) == words.t("about_share", chance=words.percent(0.9))


def test_what_is_lived_the_same_is_equal_and_files_hold_what_they_held() -> None:
    none = drawn(0.0, 0.0)
    same = Change(2030, none, none, 0.0, none, none, 0.0, 1.0, False)
    assert same.equal
    assert not replace(same, unmet_need=drawn(0.0, 1.0)).equal
    assert not replace(same, programme_cost=1.0).equal
    assert nothing(none)
    kept = {"value", "mcse", "low", "high", "p_positive"}
    assert plain(same)["care_users"].keys() == kept
    assert as_json(same)["care_users"].keys() == kept | {"standing", "too_small", "luck_share"}
