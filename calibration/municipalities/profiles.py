"""Build sim/data/population.csv: youths by single year of age from published age groups.

Run as ``python -m calibration.municipalities.profiles``.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from sim.errors import InputError
from sim.faults import fault
from sim.inputs.agegroups import single_years
from sim.model.parameters import DATA
from sim.states import AGES

EVIDENCE = Path(__file__).resolve().parents[1] / "evidence" / "population_netherlands.csv"
DATE = "2021-01-01"
NAMES = {"NL": "Nederland", "'s-Gravenhage": "Den Haag"}
TARGET_DATE = "2018-07-01"


def build(evidence: Path = EVIDENCE) -> list[tuple[str, str, int, float, str]]:
    """Return rows (name, date, age, youths, source) for every region, and the country at the target date.

    Raises InputError where a municipality was counted on another day than DATE: all start on the same day.
    """
    groups: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    sources: dict[str, str] = {}
    totals: dict[tuple[int, int], float] = {}
    with evidence.open(encoding="utf-8", newline="") as stream:
        for line, row in enumerate(csv.DictReader(stream), 2):
            if row["date"] == DATE:
                name = NAMES.get(row["region"], row["region"])
                groups[name].append((int(row["age_from"]), int(row["age_to"]), float(row["value"])))
                sources[name] = row["source"]
            elif row["date"] == TARGET_DATE:
                totals[int(row["age_from"]), int(row["age_to"])] = float(row["value"])
            elif row["region"] != "NL":
                wrong = fault(
                    "counted_on_another_day",
                    region=row["region"], date=row["date"], wanted=DATE,
                )  # fmt: skip
                raise InputError.at(evidence, wrong, line, 2)
    rows = []
    for name, parts in groups.items():
        for age, youths in enumerate(single_years(parts)):
            source = f"derived: single years within the age groups of {sources[name]}"
            rows.append((name, DATE, age, round(float(youths), 1), source))
    country = np.array([youths for name, _, _, youths, _ in rows if name == "Nederland"])
    minors, all_youths = totals[0, 17], totals[0, 22]
    factor = np.where(
        np.arange(AGES) < 18, minors / country[:18].sum(), (all_youths - minors) / country[18:].sum()
    )
    for age, youths in enumerate(country * factor):
        source = "derived: age structure of 2021 scaled to the counts behind CBS shares in 2018"
        rows.append(("Nederland 2018", TARGET_DATE, age, round(float(youths), 1), source))
    return rows


def main() -> None:
    """Write the file that the model reads."""
    try:
        rows = build()
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    with (DATA / "population.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("name", "date", "age", "youths", "source"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
