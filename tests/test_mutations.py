"""benchmarks/mutations.py: what it breaks is there, once, and the tests that should notice are there."""

from __future__ import annotations

import pytest

from benchmarks.mutations import MUTATIONS, ROOT


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_line_to_break_stands_once_and_has_tests(name: str) -> None:
    mutation = MUTATIONS[name]
    assert (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.old) == 1
    assert mutation.new != mutation.old
    assert all((ROOT / path).exists() for path in mutation.tests.split())


def test_the_page_of_verification_says_how_many() -> None:
    page = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
    assert f"breaks {len(MUTATIONS)} central lines" in page
