"""Plans in files: the scenarios that ship as presets, a file of the user, and the file of a plan.

A file of a user is data that came over the network: it is read from its bytes, and no path in it is followed.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pages.choices.chosen import EFFECTS, Choices, overrides, pair, places, prior_of, reference_of
from pages.choices.levers import as_reference, period, shortest
from pages.choices.link import MOST_ASSUMPTIONS
from pages.choices.plan import Plan
from pages.look.texts import t
from pages.serving import uploads
from sim.decision.headline import STRENGTH
from sim.errors import InputError, Problem
from sim.faults import fault
from sim.files.yamlfile import dumped, head_of
from sim.inputs.library import registry
from sim.inputs.scenario import load_scenario
from sim.machine.project import SCENARIOS
from sim.model.futures import MODEL_TODAY
from sim.model.priors import ASSUMED

ARGUMENTS = "argumenten"
"""Scenarios that make a point about any municipality."""
REFERENCE_FILE = "uitgangssituatie.yaml"
LEFT_OUT = {"reference": "verken_no_reference", "municipality": "verken_no_municipality",
            "population": "verken_no_population", "structure": "verken_no_structure"}  # fmt: skip
"""The message for keys that would name files of this server."""
TOO_MUCH = fault("more_than_a_page")
_ZIP_DATE = (2026, 1, 1, 0, 0, 0)  # the same plan is the same file, whenever it is made
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """What a file says: changes of the choices (for `keep`), and the keys of texts on what went otherwise.

    beside: the title of a reference that no choice of a reference stands for; it is put on Vergelijk.
    """

    changes: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    beside: str = ""


# Presets


@dataclass(frozen=True)
class Preset:
    """A scenario that ships with the model: its title without the municipality, and its file."""

    title: str
    municipality: str
    path: Path

    @property
    def argues(self) -> bool:
        """Tell whether it makes a point about any municipality."""
        return self.path.parent.name == ARGUMENTS


@cache
def _shipped() -> tuple[Preset, ...]:
    """Return the scenarios that ship with the model; what is of another kind, or broken, is left out."""
    found = []
    for path in sorted(SCENARIOS.rglob("*.yaml")):
        try:
            head = head_of(path, ("kind", "title", "municipality"))
        except InputError:
            log.exception("a shipped scenario cannot be read")
            continue
        if head.get("kind") == "scenario" and isinstance(head.get("municipality"), str):
            title = short_title(str(head.get("title", path.stem)), head["municipality"])
            found.append(Preset(title, head["municipality"], path))
    return tuple(found)


def presets(municipality: str) -> dict[str, Preset]:
    """Return the shipped scenarios for a municipality by title: its own first, then those that argue."""
    own = [p for p in _shipped() if p.municipality == municipality and not p.argues]
    return {preset.title: preset for preset in (*own, *(p for p in _shipped() if p.argues))}


def short_title(title: str, municipality: str) -> str:
    """Return a title without the municipality, which a page shows already."""
    return title.removeprefix(f"{municipality}, ")


def open_preset(preset: Preset, chosen: Choices) -> Opened:
    """Return what a shipped scenario says, as a plan for the municipality in hand; assumptions stay.

    Raises InputError where its file, or that of its reference, cannot be used.
    """
    scenario = load_scenario(preset.path, registry())
    plan = shortest(Plan.of_scenario(scenario))
    named = plan.changed(title=preset.title)
    plain = not plan.changed().code().startswith("z")  # its words say it all
    plan = plan.changed() if plain else named
    changes: dict[str, Any] = {"plan": plan}
    if scenario.reference is None:
        return Opened(changes)
    against = load_scenario(scenario.reference, registry())
    reference = shortest(Plan.of_scenario(against))
    if name := as_reference(replace(chosen, plan=plan), reference):
        return Opened({**changes, "reference": name})
    title = short_title(against.title, against.municipality)
    return Opened({**changes, "plans": (reference.changed(title=title), plan)}, beside=title)


# A file of a user


def read_plan(name: str, content: bytes, chosen: Choices) -> Opened:
    """Return what an uploaded scenario file says. Raises InputError with every mistake; nothing is changed.

    A reference, and a municipality that is a path, are left out: they would be files of this server.
    """
    here = chosen.own_data or chosen.municipality
    return opened(name, uploads.plan(name, content, here, places()), chosen)


def opened(name: str, sent: uploads.Sent, chosen: Choices) -> Opened:
    """Return what a file says as changes of the choices. Raises InputError where they are not possible."""
    scenario, notes = sent.scenario, [LEFT_OUT[key] for key in sent.left_out]
    parameters = scenario.to_data()["parameters"]
    plan = Plan.of_scenario(scenario)
    effect = _effect(parameters) if scenario.prior == ASSUMED else scenario.prior
    since_start = {n: o["value"] for n, o in parameters.items() if o["from"] == "start"}
    since_birth = {n: o for n, o in parameters.items() if o["from"] == "birth"}
    if since_start or chosen.assumptions:
        notes.append("verken_assumptions")
    changes: dict[str, Any] = {
        "plan": _titled(
            shortest(plan.changed(parameters=since_birth)), short_title(scenario.title, scenario.municipality)
        ),
        "effect": effect,
        "future": scenario.future,
        "assumptions": tuple(sorted(since_start.items())),
        "municipality": scenario.municipality,
    }
    if scenario.local is not None and scenario.local.to_data() != chosen.own_data:
        changes["own"] = json.dumps(scenario.local.to_data(), sort_keys=True, ensure_ascii=False)
        notes.append("verken_own_figures")
    _refuse_choices(Problem.at(name, TOO_MUCH, *sent.top), replace(chosen, **changes))
    return Opened(changes, tuple(notes))


def _titled(plan: Plan, title: str) -> Plan:
    """Return a plan with a title, unless its own words say the same."""
    return plan if title == plan.label() else plan.changed(title=title)


def _effect(parameters: dict[str, Any]) -> str:
    """Return how well child work is taken to work, and take it from the parameters where a choice says it."""
    strength = parameters.get(STRENGTH)
    for effect, value in EFFECTS.items():
        if strength is not None and strength == {"value": value, "from": "start"}:
            del parameters[STRENGTH]
            return effect
    return "full"


def _refuse_choices(too_much: Problem, chosen: Choices) -> None:
    """Refuse choices that no link could restore, or that the model cannot run. Raises InputError."""
    pair(chosen)
    try:
        fits = Plan.of_code(chosen.plan.code()) == chosen.plan
    except ValueError:
        fits = False
    if not fits or len(chosen.assumptions) > MOST_ASSUMPTIONS:
        raise InputError([too_much])


# The file of a plan


def plan_text(chosen: Choices, title: str, reference: str = "") -> str:
    """Return the plan in hand as a commented scenario file. reference: the name of a file beside it."""
    head = {"kind": "scenario", "title": title} | ({"reference": reference} if reference else {})
    return _text(head, chosen, chosen.plan)


def reference_text(chosen: Choices, title: str) -> str:
    """Return what the plan in hand is compared with as a scenario file."""
    return _text({"kind": "scenario", "title": title}, chosen, reference_of(chosen))


def bundle(chosen: Choices, name: str, title: str, reference_title: str) -> bytes:
    """Return a ZIP of the plan's file, called `name`, and the file of its reference, which it names."""
    files = {
        name: plan_text(chosen, title, REFERENCE_FILE),
        REFERENCE_FILE: reference_text(chosen, reference_title),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file, _ZIP_DATE), text)
    return stream.getvalue()


def file_name(chosen: Choices) -> str:
    """Return the name of the file of a plan, which any system can keep."""
    words = f"kinderwerk {chosen.municipality} {chosen.plan.fte:g}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") + ".yaml"


def _text(head: Mapping[str, Any], chosen: Choices, plan: Plan) -> str:
    """Return a scenario file: each key at the top with what it is for in a comment above it."""
    start, years = period(plan)
    data = shortest(plan).data
    programmes = {name: _written(use) for name, use in data["programmes"].items()}
    whole = {
        **head,
        "municipality": chosen.own_data or chosen.municipality,
        "start": start,
        "years": years,
        "policy": plan.policy,
        "prior": None if prior_of(chosen.effect) == ASSUMED else chosen.effect,
        "future": None if chosen.future == MODEL_TODAY else chosen.future,
        "places": data.get("places"),
        "budget": data.get("budget"),
        "programmes": programmes,
        "shocks": data.get("shocks"),
        "parameters": overrides(chosen, plan),
    }
    parts = [f"# {t('file_top')}\n"]
    for key, value in whole.items():
        if value not in (None, {}, []):
            comment = [] if key == "kind" else ["# " + t(f"file_key_{key}") + "\n"]
            parts.append("".join([*comment, dumped({key: value})]))
    return "\n".join(parts)


def _written(use: Mapping[str, Any]) -> dict[str, Any]:
    """Return the use of a programme with years as the numbers that a file has."""
    fte = use["fte"]
    path = {int(year): value for year, value in fte.items()} if isinstance(fte, Mapping) else fte
    return {**use, "fte": path}
