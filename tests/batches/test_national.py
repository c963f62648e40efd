"""benchmarks/national.py: what it runs, and how it counts what was seen. The batch itself is run by hand."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from benchmarks.national import ARMS, Sample, codes, made, read, scenarios, spread, told
from pages.choices.chosen import Choices, fte_here
from sim.batches.folder import read_folder
from sim.inputs.library import registry


def test_every_tenth_municipality_is_chosen_by_code() -> None:
    assert len(codes()) == 342
    chosen = spread(codes(), 34)
    gaps = {codes().index(b) - codes().index(a) for a, b in itertools.pairwise(chosen)}
    assert gaps == {10, 11}
    assert spread(codes(), 342) == codes()


def test_four_budgets_stand_around_the_child_work_of_a_municipality(tmp_path: Path) -> None:
    folder = read_folder(scenarios(tmp_path, ["GM0034", "GM0088"]), registry())
    assert not folder.problems
    assert len(folder.members) == 2 * ARMS
    for name in ("Almere", "Schiermonnikoog"):
        own = [m for m in folder.members if m.scenario.municipality == name]
        fte = sorted(m.scenario.programmes["kinderwerk"].fte.at(2030) for m in own)
        now = fte_here(Choices(municipality=name))
        assert fte == [0, now / 2, now, 2 * now]
        (none,) = {m.reference for m in own} - {None}
        assert [m.name for m in own if m.reference is None] == [none]


def samples() -> list[Sample]:
    """Return two starts: the first was killed with 3 units of 10, the second wrote tables for 5 seconds."""
    seen = [(1, 0.0, 0, 0.0), (1, 10.0, 2, 8.0), (1, 20.0, 3, 17.0), (2, 0.0, 3, 0.0), (2, 10.0, 5, 9.0),
            (2, 20.0, 10, 18.0), (2, 25.0, 10, 4.0)]  # fmt: skip
    return [Sample(start, seconds, count, 90.0, cpu, 3) for start, seconds, count, cpu in seen]


def test_units_and_seconds_of_all_starts_are_counted_and_tables_apart() -> None:
    found = made(samples(), 10)
    assert (found.units, found.seconds, found.cpu, found.tables) == (10, 40.0, 35.0, 5.0)
    assert found.spans == (0.2, 0.1, 0.2, 0.5)


def test_units_that_were_made_unseen_do_not_count() -> None:
    some = [one for one in samples() if one.start == 2]
    assert made(some, 10).units == 7
    assert made(some, 10).seconds == 20.0


def test_a_line_that_a_kill_cut_off_is_left_out(tmp_path: Path) -> None:
    table = tmp_path / "samples.csv"
    assert read(table) == []
    table.write_text("start,seconds,units,mb,cpu,processes\n1,10.5,3,99.0,4.5,3\n1,20", encoding="utf-8")
    assert read(table) == [Sample(1, 10.5, 3, 99.0, 4.5, 3)]


def test_the_whole_country_is_in_proportion_and_memory_on_a_line_through_two_batches() -> None:
    found: dict[str, Any] = {
        "towns": 34, "draws": 200, "children": 2000, "workers": 2, "municipalities": 342, "units": 27_200,
        "units_seen": 27_200, "seconds": 2720.0, "cpu_seconds": 5440.0, "units_a_second": 10.0,
        "units_a_second_by_tenth": [8.0, 12.0], "tables_seconds": 60.0, "starts": 3, "peak_mb": 1272.0,
        "kills": [{"units": 2720, "newest": 1}], "nothing_lost": True, "last_mb": 1200.0, "few_units": 200,
        "few_peak_mb": 1002.0, "peak_mb_tables": 1500.0, "growth": "flat", "unit_bytes": 100_000,
        "table_bytes": 10**9, "same_bytes_one_and_two_workers": True, "same_rows_as_the_large_batch": False,
    }  # fmt: skip
    words = told(found)
    assert f"| units | 27,200 | {342 * 200 * ARMS:,} |" in words
    assert "| 0.76 | 7.6 (6.3 to 9.5) |" in words
    assert "| 1.51 | 15.2 |" in words
    assert "| 1,272 | 3,736 at most |" in words
    assert "one and with two workers: yes" in words
    assert "undisturbed one: **no**" in words
    assert "| tables, GB | 1.00 | 10.1 |" in words
    by_now = told(found | {"table_bytes": None, "same_rows_as_the_large_batch": None})
    assert "| tables at the end | not written yet |" in by_now
    assert "undisturbed one: not known yet" in by_now
