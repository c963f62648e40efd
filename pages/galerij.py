"""Argumenten: every claim of the position paper, and the scenarios by which one can try it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import streamlit as st

from calibration.paper.claims import CLAIMS, Claim, path_of, reference_of, scenario_of
from calibration.paper.kept import Answers, out_of_date, shipped
from calibration.paper.runs import Size
from calibration.paper.telling import briefly, told
from pages.budget.file_controls import take
from pages.choices.chosen import reference_words
from pages.choices.plan_files import Opened, Preset, open_preset, short_title
from pages.choices.state import choices
from pages.look import formats
from pages.look.texts import language, t, writing
from pages.shared import parts
from pages.shared.folds import fold
from sim.errors import InputError
from sim.inputs.scenario import Scenario

OUTCOME, SIDE_BY_SIDE, LEVERS = "start.py", "vergelijk.py", "verken.py"
"""Pages to go on to, as files beside this one."""
WHOLE_TITLES = """<style>
[data-testid=stMain] .stButton button :is([data-testid=stMarkdownContainer], p) {
  white-space: normal; overflow: visible;
}
[data-testid=stMain] summary strong { display: block; }
</style>"""
"""Two titles may begin alike: a button shows all of its own, on as many lines as it takes. The answer to a
claim stands on a line of its own under it."""


def main() -> None:
    """Show the page."""
    st.html(WHOLE_TITLES)
    st.title(t("page_galerij"))
    st.markdown(t("gal_lead"))
    parts.note(t("gal_caution"))
    names, answers = [claim.key for claim in CLAIMS], shipped()
    for claim in CLAIMS:
        fold(_title(answers, claim.key), "stellingen", claim.key, names, partial(_claim, claim))
    birth = t("gal_birth", version=answers.version, seed=answers.seed, parameters=answers.model["parameters"])
    parts.footer(reference_words(choices()), whole=birth)


def _title(answers: Answers, key: str) -> str:
    """Return a claim in few words with its answer: who opens nothing has read both."""
    if key in answers.claims:
        brief = briefly(answers.claims[key].said, writing())
        brief = t("gal_old", brief=brief) if out_of_date(answers, key) else brief
    else:
        brief = t("gal_no_answer")
    return t("gal_title", claim=t(f"gal_title_{key}"), brief=brief)


@cache
def _pair(file: str) -> tuple[Scenario, Scenario | None]:
    """Return a shipped scenario and its reference."""
    scenario = scenario_of(file)
    return scenario, reference_of(scenario)


def _claim(claim: Claim) -> None:
    """Show a claim, what the model answers, what it cannot say, what it does, and its scenarios."""
    st.markdown(t("gal_paper", text=t(f"gal_claim_{claim.key}")))
    _answer(shipped(), claim.key)
    st.markdown(t("gal_limits", text=t(f"gal_limit_{claim.key}")))
    st.markdown(t("gal_does", text=t(f"gal_works_{claim.key}")))
    for file in claim.files:
        _example(claim, file)
    for grid in claim.grids:
        command = f"`kinderwerk batch scenarios/{grid}.yaml --out results`"
        parts.note(t("gal_grid", command=command))


def _answer(answers: Answers, key: str) -> None:
    """Show the answer to a claim with what it was made from, and whether that is out of date."""
    if key not in answers.claims:  # a claim that is newer than the answers
        st.info(t("gal_no_answer"))
        return
    if out_of_date(answers, key):
        st.warning(t("gal_out_of_date"))
    found = answers.claims[key]
    st.markdown("\n".join([t("gal_answer"), "", *(f"- {told(one, writing())}" for one in found.said)]))
    sizes = [
        t("gal_size", children=formats.count(children), draws=draws)
        if children
        else t("gal_size_all", draws=draws)
        for children, draws in found.sizes
    ]
    parts.note(t("gal_made", version=answers.version, sizes="; ".join(sizes)))
    if answers.size != Size():
        parts.note(t("gal_short"))


def _example(claim: Claim, file: str) -> None:
    """Show one scenario, what it is compared with, and the ways to go on with it."""
    scenario, reference = _pair(file)
    with st.container(border=True):
        st.markdown(f"**{parts.plain(scenario.title)}**")
        against = t("gal_alone") if reference is None else t("gal_against", name=parts.plain(reference.title))
        parts.note(against)
        title, key = short_title(scenario.title, scenario.municipality), f"{claim.key}-{file}"
        shown = parts.plain(title)
        left, right = st.columns(2)
        preset = Preset(title, scenario.municipality, path_of(file))
        if left.button(t("gal_show", title=shown), key=f"gal-show-{key}", width="stretch"):
            _go(preset, None)
        if right.button(t("gal_explore", title=shown), key=f"gal-explore-{key}", width="stretch"):
            _go(preset, LEVERS)


def _go(preset: Preset, page: str | None) -> None:
    """Take a scenario with its reference into this session, and go on to a page.

    Without a page: where its outcome is shown. That is Vergelijk where its reference is none of those that
    Start knows.
    """
    try:
        opened = taken(preset)
    except InputError as error:
        st.error(t("gal_wrong", reason=parts.plain("; ".join(error.told(language())))))
        return
    st.toast(t("gal_told", title=parts.plain(preset.title)))
    st.switch_page(page or (SIDE_BY_SIDE if opened.beside else OUTCOME))


def taken(preset: Preset) -> Opened:
    """Put a scenario and its reference in the choices of this session. Raises InputError."""
    chosen = replace(choices(), municipality=preset.municipality)
    opened = open_preset(preset, chosen)
    take(opened, municipality=preset.municipality)  # Verken tells where it compares with something else
    return opened


if __name__ == "__main__":
    main()
