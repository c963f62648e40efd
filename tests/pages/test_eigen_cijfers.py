"""Eigen cijfers: nothing changes before it is accepted or when it is wrong, and what changes is told."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from calibration.municipalities import municipal
from pages.choices.chosen import Choices, profile
from pages.choices.link import query_of
from pages.choices.plan import Plan
from pages.look.texts import writing_in
from pages.own import files, form, known, review
from sim.engine.config import of_town
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality, municipality_from_dict
from sim.inputs.municipality_sheet import read_sheet
from sim.inputs.municipality_text import municipality_yaml, read_yaml
from sim.inputs.profiles import profile_from, profiles
from sim.model.parameters import default_parameters
from sim.progress import Progress
from sim.words.parameter_words import source_words
from tests.opened import once, spaced

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "eigen_cijfers.py")
NL = writing_in("nl")
VILLAGE: dict[str, Any] = {
    "kind": "municipality", "name": "Dorp", "date": "2024-01-01", "source": "eigen telling",
    "population": {"0-3": 8100, "4-11": 17000, "12-17": 15000, "18-22": 13000},
}  # fmt: skip


def village(**more: Any) -> Municipality:
    return municipality_from_dict({**VILLAGE, **more}, registry())


def opened(**query: str) -> AppTest:
    at = AppTest.from_file(PAGE, default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def field(at: AppTest, label: str) -> Any:
    return next(f for f in at.text_input if f.label == label)


def press(at: AppTest, key: str) -> AppTest:
    next(b for b in at.button if b.label == NL.t(key)).click().run()
    assert not at.exception
    return at


def headers(at: AppTest) -> list[str]:
    return [header.value for header in at.header]


def rows(table: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return what was and becomes by figure, without the places where a word may be broken."""
    names = table.iloc[:, 0].str.replace("\N{SOFT HYPHEN}", "")
    told = [table.iloc[:, k].map(spaced) for k in (1, 2)]
    return dict(zip(names, zip(*told, strict=True), strict=True))


def tables(at: AppTest) -> list[pd.DataFrame]:
    """Return the tables of what changes, without that of what is known."""
    return [table.value for table in at.table if NL.t("own_how") not in table.value.columns]


# What is known


def marked(at: AppTest) -> dict[str, str]:
    (table,) = (each.value for each in at.table if NL.t("own_how") in each.value.columns)
    return {what: mark for what, (_, mark) in rows(table).items()}


@pytest.mark.parametrize(("name", "level"), [("Rotterdam", "0,74"), ("Urk", "0,85")])
def test_each_figure_says_how_it_is_known(name: str, level: str) -> None:
    at = opened(gemeente=name)
    found = marked(at)
    assert found["Jongeren van 4 tot en met 11 jaar"] == "afgeleid"
    assert [found[NL.t(f"own_{x}")] for x in ("use_range", "need", "access")] == ["geschat"] * 3
    assert found["Kinderwerkers (fte)"] == found["Ambulant"] == found[NL.t("own_moving")] == "geleend"
    assert found[NL.t("own_bijstand")] == ("gemeten" if name == "Rotterdam" else "geleend")
    (table,) = (each.value for each in at.table if NL.t("own_how") in each.value.columns)
    told = rows(table)[NL.t("own_use_range")][0]
    assert told.startswith(f"{level} keer wat bij leeftijden en gezinnen hier hoort (")


def test_what_would_tell_most_is_asked_first() -> None:
    at = opened(gemeente="Urk")
    assert NL.t("own_first") in [each.value for each in at.markdown]
    fields = [each.label for each in at.text_input]
    first = [NL.t(name) for name in ("own_name", "own_year", "own_source", "own_use_youths")]
    assert fields[:4] == first


@pytest.mark.parametrize("name", ["Rotterdam", "Urk"])
def test_a_level_and_its_range_survive_loading_editing_and_downloading(name: str) -> None:
    at = opened(gemeente=name)
    field(at, NL.t("own_fte")).set_value("20")
    press(press(at, "own_submit"), "own_accept")
    own = known.own_of(at.session_state["choices"])
    assert own is not None
    town, p = profiles()[name], default_parameters()
    again = read_yaml(municipality_yaml(own).encode(), "mine.yaml", registry())
    sheet = read_sheet(files.workbook_template(own), "mine.xlsx", registry())
    for each in (own, again, sheet):
        found = profile_from(each)
        assert (found.need, found.access) == (town.need, town.access)
        assert (found.use, found.code) == (town.use, town.code)
        assert found.local == town.local
        assert found.kinderwerk_fte == 20.0
        assert of_town(p, found).draw(0, 3)["town.use"] == of_town(p, town).draw(0, 3)["town.use"] != 1.0
    assert marked(at)["Kinderwerkers (fte)"] == "gemeten"
    assert marked(at)[NL.t("own_use_range")] == "geschat"


# The form


def test_a_form_as_it_was_changes_nothing() -> None:
    at = press(opened(), "own_submit")
    assert [info.value for info in at.info] == [NL.t("own_review_same")]
    assert at.session_state["choices"] == Choices()


def test_the_form_tells_the_source_in_the_language_of_the_page_and_keeps_it_as_it_is() -> None:
    at, was = opened(), known.shipped("Almere")
    assert was is not None
    assert field(at, NL.t("own_source")).value.startswith("afgeleid: losse leeftijden binnen")
    field(at, NL.t("own_fte")).set_value("20")
    own = known.own_of(press(press(at, "own_submit"), "own_accept").session_state["choices"])
    assert own is not None
    assert own.source == was.source
    for language in ("nl", "en"):
        told = source_words(was.source, writing_in(language))
        assert form._source(was, told) == was.source
    assert form._source(was, "eigen telling") == form._source(None, "eigen telling") == "eigen telling"


def test_figures_act_only_once_they_are_accepted_and_can_be_taken_out_again() -> None:
    at = opened(begroting="0-g-crowd_out")
    field(at, NL.t("own_fte")).set_value("20")
    field(at, NL.t("own_people", first=4, last=11)).set_value("21900")
    field(at, "Ambulant").set_value("9100")
    at = press(at, "own_submit")
    table = tables(at)[0]
    assert rows(table) == {
        "Jongeren van 4 tot en met 11 jaar": ("21.124", "21.900"),
        "Kinderwerkers (fte)": ("36", "20"),
        "Ambulant": (f"€ {NL.number(default_parameters()['cost.ambulant'], 0)} (landelijk)", "€ 9.100"),
    }
    assert all(table[NL.t("own_acts")])
    assert not at.session_state["choices"].own
    at = press(at, "own_accept")
    chosen = at.session_state["choices"]
    assert [s.value for s in at.success] == [NL.t("own_accepted")]
    assert (profile(chosen).kinderwerk_fte, profile(chosen).overrides) == (20.0, {"cost.ambulant": 9100.0})
    assert sum(profile(chosen).youths[4:12]) == pytest.approx(21900)
    assert profile(chosen).youths[:4] == pytest.approx(profiles()["Almere"].youths[:4], abs=0.05)
    assert profile(chosen).need == profiles()["Almere"].need  # as it was fitted: no figure of use is here
    assert rows(tables(at)[-1]) == rows(table)
    press(at, "own_drop")
    assert at.session_state["choices"] == Choices(plan=Plan.simple(0.0))


def test_what_is_put_forward_can_be_left() -> None:
    at = opened()
    field(at, NL.t("own_fte")).set_value("20")
    at = press(press(at, "own_submit"), "own_leave")
    assert headers(at) == [NL.t("own_enter")]
    assert at.session_state["choices"] == Choices()


def test_a_mistake_in_the_form_is_told_by_field_and_changes_nothing() -> None:
    at = opened()
    field(at, NL.t("own_name")).set_value("<script>alert(1)</script>")
    field(at, "Ambulant").set_value("790")
    at = press(at, "own_submit")
    (error,) = at.error
    assert r"Naam van de gemeente: de tekens \< en \> mogen hier niet" in error.value
    assert "Ambulant: verwacht: euro per plaats per jaar" in error.value
    assert "is dit per maand?" in error.value
    assert at.session_state["choices"] == Choices()
    assert headers(at) == [NL.t("own_enter")]


def test_what_was_handed_in_still_stands_in_the_form_after_another_page() -> None:
    at = AppTest.from_file(str(Path(PAGE).with_name("main.py")), default_timeout=120).run()
    at.switch_page("eigen_cijfers.py").run()
    field(at, NL.t("own_name")).set_value("Dorp <")
    field(at, "Ambulant").set_value("12.345")
    next(f for f in at.selectbox if f.label == NL.t("own_use_ages")).set_value("0-17")
    press(at, "own_submit")
    kept = {f.label: f.value for f in at.text_input}
    at.switch_page("over.py").run()
    assert not at.text_input
    at.switch_page("eigen_cijfers.py").run()
    assert not at.exception
    assert not at.warning
    assert kept["Ambulant"] == "12.345"
    assert {f.label: f.value for f in at.text_input} == kept
    assert next(f for f in at.selectbox if f.label == NL.t("own_use_ages")).value == "0-17"


def test_empty_fields_of_the_form_are_named_as_the_form_does() -> None:
    at = opened()
    at.selectbox[0].set_value(NL.t("own_other")).run()
    field(at, NL.t("own_name")).set_value("Dorp")
    field(at, NL.t("own_source")).set_value("telling")
    field(at, NL.t("own_people", first=4, last=11)).set_value("17000")
    at = press(at, "own_submit")
    (error,) = at.error
    assert error.value.splitlines()[2:] == [
        "- Bevolking op 1 januari van: vul een jaar in, zoals 2024",
        "- Jongeren van 0 tot en met 3 jaar: vul een aantal in",
        "- Jongeren van 12 tot en met 17 jaar: vul een aantal in",
        "- Jongeren van 18 tot en met 22 jaar: vul een aantal in",
    ]
    (mistake,) = files.of_form({**VILLAGE, "population": {**VILLAGE["population"], "4-11": 4e6}})[1]
    assert mistake.startswith(NL.t("own_population"))


def test_an_unknown_municipality_starts_empty_and_from_its_own_child_work() -> None:
    at = opened()
    at.selectbox[0].set_value(NL.t("own_other")).run()
    assert field(at, NL.t("own_name")).value == ""
    assert field(at, NL.t("own_people", first=0, last=3)).value == ""
    field(at, NL.t("own_name")).set_value("Dorp")
    field(at, NL.t("own_source")).set_value("eigen *telling*")
    field(at, NL.t("own_year")).set_value("2024")
    for first, last, youths in ((0, 3, 8100), (4, 11, 17000), (12, 17, 15000), (18, 22, 13000)):
        field(at, NL.t("own_people", first=first, last=last)).set_value(str(youths))
    field(at, NL.t("own_fte")).set_value("7,5")
    at = press(press(at, "own_submit"), "own_accept")
    chosen = at.session_state["choices"]
    assert (chosen.municipality, chosen.plan) == ("Dorp", Plan.simple(7.5))
    assert json.loads(chosen.own)["date"] == "2024-01-01"
    press(at, "own_drop")
    assert at.session_state["choices"] == Choices()


def test_own_figures_are_in_the_link() -> None:
    chosen = Choices(municipality="Dorp", own=review._written(village(tariffs={"ambulant": 9000})))
    query = {key: values[0] for key, values in parse_qs(query_of(chosen, "nl")).items()}
    at = opened(**query)
    assert at.session_state["choices"] == chosen
    assert headers(at)[0] == NL.t("own_now_title", name="Dorp")


@pytest.mark.parametrize("child_work_only", [True, False])
def test_figures_of_another_municipality_wait(child_work_only: bool) -> None:
    plan = Plan.simple(36.0)
    if not child_work_only:
        plan = plan.changed(shocks=[{"kind": "lockdown", "start": "2027-03", "months": 6, "size": 0.7}])
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.session_state["choices"] = Choices(own=review._written(village(kinderwerk_fte=7.5)), plan=plan)
    at.run()
    assert at.info[0].value == NL.t("own_elsewhere", name="Dorp", other="Almere")
    next(b for b in at.button if b.label == NL.t("own_go", name="Dorp")).click().run()
    assert at.session_state["choices"].municipality == "Dorp"
    # a budget of child work alone becomes what there is here; one of more stays, and that is said
    assert at.session_state["choices"].plan == (Plan.simple(7.5) if child_work_only else plan)
    said = any(NL.t("plan_kept", name="Almere") in note.value for note in at.markdown)
    assert said is not child_work_only


def test_a_budget_of_more_than_child_work_stays_when_figures_of_elsewhere_are_accepted() -> None:
    plan = Plan.simple(36.0).changed(policy="capped")
    plan = plan.changed(shocks=[{"kind": "lockdown", "start": "2027-03", "months": 6, "size": 0.7}])
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.session_state["choices"] = Choices(plan=plan)
    at.session_state[review.PROPOSED] = review._written(village())
    press(at.run(), "own_accept")
    chosen = at.session_state["choices"]
    assert (chosen.municipality, chosen.plan) == ("Dorp", plan)
    assert any(NL.t("plan_kept", name="Almere") in note.value for note in at.markdown)


# The fit


def fitting(monkeypatch: pytest.MonkeyPatch, **use: Any) -> AppTest:
    """Return the page with a figure of use put forward, to be fitted with few children."""
    monkeypatch.setattr(municipal, "LOCAL_CHILDREN", 1000)
    monkeypatch.setattr(review, "fit_municipality", partial(municipal.fit_municipality, children=1000))
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.session_state["choices"] = Choices(plan=Plan.simple(0.0))
    figures = village(use={"year": 2019, "youths": 4900, **use})
    at.session_state[review.PROPOSED] = review._written(figures)
    at.run()
    assert not at.exception
    return at


def test_a_figure_of_use_is_fitted_before_it_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    at = fitting(monkeypatch)
    once(at, lambda: any(b.label == NL.t("own_accept") for b in at.button))
    told = rows(tables(at)[1])
    assert set(told) == {NL.t("own_need"), NL.t("own_access"), NL.t("own_use_range")}
    assert NL.t("own_need") not in rows(tables(at)[0])
    press(at, "own_accept")
    own = known.own_of(at.session_state["choices"])
    assert own is not None
    assert own.fitted
    assert own.need is not None
    assert told[NL.t("own_need")][1] == NL.t("own_times", times=NL.number(own.need.value, 3))


def test_a_figure_that_cannot_be_fitted_is_told_and_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    at = fitting(monkeypatch, year=2031)
    once(at, lambda: bool(at.warning))
    assert "er is geen landelijk cijfer van 2031" in at.warning[0].value.lower()
    press(at, "own_accept_unfitted")
    own = known.own_of(at.session_state["choices"])
    assert own is not None
    assert not own.fitted


def test_a_fit_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(figures: Municipality, pool: Any, tell: Any) -> None:
        while True:
            tell(Progress("fitting", 1, 10))
            time.sleep(0.05)

    at = fitting(monkeypatch, youths=4801)
    monkeypatch.setattr(review, "fit_municipality", slow)
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.session_state["choices"] = Choices(plan=Plan.simple(0.0))
    at.session_state[review.PROPOSED] = review._written(village(use={"year": 2019, "youths": 4802}))
    at.run()
    at = press(at, "stop")
    assert any(NL.t("own_fit_stopped") in m.value for m in at.markdown)
    assert any(b.label == NL.t("own_accept_unfitted") for b in at.button)


KNOWN = village(use={"year": 2019, "youths": 4900}, need=1.1, access=0.9, bijstand=0.08)


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, True),
        ({"kinderwerk_fte": {"value": 3.0}}, True),
        ({"bijstand": {"value": 0.09}}, False),
        ({"population": {"0-22": 53100}}, False),
        ({"use": {"year": 2019, "youths": 5000.0, "ages": "0-22"}}, False),
        ({"name": "Stad"}, False),
    ],
)
def test_a_fit_holds_for_what_it_was_made_of(changed: dict[str, Any], kept: bool) -> None:
    found = form._multipliers(KNOWN, {**KNOWN.to_data(), **changed})
    assert set(found) == ({"need", "access"} if kept else set())


# What is known


@pytest.mark.parametrize("name", known.towns())
def test_figures_that_ship_are_figures_as_a_file_holds_them(name: str) -> None:
    figures, shipped = known.shipped(name), profiles()[name]
    assert figures is not None
    again = profile_from(figures)
    assert again.youths == pytest.approx(shipped.youths, abs=0.06)
    for field_name in ("name", "date", "source", "moving", "kinderwerk_fte", "overrides", "need", "access"):
        assert getattr(again, field_name) == getattr(shipped, field_name), field_name
    assert known.changes(figures, figures).empty


def test_nothing_is_known_of_the_country_and_of_places_that_do_not_ship() -> None:
    assert known.shipped("Nederland") is None
    assert known.in_use("Dorp", Choices()) is None
    assert "Nederland" not in known.towns()


def test_a_municipality_has_the_name_by_which_the_model_knows_it() -> None:
    assert village(name="'s-gravenhage").name == "Den Haag"
    assert village().name == "Dorp"


def test_every_figure_of_a_new_municipality_is_told() -> None:
    figures = village(
        moving=0.03, bijstand=0.08, kinderwerk_fte=5, use={"year": 2019, "youths": 4900},
        tariffs={"gesloten": 200000}, need=1.1, access=0.9,
    )  # fmt: skip
    told = rows(known.changes(None, figures))
    assert {was for was, _ in told.values()} == {"–"}
    assert told["Jongeren van 0 tot en met 3 jaar"][1] == "8.100"
    assert told[NL.t("own_moving")][1] == "3%"
    assert told[NL.t("own_use")][1] == "4.900 in 2019 (0-22 jaar)"
    assert told[NL.t("own_need")][1] == "1,1 keer landelijk"
    assert told["Gesloten"][1] == "€ 200.000"
    assert told["Wijkteam"][1].endswith("(landelijk)")
    rest = known.changes(None, figures, fit=False)
    assert len(rest) == len(told) - 2
    assert set(rows(known.changes(None, figures, rest=False))) == {NL.t("own_need"), NL.t("own_access")}


# Files


@pytest.mark.parametrize("name", ["Almere", "Den Haag"])
def test_templates_are_filled_with_what_is_known_and_read_back(name: str) -> None:
    there = known.shipped(name)
    assert there is not None
    found, mistakes = files.read("eigen.xlsx", files.workbook_template(there))
    assert (mistakes, found and found.name) == ([], name)
    found, mistakes = files.read("eigen.yaml", files.yaml_template(there).encode())
    assert mistakes == []
    assert found == there
    uncommented = files.yaml_template(village()).replace("# kinderwerk_fte", "kinderwerk_fte")
    for line in ("# bijstand", "# use", "#   - {", "# tariffs", "#   ambulant"):
        uncommented = uncommented.replace(line, line.removeprefix("#").removeprefix(" "))
    found, mistakes = files.read("eigen.yaml", uncommented.encode())
    assert mistakes == []
    assert found is not None
    assert [use.year for use in found.uses] == [2019, 2022]
    assert found.tariffs


def test_an_empty_template_says_what_to_fill_in() -> None:
    for name, content in (
        ("a.xlsx", files.workbook_template(None)),
        ("a.yaml", files.yaml_template(None).encode()),
    ):
        found, mistakes = files.read(name, content)
        assert found is None
        assert len(mistakes) >= 3


@pytest.mark.parametrize(
    ("language", "says"), [("nl", "Regel 2, kolom 7: de tekens < en >"), ("en", "Line 2, column 7: the char")]
)
def test_a_wrong_file_is_told_in_the_language_of_the_user(
    language: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "language", lambda: language)
    content = b"kind: municipality\nname: <script>\ndate: 2024-01-01\nsource: x\npopulation: {0-22: 100}\n"
    found, mistakes = files.read("<img src=x>.yaml", content)
    assert found is None
    assert len(mistakes) == 1
    assert mistakes[0].startswith(says)


def test_many_mistakes_are_shortened() -> None:
    lines = "".join(f"  {age}: veel\n" for age in range(23))
    found, mistakes = files.read("a.yaml", f"kind: municipality\nname: D\npopulation:\n{lines}".encode())
    assert found is None
    assert len(mistakes) == files.MOST_TOLD + 1
    assert mistakes[-1] == NL.t("own_more", n=23 + 2 - files.MOST_TOLD)


def test_the_yaml_of_accepted_figures_is_read_back() -> None:
    figures = village(use={"year": 2019, "youths": 4900}, need=1.1, access=0.9, tariffs={"ambulant": 9000})
    assert files.read("a.yaml", municipality_yaml(figures).encode()) == (figures, [])


# Thousands


def test_a_group_in_thousands_is_refused_in_the_form() -> None:
    at = opened()
    field(at, NL.t("own_people", first=4, last=11)).set_value("21")
    at = press(at, "own_submit")
    assert "21 is veel minder dan op andere leeftijden; zijn dit duizendtallen?" in at.error[0].value
    assert not tables(at)


def test_very_few_youths_in_care_are_asked_about_before_they_act() -> None:
    at = opened()
    field(at, NL.t("own_use_youths")).set_value("7")
    at = press(at, "own_submit")
    assert "7 jongeren met jeugdhulp is heel weinig van de 61583" in at.warning[0].value
    assert not at.session_state["choices"].own


def test_a_figure_of_use_beside_a_level_is_still_to_be_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(municipal, "LOCAL_CHILDREN", 1000)
    monkeypatch.setattr(review, "fit_municipality", partial(municipal.fit_municipality, children=1000))
    at = opened(gemeente="Urk")
    field(at, NL.t("own_use_youths")).set_value("800")
    at = press(at, "own_submit")
    put = municipality_from_dict(json.loads(at.session_state[review.PROPOSED]), registry())
    assert (put.fitted, put.need is not None, put.use_range is not None) == (False, True, True)
    assert NL.t("own_fit") in [header.value for header in at.subheader]
