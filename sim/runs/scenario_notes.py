"""What a scenario says that does nothing, or is unusual: told, and not refused.

A comparison may say the same in two scenarios of which only one has what it acts on, and a researcher may try
a value that nobody expects. Who writes it by mistake is told so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sim.errors import InputError, Problem
from sim.faults import Fault, fault
from sim.files.yamlfile import Document, in_order, load_document
from sim.files.yamltext import Loc
from sim.inputs.grid import Member
from sim.inputs.municipality import Municipality
from sim.inputs.placenames import became_of
from sim.inputs.profiles import profile_of, profiles
from sim.inputs.programme_use import ProgrammeUse
from sim.inputs.registry import Registry
from sim.inputs.scenario import Scenario, load_scenario
from sim.inputs.shock import Shock
from sim.model.catalogue import catalogue
from sim.runs.alike import comparable
from sim.runs.idle import goes_on, parameters_told, workers
from sim.states import FORMS, MECHANISMS, MONTHS

Note = tuple[Loc, Fault]
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
        note
        for scenario in scenarios
        for note in _placed(
            [*_told(scenario), *_before(scenario, documents)], scenario.path, documents
        )
    )


def _told(scenario: Scenario) -> Iterator[Note]:
    yield from ((("parameters", name), words) for name, words in parameters_told(scenario))
    yield from _shocks(scenario)
    yield from _programmes(scenario)
    yield from _places(scenario)
    if scenario.local is not None:
        yield from ((("municipality", *loc), message) for loc, message in _figures(scenario.local))


def _before(scenario: Scenario, documents: dict[Path | None, Document]) -> Iterator[Note]:
    """Yield what became of a municipality that a scenario or grid names and that is one no longer."""
    data = _document(scenario.path, documents).data
    parts = [part for part in (data, data.get("base"), data.get("values")) if isinstance(part, dict)]
    for part in parts:
        written = part.get("municipality")
        for name in written if isinstance(written, list) else [written]:
            became = became_of(str(name)) if isinstance(name, (str, int)) else None
            if became is not None and became.values.get("heir") == scenario.municipality:
                yield ("municipality",), became


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
    document = _document(path, documents)
    if document.data.get("kind") != "grid":
        return [document.problem(loc, message) for loc, message in told]
    return [document.problem(_in_grid(document, loc), message) for loc, message in told]


def _document(path: Path | None, documents: dict[Path | None, Document]) -> Document:
    """Return the document of a scenario, read once."""
    if path not in documents:
        assert path is not None, "what is made in memory has a document already"
        try:
            documents[path] = load_document(path, ("scenario", "grid"))
        except InputError:  # it is gone since the scenario was read
            documents[path] = Document.in_memory({}, str(path))
    return documents[path]


def _in_grid(document: Document, loc: Loc) -> Loc:
    """Return where a grid says what a scenario has at a place, or the nearest place around it."""
    for length in range(len(loc), 0, -1):
        for place in (("values", ".".join(map(str, loc[:length]))), ("base", *loc[:length])):
            if place in document.tree.values:
                return place
    return ()


# Shocks


def _then(scenario: Scenario, shock: Shock) -> dict[str, ProgrammeUse]:
    """Return the programmes that have FTE in any year of a shock."""
    first, after = shock.span(scenario.start)
    years = (scenario.start + max(first, 0) // MONTHS, scenario.start + (after - 1) // MONTHS)
    return workers(scenario, *years)


def _shocks(scenario: Scenario) -> Iterator[Note]:
    for k, shock in enumerate(scenario.shocks):
        loc: Loc = ("shocks", k)
        if shock.size == 0:
            yield (*loc, "size"), fault("shock_of_size_zero")
        if shock.span(scenario.start)[0] < 0:
            words = fault("shock_begins_before", start=scenario.start)
            yield (*loc, "start"), words
        if shock.span(scenario.start)[1] > scenario.years * MONTHS:
            last = scenario.start + scenario.years - 1
            words = fault("shock_goes_on_after", last=last)
            yield (*loc, "months"), words
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
    there = workers(scenario)
    for name, use in there.items():
        loc: Loc = ("programmes", name)
        for switch in (*MECHANISMS, "continuity"):
            if not getattr(use.switches, switch) and (why := _nothing_to_switch(name, switch, scenario)):
                yield (*loc, "switches", switch), fault("switch_idle", switch=switch, why=why)
        if not use.ring_fenced and use.paid_by == "outside" and not _is_cut(scenario, name):
            words = fault("ring_fence_idle")
            yield (*loc, "ring_fenced"), words
        if (many := _more_than_children(name, use, scenario)) is not None:
            yield (*loc, "fte"), many


def _more_than_children(name: str, use: ProgrammeUse, scenario: Scenario) -> Fault | None:
    """Return that a programme has room for more children than live there, or None; room as in the engine."""
    programme = catalogue().get(name)
    if programme is None:
        return None
    most = max(use.fte.at(year) for year in range(scenario.start, scenario.start + scenario.years))
    for_each, by_fte = (scenario.number(f"{name}.{of}") for of in ("visits_per_child", "visits_per_fte"))
    room, first, last = most * by_fte / for_each, programme.first_age, programme.last_age
    there = sum(profile_of(scenario).youths[first : last + 1])
    if room <= there:
        return None
    return fault("more_workers_than_children", fte=most, room=room, there=there, first=first, last=last)


def _nothing_to_switch(name: str, switch: str, scenario: Scenario) -> Fault | None:
    """Return why a switch has nothing to switch off, or None."""
    programme = catalogue().get(name)
    if programme is None:
        return None
    if switch == "continuity":
        if not goes_on(programme, scenario):
            return fault("continues_nothing", name=name)
        return None
    if ("onset" if switch in ALL_OF_ONE else switch) not in programme.mechanisms:
        return fault("no_such_effect", name=name)
    strength = f"{name}.{switch}"
    if switch == "substitution" and scenario.number(strength) == 1.0:
        return fault("strength_is_one", strength=strength)
    return None


def _is_cut(scenario: Scenario, name: str) -> bool:
    return any(s.kind == "budget_cut" and name in (s.programmes or (name,)) for s in scenario.shocks)


def _places(scenario: Scenario) -> Iterator[Note]:
    if scenario.policy != "capped":
        return
    from sim.engine.plan import LIMITED  # here, for the engine takes a second to import

    if all(
        scenario.places.get(form, "as_used" if form in LIMITED else "unlimited") == "unlimited"
        for form in FORMS
    ):
        yield ("policy",), fault("capped_idle")


# A municipality


def doubts(municipality: Municipality) -> list[Note]:
    """Return the figures of a municipality that may be in another unit, with their places."""
    found: list[Note] = []
    there, ships = municipality.youths(), profiles().get(municipality.name)
    as_shipped = ships is not None and abs(there - ships.total) < 1.0  # ages that are derived are not whole
    fractions = any(youths % 1.0 for youths in municipality.population.values())
    if there < FEW_YOUTHS and fractions and not as_shipped:
        found.append((("population",), fault("youths_not_whole", there=there)))
    for k, use in enumerate(municipality.use or ()):
        if municipality.use_share(use) < LEAST_USE:
            there = municipality.residents(use)
            found.append((("use", k, "youths"), fault("few_users", youths=use.youths, there=there)))
    return found


def _figures(municipality: Municipality) -> Iterator[Note]:
    if became := became_of(municipality.name):
        yield ("name",), became
    yield from doubts(municipality)
    if municipality.use is not None and not municipality.fitted:
        words = fault("figure_of_use_idle")
        yield ("use",), words
