"""The figure that improves an answer most is asked for beside the municipality, and left out in one press."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from calibration.municipalities import municipal
from pages.budget.controls import FIELD
from pages.choices.chosen import Choices
from pages.look.texts import writing_in
from pages.own import known, review
from sim.inputs.library import registry
from sim.inputs.municipality import municipality_from_dict
from tests.opened import ROOT, once, words
from tests.pages.test_eigen_cijfers import NL, field, press, village

EN = writing_in("en").words
START = "start"


def opened(page: str = START, choices: Choices | None = None, **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / f"pages/{page}.py"), default_timeout=120)
    for key, value in {"gemeente": "Hoorn", "cijfer": FIELD, **query}.items():
        at.query_params[key] = value
    if choices is not None:
        at.session_state["choices"] = choices
    at.run()
    assert not at.exception
    return at


def asked(at: AppTest) -> list[Any]:
    return [each for each in at.text_input if each.label == NL.t("own_use_youths")]


@pytest.mark.parametrize("page", [START, "verken", "vergelijk", "kinderen"])
def test_the_field_stands_where_a_municipality_is_chosen_behind_a_fold(page: str) -> None:
    at = opened(page)
    assert NL.t("municipality_not_here") in [part.label for part in at.expander]
    assert len(asked(at)) == 1
    assert NL.t("own_first") in [each.value for each in at.markdown]
    assert asked(opened(page, cijfer="")) == []


def test_it_is_asked_in_english() -> None:
    at = opened(taal="en")
    assert EN["municipality_not_here"] in [part.label for part in at.expander]
    assert EN["own_use_youths"] in [each.label for each in at.text_input]


def test_nothing_is_asked_of_the_country() -> None:
    at = opened(gemeente="Nederland")
    assert asked(at) == []
    assert NL.t("municipality_not_here") in words(at)


@pytest.mark.parametrize(
    ("youths", "said"),
    [
        ("", NL.t("own_people_empty")),
        ("900000", "jongeren met jeugdhulp"),
        ("9000000", "9000000 kan niet. het kan van 1 tot en met 5.000.000 zijn"),
        ("veel", "‘veel’ is geen getal"),
    ],
)
def test_what_is_wrong_is_told_there_and_nothing_changes(youths: str, said: str) -> None:
    at = opened()
    before = at.session_state["choices"]
    asked(at)[0].set_value(youths)
    at = press(at, "own_submit")
    (error,) = at.error
    assert error.value.startswith(NL.t("own_refused"))
    assert said in error.value.casefold()
    assert review.PROPOSED not in at.session_state
    assert at.session_state["choices"] == before


def test_it_puts_forward_the_same_as_the_page_does() -> None:
    at = opened()
    asked(at)[0].set_value("2400")
    field(at, NL.t("own_use_year")).set_value("2022")
    here = json.loads(press(at, "own_submit").session_state[review.PROPOSED])
    at = opened("eigen_cijfers", cijfer="")
    asked(at)[0].set_value("2400")
    field(at, NL.t("own_use_year")).set_value("2022")
    assert json.loads(press(at, "own_submit").session_state[review.PROPOSED]) == here
    figures = municipality_from_dict(here, registry())
    assert [(use.youths, use.year, use.ages) for use in figures.uses] == [(2400, 2022, "0-22")]
    assert not figures.fitted


def test_it_counts_once_it_is_fitted_and_accepted_and_is_left_out_in_one_press(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(municipal, "LOCAL_CHILDREN", 1000)
    monkeypatch.setattr(review, "fit_municipality", partial(municipal.fit_municipality, children=1000))
    at = opened(fte="0")
    before = at.session_state["choices"]
    asked(at)[0].set_value("2400")
    at = press(at, "own_submit")
    assert at.session_state["choices"] == before
    once(at, lambda: any(b.label == NL.t("own_accept") for b in at.button))
    at = press(at, "own_accept")
    own = known.own_of(at.session_state["choices"])
    assert own is not None
    assert own.name == "Hoorn"
    assert own.fitted
    assert [each.value for each in at.success] == [NL.t("own_accepted")]
    assert asked(at) == []
    at = press(at, "own_drop")
    assert at.session_state["choices"] == before
    assert len(asked(at)) == 1


def test_figures_put_forward_for_elsewhere_are_not_shown_here() -> None:
    at = AppTest.from_file(str(ROOT / "pages/start.py"), default_timeout=120)
    at.query_params.update({"gemeente": "Hoorn", "cijfer": FIELD})
    at.session_state[review.PROPOSED] = review._written(village())
    at.run()
    assert not at.exception
    assert NL.t("own_review", name="Dorp") not in [each.value for each in at.header]
