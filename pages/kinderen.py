"""Kinderen en wachttijd: the same children twice, one child's two lives, care by form, waiting and cash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from pages.background.answers import Answer, key_of
from pages.background.desk import CHILDREN, SEED
from pages.budget.controls import choose_municipality
from pages.budget.outcome import nothing_to_compare
from pages.children import cash, forms, icons, kinds, timeline
from pages.children.kept import Kept, live_twins
from pages.choices.address import saw, seen
from pages.choices.chosen import Choices, pair, profile, reference_of, reference_words
from pages.choices.state import choices
from pages.look import charts, formats
from pages.look.texts import t, writing
from pages.shared import parts
from pages.shared.folds import fold
from pages.shared.parts import guarded
from pages.shared.watching import errand, live
from sim.decision.firm import luck_known
from sim.decision.headline import UNMET
from sim.inputs.scenario import Scenario
from sim.progress import Progress, Tell
from sim.runs.experiment import Options, Run
from sim.runs.twins import unpaired

AHEAD = 10
"""Years ahead that the page begins with."""
KEPT_BYTES = 400_000
OPEN = ("kind", "uiteen", "wachtlijst", "vormen", "kas")
"""The parts that open and close, as the address calls them."""
WEEKS, ON = "weeks", "1"
PLACES = "plekken"
"""What the address calls the same budget with fixed places."""
Names = tuple[str, str]
Pair = tuple[Scenario, Scenario]


def main() -> None:
    """Show the page."""
    st.title(t("page_kinderen"))
    st.markdown(t("kids_lead"))
    chosen = choose_municipality()
    reference = reference_words(chosen)
    parts.note(parts.plain(reference))
    parts.note(t("kids_plan", plan=parts.plain(chosen.plan.label())))
    if not nothing_to_compare(chosen):
        _lives(chosen, reference)
        st.markdown(t("kids_cash_next"))
        capped = seen(PLACES, (ON,), "") == ON
        _fold("kids_wait", "wachtlijst", lambda: _waiting(chosen, reference), capped)
        live(pair(chosen), lambda answer: _sharpening(answer, chosen, reference))
    parts.footer(reference)


def _fold(title: str, part: str, show: Callable[[], object], leads_here: bool = False) -> None:
    fold(t(title), "open-kinderen", part, OPEN, show, leads_here)


def _names(chosen: Choices) -> Names:
    """Return what the two lives are called: the reference first."""
    labels = reference_of(chosen).label(), chosen.plan.label()
    return t("kids_name_reference", name=labels[0]), t("kids_name_plan", name=labels[1])


# The same children twice


def _lives(chosen: Choices, reference: str) -> None:
    """Show twins, or why there are none and what can be shown instead."""
    st.header(t("kids_picture"))
    parts.note(t("kids_simulated"))
    if why := unpaired(pair(chosen)):
        st.info(t(f"kids_why_{why}"))
        opened = replace(chosen, plan=chosen.plan.changed(policy="deficit", places=None))
        if unpaired(pair(opened)) or not _asked_for("kids_open", "toch", "kids-open"):
            return
        chosen, reference = opened, f"{reference_words(opened)} {t('kids_open_shown')}"
        parts.note(t("kids_open_shown"))
    both = pair(chosen)
    options = Options(children=CHILDREN, seed=SEED)

    def work(tell: Tell) -> Kept:
        return live_twins(both, options, tell)

    errand(
        key_of(both, "twins", options), work, lambda kept: _kept(kept, chosen, reference), slot="twins",
        size=KEPT_BYTES, words=lambda now: _progress(now, "kids_progress_first"),
    )  # fmt: skip


def _asked_for(words: str, name: str, key: str) -> bool:
    """Show a switch, off at first, and return whether it is on. name: what the address calls it."""
    on = st.toggle(t(words), seen(name, (ON,), "") == ON, key=key)
    saw(name, ON if on else "")
    return on


def _progress(now: Progress, first: str) -> str:
    """Return what is going on: the year that is lived, or `first` before it comes to that."""
    return t("kids_progress", year=str(now.values["year"])) if now.stage == "living" else t(first)


def _kept(kept: Kept, chosen: Choices, reference: str) -> None:
    if not kept.chosen:
        st.info(t("kids_nobody_parts"))
        return
    names = _names(chosen)
    # Each part with a control runs alone when that is moved, so that moving it is quick.
    st.fragment(partial(guarded, partial(_picture, kept, names, reference)))()
    child = seen("kind", range(1, len(kept.chosen) + 1), 1)
    two = st.fragment(partial(guarded, partial(_two, kept, names, reference)))
    _fold("kids_two", "kind", two, child != 1)  # a link that names a child leads to it
    _fold("kids_totals", "uiteen", lambda: _totals(kept, reference))


def _picture(kept: Kept, names: Names, reference: str) -> None:
    years = list(range(kept.start, kept.start + kept.years))
    year = first = years[min(AHEAD, len(years)) - 1]
    if len(years) > 1:
        year = seen("jaar", years, first)
        year = st.slider(t("kids_year"), years[0], years[-1], year, format="%d", key="kids-year")
        saw("jaar", year, first)
    index = year - kept.start
    st.markdown(icons.sentences(kept, index))
    parts.note(t("kids_picture_note"))
    parts.draw(icons.key(), "kids-key")
    for column, life, name in zip(st.columns(2), (0, 1), names, strict=True):
        with column:
            st.markdown(f"**{parts.plain(name)}**")
            parts.draw(icons.array(kept, life, index, name), f"kids-icons-{life}")
    short = t("kids_life_reference"), t("kids_life_plan")
    st.table(icons.table(kept, index, short), hide_index=True)
    parts.note(t("kids_picture_caution"))
    parts.csv(icons.all_years(kept), "kinderwerk-dezelfde-kinderen", reference)


def _two(kept: Kept, names: Names, reference: str) -> None:
    parts.note(t("kids_simulated"))
    better, same, worse = kept.after_of(kept.chosen)
    parts.note(
        t("kids_two_note", few=len(kept.chosen), all=formats.count(kept.partings), better=better, same=same,
          worse=worse)
    )  # fmt: skip
    numbers = range(1, len(kept.chosen) + 1)
    number = st.selectbox(
        t("kids_choose"), list(range(len(kept.chosen))), seen("kind", numbers, 1) - 1, key="kids-child",
        format_func=lambda k: timeline.title(kept.chosen[k], k + 1),
    )  # fmt: skip
    saw("kind", number + 1, 1)
    both = kept.chosen[number]
    st.markdown(timeline.story(both))
    for life in (0, 1):
        st.markdown(f"**{parts.plain(names[life])}**")
        parts.draw(timeline.chart(both, life, names[life]), f"kids-timeline-{life}")
    parts.note(t("kids_timeline_note"))
    short = t("kids_life_reference"), t("kids_life_plan")
    parts.below(
        timeline.moments_table(both, short), timeline.moments_file(both), f"nagemaakt-kind-{number + 1}",
        reference,
    )  # fmt: skip


def _totals(kept: Kept, reference: str) -> None:
    st.markdown(kinds.lead(kept))
    st.table(kinds.table(kept), hide_index=True)
    parts.note(t("kids_totals_caution", n=formats.count(CHILDREN)))
    parts.csv(kinds.whole(kept), "kinderwerk-uiteen", reference)


# Waiting


def _waiting(chosen: Choices, reference: str) -> None:
    """Show waiting lists where places are limited, or what happens to waiting where they are not."""
    if chosen.plan.policy != "capped":
        st.markdown(t(f"kids_wait_{chosen.plan.policy}"))
        if not forms.few_enough(chosen):
            _too_large(chosen)
            return
        if not _asked_for("kids_capped", PLACES, "kids-capped"):
            return
        chosen = forms.with_places(chosen)
        reference = f"{reference_words(chosen)} ({t('policy_capped')})"
    elif not forms.few_enough(chosen):
        _too_large(chosen)
        return
    both, names = pair(chosen), _names(chosen)

    def work(tell: Tell) -> Run:
        return forms.live_everyone(both, tell)

    errand(
        key_of(both, "waiting"), work, lambda run: _waits(run, both, names, reference), slot="waiting",
        size=KEPT_BYTES, words=lambda now: _progress(now, "kids_wait_progress_first"),
    )  # fmt: skip


def _too_large(chosen: Choices) -> None:
    st.info(
        t("kids_wait_large", name=parts.plain(chosen.municipality), most=formats.count(forms.MOST_YOUTHS),
          youths=formats.count(profile(chosen).total))
    )  # fmt: skip


def _waits(run: Run, both: Pair, names: Names, reference: str) -> None:
    if not luck_known([run]):
        st.info(t("kids_wait_untold"))
        return
    st.markdown(forms.waiting_words(run, both[0], min(AHEAD, both[0].years)))
    parts.note(t("kids_wait_caution"))
    what = st.segmented_control(
        t("kids_wait_what"), list(forms.WAITS), default=seen("wachten", forms.WAITS, WEEKS), key="kids-wait",
        required=True, format_func=lambda w: t(f"kids_wait_{w}"),
    )  # fmt: skip
    saw("wachten", what, WEEKS)
    _by_form([run], what, both[0].start, names, reference, "wachten")


def _by_form(
    runs: Sequence[Run], what: str, start: int, names: Names, reference: str, name: str
) -> list[forms.Lines]:
    """Show a figure of every form, in small charts with the same axes within each, and return it."""
    found = forms.lines(runs, what)
    parts.note(t("kids_lines_key", reference=parts.plain(names[0]), plan=parts.plain(names[1])))
    for first in range(0, len(found), 2):  # side by side; on a phone below each other
        for column, one in zip(st.columns(2), found[first : first + 2], strict=False):
            with column:
                parts.draw(forms.chart(one, what, start, names), f"kids-{name}-{one.form}")
    short = t("kids_life_reference"), t("kids_life_plan")
    parts.below(
        forms.table(found, what, start, short), forms.all_years(found, what, start), f"{name}-{what}",
        reference,
    )  # fmt: skip
    return found


# Care by form and cash, from the answer that Start shows too


def _sharpening(answer: Answer, chosen: Choices, reference: str) -> None:
    scenario = answer.scenarios[0]
    with st.container():  # what is below keeps its place, and an open table stays open, when charts come
        if scenario.policy != "capped" or not forms.few_enough(chosen):  # else everyone's stand with waiting
            _fold("kids_forms", "vormen", lambda: _care(answer, chosen, reference))
    _fold("kids_cash", "kas", lambda: _cash(answer, reference))


def _cash(answer: Answer, reference: str) -> None:
    """Show what of the care that changes is money in hand."""
    scenario = answer.scenarios[0]
    found = cash.money(answer.difference(), scenario.discount_rate, answer.sharpening)
    st.markdown(cash.words(found, scenario))
    st.markdown(_unmet(answer, found.ends[-1]))
    if luck_known(answer.runs):
        title = t("kids_cash_chart", name=choices().municipality)
        parts.draw(charts.titled(cash.chart(found), title), "kids-cash")
    parts.note(" ".join([t("kids_cash_note"), *([t("provisional_help")] if answer.sharpening else [])]))
    parts.below(cash.table(found), cash.all_years(found), "in-de-kas", reference)


def _care(answer: Answer, chosen: Choices, reference: str) -> None:
    if not luck_known(answer.runs):
        st.info(t("few_children"))
        return
    ahead = min(AHEAD, answer.scenarios[0].years)
    st.markdown(t("kids_forms_lead"))
    found = forms.lines(answer.runs, "users")
    st.markdown(forms.user_words(answer.difference(), found, ahead, answer.sharpening))
    st.markdown(_unmet(answer, ahead))
    if not (answer.finished or answer.stopped):  # many charts, too many to make anew each second
        parts.note(t("kids_forms_later"))
        return
    _by_form(
        answer.runs, "users", answer.scenarios[0].start, _names(chosen), reference, "zorg-per-vorm"
    )  # fmt: skip


def _unmet(answer: Answer, ahead: int) -> str:
    d = answer.difference()
    unmet = writing().difference(d.in_year(UNMET, ahead - 1), formats.count, answer.sharpening)
    return t("kids_forms_unmet", year=d.years[ahead - 1], unmet=unmet)


if __name__ == "__main__":
    main()
