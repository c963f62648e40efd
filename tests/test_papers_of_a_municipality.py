"""Papers that a municipality signs: whole, plain about what is missing, and as app and project are."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from pages import over
from pages.shared.charts import COLOURS
from pages.shared.texts import writing_in
from sim.machine.project import version
from tests.pages.test_dark import contrast
from tests.test_project import none_of

ROOT = Path(__file__).resolve().parents[1]
OPEN = ROOT / "docs" / "open"
LENGTHS = {  # Publicatiestandaard 1.0: at most so many characters
    "name": 100, "description_short": 350, "goal": 2500, "proportionality": 2500, "human_intervention": 2500,
    "risks": 2500, "lawful_basis": 2500, "impacttoetsen": 2500, "source_data": 2500,
    "methods_and_models": 5000, "provider": 200, "tags": 2500, "source_id": 100,
}  # fmt: skip
OTHERS = {
    "organization", "category", "status", "begin_date", "end_date", "contact_email", "website",
    "publication_category", "url", "lawful_basis_grouping", "process_index_url", "impacttoetsen_grouping",
    "source_data_grouping", "publiccode", "lang", "standard_version",
}  # fmt: skip
NEEDED = {"name", "description_short", "organization", "status", "contact_email", "publication_category"}
ENUMERATED = {
    "status": {"In gebruik", "In ontwikkeling", "Buiten gebruik"},
    "publication_category": {"Hoog-risico AI-systemen", "Impactvolle algoritmes", "Overige algoritmes"},
    "lang": {"NLD"},
    "standard_version": {"1.0"},
}


def text(name: str) -> str:
    return (OPEN / name).read_text(encoding="utf-8")


def test_the_entry_of_the_register_has_every_field_in_its_form() -> None:
    entry = json.loads(text("algoritmeregister.json"))
    fields = {field["key"]: field["value"] for group in entry.values() for field in group.values()}
    assert set(fields) == set(LENGTHS) | OTHERS
    none_of(key for key in NEEDED if not fields[key])
    none_of(f"{key}: {len(fields[key])}" for key, most in LENGTHS.items() if not 0 < len(fields[key]) < most)
    none_of(key for key, allowed in ENUMERATED.items() if fields[key] not in allowed)


def test_every_place_to_fill_in_is_listed() -> None:
    missing = text("index.md").partition("## What is missing")[2]
    listed = set(re.findall(r"^\| `([^`]+)` \|", missing, re.MULTILINE))
    files = [ROOT / "publiccode.yml", *(path for path in OPEN.iterdir() if path.name != "index.md")]
    there = {path.relative_to(ROOT).as_posix() for path in files
             if re.search("in.te.vullen", path.read_text(encoding="utf-8"), re.IGNORECASE)}  # fmt: skip
    assert listed == there


def test_every_paper_is_named_on_the_first_page() -> None:
    page = text("index.md")
    none_of(path.name for path in OPEN.iterdir() if path.name not in page and path.name != "index.md")


def test_files_that_papers_name_are_there() -> None:
    file = re.compile(r"`([\w.-]+(?:/[\w./-]*)?\.(?:py|md|yml|toml|json|cff|txt))(?:::(\w+))?`")
    for path in OPEN.glob("*.md"):
        for name, test in file.findall(path.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file(), f"{path.name}: {name}"
            assert not test or f"def {test}(" in (ROOT / name).read_text("utf-8"), f"{path.name}: {test}"


def test_the_prescan_is_of_this_version() -> None:
    assert f"versie {version()}" in text("dpia.md")


@pytest.mark.parametrize("name", ["dpia.md", "iama.md"])
def test_every_heading_has_an_answer(name: str) -> None:
    for line in text(name).splitlines():
        if line.startswith("| ") and not line.startswith("| **"):
            assert all(cell.strip() for cell in line.strip("|").split("|")), line


def test_the_self_assessment_counts_what_it_says() -> None:
    page = text("standard-for-public-code.md")
    marks = re.findall(r"^\| [A-Z][\w ]+ \| (yes|partly|no) \|", page, re.MULTILINE)
    assert len(marks) == 16
    found = re.search(r"Met in full: (\d+) of 16; partly: (\d+); not: (\d+)", page)
    assert found
    assert tuple(map(int, found.groups())) == tuple(marks.count(mark) for mark in ("yes", "partly", "no"))


def test_the_accessibility_paper_is_the_statement_of_the_app() -> None:
    page, said = text("toegankelijkheid.md"), writing_in("nl").words
    assert over.STATEMENT_DATE in page
    assert "**C: eerste maatregelen genomen.**" in said["over_status"]
    assert "Status | C, eerste maatregelen genomen" in page
    for criterion in re.findall(r"criterium (\d\.\d\.\d)", said["over_limits"]):
        assert f"| {criterion} " in page


def test_colours_have_the_contrast_that_the_statement_says() -> None:
    """Of charts; of text, links and edges in light and dark: tests/pages/test_dark.py."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    none_of(colour for colour in COLOURS if contrast(colour, theme["light"]["backgroundColor"]) < 4.5)
