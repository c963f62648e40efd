"""From published growth of youth care to the named futures, step by step.

Growth of spending above consumer prices has two parts: youths, and what care for each of them costs. How far
a future may be off follows from a forecast of experts that was held against what came. ``python -m
calibration.evidence.growth`` writes sim/data/futures.csv and the table in docs/futures.md.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scipy import stats

from calibration.documents.markup import markdown
from sim.decision.headline import USERS
from sim.inputs.library import registry
from sim.inputs.scenario import scenario_from_dict
from sim.model.futures import COLUMNS, COST, FROM, FUTURE_FILE, NAMES, POWER, VOLUME, WAGES, YEARS
from sim.model.parameters import Parameter, Parameters, default_parameters, prior_parameters
from sim.runs.experiment import Options, run_all

FILE = Path(__file__).with_name("growth.csv")
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "futures.md"
BEGIN, END = "<!-- written by `python -m calibration.evidence.growth` -->\n", "<!-- end -->\n"
FORECAST_YEARS = 4
"""Years that the forecast of 2017 was about: 2018 to 2021."""
LAST = 2120
"""The last year of any scenario: `flat` goes on until then."""
STARTS = (2.3, 2.0, 2.6)
"""How much faster starts grow than youths in care, in logarithms, with its range: what `gains` measures.

Who gets help sooner is sooner well, so that there are fewer left who may begin.
"""
MEASURED_AT = (-0.03, -0.015, 0.015, 0.03, 0.05)
"""Growth a year at which it is measured, over ten years."""
_Z90 = float(stats.norm.ppf(0.95))


@dataclass(frozen=True)
class Growth:
    """A named future. youths, cost: growth a year; last: its last year.

    certain: whether it is a line to measure from, and no forecast.
    """

    name: str
    what: str
    youths: float
    cost: float
    last: int
    grade: str
    source: str
    certain: bool = False

    @property
    def years(self) -> int:
        """Return for how many years it grows."""
        return self.last - FROM

    @property
    def total(self) -> float:
        """Return growth a year of spending."""
        return (1.0 + self.youths) * (1.0 + self.cost) - 1.0


def facts(path: Path = FILE) -> dict[str, float]:
    """Return the published figures by key."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["key"]: float(row["value"]) for row in csv.DictReader(stream)}


# Steps


def yearly(before: float, after: float, years: int) -> float:
    """Return the growth a year behind two figures that lie `years` apart."""
    return float((after / before) ** (1.0 / years) - 1.0)


def real(f: Mapping[str, float], since: int) -> float:
    """Return growth a year of spending above consumer prices from 2015 or 2019 to 2024."""
    return yearly(f[f"total_{since}"] * f[f"cpi_{since}_2024"], f["total_2024"], 2024 - since)


def youths(f: Mapping[str, float], since: int) -> float:
    """Return growth a year of youths from 2015 or 2019 to 2024, without those whom registration added.

    They had help before they were counted, and it was paid: spending did not grow by them.
    """
    return yearly(f[f"youths_{since}"], f["youths_2024"] - f["registered_2021"], 2024 - since)


def beside(total: float, part: float) -> float:
    """Return growth a year of the other part of spending that grows by `total`."""
    return (1.0 + total) / (1.0 + part) - 1.0


def country_2018_2021(f: Mapping[str, float]) -> float:
    """Return growth a year of spending in the years of the forecast: 2018 and 2019, then 2020 and 2021.

    Totals are known of 2015, 2019 and 2024; growth is taken as even between them.
    """
    before = yearly(f["total_2015"] * f["cpi_2015_2024"], f["total_2019"] * f["cpi_2019_2024"], 4)
    return math.sqrt((1.0 + before) * (1.0 + real(f, 2019))) - 1.0


def missed(f: Mapping[str, float]) -> tuple[float, float]:
    """Return by how much growth a year was missed in the country and in Almere."""
    return country_2018_2021(f) - f["forecast_2017"], f["almere_2017_2020"] - f["forecast_2017"]


def spread(f: Mapping[str, float], years: int) -> float:
    """Return the standard deviation of each of the two growth rates of a future of `years` years.

    The root of the mean square of both errors, over four years. Nobody wrote down which of the parts was off:
    half of the variance is of each. Growth differs from year to year without memory (assumed), so that the
    mean over more years is off by less: with the root of the years. Raises ValueError below one year.
    """
    if years < 1:
        raise ValueError(f"a future lasts a year or more, found {years}")
    both = math.sqrt(sum(error**2 for error in missed(f)) / 2.0)
    return both / math.sqrt(2.0) * math.sqrt(FORECAST_YEARS / years)


def wage_share(f: Mapping[str, float]) -> float:
    """Return the share of growth of cost above today's that is dearer hours.

    One region's contract index for 2026 above general prices, and cost for each youth in 2019-2024, both
    above what tariffs grow by today.
    """
    today = prior_parameters()["cost.tariff_growth_projection"]
    index = beside(f["index_2026"], f["index_2026_general"])
    return (index - today) / (beside(real(f, 2019), youths(f, 2019)) - today)


# What the model makes of growing starts


def growing(youths: float, cost: float, years: int, power: float, wages: float = 0.0) -> Parameters:
    """Return the shipped parameters with a future of one's own, for certain."""
    p = default_parameters()
    values = dict(zip(NAMES, (youths, power, cost, wages, float(years)), strict=True))
    own = {
        name: Parameter(name, x, x, x, "", "linear", "assumed", "", "own") for name, x in values.items()
    }
    return replace(p, records={**p.records, **own}, current={**p.current, **values})


def gains(children: int, years: int = 10, place: str = "Almere") -> dict[float, float]:
    """Return by growth of starts how youths in care follow it after `years`: a ratio of logarithms."""
    data = {"kind": "scenario", "title": "x", "municipality": place, "start": FROM, "years": years + 1}
    scenario = scenario_from_dict(data, registry())

    def users(growth: float) -> float:
        base = growing(growth, 0.0, years, 1.0)
        (found,) = next(run_all([scenario], Options(children), base=base)).columns
        return float(found.values[found.labels.index(USERS), years])

    still = users(0.0)
    return {x: math.log(users(x) / still) / (years * math.log1p(x)) for x in MEASURED_AT}


# Futures


def growths(f: Mapping[str, float]) -> tuple[Growth, ...]:
    """Return the named futures, from nothing to most."""
    van_ark = (f["van_ark_youths_low"] + f["van_ark_youths_high"]) / 2.0
    history = [
        Growth(
            f"history_{since}_2024", f"as in {since}-2024, for as long", youths(f, since),
            beside(real(f, since), youths(f, since)), FROM + 2024 - since, "derived",
            f"spending {f[f'total_{since}']:g} billion in {since} (x {f[f'cpi_{since}_2024']:g}) and "
            f"{f['total_2024']:g} in 2024; youths {f[f'youths_{since}']:,.0f} and {f['youths_2024']:,.0f} "
            f"less {f['registered_2021']:,.0f} whom registration added in 2021; a trend is carried on for as "
            "many years as it was seen",
        )
        for since in (2019, 2015)
    ]  # fmt: skip
    return (
        Growth(
            "flat", "nothing grows", 0.0, 0.0, LAST, "assumed",
            "the line to measure from: what a programme does by itself", certain=True,
        ),
        Growth(
            "almere", "Almere's own budget", f["almere_rule"], 0.0, 2029, "cited",
            "Almere, 2e kwartaalrapportage 2025: 1.5% growth of volume; growth above consumer prices is not "
            "stated and 0 here",
        ),
        Growth(
            "almere_long", "Almere's rule for the long run", f["almere_long_youths"], f["almere_long_other"],
            2050, "cited",
            "Almere, technische aannames 2021: 1% inhabitants under 18, 2.5% other growth above consumer "
            "prices; with a population that grows the first counts twice",
        ),
        Growth(
            "van_ark", "Deskundigencommissie Jeugd", van_ark, beside(f["van_ark"], van_ark), 2035, "derived",
            "'Groeipijn' (2025) as quoted by Almere: 4.7% volume, which is youths times intensity; youths "
            "0.2% to 1.7%, the middle is taken; ten years from 2025 (assumed: its horizon was not read)",
        ),
        *history,
    )  # fmt: skip


def rows(f: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Return the rows of sim/data/futures.csv."""
    found: list[tuple[str, ...]] = []
    for g in growths(f):
        half = 0.0 if g.certain else _Z90 * spread(f, g.years)
        off = "" if g.certain else "; range: what the forecast of 2017 missed"
        for name, value in ((VOLUME, g.youths), (COST, g.cost)):
            ends = f"{value - half:.5f}", f"{value + half:.5f}"
            grade = "assumed" if (g.name, name) == ("almere", COST) else g.grade
            found.append((g.name, name, f"{value:.5f}", *ends, "per year", "linear", grade, g.source + off))
        power = ("1.0",) * 3 if g.certain else tuple(f"{x:.1f}" for x in STARTS)
        found.append((
            g.name, POWER, *power, "power of use", "linear", "derived",
            "nothing grows" if g.certain else
            "how starts follow youths in care, measured in the model; calibration.evidence.growth --gains",
        ))  # fmt: skip
        share = ("0.0",) * 3 if g.certain else (f"{wage_share(f):.2f}", "0.05", "0.95")
        found.append((
            g.name, WAGES, *share, "share", "linear" if g.certain else "logit", "assumed",
            "nothing grows" if g.certain else
            "contracts of one region grow 2.0% above general prices in 2026, cost for each youth grew 3.5%: "
            "the rest is more help for each youth; from hardly any to nearly all",
        ))  # fmt: skip
        found.append((g.name, YEARS, *(str(g.years),) * 3, "years", "linear", g.grade, f"up to {g.last}"))
    return found


def future_text(f: Mapping[str, float]) -> str:
    """Return the content of sim/data/futures.csv."""
    lines = [COLUMNS, *rows(f)]
    return "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in line) + "\n" for line in lines)


# The page


def table(f: Mapping[str, float]) -> str:
    """Return the futures as a table in Markdown, and how the range was made."""
    heads = ("future", "is", "youths a year", "cost for each", "together", "up to", "grade", "rests on")
    lines = []
    for g in growths(f):
        half = 0.0 if g.certain else _Z90 * spread(f, g.years)
        of = [
            f"{x:.1%}" + (f" ({x - half:.1%} to {x + half:.1%})" if half else "") for x in (g.youths, g.cost)
        ]
        last = "the end" if g.last == LAST else str(g.last)
        lines.append((f"`{g.name}`", g.what, *of, f"{g.total:.1%}", last, g.grade, g.source))
    country, town = missed(f)
    both = math.sqrt((country**2 + town**2) / 2.0)
    return markdown(heads, lines) + (
        f"\nThe forecast of 2017 was {f['forecast_2017']:.1%} a year for 2018-2021. The country had "
        f"{country_2018_2021(f):.1%} (missed by {country:.1%}), Almere {f['almere_2017_2020']:.0%} (missed "
        f"by {town:.1%}); root of the mean square {both:.1%} over {FORECAST_YEARS} years, "
        f"{both / math.sqrt(2.0):.1%} for each of both parts.\n"
    )


def page(text: str, f: Mapping[str, float]) -> str:
    """Return a page in which what stands between the two marks is made again."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table(f) + END + after


def main(arguments: Sequence[str]) -> int:
    """Write the futures and the table; with --gains, print what the model makes of growing starts."""
    if "--gains" in arguments:
        for growth, gain in gains(100_000).items():
            print(f"starts {growth:+.1%} a year: youths in care follow by {gain:.2f}, power {1 / gain:.1f}")
        return 0
    found = facts()
    FUTURE_FILE.write_text(future_text(found), encoding="utf-8")
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
