"""Which tests take long: a list in slow.txt, made from a report of a whole run, that `make check` leaves out.

    .venv/bin/pytest -n auto --dist loadfile --junitxml=report.xml
    python -m tests.slow report.xml

What takes longest stands in long.txt, written by hand, with what holds the same for less: `make test` leaves
it to `make test-all`.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("slow.txt")
LONG = Path(__file__).with_name("long.txt")
LONGEST = 0.3
"""Seconds that one case of a test takes at most, or three times as long all its cases together."""


@cache
def slow() -> frozenset[str]:
    """Return the tests that take long, as `tests/folder/test_file.py::test_name`."""
    return frozenset(LIST.read_text(encoding="utf-8").split())


@cache
def long() -> frozenset[str]:
    """Return the tests that only a whole run has: as in `slow`, or a file, or a case (`test_name[case]`)."""
    lines = LONG.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def found(report: Path) -> list[str]:
    """Return the tests of a report (JUnit) that take longer than LONGEST; cases of one test count as one."""
    seconds = defaultdict(list)
    for case in ET.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '').split('[')[0]}"
        seconds[name].append(float(case.get("time", 0)))
    return sorted(name for name, all_of in seconds.items()
                  if max(all_of) > LONGEST or sum(all_of) > 3 * LONGEST)  # fmt: skip


if __name__ == "__main__":
    LIST.write_text("\n".join(found(Path(sys.argv[1]))) + "\n", encoding="utf-8")
