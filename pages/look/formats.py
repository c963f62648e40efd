"""Numbers as people write them in the language of the app, made on the server."""

from __future__ import annotations

from pages.look.texts import writing


def count(value: float, sign: bool = False) -> str:
    """Return a whole number, with its sign where asked."""
    return writing().count(value, sign)


def about(value: float) -> str:
    """Return a number with three digits: more is not known of a level."""
    return writing().about(value)


def fte(value: float) -> str:
    """Return a number of FTE with at most one decimal."""
    return writing().fte(value)


def millions(euros: float, sign: bool = False) -> str:
    """Return an amount in millions with one decimal, without unit."""
    return writing().millions(euros, sign)


def money(euros: float, sign: bool = False) -> str:
    """Return an amount in millions of euros with its unit."""
    return writing().money(euros, sign)


def euros(amount: float) -> str:
    """Return an amount in whole euros with its unit."""
    return writing().euros(amount)


def date(iso: str) -> str:
    """Return a date such as 2021-01-01 in words; what is no date stays as it is."""
    return writing().date(iso)


def percent(share: float, decimals: int = 0) -> str:
    """Return a share as a percentage, whole or with at most some decimals."""
    return writing().percent(share, decimals)


def number(value: float, decimals: int) -> str:
    """Return a number with at most some decimals."""
    return writing().number(value, decimals)
