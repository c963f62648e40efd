"""Over: what this is, what it must not be used for, how accessible it is, and where its source is."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import streamlit as st
from ruamel.yaml import YAML

from pages.choices.chosen import reference_words
from pages.choices.state import choices
from pages.look import formats
from pages.look.texts import t
from pages.shared import parts
from pages.shared.folds import fold
from sim.machine import variables
from sim.machine.project import commit, file_beside, version

CITATION, CHANGES = file_beside("CITATION.cff"), file_beside("CHANGELOG.md")
OPEN = ("lezers", "privacy", "toegankelijk", "bron", "nieuw")
"""The parts that open and close, as the address calls them."""
STATEMENT_DATE = "2026-11-29"
CONTACT = variables.CONTACT
MOST_CHANGES = 12
_MAIL = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)
_WEB = re.compile(r"https?://[\w./~%-]+", re.ASCII)
PAGES = {
    "start": "page_start", "explore": "page_verken", "compare": "page_vergelijk", "own": "page_eigen_cijfers",
    "briefing": "page_briefing", "assumptions": "page_aannames", "fit": "page_ijking",
}  # fmt: skip


def main() -> None:
    """Show the page."""
    names = {name: t(key) for name, key in PAGES.items()}
    st.title(t("page_over"))
    st.markdown(t("over_lead"))
    _section("over_what_title", t("over_what"))
    _section("over_not_title", t("over_not", assumptions=names["assumptions"]))
    for part, title, show in zip(
        OPEN,
        ("readers", "privacy", "access", "source", "changed"),
        (
            lambda: st.markdown(t("over_readers", **names)),
            lambda: st.markdown(t("over_privacy")),
            _accessibility,
            _source,
            _changes,
        ),
        strict=True,
    ):
        fold(t(f"over_{title}_title"), "open-over", part, OPEN, show)
    parts.footer(reference_words(choices()))


def _section(title: str, text: str) -> None:
    st.header(t(title))
    st.markdown(text)


def _accessibility() -> None:
    """Show the statement, in the order of the model that public bodies use."""
    st.markdown(t("over_access"))
    for title, text in (
        ("over_status_title", t("over_status")),
        ("over_tested_title", t("over_tested")),
        ("over_limits_title", t("over_limits")),
    ):
        st.markdown(f"### {t(title)}\n\n{text}")
    contact = variables.app_contact()
    report = t("over_report_contact", contact=_linked(contact)) if contact else t("over_report_nobody")
    st.markdown(f"### {t('over_report_title')}\n\n{report} {t('over_complaint')}")
    st.markdown(t("over_made", date=formats.date(STATEMENT_DATE)))


def _linked(contact: str) -> str:
    """Return an e-mail or web address as a link that can be copied, and other text as it is."""
    if _MAIL.fullmatch(contact):
        return f"[{contact.replace('_', chr(92) + '_')}](mailto:{contact})"
    return f"<{contact}>" if _WEB.fullmatch(contact) else parts.plain(contact)


def _source() -> None:
    cited = citation()
    head, dirty = commit()
    st.markdown(t("over_licence", licence=cited["license"]))
    where = cited.get("repository-code")
    st.markdown(" ".join([t("over_repository", url=where)] if where else []) + " " + t("over_where"))
    st.markdown(t("over_version", version=version(), commit=(head or "-")[:10] + ("+" if dirty else "")))
    st.markdown(t("over_cite"))
    authors = ", ".join(author["name"] for author in cited["authors"])
    st.code(
        f"{authors}. {cited['title']}, version {cited['version']}, commit {(head or '-')[:10]}. "
        f"{cited['license']}.",
        language=None, wrap_lines=True,
    )  # fmt: skip


def _changes() -> None:
    newest, lines = latest_changes()
    st.markdown(t("over_changed", version=parts.plain(newest)))
    st.html(english_list(lines))


def english_list(lines: list[str]) -> str:
    """Return lines of plain text as a list that a screen reader reads in English."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul lang="en">{items}</ul>'


def citation() -> dict[str, Any]:
    """Return what CITATION.cff says."""
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(CITATION.read_text(encoding="utf-8"))
    return found


def latest_changes() -> tuple[str, list[str]]:
    """Return the newest version in CHANGELOG.md and the first lines of what it changed, in plain text."""
    _, _, rest = CHANGES.read_text(encoding="utf-8").partition("\n## ")
    heading, _, body = rest.partition("\n")
    lines: list[str] = []
    for line in body.partition("\n## ")[0].splitlines():
        if line.startswith("- "):
            lines.append(line[2:])
        elif line.startswith("  ") and lines:
            lines[-1] += " " + line.strip()
    return heading.strip("# "), [re.sub(r"[`*]", "", line) for line in lines[:MOST_CHANGES]]


if __name__ == "__main__":
    main()
