"""The workbook in which a municipality fills in its own figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import xlsxwriter
from ruamel.yaml import YAML

from sim.inputs.care_use import USE_AGES, USE_BASES, Use
from sim.inputs.profiles import CARE_FIGURES, PREDICTED_USE, Profile
from sim.states import FORMS

WORDS = Path(__file__).resolve().parents[1] / "words" / "sheet.yaml"
LINES = {
    "town": (
        "name", "date", "source", "kinderwerk_fte", "moving", "bijstand", "need", "access", "use_low",
        "use_high", "use_basis",
    ),
    "use": ("year", "ages", "youths", "national", "residents"),
}
"""The lines of the sheets that have a value a line."""
TEXTS = ("name", "source", "ages", "use_basis")
CHOICES = {"ages": USE_AGES, "use_basis": USE_BASES}
GROUPS = 30
"""Rows for groups of ages."""
SERIES = (*LINES["use"], "source")
"""The columns of the sheet with figures of use of more years, a year a row."""
YEARS = 12
"""Rows for years."""
Words: TypeAlias = Mapping[str, Any]


@cache
def words_of_sheets() -> Mapping[str, Words]:
    """Return what stands in the workbook, by language."""
    words: Mapping[str, Words] = YAML(typ="safe", pure=True).load(WORDS.read_text(encoding="utf-8"))
    return words


def template(
    language: str = "nl", municipality: Profile | None = None, uses: Sequence[Use] = ()
) -> bytes:
    """Return a workbook to fill in, with what is known of a municipality where one is given.

    uses: its own figures of use, by year.

    Raises KeyError for an unknown language.
    """
    words = words_of_sheets()[language]
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "default_date_format": "d-m-yyyy"})
    book.set_properties(
        {"title": words["guide"][0], "created": dt.datetime(2024, 1, 1)}
    )  # same bytes each time
    _Template(book, words, municipality, tuple(uses)).write()
    book.close()
    return stream.getvalue()


@dataclass
class _Template:
    book: Any
    words: Words
    profile: Profile | None
    uses: tuple[Use, ...]

    def write(self) -> None:
        self.head = self.book.add_format({"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
        self.title = self.book.add_format({"bold": True, "font_size": 14})
        self.label = self.book.add_format({"bg_color": "#EEEEEE", "text_wrap": True, "valign": "top"})
        self.cell = self.book.add_format({"border": 1, "valign": "top"})
        self.text = self.book.add_format({"border": 1, "valign": "top", "num_format": "@"})
        self.day = self.book.add_format({"border": 1, "valign": "top", "num_format": "d-m-yyyy"})
        guide = self.book.add_worksheet(self.words["sheets"]["guide"])
        guide.set_column(0, 0, 100)
        wrap = self.book.add_format({"text_wrap": True, "valign": "top"})
        for row, line in enumerate(self.words["guide"]):
            guide.write_string(row, 0, line, wrap if row else self.title)
        self.lines("town", self.known())
        self.ages()
        first = self.uses[0] if self.uses else None
        self.lines("use", {name: (getattr(first, name), first.source or "") for name in LINES["use"]
                           if getattr(first, name) is not None} if first else {})  # fmt: skip
        self.years()
        self.prices()

    def known(self) -> dict[str, tuple[Any, str]]:
        """Return (value, source) of each line that is known."""
        if self.profile is None:
            return {}
        known: dict[str, tuple[Any, str]] = {
            "name": (self.profile.name, ""),
            "date": (dt.date.fromisoformat(self.profile.date), ""),
            "source": (self.profile.source, ""),
        }
        if self.profile.kinderwerk_fte is not None:
            known["kinderwerk_fte"] = (self.profile.kinderwerk_fte, "kinderwerk")
        if "household.bijstand" in self.profile.overrides:
            known["bijstand"] = (self.profile.overrides["household.bijstand"], "CBS")
        use = "kinderwerk"
        if self.profile.use is not None:
            low, high = self.profile.use
            rest, _, use = self.profile.source.rpartition("; ")
            fitted = "fitted" if self.uses and CARE_FIGURES[0] in self.profile.local else "own"
            basis = "predicted" if PREDICTED_USE in self.profile.local else fitted
            known |= {"source": (rest or use, ""), "use_low": (low, use), "use_high": (high, use),
                      "use_basis": (basis, "")}  # fmt: skip
        factors = {"need": self.profile.need, "access": self.profile.access}
        return known | {name: (factor, use) for name, factor in factors.items() if factor != 1.0}

    def sheet(self, key: str, widths: tuple[int, ...]) -> Any:
        """Return a new sheet with its headings."""
        sheet = self.book.add_worksheet(self.words["sheets"][key])
        for column, (width, heading) in enumerate(zip(widths, self.words["headings"][key], strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, self.head)
        sheet.freeze_panes(1, 0)
        return sheet

    def lines(self, key: str, known: Mapping[str, tuple[Any, str]]) -> None:
        """Write a sheet of labels and values."""
        sheet = self.sheet(key, (34, 28, 18, 40, 70))
        for row, name in enumerate(LINES[key], 1):
            label, unit, note = self.words["lines"][name]
            value, source = known.get(name, (None, ""))
            sheet.write_string(row, 0, label, self.label)
            if name == "date":
                sheet.write_datetime(row, 1, value, self.day) if value else sheet.write_blank(
                    row, 1, None, self.day
                )
            elif name in TEXTS:
                sheet.write_string(row, 1, value, self.text) if value else sheet.write_blank(
                    row, 1, None, self.text
                )
            else:
                sheet.write_number(row, 1, value, self.cell) if value else sheet.write_blank(
                    row, 1, None, self.cell
                )
            if name in CHOICES:
                sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": list(CHOICES[name])})
            sheet.write_string(row, 2, unit, self.label)
            sheet.write_string(row, 3, source, self.text)
            sheet.write_string(row, 4, note, self.label)

    def ages(self) -> None:
        """Write the population, by single age where it is known."""
        sheet = self.sheet("population", (16, 20, 20))
        for row in range(1, GROUPS + 1):
            known = self.profile is not None and row <= len(self.profile.youths)
            if known and self.profile is not None:
                sheet.write_number(row, 0, row - 1, self.cell)
                sheet.write_number(row, 1, row - 1, self.cell)
                sheet.write_number(row, 2, round(self.profile.youths[row - 1], 1), self.cell)
            else:
                for column in range(3):
                    sheet.write_blank(row, column, None, self.cell)

    def years(self) -> None:
        """Write the figures of use of the years after the first, a year a row."""
        sheet = self.sheet("years", (14, 14, 24, 30, 26, 40))
        for row in range(1, max(YEARS, len(self.uses) - 1) + 1):
            use = self.uses[row] if row < len(self.uses) else None
            for column, name in enumerate(SERIES):
                value, look = getattr(use, name, None), self.text if name in TEXTS else self.cell
                sheet.write(row, column, value, look) if value else sheet.write_blank(row, column, None, look)
            sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": list(USE_AGES)})

    def prices(self) -> None:
        """Write the forms of care, without prices."""
        sheet = self.sheet("tariffs", (26, 26, 50))
        for row, form in enumerate(FORMS, 1):
            sheet.write_string(row, 0, form, self.label)
            sheet.write_blank(row, 1, None, self.cell)
            sheet.write_blank(row, 2, None, self.text)
