"""Papers for catalogues, lawyers and security officers say what the project is, in their standard forms."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sim.machine.project import version
from sim.report.crate import CBS
from tests.terminal import call
from tests.test_project import none_of, project_files
from tests.test_supply import loaded

ROOT = Path(__file__).resolve().parents[1]
papers = loaded("papers")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXT = {"type": "string", "minLength": 1}
URL = {"type": "string", "pattern": r"^https://[\w.-]+/\S*$"}
DESCRIPTION = {
    "type": "object",
    "required": ["shortDescription", "longDescription", "features"],
    "additionalProperties": False,
    "properties": {
        "localisedName": TEXT,
        "shortDescription": {"type": "string", "minLength": 1, "maxLength": 150, "pattern": r"^[^\n]+$"},
        "longDescription": {"type": "string", "minLength": 150, "maxLength": 10000},
        "features": {"type": "array", "items": TEXT, "minItems": 1},
        "documentation": URL,
        "screenshots": {"type": "array", "items": {"type": "string", "pattern": r"^[^/:]\S*\.(png|jpg)$"}},
    },
}
SCHEMA: dict[str, Any] = {  # of publiccode.yml 0.7, as its text says it; no schema in a file is published
    "type": "object",
    "additionalProperties": False,
    "required": ["publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType",
                 "description", "legal", "maintenance", "localisation"],
    "properties": {
        "publiccodeYmlVersion": {"const": "0.7"},
        "name": TEXT, "url": URL, "landingURL": URL, "softwareVersion": TEXT,
        "releaseDate": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "platforms": {"type": "array", "minItems": 1, "items": TEXT},
        "categories": {"type": "array", "items": {"enum": [
            "predictive-analysis", "budgeting", "data-visualization", "data-analytics"]}},
        "developmentStatus": {"enum": ["concept", "development", "beta", "stable", "obsolete"]},
        "softwareType": {"enum": [*(f"standalone/{kind}" for kind in (
            "mobile", "iot", "desktop", "web", "backend", "other")),
            "addon", "library", "configurationFiles"]},
        "intendedAudience": {"type": "object", "additionalProperties": False, "properties": {
            "countries": {"type": "array", "items": {"type": "string", "pattern": "^[A-Z]{2}$"}},
            "scope": {"type": "array", "items": {"enum": [
                "local-authorities", "society", "welfare", "research", "healthcare"]}}}},
        "description": {"type": "object", "minProperties": 1, "additionalProperties": DESCRIPTION},
        "legal": {"type": "object", "required": ["license"], "additionalProperties": False, "properties": {
            "license": TEXT, "mainCopyrightOwner": TEXT}},
        "maintenance": {
            "type": "object", "required": ["type"], "additionalProperties": False,
            "properties": {"type": {"enum": ["internal", "contract", "community", "none"]},
                           "contacts": {"type": "array", "minItems": 1},
                           "contractors": {"type": "array", "minItems": 1}},
            "allOf": [
                {"if": {"properties": {"type": {"enum": ["internal", "community"]}}},
                 "then": {"required": ["contacts"]}},
                {"if": {"properties": {"type": {"const": "contract"}}},
                 "then": {"required": ["contractors"]}, "else": {"not": {"required": ["contractors"]}}}]},
        "localisation": {
            "type": "object", "required": ["localisationReady", "availableLanguages"],
            "additionalProperties": False, "properties": {
                "localisationReady": {"type": "boolean"},
                "availableLanguages": {"type": "array", "minItems": 1,
                                       "items": {"type": "string", "pattern": "^[a-z]{2}$"}}}},
        "dependsOn": {"type": "object", "additionalProperties": False, "properties": {
            "open": {"type": "array", "items": {"type": "object", "required": ["name"]}}}},
    },
}  # fmt: skip


def released() -> str:
    """Return the date of this version in the changelog."""
    found = re.search(rf"^## \[{re.escape(version())}\] - (\S+)$", text("CHANGELOG.md"), re.MULTILINE)
    assert found
    return found[1]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_publiccode_has_the_fields_of_its_standard() -> None:
    jsonschema.validate(papers.read("publiccode.yml"), SCHEMA)


@pytest.mark.parametrize("without", ["url", "legal", "maintenance"])
def test_publiccode_without_a_field_is_refused(without: str) -> None:
    said = papers.read("publiccode.yml")
    with pytest.raises(jsonschema.ValidationError, match=without):
        jsonschema.validate({key: said[key] for key in said if key != without}, SCHEMA)


def test_publiccode_says_what_the_project_is() -> None:
    said = papers.read("publiccode.yml")
    assert (said["name"], said["softwareVersion"], said["legal"]["license"]) == (
        PROJECT["name"], PROJECT["version"], PROJECT["license"],
    )  # fmt: skip
    assert said["releaseDate"] == released()
    languages = sorted(path.name for path in (ROOT / "pages" / "texts").iterdir() if path.is_dir())
    assert sorted(said["localisation"]["availableLanguages"]) == sorted(said["description"]) == languages
    python = said["dependsOn"]["open"][0]
    assert f">={python['versionMin']}" == PROJECT["requires-python"]
    none_of(picture for words in said["description"].values() for picture in words["screenshots"]
            if not (ROOT / picture).is_file())  # fmt: skip


def test_the_citation_is_whole() -> None:
    cited = papers.read("CITATION.cff")
    assert {"cff-version", "message", "title", "type", "abstract", "keywords"} <= set(cited)
    assert all(author.get("name") for author in cited["authors"])
    assert (cited["version"], cited["license"], str(cited["date-released"])) == (
        version(), PROJECT["license"], released(),
    )  # fmt: skip


def test_papers_that_follow_from_others_are_up_to_date() -> None:
    none_of(f"{file.relative_to(ROOT)}: make papers" for file, now in papers.written().items()
            if file.read_text(encoding="utf-8") != now)  # fmt: skip


def test_codemeta_names_version_authors_and_needs() -> None:
    said = json.loads(text("codemeta.json"))
    assert said["version"] == version()
    assert said["author"]
    assert len(said["softwareRequirements"]) == len(PROJECT["dependencies"])


# Licences, file by file


def licences() -> list[tuple[list[str], str]]:
    """Return for each annotation of REUSE.toml its paths and its licence, the last that fits first."""
    said = tomllib.loads(text("REUSE.toml"))
    assert said["version"] == 1
    found = []
    for note in said["annotations"]:
        assert note["SPDX-FileCopyrightText"]
        paths = note["path"] if isinstance(note["path"], list) else [note["path"]]
        found.append((paths, note["SPDX-License-Identifier"]))
    return found[::-1]


def test_every_file_has_a_licence_whose_text_is_here() -> None:
    for path in project_files():
        name = path.relative_to(ROOT).as_posix()
        fits = [licence for paths, licence in licences() if any(fnmatch(name, p) for p in paths)]
        assert fits, name
    used = {licence for _, held in licences() for licence in held.split(" AND ")}
    assert {path.stem for path in (ROOT / "LICENSES").iterdir()} == used
    assert PROJECT["license"] in used


FROM_CBS = re.compile(r"\bCBS\b|StatLine")


def cbs_figures(path: Path) -> bool:
    """Tell whether a file of data says that it holds figures of CBS."""
    said = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".json":  # an answer of StatLine, or a target beside what the model says of it
        return "opendata.cbs.nl" in said or any(f'"{row["id"]}"' in said for row in rows(TARGETS))
    short = {row["source"] for row in rows(SOURCES) if FROM_CBS.search(row["title"])}
    cells = [cell or "" for row in rows(path) for name, cell in row.items() if "source" in (name or "")]
    return any(FROM_CBS.search(cell) or short & set(cell.split(";")) for cell in cells)


TARGETS = ROOT / "calibration" / "targets" / "cbs.csv"
SOURCES = ROOT / "calibration" / "evidence" / "municipal_sources.csv"


@cache
def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        return list(csv.DictReader(stream))


def test_files_with_figures_of_the_bureau_of_statistics_are_under_its_licence_and_no_others() -> None:
    data = [path for path in project_files() if path.suffix in (".csv", ".json")]
    papers_alone = ROOT / "docs" / "open"  # which name sources, and hold no figures
    names = {path.relative_to(ROOT).as_posix(): path for path in data if path.parent != papers_alone}
    found = {name for name, path in names.items() if cbs_figures(path)}
    patterns = [path for paths, licence in licences() if CBS in licence.split(" AND ") for path in paths]
    assert found == {name for name in names if any(fnmatch(name, pattern) for pattern in patterns)}
    none_of(pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names))


# Vulnerabilities


def parts_of(paper: str) -> dict[str, str]:
    """Return what stands under each heading of the second level."""
    return {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in paper.split("\n## ")[1:]}


def test_the_paper_on_security_says_what_who_reports_and_who_checks_must_know() -> None:
    parts = parts_of(text("SECURITY.md"))
    none_of(heading for heading in (
        "Report in private", "How long it takes", "In good faith", "What counts, and whose it is",
        "Which versions", "How to check a release",
    ) if not parts.get(heading))  # fmt: skip
    days = re.findall(r"\| (\d+) (?:working )?days\b", parts["How long it takes"])
    assert len(days) == 4
    assert "there is no contract" in " ".join(parts["How long it takes"].split())


def test_what_the_paper_on_security_tells_to_call_is_there() -> None:
    said = text("SECURITY.md")
    none_of(name for name in re.findall(r"`([\w/.-]+\.(?:lock|json|py))`", said)
            if name != "manifest.json" and not (ROOT / name).is_file())  # fmt: skip
    targets = set(re.findall(r"^([\w.]+):", text("Makefile"), re.MULTILINE))
    assert {"wheel", "audit", ".venv"} == set(re.findall(r"`make ([\w.]+)`", said)) <= targets
    asked = re.findall(r"`kinderwerk (--[\w-]+)`", said)
    assert asked
    none_of(words for words in asked if version() not in call(words).stdout)


def wrong_in(said: str, now: datetime) -> list[str]:
    """Return what RFC 9116 refuses in a security.txt, or it has not been filled in."""
    rows = [line.partition(":") for line in said.splitlines() if line and not line.startswith("#")]
    fields: dict[str, list[str]] = {}
    for name, _, value in rows:
        fields.setdefault(name, []).append(value.strip())
    wrong = [f"{name}: missing" for name in ("Contact", "Expires") if name not in fields]
    once = ("Expires", "Preferred-Languages")
    wrong += [f"{name}: twice" for name in once if len(fields.get(name, [])) > 1]
    gaps = [name for name, values in fields.items() if "IN-TE-VULLEN" in "".join(values)]
    wrong += [f"{name}: in te vullen" for name in gaps]
    for name in ("Contact", "Canonical", "Policy"):
        bare = [value for value in fields.get(name, []) if not re.match("(https://|mailto:|tel:)", value)]
        wrong += [f"{name}: no address" for _ in bare]
    for value in fields.get("Expires", []):
        if "IN-TE-VULLEN" not in value:
            end = datetime.fromisoformat(value)
            wrong += [] if now < end <= now + timedelta(days=366) else ["Expires: past, or over a year ahead"]
    return wrong


def test_security_txt_lacks_only_what_the_host_fills_in() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    example = text("docs/open/security.txt")
    gaps = ("Contact", "Expires", "Canonical", "Policy")
    assert wrong_in(example, now) == [f"{name}: in te vullen" for name in gaps]
    filled = example.replace("Expires: IN-TE-VULLEN", "Expires: 2027-11-30T00:00:00Z")
    filled = filled.replace("IN-TE-VULLEN", "x")
    assert wrong_in(filled, now) == []
    assert wrong_in(filled, now + timedelta(days=400)) == ["Expires: past, or over a year ahead"]
    assert wrong_in(filled.replace("Contact", "Contakt"), now) == ["Contact: missing"]


def test_the_page_for_administrators_serves_security_txt() -> None:
    assert "location = /.well-known/security.txt" in text("docs/open/nginx.conf")
