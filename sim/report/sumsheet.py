"""Two sheets to compute with: an advisor changes price, discount rate and years, and the sums follow.

Every sum is a formula over the figures of each draw, so that the range and the chance follow as well. What is
said of a sum follows the rules of `sim.decision.firm`, written as formulas. Beside each stands what the model
found with its own values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_range, xl_range_abs, xl_rowcol_to_cell

from sim.decision.comparison import HIGH, LOW, figure
from sim.decision.firm import LITTLE_LUCK, LUCK_COUNTS, Standing
from sim.decision.sums import Floats, Sums
from sim.rates import discount_factor
from sim.report.content import ComparedScenario, Report
from sim.words.parameter_words import parameter_title

Formats = Mapping[str, Any]
RESULTS = (
    "choice", "col_what", "sum_mean", "col_low", "col_high", "col_told", "sum_model", "sum_change",
)  # fmt: skip
Head = tuple[str, str, int | None, float | None]
"""What stands before the values of a line: scenario, what it is, draw and price."""
ASKED, FIRST_DRAW, FIRST_YEAR = 5, 6, 4
"""Rows and columns, from 0: the first value to change; of the figures the first row and the first year."""
CARE, PROGRAMMES, TOGETHER = range(3)
"""Columns with sums, behind the years."""


@dataclass(frozen=True)
class _Totals:
    """Where the sums by draw of a scenario stand, and what they are: programmes, care, together.

    luck: the formula of the Monte Carlo error.
    """

    columns: tuple[str, ...]
    values: tuple[Floats, ...]
    luck: str


class SumSheets:
    """The two sheets of a report of which luck is known."""

    def __init__(self, report: Report, page: Any, figures: Any, formats: Formats) -> None:
        self.report, self.page, self.figures, self.formats = report, page, figures, formats
        self.t = report.writing.t
        self.prices = {work.programme: work.parameter for sums in report.sums for work in sums.works}
        self.asked = {name: ASKED + k for k, name in enumerate(self.prices)}
        self.rate_row = ASKED + len(self.asked)
        self.years_row = self.rate_row + 1
        years = report.sums[0].years
        self.factors = xl_range_abs(4, FIRST_YEAR, 4, FIRST_YEAR + len(years) - 1)
        passed = np.arange(1, len(years) + 1)
        self.ahead = report.horizons[-1]
        self.discount = discount_factor(report.rate, passed) * (passed <= self.ahead)
        self.sums = FIRST_YEAR + len(years)

    def write(self) -> None:
        """Write both sheets."""
        self._asked()
        row = self.years_row + 3
        self._heading(self.page, row - 1, RESULTS)
        self._years()
        at = FIRST_DRAW
        for outcome, sums in zip(self.report.outcomes, self.report.sums, strict=True):
            at, totals = self._draws(at, outcome.title, sums)
            row = self._results(row, outcome, sums, totals)
        for k, line in enumerate(self.t("sum_notes").splitlines()):
            self.page.write_string(row + 1 + k, 0, line, self.formats["line"])
        wide = ((self.page, (40, 34, 18, 18, 18, 26, 18, 18)), (self.figures, (36, 34, 12, 14)))
        for sheet, widths in wide:
            for column, width in enumerate(widths):
                sheet.set_column(column, column, width)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
        self.figures.freeze_panes(FIRST_DRAW, FIRST_YEAR)

    def _asked(self) -> None:
        """Write what can be changed, with what the model has beside it."""
        t, page, formats = self.t, self.page, self.formats
        page.write_string(0, 0, t("sheet_sums"), formats["title"])
        page.write_string(1, 0, t("sum_lead"), formats["line"])
        page.write_string(2, 0, t("reference_title", title=self.report.reference), formats["line"])
        self._heading(page, ASKED - 1, ("sum_asked", "sum_yours", "sum_model"))
        works = [work for sums in self.report.sums for work in sums.works]
        means = {work.programme: float(np.mean(work.price)) for work in works}
        for name, row in self.asked.items():
            parameter = self.prices[name]
            page.write_string(row, 0, parameter_title(parameter, self.report.writing), formats["text"])
            page.write_blank(row, 1, None, formats["asked count"])
            page.write_number(row, 2, means[name], formats["count"])
            page.data_validation(row, 1, row, 1, {
                "validate": "decimal", "criteria": ">=", "value": 0, "ignore_blank": True,
                "error_message": t("sum_price_wrong"),
            })  # fmt: skip
        page.write_string(self.rate_row, 0, t("about_rate"), formats["text"])
        page.write_number(self.rate_row, 1, self.report.rate, formats["asked rate"])
        page.write_number(self.rate_row, 2, self.report.rate, formats["rate"])
        page.data_validation(self.rate_row, 1, self.rate_row, 1, {
            "validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 0.2, "ignore_blank": False,
            "error_message": t("sum_rate_wrong"),
        })  # fmt: skip
        years = len(self.report.sums[0].years)
        page.write_string(self.years_row, 0, t("sum_years", first=self.report.start), formats["text"])
        page.write_number(self.years_row, 1, self.ahead, formats["asked year"])
        page.write_number(self.years_row, 2, self.ahead, formats["year"])
        page.data_validation(self.years_row, 1, self.years_row, 1, {
            "validate": "integer", "criteria": "between", "minimum": 1, "maximum": years,
            "ignore_blank": False, "error_message": t("sum_years_wrong", most=years),
        })  # fmt: skip

    def _heading(self, sheet: Any, row: int, keys: Sequence[str]) -> None:
        for k, key in enumerate(keys):
            sheet.write_string(row, k, self.t(key), self.formats["header"])

    def _asked_at(self, row: int) -> str:
        return f"'{self.t('sheet_sums')}'!{xl_rowcol_to_cell(row, 1, row_abs=True, col_abs=True)}"

    def _at(self, cells: str) -> str:
        return f"'{self.t('sheet_sum_figures')}'!{cells}"

    def _years(self) -> None:
        """Write years, how many have passed at their end, and what a euro of then is worth now."""
        t, sheet, formats = self.t, self.figures, self.formats
        sheet.write_string(0, 0, t("sheet_sum_figures"), formats["title"])
        sheet.write_string(1, 0, t("sum_figures_lead"), formats["line"])
        sheet.write_string(3, 3, t("sum_passed"), formats["text"])
        sheet.write_string(4, 3, t("sum_factor"), formats["text"])
        self._heading(sheet, 5, ("choice", "col_what", "sum_draw", "sum_price"))
        for k, year in enumerate(self.report.sums[0].years):
            column = FIRST_YEAR + k
            passed = xl_rowcol_to_cell(3, column)
            sheet.write_number(3, column, k + 1, formats["year"])
            factor = (
                f"=IF({passed}<={self._asked_at(self.years_row)},"
                f"(1+{self._asked_at(self.rate_row)})^-{passed},0)"
            )
            sheet.write_formula(4, column, factor, formats["factor"], float(self.discount[k]))
            sheet.write_number(5, column, year, formats["header year"])
        for part, key in ((CARE, "sum_sum"), (PROGRAMMES, "col_programmes"), (TOGETHER, "col_net")):
            sheet.write_string(5, self.sums + part, t(key), formats["header"])

    def _draws(self, row: int, title: str, sums: Sums) -> tuple[int, _Totals]:
        """Write the figures of a scenario by draw with sums; return the next row and where sums stand."""
        t, draws = self.t, range(len(sums.care))
        own: list[list[str]] = [[] for _ in draws]
        care, spent = np.array(sums.care) @ self.discount, np.array(sums.other) @ self.discount
        for work in sums.works:
            asked = self._asked_at(self.asked[work.programme])
            what = t("sum_fte", programme=self.report.level(work.programme))
            for k, (price, fte) in enumerate(zip(work.price, work.fte, strict=True)):
                found = price * float(np.dot(fte, self.discount))
                taken = f"IF({asked}=\"\",{xl_rowcol_to_cell(row, 3)},{asked})"
                own[k].append(self._line(row, (title, what, k + 1, price), fte, found, f"*{taken}"))
                spent[k] += found
                row += 1
        for k in draws if np.any(sums.other) else ():
            found = float(np.dot(sums.other[k], self.discount))
            own[k].append(self._line(row, (title, t("sum_other"), k + 1, None), sums.other[k], found))
            row += 1
        first = row
        for k in draws:
            cell = self._line(row, (title, t("col_care"), k + 1, None), sums.care[k], float(care[k]))
            self._formula(row, PROGRAMMES, "+".join(own[k]) or "0", float(spent[k]))
            self._formula(row, TOGETHER, f"{cell}+{self._cell(row, PROGRAMMES)}", float(spent[k] + care[k]))
            row += 1
        columns = [
            self._at(xl_range_abs(first, self.sums + part, row - 1, self.sums + part))
            for part in (PROGRAMMES, CARE, TOGETHER)
        ]
        self._values(row, (title, t("sum_luck"), None, None), sums.luck)
        lucks = self._at(xl_range_abs(row, FIRST_YEAR, row, FIRST_YEAR + len(sums.years) - 1))
        luck = f"INDEX({lucks},1,{self._asked_at(self.years_row)})"
        return row + 1, _Totals(tuple(columns), (spent, care, spent + care), luck)

    def _cell(self, row: int, part: int) -> str:
        return str(xl_rowcol_to_cell(row, self.sums + part))

    def _formula(self, row: int, part: int, formula: str, value: float) -> str:
        """Write a formula with what it comes to, and return its cell."""
        self.figures.write_formula(row, self.sums + part, f"={formula}", self.formats["count"], value)
        return self._cell(row, part)

    def _line(self, row: int, head: Head, values: Sequence[float], worth: float, times: str = "") -> str:
        """Write one line with its sum, and return the cell of that. times: what is put behind it."""
        self._values(row, head, values)
        cells = xl_range(row, FIRST_YEAR, row, FIRST_YEAR + len(values) - 1)
        return self._formula(row, CARE, f"SUMPRODUCT({cells},{self.factors}){times}", worth)

    def _values(self, row: int, head: Head, values: Sequence[float]) -> None:
        sheet, formats = self.figures, self.formats
        choice, what, draw, price = head
        for k, text in enumerate((choice, what)):
            sheet.write_string(row, k, text, formats["text"])
        for k, number, kind in ((2, draw, "year"), (3, price, "count")):
            if number is not None:
                sheet.write_number(row, k, number, formats[kind])
        for k, value in enumerate(values):
            kind = "decimal" if price is not None else "count"
            sheet.write_number(row, FIRST_YEAR + k, value, formats[kind])

    def _results(self, row: int, outcome: ComparedScenario, sums: Sums, found: _Totals) -> int:
        """Write what a scenario comes to: programmes, care, together, and the chance; return the next row."""
        t, page, formats = self.t, self.page, self.formats
        spent = xl_rowcol_to_cell(row, 2)
        for part, key in enumerate(("col_programmes", "col_care", "col_net")):
            cells, values = found.columns[part], found.values[part]
            page.write_string(row, 0, outcome.title, formats["text"])
            page.write_string(row, 1, t(key), formats["text"])
            mean = float(values.mean())
            page.write_formula(row, 2, f"=AVERAGE({cells})", formats["signed"], mean)
            if self.report.chance_known:
                for column, share in ((3, LOW), (4, HIGH)):
                    end, known = f"=PERCENTILE({cells},{share / 100})", float(np.percentile(values, share))
                    page.write_formula(row, column, end, formats["signed"], known)
            said = self._said(row, cells, found.luck) if part else ""
            if said:
                page.write_formula(row, 5, f"={said}", formats["text"], self._told(values, sums))
            page.write_number(row, 6, mean, formats["signed"])
            change = f"={xl_rowcol_to_cell(row, 2)}-{xl_rowcol_to_cell(row, 6)}"
            page.write_formula(row, 7, change, formats["signed"], 0.0)
            row += 1
        page.write_string(row, 0, outcome.title, formats["text"])
        page.write_string(row, 1, t("row_payback"), formats["text"])
        last = self.report.chance(outcome, -1)
        if self.report.chance_known and outcome.alike and not outcome.equal:
            page.write_formula(row, 5, f"={self._chance(row - 1, spent, found)}", formats["text"], last)
        else:
            page.write_string(row, 5, last, formats["text"])
        page.write_string(row, 6, last, formats["text"])
        return row + 2

    def _told(self, values: Floats, sums: Sums) -> str:
        """Return what may be said of a sum with the values of the model."""
        luck = sums.luck[self.ahead - 1] * np.sqrt(values.size)  # of one draw
        found = Standing.of(figure(values, np.full(values.size, luck), range(values.size)))
        words = {
            Standing.PROVISIONAL: "provisional", Standing.TOO_SMALL: "too_small",
            Standing.UNCLEAR: "no_clear_change",
        }  # fmt: skip
        return self.t(words[found]) if found in words else ""

    def _said(self, row: int, cells: str, luck: str) -> str:
        """Return the formula of what may be said of a sum: the rule of `Standing.of`."""
        if not self.report.chance_known:
            return f'"{self.t("provisional")}"'
        value, low, high = (xl_rowcol_to_cell(row, column) for column in (2, 3, 4))
        draws = f"(STDEV({cells})/SQRT({self.report.draws}))"
        small = f"ABS({value})<2*{luck}"
        share = f"MIN({luck}/MAX({draws},1E-300),1)^2"
        counts = f"IF({draws}>0,{share}>{LUCK_COUNTS},TRUE)"
        rest = f"IF({draws}>0,IF({share}>{LITTLE_LUCK},SQRT(1-{share}),1),1)"
        least, most = (f"({value}+{rest}*({end}-{value}))" for end in (low, high))
        return (
            f'IF(AND({small},{counts}),"{self.t("too_small")}",'
            f'IF(OR(AND({least}<0,{most}>0),{small}),"{self.t("no_clear_change")}",""))'
        )

    def _chance(self, row: int, spent: str, found: _Totals) -> str:
        """Return the formula of the chance in words: the rule of `Writing.chance` and of `drowned`."""
        writing, n = self.report.writing, self.report.draws
        back = f'COUNTIF({found.columns[2]},"<=0")'
        before, _, after = self.t("about_share", chance="|").partition("|")
        steps = f"({back}*20/{n})"
        even = f"IF(MOD({steps},1)=0.5,2*ROUND({steps}/2,0),ROUND({steps},0))"
        about = f'"{before}"&TEXT(MIN(MAX({even}/20,0.05),0.95),"0%")&"{after}"'
        words = (
            f'IF({back}=0,"{writing.chance(0.0, n)}",IF({back}={n},"{writing.chance(1.0, n)}",{about}))'
        )
        together = xl_rowcol_to_cell(row, 2)
        lost = f"IF({spent}=0,ABS({together})<2*{found.luck},2*{found.luck}*SQRT({n})>ABS({spent}))"
        return f'IF({lost},"{self.t("untold")}",{words})'
