"""Documents to take along, all made from the very runs that the pages show."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pages.background.answers import Answer
from pages.background.desk import CHILDREN, SEED
from sim import Comparison
from sim.decision.level_by_year import AT_FIRST, MoneyView
from sim.files.archive import zipped
from sim.files.yamlfile import dumped
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import Scenario
from sim.machine.project import version
from sim.progress import Progress, Tell
from sim.report.composition import report_of
from sim.report.content import Report
from sim.report.files import document
from sim.report.provenance import beside as provenance_beside
from sim.report.provenance import provenance
from sim.runs.experiment import Options
from sim.runs.past import past_users
from sim.runs.threads import run_threads

STEPS = 3
LONGEST_NAME = 50
ROOM = 1 << 21
"""About the most bytes that the documents of one comparison take together."""


@dataclass(frozen=True)
class Documents:
    """The files of one comparison as bytes, and its key sentences: (title, sentence, unmet need)."""

    sentences: tuple[tuple[str, str, str], ...]
    briefing: bytes
    workbook: bytes
    csv: bytes
    scenarios: bytes
    manifest: bytes


def comparison_of(answer: Answer, scenarios: Sequence[Scenario]) -> Comparison:
    """Return the results of an answer under the titles that this user gave to the scenarios.

    Users share answers, and titles make no difference to what is computed.
    """
    return replace(answer.comparison(), scenarios=tuple(scenarios))


def question_of(scenarios: Sequence[Scenario]) -> str:
    """Return a key that identifies a set of documents: the scenarios with titles and sources."""
    told = [scenario.to_data() for scenario in scenarios]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def made(
    comparison: Comparison,
    language: str,
    tell: Tell,
    own: Mapping[str, str] | None = None,
    view: MoneyView = AT_FIRST,
) -> Documents:
    """Return the documents of a comparison. tell hears how far it is, and stops the work by raising.

    own: what the municipality filled in at elements of the framework, by their number. view: what the chart
    of money in the briefing shows.
    Raises ValueError for what a report cannot hold, SimulationError where a document cannot be made.
    """
    tell(Progress("documents", 0, STEPS))
    first = comparison.scenarios[0]
    with run_threads() as pool:
        past = past_users(first, Options(children=CHILDREN, seed=SEED), pool)
    report = report_of(comparison, language, profile=profile_of(first), own=own, past=past, view=view)
    tell(Progress("documents", 1, STEPS))
    table = document(report, ".xlsx")
    tell(Progress("documents", 2, STEPS))
    beside = provenance_beside(Path("kinderwerk.csv"), language)
    return Documents(
        sentences=_sentences(report),
        briefing=document(report, ".pdf"),
        workbook=table,
        csv=zipped({"kinderwerk.csv": document(report, ".csv"), beside.name: provenance(report)}),
        scenarios=scenario_files(comparison),
        manifest=_manifest(comparison),
    )


def _sentences(report: Report) -> tuple[tuple[str, str, str], ...]:
    return tuple((outcome.title, outcome.told, outcome.unmet) for outcome in report.outcomes)


def _manifest(comparison: Comparison) -> bytes:
    """Return the provenance; runs that several users share have no wall time of their own."""
    provenance = {**comparison.manifest, "wall_seconds": None}
    return (json.dumps(provenance, indent=2, ensure_ascii=False) + "\n").encode()


def scenario_files(comparison: Comparison) -> bytes:
    """Return a zip of scenario files, the first of which the others name as their reference.

    Each says on top with which command the terminal finds the same figures.
    """
    scenarios, options = comparison.scenarios, comparison.options
    again = f"--children {options.children} " if options.children is not None else ""
    command = f"kinderwerk compare *.yaml {again}--draws {options.draws} --seed {options.seed}"
    names = [f"{k}-{slug(scenario.title)}.yaml" for k, scenario in enumerate(scenarios)]
    files = {}
    for name, scenario in zip(names, scenarios, strict=True):
        reference = {} if name == names[0] else {"reference": names[0]}
        files[name] = f"# kinderwerk {version()}: {command}\n" + dumped({**scenario.to_data(), **reference})
    return zipped(files)


def slug(name: str) -> str:
    """Return a name as a part of a file name: plain letters, digits and hyphens only."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].rstrip("-") or "kinderwerk"
