"""Targets are complete or refused, with the line, the column and what is wrong."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from calibration.figures.measures import MEASURES
from calibration.figures.targets import (
    COLUMNS,
    MOST_ROWS,
    RATIOS,
    ROLES,
    STATUSES,
    TARGET_FILE,
    UNITS,
    Target,
    read_targets,
)
from sim.errors import InputError, Problem

GOOD = {
    "id": "jz_2018", "measure": "jeugdzorg_pgb", "quantity": "youths with jeugdzorg",
    "definition": "during the year", "denominator": "", "within": "", "share_of": "", "age_from": "0",
    "age_to": "22", "region": "NL", "year": "2018", "period": "year", "value": "430175", "unit": "youths",
    "status": "final", "role": "calibrate", "tolerance": "0.01", "source": "CBS", "note": "",
}  # fmt: skip
SHARE = {
    **GOOD, "id": "x_2018", "measure": "boys_share", "unit": "share", "value": "0.5",
    "denominator": "youths with jeugdzorg", "within": "jz",
}  # fmt: skip


def written(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "targets.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def text(*rows: dict[str, str]) -> str:
    return "\n".join([",".join(COLUMNS), *(",".join(row.values()) for row in rows)]) + "\n"


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_targets(path)
    assert {problem.file for problem in caught.value.problems} == {str(path)}
    return caught.value.problems


def raw(folder: Path, content: str | bytes) -> Path:
    path = folder / "targets.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ---- what is read


def test_a_complete_target_is_read_as_it_stands(tmp_path: Path) -> None:
    share = {**SHARE, "share_of": "jz_2018 + x_2018", "note": "a, b"}
    first, second = read_targets(written(tmp_path, GOOD, share))
    assert first == Target(
        "jz_2018", "jeugdzorg_pgb", "youths with jeugdzorg", "during the year", "", "", (), 0, 22, "NL", 2018,
        "year", 430175.0, "youths", "final", "calibrate", 0.01, "CBS", "",
    )  # fmt: skip
    assert (second.denominator, second.within, second.note) == ("youths with jeugdzorg", "jz", "a, b")
    assert second.share_of == ("jz_2018", "x_2018")


@pytest.mark.parametrize(
    ("id_", "year", "stem"), [("jz_2018", "2018", "jz"), ("tilburg_2023h1", "2023", "tilburg_2023h1")]
)
def test_a_series_is_an_id_without_its_year(tmp_path: Path, id_: str, year: str, stem: str) -> None:
    (target,) = read_targets(written(tmp_path, {**GOOD, "id": id_, "year": year}))
    assert target.stem == stem


@pytest.mark.parametrize(
    ("written_", "region"),
    [("NL", "NL"), ("Nederland", "NL"), ("GM0855", "Tilburg"), ("gemeente\u00a0Tilburg", "Tilburg"),
     ("'s-Gravenhage", "Den Haag"), ("Regio Gooi", "Regio Gooi")],
)  # fmt: skip
def test_a_region_is_found_however_it_is_written(tmp_path: Path, written_: str, region: str) -> None:
    (target,) = read_targets(written(tmp_path, {**GOOD, "region": written_}))
    assert target.region == region


@pytest.mark.parametrize("year", [" 2018", "2018.0", "2.018e3"])
def test_a_whole_number_may_be_written_as_a_spreadsheet_writes_it(tmp_path: Path, year: str) -> None:
    (target,) = read_targets(written(tmp_path, {**GOOD, "year": year}))
    assert (target.year, type(target.year)) == (2018, int)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_with_and_without_the_mark_of_a_spreadsheet(
    tmp_path: Path, encoding: str, end: str
) -> None:
    content = text({**GOOD, "source": "Bureau Vr\u0133heid \u00e9\u00e9n"}).replace("\n", end)
    (target,) = read_targets(raw(tmp_path, content.encode(encoding)))
    assert target.source == "Bureau Vr\u0133heid \u00e9\u00e9n"


def test_columns_may_stand_in_another_order_beside_others_and_between_blank_lines(tmp_path: Path) -> None:
    row = dict(reversed([*GOOD.items(), ("remark", "mine")]))
    path = written(tmp_path, row)
    path.write_text("\n\n".join(path.read_text(encoding="utf-8").splitlines()) + "\n\n", encoding="utf-8")
    assert [target.id for target in read_targets(path)] == ["jz_2018"]


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("mark", ["", "sep={}\n", '"sep={}"\n', "\ufeff"])
def test_a_file_may_have_the_separator_of_a_dutch_spreadsheet(
    tmp_path: Path, separator: str, mark: str
) -> None:
    content = mark.format(separator) + text(GOOD, {**SHARE, "value": "12|5%"}).replace(",", separator)
    targets = read_targets(raw(tmp_path, content.replace("|", ",").encode()))
    assert [(target.id, target.value) for target in targets] == [("jz_2018", 430175.0), ("x_2018", 0.125)]


def test_a_line_is_counted_from_the_top_of_a_file_that_names_its_separator(tmp_path: Path) -> None:
    content = "sep=;\n" + text(GOOD, {**SHARE, "value": "many"}).replace(",", ";")
    (problem,) = refused(raw(tmp_path, content.encode()))
    assert (problem.line, problem.column) == (4, 13)


@pytest.mark.parametrize(
    ("column", "written_", "value"),
    [
        ("value", "0,125", 0.125), ("value", "12,5%", 0.125), ("value", "12.5 %", 0.125),
        ("tolerance", "2%", 0.02), ("tolerance", "0,02", 0.02), ("age_from", "0 jaar", 0),
        ("year", "2018,0", 2018),
    ],
)  # fmt: skip
def test_what_has_one_meaning_is_read(tmp_path: Path, column: str, written_: str, value: float) -> None:
    _, target = read_targets(written(tmp_path, GOOD, {**SHARE, column: written_}))
    assert getattr(target, column) == pytest.approx(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("366.455", "has no number for value: '366.455'; write 366455 for thousands, or 366.46 for decimals"),
        ("366,455", "has no number for value: '366,455'; write 366455 for thousands, or 366.46 for decimals"),
        ("36%", "has no number for value: '36%'; write one number and nothing else"),
        ("1e23", "counts 1e+23 youths; at most 5,000,000 is possible"),
        ("366.46", "counts 366.46 youths, which is no whole number; are these thousands?"),
        ("366,5", "counts 366.5 youths, which is no whole number; are these thousands?"),
        ("43017500", "counts 4.30175e+07 youths; at most 5,000,000 is possible"),
    ],
)
def test_a_count_that_cannot_be_is_refused(tmp_path: Path, value: str, words: str) -> None:
    (problem,) = refused(written(tmp_path, {**GOOD, "value": value}))
    assert (problem.line, problem.column) == (2, COLUMNS.index("value") + 1)
    assert words in problem.message


def test_a_count_may_have_thousands_that_are_plain(tmp_path: Path) -> None:
    for value in ("430 175", "430175", "430175 jongeren", "430175,0"):
        assert read_targets(written(tmp_path, {**GOOD, "value": value}))[0].value == 430175.0


# ---- what is refused in a row


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("id", "", "'(no id)' has no id"),
        ("id", "jz_2018", "stands here twice, first in line 2"),
        ("id", " jz_2018 ", "stands here twice, first in line 2"),
        ("measure", "", "has no measure"),
        ("measure", "boy_share", "has measure 'boy_share'; did you mean 'boys_share'?"),
        ("measure", "Boys_Share", "did you mean 'boys_share'?"),
        ("measure", "qqqq", "has measure 'qqqq'; known: see calibration/figures/measures.py"),
        ("quantity", "", "has no quantity"),
        ("definition", "", "has no definition"),
        ("definition", "  ", "has no definition"),
        ("denominator", "", "is a share and has no denominator"),
        ("denominator", "  ", "is a share and has no denominator"),
        ("within", "jzz", "is within 'jzz', which no row is about; did you mean 'jz'?"),
        ("within", "jz_2018", "is within 'jz_2018', which no row is about; did you mean 'jz'?"),
        ("within", "x", "lies within itself, by way of 'x'"),
        ("share_of", "jz_2018+jz_2017", "is a share of 'jz_2017', which is no row; did you mean 'jz_2018'?"),
        ("age_from", "", "has no number for age_from: ''"),
        ("age_from", "young", "has no number for age_from: 'young'"),
        ("age_from", "-1", "has ages -1 to 22; known are 0 to 22"),
        ("age_from", "0.5", "needs a whole number for age_from, found 0.5"),
        ("age_to", "1_0", "has no number for age_to: '1_0'"),
        ("age_to", "nan", "has no number for age_to: 'nan'"),
        ("region", " ", "has no region"),
        ("year", "", "has no number for year: ''"),
        ("year", "last", "has no number for year: 'last'"),
        ("year", "2018.5", "needs a whole number for year, found 2018.5"),
        ("year", "inf", "needs a whole number for year, found inf"),
        ("year", "1e400", "needs a whole number for year, found 1e400"),
        ("period", "", "has no period"),
        ("value", "", "has no number for value: ''"),
        ("value", "many", "has no number for value: 'many'"),
        ("value", "nan", "has no number for value: 'nan'"),
        ("value", "0", "needs a finite value above zero, found 0"),
        ("value", "-1", "needs a finite value above zero, found -1"),
        ("value", "inf", "needs a finite value above zero, found inf"),
        ("value", "1e999", "needs a finite value above zero, found 1e999"),
        ("value", "54.3", "is a share of 54.3; it is at most 1"),
        ("unit", "", "has no unit"),
        ("unit", "percent", f"has unit 'percent'; known: {', '.join(UNITS)}"),
        ("unit", "Youths", "has unit 'Youths'; did you mean 'youths'?"),
        ("status", "", "has no status"),
        ("status", " ", "has no status"),
        ("status", "rumour", f"has status 'rumour'; known: {', '.join(STATUSES)}"),
        ("status", "provisionel", "did you mean 'provisional'?"),
        ("role", "", "has no role"),
        ("role", "fit", "has role 'fit'; known: calibrate, validate, report"),
        ("tolerance", "", "has no number for tolerance: ''"),
        ("tolerance", "0", "needs a finite tolerance above zero, found 0"),
        ("tolerance", "-0.01", "needs a finite tolerance above zero, found -0.01"),
        ("tolerance", "nan", "has no number for tolerance: 'nan'"),
        ("tolerance", "inf", "needs a finite tolerance above zero, found inf"),
        ("tolerance", "1", "has a tolerance of 1; it is a share, as 0.02 for 2 percent"),
        ("tolerance", "2.5", "has a tolerance of 2.5; it is a share"),
        ("source", "", "has no source"),
    ],
)
def test_an_incomplete_target_is_refused_with_its_line_and_column(
    tmp_path: Path, column: str, value: str, words: str
) -> None:
    (problem,) = refused(written(tmp_path, GOOD, {**SHARE, column: value}))
    assert (problem.line, problem.column) == (3, COLUMNS.index(column) + 1)
    assert words in problem.message
    if column != "id":
        assert problem.message.startswith("'x_2018' ")


def test_a_ratio_needs_a_denominator_and_may_be_above_one(tmp_path: Path) -> None:
    ratio = {**SHARE, "unit": "ratio", "value": "1.5"}
    assert read_targets(written(tmp_path, GOOD, ratio))[1].value == 1.5
    (problem,) = refused(written(tmp_path, GOOD, {**ratio, "denominator": ""}))
    assert "is a ratio and has no denominator" in problem.message


def test_a_count_that_is_fitted_as_a_share_needs_a_denominator(tmp_path: Path) -> None:
    fitted = {**GOOD, "id": "y_2018", "share_of": "jz_2018"}
    (problem,) = refused(written(tmp_path, GOOD, fitted))
    assert (problem.line, problem.column) == (3, 5)
    assert "'y_2018' is fitted as a share and has no denominator" in problem.message
    assert read_targets(written(tmp_path, GOOD, {**fitted, "denominator": "youths with jeugdzorg"}))


@pytest.mark.parametrize(("first", "last"), [("12", "4"), ("0", "23"), ("23", "23"), ("-2", "-1")])
def test_ages_that_nobody_has_are_refused(tmp_path: Path, first: str, last: str) -> None:
    (problem,) = refused(written(tmp_path, {**GOOD, "age_from": first, "age_to": last}))
    assert (problem.line, problem.column) == (2, 8)
    assert f"has ages {first} to {last}; known are 0 to 22" in problem.message


def test_ages_of_a_measure_that_is_counted_for_all_together_are_refused(tmp_path: Path) -> None:
    few = {**GOOD, "measure": "trajectories_started", "age_from": "4", "age_to": "11"}
    (problem,) = refused(written(tmp_path, few))
    assert (problem.line, problem.column) == (2, 8)
    assert "counts trajectories_started for 0 to 22 only" in problem.message


def test_series_that_lie_within_each_other_are_refused(tmp_path: Path) -> None:
    circle = [{**GOOD, "id": f"{name}_2018", "within": parent} for name, parent in ("ab", "bc", "ca")]
    outside = {**GOOD, "id": "d_2018", "within": "a"}
    problems = refused(written(tmp_path, *circle))
    assert [(problem.line, problem.column) for problem in problems] == [(2, 6), (3, 6), (4, 6)]
    assert problems[0].message == "'a_2018' lies within itself, by way of 'b'"
    assert refused(written(tmp_path, outside, *circle))[1:]  # ends, though it is not in the circle itself


def test_every_mistake_is_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    wrong = [{**SHARE, "id": f"x_{k}", "source": "", "year": ""} for k in range(3)]
    places = [(problem.line, problem.column) for problem in refused(written(tmp_path, *wrong))]
    assert places == [(2, 11), (2, 18), (3, 11), (3, 18), (4, 11), (4, 18)]


def test_an_id_is_there_twice_also_when_its_first_row_is_wrong(tmp_path: Path) -> None:
    first, second = refused(written(tmp_path, {**GOOD, "source": ""}, GOOD))
    assert "has no source" in first.message
    assert "stands here twice, first in line 2" in second.message


def test_an_empty_row_says_all_that_it_lacks(tmp_path: Path) -> None:
    problems = refused(raw(tmp_path, ",".join(COLUMNS) + "\n" + "," * (len(COLUMNS) - 1)))
    lacking = {COLUMNS[problem.column - 1] for problem in problems}
    assert lacking == set(COLUMNS) - {"denominator", "within", "share_of", "note"}


# ---- what is refused as a file


@pytest.mark.parametrize("column", COLUMNS)
def test_a_file_without_a_column_is_refused(tmp_path: Path, column: str) -> None:
    row = {name: value for name, value in GOOD.items() if name != column}
    (problem,) = refused(written(tmp_path, row))
    assert (problem.line, problem.message) == (1, f"targets need the columns {column}")


def test_a_column_that_is_misspelt_is_recognised(tmp_path: Path) -> None:
    row = {{"tolerance": "tolerence"}.get(name, name): value for name, value in GOOD.items()}
    (problem,) = refused(written(tmp_path, row))
    assert problem.message == "targets need the columns tolerance; is it 'tolerence'?"


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    content = text(GOOD).replace("note\n", "note,year\n").replace(",CBS,", ",CBS,,2019")
    (problem,) = refused(raw(tmp_path, content))
    assert (problem.line, problem.column) == (1, 20)
    assert problem.message == "the column 'year' stands here twice"


@pytest.mark.parametrize(
    ("last", "line", "words"),
    [
        ("a,b", 4, "expected 19 columns, found 2;"),
        (",".join(GOOD.values()) + ",more,and", 4, "expected 19 columns, found 21; a text with a comma"),
        ('"a"b,' + "," * 18, 4, "is no table of comma-separated values from here on"),
        ('"never closed', 4, "is no table of comma-separated values from here on: unexpected end of data"),
        ("x" * 200_000, 4, "is no table of comma-separated values from here on: field larger"),
        ("\0\0", 4, "is no text: it holds a NUL byte"),
    ],
)
def test_a_line_that_is_no_row_is_refused(tmp_path: Path, last: str, line: int, words: str) -> None:
    (problem,) = refused(raw(tmp_path, text(GOOD, SHARE) + last))
    assert problem.line == line
    assert words in problem.message


def test_a_row_begins_where_its_first_line_is(tmp_path: Path) -> None:
    first = {**GOOD, "note": "two\nlines"}
    (problem,) = refused(written(tmp_path, first, {**GOOD, "id": "y_2018", "source": "", "note": "a\nb"}))
    assert problem.line == 4


@pytest.mark.parametrize(
    ("encoding", "line", "column", "byte"), [("latin-1", 3, 14, "0xe9"), ("utf-16", 1, 1, "0xff")]
)
def test_a_file_in_another_encoding_is_refused_with_the_first_wrong_byte(
    tmp_path: Path, encoding: str, line: int, column: int, byte: str
) -> None:
    content = text(GOOD, {**SHARE, "measure": "jeugdh\u00e9lp"}).encode(encoding)
    (problem,) = refused(raw(tmp_path, content))
    assert (problem.line, problem.column) == (line, column)
    assert problem.message == f"is not UTF-8 (byte {byte}); save targets.csv as CSV UTF-8"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the first line is empty; targets need the columns id, measure"),
        (b"\n\n", "the first line is empty"),
        (b"\xef\xbb\xbf", "the first line is empty"),
        (b"\x00\x01\x02", "is no text: it holds a NUL byte"),
        (b"PK\x03\x04\x14\x00\x06\x00", "is no text: it holds a NUL byte"),
        (b"\x89PNG\r\n\x1a\n\x00", "is not UTF-8 (byte 0x89)"),
        ((",".join(COLUMNS) + "\n").encode(), "holds no targets"),
    ],
)
def test_what_is_no_table_of_targets_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (problem,) = refused(raw(tmp_path, content))
    assert problem.line == 1
    assert words in problem.message


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    (missing,) = refused(tmp_path / "none.csv")
    assert missing.message == "cannot be read: No such file or directory"
    (folder,) = refused(tmp_path)
    assert folder.message == "cannot be read: Is a directory"


@pytest.mark.parametrize("filled", [True, False])
def test_a_million_rows_are_refused_before_they_are_read(tmp_path: Path, filled: bool) -> None:
    path = tmp_path / "targets.csv"
    row = ",".join(GOOD.values()) if filled else "," * (len(COLUMNS) - 1)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text())
        stream.writelines(f"{k}{row}\n" for k in range(1_000_000))
    (problem,) = refused(path)
    assert problem.line == MOST_ROWS + 2
    assert problem.message == "more than 5,000 rows: this is no file of targets"


def test_as_many_rows_as_are_allowed_are_read(tmp_path: Path) -> None:
    path = raw(tmp_path, text(*({**GOOD, "id": f"x{k}_2018"} for k in range(MOST_ROWS))))
    assert len(read_targets(path)) == MOST_ROWS


WIDE = {
    "columns": (",".join("a" for _ in range(200_000)), "200,000 columns: this is no file of targets"),
    "a field": (text() + "a" * 2_000_000, "is no table of comma-separated values"),
    "a quote": (text() + '"' * 2_000_000, "is no table of comma-separated values"),
    "quotes": (text() + '"a"' * 600_000, "is no table of comma-separated values"),
}


@pytest.mark.parametrize("case", WIDE)
def test_a_line_without_end_is_refused_quickly(tmp_path: Path, case: str) -> None:
    content, words = WIDE[case]
    path, start = raw(tmp_path, content), time.process_time()
    (problem,) = refused(path)
    assert words in problem.message
    assert time.process_time() - start < 1


def test_names_that_no_row_carries_are_told_up_to_a_hundred(tmp_path: Path) -> None:
    rows = [{**GOOD, "id": f"name_{k}_2018", "within": f"nome_{k}"} for k in range(400)]
    assert len(refused(written(tmp_path, *rows))) == 100


def test_a_long_way_up_is_walked_once(tmp_path: Path) -> None:
    """Walked from each row anew, a chain would take five times as long as rows without one."""
    flat = [{**GOOD, "id": f"x{k}_2018"} for k in range(MOST_ROWS)]
    chain = [{**row, "within": f"x{k}"} for k, row in enumerate(flat[:-1], 1)] + flat[-1:]

    def seconds(rows: list[dict[str, str]]) -> float:
        path, start = raw(tmp_path, text(*rows)), time.process_time()
        assert len(read_targets(path)) == MOST_ROWS
        return time.process_time() - start

    assert min(seconds(chain) for _ in range(2)) < 2.5 * min(seconds(flat) for _ in range(2))


# ---- the shipped file


def test_the_shipped_targets_are_complete_and_of_every_role() -> None:
    targets = read_targets()
    assert len(targets) == len(TARGET_FILE.read_text(encoding="utf-8").splitlines()) - 1
    assert {target.role for target in targets} == set(ROLES)
    assert {target.status for target in targets} == set(STATUSES)
    assert {target.unit for target in targets} == set(UNITS)
    assert all(target.denominator for target in targets if target.unit in RATIOS or target.share_of)
    assert all(target.value < 1 for target in targets if target.unit == "share")


def test_every_shipped_target_names_a_measure_and_every_one_that_is_fitted_is_counted() -> None:
    for target in read_targets():
        assert target.measure in MEASURES, target.id
        assert MEASURES[target.measure] is not None or target.role == "report", target.id


HELD_OUT_FROM = 2023
NEWEST = {"jb_in_2023h1"}
"""The only count of the last years that is fitted: the last turn of a path hangs on it alone."""


def test_no_figure_is_both_fitted_and_shown_as_a_forecast() -> None:
    """What is fitted says nothing of what is held out: not the same count, nor a later one of any series."""
    targets = [target for target in read_targets() if target.region == "NL"]
    fitted = [target for target in targets if target.role == "calibrate"]
    held = [target for target in targets if target.role == "validate"]
    same = {(t.measure, t.year, t.age_from, t.age_to, t.period) for t in fitted}
    assert not [t.id for t in held if (t.measure, t.year, t.age_from, t.age_to, t.period) in same]
    late = [t.id for t in fitted if t.unit == "youths" and t.year >= HELD_OUT_FROM]
    assert not late
    events = {t.id for t in fitted if t.unit == "trajectories" and t.year >= HELD_OUT_FROM}
    assert events - {"pleegzorg_stock_nl_2023"} == NEWEST
    assert {"jz_2023", "jz_2024", "jh_2023h1", "jz_stock_nl_2025"} <= {t.id for t in held}


def test_a_ratio_of_two_figures_is_not_fitted_beside_both() -> None:
    """Half-years over years of 2019: the ratio is fitted, so that the half-year would be no news."""
    roles = {target.id: target.role for target in read_targets()}
    assert roles["half_year_ratio_2019"] == roles["jh_2019"] == "calibrate"
    assert roles["jh_2019h1"] == "report"
