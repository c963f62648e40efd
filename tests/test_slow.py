"""The list of tests that take long: each is there, and it follows from a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slow import found, long, slow

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("names", [slow(), long()], ids=["slow", "long"])
def test_each_test_that_takes_long_is_there(names: frozenset[str]) -> None:
    def is_there(file: str, test: str) -> bool:
        place = ROOT / file
        return place.is_file() and f"def {test.split('[')[0]}" in place.read_text(encoding="utf-8")

    assert [name for name in sorted(names) if not is_there(*name.partition("::")[::2])] == []


def test_the_list_has_long_cases_and_many_short_ones(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    cases = [("a", "test_long[1]", 0.6), ("a", "test_long[2]", 0.0), ("b.c", "test_short", 0.2)]
    cases += [("d", f"test_many[{k}]", 0.24) for k in range(4)]
    lines = [f'<testcase classname="tests.{f}" name="{n}" time="{s}"/>' for f, n, s in cases]
    report.write_text(f"<testsuites><testsuite>{''.join(lines)}</testsuite></testsuites>", encoding="utf-8")
    assert found(report) == ["tests/a.py::test_long", "tests/d.py::test_many"]
