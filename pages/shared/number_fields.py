"""A field for a number, as people here write it: 3,4 and 3.4 are the same, and so are 5.200 and 5200.

Streamlit's own field for a number leaves what is typed to the browser. An English browser drops the comma of
3,4, which makes it 34; 5.200 youths become 5; and a number outside its limits is refused in English, or in a
form without a word. So this is a field for text that the server reads, and says in words what it refuses.
"""

from __future__ import annotations

from typing import overload

import streamlit as st
from babel.numbers import format_decimal, get_group_symbol
from streamlit.delta_generator import DeltaGenerator

from pages.look import formats
from pages.look.texts import t, writing
from pages.shared.parts import plain
from sim.files.numerals import written

LONGEST = 30
"""Letters that a field takes."""



@overload
def number_field(
    place: DeltaGenerator, label: str, low: float, high: float, value: float, *, key: str,
    whole: bool = ..., help: str | None = ..., placeholder: str | None = ..., disabled: bool = ...,
    refused: list[str] | None = ...,
) -> float: ...  # fmt: skip


@overload
def number_field(
    place: DeltaGenerator, label: str, low: float, high: float, value: float | None, *, key: str,
    may_be_empty: bool, whole: bool = ..., help: str | None = ..., placeholder: str | None = ...,
    disabled: bool = ..., refused: list[str] | None = ...,
) -> float | None: ...  # fmt: skip


def number_field(
    place: DeltaGenerator, label: str, low: float, high: float, value: float | None, *, key: str,
    may_be_empty: bool = False, whole: bool = False, help: str | None = None, placeholder: str | None = None,
    disabled: bool = False, refused: list[str] | None = None,
) -> float | None:  # fmt: skip
    """Show a field for a number, and return it; what stood there where it cannot be, and say why.

    low, high: between what it must lie. value: what stands there at first. may_be_empty: whether a field
    without anything is an answer, None. refused: gets why what was typed is refused, where another says it
    (default: below the field).
    """
    shown = "" if value is None else digits(value)
    around = "number" if low >= 0 else "signed"
    with place.container(key=f"{around}-{key}", gap="xsmall"):
        if key not in st.session_state:
            st.session_state[key], st.session_state[f"{key}-read"] = shown, (shown, value)
        typed = st.text_input(
            label, max_chars=LONGEST, key=key, help=help, placeholder=placeholder, disabled=disabled
        )  # fmt: skip
        told: list[str] = []
        found = _read(label, typed.strip(), low, high, whole, may_be_empty, told, key)
        if told and refused is None:
            kept = "" if value is None else t("number_kept", value=_limit(value))
            st.error(plain(f"{told[0]} {kept}"))
    if told:
        if refused is not None:
            refused += told
        return value
    return found


def digits(value: float) -> str:
    """Return a number as a field shows it: with the decimal sign of the language, and nothing between."""
    return str(format_decimal(value, format="0.##########", locale=writing().locale))


def _read(
    label: str, typed: str, low: float, high: float, whole: bool, may_be_empty: bool, told: list[str],
    key: str,
) -> float | None:  # fmt: skip
    """Return the number that was typed; why there is none goes into told.

    It is read once, in the language of that moment: 1,234 means something else in another.
    """
    limits = {"low": _limit(low), "high": _limit(high), "field": label}
    if not typed:
        if not may_be_empty:
            told.append(t("number_empty", **limits))
        return None
    before: tuple[str, float | None] = st.session_state.get(f"{key}-read", ("", None))
    number = before[1] if before[0] == typed else _meant(typed, low, high, whole)
    st.session_state[f"{key}-read"] = (typed, number)
    if number is None:
        told.append(t("number_none", typed=typed, **limits))
    elif not low <= number <= high:
        told.append(t("number_outside", typed=typed, **limits))
    elif whole and number != round(number):
        told.append(t("number_whole", typed=typed, **limits))
    return number


def _meant(typed: str, low: float, high: float, whole: bool) -> float | None:
    """Return the number that a text means, or None.

    Of two readings of 1.234 the only one that the field takes counts, and else what the language makes of it.
    What is whole has thousands, and no decimals.
    """
    found = written(typed)
    if found is None:
        return None
    numbers = [float(value) for value in found.values]
    inside = [value for value in numbers if low <= value <= high]
    if len(inside) == 1 and not whole:
        return inside[0]
    thousands = whole or get_group_symbol(locale=writing().locale) in found.digits
    return numbers[0] if thousands else numbers[-1]


def _limit(value: float) -> str:
    """Return a number in a sentence: years have nothing between their digits."""
    return digits(value) if abs(value) < 10_000 else formats.number(value, 4)
