"""Where the figures of a table come from: a text that lies beside it, in place of a column on every line."""

from __future__ import annotations

from pathlib import Path

from sim.report.content import Report, changed_note, words, world_lines


def beside(file: Path, language: str) -> Path:
    """Return the file that holds the provenance of another. Raises KeyError for an unknown language."""
    return file.with_name(f"{file.stem}-{words(language).t('provenance_file')}.txt")


def provenance(report: Report) -> str:
    """Return the provenance of a report, a fact a line."""
    t = report.writing.t
    facts = [report.title, t("reference_title", title=report.reference)]
    facts += [t("provenance_choice", title=outcome.title) for outcome in report.outcomes]
    facts += [*world_lines(report), *filter(None, (report.local, changed_note(report)))]
    return "\n".join([*facts, "", *(f"{label}: {value}" for label, value in report.about)]) + "\n"
