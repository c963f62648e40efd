"""What a scenario says that does nothing, or is unusual: told, and not refused.

A comparison may say the same in two scenarios of which only one has what it acts on, and a researcher may try
a value that nobody expects. Who writes it by mistake is told so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sim.engine.setting import EXISTING
from sim.engine.simulation import LIMITED
from sim.errors import InputError, Problem
from sim.faults import Fault, fault
from sim.files.yamlfile import Document, in_order, load_document
from sim.files.yamltext import Loc
from sim.inputs.grid import Member
from sim.inputs.municipality import Municipality
from sim.inputs.profiles import profile_of, profiles
from sim.inputs.registry import Registry
from sim.inputs.scenario import ProgrammeUse, Scenario, Shock, load_scenario
from sim.model.catalogue import catalogue
from sim.model.parameters import default_parameters
from sim.runs.experiment import comparable
from sim.states import FORMS, MECHANISMS, MONTHS

Note = tuple[Loc, Fault]
COVERAGE, MOVING = f"{EXISTING}.existing_coverage", "population.moving"
BEFORE_START = (COVERAGE, MOVING)
"""Parameters that say how the municipality was before the scenario, and nothing after its start."""
CALIBRATION = ("cost.cpi_2019", "cost.total_2019", "cost.total_2024", "registration.parallel")
"""Parameters that only a calibration reads."""
BY_POLICY = {
    "capped": (
        "townhall.places_", "townhall.contract_up", "townhall.contract_down", "waiting.", "need.waiting",
    ),
    "crowd_out": ("townhall.crowd_out_",),
}  # fmt: skip
"""How the names of parameters start that act under one policy only."""
FEW_YOUTHS = 1000.0
"""Fewer than most municipalities have, and about what a large city has in thousands."""
LEAST_USE = 0.01
"""Share of youths with jeugdhulp below which a figure may be something else: CBS counts 4 to 20 percent."""
ALL_OF_ONE = ("escalation", "recovery")
"""Mechanisms that a programme has with `onset`."""


def notes(scenarios: Iterable[Scenario]) -> list[Problem]:
    """Return what is to be told of scenarios, each thing once, with its place in the file that it is from."""
    documents: dict[Path | None, Document] = {None: Document.in_memory({}, "<scenario>")}
    return in_order(
        note for scenario in scenarios for note in _placed(list(_told(scenario)), scenario.path, documents)
    )


def _told(scenario: Scenario) -> Iterator[Note]:
    yield from _parameters(scenario)
    yield from _shocks(scenario)
    yield from _programmes(scenario)
    yield from _places(scenario)
    if scenario.local is not None:
        yield from ((("municipality", *loc), message) for loc, message in _figures(scenario.local))


def as_line(note: Problem) -> str:
    """Return a note as the terminal tells it."""
    return f"{note.file}:{note.line}:{note.column}: note: {note.message}"


def notes_of_figures(municipality: Municipality) -> list[Fault]:
    """Return what is to be told of a municipality's own figures."""
    return [each for _, each in _figures(municipality)]


def notes_of_files(read: Iterable[tuple[Document, object]]) -> list[Problem]:
    """Return what is to be told of files, each with what was read from it: a scenario, a grid, or others."""
    found: list[Problem] = []
    for document, thing in read:
        if isinstance(thing, Municipality):
            found += [document.problem(loc, message) for loc, message in _figures(thing)]
        else:
            found += notes(_scenarios(thing))
    return in_order(found)


def unlike_references(read: Iterable[tuple[Document, object]], registry: Registry) -> list[Problem]:
    """Return why a scenario in a file, or the first of a grid, cannot be compared with its reference."""
    found = []
    for document, thing in read:
        for scenario in _scenarios(thing)[:1]:
            if scenario.reference is None:
                continue
            try:
                comparable([load_scenario(scenario.reference, registry), scenario])
            except InputError as error:
                message = fault("reference_unusable", why=error.problems[0].fault)
                found.append(document.problem(("reference",), message))
    return found


def _scenarios(thing: object) -> list[Scenario]:
    """Return the scenarios in what was read from a file."""
    if isinstance(thing, Scenario):
        return [thing]
    return [one.scenario for one in thing if isinstance(one, Member)] if isinstance(thing, tuple) else []


def _placed(told: Sequence[Note], path: Path | None, documents: dict[Path | None, Document]) -> list[Problem]:
    """Return notes with their places: those of the scenario's own file, or of the grid that it stands in.

    documents: the files that were read for it already.
    """
    if not told:
        return []
    if path is not None and path not in documents:
        try:
            documents[path] = load_document(path, ("scenario", "grid"))
        except InputError:  # it is gone since the scenario was read
            documents[path] = Document.in_memory({}, str(path))
    document = documents[path]
    if document.data.get("kind") != "grid":
        return [document.problem(loc, message) for loc, message in told]
    return [document.problem(_in_grid(document, loc), message) for loc, message in told]


def _in_grid(document: Document, loc: Loc) -> Loc:
    """Return where a grid says what a scenario has at a place, or the nearest place around it."""
    for length in range(len(loc), 0, -1):
        for place in (("values", ".".join(map(str, loc[:length]))), ("base", *loc[:length])):
            if place in document.tree.values:
                return place
    return ()


# Who is at work


def _workers(scenario: Scenario, first: int = 0, after: int | None = None) -> dict[str, ProgrammeUse]:
    """Return the programmes that have FTE in any year of these months (default: of the scenario)."""
    last = scenario.years - 1 if after is None else min((after - 1) // MONTHS, scenario.years - 1)
    years = range(scenario.start + max(first, 0) // MONTHS, scenario.start + last + 1)
    return {name: use for name, use in scenario.programmes.items() if any(use.fte.at(y) > 0 for y in years)}


def _then(scenario: Scenario, shock: Shock) -> dict[str, ProgrammeUse]:
    return _workers(scenario, *shock.span(scenario.start))


# Parameters


def _parameters(scenario: Scenario) -> Iterator[Note]:
    for name, override in scenario.parameters.items():
        loc = ("parameters", name)
        if why := _idle(name, override.since, scenario):
            yield loc, why
            continue
        record = default_parameters().records.get(name)
        if record is None or record.fixed or isinstance(override.value, tuple):
            continue
        if not record.low <= override.value <= record.high:
            yield loc, fault(
                "outside_believed_range",
                name=name, value=override.value, low=record.low, high=record.high,
            )  # fmt: skip


def _idle(name: str, since: str, scenario: Scenario) -> Fault | None:
    """Return why a parameter does nothing in a scenario, or None."""
    if name in CALIBRATION:
        return fault("idle_outside_calibration", name=name)
    if name in BEFORE_START:
        profile = profile_of(scenario) if scenario.local else profiles().get(scenario.municipality)
        own = profile and (profile.kinderwerk_fte if name == COVERAGE else profile.moving)
        if own is not None:
            return fault("idle_by_own_figure", name=name)
        if since != "birth":
            return fault("idle_from_start", name=name)
    if name == "townhall.budget_growth" and scenario.budget.real_growth is not None:
        return fault("idle_by_real_growth", name=name)
    for policy, starts in BY_POLICY.items():
        if name.startswith(starts) and scenario.policy != policy:
            return fault("idle_without_policy", name=name, policy=policy)
    users = [each.name for each in catalogue().values() if name in each.parameters]
    there = {EXISTING, *_workers(scenario)}
    if users and not there.intersection(users):
        return fault("idle_without_workers", name=name, programme=users[0])
    return None


# Shocks


def _shocks(scenario: Scenario) -> Iterator[Note]:
    for k, shock in enumerate(scenario.shocks):
        loc: Loc = ("shocks", k)
        if shock.size == 0:
            yield (*loc, "size"), fault("shock_of_size_zero")
        if shock.span(scenario.start)[0] < 0:
            words = fault("shock_begins_before", start=scenario.start)
            yield (*loc, "start"), words
        if shock.kind == "budget_cut":
            yield from _cut(scenario, shock, loc)
        if shock.workers == "absent" and not _then(scenario, shock):
            yield (*loc, "workers"), fault("absent_idle", why=fault("nobody_works_then"))


def _cut(scenario: Scenario, shock: Shock, loc: Loc) -> Iterator[Note]:
    """Yield the programmes that a budget cut names and cannot cut, or that there is none to cut."""
    there = _then(scenario, shock)
    if not shock.programmes and all(use.ring_fenced for use in there.values()):
        why = fault("all_ring_fenced") if there else fault("nobody_works_then")
        yield loc, fault("cut_idle", why=why)
    for k, name in enumerate(shock.programmes):
        if name not in scenario.programmes:
            why = fault("programme_not_there")
        elif name not in there:
            why = fault("no_workers_then")
        elif there[name].ring_fenced:
            why = fault("programme_ring_fenced")
        else:
            continue
        yield (*loc, "programmes", k), fault("cut_of_programme_idle", name=name, why=why)


# Programmes


def _programmes(scenario: Scenario) -> Iterator[Note]:
    there = _workers(scenario)
    for name, use in there.items():
        loc: Loc = ("programmes", name)
        for switch in (*MECHANISMS, "continuity"):
            if not getattr(use.switches, switch) and (why := _nothing_to_switch(name, switch, scenario)):
                yield (*loc, "switches", switch), fault("switch_idle", switch=switch, why=why)
        if not use.ring_fenced and use.paid_by == "outside" and not _is_cut(scenario, name):
            words = fault("ring_fence_idle")
            yield (*loc, "ring_fenced"), words


def _nothing_to_switch(name: str, switch: str, scenario: Scenario) -> Fault | None:
    """Return why a switch has nothing to switch off, or None."""
    programme = catalogue().get(name)
    if programme is None:
        return None
    if switch == "continuity":
        before = programme.continues
        if before is None or before not in {EXISTING, *_workers(scenario)}:
            return fault("continues_nothing", name=name)
        return None
    if ("onset" if switch in ALL_OF_ONE else switch) not in programme.mechanisms:
        return fault("no_such_effect", name=name)
    strength = f"{name}.{switch}"
    if switch == "substitution":
        own = scenario.parameters.get(strength)
        if (default_parameters()[strength] if own is None else own.value) == 1.0:
            return fault("strength_is_one", strength=strength)
    return None


def _is_cut(scenario: Scenario, name: str) -> bool:
    return any(s.kind == "budget_cut" and name in (s.programmes or (name,)) for s in scenario.shocks)


def _places(scenario: Scenario) -> Iterator[Note]:
    if scenario.policy == "capped" and all(
        scenario.places.get(form, "as_used" if form in LIMITED else "unlimited") == "unlimited"
        for form in FORMS
    ):
        yield ("policy",), fault("capped_idle")


# A municipality


def doubts(municipality: Municipality) -> list[Note]:
    """Return the figures of a municipality that may be in another unit, with their places."""
    found: list[Note] = []
    there = municipality.youths()
    if there < FEW_YOUTHS and any(youths % 1.0 for youths in municipality.population.values()):
        found.append((("population",), fault("youths_not_whole", there=there)))
    use, share = municipality.use, municipality.use_share
    if use is not None and share is not None and share < LEAST_USE:
        found.append((("use", "youths"), fault(
            "few_users",
            youths=use.youths, there=there,
        )))  # fmt: skip
    return found


def _figures(municipality: Municipality) -> Iterator[Note]:
    yield from doubts(municipality)
    if municipality.use is not None and not municipality.fitted:
        words = fault("figure_of_use_idle")
        yield ("use",), words
