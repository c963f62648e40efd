"""Numbers as people write them: one meaning is read, two are asked about."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from sim.faults import Fault
from sim.files.numerals import (
    AGE,
    EUROS,
    FTE,
    NUMBER,
    SHARE,
    YOUTHS,
    NumeralError,
    Quantity,
    check_number,
    one_way,
    read_number,
    two_ways,
    written,
)

COUNTED = (YOUTHS, EUROS)


@pytest.mark.parametrize(
    ("text", "quantity", "value"),
    [
        ("36", NUMBER, 36.0), (" 36 ", NUMBER, 36.0), ("+3", NUMBER, 3.0), ("-0,25", NUMBER, -0.25),
        ("\N{MINUS SIGN}3", NUMBER, -3.0), ("8.5", NUMBER, 8.5), ("0,125", SHARE, 0.125), (".5", NUMBER, 0.5),
        ("0.125", YOUTHS, 0.125), ("12,5%", SHARE, 0.125), ("12.5 %", SHARE, 0.125),
        ("8 procent", SHARE, 0.08),
        ("36 fte", FTE, 36.0), ("36FTE", FTE, 36.0), ("1,875", FTE, 1.875), ("\N{EURO SIGN} 36", EUROS, 36.0),
        ("\N{EURO SIGN}36,50", EUROS, 36.5), ("36 euro", EUROS, 36.0), ("EUR 36", EUROS, 36.0),
        ("36,-", EUROS, 36.0), ("\N{EURO SIGN} 60.000,-", EUROS, 60000.0), ("0 jaar", AGE, 0.0),
        ("90 mln", EUROS, 9e7), ("\N{EURO SIGN} 1,5 miljoen", EUROS, 1.5e6), ("60 duizend", YOUTHS, 6e4),
        ("8,1 mld euro", EUROS, 8.1e9), ("60 duizend jongeren", YOUTHS, 6e4), ("1.5 million", EUROS, 1.5e6),
        ("1.234.567", YOUTHS, 1234567.0), ("1,234,567", YOUTHS, 1234567.0), ("1.234,5", YOUTHS, 1234.5),
        ("1,234.5", YOUTHS, 1234.5), ("60 000", YOUTHS, 6e4), ("60\N{NO-BREAK SPACE}000", YOUTHS, 6e4),
        ("60\N{NARROW NO-BREAK SPACE}000,5", YOUTHS, 60000.5), ("60'000", YOUTHS, 60000.0),
        ("60_000", YOUTHS, 6e4), ("1e6", EUROS, 1e6), ("2.018e3", NUMBER, 2018.0), ("1.234", NUMBER, 1.234),
        ("1.2345", YOUTHS, 1.2345), ("0012,345", YOUTHS, 12.345), ("8100 jongeren", YOUTHS, 8100.0),
    ],
)  # fmt: skip
def test_what_has_one_meaning_is_read(text: str, quantity: Quantity, value: float) -> None:
    assert read_number(text, quantity) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "thousands", "decimals"),
    [
        ("60.000", "60000", "60"), ("60,000", "60000", "60"), ("366.455", "366455", "366.46"),
        ("8.100", "8100", "8.1"), ("1.234", "1234", "1.23"), ("-3.500", "-3500", "-3.5"),
        ("\N{EURO SIGN} 60.000", "60000", "60"), ("100.000", "100000", "100"),
    ],
)  # fmt: skip
def test_thousands_or_decimals_are_asked_about_where_things_are_counted(
    text: str, thousands: str, decimals: str
) -> None:
    for wrong in (refused(text, EUROS), two_ways(text)):
        message = wrong.text()
        assert f"write {thousands} for thousands, or {decimals} for decimals" in message
        assert repr(text) in message
        assert "voor duizendtallen" in wrong.text("nl")
        for way in (thousands, decimals):  # what it says can be written is read
            assert read_number(way, EUROS) == float(way)


def refused(text: str, quantity: Quantity) -> Fault:
    with pytest.raises(NumeralError) as caught:
        read_number(text, quantity)
    return caught.value.fault


@pytest.mark.parametrize(
    "text",
    ["", "ja", "1,2,3", "1.2,5", "12 34", "1_0", "5.", "36-40", "ca. 36", "1.23.456", "36 fte extra 2", "--1",
     "nan", "inf", "\N{EURO SIGN} 36 euro", "0.000.000", "9" * 100],
)  # fmt: skip
def test_what_is_not_one_number_is_refused(text: str) -> None:
    for quantity in (NUMBER, SHARE, *COUNTED):
        wrong = refused(text, quantity)
        assert wrong.text().startswith(f"expected {quantity.expected}, found text ")
        assert wrong.text("nl").startswith(f"verwacht: {quantity.expected.text('nl')}; gevonden: de tekst ")


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("36 uur", FTE), ("12%", YOUTHS), ("12%", NUMBER), ("36 fte", EUROS), ("36 euro", FTE), ("4 jr", SHARE)],
)
def test_a_number_of_something_else_is_refused(text: str, quantity: Quantity) -> None:
    assert "write one number and nothing else" in refused(text, quantity).text()


LOCALES = st.sampled_from(["nl_NL", "en_GB", "de_CH", "fr_FR"])


@given(st.decimals(0, 10**9, allow_nan=False, places=2), LOCALES)
def test_whatever_a_language_writes_with_cents_is_read(number: Decimal, locale: str) -> None:
    text = format_decimal(number, "#,##0.00", locale=locale)
    assert read_number(text, EUROS) == float(number)


@given(st.integers(0, 10**9), st.sampled_from(["nl_NL", "en_GB"]))
def test_thousands_are_read_or_asked_about_and_never_taken_for_decimals(number: int, locale: str) -> None:
    text = format_decimal(number, locale=locale)
    if 1000 <= number < 10**6:
        assert f"write {number} for thousands" in refused(text, YOUTHS).text()
    else:
        assert read_number(text, YOUTHS) == number


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_a_number_that_is_written_for_a_file_has_one_meaning(number: float) -> None:
    found = written(one_way(repr(number)))
    if found is None:  # a very small number, with a long power of ten
        assert re.search("e-[0-9]{3}", repr(number))
        return
    assert len(found.values) == 1
    assert found.numbers()[0] == number


@given(st.text(max_size=70))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for quantity in (NUMBER, SHARE, FTE, *COUNTED):
        try:
            message = str(read_number(text, quantity))
        except NumeralError as error:
            message = str(error)
        assert message.isprintable()


def test_a_number_of_three_decimals_is_asked_about_where_things_are_counted() -> None:
    for value in (366.455, 8.125):
        check_number(value, NUMBER)
        with pytest.raises(NumeralError, match=f"found {value}; write {1000 * value:.0f} for thousands"):
            check_number(value, YOUTHS)
    for value in (366.0, 366.46, 0.125, 1234.125, 366, 1e22):
        check_number(value, YOUTHS)
