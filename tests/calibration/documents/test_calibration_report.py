"""docs/calibration.md, and numbers written by hand elsewhere, are those of the fit that ships."""

from __future__ import annotations

import json
import re

from calibration.documents.markup import DOCS
from calibration.documents.report import FAR_OFF, kept_pages
from calibration.documents.summary import read
from calibration.figures.past import RULES, by_series
from calibration.figures.targets import read_targets
from calibration.space import LEVELS
from calibration.validation import against_rules
from sim.model.parameters import DATA

TESTED = json.loads((DATA / "validation.json").read_text(encoding="utf-8"))
ROLLING = json.loads((DATA / "rolling.json").read_text(encoding="utf-8"))
ABOUT, FOUND = read()


def said(page: str) -> str:
    return " ".join((DOCS / page).read_text(encoding="utf-8").split())


def test_the_pages_are_what_is_made_of_what_ships() -> None:
    made = kept_pages()
    assert made == {name: (DOCS / name).read_text(encoding="utf-8") for name in made}


def test_the_shipped_tests_are_held_against_the_past_of_today() -> None:
    assert against_rules(TESTED["targets"], read_targets()).items() <= TESTED.items()
    compared = {row["id"] for row in TESTED["targets"] if row["last_value"] is not None}
    assert {"jz_2023", "jz_2024", "zonder_2023h1"} <= compared
    assert not compared & {"starts_2019", "jh_u18_share_nl_2023"}  # their past lies across a break


def test_every_series_in_which_a_rule_is_nearer_is_named() -> None:
    lost = [row for row in by_series(ROLLING["figures"]) if row["nearest"] != "model"]
    page = said("calibration-tables.md")
    assert lost
    assert f"A simple rule is nearer in {len(lost)} of " in said("calibration.md")
    for row in lost:
        nearest = row["nearest"].replace("_", " ")
        assert re.search(rf"\| {row['series']} \|[^|]*\|[^a-z]*\| {nearest} \|", page), row["series"]


def test_every_figure_outside_has_its_reason() -> None:
    page = said("calibration.md")
    outside = [row["id"] for row in FOUND["targets"] if not row["inside"] and row["role"] != "report"]
    assert "no reason known" not in page
    for name in {*outside, *(row["id"] for row in TESTED["targets"] if not row["inside"])}:
        assert f"`{name}` (" in page


def test_errors_that_pages_tell_are_the_stored_ones() -> None:
    total = ROLLING["summary"][-1]
    late = {row["id"]: 100 * (row["median"] / row["value"] - 1) for row in TESTED["targets"]}
    limits = said("limits.md")
    lost = sum(row["nearest"] != "model" for row in by_series(ROLLING["figures"]))
    assert f"in {lost} of 15 series a simple rule was nearer" in limits
    assert f"In {lost} van 15 reeksen" in said("bestuurder.md")
    assert len(by_series(ROLLING["figures"])) == 15
    low, high = -late["jz_2023"], late["jz_2024"]
    assert f"2023 and 2024: they came out {low:.1f} percent too low and {high:.1f} percent too high" in limits
    assert f"foretold {total['figures']} figures with a mean error of {total['model']:.1%}" in limits
    assert f"voorspelden {total['figures']} cijfers" in said("bestuurder.md")
    assert f"gemiddeld {100 * total['model']:.1f}% mis".replace(".", ",") in said("bestuurder.md")
    rule = min(RULES, key=TESTED["errors"].__getitem__)
    assert f"{TESTED['errors'][rule]:.1%}" in limits
    assert f"{TESTED['errors']['median']:.1%}" in limits


def test_parts_of_money_on_a_page_are_those_of_the_fit() -> None:
    parts = {part: euros / 1e9 for part, euros in FOUND["spending"]["parts"].items()}
    page = said("appraisal.md")
    for part, euros in parts.items():
        assert re.search(rf"\| {part} \|[^|]*\| {euros:.2f} \|", page), part
    assert f"would save {(parts['care'] + parts['rest']) / parts['care']:.2f} times its price" in page


def test_the_number_of_levels_on_a_page_is_that_of_the_fit() -> None:
    assert f"searches {len(LEVELS)} such levels" in said("tutorials/researcher.md")


def test_fitted_figures_that_are_far_off_are_named_in_short() -> None:
    short = said("calibration.md").partition("## Is the number of youths right?")[0]
    fitted = [row for row in FOUND["targets"] if row["role"] == "calibrate"]
    far = {row["id"] for row in fitted if abs(row["best_error"]) >= FAR_OFF}
    stays = {row["id"] for row in fitted if row["measure"].startswith("persistence.")}
    assert far - stays
    assert {row["id"] for row in fitted if f"`{row['id']}` ({row['best_error']:+.0%}" in short} == far - stays
