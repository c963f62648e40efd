"""Kinderen en wachttijd: what is kept of twins, what is told of it, and the page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.background import desk
from pages.children import cash, forms, icons, kinds, timeline
from pages.children.kept import FEW, STATES, Kept, after, covered, kept, spread
from pages.choices.chosen import Choices, pair
from pages.choices.plan import Plan
from pages.look import formats
from pages.look.texts import writing_in
from sim import compare
from sim.api import Comparison
from sim.decision.headline import WAITING, WEEKS, change
from sim.decision.headline import municipal_programmes as programmes_of
from sim.engine.config import Inline
from sim.engine.simulation import REASONS
from sim.inputs.scenario import Scenario
from sim.progress import Progress
from sim.runs.experiment import Options
from sim.runs.twin_tables import picture_table
from sim.runs.twins import Twins, twins
from sim.states import FORMS, MECHANISMS
from tests.opened import once, unfolded, untitled
from tests.worlds import RATE
from tests.worlds import scenario as world

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "kinderen.py")
NL, EN = (writing_in(language).words for language in ("nl", "en"))
YEARS, START = 8, 2026


@pytest.fixture(scope="module")
def both() -> Twins:
    pair_ = world(0, years=YEARS), world(60, years=YEARS)
    return twins(*pair_, Options(children=4000), Inline(), pictured=600)


@pytest.fixture(scope="module")
def small(both: Twins) -> Kept:
    return kept(both)


# Words


@pytest.mark.parametrize("words", [NL, EN])
def test_every_process_state_and_transition_has_its_words(words: dict[str, str], both: Twins) -> None:
    table = both.table
    assert {f"life_process_{name}" for name in table.processes} <= words.keys()
    assert {f"life_state_{process}_{state}" for process, state in table.states} <= words.keys()
    rows = {key.removeprefix("life_row_") for key in words if key.startswith("life_row_")}
    assert rows == set(table.rows)
    assert {f"kids_way_{name}" for name in (*MECHANISMS, "later")} <= words.keys()
    assert {f"pw_tail_{form}" for form in FORMS} <= words.keys()
    assert {f"kids_state_{state}" for state in STATES} <= words.keys()


@pytest.mark.parametrize("words", [NL, EN])
def test_every_reason_and_policy_has_its_sentence(words: dict[str, str]) -> None:
    assert {f"kids_why_{reason}" for reason in REASONS} <= words.keys()
    policies = get_args(Scenario.model_fields["policy"].annotation)
    assert len(policies) == 3
    assert {f"kids_wait_{policy}" for policy in policies if policy != "capped"} <= words.keys()


# What is kept


def test_the_picture_is_that_of_the_twins(both: Twins, small: Kept) -> None:
    found: Counter[tuple[str, int, str]] = Counter()
    for row in picture_table(both).to_pylist():
        care = set(row["care"].split("+"))
        kind = row["need"]
        if care & {"jeugdbescherming", "jeugdreclassering"}:
            kind = "measure"
        if "wijkteam" in care:
            kind = "wijkteam"
        if care & {"ambulant", "netwerk", "daghulp"}:
            kind = "help"
        if care & {"pleegzorg", "gezinshuis", "residentieel", "gesloten"}:
            kind = "residence"
        found[row["life"], row["year"], kind] += 1
    for year in range(YEARS):
        for state, counted in icons.counts(small, year).items():
            if state != "absent":
                assert counted == (
                    found["reference", START + year, state], found["scenario", START + year, state]
                )  # fmt: skip
        assert sum(both_[0] for both_ in icons.counts(small, year).values()) == 600


def test_every_state_has_its_own_shape_or_filling_and_no_two_differ_by_colour_alone() -> None:
    assert set(icons.ICONS) == set(STATES)
    looks = [(icon.shape, icon.hollow, icon.size < 30) for icon in icons.ICONS.values()]
    assert len(set(looks)) == len(looks)


def test_what_is_kept_is_small(small: Kept) -> None:
    assert small.size < 50_000
    assert len(small.chosen) == FEW


def test_chosen_lives_stand_for_all_for_better_and_for_worse(both: Twins, small: Kept) -> None:
    shown = small.after_of(small.chosen)
    assert sum(small.after) == small.partings > 60
    assert min(small.after) > 0
    for part, whole in zip(shown, small.after, strict=True):
        assert abs(part - FEW * whole / small.partings) <= 1.0
    many = Counter((k.row, k.total.life) for k in small.kinds)
    assert {(c.parts.row, c.life) for c in small.chosen} <= set(many)
    shares = Counter((c.parts.row, c.life) for c in small.chosen)
    for k in small.kinds:
        wished = FEW * k.total.children / (small.partings * small.scale)
        assert abs(shares[k.row, k.total.life] - wished) <= 3.0  # one for each outcome


def test_the_choice_does_not_look_at_how_much_is_gained(both: Twins) -> None:
    gains = {p.child: float(k % 3 - 1) for k, p in enumerate(both.partings)}
    larger = {child: gain * (1 + 7 * k % 13) for k, (child, gain) in enumerate(gains.items())}
    assert spread(both, gains, 12) == spread(both, larger, 12)
    assert len(spread(both, gains, 10**6)) == len(both.partings)


def test_months_below_the_precision_are_no_gain() -> None:
    assert [after(gain) for gain in (-3.0, -0.001, 0.0, 0.004, 0.5)] == [-1, 0, 0, 0, 1]


def test_overlapping_care_counts_once() -> None:
    assert covered([(3.0, 5.0), (0.0, 2.0), (4.0, 7.0), (4.5, 6.0)]) == 6.0
    assert covered([]) == 0.0


# What is told


def test_sentences_count_the_children_that_differ(small: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    for year in range(YEARS):
        differs = icons.differing(small, year)
        care = icons.cared_for(small, year)
        words = icons.sentences(small, year)
        if not differs.any():
            assert words.endswith(NL["kids_picture_same"])
            continue
        more, less = int((care[1] & ~care[0]).sum()), int((care[0] & ~care[1]).sum())
        other = int(differs.sum()) - more - less
        assert words.endswith(
            NL["kids_picture_differ"].format(differs=differs.sum(), more=more, less=less, other=other)
        )
    assert icons.differing(small, YEARS - 1).any()


def test_the_same_child_has_the_same_place_in_both_arrays_and_who_differs_is_marked(small: Kept) -> None:
    first, second = (icons.array(small, life, YEARS - 1, "a").to_dict() for life in (0, 1))
    rows = [next(iter(spec["datasets"].values())) for spec in (first, second)]
    assert [(r["x"], r["y"], r["age"]) for r in rows[0]] == [(r["x"], r["y"], r["age"]) for r in rows[1]]
    assert len({(r["x"], r["y"]) for r in rows[0]}) == 600
    for a, b in zip(*rows, strict=True):
        assert a["differs"] == b["differs"] == (a["state"] != b["state"])
    marks = [layer for layer in first["layer"] if "differs" in str(layer.get("transform"))]
    assert len(marks) == 1


def test_timelines_of_both_lives_have_the_same_lanes_and_years(small: Kept) -> None:
    for lives in small.chosen[::6]:
        specs = [timeline.chart(lives, life, "a").to_dict() for life in (0, 1)]
        scales = [
            (s["layer"][0]["encoding"]["x"]["scale"], s["layer"][0]["encoding"]["y"]["scale"]) for s in specs
        ]
        assert scales[0] == scales[1]
        assert specs[0]["layer"][2]["encoding"]["x"]["field"] == "at"


def test_a_story_names_the_moment_and_in_which_life_it_happens(small: Kept) -> None:
    for lives in small.chosen:
        story = timeline.story(lives)
        assert timeline.month_words(lives.parts.month) in story
        assert NL[f"life_row_{lives.parts.row}"] in story
        assert NL[f"kids_story_only_{('reference', 'plan')[lives.life]}"] in story
        assert NL[f"kids_way_{lives.mechanism}"] in story
        assert "nagemaakte kind" in story
        happened = [(m.month, m.row) for m in lives.moments[lives.life]]
        assert (lives.parts.month, lives.parts.row) in happened
        assert (lives.parts.month, lives.parts.row) not in [
            (m.month, m.row) for m in lives.moments[1 - lives.life]
        ]
        table = timeline.moments_table(lives, ("a", "b"))
        assert table.iloc[0]["a" if lives.life else "b"] == "–"
        assert len(timeline.moments_file(lives)) == sum(len(moments) for moments in lives.moments)


@pytest.mark.parametrize("most", [3, 100])
def test_the_table_of_kinds_adds_up(
    both: Twins, small: Kept, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(kinds, "SHOWN", most)
    table, whole = kinds.table(small), kinds.whole(small)
    own = min(most, len(small.kinds))
    assert len(table) == own + (own < len(small.kinds)) + 1
    assert table.iloc[-1, 1] == formats.count(len(both.partings) * both.scale)
    assert whole[NL["kids_euros"]].sum() == pytest.approx(sum(row.euros for row in both.totals()))
    loose = [row for row in both.totals()[:own] if row.euros and abs(row.euros) < 2 * row.euros_error]
    unsaid = [text for text in table.iloc[:own, 3] if text.startswith((NL["too_small"], NL["near_zero"]))]
    assert len(unsaid) == len(loose) > 0


# Cash and forms


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(pair(Choices()), children=1500, draws=10)


def test_what_can_be_cashed_is_the_cash_of_the_headline_without_programmes(compared: Comparison) -> None:
    d, rate = next(iter(compared.differences.values())), RATE
    found = cash.money(d, rate)
    for k, ahead in enumerate(found.ends):
        headline, spent = change(d, ahead, rate), programmes_of(d, ahead, rate)
        assert headline.municipal_cashable is not None
        assert found.figures["care"][k].value == pytest.approx(headline.municipal_cost.value - spent)
        assert found.figures["cash"][k].value == pytest.approx(headline.municipal_cashable.value - spent)
        assert found.figures["care"][k].mcse == pytest.approx(headline.municipal_cost.mcse)
        for name in ("care", "cash"):
            assert found.values[name][:, ahead - 1].mean() == pytest.approx(found.figures[name][k].value)
    assert len(cash.table(found)) == len(found.ends)
    assert len(cash.all_years(found)) == 2 * len(d.years)


def test_under_fixed_places_the_words_say_who_takes_the_place(compared: Comparison) -> None:
    found = cash.money(next(iter(compared.differences.values())), RATE)
    capped = pair(Choices(plan=Plan.simple(36.0, True, "capped")))[0]
    assert "betaalt de gemeente de plaatsen" in cash.words(found, capped)
    assert "70%" in cash.words(found, pair(Choices())[0])


def test_a_form_is_told_only_where_it_is_more_than_luck(compared: Comparison) -> None:
    d = next(iter(compared.differences.values()))
    found = forms.lines(compared.runs, "users")
    assert [one.form for one in found] == list(FORMS)
    words = forms.user_words(d, found, 10)
    large = []
    for form in FORMS:
        f = d.in_year(("care_users", "form", form), 9)
        assert f.low is not None
        assert f.high is not None
        large.append(abs(f.value) >= 2 * f.mcse and not f.low < 0 < f.high)  # neither luck nor unknown
        assert (f"{NL[f'pw_tail_{form}']} " in words) == large[-1]
    assert True in large
    assert False in large


# The page


def opened(**query: str) -> AppTest:
    at = AppTest.from_file(PAGE, default_timeout=120)
    for key, value in (unfolded("kinderen") | query).items():
        at.query_params[key] = value
    return at.run()


def until(at: AppTest, *told: str) -> AppTest:
    """Return the page once all of these words stand on it."""
    once(at, lambda: all(text in words(at) for text in told))
    assert not at.error
    for text in told:
        assert text in words(at)
    return at


def words(at: AppTest) -> str:
    return "\n".join(m.value for m in [*at.markdown, *at.info, *at.header])


@pytest.fixture(scope="module")
def page() -> AppTest:
    return until(opened(), "lopen van", "keer andere aannames")


def headings(at: AppTest) -> Sequence[Any]:
    return [h.value for h in at.header]


def test_the_page_shows_all_its_parts_and_says_that_children_are_simulated(page: AppTest) -> None:
    assert headings(page) == [NL["kids_picture"]]
    folded = [part.label for part in page.expander]
    for name in ("kids_two", "kids_totals", "kids_wait", "kids_forms", "kids_cash"):
        assert NL[name] in folded
    assert words(page).count("geen echt kind") == 2
    assert NL["kids_wait_crowd_out"] in words(page)
    assert NL["kids_cash_next"] in words(page)
    described = [chart.proto.spec for chart in page.get("vega_lite_chart")]
    assert described
    assert all('"description"' in spec for spec in described)
    key = NL["kids_key_alt"].split("{")[0]
    assert [told for told in untitled(page) if not told.startswith(key)] == []


def test_the_year_slider_moves_the_picture_without_living_anybody_again(page: AppTest) -> None:
    before = dict(desk.desk().kept)
    page.slider(key="kids-year").set_value(2030).run()
    (pictured,) = re.findall(r"Op 31 december 2030 wonen er nog [\d.]+ van de ([\d.]+) kinderen", words(page))
    table = page.table[0].value
    assert sum(int(text.replace(".", "")) for text in table["vergelijking"][:9]) == int(pictured)
    assert dict(desk.desk().kept) == before


def test_another_child_has_another_story(page: AppTest) -> None:
    first = [m.value for m in page.markdown if "Dit nagemaakte kind" in m.value]
    page.selectbox(key="kids-child").set_value(5).run()
    second = [m.value for m in page.markdown if "Dit nagemaakte kind" in m.value]
    assert len(first) == len(second) == 1
    assert first != second


def test_work_that_is_not_fenced_shares_lives() -> None:
    until(opened(begroting="36-o-crowd_out"), "lopen van")


def test_where_lives_are_not_shared_the_reason_is_told_and_the_open_plan_is_offered() -> None:
    at = until(opened(begroting="36-g-capped"), NL["kids_why_places"])
    assert "lopen van" not in words(at)
    at.toggle(key="kids-open").set_value(True).run()
    until(at, NL["kids_open_shown"], "lopen van")


def short(policy: str) -> Plan:
    """Return a plan of a few years, so that everyone is lived quickly."""
    return Plan.of({"policy": policy, "years": 4, "programmes": {"kinderwerk": {"fte": 10.0}}})


def test_waiting_is_that_of_everyone_as_the_command_line_has_it() -> None:
    at = opened(gemeente="Hoorn", begroting=short("deficit").code())
    assert NL["kids_wait_deficit"] in words(at)
    at.toggle(key="kids-capped").set_value(True).run()
    until(at, "op een wachtlijst")
    chosen = Choices(municipality="Hoorn", plan=short("capped"))
    run = compare(pair(chosen), children=None).runs[0]
    levels = [c.values[c.labels.index(label), -1] for label in (WAITING, WEEKS) for c in run.columns]
    shown = [formats.count(v) for v in levels[:2]] + [f"{v:.1f}".replace(".", ",") for v in levels[2:]]
    sentence = next(m.value for m in at.markdown if "op een wachtlijst" in m.value)
    assert f"{shown[0]} in de vergelijking" in sentence
    assert f"{shown[1]} met de begroting (" in sentence
    assert f"gemiddeld {shown[2].removesuffix(',0')} en {shown[3].removesuffix(',0')} weken" in sentence


def test_under_fixed_places_lives_are_not_shared_and_care_stands_with_the_waiting() -> None:
    link = {"gemeente": "Hoorn", "begroting": short("capped").code()}
    at = until(opened(**link), NL["kids_why_places"], "op een wachtlijst")
    until(at, "betaalt de gemeente de plaatsen")
    assert NL["kids_forms"] not in [part.label for part in at.expander]


def test_a_large_city_says_why_it_shows_no_waiting() -> None:
    at = opened(gemeente="Amsterdam", begroting="36-g-capped")
    said = NL["kids_wait_large"].format(name="Amsterdam", youths="201.611", most="150.000")
    assert said in [info.value for info in at.info]


def test_without_child_workers_there_is_nothing_to_live_twice() -> None:
    at = opened(begroting="0-g-crowd_out")
    assert not at.exception
    assert at.info[0].value == NL["sentence_none"]
    assert not at.header


def test_a_plan_that_reaches_nobody_shows_no_lives() -> None:
    at = until(opened(begroting="0.01-g-deficit"), NL["kids_nobody_parts"])
    assert "lopen van" not in words(at)


def test_the_page_speaks_english() -> None:
    at = until(opened(taal="en"), "children part", "times with other assumptions")
    assert headings(at)[0] == EN["kids_picture"]
    assert "nagemaakt" not in words(at)


def test_progress_is_told_in_the_language_of_the_user() -> None:
    from pages.kinderen import _progress

    lived = Progress("living", 1, 2, {"title": "Almere: 36 - 2018", "year": 2031})
    assert _progress(lived, "kids_progress_first") == NL["kids_progress"].format(year=2031)
    assert _progress(Progress("growing_up", 0, 1), "kids_progress_first") == NL["kids_progress_first"]
    first = _progress(Progress("warming_up", 0, 1, {"year": 2019}), "kids_wait_progress_first")
    assert first == NL["kids_wait_progress_first"]


def test_arrays_of_a_kept_picture_do_not_grow_with_the_children(both: Twins, small: Kept) -> None:
    assert small.states.shape == (2, 600, YEARS)
    assert small.states.dtype == np.uint8
    assert both.ids.size > 600
