"""The words on the screen. Dutch is the first language; English is complete.

They stand in pages/texts/nl and pages/texts/en, a file a page, beside the words that exports share with the
pages (sim/words).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from sim.words.parameter_words import FOLDER as PARAMETERS
from sim.words.writing import LANGUAGES, WORDS, Writing, read_words

TEXTS = Path(__file__).resolve().parents[1] / "texts"


@cache
def writing_in(language: str) -> Writing:
    """Return the words and number formats of a language."""
    shared = [WORDS / f"{language}.yaml", PARAMETERS / f"{language}.yaml"]
    files = [*shared, *sorted((TEXTS / language).glob("*.yaml"))]
    return Writing(language, read_words(files))


def language() -> str:
    """Return the language in use."""
    found = str(st.session_state.get("language", "nl"))
    return found if found in LANGUAGES else "nl"


def writing() -> Writing:
    """Return the words and number formats of the language in use."""
    return writing_in(language())


def t(key: str, /, **values: object) -> str:
    """Return a text in the language in use. Raises KeyError for an unknown one."""
    return writing().t(key, **values)
