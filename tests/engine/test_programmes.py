"""What a programme reaches and does: workers and shares, effects, switches, and their limits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.exposure import effect_level
from sim.engine.programmes import (
    Effect,
    check_headroom,
    effect_of,
    exposures,
    fte_for,
    participants_for,
    weights,
)
from sim.errors import InputError
from sim.model.catalogue import TARGETING, catalogue
from sim.model.parameters import default_parameters
from sim.states import HEADROOM, MECHANISMS, MONTHS, QUINTILES
from tests.worlds import ALL_OFF

CHILD_WORK = catalogue()["kinderwerk"]
P = default_parameters()


# Workers, visits, children

workers = st.floats(0, 1e5)
children = st.floats(1, 1e6)


@given(st.floats(0, 0.999), children)
def test_as_many_workers_as_reach_a_share_reach_that_share(part_of_ceiling: float, eligible: float) -> None:
    coverage = part_of_ceiling * P["kinderwerk.uptake_ceiling"]
    fte = fte_for(coverage, eligible, CHILD_WORK, P)
    assert participants_for(fte, eligible, CHILD_WORK, P) == pytest.approx(coverage * eligible, abs=1e-9)


@given(st.floats(0, 5e3), st.floats(1e3, 1e6))
def test_the_workers_who_reach_a_share_are_found_again(fte: float, eligible: float) -> None:
    reached = participants_for(fte, eligible, CHILD_WORK, P) / eligible
    if reached < 0.999 * P["kinderwerk.uptake_ceiling"]:
        assert fte_for(reached, eligible, CHILD_WORK, P) == pytest.approx(fte, rel=1e-6, abs=1e-9)


@given(workers, workers, children)
def test_more_workers_reach_more_children_and_each_reaches_fewer(a: float, b: float, eligible: float) -> None:
    few, many = sorted((a, b))
    reached = [participants_for(fte, eligible, CHILD_WORK, P) for fte in (few, many)]
    assert reached[0] <= reached[1]
    assert reached[1] * few <= reached[0] * many * (1 + 1e-9) + 1e-9


@given(workers, children)
def test_workers_reach_no_more_than_they_can_visit_nor_than_want_to_come(fte: float, eligible: float) -> None:
    reached = participants_for(fte, eligible, CHILD_WORK, P)
    visits = fte * P["kinderwerk.visits_per_fte"]
    assert reached * P["kinderwerk.visits_per_child"] <= visits * (1 + 1e-12) + 1e-9
    assert reached <= P["kinderwerk.uptake_ceiling"] * eligible * (1 + 1e-12)


def test_a_first_worker_reaches_visits_over_visits_per_child() -> None:
    assert participants_for(1.0, 1e9, CHILD_WORK, P) == pytest.approx(4170 / 40)
    ceiling = P["kinderwerk.uptake_ceiling"] * 2000
    fte = ceiling * 40 / 4170  # as many places as children who would come: uptake flattens by a root of two
    assert participants_for(fte, 2000, CHILD_WORK, P) == pytest.approx(ceiling / math.sqrt(2))


def test_no_workers_or_no_children() -> None:
    assert participants_for(0.0, 1000, CHILD_WORK, P) == 0
    assert participants_for(36.0, 0, CHILD_WORK, P) == 0
    assert fte_for(0.0, 1000, CHILD_WORK, P) == 0
    assert fte_for(0.1, 0, CHILD_WORK, P) == 0


@pytest.mark.parametrize("coverage", [0.5, 0.7])
def test_a_share_beyond_the_ceiling_has_no_workers(coverage: float) -> None:
    with pytest.raises(ValueError, match="below the ceiling"):
        fte_for(coverage, 1000, CHILD_WORK, P)


@pytest.mark.parametrize(
    ("targeting", "ratio"), [("everyone", 1.0), ("neighbourhood", 1.8), ("outreach", 1.35)]
)
def test_uptake_rises_from_one_quintile_to_the_next(targeting: str, ratio: float) -> None:
    weight = weights(targeting, CHILD_WORK, P)
    assert weight[QUINTILES // 2] == 1.0
    np.testing.assert_allclose(weight[1:] / weight[:-1], ratio)
    assert targeting in TARGETING


# What it does


@pytest.mark.parametrize("off", [m for m in MECHANISMS if m != "access"])
def test_a_switch_takes_away_one_mechanism_and_nothing_else(off: str) -> None:
    p = P.replace({"kinderwerk.substitution": 0.5})  # without it there is nothing to switch off
    whole, rest = effect_of(CHILD_WORK, p, {}), effect_of(CHILD_WORK, p, {off: False})
    at = MECHANISMS.index(off)
    assert whole.log_effect[at] != 0.0
    assert rest == replace(whole, log_effect=(*whole.log_effect[:at], 0.0, *whole.log_effect[at + 1 :]))
    alone = effect_of(CHILD_WORK, p, {**ALL_OFF, off: True})
    assert [x != 0.0 for x in alone.log_effect] == [m == off for m in MECHANISMS]


def test_with_every_switch_off_nothing_is_left() -> None:
    assert set(effect_of(CHILD_WORK, P, ALL_OFF).log_effect) == {0.0}
    assert effect_of(CHILD_WORK, P, dict.fromkeys(MECHANISMS, True)) == effect_of(CHILD_WORK, P, {})


@given(st.floats(0, 1), st.floats(0.5, 1.5), st.floats(0, 1))
def test_every_step_to_moderate_need_takes_the_ratio_weighed_by_share_onset(
    exists: float, ratio: float, share: float
) -> None:
    p = P.replace(
        {
            "kinderwerk.effect_exists": exists,
            "kinderwerk.moderate_need": ratio,
            "kinderwerk.share_onset": share,
        }
    )
    onset, escalation, recovery, signalling, *_ = effect_of(CHILD_WORK, p, {}).log_effect
    assert (onset + escalation) / 2 == pytest.approx(exists * math.log(ratio), abs=1e-12)
    assert onset == pytest.approx(share * (onset + escalation), abs=1e-12)
    assert recovery == pytest.approx(exists * math.log(1.05))
    assert signalling == pytest.approx(0.3)  # whether or not there is an effect on need


VISITS, RISE = "kinderwerk.visits_per_child", "kinderwerk.effect_by_visits"
ON_NEED = [MECHANISMS.index(m) for m in ("onset", "escalation", "recovery")]


@given(st.floats(25, 80))
def test_without_a_word_an_effect_does_not_depend_on_visits(visits: float) -> None:
    record = P.records[RISE]
    assert (record.value, record.low, record.high, record.scale) == (0.0, 0.0, 2.0, "lever")
    assert effect_of(CHILD_WORK, P.replace({VISITS: visits}), {}) == effect_of(CHILD_WORK, P, {})


@given(st.floats(25, 80), st.floats(0, 2))
def test_an_effect_on_need_rises_by_a_power_of_visits_and_no_other_does(visits: float, rise: float) -> None:
    plain = np.array(effect_of(CHILD_WORK, P, {}).log_effect)
    found = np.array(effect_of(CHILD_WORK, P.replace({VISITS: visits, RISE: rise}), {}).log_effect)
    others = [m for m in range(len(MECHANISMS)) if m not in ON_NEED]
    np.testing.assert_allclose(found[ON_NEED], plain[ON_NEED] * (visits / 40) ** rise, rtol=1e-12)
    assert np.array_equal(found[others], plain[others])


@given(st.floats(0, 2))
def test_at_the_visits_for_which_it_is_believed_an_effect_is_what_is_believed(rise: float) -> None:
    """Also where a sensitivity makes the visits certain, which is then what a record says."""
    p = P.certain({VISITS: 40.0, RISE: rise})
    assert effect_of(CHILD_WORK, p, {}) == effect_of(CHILD_WORK, P, {})
    often = P.certain({VISITS: 80.0, RISE: 1.0})
    assert effect_of(CHILD_WORK, often, {}).log_effect[0] == 2 * effect_of(CHILD_WORK, P, {}).log_effect[0]


def test_where_it_rises_in_proportion_a_visit_does_as_much_whoever_has_it() -> None:
    """Twice the visits for half of the children; with a power of 2 fewer children have more together."""

    def together(visits: float, rise: float) -> float:
        p = P.replace({VISITS: visits, RISE: rise})
        return participants_for(1.0, 1e9, CHILD_WORK, p) * effect_of(CHILD_WORK, p, {}).log_effect[0]

    assert together(80.0, 1.0) == pytest.approx(together(40.0, 1.0))
    assert together(80.0, 0.0) == pytest.approx(0.5 * together(40.0, 0.0))
    assert together(80.0, 2.0) == pytest.approx(2.0 * together(40.0, 2.0))


def test_what_is_retained_is_what_is_left_after_a_year() -> None:
    for retained in (0.1, 0.6, 0.99):
        effect = effect_of(CHILD_WORK, P.replace({"kinderwerk.retained": retained}), {})
        assert math.exp(-effect.decay * MONTHS) == pytest.approx(retained)
    for retained in (1.0, 1.2):  # a draw may lie beyond all of it
        assert effect_of(CHILD_WORK, P.replace({"kinderwerk.retained": retained}), {}).decay == 0.0


def test_an_effect_of_which_nothing_is_retained_ends_on_leaving() -> None:
    effect = effect_of(CHILD_WORK, P.replace({"kinderwerk.retained": 0.0}), {})
    x = exposures(1, ["kinderwerk"], {"kinderwerk": effect})
    x.joins[:], x.leaves[:] = 100, 124
    assert effect_level(x, 0, 0, 123.9) > 0.9
    assert effect_level(x, 0, 0, 124.0) > 0.9
    assert effect_level(x, 0, 0, 125.0) < 1e-9


# The room that the engine's bounds leave


def of(mechanism: str, value: float) -> Effect:
    return Effect(tuple(value if m == mechanism else 0.0 for m in MECHANISMS), 9.0, 0.05)


def limit(mechanism: str) -> float:
    most = HEADROOM[mechanism]
    return most if mechanism == "signalling" else math.log(most)


SAME_AGE = dict.fromkeys("abc", (4, 12))


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_effects_up_to_the_headroom_pass_and_stronger_ones_are_refused(mechanism: str) -> None:
    most = limit(mechanism)
    check_headroom({"a": of(mechanism, most - 1e-9)}, SAME_AGE)
    check_headroom({"a": of(mechanism, most / 2 - 1e-9), "b": of(mechanism, most / 2)}, SAME_AGE)
    for wrong in ([most + 1e-6], [most * 0.6 + 1e-6, most * 0.6], [most + 0.1, -most]):
        with pytest.raises(InputError, match=f"multiply {mechanism} by .*at most {HEADROOM[mechanism]:g}"):
            check_headroom(
                {name: of(mechanism, value) for name, value in zip("ab", wrong, strict=False)}, SAME_AGE
            )


@pytest.mark.parametrize("mechanism", [m for m in MECHANISMS if limit(m) > 0])
def test_programmes_for_other_ages_add_up_only_where_an_effect_outlasts_a_stay(mechanism: str) -> None:
    strong = limit(mechanism) * 0.6 + 1e-6
    both = {"a": of(mechanism, strong), "b": of(mechanism, strong)}
    if mechanism == "signalling":
        check_headroom(both, {"a": (0, 3), "b": (4, 12)})
    else:
        with pytest.raises(InputError, match=mechanism):
            check_headroom(both, {"a": (0, 3), "b": (4, 12)})
    with pytest.raises(InputError, match=mechanism):
        check_headroom(both, {"a": (0, 4), "b": (4, 12)})


def test_all_programmes_together_fit_in_the_room() -> None:
    p = default_parameters()
    check_headroom(
        {name: effect_of(programme, p, {}) for name, programme in catalogue().items()},
        {name: programme.ages for name, programme in catalogue().items()},
    )


def test_an_effect_that_lowers_a_rate_needs_no_room() -> None:
    check_headroom({"a": Effect((-9.0, -9.0, -9.0, -0.9, -9.0, -9.0, -9.0), 9.0, 0.05)}, SAME_AGE)
    check_headroom({}, {})


@given(
    st.lists(st.tuples(*(st.floats(-1, 1.5) for _ in MECHANISMS)), max_size=3),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_whatever_passes_stays_within_the_room_at_any_level(
    strengths: list[tuple[float, ...]], level: list[float]
) -> None:
    try:
        check_headroom(
            {name: Effect(s, 9.0, 0.05) for name, s in zip("abc", strengths, strict=False)}, SAME_AGE
        )
    except InputError:
        return
    for m, mechanism in enumerate(MECHANISMS):
        felt = sum(s[m] * x for s, x in zip(strengths, level, strict=False))
        assert (felt if mechanism == "signalling" else math.exp(felt)) <= HEADROOM[mechanism] * (1 + 1e-8)


def test_the_catalogue_says_for_whom_a_programme_is() -> None:
    for name, programme in catalogue().items():
        assert programme.name == name
        assert programme.targeting in TARGETING
        assert {"nl", "en"} <= set(programme.title)
        assert programme.price in P
        first, before = programme.months
        assert 0 <= first < before
    assert CHILD_WORK.months == (48, 180)
