"""Published evidence for and against the effects that the model assumes."""

from __future__ import annotations

import csv
from functools import cache, partial
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.look.texts import t
from pages.shared import parts
from pages.shared.folds import fold
from sim.words.parameter_words import slug

OPEN = ("tegen", "anders")
"""Parts that open and close, as the address calls them."""
FILE = Path(__file__).resolve().parents[2] / "calibration" / "evidence" / "effects_evidence.csv"
AGAINST = (
    "own_search", "jonkman_and_van_wonderen_j_children_s_services_12_32",
    "jonkman_et_al_int_j_developmental_science_9", "westlake_et_al_swis_trial",
    "taheri_and_welsh_youth_violence_and_juvenile_justice_14_272",
    "prevention_science_10_1007_s11121_020_01176_6",
    "smallegange_et_al_j_social_work", "jones_et_al_pediatrics_125_e130",
    "mieloo_et_al_bmj_open_12_e048933", "aef_stelsel_in_groei_nji_reply", "wsipp_programme_765",
)  # fmt: skip
"""Findings of no effect, of more use of care, or of a programme that did not pay: they stand first."""


@cache
def findings() -> tuple[dict[str, str], ...]:
    """Return the rows of the file; `key` is that of its words."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return tuple({**row, "key": slug(row["source"])} for row in csv.DictReader(stream))


def show() -> None:
    """Show what was found, folded, first what speaks against, each with its source."""
    st.header(t("evidence_title"))
    st.markdown(t("evidence_lead"))
    against = [row for row in findings() if row["key"] in AGAINST]
    others = [row for row in findings() if row not in against]
    for part, title, chosen in (
        ("tegen", t("evidence_against"), against), ("anders", t("evidence_other"), others)
    ):  # fmt: skip
        fold(f"{title} ({len(chosen)})", "open-aannames", part, OPEN, partial(_shown, chosen))
    parts.csv(pd.DataFrame(findings()).drop(columns="key"), "kinderwerk-bewijs")
    parts.note(t("evidence_file"))


def _shown(chosen: list[dict[str, str]]) -> None:
    st.table(_table(chosen), hide_index=True)


def _table(chosen: list[dict[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            t("evidence_found"): [f"{_result(row)} ({_where(row)})" for row in chosen],
            t("evidence_means"): [t(f"evidence_means_{row['key']}") for row in chosen],
        }
    )


def _result(row: dict[str, str]) -> str:
    return t(f"evidence_found_{row['key']}")


def _where(row: dict[str, str]) -> str:
    """Return by whom, and when, something was found."""
    who = t("evidence_own_search") if row["key"] == "own_search" else parts.plain(row["source"])
    return f"{who}, {row['year']}" if row["year"][:1].isdigit() else who
