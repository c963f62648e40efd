"""Numbers as people write them, made on the server so that they follow the app's language."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from pages.shared.texts import language

LOCALES = {"nl": "nl_NL", "en": "en_GB"}


def locale() -> str:
    """Return the Babel locale of the language in use."""
    return LOCALES[language()]


def count(value: float, sign: bool = False) -> str:
    """Return a whole number, with its sign where asked."""
    text = format_decimal(abs(round(value)), format="#,##0", locale=locale())
    return _signed(round(value), text, sign)


def fte(value: float) -> str:
    """Return a number of FTE with at most one decimal."""
    return str(format_decimal(value, format="#,##0.#", locale=locale()))


def millions(euros: float, sign: bool = False) -> str:
    """Return an amount in millions with one decimal, without unit."""
    rounded = round(euros / 1e6, 1)
    return _signed(rounded, format_decimal(abs(rounded), format="#,##0.0", locale=locale()), sign)


def money(euros: float, sign: bool = False) -> str:
    """Return an amount in millions of euros with its unit."""
    unit = {"nl": "mln", "en": "million"}[language()]
    return f"€ {millions(euros, sign)} {unit}"


def date(iso: str) -> str:
    """Return a date such as 2021-01-01 in words; what is no date stays as it is."""
    try:
        return str(format_date(dt.date.fromisoformat(iso), "d MMMM yyyy", locale=locale()))
    except ValueError:
        return iso


def percent(share: float, decimals: int = 0) -> str:
    """Return a share as a percentage, whole or with at most some decimals."""
    places = "." + "#" * decimals if decimals else ""
    return str(format_percent(share, format=f"#,##0{places}%", locale=locale()))


def _signed(value: float, text: str, sign: bool) -> str:
    if value < 0:
        return f"\N{MINUS SIGN}{text}"
    return f"+{text}" if sign and value > 0 else text
