"""The levers of a plan in plain data: paths of FTE, the shortest way to say a plan, references."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.choices import levers
from pages.choices.chosen import Choices, existing_fte, scenario
from pages.choices.lever_words import changes, words_of
from pages.choices.levers import as_reference, at_first, evenly, path_of, shortest, steps_of, within
from pages.choices.plan import Plan
from sim.inputs.programme_use import Switches
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.inputs.shock import ON_FORMS
from sim.model.catalogue import catalogue
from tests.opened import spaced

START, YEARS = 2026, 20
AMOUNTS = st.integers(0, 60).map(float)
STEPS = st.lists(st.tuples(st.integers(START - 3, START + YEARS + 3), AMOUNTS), max_size=6)


def lived(steps: levers.Steps) -> list[float]:
    """Return the FTE of every year: of the steps at or before it the last one holds."""
    found = []
    for year in range(START, START + YEARS):
        before = [step for step in sorted(steps, key=lambda s: s[0]) if step[0] <= year]
        found.append(before[-1][1] if before else 0.0)
    return found


def by_year(fte: object) -> tuple[float, ...]:
    data = {"title": "x", "kind": "scenario", "municipality": "Almere", "programmes": {"bso": {"fte": fte}}}
    return scenario_from_dict(data).programmes["bso"].fte_by_year(START, YEARS)


@given(STEPS)
def test_a_path_means_what_its_steps_say_and_is_written_in_one_way(steps: levers.Steps) -> None:
    path = path_of(steps, START, YEARS)
    assert list(by_year(path)) == lived(steps)
    assert path_of(steps_of(path, START), START, YEARS) == path


def test_a_path_that_never_changes_is_a_number() -> None:
    assert path_of([(2026, 12.0), (2030, 12.0)], START, YEARS) == 12.0
    assert path_of([(2020, 5.0), (2024, 7.0)], START, YEARS) == 7.0
    assert path_of([(2026, 0.0), (2028, 12.0)], START, YEARS) == {"2028": 12.0}


def test_a_range_of_a_file_ends_as_a_step_to_nothing() -> None:
    assert steps_of({"2026-2028": 12.0}, START) == [(2026, 12.0), (2029, 0.0)]
    assert path_of(steps_of({"2028-2029": 12.0, "2032-2050": 6.0}, START), START, YEARS) == {
        "2028": 12.0, "2030": 0.0, "2032": 6.0,
    }  # fmt: skip


def test_other_years_leave_out_the_shocks_beside_them() -> None:
    starts = ("2027-10", "2031", "2040-01")
    shocks = [{"kind": "lockdown", "start": start, "months": 6, "size": 0.5} for start in starts]
    kept = within(Plan.simple(9.0).changed(shocks=shocks), 2028, 5)
    assert [shock["start"] for shock in kept.data["shocks"]] == ["2027-10", "2031"]
    assert scenario(Choices(), kept).years == 5


def test_steps_lead_evenly_from_one_number_to_another() -> None:
    assert evenly((2026, 10.0), (2029, 40.0)) == [(2026, 10.0), (2027, 20.0), (2028, 30.0), (2029, 40.0)]
    assert evenly((2026, 5.0), (2028, 0.0)) == [(2026, 5.0), (2027, 2.5), (2028, 0.0)]
    with pytest.raises(ValueError, match="after the first"):
        evenly((2026, 1.0), (2026, 2.0))


FULL = {
    "start": 2026, "years": 20, "policy": "crowd_out", "budget": {"youth_care": None}, "shocks": [],
    "programmes": {
        "kinderwerk": {
            "fte": {"2026": 20, "2030": 20}, "ring_fenced": True, "targeting": "neighbourhood",
            "ages": [4, 14], "paid_by": "gemeente", "switches": Switches().model_dump(),
        },
        "bso": {"fte": 0, "ring_fenced": False},
    },
}  # fmt: skip


def test_what_goes_without_saying_is_left_out() -> None:
    assert shortest(Plan.of(FULL)) == Plan.simple(20.0)
    assert shortest(Plan.of(FULL)).code() == "20-g-crowd_out"


def test_what_is_unusual_stays() -> None:
    use = {
        "fte": {"2028": 4.0}, "ring_fenced": False, "targeting": "everyone", "ages": [4, 12],
        "paid_by": "outside", "switches": {"onset": False, "access": False},
    }  # fmt: skip
    plan = shortest(Plan.of({"policy": "deficit", "years": 12, "programmes": {"kinderwerk": use}}))
    assert plan.data["years"] == 12
    kept = plan.programmes["kinderwerk"]
    assert kept["switches"] == {"onset": False}  # access is no mechanism of child work
    assert {**kept, "switches": use["switches"]} == {**use, "fte": {"2028": 4.0}}


def test_the_shortest_plan_is_the_same_scenario() -> None:
    chosen = Choices()
    plan = Plan.of({
        "policy": "capped", "places": {"ambulant": 900, "wijkteam": "unlimited"}, "start": 2027, "years": 9,
        "shocks": [{"kind": "budget_cut", "start": "2029-01", "months": 12, "size": 0.3, "workers": "present",
                    "programmes": []}],
        "budget": {"real_growth": 0.02, "youth_care": None},
        "programmes": {
            "jongerenwerk": {"fte": 6, "ring_fenced": False, "targeting": "outreach", "ages": [10, 22],
                             "switches": {"continuity": False}},
        },
    })  # fmt: skip

    def meant(scenario: Scenario) -> dict[str, object]:
        data = scenario.canonical()
        for name, use in data["programmes"].items():
            own = catalogue()[name]
            use["targeting"] = use["targeting"] or own.targeting
            use["ages"] = list(use["ages"] or (own.first_age, own.last_age))
        data["programmes"].pop("kinderwerk", None)  # none of it is the same as not naming it
        return data

    assert meant(scenario(chosen, shortest(plan))) == meant(scenario(chosen, plan))


def test_other_years_cut_the_path() -> None:
    plan = Plan.of({"programmes": {"kinderwerk": {"fte": {"2026": 10.0, "2030": 20.0, "2040": 30.0}}}})
    short = within(plan, 2028, 8)
    assert short.data["programmes"]["kinderwerk"]["fte"] == {"2028": 10.0, "2030": 20.0}
    assert (short.data["start"], short.data["years"]) == (2028, 8)
    assert scenario(Choices(), short).years == 8


def test_a_reference_of_a_file_is_one_of_the_choices_or_none_of_them() -> None:
    chosen = Choices(plan=Plan.simple(72.0))
    assert as_reference(chosen, Plan.of({"programmes": {}})) == "none"
    assert as_reference(chosen, Plan.simple(0.0, False)) == "none"
    assert as_reference(chosen, Plan.simple(existing_fte(chosen))) == "now"
    assert as_reference(chosen, Plan.simple(5.0)) is None
    assert as_reference(chosen, Plan.simple(0.0, policy="deficit")) is None  # another world


def test_what_was_changed_is_told_part_by_part() -> None:
    first = at_first(Choices())
    assert changes(first) == []
    plan = within(first.plan.with_child_work(20.0, False), 2026, 12)
    told = {c.section: (c.now, c.before) for c in changes(replace(first, plan=plan, effect="half"))}
    assert told["kinderwerk"] == ("20 fte, niet geoormerkt", "36 fte, geoormerkt")
    assert told["period"][0] == "12 jaar, van 2026 tot en met 2037"
    assert told["compared"][0].endswith("half zo goed")
    assert set(told) == {"kinderwerk", "period", "compared"}


def test_every_lever_has_words() -> None:
    plan = Plan.of({
        "policy": "capped", "places": {"ambulant": 1200.0, "daghulp": "unlimited"},
        "budget": {"youth_care": 5e7, "real_growth": -0.015},
        "shocks": [
            {"kind": "lockdown", "start": "2028-03", "months": 6, "size": 0.5, "workers": "absent"},
            {"kind": "budget_cut", "start": "2029-01", "months": 24, "size": 0.3,
             "programmes": ["jongerenwerk"]},
        ],
        "programmes": {
            "kinderwerk": {"fte": {"2026": 1.0, "2027": 2.0, "2028": 3.0, "2029": 4.5}, "ages": [6, 12],
                           "targeting": "outreach", "paid_by": "outside", "switches": {"signalling": False}},
        },
    })  # fmt: skip
    chosen = Choices(plan=plan)
    assert words_of("kinderwerk", chosen) == (
        "van 1 fte in 2026 naar 4,5 fte in 2029, geoormerkt, waar kinderen al zijn, "
        "van 6 tot en met 12 jaar, betaald door een ander, zonder eerder gezien"
    )
    assert spaced(words_of("money", chosen)) == (
        "vaste plaatsen, wachtlijst, ambulant: 1.200, daghulp: onbeperkt, budget € 50,0 mln, "
        "groei \N{MINUS SIGN}1,5% per jaar"
    )
    assert words_of("shocks", chosen) == (
        "lockdown, 50% vanaf 3-2028, 6 maanden, werkers zijn er ook niet; "
        "korting halverwege, 30% vanaf 1-2029, 24 maanden, alleen Jongerenwerk"
    )


def test_policies_on_forms_of_care_have_words_and_come_back_from_a_link() -> None:
    shocks = [{"kind": kind, "start": "2028-01", "months": 24, "size": 0.1, "forms": ["daghulp"]}
              for kind in ON_FORMS]  # fmt: skip
    plan = Plan.simple(36.0).changed(shocks=shocks)
    told = words_of("shocks", Choices(plan=plan)).split("; ")
    assert told[2] == "eigen bijdrage, 10% vanaf 1-2028, 24 maanden, alleen daghulp"
    assert len({line.split(",")[0] for line in told}) == len(ON_FORMS)
    assert Plan.of_code(shortest(plan).code()) == shortest(plan)
    assert Plan.of_scenario(scenario(Choices(), plan)).data["shocks"][0]["forms"] == ["daghulp"]


def test_a_label_names_the_world_where_it_is_unusual() -> None:
    plan = Plan.simple(20.0, True, "capped").changed(
        shocks=[{"kind": "lockdown", "start": "2027-03", "months": 6, "size": 0.7}]
    )
    assert plan.label() == "20 kinderwerkers, geoormerkt, vaste plaatsen, lockdown"
    assert Plan.simple(20.0).label() == "20 kinderwerkers, geoormerkt"
    assert Plan.simple(3.4).label() == "3,4 fte kinderwerk, geoormerkt"
    assert Plan.simple(1.0).phrase() == "1 kinderwerker"


@pytest.mark.parametrize(
    ("size", "words"), [(0.2, "hulp begint minder vaak, 20%"), (-0.2, "hulp begint vaker, 20%")]
)
def test_help_that_begins_more_often_is_not_told_as_less_with_a_minus(size: float, words: str) -> None:
    shock = {"kind": "fewer_starts", "start": "2028-01", "months": 12, "size": size}
    plan = Plan.simple(20.0).changed(shocks=[shock])
    assert words_of("shocks", Choices(plan=plan)).startswith(words)
    assert plan.label().endswith(words.partition(",")[0])


@pytest.mark.parametrize(
    ("fte", "last", "words"),
    [
        ({"2026-2028": 12.0}, 0.0, "12 → 0"), ({"2026-2045": 12.0}, 12.0, "12"),
        ({"2026": 12.0, "2027-2030": 24.0, "2031": 6.0}, 6.0, "12 → 24 → 6"), ({"2040": 12.0}, 12.0, "12"),
    ],
)  # fmt: skip
def test_a_plan_tells_where_a_range_of_years_ends(fte: dict[str, float], last: float, words: str) -> None:
    plan = Plan.of({"policy": "deficit", "programmes": {"kinderwerk": {"fte": fte, "ring_fenced": True}}})
    assert plan.fte == last
    assert f"{words} kinderwerkers" in plan.label()
    beside = {"bso": {"fte": fte}, "kinderwerk": {"fte": 0.0}}
    assert f"{last:g} fte" in Plan.of({"policy": "deficit", "programmes": beside}).label()
