"""Which euro of care a municipality can cash, and when."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from pages.look import charts, formats
from pages.look.texts import language, t, writing
from sim.decision.comparison import HIGH, LOW, Difference, Figure
from sim.decision.firm import few
from sim.decision.money import CARE_LINES, CareMoney, care_money
from sim.inputs.scenario import Scenario
from sim.model.parameters import default_parameters

LAG, SHARE = "townhall.contract_lag", "townhall.realisable"
HEIGHT = 240


@dataclass(frozen=True)
class CareCostChange(CareMoney):
    """The change in care costs as the page shows it. sharpening: whether it may still turn."""

    sharpening: bool = False


def money(d: Difference, rate: float, sharpening: bool = False) -> CareCostChange:
    """Return what care costs more or less, without programmes; those have no Monte Carlo error themselves."""
    found = care_money(d, rate)
    return CareCostChange(found.years, found.values, found.figures, sharpening)


def rule(scenario: Scenario, name: str) -> float:
    """Return a rule of contracts: what the scenario says, or the model's best guess."""
    own = scenario.parameters.get(name)
    return float(own.value) if own is not None else default_parameters()[name]  # type: ignore[arg-type]


def words(found: CareCostChange, scenario: Scenario) -> str:
    """Return in words how care costs change, which part becomes cash, when, and why they differ."""
    last = {name: figures[-1] for name, figures in found.figures.items()}
    told = {name: _in_words(figure, found.sharpening) for name, figure in last.items()}
    year = scenario.start + found.ends[-1] - 1
    if scenario.policy == "capped":
        return t("kids_cash_capped", year=year, **told)
    values = {"share": formats.percent(rule(scenario, SHARE)), "lag": writing().number(rule(scenario, LAG))}
    return t("kids_cash_open", year=year, **told, **values)


def _in_words(figure: Figure, sharpening: bool) -> str:
    """Return an amount with its interval over draws."""
    amount = f"**{writing().difference(figure, formats.money, sharpening)}**"
    interval = writing().interval(figure, formats.money, sharpening)
    return f"{amount} ({interval})" if interval else amount


def chart(found: CareCostChange) -> alt.LayerChart:
    """Return both lines over years, added up: the change in care costs, and that in cash."""
    names = [t(f"kids_cash_{name}") for name in CARE_LINES]
    data = pd.concat(
        pd.DataFrame({"line": t(f"kids_cash_{name}"), "year": found.years, "value": values.mean(0) / 1e6})
        for name, values in found.values.items()
    )
    unit = alt.Axis(title=t("unit_money"), titleAngle=0, titleAlign="left", titleAnchor="start", titleX=0,
                    titleY=-14, tickCount=4)  # fmt: skip
    x = alt.X("year:Q", title=None, scale=alt.Scale(zero=False, nice=False),
              axis=alt.Axis(format="d", tickMinStep=1, grid=False))  # fmt: skip
    legend = alt.Legend(orient="bottom", title=None, columns=1, labelLimit=340, symbolType="stroke",
                        symbolSize=600, symbolStrokeWidth=3)  # fmt: skip
    base = alt.Chart(data)
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color="#444").encode(y="y:Q")
    line = base.mark_line(strokeWidth=3).encode(
        x=x, y=alt.Y("value:Q", axis=unit),
        color=alt.Color("line:N", legend=legend, scale=alt.Scale(domain=names, range=charts.COLOURS[:2])),
        strokeDash=alt.StrokeDash(
            "line:N", legend=legend, scale=alt.Scale(domain=names, range=charts.DASHES[:2])
        ),
        tooltip=[alt.Tooltip("line:N", title=t("kids_cash_what")),
                 alt.Tooltip("year:Q", title=t("year"), format="d"),
                 alt.Tooltip("value:Q", title=t("unit_money"), format=",.1f")],
    )  # fmt: skip
    made = (
        alt.layer(zero, line)
        .properties(height=HEIGHT, padding={"top": 8, "right": 16}, description=description(found))
    )
    return charts.dressed(made, language())


def description(found: CareCostChange) -> str:
    """Return what the picture shows, for those who do not see it."""

    def written(value: float) -> str:
        return writing().provisional(formats.money(value, True), found.sharpening)

    told = "; ".join(
        t("kids_line_alt", name=t(f"kids_cash_{name}"), first=written(values.mean(axis=0)[0]),
          last=written(values.mean(axis=0)[-1]))
        for name, values in found.values.items()
    )  # fmt: skip
    return t("kids_cash_alt", first=found.years[0], last=found.years[-1], lines=told)


def table(found: CareCostChange) -> pd.DataFrame:
    """Return the figures at each horizon, as people read them."""
    rows = []
    for k, ahead in enumerate(found.ends):
        figures = [found.figures[name][k] for name in CARE_LINES]
        cells = [writing().difference(figure, formats.millions, found.sharpening) for figure in figures]
        rows.append((t("mark", years=ahead), *cells))
    columns = [t("kids_cash_when"), *(t(f"kids_cash_{name}_mln") for name in CARE_LINES)]
    return pd.DataFrame(rows, columns=columns)


def all_years(found: CareCostChange) -> pd.DataFrame:
    """Return both lines by year with their interval over draws, for a file."""
    rows = []
    for name, values in found.values.items():
        low, high = np.percentile(values, [LOW, HIGH], axis=0)
        if found.sharpening or few(len(values)):
            low, high = np.full((2, len(found.years)), np.nan)
        for year, *row in zip(found.years, values.mean(axis=0), low, high, strict=True):
            rows.append((t(f"kids_cash_{name}"), year, *(float(value) / 1e6 for value in row)))
    columns = [t("kids_cash_what"), t("year"), t("middle"), t("low"), t("high")]
    soon = found.sharpening or any(few(len(values)) for values in found.values.values())
    told = t("provisional") if soon else ""
    return pd.DataFrame(rows, columns=columns).assign(**{t("csv_unit"): t("unit_money"), t("csv_told"): told})
