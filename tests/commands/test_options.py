"""Options that several verbs share: amounts in euros."""

from __future__ import annotations

import pytest
import typer

from commands.options import euros, worth


@pytest.mark.parametrize(
    ("text", "amount"),
    [("60000", 6e4), ("60000.5", 60000.5), ("60 000", 6e4), ("\N{EURO SIGN} 1.234.567,-", 1234567.0)],
)
def test_an_amount_of_one_meaning_is_read(text: str, amount: float) -> None:
    assert euros(text) == worth(text) == amount


@pytest.mark.parametrize("text", ["60.000", "60,000", "veel", "", "60%", "nan", "60 k"])
def test_any_other_amount_is_refused(text: str) -> None:
    for read in (euros, worth):
        with pytest.raises(typer.BadParameter, match="expected an amount in euros"):
            read(text)


def test_what_something_is_worth_is_not_below_zero() -> None:
    assert euros("-3") == -3.0
    with pytest.raises(typer.BadParameter, match="must be 0 or more, found -3"):
        worth("-3")
