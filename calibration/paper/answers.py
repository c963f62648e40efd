"""The answer of the model to each claim of the position paper: a sentence and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from calibration.documents.report import markdown
from calibration.paper.runs import Laboratory, Pair, level
from calibration.paper.words import (
    TOO_SMALL,
    UNMET,
    USERS,
    ClaimAnswer,
    in_words,
    quintiles,
    short,
    spread,
    table,
)
from sim.decision.firm import Standing, standing
from sim.decision.headline import HORIZONS
from sim.engine.history import Label

NOW = "almere/huidig"
TEN = "youths with unmet need after 10 years"
FTE_PER_PERCENT = 12.2
"""FTE in one percent of Almere's youth budget, as scenarios/argumenten/oormerk-aandeel.yaml says."""
WAITING: Label = ("waiting_stock", "total", "all")
OUTCOMES: Mapping[str, Label] = {
    "early school leavers": ("early_school_leavers", "total", "all"),
    "first offenders": ("first_offences", "total", "all"),
    "children maltreated": ("maltreated", "total", "all"),
    "child-years of unmet need": UNMET,
    "child-years of taking part": ("taking_part", "total", "all"),
}


def both(pair: Pair, years: int = 10) -> str:
    """Return what a scenario does to care and to unmet need, side by side."""
    users, unmet = pair.figure(USERS, years), pair.figure(UNMET, years)
    if {standing(users), standing(unmet)} == {Standing.TOO_SMALL}:
        return f"After {years} years the changes in jeugdzorg and in unmet need are {TOO_SMALL}."
    words = f"{in_words(users, 'youths with jeugdzorg')}; {in_words(unmet, 'youths with unmet need')}"
    return f"After {years} years: {words}."


def paid(pair: Pair, years: int = 20) -> str:
    """Return what a scenario costs the municipality on balance, and the chance that this is nothing."""
    c = pair.after(years)
    net = short(c.municipal_cost, 1e6, 1)
    chance = "" if c.p_paid_back is None else f", paid back in {c.p_paid_back:.0%} of draws"
    return f"Over {years} years the municipality spends {net} million euros net{chance}."


def compared(lab: Laboratory, *files: str) -> tuple[list[Pair], str]:
    """Return scenarios against what their files name, and the table of them."""
    pairs = [lab.pair(file) for file in files]
    against = {pair.both[0].title for pair in pairs}
    if len(against) == 1:
        names = [pair.both[1].title for pair in pairs]
        head = f"Compared with: {against.pop()}.\n\n"
    else:
        names = [f"{pair.both[1].title} (against: {pair.both[0].title})" for pair in pairs]
        head = ""
    return pairs, head + table(list(zip(names, pairs, strict=True)))


def almere(lab: Laboratory) -> ClaimAnswer:
    """36 workers, twice as many, without a ring-fence, and in living rooms."""
    pairs, body = compared(lab, NOW, "almere/dubbel", "almere/dubbel-ongeoormerkt", "almere/huiskamers")
    now, _ = lab.comes(NOW, "kinderwerk")
    rooms, _ = lab.comes("almere/huiskamers", "kinderwerk")
    moved = lab.pair("almere/huiskamers", NOW)
    body += (
        f"\nOf the children who come, {quintiles(now)} live in the two most deprived fifths of "
        f"neighbourhoods today, and {quintiles(rooms)} with living rooms there (best fit). Living rooms "
        f"against the same workers as today. {both(moved)}\n"
    )
    return ClaimAnswer(f"36 workers against none. {both(pairs[0])} {paid(pairs[0])}", body)


def tilburg(lab: Laboratory) -> ClaimAnswer:
    """Presence, family support, and citizenship lessons during a teacher shortage."""
    pairs, body = compared(
        lab, "tilburg/aanwezig", "tilburg/met-gezinssteun", "tilburg/lerarentekort",
        "tilburg/lerarentekort-burgerschap",
    )  # fmt: skip
    third = "youths with unmet need in its third year"
    words = [
        f"Going to where children are, against fixed places: {in_words(pairs[0].figure(UNMET, 10), TEN)}.",
        f"Family support added: {in_words(pairs[1].figure(UNMET, 10), TEN)}.",
        f"The teacher shortage itself: {in_words(pairs[2].figure(UNMET, 3), third)}.",
        f"Lessons in six schools during it: {in_words(pairs[3].figure(UNMET, 3), third)}.",
    ]
    return ClaimAnswer(" ".join(words), body)


def hilversum(lab: Laboratory) -> ClaimAnswer:
    """One line against a gap, and parents."""
    pairs, body = compared(lab, "hilversum/gat", "hilversum/doorlopende-lijn", "hilversum/ouders")
    line, parents = pairs[1], pairs[2]
    words = f"One line against a gap at 12-14, with as many FTE. {both(line)} Parents added. {both(parents)}"
    return ClaimAnswer(words, body)


def municipalities(lab: Laboratory) -> ClaimAnswer:
    """Each municipality with its own children and national values for the rest."""
    pairs, body = compared(
        lab, "apeldoorn/huidig", "den-haag/dubbel", "deventer/dubbel", "eindhoven/dubbel", "haarlem/huidig",
        "hoorn/huidig", "rotterdam/rond-het-kind",
    )  # fmt: skip
    clear = sum(standing(p.figure(UNMET, 10)) is Standing.FIRM for p in pairs)
    words = (
        f"All {len(pairs)} run; in {clear} of them the change in unmet need after 10 years has one direction "
        "in nine of ten draws. None has local figures of care, cost and child work: differences between them "
        "are those of their size and of assumed FTE, and no more."
    )
    return ClaimAnswer(words, body)


def cut(lab: Laboratory) -> ClaimAnswer:
    """Child work that goes, and child work as projects."""
    pairs, body = compared(lab, "argumenten/wegbezuinigd", "argumenten/projectmatig")
    return ClaimAnswer(f"Cut entirely. {both(pairs[0])} As projects. {both(pairs[1])}", body)


def youth_work(lab: Laboratory) -> ClaimAnswer:
    """Child work only, youth work only, both; for the same money."""
    pairs, body = compared(lab, NOW, "argumenten/alleen-jongerenwerk", "argumenten/kinder-en-jongerenwerk")
    mixed = lab.pair("argumenten/kinder-en-jongerenwerk", "argumenten/alleen-jongerenwerk")
    words = (
        f"Both against youth work only, for the same money. {both(mixed)} Against none: "
        f"{in_words(pairs[0].figure(UNMET, 10), TEN)} by child work only; "
        f"{in_words(pairs[1].figure(UNMET, 10), TEN)} by youth work only."
    )
    return ClaimAnswer(words, body)


def bso(lab: Laboratory) -> ClaimAnswer:
    """The same money for out-of-school care."""
    file = "argumenten/bso-in-plaats-van-kinderwerk"
    pairs, body = compared(lab, file)
    child, many = lab.comes(NOW, "kinderwerk")
    other, more = lab.comes(file, "bso")
    body += (
        f"\nOver 20 years {more:,.0f} children come to the BSO and {many:,.0f} to child work (best fit).\n"
    )
    words = (
        f"It reaches other children: {quintiles(other)} of those who come live in the two most deprived "
        f"fifths of neighbourhoods, against {quintiles(child)} in child work. {both(pairs[0])}"
    )
    return ClaimAnswer(words, body)


def wijkteam(lab: Laboratory) -> ClaimAnswer:
    """The same money for a larger wijkteam."""
    pairs, body = compared(lab, "argumenten/wijkteam-uitbreiding")
    wider = pairs[0].figure(("care_users", "form", "wijkteam"), 4)
    body += (
        "\nThe rise in the claim is that of jeugdzorg: 8.5 to 10 percent of youths, 380,000 in 2015 and "
        "443,585 in 2019. The model was fitted to 2015-2022 with access that grew; 2023 and 2024 were held "
        "out ([calibration.md](calibration.md)). That access grew and not need is an argument, not an "
        "outcome.\n"
    )
    net = "The net widens" if wider.value > 0 and standing(wider) is Standing.FIRM else "No wider net is seen"
    words = f"{net}: {in_words(wider, 'youths with help of the wijkteam after 4 years')}. {both(pairs[0])}"
    return ClaimAnswer(words, body)


def ring_fence(lab: Laboratory) -> ClaimAnswer:
    """A ring-fence against none, over two council terms."""
    pairs, body = compared(
        lab, "almere/dubbel", "almere/dubbel-ongeoormerkt", "argumenten/schaarste-verdringing"
    )
    options = replace(lab.size.options(), draws=max(lab.size.draws // 2, 1))
    _, scenarios, runs = lab.grid("argumenten/oormerk-aandeel", options)
    fte: Label = ("programme_fte", "programme", "kinderwerk")
    rows, lost = [], {True: 0.0, False: 0.0}
    for k, scenario in enumerate(scenarios):
        use, last = scenario.programmes["kinderwerk"], scenario.years - 1
        asked = use.fte.at(scenario.start)
        if not asked:
            continue
        first, then = level(runs, k, fte, 1), level(runs, k, fte, last)
        lost[use.ring_fenced] = max(lost[use.ring_fenced], 1.0 - then.mean() / first.mean())
        unmet = level(runs, k, UNMET, last) - level(runs, 0, UNMET, last)
        share = f"{asked / FTE_PER_PERCENT:.0f}%"
        fenced = "yes" if use.ring_fenced else "no"
        rows.append((share, f"{asked:g}", fenced, spread(then), spread(unmet)))
    body += "\nA share of the youth budget for child work, over two council terms (8 years):\n\n" + markdown(
        ("share of the budget", "FTE asked", "ring-fenced", "FTE at work in year 8",
         "unmet need in year 8 against none"), rows,
    )  # fmt: skip
    words = (
        f"Without a ring-fence up to {lost[False]:.0%} of the workers of the second year are gone by the end "
        f"of two council terms, with one {lost[True]:.0%}. 72 unfenced workers against none. {both(pairs[1])}"
    )
    return ClaimAnswer(words, body)


def light_need(lab: Laboratory) -> ClaimAnswer:
    """Light need handled by child work."""
    pairs, body = compared(lab, "argumenten/licht-verwelzijnd")
    ambulant = pairs[0].over(("care_starts", "form", "ambulant"), 10)
    heavier = pairs[0].figure(("need_stock", "need", "moderate"), 10)
    options = replace(lab.size.options(), draws=max(lab.size.draws // 2, 1))
    _, scenarios, runs = lab.grid("argumenten/licht-verwelzijnd-mate", options)
    labels: tuple[Label, ...] = (
        ("care_users", "form", "ambulant"),
        ("need_stock", "need", "moderate"),
        UNMET,
    )
    rows = []
    for k, scenario in enumerate(scenarios):
        changes = [level(runs, k, label, 9) - level(runs, 0, label, 9) for label in labels]
        share = scenario.parameters["kinderwerk.substitution"].value
        rows.append((f"{share:g}", *(spread(values) for values in changes)))
    body += "\nHow often light need still leads to ambulant care, and what follows in year 10 (1 is off):\n\n"
    body += markdown(("still ambulant", "youths with ambulant care", "moderate need", "unmet need"), rows)
    words = (
        f"Over 10 years: {in_words(ambulant, 'starts of ambulant care')}. The limit is that a child without "
        f"that help misses what it does; after 10 years: {in_words(heavier, 'youths with moderate need')}."
    )
    return ClaimAnswer(words, body)


def term(lab: Laboratory) -> ClaimAnswer:
    """What a four-year horizon hides."""
    pair = lab.pair(NOW)
    costs = {years: pair.after(years) for years in HORIZONS}
    rows = [(name, *(short(pair.over(label, years)) for years in costs)) for name, label in OUTCOMES.items()]
    body = "Added up over the years so far, with 36 workers against none:\n\n"
    body += markdown(("what", *(f"{years} years" for years in costs)), rows)
    spent = costs[4].programme_cost / costs[20].programme_cost
    early, late = pair.over(UNMET, 4), pair.over(UNMET, 20)
    words = f"The first four of twenty years hold {spent:.0%} of the money for workers. "
    if standing(early) is not Standing.FIRM or standing(late) is not Standing.FIRM:
        words += "What of the change in unmet need falls within them is not clear. "
    else:
        words += f"They hold {early.value / late.value:.0%} of the change in child-years of unmet need. "
    return ClaimAnswer(words + " ".join(paid(pair, years) for years in costs), body)


def pandemic(lab: Laboratory) -> ClaimAnswer:
    """A lockdown with and without child workers."""
    pairs, body = compared(lab, "argumenten/lockdown-afwezig", "argumenten/lockdown-aanwezig")
    noun = "youths with unmet need at the end of that year"
    words = (
        f"A lockdown in which all close, against none: {in_words(pairs[0].figure(UNMET, 2), noun)}. "
        f"Child workers who stay, against workers who go: {in_words(pairs[1].figure(UNMET, 2), noun)}."
    )
    return ClaimAnswer(words, body)


def waits(pair: Pair, years: int = 10) -> str:
    """Return how many wait in a year, on both sides: more children seen may mean more waiting."""
    before, after = (level(pair.runs, k, WAITING, years - 1).mean() for k in (0, 1))
    return f"{after:,.0f} youths wait in year {years}, against {before:,.0f} (too few draws for a range)"


def scarcity(lab: Laboratory) -> ClaimAnswer:
    """Fixed places, waiting, and getting worse while waiting."""
    pairs, body = compared(
        lab, "argumenten/schaarste-wachtlijsten", "argumenten/wachtlijsten-met-kinderwerk",
        "argumenten/wachten-zonder-verergering",
    )  # fmt: skip
    rows = []
    for pair in pairs:
        found = [
            f"{level(pair.runs, k, (measure, 'total', 'all'), 9).mean():,.1f}"
            for measure in ("waiting_stock", "waiting_weeks")
            for k in (0, 1)
        ]
        rows.append((pair.both[1].title, *found))
    body += f"\nWaiting in year 10, in the reference and in the scenario ({lab.size.everyone} draws):\n\n"
    header = ("scenario", "waiting in the reference", "waiting", "mean weeks in the reference", "mean weeks")
    body += markdown(header, rows)
    words = (
        f"Fixed places instead of an open end. {both(pairs[0])} Child work under fixed places, against none: "
        f"{in_words(pairs[1].figure(UNMET, 10), TEN)}; {waits(pairs[1])}. If waiting made nothing worse: "
        f"{in_words(pairs[2].figure(UNMET, 10), TEN)}. These are {lab.size.everyone} draws of every child: "
        "ranges are rough."
    )
    return ClaimAnswer(words, body)
