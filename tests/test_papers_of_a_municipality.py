"""Papers that a municipality signs: whole, plain about what is missing, and as app and project are."""

from __future__ import annotations

import ast
import csv
import json
import re
import tomllib
from pathlib import Path

import pytest

from pages import over
from pages.look.charts import COLOURS
from pages.look.texts import writing_in
from pages.serving.gate import KEPT_FILES
from sim.machine.project import version
from tests.pages.look.test_dark import contrast
from tests.test_project import none_of

ROOT = Path(__file__).resolve().parents[1]
OPEN = ROOT / "docs" / "open"
CALIBRATION = ROOT / "calibration"
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
THEMES = {  # the first level of the TOP list (TOOI, scw_toplijst), as two projects of others copied it
    "Cultuur en recreatie", "Economie", "Internationaal", "Migratie en integratie", "Natuur en milieu",
    "Onderwijs en wetenschap", "Openbare orde en veiligheid", "Organisatie en bedrijfsvoering",
    "Overheidsfinanciën", "Recht", "Ruimte en infrastructuur", "Sociale zekerheid", "Verkeer", "Werk",
    "Wonen", "Zorg en gezondheid",
}  # fmt: skip
MEASURES = {  # of BIO2 (text of March 2026) that touch software which a body runs on the internet
    "5.14.01", "5.14.04", "5.14.05", "5.20.06", "5.21.02", "5.21.03", "5.21.04", "5.21.05", "5.23.01",
    "5.24.08", "8.08.01", "8.08.02", "8.08.03", "8.08.04", "8.08.05", "8.15.01", "8.15.02", "8.21.01",
    "8.21.04", "8.24.04", "8.25.01", "8.26.01", "8.27.01", "8.28.01", "8.29.01", "8.31.01", "8.31.02",
    "8.32.01",
}  # fmt: skip
PRESCAN = {  # of the national government, version 2.0: heading, and how many answers stand below it
    "0 Inleiding": 6, "1 Gegevensverwerking": 10, "2 Internationale doorgiften": 0,
    "3 Lijst van de Autoriteit Persoonsgegevens": 0, "4 Criteria van de EDPB": 0, "5 Basisregistraties": 0,
    "6 Algoritmes en AI": 3, "7 Kinderrechten": 3,
}  # fmt: skip


def text(name: str) -> str:
    return (OPEN / name).read_text(encoding="utf-8")


def test_the_entry_of_the_register_has_every_field_in_its_form() -> None:
    entry = json.loads(text("algoritmeregister.json"))
    fields = {field["key"]: field["value"] for group in entry.values() for field in group.values()}
    assert set(fields) == set(LENGTHS) | OTHERS
    none_of(key for key in NEEDED if not fields[key])
    none_of(f"{key}: {len(fields[key])}" for key, most in LENGTHS.items() if not 0 < len(fields[key]) < most)
    none_of(key for key, allowed in ENUMERATED.items() if fields[key] not in allowed)
    assert fields["category"]
    none_of(theme for theme in fields["category"] if theme not in THEMES)


def test_the_entry_of_the_register_names_every_table_that_figures_come_from() -> None:
    sources = (CALIBRATION / "evidence" / "municipal_sources.csv").read_text(encoding="utf-8")
    with (CALIBRATION / "targets" / "statline.csv").open(encoding="utf-8", newline="") as stream:
        titles = {row["table"]: row["title"] for row in reversed(list(csv.DictReader(stream)))}
    links = json.loads(text("algoritmeregister.json"))["Werking"]["Links naar gegevensbronnen"]["value"]
    named = {re.findall(r"dataset/(\w+)/table$", link["link"])[0]: link["title"] for link in links}
    assert set(named) == set(titles) | set(re.findall(r"\d{5}NED", sources))
    none_of(table for table, said in named.items() if table not in said or titles.get(table, "") not in said)
    none_of(link["title"] for link in links if len(link["title"]) >= 500)  # as the standard asks


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


def test_the_prescan_has_every_heading_and_question() -> None:
    found: dict[str, int] = {}
    for line in text("dpia.md").splitlines():
        if heading := re.match(r"\| \*\*(\d .+?)\*\* \|", line):
            found[heading[1]] = 0
        elif line.startswith("| ") and found:
            found[list(found)[-1]] += 1
    assert found == PRESCAN


def test_the_prescan_names_what_the_app_keeps_of_a_visitor() -> None:
    """The cookie, files and their number, and what a log may hold, as the app and the docs say it."""
    told = text("dpia.md")
    (cookie,) = re.findall(r"`(_\w+)`", (ROOT / "pages/texts/nl/over.yaml").read_text(encoding="utf-8"))
    assert f"(`{cookie}`)" in told
    assert f"proxy_cookie_flags {cookie} secure;" in (OPEN / "nginx.conf").read_text(encoding="utf-8")
    assert KEPT_FILES == 4
    assert "de laatste vier van een sessie" in told
    assert "KINDERWERK_LOG: json" in (OPEN / "compose.yaml").read_text(encoding="utf-8")


def test_no_measure_of_bio2_is_dropped() -> None:
    named = set[str]()
    for cell in re.findall(r"^\| ([\d., totenm]+) \|", text("bio2.md"), re.MULTILINE):
        for part in cell.split(", "):
            first, _, last = part.partition(" tot en met ")
            ends = [int(number.rpartition(".")[2]) for number in (first, last or first)]
            named |= {f"{first.rpartition('.')[0]}.{n:02}" for n in range(ends[0], ends[1] + 1)}
    assert named == MEASURES


def test_governance_says_who_decides_and_refuses_what_contributors_are_told() -> None:
    page, told = text("governance.md"), (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    none_of(word for word in ("Decisions", "A change of the model", "Disagreement", "Releases", "Ending")
            if f"**{word}**" not in page)  # fmt: skip
    assert "maintainers (in te vullen: no person" in page
    assert "type: none" in (ROOT / "publiccode.yml").read_text(encoding="utf-8")
    never = re.findall(r"^- (.+?)[,.]", told.partition("## What we do not accept")[2], re.MULTILINE)[:3]
    said = " ".join(page.split())
    assert len(never) == 3
    none_of(what for what in never if what.lower() not in said.lower())
    decisions = list((ROOT / "docs" / "decisions").glob("0*.md"))
    assert ["", "one", "two", "three", "four", "five", "six"][len(decisions)] + " decisions" in said


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
    parts = set(re.findall(r"^\| ([^|]+?)(?: \([^|]+\))? \|", page.partition("\n## ")[0], re.MULTILINE))
    assert parts >= {  # of the model, with what stands below
        "Status", "Onderzoeksrapporten", "Domeinen", "Overzicht van alle sites en apps van de organisatie",
        "Ondertekend door", "Melden en klagen", "Opgesteld", "Norm",
    }  # fmt: skip
    columns = "| criterium | oorzaak | gevolg | ander middel | maatregel, planning |"
    assert columns in page
    for criterion in re.findall(r"criterium (\d\.\d\.\d)", said["over_limits"]):
        assert f"| {criterion} " in page


def test_the_accessibility_paper_says_which_pages_are_looked_at_in_dutch_only() -> None:
    tests = (ROOT / "tests" / "browser" / "test_every_page.py").read_text(encoding="utf-8")
    found = re.search(r"^IN_DUTCH_ONLY = (\(.*\))$", tests, re.MULTILINE)
    assert found
    said = writing_in("nl").words
    *first, last = (said[f"page_{name}"] for name in ast.literal_eval(found[1]))
    assert f"in het Engels op alle behalve {', '.join(first)} en {last} |" in text("toegankelijkheid.md")


def test_no_button_is_said_to_be_english_that_is_told_in_dutch() -> None:
    """Which ones are: tests/browser/test_every_page.py and test_user_text_in_browser.py."""
    said = writing_in("nl").words
    for told in (said["over_limits"], said["own_file_note"], text("toegankelijkheid.md")):
        assert not re.search(r"knoppen (van|komen)|‘Upload’", told)


def test_colours_have_the_contrast_that_the_statement_says() -> None:
    """Of charts; of text, links and edges in light and dark: tests/pages/look/test_dark.py."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    none_of(colour for colour in COLOURS if contrast(colour, theme["light"]["backgroundColor"]) < 4.5)
