"""Words, numbers, dates and figures with their uncertainty, in Dutch or English.

The same for the browser, the briefing and the workbook, so that a figure reads the same everywhere. Nothing
here follows the computer's own language.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from ruamel.yaml import YAML

from sim.decision.comparison import Figure
from sim.decision.firm import LITTLE_LUCK, Standing, few, has_range, span
from sim.inputs.profiles import CARE_FIGURES, OWN_USE, PREDICTED_USE
from sim.model.priors import ASSUMED

P = ParamSpec("P")
LANGUAGES = {"nl": "Nederlands", "en": "English"}
LOCALES = {"nl": "nl_NL", "en": "en_GB"}
WORDS = Path(__file__).parent
SURE = 0.95
_SINGULAR = {
    "kinderwerkers": "kinderwerker", "jongeren": "jongere", "kinderen": "kind", "berekeningen": "berekening",
    "maanden": "maand", "parameters": "parameter", "years": "year", "child workers": "child worker",
    "youths": "youth", "children": "child", "runs": "run", "draws": "draw",
    "months": "month", "weken": "week", "weeks": "week", "mistakes": "mistake", "times": "time",
    "computations": "computation", "gesimuleerde kinderen": "gesimuleerd kind",
    "simulated children": "simulated child", "cijfers": "cijfer", "figures": "figure",
}  # fmt: skip
_LARGE = (("billions", 1e9), ("millions", 1e6), ("thousands", 1e3))
_COUNTED = re.compile(rf"(\{{(\w+)\}}(?:\*\*)?) ({'|'.join(_SINGULAR)})\b")
"""A number in a text, and what it counts, in the plural."""


def read_words(files: Iterable[Path]) -> dict[str, str]:
    """Return the texts in YAML files of `key: text`. Raises ValueError for a key that stands there twice."""
    found: dict[str, str] = {}
    for file in files:
        words = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        if twice := sorted(found.keys() & words.keys()):
            raise ValueError(f"{file}: the text '{twice[0]}' stands in another file too")
        found |= words
    return found


@cache
def shared_words(language: str) -> Mapping[str, str]:
    """Return the texts that everything people read has in common. Raises KeyError for an unknown language."""
    LANGUAGES[language]
    return read_words([WORDS / f"{language}.yaml"])


def _or_untold(
    write: Callable[Concatenate[Writing, float, P], str],
) -> Callable[Concatenate[Writing, float, P], str]:
    """Return a way of writing a number that says so where there is none to tell."""

    @wraps(write)
    def told(self: Writing, value: float, /, *more: P.args, **named: P.kwargs) -> str:
        return self.t("untold") if math.isnan(value) else write(self, value, *more, **named)

    return told


@dataclass(frozen=True)
class Writing:
    """One language. words: its texts by key (default: those shared by all that people read)."""

    language: str = "nl"
    words: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Take the shared texts where none are given. Raises KeyError for an unknown language."""
        object.__setattr__(self, "words", self.words or shared_words(self.language))

    @property
    def locale(self) -> str:
        """Return the Babel locale."""
        return LOCALES[self.language]

    def t(self, key: str, /, **values: object) -> str:
        """Return a text with its values filled in. Raises KeyError for an unknown one."""
        one = {name for name, value in values.items() if str(value) == "1"}
        text = self.words[key]
        if one:
            text = _COUNTED.sub(lambda m: f"{m[1]} {_SINGULAR[m[3]]}" if m[2] in one else m[0], text)
        return text.format(**values)

    # Numbers: where there is none (NaN), that it cannot be told

    @_or_untold
    def count(self, value: float, sign: bool = False) -> str:
        """Return a whole number, with its sign where asked."""
        text = format_decimal(abs(round(value)), format="#,##0", locale=self.locale)
        return _signed(round(value), text, sign)

    @_or_untold
    def number(self, value: float, decimals: int = 1) -> str:
        """Return a number with at most some decimals."""
        places = "." + "#" * decimals if decimals else ""
        text = format_decimal(abs(round(value, decimals)), format=f"#,##0{places}", locale=self.locale)
        return _signed(round(value, decimals), text, False)

    def significant(self, value: float) -> str:
        """Return a parameter's value with four significant digits."""
        text = format_decimal(abs(float(f"{value:.4g}")), format="#,##0.##########", locale=self.locale)
        return _signed(value, text, False)

    def fte(self, value: float) -> str:
        """Return a number of FTE with at most one decimal."""
        return self.number(value, 1)

    @_or_untold
    def millions(self, euros: float, sign: bool = False) -> str:
        """Return an amount in millions with one decimal, without unit."""
        rounded = round(euros / 1e6, 1)
        return _signed(rounded, format_decimal(abs(rounded), format="#,##0.0", locale=self.locale), sign)

    @_or_untold
    def money(self, euros: float, sign: bool = False) -> str:
        """Return an amount in millions of euros with its unit; what rounds to nothing in thousands.

        sign: with `more` or `less` behind it, which is how a difference is read aloud.
        """
        if sign:
            return self.in_words(self.money, euros)
        if _in_thousands(euros):
            return self.euros(round(euros, -3))
        unit = {"nl": "mln", "en": "million"}[self.language]
        return _unbroken(f"€ {self.millions(euros)} {unit}")

    @_or_untold
    def euros(self, euros: float, sign: bool = False) -> str:
        """Return an amount in whole euros. sign: see `money`."""
        return self.in_words(self.euros, euros) if sign else _unbroken(f"€ {self.count(euros)}")

    def in_words(self, write: Callable[[float], str], value: float, less: str = "less") -> str:
        """Return how much more or less, without a sign. less: see `change`."""
        size = write(abs(value))
        return size if size == write(0.0) else self.t("more" if value > 0 else less, value=size)

    def about_euros(self, euros: float) -> str:
        """Return an amount in words with two digits, without its sign, such as 12 miljoen euro."""
        amount = abs(float(f"{euros:.2g}"))
        unit, size = next(((unit, size) for unit, size in _LARGE if amount >= size), ("euros", 1.0))
        return _unbroken(self.t(unit, amount=self.number(amount / size, 1)))

    @_or_untold
    def about(self, value: float) -> str:
        """Return a number with three digits: more is not known of a level."""
        return self.count(float(f"{value:.3g}"))

    def date(self, iso: str) -> str:
        """Return a date such as 2021-01-01 in words; what is no date stays as it is."""
        try:
            return str(format_date(dt.date.fromisoformat(iso), "d MMMM yyyy", locale=self.locale))
        except ValueError:
            return iso

    @_or_untold
    def percent(self, share: float, decimals: int = 0) -> str:
        """Return a share as a percentage, whole or with at most some decimals."""
        places = "." + "#" * decimals if decimals else ""
        text = format_percent(abs(share), format=f"#,##0{places}%", locale=self.locale)
        return _signed(share, text, False) if any(digit in text for digit in "123456789") else text

    # What may be said

    def difference(
        self, f: Figure, write: Callable[..., str], sharpening: bool = False, less: str = ""
    ) -> str:
        """Return a difference as people read it: none, too small to tell, or its value with a sign.

        sharpening: see `Standing.of`; what is provisional is marked. less: see `between`.
        """
        told = Standing.of(f, sharpening)
        if told is Standing.NONE:
            return "0"
        if told.unsaid:
            return self.remark(f, write, sharpening, less)
        value = write(f.value, True)
        if f.value and value == write(0.0, True):
            value = self.t("near_zero")
        return self.provisional(value, told is Standing.PROVISIONAL)

    def provisional(self, value: str, whether: bool = True) -> str:
        """Return a value marked as provisional where it is; what cannot be told has no mark."""
        marked = whether and value != self.t("untold")
        return self.t("provisional_value", value=value) if marked else value

    def remark(
        self, f: Figure, write: Callable[..., str], sharpening: bool = False, less: str = ""
    ) -> str:
        """Return what stands beside the number of a figure where it does not stand by itself, or nothing.

        less: see `between`.
        """
        told = Standing.of(f, sharpening)
        if told in (Standing.UNCLEAR, Standing.TOO_SMALL):
            least, most = span(f)
            between = self.between(min(least, 0.0), max(most, 0.0), write, less)
            if between == self.t("near_zero"):
                return between
            unclear = told is Standing.UNCLEAR
            told_in = "no_clear_difference" if unclear else "too_small_between"
            return self.t(told_in, range=self.with_luck(between, f))
        words = {Standing.PROVISIONAL: "provisional", Standing.UNTOLD: "untold"}
        return self.t(words[told]) if told in words else ""

    def interval(self, f: Figure, write: Callable[..., str], sharpening: bool = False) -> str:
        """Return the interval of a figure over draws, or nothing where there is none to show."""
        if f.low is None or f.high is None or not has_range(f, sharpening):
            return ""
        if Standing.of(f, sharpening) in (Standing.UNCLEAR, Standing.TOO_SMALL):  # the range is in its words
            return ""
        return self.t("interval", low=write(f.low, True), high=self.with_luck(write(f.high, True), f))

    def more_or_less(
        self, f: Figure, money: bool = False, decimals: int = 0, ways: tuple[str, str] | None = None
    ) -> str:
        """Return a difference without signs: how much more or less with its range, or what may be said of it.

        money: in millions of euros, or thousands where they would round to nothing. ways: the words for above
        zero and below it (default: more, and less or fewer).
        """
        ends = [x for x in (f.value, f.low, f.high) if x is not None]
        thousands = money and any(_in_thousands(x) for x in ends)

        def write(x: float, sign: bool = False) -> str:
            if thousands:
                return with_unit(x)
            return self.millions(abs(x)) if money else self.number(abs(x), decimals)

        def with_unit(x: float, sign: bool = False) -> str:
            if not money:
                return self.number(abs(x), decimals)
            if _in_thousands(x):
                return self.t("thousands", amount=self.count(abs(x) / 1e3))
            return self.t("millions", amount=self.millions(abs(x)))

        found = Standing.of(f)
        if found is Standing.NONE:
            return self.t("no_difference")
        if found.unsaid:
            return self.remark(f, with_unit)
        above, below = ways or ("more", _below(with_unit))
        words = self.t(above if f.value > 0 else below, value=with_unit(f.value))
        if write(f.value) == write(0.0):
            words = self.t("near_zero")
        if f.low is not None and f.high is not None and has_range(f):
            low, high = sorted((abs(f.low), abs(f.high)))
            return self.t("nine_of_ten", value=words, low=write(low), high=self.with_luck(write(high), f))
        return self.provisional(words, found is Standing.PROVISIONAL)

    def change(self, f: Figure, write: Callable[..., str], less: str, sharpening: bool = False) -> str:
        """Return a difference as `difference` does, with words in place of signs: 32 minder.

        less: the word for below zero, `fewer` for youths and `less` for money. What cannot be told comes
        without its range, which is in `range`, and what is provisional without its mark.
        """
        told = Standing.of(f, sharpening)
        if told.unsaid:
            brief = {Standing.UNCLEAR: "no_clear_change", Standing.TOO_SMALL: "too_small"}
            why = self.remark(f, write, sharpening, less)
            return why if told not in brief or why == self.t("near_zero") else self.t(brief[told])
        size = write(abs(f.value))
        if told is Standing.NONE or size == write(0.0):
            return self.t("no_difference" if told is Standing.NONE else "near_zero")
        return self.t("more" if f.value > 0 else less, value=size)

    def range(
        self, f: Figure, write: Callable[..., str], less: str, sharpening: bool = False, luck: bool = True
    ) -> str:
        """Return the range of a figure over draws in words, or nothing where there is none to show.

        luck: whether it says how much of it is luck, where that is more than a little.
        """
        if f.low is None or f.high is None or not has_range(f, sharpening):
            return ""
        between = self.between(f.low, f.high, write, less)
        return self.t("in_nine_of_ten", range=self.with_luck(between, f) if luck else between)

    def with_luck(self, words: str, f: Figure) -> str:
        """Return the words of a range, with how much of it is luck where that is more than a little."""
        if f.luck_share is None or f.luck_share <= LITTLE_LUCK or words == self.t("near_zero"):
            return words
        return self.t("with_luck", range=words, luck=self.percent(f.luck_share))

    def between(self, low: float, high: float, write: Callable[..., str], less: str = "") -> str:
        """Return a range in words, without signs, an end that rounds to nothing as 0.

        less: see `change` (default: by how a one is written).
        """
        less = less or _below(write)
        nothing, least, most = write(0.0), write(abs(low)), write(abs(high))
        if least == most == nothing:
            return self.t("near_zero")
        if nothing in (least, most):
            far, size = (high, most) if least == nothing else (low, least)
            return self.t("from_zero", range=self.t("more" if far > 0.0 else less, value=size))
        if low < 0.0 < high:
            return self.t(f"range_{less}_more", low=least, high=most)
        if high > 0.0:
            return self.t("range_more", low=least, high=most)
        return self.t(f"range_{less}", low=most, high=least)

    def unknown_effect(self, none: float | None, priors: Collection[str] = (ASSUMED,)) -> str:
        """Return that nobody knows the effect. none: the weight on no effect; None where it was set.

        priors: what the scenarios believe of it, each once.
        """
        if none is None:
            return self.t("unknown_effect_set")
        if set(priors) != {ASSUMED}:
            return self.t("unknown_effect_prior", prior="; ".join(self.t(f"effect_{one}") for one in priors))
        return self.t("unknown_effect", none=self.percent(none))

    def local_figures(self, name: str, known: Collection[str], own: bool) -> str:
        """Return whose figures of youth care are used, or nothing where all are of the municipality itself.

        known: what is known of the municipality itself (see Profile.local); own: whether it gave figures.
        """
        levels = [self.t(f"local_{use}") for use in (OWN_USE, PREDICTED_USE) if use in known]
        if levels and not own:
            return f"{levels[0]} {self.t('local_rest')}"
        if levels:
            rest = self.local_figures(name, {*known, CARE_FIGURES[0]} - {OWN_USE, PREDICTED_USE}, own)
            return f"{rest} {levels[0]}"
        lacking = [figure for figure in CARE_FIGURES if figure not in known]
        if not own:
            fitted = CARE_FIGURES[0] in known
            return self.t("no_local_tariffs" if fitted else "no_local") if lacking else ""
        if not lacking:
            return f"{self.t('own_figures', name=name)}."
        what = format_list([self.t(f"local_{figure}") for figure in lacking], locale=self.locale)
        return self.t("own_lacking", name=name, what=what)

    def change_between(
        self, f: Figure, write: Callable[..., str], less: str, sharpening: bool = False
    ) -> str:
        """Return a difference as `change` does, and its range in brackets: where there is little room.

        Luck is not named: it is that of the figure that this stands under, of the same lives.
        """
        told = Standing.of(f, sharpening)
        if told is Standing.UNTOLD:
            return self.remark(f, write, sharpening, less)
        words = self.change(f, write, less, sharpening)
        if told is Standing.NONE or f.low is None or f.high is None or not has_range(f, sharpening):
            return words
        between = self.between(f.low, f.high, write, less)
        if f.value * f.low > 0.0 < f.value * f.high:  # words say of what: more or less
            low, high = (write(abs(end)).split() for end in sorted((f.low, f.high), key=abs))
            short = low[:-1] if low[-1] == high[-1] and low[-1].isalpha() else low
            ends = {"low": _unbroken(" ".join(short)), "high": _unbroken(" ".join(high))}
            between = self.t("short_range", **ends) if low != high else words
        return words if between == words else f"{words} ({between})"

    def chance(self, share: float, draws: int) -> str:
        """Return a chance as draws can tell it: to five percent, and never impossible or certain.

        None of 40 draws still leaves room for a chance of 8 percent (95 percent sure). From too few draws
        there is none to name.
        """
        if few(draws):
            return self.t("not_yet")
        edge = 1.0 - (1.0 - SURE) ** (1.0 / max(draws, 1))
        bound = -(-edge * 100 // 1) / 100
        if share <= 0.0:
            return self.t("below", chance=self.percent(bound))
        if share >= 1.0:
            return self.t("above", chance=self.percent(1.0 - bound))
        rounded = min(max(round(share * 20) / 20, 0.05), 0.95)
        return self.t("about_share", chance=self.percent(rounded))


def _below(write: Callable[..., str]) -> str:
    """Return the word for below zero: fewer of what is counted in whole numbers, else less."""
    return "fewer" if write(1.0).isdigit() else "less"


def _in_thousands(euros: float) -> bool:
    """Tell whether an amount rounds to nothing in millions with a decimal, and not in thousands."""
    return 500 < abs(euros) < 50_000


def _unbroken(text: str) -> str:
    """Return a text in which no line ends: of an amount, between sign, number and unit."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _signed(value: float, text: str, sign: bool) -> str:
    if value < 0:
        return f"\N{MINUS SIGN}{text}"
    return f"+{text}" if sign and value > 0 else text
