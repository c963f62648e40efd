"""The outcome of a plan: one sentence, how sure it is, three figures, one chart; the same on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.background import weaker
from pages.background.answers import Answer, BackgroundTask
from pages.background.figures import LONG, MIDDLE
from pages.budget.controls import choose_chart, choose_mode, choose_money
from pages.choices.chosen import Choices, pair, reference_of
from pages.choices.plan import CHILD_WORK
from pages.look import charts, formats
from pages.look.texts import t, writing
from pages.shared import level_chart, parts, quitte
from pages.shared.luck import luck
from pages.shared.remarks import remarks
from pages.shared.watching import live
from sim.decision import payers
from sim.decision.comparison import Figure
from sim.decision.firm import Standing
from sim.decision.headline import HORIZONS, Change, believed, change, pays, weight_of_no_effect
from sim.engine.ledger import GEMEENTE

Others = Sequence[tuple[str, weaker.Figures | None]]
"""Other effects with their figures, None while they are still to come."""
_REFERENCE = {"none": "level_without", "now": "level_now"}
FIGURES = """<style>
[data-testid=stMetric] :is([data-testid=stMetricLabel], [data-testid=stMetricValue]) :is(div, p) {
  white-space: normal; overflow: visible;
}
[data-testid=stMetricValue] {font-size: 1.6rem; line-height: 1.25}
[data-testid=stMetric] {padding-bottom: 0}
[data-testid=stMain] [role=radiogroup] {flex-wrap: wrap; overflow: visible; mask-image: none}
</style>"""
"""What is told of a figure may take two lines, and so may what can be chosen: words are not cut off."""


def outcome(
    chosen: Choices,
    reference: str,
    key: str = "shown",
    more: Callable[[Answer], None] = lambda _: None,
    beside: bool = False,
    table: parts.Unfolding = st.expander,
) -> Answer | None:
    """Show the outcome of the plan in hand, again as draws come in; return the answer so far.

    None where there is nothing to compare. key: of the choice of a chart, other on each page. more: what the
    page shows of it besides. beside: whether figures for another effect come beside the first, once a chance
    can be named, and under them what would have to be true for the money to come back. table: see
    `parts.below`.
    """
    if nothing_to_compare(chosen):
        return None

    def show(answer: Answer) -> None:
        _picture(answer, chosen, reference, key, table)
        more(answer)

    both = pair(chosen)
    remarks(both[1:])
    st.html(FIGURES)

    def weaker_too(watch: bool = True) -> BackgroundTask | None:
        return weaker.ask(chosen, watch) if beside else None

    def told(answer: Answer) -> None:
        task = weaker_too(answer.chance_known and not answer.stopped)
        found = (task.found if task else None) or {}
        _told(answer, chosen, found, weaker.effects(chosen) if beside else ())
        if beside:
            quitte.show(answer)

    def way_on() -> None:
        parts.way_to("onzekerheid", t("quitte_more"))

    return live(both, show, first=told, after=weaker_too, beside=way_on if beside else None)


def nothing_to_compare(chosen: Choices) -> bool:
    """Tell whether the plan in hand is what it is compared with, and say so where it is."""
    same = is_reference(chosen)
    if same:
        st.info(t("sentence_none" if chosen.reference == "none" else "sentence_same"))
    return same


def is_reference(chosen: Choices) -> bool:
    """Tell whether the plan in hand is what it is compared with, however it is written."""
    reference, plan = pair(chosen)
    both_empty = chosen.plan.empty and reference_of(chosen).empty
    return both_empty or reference.canonical_sha256() == plan.canonical_sha256()


def _told(answer: Answer, chosen: Choices, found: weaker.Found, effects: Sequence[str]) -> None:
    """Show the sentence, that nobody measured it, and the figures; those for other effects as they come."""
    years, d, rate = answer.scenarios[0].years, answer.difference(), answer.scenarios[0].discount_rate
    term, near, far = (change(d, min(ahead, years), rate) for ahead in (HORIZONS[0], MIDDLE, LONG))
    with parts.aloud(_firm(answer, far)):
        st.markdown("## " + key_sentence(answer, term, far, chosen))
    st.markdown(writing().unknown_effect(weight_of_no_effect(answer.scenarios), believed(answer.scenarios)))
    _figures(answer, near, far, chosen, [(effect, found.get(effect)) for effect in effects])


def _picture(
    answer: Answer, chosen: Choices, reference: str, key: str, table: parts.Unfolding = st.expander
) -> None:
    """Show the chart with the choices of what it shows."""
    with st.container(horizontal=True):  # below each other where there is no room
        what, mode = choose_chart(key), choose_mode(key)
    if mode == "level":
        if what == "money":
            choose_money(key)
        names = [t(_REFERENCE[chosen.reference]), chosen.plan.label()]
        level_chart.show(answer, names, what, chosen, reference, table)
        return
    d, rate = answer.difference(), answer.scenarios[0].discount_rate
    found = charts.series(d, what, chosen.plan.label(), rate, answer.sharpening)
    parts.plot([found], what, reference, table=table)


def _firm(answer: Answer, far: Change) -> bool:
    """Tell whether the chance of break-even may be named."""
    soon = Standing.of(far.municipal_cost, answer.sharpening) is Standing.PROVISIONAL
    return far.p_paid_back is not None and not soon and answer.chance_known


def key_sentence(answer: Answer, term: Change, far: Change, chosen: Choices) -> str:
    """Return what it costs in a council term and the chance of break-even, or why that is not told."""
    years = answer.scenarios[0].years
    words = {"plan": parts.plain(chosen.plan.phrase()), "name": parts.plain(chosen.municipality)}
    if far.p_paid_back is None or not _firm(answer, far):
        return t("sentence_waiting" if answer.sharpening else "sentence_stopped", **words)
    if far.equal:
        return t("sentence_equal", **words)
    if far.drowned:
        return t("sentence_small", **words)
    cost, soon = term.municipal_cost, min(HORIZONS[0], years)
    way = pays(cost, answer.sharpening)
    first = t(f"sentence_pays_{way}", cost=writing().about_euros(cost.value), years=soon, **words)
    chance = writing().chance(far.p_paid_back, len(answer.draws))
    second = "sentence_chance" if far.municipal_programme_cost > 0 else "sentence_other"
    return f"{first} {t(second, chance=chance, years=min(LONG, years))}"


def _figures(answer: Answer, near: Change, far: Change, chosen: Choices, others: Others) -> None:
    """Show what it costs and what it changes, each with the level that it is a difference from."""
    without, with_plan = (answer.level(k, min(MIDDLE, answer.scenarios[0].years)) for k in (0, 1))
    both = "now" if chosen.reference == "now" else "without"
    shown = (
        ("cost", t("figure_money", year=far.year), far.municipal_cost, formats.money, ""),
        ("unmet", t("figure_unmet", year=near.year), near.unmet_need, formats.count,
         _level(near.unmet_need, without.unmet_need, with_plan.unmet_need, answer.sharpening, both)),
        ("users", t("figure_users", year=near.year), near.care_users, formats.count,
         _level(near.care_users, without.care_users, with_plan.care_users, answer.sharpening, both)),
    )  # fmt: skip
    for column, (name, label, figure, write, below) in zip(st.columns(3), shown, strict=True):
        with column:
            _metric(label, figure, write, below, answer.sharpening)
            parts.notes(*(_other(effect, one, name, write, answer.stopped) for effect, one in others))
            parts.note(shares(answer, far) if name == "cost" else "")
    parts.note(luck((figure for _, _, figure, _, _ in shown), answer.sharpening, "luck_within"))


def _other(
    effect: str, figures: weaker.Figures | None, name: str, write: Callable[..., str], stopped: bool
) -> str:
    """Return what a figure would be with another effect, with its range, or that it is to come.

    What may still turn is marked, and has no range. What rests on fewer draws says on how many.
    """
    how = "none_seen" if (effect, name) == (weaker.NONE, "users") else effect
    if figures is None:
        return t(f"weaker_{how}", told=t("weaker_coming"))
    figure, sharpening = getattr(figures, name), figures.sharpening and not stopped
    found = writing().change_between(figure, write, _less(write), sharpening)
    soon = Standing.of(figure, sharpening) is Standing.PROVISIONAL
    told = t(f"weaker_{how}", told=writing().provisional(found, soon))
    return f"{told} {t('weaker_so_far', draws=figures.draws)}" if figures.sharpening else told


def _level(f: Figure, before: float, after: float, sharpening: bool, both: str) -> str:
    """Return the level under a difference: one number where nobody can tell the two apart."""
    old, new = writing().about(before), writing().about(after)
    if old == new or Standing.of(f, sharpening) is not Standing.FIRM:
        return t(f"figure_same_{both}", level=old)
    return t(f"figure_from_{both}", old=old, new=new)


def _metric(label: str, figure: Figure, write: Callable[..., str], below: str, sharpening: bool) -> None:
    """Show one figure in words, and under it what may be said of it and what it is a difference from."""
    told, less = Standing.of(figure, sharpening), _less(write)
    said = writing().change(figure, write, less, sharpening)
    st.metric(label, said[:1].upper() + said[1:])
    helps = {Standing.PROVISIONAL: "provisional_help", Standing.TOO_SMALL: "too_small_help"}
    help_words = t(helps[told]) if told in helps else ""
    ends = writing().range(figure, write, less, sharpening, luck=False)  # told for all at once: `luck`
    parts.notes(help_words, ends, below)


def _less(write: Callable[..., str]) -> str:
    """Return the word for below zero: of money there is less, of youths there are fewer."""
    return "less" if write is formats.money else "fewer"


def shares(answer: Answer, far: Change) -> str:
    """Return how the extra cost of the municipality divides over programmes and youth care."""
    care = care_part(answer)
    words = "figure_cost" if answer.scenarios[1].programmes.keys() <= {CHILD_WORK} else "figure_cost_of_all"
    cost = writing().provisional(formats.money(far.municipal_programme_cost), not answer.chance_known)
    soon = Standing.of(care, answer.sharpening) is Standing.PROVISIONAL
    told = writing().provisional(writing().change(care, formats.money, "less", answer.sharpening), soon)
    unclear = Standing.of(care, answer.sharpening) is Standing.UNCLEAR
    if unclear and care.low is not None and care.high is not None:
        told = writing().between(care.low, care.high, formats.money, "less")  # so that the sum can be made
    return t(words, cost=cost, care=told)


def care_part(answer: Answer) -> Figure:
    """Return what youth care costs the municipality more over LONG years, with a range of its own."""
    first = answer.scenarios[0]
    found = payers.pockets(answer.runs, min(LONG, first.years), first.discount_rate)
    return next(one.money.care for one in found if one.money and one.payer == GEMEENTE)
