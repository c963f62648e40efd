"""The list of tests that take long: each is there, and it follows from a report."""

from __future__ import annotations

from pathlib import Path

from tests.slow import found, slow

ROOT = Path(__file__).resolve().parents[1]


def test_each_test_that_takes_long_is_there() -> None:
    gone = [
        name for name in sorted(slow())
        if not (ROOT / name.split("::")[0]).is_file()
        or f"def {name.split('::')[1]}(" not in (ROOT / name.split("::")[0]).read_text(encoding="utf-8")
    ]  # fmt: skip
    assert gone == []


def test_the_list_has_long_cases_and_many_short_ones(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    cases = [("a", "test_long[1]", 0.6), ("a", "test_long[2]", 0.0), ("b.c", "test_short", 0.2)]
    cases += [("d", f"test_many[{k}]", 0.24) for k in range(4)]
    lines = [f'<testcase classname="tests.{f}" name="{n}" time="{s}"/>' for f, n, s in cases]
    report.write_text(f"<testsuites><testsuite>{''.join(lines)}</testsuite></testsuites>", encoding="utf-8")
    assert found(report) == ["tests/a.py::test_long", "tests/d.py::test_many"]
