"""Over: every promise on it stands there in both languages, and what it reads from files is what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages import over
from pages.look.texts import writing_in
from sim.machine.project import version
from tests.opened import unfolded

ROOT = Path(__file__).resolve().parents[2]


def opened(language: str = "nl") -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "over.py"), default_timeout=60)
    at.session_state["language"] = language
    at.query_params.update(unfolded("over"))
    at.run()
    assert not at.exception
    assert not at.error
    return at


def words(at: AppTest) -> str:
    return "\n".join(m.value for m in at.markdown)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_says_what_it_is_not_for_and_how_accessible_it_is(language: str) -> None:
    at, texts = opened(language), writing_in(language).words
    for key in ("over_what", "over_privacy", "over_access", "over_status", "over_tested", "over_limits"):
        assert texts[key] in words(at)
    assert texts["over_not"].format(assumptions=texts["page_aannames"]) in words(at)
    assert [header.value for header in at.header] == [texts[f"over_{name}_title"] for name in ("what", "not")]
    folded = [texts[f"over_{name}_title"] for name in ("readers", "privacy", "access", "source", "changed")]
    assert [part.label for part in at.expander[:5]] == folded


def test_a_part_is_drawn_only_while_it_is_open() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "over.py"), default_timeout=60).run()
    assert len(at.expander) >= len(over.OPEN)
    assert not at.expander[1].children
    at.session_state["open-over-privacy"] = True
    at.run()
    assert [m.value for m in at.expander[1].markdown] == [writing_in("nl").words["over_privacy"]]


def test_licence_version_and_citation_are_those_of_the_files() -> None:
    at, cited = opened(), over.citation()
    assert cited["license"] in words(at)
    assert cited["version"] == version()
    assert f"Versie {version()}" in words(at)
    code = at.code[0].value
    assert f"{cited['title']}, version {cited['version']}" in code
    assert all(author["name"] in code for author in cited["authors"])


def test_changes_are_the_newest_of_the_changelog_in_plain_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "CHANGELOG.md"
    monkeypatch.setattr(over, "CHANGES", log)
    log.write_text(
        "# Changelog\n\nWhat changes.\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- One `thing`\n"
        "  and its <b>end</b>\n- **Two**\n\n## [0.1.0] - 2026-11-01\n\n- Old\n",
        encoding="utf-8",
    )  # fmt: skip
    newest, lines = over.latest_changes()
    assert newest == "[0.2.0] - 2026-12-01"
    assert lines == ["One thing and its <b>end</b>", "Two"]
    assert over.english_list(lines) == (
        '<ul lang="en"><li>One thing and its &lt;b&gt;end&lt;/b&gt;</li><li>Two</li></ul>'
    )


def test_the_changes_of_this_version_are_shown_as_english() -> None:
    newest, lines = over.latest_changes()
    at = opened()
    assert at.get("html")[-1].proto.body == over.english_list(lines)
    assert version() in newest
    assert 0 < len(lines) <= over.MOST_CHANGES


def test_who_serves_the_app_says_whom_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = writing_in("nl").words
    assert texts["over_report_nobody"] in words(opened())
    monkeypatch.setenv(over.CONTACT, "help_desk@gemeente.example")
    shown = words(opened())
    assert r"[help\_desk@gemeente.example](mailto:help_desk@gemeente.example)" in shown
    assert texts["over_report_nobody"] not in shown
    monkeypatch.setenv(over.CONTACT, "https://gemeente.example/vraag")
    assert "<https://gemeente.example/vraag>" in words(opened())
    monkeypatch.setenv(over.CONTACT, "bel [Jan](http://elders.example)")
    assert r"bel \[Jan\](" in words(opened())
