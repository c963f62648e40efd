"""The report of verification says what ran, what failed and what nobody did."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from calibration.documents.markup import DOCS
from calibration.documents.verification import (
    Framework,
    Item,
    Outcome,
    arrangement,
    figures_page,
    named,
    page,
    read,
    verdict,
)

TESTS = Path(__file__).resolve().parents[2]
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_one[1]" file="tests/test_a.py"><properties>
<property name="figure" value='["cost", 10.1, 10.0, 0.5]'/></properties></testcase>
<testcase classname="tests.test_a" name="test_one[2]" file="tests/test_a.py"><properties>
<property name="figure" value='["cost", 9.6, 10.0, 0.5]'/></properties></testcase>
<testcase classname="tests.test_a" name="test_two" file="tests/test_a.py"><failure/></testcase>
<testcase classname="tests.test_a" name="test_three" file="tests/test_a.py"><skipped/></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize("test", named(arrangement()))
def test_every_test_that_is_named_exists(test: str) -> None:
    file, _, function = test.partition("::")
    names = [
        n.name for n in ast.parse((TESTS / file).read_text("utf-8")).body if isinstance(n, ast.FunctionDef)
    ]
    found = [name for name in names if name.startswith("test_")]
    assert function in found if function else found


def test_every_item_is_answered_or_open() -> None:
    for framework in arrangement():
        for item in framework.items:
            assert item.tests or item.shown or item.open, item.question


def test_outcomes_are_read_by_function_and_what_was_skipped_did_not_pass(tmp_path: Path) -> None:
    file = tmp_path / "tests.xml"
    file.write_text(JUNIT, encoding="utf-8")
    found = read(file)
    one = found["test_a.py::test_one"]
    assert (one.passed, one.failed) == (2, 0)
    assert one.figures == [("cost", 10.1, 10.0, 0.5), ("cost", 9.6, 10.0, 0.5)]
    assert [found[f"test_a.py::test_{name}"].failed for name in ("two", "three")] == [1, 1]


def test_the_page_names_what_failed_what_did_not_run_and_what_is_open() -> None:
    one = Outcome(2, 0, [("cost", 10.1, 10.0, 0.5), ("cost", 9.6, 10.0, 0.5)])
    found = {"test_a.py::test_one": one, "test_a.py::test_two": Outcome(0, 1)}
    items = (
        Item(question="all well", tests=("test_a.py::test_one",)),
        Item(question="not well", tests=("test_a.py", "test_b.py"), open="nobody looked"),
    )
    frameworks = [Framework(title="X", source="somebody", items=items)]
    text = page(frameworks, found)
    assert "**Not all passed:**" in text
    assert "- failed: `tests/test_a.py::test_two`" in text
    assert "- did not run: `tests/test_b.py`" in text
    assert "| cost | 10 | 9.6 | 0.5 | 2 |" in figures_page(found)  # of two cases the further
    assert verdict(items[0], found) == "2 checks passed"
    assert verdict(items[1], found) == (
        "**1 failed**, 2 passed; **test_b.py did not run**; **open:** nobody looked"
    )
    assert "All passed." in page(
        [frameworks[0].model_copy(update={"items": items[:1]})], {"test_a.py::test_one": one}
    )


def test_the_page_that_ships_is_of_this_arrangement_and_green() -> None:
    text = (DOCS / "verification.md").read_text(encoding="utf-8")
    for framework in arrangement():
        assert f"## {framework.title}" in text
        for item in framework.items:
            assert f"| {item.question} |" in text, "run python -m calibration.documents.verification"
    assert "failed" not in text
    assert "did not run" not in text
