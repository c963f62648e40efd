"""What is observed of use, by municipality and year: sim/data/observed.csv, which pages draw.

Run as ``python -m calibration.municipalities.observed``. The country's youths with jeugdzorg are those of the
targets, by year (CBS 84134NED and later, as NJi gives them). Those of municipalities are youths with
jeugdzorg in natura in 2021 and 2022, provisional, in four in five. Inhabitants are of 1 January.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from calibration.municipalities.level_model import EVIDENCE
from sim.inputs.observed import COLUMNS, FILE, INHABITANTS, USERS
from sim.inputs.placenames import towns
from sim.machine.whole import written_whole

COUNTRY = "Nederland"
TARGETS = Path(__file__).resolve().parents[1] / "targets" / "cbs.csv"
OLDER = {"C2": "85075NED", "C3": "85335NED", "K2024": "85984NED"}
"""Tables behind ids of municipal_sources.csv; what was renewed has its table as id."""
Row = tuple[str, str, str, str, str, str]


def rows() -> list[Row]:
    """Return the rows of the file: the country first, then municipalities by name."""
    names = {code: town.name for code, town in towns().items()}
    own = list(_of_municipalities(names))
    return [*_of_the_country(), *sorted(own, key=lambda row: (row[0], row[1], row[2]))]


def _of_the_country() -> Iterator[Row]:
    for row in _read(TARGETS):
        id, _, year = row["id"].partition("_")
        if id == "jz" and year.isdigit():
            status = "provisional" if row["status"] == "provisional" else "final"
            yield COUNTRY, USERS, year, row["value"], status, "CBS, as given by NJi (jeugdzorg)"
    number = sum(int(row["inhabitants"]) for row in _read(EVIDENCE / "inhabitants.csv"))
    yield COUNTRY, INHABITANTS, "2024", str(number), "final", "CBS 85984NED"


def _of_municipalities(names: dict[str, str]) -> Iterator[Row]:
    for row in _read(EVIDENCE / "municipal_use.csv"):
        if row["0-22"]:
            id = row["source"].rpartition(";")[2]  # the last is that of the total
            table = f"CBS {OLDER.get(id, id)}, in natura"
            yield names[row["code"]], USERS, row["year"], row["0-22"], row["status"], table
    for row in _read(EVIDENCE / "inhabitants.csv"):
        table = f"CBS {OLDER.get(row['source'], row['source'])}"
        yield names[row["code"]], INHABITANTS, row["year"], row["inhabitants"], "final", table


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(found: Sequence[Row], path: Path = FILE) -> None:
    """Write the file that pages read, aside first."""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(found)


if __name__ == "__main__":
    write(rows())
