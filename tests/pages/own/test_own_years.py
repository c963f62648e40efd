"""Eigen cijfers takes figures of several years: in fields, in the link and in files, each year once."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from calibration.figures.targets import read_targets
from calibration.municipalities import municipal
from calibration.municipalities.series import YearOfUse
from pages.choices.chosen import Choices
from pages.choices.link import query_of
from pages.choices.plan import Plan
from pages.own import files, form, known, review
from pages.own.use_form import newest_year
from sim.inputs.library import registry
from sim.inputs.municipality import municipality_from_dict
from tests.pages.test_eigen_cijfers import NL, field, opened, press, rows, tables, village

SERIES = [{"year": 2016, "youths": 4000}, {"year": 2019, "youths": 4900, "source": "telling"},
          {"year": 2024, "youths": 5000, "residents": 52_000}]  # fmt: skip


def test_more_years_are_filled_in_kept_and_shown_again() -> None:
    """As the fields have them, in the link, and in both files."""
    at = opened()
    field(at, NL.t("own_use_youths")).set_value("5800")
    field(at, NL.t("own_use_year")).set_value("2019")
    for year, youths in ((2016, 5500), (2022, 6600)):
        field(at, NL.t("own_use_youths_in", year=year)).set_value(str(youths))
    field(at, NL.t("own_use_residents_in", year=2016)).set_value("59000")
    at = press(at, "own_submit")
    put = municipality_from_dict(json.loads(at.session_state[review.PROPOSED]), registry())
    assert [(use.year, use.youths, use.residents) for use in put.uses] == [
        (2016, 5500.0, 59_000.0), (2019, 5800.0, None), (2022, 6600.0, None)
    ]  # fmt: skip
    assert "5.500 in 2016 (0-22 jaar); 5.800 in 2019" in rows(tables(at)[0])[NL.t("own_use")][1]


def test_the_year_is_at_first_the_last_that_cbs_has_told() -> None:
    told = [year for year, ages in municipal.national_shares(read_targets()) if ages == "0-22"]
    assert newest_year() == max(told) >= 2024
    assert field(opened(), NL.t("own_use_year")).value == str(newest_year())


def test_a_year_that_is_filled_in_twice_is_refused() -> None:
    at = opened()
    field(at, NL.t("own_use_youths")).set_value("5800")
    field(at, NL.t("own_use_year")).set_value("2019")
    field(at, NL.t("own_use_youths_in", year=2019)).set_value("5900")
    at = press(at, "own_submit")
    assert "er staat al een cijfer van 2019" in at.error[0].value
    assert review.PROPOSED not in at.session_state


def test_a_series_goes_with_the_link_and_with_files() -> None:
    figures = village(use=SERIES, need=1.1, access=0.9)
    own = review._written(figures)
    link = query_of(Choices(municipality="Dorp", own=own, plan=Plan.simple(0.0)), "nl")
    at = opened(**{key: values[0] for key, values in parse_qs(link).items()})
    assert known.own_of(at.session_state["choices"]) == figures
    assert field(at, NL.t("own_use_residents_in", year=2024)).value == "52000"
    assert files.read("a.yaml", files.yaml_template(figures).encode()) == (figures, [])
    found, _ = files.read("a.xlsx", files.workbook_template(figures))
    assert found is not None
    assert found.uses == figures.uses
    put = json.loads(press(at, "own_submit").session_state[review.PROPOSED])
    assert municipality_from_dict(put, registry()).uses == figures.uses
    assert form._multipliers(figures, {**figures.to_data(), "use": SERIES[:2]}) == {}


def test_what_each_year_says_is_shown() -> None:
    found = municipal.Local("Dorp", "x", 1.0, 1.0, 1.0, 1.0, 0.03, (YearOfUse(2016, 1.104, 0.25),))
    (row,) = review._by_year(found).itertuples(index=False)
    assert tuple(row) == ("2016", "1,1", "25%")
