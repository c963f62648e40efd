"""The lessons: notebooks that run from top to bottom and print what they say they print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lessons import LESSONS, read, run, told

pytestmark = pytest.mark.docs


def test_there_are_lessons() -> None:
    assert len(LESSONS) >= 3


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_prints_what_it_says(path: Path, tmp_path: Path) -> None:
    """Renew them with ``python -m tests.lessons`` after a change of the model, and read what changed."""
    notebook = read(path)
    assert run(notebook, tmp_path) == told(notebook)

