"""Waiting lists and care by form over years: the reference and the plan on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.background.desk import SEED, desk
from pages.choices.chosen import Choices, profile
from pages.look import charts, formats
from pages.look.texts import language, t, writing
from sim.decision.comparison import Difference, difference
from sim.decision.firm import Standing, by_luck_alone
from sim.decision.headline import UNMET, USERS, WAITING, WEEKS, horizons
from sim.engine.history import Label
from sim.inputs.scenario import Scenario
from sim.progress import Tell
from sim.runs.experiment import Options, Run, run_all, with_labels
from sim.runs.threads import run_threads
from sim.states import FORMS

MOST_YOUTHS = 150_000.0
"""Where more youths live, living everyone twice takes longer than a page should (about 0.05 s for 1,000)."""
WAITS = {"weeks": "waiting_weeks", "list": "waiting_stock", "users": "care_users"}
"""What can be shown by form; users are those in a year."""
CHART_HEIGHT = 190
REFERENCE, PLAN = charts.COLOURS[1], charts.COLOURS[0]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """One figure of one form: by year in the reference and in the plan."""

    form: str
    reference: Floats
    plan: Floats


def few_enough(chosen: Choices) -> bool:
    """Tell whether every youth of the municipality can be simulated while a user waits."""
    return profile(chosen).total <= MOST_YOUTHS


def with_places(chosen: Choices) -> Choices:
    """Return the same plan in a world where places in care are limited."""
    return replace(chosen, plan=chosen.plan.changed(policy="capped"))


def live_everyone(pair: Sequence[Scenario], tell: Tell) -> Run:
    """Live everyone in both scenarios at the best fit, and keep waiting and care by form."""
    with run_threads() as pool:
        (run,) = run_all(pair, Options(seed=SEED), desk().store, tell=tell, pool=pool)
    labels = [label for label in run.columns[0].labels if _kept(label)]
    return replace(run, columns=tuple(with_labels(columns, labels) for columns in run.columns))


def _kept(label: Label) -> bool:
    measure, breakdown, level = label
    by_form = measure in WAITS.values() and breakdown == "form" and level in FORMS
    return by_form or label in (USERS, UNMET, WAITING, WEEKS)


def lines(runs: Sequence[Run], what: str) -> list[Lines]:
    """Return a figure of every form that has it, as means over runs."""
    labels = runs[0].columns[0].labels
    found = []
    for form in FORMS:
        label = (WAITS[what], "form", form)
        if label in labels:
            both = [
                np.mean([r.columns[k].values[r.columns[k].labels.index(label)] for r in runs], axis=0)
                for k in (0, 1)
            ]
            found.append(Lines(form, np.asarray(both[0]), np.asarray(both[1])))
    return found


def chart(one: Lines, what: str, start: int, names: tuple[str, str]) -> alt.LayerChart:
    """Return the small chart of one form."""
    years = range(start, start + one.plan.size)
    data = pd.concat(
        pd.DataFrame({"who": name, "year": years, "value": values})
        for name, values in zip(names, (one.reference, one.plan), strict=True)
    )
    most = float(max(one.reference.max(), one.plan.max(), 1.0))
    number = ",.1f" if what == "weeks" else ",.0f"
    years_axis = alt.Axis(format="d", tickCount=4, grid=False)
    values_axis = alt.Axis(tickCount=3, format=",.0f" if most > 3 else ",.1f")
    base = alt.Chart(data).encode(
        x=alt.X("year:Q", title=None, scale=alt.Scale(nice=False, zero=False), axis=years_axis),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, most], nice=True), axis=values_axis),
        tooltip=[
            alt.Tooltip("who:N", title=t("scenario")),
            alt.Tooltip("year:Q", title=t("year"), format="d"),
            alt.Tooltip("value:Q", title=t(f"kids_wait_{what}"), format=number),
        ],
    )
    made = alt.layer(
        base.mark_line(strokeWidth=2.5).encode(
            color=alt.Color("who:N", scale=alt.Scale(domain=names, range=[REFERENCE, PLAN]), legend=None),
            strokeDash=alt.StrokeDash(
                "who:N",
                scale=alt.Scale(domain=names, range=[charts.DASHES[1], charts.DASHES[0]]),
                legend=None,
            ),
        )
    ).properties(
        height=CHART_HEIGHT,
        title=alt.TitleParams(t(f"pw_tail_{one.form}"), subtitle=t(f"kids_wait_{what}")),
        description=description(one, what, start, names),
    )
    return charts.dressed(made, language(), 13)


def description(one: Lines, what: str, start: int, names: tuple[str, str]) -> str:
    """Return what a small chart shows, for those who do not see it."""
    first, last = start, start + one.plan.size - 1
    told = "; ".join(
        t("kids_line_alt", name=name, first=written(values[0], what), last=written(values[-1], what))
        for name, values in zip(names, (one.reference, one.plan), strict=True)
    )
    return t(
        "kids_wait_alt", form=t(f"pw_tail_{one.form}"), what=t(f"kids_wait_{what}"), first=first, last=last,
        lines=told,
    )  # fmt: skip


def written(value: float, what: str) -> str:
    """Return a figure as people read it."""
    return writing().number(value, 1) if what == "weeks" else formats.count(value)


def table(found: Sequence[Lines], what: str, start: int, names: tuple[str, str]) -> pd.DataFrame:
    """Return the figures after a council term, ten and twenty years, as people read them."""
    rows = [
        (t(f"pw_tail_{one.form}"), str(start + ahead - 1), written(one.reference[ahead - 1], what),
         written(one.plan[ahead - 1], what))
        for one in found
        for ahead in horizons(one.plan.size)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[t("kids_form"), t("year"), *names])


def all_years(found: Sequence[Lines], what: str, start: int) -> pd.DataFrame:
    """Return the figures of every year, for a file."""
    rows = [
        (t(f"kids_wait_{what}"), t(f"pw_tail_{one.form}"), start + k, float(a), float(b))
        for one in found
        for k, (a, b) in enumerate(zip(one.reference, one.plan, strict=True))
    ]
    names = [t("kids_measure"), t("kids_form"), t("year"), t("kids_life_reference"), t("kids_life_plan")]
    return pd.DataFrame(rows, columns=names)


def paired(run: Run, scenario: Scenario) -> Difference:
    """Return plan minus reference from the run of everyone."""
    return difference([run], 1, 0, range(scenario.start, scenario.start + scenario.years))


def waiting_words(run: Run, scenario: Scenario, ahead: int) -> str:
    """Return who waits after some years, how long, and unmet need beside it."""
    d, index = paired(run, scenario), ahead - 1

    def level(label: Label, k: int) -> float:
        columns = run.columns[k]
        return float(columns.values[columns.labels.index(label), index])

    values = {
        "year": scenario.start + index,
        "list0": formats.count(level(WAITING, 0)), "list1": formats.count(level(WAITING, 1)),
        "weeks0": writing().number(level(WEEKS, 0)), "weeks1": writing().number(level(WEEKS, 1)),
        "unmet0": formats.count(level(UNMET, 0)), "unmet1": formats.count(level(UNMET, 1)),
        "list": writing().difference(by_luck_alone(d.in_year(WAITING, index)), formats.count),
        "unmet": writing().difference(by_luck_alone(d.in_year(UNMET, index)), formats.count),
    }  # fmt: skip
    return t("kids_wait_words", **values)


def user_words(d: Difference, found: Sequence[Lines], ahead: int, sharpening: bool = False) -> str:
    """Return in which forms the plan changes the number of users after some years by more than noise.

    sharpening: see `Standing.of`.
    """
    index = ahead - 1
    figures = {one.form: d.in_year(("care_users", "form", one.form), index) for one in found}
    told = [
        f"{t(f'pw_tail_{form}')} {writing().change(f, formats.count, 'fewer', sharpening)}"
        for form, f in figures.items() if Standing.of(f, sharpening) is Standing.FIRM
    ]  # fmt: skip
    waiting = any(Standing.of(f, sharpening) is Standing.PROVISIONAL for f in figures.values())
    year = d.years[index]
    if not told:
        return t("kids_users_waiting" if waiting else "kids_users_none", year=year)
    rest = t("kids_users_rest_waiting" if waiting else "kids_users_rest")
    return t("kids_users_change", year=year, forms=", ".join(told), rest=rest)
