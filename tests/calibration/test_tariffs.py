"""Every price follows from its steps, which add up, and parameters.csv holds what they make."""

from __future__ import annotations

import csv
import math

import pytest

from calibration import tariffs
from calibration.tariffs import PRICE_FILE, budgets, estimates, main, price
from sim.model.parameters import prior_parameters
from sim.states import FORMS


@pytest.mark.parametrize("form", FORMS)
def test_what_is_believed_of_a_price_is_what_its_steps_make(form: str) -> None:
    record = prior_parameters().records[f"cost.{form}"]
    assert (record.low, record.value, record.high) == price(form)
    assert record.grade == "derived"
    assert "calibration.tariffs" in record.source


def test_a_place_of_a_family_home_is_its_tariff_times_the_days_of_a_year() -> None:
    (one,) = (each for each in estimates() if each.forms == ("gezinshuis",))
    assert one.middle == pytest.approx(163.59 * 365)
    assert one.low == pytest.approx(163.59 * 365 * 0.95)


def test_parts_add_up_and_estimates_share_a_geometric_mean() -> None:
    stay, *others = (each for each in estimates() if each.forms == ("residentieel",))
    assert stay.middle == pytest.approx(95.06 * 365 + 110.7 * 3 * 46)
    middle = math.prod([stay.middle, *(each.middle for each in others)]) ** (1 / (1 + len(others)))
    assert price("residentieel")[1] == pytest.approx(middle, rel=0.05)
    assert price("residentieel")[0] == pytest.approx(stay.low, rel=0.05)


def test_budgets_are_of_several_forms_and_in_euros_of_2024() -> None:
    found = {(one.name, one.forms[0]): one.middle for one in budgets()}
    assert found["Almere 2024", "pleegzorg"] == pytest.approx(36.7e6 / 430)
    assert found["Nijmegen 2016", "pleegzorg"] == pytest.approx(13e6 / 400 * 1.307)
    assert all(len(one.forms) > 1 for one in budgets())


def test_shares_of_a_mix_add_up_and_every_line_has_a_grade_and_a_source() -> None:
    with PRICE_FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for name in {(row["forms"], row["estimate"]) for row in rows}:
        mixed = [float(r["share"]) for r in rows if (r["forms"], r["estimate"]) == name and r["share"] != "1"]
        assert not mixed or sum(mixed) == pytest.approx(1.0)
    for row in rows:
        assert row["source"]
        assert row["grade"] in {"cited", "derived", "proxy", "press", "assumed"}
        assert float(row["low"]) <= float(row["amount"]) <= float(row["high"])
    for one in estimates():
        assert all(step.low <= step.middle <= step.high for step in one.steps)


def test_the_command_shows_each_step_and_each_price(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    shown = capsys.readouterr().out
    assert "78 a hour x 1.5 hours a week x 46" in shown
    assert "36,700,000 a year x 1/430" in shown
    for form in FORMS:
        assert f"cost.{form}: {price(form)[1]:,.0f}" in shown
    assert "differs" not in shown


def test_a_table_with_an_unknown_form_is_refused(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("prices") / "prices.csv"
    text = PRICE_FILE.read_text(encoding="utf-8")
    other.write_text(text.replace("gezinshuis,tariff", "gezinshuys,tariff"), encoding="utf-8")
    monkeypatch.setattr(tariffs, "PRICE_FILE", other)
    with pytest.raises(KeyError, match="gezinshuys"):
        estimates.__wrapped__()
