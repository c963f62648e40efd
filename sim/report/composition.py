"""Make the content of a document (`content.py`) out of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.api import Comparison
from sim.decision.comparison import Difference, drowned
from sim.decision.firm import ENOUGH_DRAWS, Standing, few
from sim.decision.headline import Change, believed, middle_of, pays, weight_of_no_effect
from sim.decision.level_by_year import AT_FIRST, MoneyView
from sim.decision.money import (
    DISCOUNTS,
    PERSPECTIVES,
    Discounting,
    Payback,
    Worth,
    budget_impact,
    payback,
    programme_cost,
    worth,
)
from sim.decision.payers import Pocket, lost_in_luck, pockets
from sim.decision.place import place_cost
from sim.decision.sums import sums_of
from sim.errors import InputError, OptionError
from sim.faults import fault
from sim.inputs.observed import inhabitants
from sim.inputs.profiles import Profile, profile_of
from sim.inputs.scenario import Scenario
from sim.rates import discount_factor
from sim.report.about import about, local_words
from sim.report.assumptions import assumptions, main_names
from sim.report.cheers import cheers
from sim.report.content import Back, ComparedScenario, Report, words
from sim.report.framework import framework
from sim.report.levels import levels_of, money_of
from sim.report.phrases import clipped, in_words, listed, world_words
from sim.report.rows import Arm, form_rows, payer_rows, yearly_rows
from sim.runs.past import Past
from sim.words.break_even_words import break_even_words
from sim.words.parameter_words import parameter_title
from sim.words.writing import Writing

MOST = 3
"""Scenarios beside the reference in one document."""
CASH = "municipality, cash"
CHILD_WORK = "kinderwerk"


def report_of(
    comparison: Comparison,
    language: str = "nl",
    title: str | None = None,
    profile: Profile | None = None,
    data_date: str | None = None,
    own: Mapping[str, str] | None = None,
    past: Past | None = None,
    view: MoneyView = AT_FIRST,
) -> Report:
    """Return what a document says about a comparison.

    profile: the municipality with its local figures (default: the one of the scenarios). data_date: the
    reference date of its population (default: the profile's). own: what the municipality filled in at
    elements of the framework, by their number. past: youths of the model before the start, for charts. view:
    what the chart of money shows. Raises OptionError for more than three scenarios beside the reference,
    InputError for scenarios without years, and KeyError for an unknown language.
    """
    writing, scenarios = words(language), comparison.scenarios
    if not 2 <= len(scenarios) <= MOST + 1:
        raise OptionError(
            "scenarios", fault("wrong_number_of_scenarios", most=MOST, found=len(scenarios) - 1)
        )
    if not comparison.horizons:
        where = scenarios[0].path or scenarios[0].title
        raise InputError.at(where, fault("no_years_to_report"))
    profile = profile or profile_of(scenarios[0])
    people = inhabitants(profile.name)
    date = data_date or profile.date
    draws, rate = len({run.draw for run in comparison.runs}), scenarios[0].discount_rate
    arms = [Arm(comparison, k) for k in range(1, len(scenarios))]
    outcomes = tuple(_outcome(arm, writing, draws, rate) for arm in arms)
    assumed = assumptions(scenarios, profile)
    manifest = comparison.manifest
    facts = {
        "title": title or writing.t("doc_title", name=scenarios[0].municipality),
        "name": scenarios[0].municipality,
        "version": manifest["version"],
        "date": writing.date(date),
        "youths": writing.count(profile.total),
        "children": writing.count(manifest["children"]),
        "start": scenarios[0].start,
        "years": scenarios[0].years,
        "reference": scenarios[0].title,
        "scenarios": "; ".join(s.title for s in scenarios[1:]),
        "rate": writing.percent(rate, 2),
        "horizons": listed(comparison.horizons, writing),
        "draws": draws,
        "count": len(assumed),
    }
    reported: set[int] = set() if few(draws) else {20, 24}
    return Report(
        language=language,
        title=str(facts["title"]),
        municipality=scenarios[0].municipality,
        reference=scenarios[0].title,
        start=scenarios[0].start,
        horizons=comparison.horizons,
        rate=rate,
        draws=draws,
        before=tuple(comparison.levels(0)),
        worlds=tuple(world_words(scenario, writing) for scenario in scenarios),
        outcomes=outcomes,
        yearly=tuple(row for arm in arms for row in yearly_rows(arm, rate)),
        payers=tuple(row for arm in arms for row in payer_rows(arm)),
        forms=tuple(row for arm in arms for row in form_rows(arm)),
        effect=_effect(scenarios, writing),
        unknown=_unknown(scenarios, outcomes, writing),
        assumptions=assumed,
        main=main_names(scenarios),
        local=local_words(profile, scenarios, writing),
        date=date,
        version=str(manifest["version"]),
        about=about(manifest, scenarios, profile, writing, date, rate, draws),
        cheers=cheers(writing, reported, **facts),
        framework=framework(comparison, writing, own),
        levels=levels_of(comparison, profile, past),
        money=money_of(comparison, view, people),
        people=people,
        inflation=scenarios[0].inflation,
        sums=tuple(
            sums_of(arm.difference, comparison.runs, scenarios, comparison.options, arm.scenario, rate)
            for arm in arms
        ),
    )


def _outcome(arm: Arm, writing: Writing, draws: int, rate: float) -> ComparedScenario:
    comparison, d = arm.comparison, arm.difference
    scenario = comparison.scenarios[arm.scenario]
    changes = tuple(comparison.changes(comparison.names[arm.scenario]))
    ahead = comparison.horizons
    last, middle = changes[-1], changes[middle_of(ahead)]
    years = ahead[-1]
    found = [pockets(comparison.runs, n, rate, arm.scenario) for n in ahead]
    paid = [back for back in payback(d, rate) if arm.alike or back.measure == "cost"]
    views = [
        name
        for name, lines in PERSPECTIVES.items()
        if (arm.alike or name != CASH) and all(label in d.key_blocks for label, _ in lines)
    ]
    return ComparedScenario(
        title=scenario.title,
        sentence=_sentence(arm.alike, scenario.title, last, years, writing, draws),
        term=_term(changes, ahead[0], writing) if arm.alike and not few(draws) else "",
        unmet=writing.t("key_unmet", year=middle.year, change=in_words(middle.unmet_need, writing)),
        policy=scenario.policy,
        levels=tuple(comparison.levels(arm.scenario)),
        changes=changes,
        terms=tuple(budget_impact(d)),
        paybacks=tuple(_back(d, back, ahead, found, draws) for back in paid),
        worths=tuple(_worth(d, name, way, draws) for name in views for way in DISCOUNTS),
        alike=arm.alike,
        place=_place(arm, writing, draws),
    )


def _place(arm: Arm, writing: Writing, draws: int) -> str:
    """Return when a place of child work pays for itself, as Start tells it, or nothing."""
    comparison = arm.comparison
    if few(draws) or CHILD_WORK not in comparison.scenarios[arm.scenario].programmes:
        return ""
    found = place_cost(comparison.runs, CHILD_WORK, comparison.horizons[0], arm.scenario)
    return "" if found is None else break_even_words(found, writing).replace("**", "")


def _back(
    d: Difference, back: Payback, ahead: Sequence[int], found: Sequence[Sequence[Pocket]], draws: int
) -> Back:
    """Return when a payer's money is back. found: what each payer's money comes to up to each horizon."""
    # rounded, for parts of one do not always add up to it
    shares = [round(sum(x for year, x in back.shares.items() if year < d.years[0] + n), 9) for n in ahead]
    lost = [lost_in_luck(upto, back.payer, back.measure, draws) for upto in found]
    clear = tuple(None if drowns else share for share, drowns in zip(shares, lost, strict=True))
    return Back(back.payer, back.measure, clear, None if lost[-1] else back.never)


def _worth(d: Difference, view: str, way: Discounting, draws: int) -> tuple[Worth, bool]:
    """Return the worth of a scenario over all years, and whether noise exceeds the cost of programmes."""
    found = worth(d, view, way, len(d.years))
    spent = float(programme_cost(d, discount_factor(way.costs, np.arange(1, len(d.years) + 1))).mean())
    return found, drowned(found.net_present_value, spent, draws)


def _term(changes: Sequence[Change], years: int, writing: Writing) -> str:
    """Return what it costs in the first term, or nothing where the chance is not told either."""
    if changes[-1].equal or changes[-1].drowned:
        return ""
    cost = changes[0].municipal_cost
    return writing.t(f"key_pays_{pays(cost)}", cost=writing.about_euros(cost.value), years=years)


def _sentence(alike: bool, title: str, last: Change, years: int, writing: Writing, draws: int) -> str:
    """Return the key sentence: the chance of break-even, or why none is given."""
    if Standing.of(last.municipal_cost) is Standing.UNTOLD:
        return writing.t("key_untold", title=title)
    if not alike:
        return writing.t("key_scarce", title=title)
    if last.p_paid_back is None or few(draws):
        return writing.t("key_few", title=title, draws=draws, enough=ENOUGH_DRAWS)
    if last.equal:
        return writing.t("key_equal", title=title)
    if last.drowned:
        return writing.t("key_small", title=title)
    chance = writing.chance(last.p_paid_back, draws)
    return writing.t(
        "key_spend" if last.municipal_programme_cost > 0 else "key_other",
        title=title,
        chance=chance,
        years=years,
    )


def _effect(scenarios: Sequence[Scenario], writing: Writing) -> str:
    return writing.unknown_effect(weight_of_no_effect(scenarios), believed(scenarios))


def _unknown(
    scenarios: Sequence[Scenario], outcomes: Sequence[ComparedScenario], writing: Writing
) -> tuple[str, ...]:
    capped = any(s.policy == "capped" for s in scenarios)
    first = scenarios[0].parameters
    others = [s.parameters for s in scenarios[1:]]
    names = sorted({n for own in others for n in own.keys() | first.keys() if own.get(n) != first.get(n)})
    titles = [parameter_title(name, writing) for name in names]
    uneven = [writing.t("unknown_changed", names=clipped(titles, writing))] if names else []
    found = [
        *uneven,
        _effect(scenarios, writing),
        *writing.t("unknown_items").splitlines(),
        writing.t("unknown_capped" if capped else "unknown_open"),
    ]
    if any(o.policy == "capped" and o.levels[-1].waiting is None for o in outcomes):
        found.append(writing.t("unknown_waiting"))
    return tuple(found)
