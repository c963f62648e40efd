"""Answers to claims about groups of youths, and about evidence and the value of information."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from calibration.documents.markup import markdown
from calibration.paper.answers import NOW, OUTCOMES
from calibration.paper.claims import scenario_of
from calibration.paper.runs import Floats, Laboratory, level, lives, who_is_well
from calibration.paper.telling import ChangeTold, Count, GroupTold, Said, Share, Value, said, spread_of
from calibration.paper.words import ClaimAnswer, spread
from sim.decision.comparison import Figure
from sim.decision.dossier import ENOUGH, knowledge
from sim.decision.equity import NEIGHBOURHOODS, Gain, gains
from sim.decision.goal import Goal
from sim.decision.sample import Question, collect
from sim.engine.history import GROUP_LEVELS, Label
from sim.runs.experiment import Options, Run
from sim.runs.workers import Workers

EVENTS = {"first_offences": "first offenders", "early_school_leavers": "early school leavers"}
COMPARED = {
    "bijstand": "bijstand", "others": "geen_bijstand", "most": NEIGHBOURHOODS[-1], "least": NEIGHBOURHOODS[0],
}  # fmt: skip
"""Groups whose change is told on the page, by what the words call them."""
PLACES: Label = ("programme_places", "programme", "kinderwerk")
FTE: Label = ("programme_fte", "programme", "kinderwerk")


def vulnerability(lab: Laboratory) -> ClaimAnswer:
    """How many vulnerable children have no need, and taking part."""
    shares = who_is_well(scenario_of(NOW), lab)
    part = lab.pair(NOW).figure(OUTCOMES["child-years of taking part"], 10)
    body = "Youths of 0-22 in Almere at the start, best fit:\n\n" + markdown(
        ("lasting vulnerability", "have no need for care at that moment"),
        [(name, f"{share:.0%}") for name, share in shares.items()],
    )
    body += (
        "\nResults are not broken down by kind of vulnerability: the model has no evidence that help does "
        "more for one kind than for another, so such a table would only show whose risk is larger "
        "([model.md](model.md)). The fourth kind, social, is the household: results by group stand below.\n"
    )
    vulnerable = {name: share for name, share in shares.items() if name != "none of the three"}
    kinds: dict[str, Value] = {name: Share(share) for name, share in vulnerable.items()}
    most = min(vulnerable.values()) > 0.5
    well = Said("kwetsbaarheid_most" if most else "kwetsbaarheid_not_most", kinds)
    return ClaimAnswer((well, said("kwetsbaarheid_part", part=ChangeTold(part))), body)


def families(lab: Laboratory) -> ClaimAnswer:
    """Results by household and neighbourhood."""
    pair = lab.pair(NOW)
    runs = lab.whole(["almere/geen"], lab.size.options())
    people, users = (
        {g: float(level(runs, 0, (measure, "group", g), 3).mean()) for g in GROUP_LEVELS}
        for measure in ("population", "care_users")
    )
    found = {gain.group: gain for gain in gains(pair.d, "unmet_need", people)}
    rows = [
        (
            group.replace("_", " "),
            f"{people[group]:,.0f}",
            f"{users[group] / people[group]:.0%}",
            _change(found[group]),
        )
        for group in GROUP_LEVELS
    ]
    ratio = users["bijstand"] / people["bijstand"] / (users["geen_bijstand"] / people["geen_bijstand"])
    often = said("gezinnen", times=Count(ratio, 1))
    shown = {name: _as_change(found[group], lab.size.draws) for name, group in COMPARED.items()}
    body = (
        "Almere without child work in 2029 (mean over draws), and the change in unmet need with 36 workers, "
        "mean over 20 years per 1,000 of the group:\n\n"
    )
    return ClaimAnswer(
        (often, Said("gezinnen_change", shown)),
        body + markdown(("group", "youths", "with jeugdzorg", "unmet need per 1,000"), rows),
    )


def _as_change(gain: Gain, draws: int) -> ChangeTold:
    return ChangeTold(Figure(gain.per_1000, gain.mcse, gain.low, gain.high, None, draws), decimals=2)


def _change(gain: Gain) -> str:
    interval = "" if gain.low is None else f" ({gain.low:+.2f} to {gain.high:+.2f})"
    return ("too small to tell" if gain.too_small else f"{gain.per_1000:+.2f}") + interval


def forty(lab: Laboratory) -> ClaimAnswer:
    """Earlier care among first offenders and school leavers, and the other way round."""
    options = Options(children=lab.size.country, draws=lab.size.country_draws, first_draw=1)
    runs = lab.whole(["nederland/huidig"], options)
    had = lives(runs)
    everyone = _with(had, set())
    helped = _with(had, {"care"})
    rows, statements = [], []
    for outcome, name in EVENTS.items():
        before = _before(runs, outcome)
        crossed, ever = _with(had, {"care", outcome}), _with(had, {outcome})
        reverse, without = crossed / helped, (ever - crossed) / (everyone - helped)
        rows.append((name, *(spread(share, True) for share in (before, reverse, without))))
        statements.append(Said(f"veertig_{outcome}", {
            "before": spread_of(before, True), "reverse": spread_of(reverse, True),
            "without": spread_of(without, True),
        }))  # fmt: skip
    statements.append(said("veertig", everyone=spread_of(helped / everyone, True)))
    body = markdown(
        ("who", "had jeugdhulp at or before the event", "of youths who had jeugdhulp, ever before 23",
         "of youths who never had it, ever before 23"), rows,
    )  # fmt: skip
    body += (
        f"\nOf all youths {spread(helped / everyone, True)} had jeugdhulp at some time before 23, so that a "
        "large share among any group is to be expected. Nothing here was fitted to earlier care. The "
        "paper's 40 percent is an advocacy figure of a narrower group (rising criminal talent): agreement "
        "would prove little, and a difference is no refutation.\n"
    )
    return ClaimAnswer(tuple(statements), body)


def _with(had: Mapping[str, Floats], events: set[str]) -> Floats:
    """Return how many youths had all of these in their life, by run."""
    found = [number for life, number in had.items() if events <= set(life.split("+"))]
    return np.asarray(np.sum(found, axis=0))


def _before(runs: list[Run], outcome: str) -> Floats:
    """Return the share of events of youths with jeugdhulp then or before, by run."""
    helped = level(runs, 0, (f"{outcome}_helped_before", "total", "all"))
    return np.asarray(helped / level(runs, 0, (outcome, "total", "all")))


def figures(lab: Laboratory) -> ClaimAnswer:
    """Reach per FTE, and what is worth knowing first."""
    pair = lab.pair(NOW)
    reach = level(pair.runs, 1, PLACES, 9) / level(pair.runs, 1, FTE, 9)
    _, scenarios, runs = lab.grid("argumenten/bereik-per-fte", Options(children=lab.size.children))
    rows = []
    for k, scenario in enumerate(scenarios):
        visits = scenario.parameters["kinderwerk.visits_per_child"].value
        children = level(runs, k, PLACES, 9) / level(runs, k, FTE, 9)
        rows.append((f"{visits:g}", f"{float(children[0]):,.0f}"))
    body = "Children at any moment per worker at work, by visits per child per year (best fit):\n\n"
    body += markdown(("visits per child per year", "children per worker"), rows)
    reached = said("cijfers", reach=spread_of(reach))
    if lab.size.knowledge < ENOUGH:
        return ClaimAnswer((reached, said("cijfers_unknown")), body)
    first, worth = _worth(lab)
    return ClaimAnswer((reached, said("cijfers_first", group=GroupTold(first))), f"{body}\n{worth}")


def _worth(lab: Laboratory) -> tuple[str, str]:
    """Return which group of figures is worth most to know, and the table of all."""
    pair, draws = lab.pair(NOW), lab.size.knowledge
    question = Question(pair.both, Options(children=lab.size.children))
    with tempfile.TemporaryDirectory() as folder, Workers(1) as workers:
        sample = collect(question, draws, Path(folder), workers)
        known = knowledge(sample, Goal(year=pair.d.years[-1]), workers)
    lab.note(pair.both, "children reached differently", replace(question.options, draws=draws))
    rows = [(group, f"{e.value / 1e6:.1f}") for group, e in known.groups]
    text = (
        f"What it is worth to know, million euros for Almere, at {known.willingness:,.0f} euros for a "
        "child-year without moderate or complex need (where the decision is least sure). "
        f"{known.drawn:,} draws of an emulator of {draws} simulated ones (accuracy "
        f"{known.accuracy or 0:.2f}); everything together {known.everything.value / 1e6:.1f}:\n\n"
    )
    return known.groups[0][0], text + markdown(("group of figures", "worth knowing"), rows)
