"""Write docs/verification.md and its figures: what was checked against what, by whom, and what was not.

Run as ``python -m calibration.documents.verification`` in a checkout: it runs the tests that
verification.yaml, beside this file, names, and prints the figures that they held against published or exact
ones (the fixture `agree` of tests/conftest.py). The page says which checks failed and what nobody has done.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET  # of our own tests
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter
from ruamel.yaml import YAML

from calibration.documents.markup import DOCS, markdown
from sim.machine.compiling import source_hash

ROOT = DOCS.parent
ARRANGEMENT = Path(__file__).with_name("verification.yaml")
WRITTEN = "<!-- written by `python -m calibration.documents.verification` -->\n\n"


class Item(BaseModel):
    """A question of a framework: the tests that answer it, what stands in their place, what is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    tests: tuple[str, ...] = ()
    shown: str = ""
    open: str = ""


class Framework(BaseModel):
    """A checklist of others, with its questions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    source: str
    items: tuple[Item, ...]


@dataclass
class Outcome:
    """What one test function came to, over its cases. A figure: what, found, expected, within."""

    passed: int = 0
    failed: int = 0
    figures: list[tuple[str, float, float, float]] = field(default_factory=list)


def arrangement(path: Path = ARRANGEMENT) -> list[Framework]:
    """Return the frameworks in their order. Raises pydantic's ValidationError where the file is wrong."""
    return TypeAdapter(list[Framework]).validate_python(YAML(typ="safe", pure=True).load(path))


def named(frameworks: Sequence[Framework]) -> list[str]:
    """Return every test or file of tests that is named, once."""
    return list(dict.fromkeys(test for each in frameworks for item in each.items for test in item.tests))


def run(tests: Sequence[str]) -> dict[str, Outcome]:
    """Run tests and return what each function came to, by ``file::function``."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "tests.xml"
        call = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadfile", f"--junitxml={written}"]
        call += ["-o", "junit_family=xunit1", *(f"tests/{test}" for test in tests)]
        subprocess.run(call, cwd=ROOT, check=False)
        return read(written)


def read(path: Path) -> dict[str, Outcome]:
    """Return what each test function of a JUnit file (family xunit1) came to, by ``file::function``."""
    found: dict[str, Outcome] = defaultdict(Outcome)
    for case in ET.parse(path).iter("testcase"):
        file = case.attrib["file"].removeprefix("tests/")
        outcome = found[f"{file}::{case.attrib['name'].split('[')[0]}"]
        wrong = any(case.find(what) is not None for what in ("failure", "error", "skipped"))
        outcome.passed += not wrong
        outcome.failed += wrong
        for one in case.iter("property"):
            if one.attrib["name"] == "figure":
                outcome.figures.append(tuple(json.loads(one.attrib["value"])))
    return dict(found)


def of(test: str, found: Mapping[str, Outcome]) -> list[Outcome]:
    """Return the outcomes of a named test, or of all tests of a named file."""
    return [outcome for name, outcome in found.items() if name == test or name.startswith(f"{test}::")]


def verdict(item: Item, found: Mapping[str, Outcome]) -> str:
    """Return the answer to a question in a few words."""
    parts = []
    if item.tests:
        outcomes = [outcome for test in item.tests for outcome in of(test, found)]
        failed = sum(outcome.failed for outcome in outcomes)
        missing = [test for test in item.tests if not of(test, found)]
        passed = sum(outcome.passed for outcome in outcomes)
        parts.append(f"**{failed} failed**, {passed} passed" if failed else f"{passed} checks passed")
        parts += [f"**{test} did not run**" for test in missing]
    if item.shown:
        parts.append(f"shown: {item.shown}")
    if item.open:
        parts.append(f"**open:** {item.open}")
    return "; ".join(parts)


def figures(found: Mapping[str, Outcome]) -> str:
    """Return a table of the figures that tests held against others, by test; of many cases the worst."""
    rows = []
    for name, outcome in sorted(found.items()):
        worst: dict[str, tuple[str, float, float, float]] = {}
        cases: dict[str, int] = defaultdict(int)
        for one in outcome.figures:
            known = worst.get(one[0])
            if known is None or _strain(one) > _strain(known):
                worst[one[0]] = one
            cases[one[0]] += 1
        for number, (what, value, expected, within) in enumerate(worst.values()):
            test = "" if number else f"`tests/{name}`"
            rows.append((test, what, f"{expected:.10g}", f"{value:.10g}", f"{within:.2g}", str(cases[what])))
    return markdown(("test", "figure", "expected", "found", "may differ by", "cases"), rows)


def _strain(one: tuple[str, float, float, float]) -> float:
    return abs(one[1] - one[2]) / one[3] if one[3] else abs(one[1] - one[2])


def page(frameworks: Sequence[Framework], found: Mapping[str, Outcome]) -> str:
    """Return docs/verification.md."""
    failed = sorted(name for name, outcome in found.items() if outcome.failed)
    missing = [test for test in named(frameworks) if not of(test, found)]
    checks = sum(outcome.passed + outcome.failed for outcome in found.values())
    text = WRITTEN + "# Verification\n\n"
    text += (
        "For researchers and reviewers: does the program do what it says, by whose checklists, and what is "
        "not checked?\nWhether what it says is true: [calibration](calibration.md), [evidence](evidence.md), "
        "[limits](limits.md).\n\n"
    )
    text += f"{checks:,} checks in {len(found)} tests, engine `{source_hash()}`. "
    text += "All passed.\n" if not failed and not missing else "**Not all passed:**\n"
    text += "".join(f"\n- failed: `tests/{name}`" for name in failed)
    text += "".join(f"\n- did not run: `tests/{name}`" for name in missing)
    text += (
        "\nA check is a test with one set of inputs. What nobody has done is marked **open**. Figures that "
        "were held against published ones:\n[figures](verification-figures.md).\n"
    )
    for framework in frameworks:
        text += f"\n## {framework.title}\n\n{framework.source.strip()}.\n\n"
        rows = ((item.question, verdict(item, found), _names(item)) for item in framework.items)
        text += markdown(("question", "answer", "tests"), rows)
    return text


def figures_page(found: Mapping[str, Outcome]) -> str:
    """Return docs/verification-figures.md."""
    return (
        WRITTEN + "# Verification: figures held against others\n\n"
        "For reviewers: which figure was expected, and which was found? Sources of the expected figures "
        "stand in the files of the\ntests and of scenarios/published/. Where a figure was held in several "
        "cases (seeds), the one that strayed furthest is shown.\n\n" + figures(found)
    )


def _names(item: Item) -> str:
    return " ".join(f"`tests/{test}`" for test in item.tests) or "-"


def main() -> None:
    """Run the tests and write the page; exit code 1 where one failed or did not run."""
    frameworks = arrangement()
    found = run(named(frameworks))
    text = page(frameworks, found)
    (DOCS / "verification.md").write_text(text, encoding="utf-8")
    (DOCS / "verification-figures.md").write_text(figures_page(found), encoding="utf-8")
    missing = any(not of(test, found) for test in named(frameworks))
    wrong = missing or any(outcome.failed for outcome in found.values())
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
