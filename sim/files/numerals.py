"""Numbers as people write them: one with a single meaning is read, one with two is refused with both.

A point or comma before three digits stands before decimals (1.234 as a ratio) or between thousands (1.234
euros). Where people, places, FTE or euros are counted, nobody can tell: it is refused with both readings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from sim.faults import Fault, Value, fault

LONGEST = 60
_ALIKE = str.maketrans({"\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
                        "\N{THIN SPACE}": " ", "\N{RIGHT SINGLE QUOTATION MARK}": "'"})  # fmt: skip
_PARTS = re.compile(
    r"(?P<before>€|eur)?\s*(?P<sign>[-+]?)\s*(?P<number>[0-9][0-9.,'_ ]*|[.,][0-9]+)"
    r"(?P<power>e[-+]?[0-9]{1,2})?\s*(?P<after>[^0-9]*)",
    re.IGNORECASE,
)
_WHOLE_EUROS = re.compile(r"(?<=[0-9])[.,]\s?[-\N{EN DASH}\N{EM DASH}]{1,2}(?=$|\s)")
"""The dash in 36,- for no cents."""
_PLAIN = re.compile(r"[0-9]*[.,]?[0-9]+")
_THOUSANDS = (
    re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"),
    re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
    re.compile(r"[0-9]{1,3}([ '_])[0-9]{3}(?:\1[0-9]{3})*(?:[.,][0-9]+)?"),
)
_TWO_WAYS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_PERCENT = ("%", "procent", "percent", "pct", "pct.")
_EUROS = ("€", "eur", "euro", "euros", "euro's")
_SCALES = {
    **dict.fromkeys(("duizend", "thousand"), Decimal(1000)),
    **dict.fromkeys(("mln", "mln.", "miljoen", "million"), Decimal(10**6)),
    **dict.fromkeys(("mld", "mld.", "miljard"), Decimal(10**9)),
}


@dataclass(frozen=True)
class Quantity:
    """What a number is of. units: words that may stand beside it; counted: thousands of it are usual."""

    expected: Fault
    units: tuple[str, ...] = ()
    counted: bool = False


NUMBER = Quantity(fault("a_number"))
SHARE = Quantity(fault("a_share"), _PERCENT)
FTE = Quantity(fault("number_of_fte"), ("fte", "fte's", "ftes"))
"""Usual with three decimals too: sim.inputs.fte.perhaps_thousands tells where they may be thousands."""
YOUTHS = Quantity(
    fault("number_of_youths"), ("jongeren", "jeugdigen", "kinderen", "youths", "children"), counted=True
)
EUROS = Quantity(fault("amount_in_euros"), _EUROS, counted=True)
AGE = Quantity(fault("an_age"), ("jaar", "jr", "jr.", "year", "years", "yr"))
YEAR = Quantity(fault("number_of_years"))


_OF = {
    FTE: ("number_of_fte",),
    YOUTHS: ("number_of_youths", "share_of_country"),
    EUROS: ("amount_in_euros", "euros_a_year"),
    AGE: ("an_age",),
}
"""What is expected, by its code, that may have the unit of a quantity beside it."""


def goes_with(unit: str, expected: Value) -> bool:
    """Tell whether a word or sign beside a number can be what is expected: FTE, say, or any number."""
    kinds = expected if isinstance(expected, (tuple, list)) else (expected,)
    codes = {kind.code for kind in map(_plain, kinds) if isinstance(kind, Fault)}
    return any(
        unit in quantity.units and (codes.intersection(known) or NUMBER.expected.code in codes)
        for quantity, known in _OF.items()
    )


def _plain(kind: Value) -> Value:
    """Return what is expected without its examples."""
    return kind.values["expected"] if isinstance(kind, Fault) and kind.code == "for_example" else kind


class NumeralError(ValueError):
    """A text that is not one number of what is asked; the fault says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    @property
    def hint(self) -> Fault | None:
        """How to write it, where that is known."""
        hint = self.fault.values.get("hint")
        return hint if isinstance(hint, Fault) else None

    def __str__(self) -> str:
        return self.fault.text()


@dataclass(frozen=True)
class Written:
    """A number as it stands in a text.

    values: what it can mean, thousands before decimals; unit: the word or sign beside it; digits: as written.
    """

    values: tuple[Decimal, ...]
    unit: str
    digits: str

    @property
    def percent(self) -> bool:
        """Tell whether it is a percentage."""
        return self.unit in _PERCENT

    def numbers(self) -> tuple[float, ...]:
        """Return what it can mean; 12,5% is 0.125."""
        return tuple(float(value / 100 if self.percent else value) for value in self.values)


def written(text: str) -> Written | None:
    """Return the number in a text with what stands beside it, or None where there is not just one."""
    text, dashes = _WHOLE_EUROS.subn("", text.translate(_ALIKE).strip() if len(text) <= LONGEST else "")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return None
    scale, _, after = parts["after"].casefold().partition(" ")
    if scale not in _SCALES:
        scale, after = "", parts["after"].casefold()
    if parts["before"] and after:
        return None
    values = tuple(value * _SCALES.get(scale, 1) for value in _values(parts["number"].strip()))
    if parts["power"]:  # nobody writes thousands before a power of ten
        values = tuple(value.scaleb(int(parts["power"][1:])) for value in values[-1:])
    if dashes:  # the decimals are in the dash
        values = values[:1]
    if not values:
        return None
    sign = -1 if parts["sign"] == "-" else 1
    unit = (parts["before"] or after.strip()).casefold()
    return Written(tuple(sign * value for value in values), unit, parts["number"].strip())


def _values(number: str) -> tuple[Decimal, ...]:
    """Return what digits with separators can mean."""
    if _TWO_WAYS.fullmatch(number):
        return Decimal(re.sub("[.,]", "", number)), Decimal(number.replace(",", "."))
    if _PLAIN.fullmatch(number):
        return (Decimal(number.replace(",", ".")),)
    for pattern, between in zip(_THOUSANDS, ("[.]", "[,]", "[ '_]"), strict=True):
        if pattern.fullmatch(number) and number[0] != "0":
            return (Decimal(re.sub(between, "", number).replace(",", ".")),)
    return ()


def read_number(text: str, quantity: Quantity = NUMBER) -> float:
    """Return the number that a text means where it can mean only one; 12,5% of a share is 0.125.

    Raises NumeralError with the reason, and both readings where there are two.
    """
    found = written(text)
    if found is None or (found.unit and found.unit not in quantity.units):
        hint = fault("write_one_number") if any(letter.isdigit() for letter in text) else None
        raise NumeralError(_expected(quantity, fault("text_found", text=text), hint))
    if len(found.values) > 1 and quantity.counted:
        raise NumeralError(_expected(quantity, fault("text_found", text=text), both(found.values)))
    return found.numbers()[-1]


def _expected(quantity: Quantity, found: Value, hint: Fault | None) -> Fault:
    return fault("expected", expected=quantity.expected, found=found, hint=hint)


def two_ways(text: str) -> Fault:
    """Return that the digits in a text can be read in two ways, and how to write each."""
    found = written(text)
    assert found is not None, "this is a number"
    return fault("two_ways", text=text, hint=both(found.values))


def both(values: tuple[Decimal, ...], exact: bool = False) -> Fault:
    """Return how to write thousands and how decimals, so that either has one meaning.

    exact: keep every decimal (with a zero behind three) instead of rounding to two.
    """
    thousands, decimals = values
    plain = f"{decimals.normalize():f}" if exact else f"{round(decimals, 2).normalize():f}"
    return fault("write_either", thousands=str(thousands), decimals=one_way(plain))


def one_way(number: str) -> str:
    """Return a number that is written with a point so that nobody takes the point for thousands."""
    return number + "0" if _TWO_WAYS.fullmatch(number.lstrip("-")) else number


def check_number(value: float, quantity: Quantity) -> None:
    """Refuse a number of three decimals where thousands may have been meant. Raises NumeralError."""
    shown = repr(value) if isinstance(value, float) and quantity.counted else ""
    if _TWO_WAYS.fullmatch(shown):
        raise NumeralError(_expected(quantity, value, both(_values(shown))))
