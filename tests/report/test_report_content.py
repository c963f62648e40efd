"""What a document says: the figures of the comparison, a chance only where there is one, nothing made up."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from sim.api import Comparison
from sim.decision.comparison import MUNICIPAL
from sim.decision.headline import UNMET
from sim.inputs.profiles import profiles
from sim.model.parameters import DATA, default_parameters
from sim.report.composition import report_of
from sim.report.content import Report, words, world_lines
from sim.report.files import document
from sim.report.provenance import provenance
from sim.report.rows import Row
from tests.opened import spaced
from tests.report.comparisons import CORE, FORM, OUTSIDE, PROGRAMME, WAITING, comparison

TITLE = "Almere, 36 kinderwerkers"


def whats(rows: tuple[Row, ...]) -> list[tuple[str, str]]:
    return [(row.what, row.level) for row in rows]


def test_figures_are_those_of_the_comparison(compared: Comparison, report: Report) -> None:
    for k, outcome in enumerate(report.outcomes, 1):
        assert outcome.changes == tuple(compared.changes(compared.names[k]))
        assert outcome.levels == tuple(compared.levels(k))
    assert report.before == tuple(compared.levels(0))


def test_rows_by_year_are_differences_of_the_comparison(compared: Comparison, report: Report) -> None:
    d = compared.differences[compared.names[2]]
    unmet = next(row for row in report.yearly if (row.scenario, row.what) == (2, "unmet_need"))
    assert unmet.figures == tuple(d.in_year(UNMET, i) for i in range(20))
    running = next(row for row in report.yearly if (row.scenario, row.what) == (2, "municipal_running"))
    assert running.figures[9] == d.running(MUNICIPAL, 10, report.rate)
    assert running.figures[9] == report.outcomes[1].changes[1].municipal_cost


def test_unmet_need_stands_right_beside_the_use_of_care(report: Report) -> None:
    found = whats(report.yearly)
    users = [i for i, (what, _) in enumerate(found) if what == "care_users"]
    assert len(users) == 2
    assert all(found[i + 1][0] == "unmet_need" for i in users)
    assert all("die hulp nodig hebben en niet krijgen" in outcome.unmet for outcome in report.outcomes)


def test_a_chance_is_named_from_ten_draws_on() -> None:
    few, enough = (report_of(comparison(TITLE, draws=draws)) for draws in (9, 10))
    assert "te weinig berekend" in few.outcomes[0].sentence
    assert few.chance(few.outcomes[0], -1) == "te weinig berekend"
    assert "kleiner dan 26%" in enough.outcomes[0].sentence  # none of 10 draws: 1 - 0.05^(1/10)
    assert TITLE in enough.outcomes[0].sentence


def test_one_draw_has_no_band_and_no_chance() -> None:
    one = report_of(comparison(TITLE, draws=1))
    assert one.outcomes[0].changes[-1].p_paid_back is None
    assert all(f.low is None for row in one.yearly for f in row.figures)
    assert [item.reported for item in one.cheers if item.number in (20, 24)] == [False, False]


def test_where_luck_outweighs_the_money_no_chance_is_named() -> None:
    assert "niet te noemen" in report_of(comparison(TITLE, noise=40.0)).outcomes[0].sentence


def test_a_chance_is_named_only_at_horizons_where_luck_does_not_outweigh_the_money() -> None:
    noisy = report_of(comparison(TITLE, noise=10.0))
    (outcome,) = noisy.outcomes
    small = "niet te noemen"
    assert [c.drowned for c in outcome.changes] == [True, True, False]
    assert [noisy.chance(outcome, k) == small for k in range(3)] == [True, True, False]
    assert "De kans is" in outcome.sentence
    (own,) = (back for back in outcome.paybacks if (back.payer, back.measure) == ("gemeente", "cost"))
    assert [share is None for share in (*own.shares, own.never)] == [True, True, False, False]
    drowned = report_of(comparison(TITLE, noise=40.0)).outcomes[0]
    assert small in drowned.sentence
    assert all(c.drowned for c in drowned.changes)
    assert all(lost for _, lost in drowned.worths)


def test_a_cut_is_not_said_to_earn_money_back() -> None:
    there = comparison(TITLE)
    back = replace(
        there,
        scenarios=there.scenarios[::-1],
        runs=tuple(replace(run, columns=run.columns[::-1]) for run in there.runs),
    )
    sentence = report_of(back).outcomes[0].sentence
    assert "terugverdient" not in sentence
    assert "niet duurder uit" in sentence


def test_other_ways_of_paying_for_care_have_no_chance_and_no_cash() -> None:
    capped = report_of(comparison(TITLE, changes=[{"policy": "capped"}]))
    (outcome,) = capped.outcomes
    assert "een kans op terugverdienen is daarom niet te noemen" in outcome.sentence
    assert capped.chance(outcome, -1) == "niet te vergelijken"
    assert not any("cash" in what for what, _ in whats((*capped.yearly, *capped.payers)))
    assert "municipality, cash" not in {worth.perspective for worth, _ in outcome.worths}
    assert {back.measure for back in outcome.paybacks} == {"cost"}


def test_what_results_do_not_hold_is_left_out() -> None:
    slim = report_of(comparison(TITLE, labels=CORE))
    assert slim.forms == ()
    assert {what for what, _ in whats(slim.yearly)} == {
        "care_users", "unmet_need", "municipal_running", "municipal", "cashable"
    }  # fmt: skip
    full = report_of(comparison(TITLE, labels=(*CORE, *FORM, *WAITING)))
    assert ("care_users", "pleegzorg") in whats(full.forms)
    assert ("waiting_stock", "") in whats(full.yearly)
    one_sided = report_of(comparison(TITLE, labels=CORE, own=WAITING))
    assert not any(what.startswith("waiting") for what, _ in whats(one_sided.yearly))


def test_what_only_one_side_pays_for_is_a_difference_from_nothing() -> None:
    found = report_of(comparison(TITLE, labels=(*CORE, *PROGRAMME), own=OUTSIDE))
    state = next(row for row in found.payers if (row.what, row.level) == ("cost", "rijk"))
    assert set(state.before) == {0.0}
    assert state.figures[0].value > 0
    (outcome,) = found.outcomes
    last = outcome.changes[-1]
    assert 0 < last.municipal_programme_cost < last.programme_cost  # a part is paid from outside


def test_every_parameter_is_there_and_changes_are_marked(report: Report) -> None:
    assert {a.name for a in report.assumptions} == set(default_parameters())
    changed = {a.name: a for a in report.assumptions if a.changed}
    assert set(changed) == {"kinderwerk.moderate_need", "cost.ambulant"}
    own = changed["cost.ambulant"].own
    assert [(item.scenario, item.value) for item in own] == [(2, 9000.0)]
    assert changed["cost.ambulant"].value == default_parameters()["cost.ambulant"]
    assert all(a.source and a.unit and a.grade for a in report.assumptions)


def test_a_strength_that_was_set_is_not_said_to_have_a_weight_on_no_effect() -> None:
    weight = "25% kans op geen effect"
    assert weight in report_of(comparison(TITLE)).unknown[0]
    parameters = {"kinderwerk.effect_exists": 0.375}
    changed = report_of(comparison(TITLE, changes=[{"parameters": parameters}])).unknown
    assert not any(weight in item for item in changed)
    assert any("met de hand gezet" in item for item in changed)


def test_assumptions_that_differ_from_the_reference_are_warned_of(report: Report) -> None:
    (warning,) = (item for item in report.unknown if "anders dan in de" in item)
    assert ": Prijs van een plek per jaar: ambulant; Kinderwerk: nieuwe matige zorgbehoefte" in warning
    assert not any("anders dan in de" in item for item in report_of(comparison(TITLE)).unknown)


def test_a_municipality_without_figures_of_its_own_is_named_an_example(compared: Comparison) -> None:
    assert "geen lokale cijfers" in report_of(compared, profile=profiles()["Nederland"]).local
    known = replace(
        profiles()["Almere"],
        local=("jeugdhulp", "tarieven"),
        overrides={"cost.ambulant": 8000.0},
        date="2025-01-01",
    )
    local = report_of(compared, profile=known)
    assert local.local == ""
    assert local.date == "2025-01-01"
    assert next(a for a in local.assumptions if a.name == "cost.ambulant").local == 8000.0


@pytest.mark.parametrize(
    ("language", "fitted", "lacking"),
    [
        ("nl", "naar haar CBS-cijfer", "geen eigen tarieven"),
        ("en", "by its own CBS", "no own tariffs"),
    ],
)
def test_use_that_is_fitted_is_not_called_lacking(
    compared: Comparison, language: str, fitted: str, lacking: str
) -> None:
    assert profiles()["Almere"].local == ("jeugdhulp",)
    said = report_of(compared, language).local
    assert fitted in said
    assert lacking in said
    assert "geen lokale" not in said
    assert "no local" not in said


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "Eigen cijfers van Dorp; over jeugdhulp en tarieven zijn nog geen eigen cijfers gebruikt."),
        ({"tariffs": {"ambulant": 9000}},
         "Eigen cijfers van Dorp; over jeugdhulp zijn nog geen eigen cijfers gebruikt."),
        ({"tariffs": {"ambulant": 9000}, "use": {"year": 2019, "youths": 4900}, "need": 1.1, "access": 0.9},
         "Eigen cijfers van Dorp."),
    ],
)  # fmt: skip
def test_figures_of_ones_own_are_not_called_an_example(more: dict[str, object], says: str) -> None:
    village = {
        "name": "Dorp", "date": "2024-01-01", "source": "telling", "population": {"0-22": 53100}, **more
    }  # fmt: skip
    there = comparison(TITLE)
    own = tuple(scenario.replace(municipality=village) for scenario in there.scenarios)
    found = report_of(replace(there, scenarios=own))
    assert found.local == says
    assert "Voorbeeldgemeente" not in str(found.about)


LOCKDOWN = {"kind": "lockdown", "start": "2027-03", "months": 12, "size": 0.7, "workers": "absent"}
CUT = {"kind": "budget_cut", "start": "2028", "size": 0.25, "programmes": ["kinderwerk"]}


def test_the_world_of_each_scenario_is_told() -> None:
    capped = {
        "policy": "capped", "places": {"ambulant": 900, "wijkteam": "unlimited"},
        "budget": {"youth_care": 150e6, "real_growth": 0.02},
        "shocks": [LOCKDOWN, CUT],
    }  # fmt: skip
    dutch, english = (report_of(comparison(TITLE, changes=[capped]), language) for language in ("nl", "en"))
    assert tuple(map(spaced, dutch.worlds)) == (
        "20 jaar, van 2026 tot en met 2045; een tekort op jeugdzorg gaat deels af van werk zonder oormerk",
        "20 jaar, van 2026 tot en met 2045; vaste plaatsen, met wachtlijst; "
        "plaatsen: wijkteam onbeperkt, ambulant 900; budget voor jeugdzorg € 150,0 mln per jaar; "
        "groei van het budget 2% per jaar; "
        "lockdown van maart 2027 tot en met februari 2028, 70% "
        "(werkers van programma’s zijn er dan ook niet); "
        "korting halverwege op werk zonder oormerk van januari 2028 tot en met december 2028, 25% "
        "(alleen Kinderwerk)",
    )
    assert "lockdown from March 2027 to February 2028, 70%" in english.worlds[1]
    assert [line.split(":")[0] for line in world_lines(dutch)] == [dutch.reference, TITLE]
    assert len(world_lines(report_of(comparison(TITLE)))) == 1


@pytest.mark.parametrize("ending", [".pdf", ".xlsx", ".csv"])
def test_every_document_tells_a_lockdown_and_fixed_places(ending: str) -> None:
    report = report_of(comparison(TITLE, changes=[{"policy": "capped", "shocks": [LOCKDOWN]}]))
    content = document(report, ending)
    if ending == ".pdf":
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    elif ending == ".xlsx":
        pages = load_workbook(io.BytesIO(content), read_only=True)
        text = " ".join(str(row) for row in pages["Samenvatting"].iter_rows(max_row=8, values_only=True))
    else:
        text = provenance(report)
    text = re.sub(r"\s+", " ", text)
    for words_of_it in ("vaste plaatsen, met wachtlijst", "lockdown van maart 2027", "tot en met 2045"):
        assert words_of_it in text


def test_the_provenance_tells_what_is_needed_to_do_it_again(
    compared: Comparison, report: Report
) -> None:
    text = "\n".join(f"{label}: {value}" for label, value in report.about)
    manifest = compared.manifest
    for name in ("version", "engine", "data", "parameters", "posterior"):
        assert str(manifest[name]) in text
    assert "Startgetal: 0" in text
    assert all(s.canonical_sha256() in text for s in compared.scenarios)
    assert str(manifest["written"]) not in text  # the same run has the same document


@pytest.mark.parametrize("language", ["nl", "en"])
def test_cheers_has_all_28_items_each_with_where_or_why_not(compared: Comparison, language: str) -> None:
    items = report_of(compared, language).cheers
    assert [item.number for item in items] == list(range(1, 29))
    assert all(item.name and item.where for item in items)
    assert {item.number for item in items if not item.reported} == {4, 13, 19, 21, 25, 27, 28}


def test_both_languages_have_the_same_words_with_the_same_holes() -> None:
    dutch, english = words("nl").words, words("en").words
    assert dutch.keys() == english.keys()
    for key in dutch:
        holes = [set(re.findall(r"\{(\w+)\}", text)) for text in (dutch[key], english[key])]
        assert holes[0] == holes[1], key


def test_too_many_scenarios_or_no_years_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 3"):
        report_of(comparison("a", "b", "c", "d"))
    with pytest.raises(KeyError):
        report_of(comparison("a"), "fr")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_years_that_are_said_to_be_tested_are_those_that_the_fit_has_not_seen(language: str) -> None:
    targets = json.loads((DATA / "validation.json").read_text(encoding="utf-8"))["targets"]
    unseen = {str(one["year"]) for one in targets if re.fullmatch(r"jz_\d{4}", one["id"])}
    assert set(re.findall(r"\b20\d\d\b", words(language).t("unknown_items"))) == unseen
