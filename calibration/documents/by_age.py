"""What a child costs and how many are in care, by single year of age, as no figure was fitted.

Run as ``python -m calibration.documents.by_age`` (minutes): draws of the posterior of the country are
lived, and what came of it goes to sim/data/by_age.json, for docs/calibration.md and the app.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from calibration.figures.measures import Counted
from calibration.runs import FIT_YEAR, count
from sim.engine.history import form_states
from sim.model.parameters import DATA, default_parameters
from sim.model.prices import unit_costs
from sim.runs.threads import run_threads
from sim.states import AGES, MONTHS

FILE = DATA / "by_age.json"
Floats = NDArray[np.float64]
MEASURES = ("cost", "in_care")
"""Euros of FIT_YEAR that places cost a municipality in a year, for a child; and the share in care."""
SEED = 8_000_000


def of_ages(counted: Counted, year: int = FIT_YEAR) -> dict[str, Floats]:
    """Return float64[AGES] of each measure: cost of care in a year, youths in care at its start, by child.

    Care is priced place by place, at one price for all ages; fixed cost and the rest are left out.
    """
    people = np.array([counted.people(slice(age, age + 1), year - 1) for age in range(AGES)])
    kinds = [counted.layout.time + state for state in form_states(counted.table)]
    places = counted.year(year)[kinds, :AGES] / MONTHS
    cost = unit_costs(year, counted.parameters) @ places
    held = [counted.stock_users("jeugdzorg", year - 1, slice(age, age + 1)) for age in range(AGES)]
    return {"cost": cost / people, "in_care": np.array(held) / people}


def ages(draws: int, children: int) -> dict[str, Any]:
    """Return a row for each age: of each measure the mean of the draws, and 5 to 95 percent of them."""
    p = default_parameters()
    with run_threads() as pool:
        lived = [
            of_ages(count(p.draw(0, draw), children, SEED + draw, pool)) for draw in range(1, draws + 1)
        ]
    every = {name: np.array([each[name] for each in lived]) for name in MEASURES}
    told = {name: values.mean(axis=0) for name, values in every.items()}
    for end, q in (("low", 0.05), ("high", 0.95)):
        told |= {f"{name}_{end}": np.quantile(values, q, axis=0) for name, values in every.items()}
    rows = [{"age": age, **{name: float(x[age]) for name, x in told.items()}} for age in range(AGES)]
    return {"year": FIT_YEAR, "draws": draws, "children": children, "rows": rows}


def chart(
    found: Mapping[str, Any], titles: Sequence[str] = ("euros for a child", "in care")
) -> alt.HConcatChart:
    """Return the mean of cost and care by single year of age, and what 5 to 95 percent of draws have."""
    charts = []
    for name, title, form in zip(MEASURES, titles, (",.0f", "%"), strict=True):
        base = alt.Chart(pd.DataFrame(found["rows"])).encode(x=alt.X("age:Q", title="age"))
        band = base.mark_area(opacity=0.25).encode(
            y=alt.Y(f"{name}_low:Q", title=title, axis=alt.Axis(format=form)), y2=f"{name}_high:Q"
        )
        line = base.mark_line(point=True).encode(y=f"{name}:Q")
        charts.append(alt.layer(band, line).properties(width=300, height=220))
    return alt.hconcat(*charts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Live the country, and write what came of it."""
    parser = argparse.ArgumentParser(description="Write cost and care by single year of age.")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--children", type=int, default=120_000)
    options = parser.parse_args(arguments)
    FILE.write_text(json.dumps(ages(options.draws, options.children), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
