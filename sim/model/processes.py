"""The model as data: the tables of processes as they stand in processes.yaml, and how they are read.

Every name in a table stands for a parameter, state, transition or form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from sim.errors import InputError, nearest
from sim.faults import Fault, fault
from sim.files.yamlfile import Part, in_order, load_document
from sim.model.households import HouseholdSpec
from sim.model.parameters import DATA, default_parameters
from sim.states import FORM_GROUPS, FORMS, MECHANISMS

PROCESS_FILE = DATA / "processes.yaml"
NEED, DEMAND = "need", "demand"
UNMET_FROM = "moderate"
"""The least need that is unmet without care."""
SPECIAL_EDUCATION, MALTREATED = ("onderwijs", "speciaal"), ("mishandeling", "yes")
NOT_TAKING_PART = ("meedoen", "not")
MALTREATMENT_STARTS, MALTREATMENT_ENDS = "maltreatment_starts", "maltreatment_ends"
"""States and transitions that have measures of their own, where a model has them."""
TO_CARE = "need.to_care"
"""Which share of what programmes do to need reaches the demand for care."""
Place = tuple[str | int, ...]


class Transition(Part):
    """One row of a table: an event that moves a process from one state to another."""

    name: str
    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    rate: str
    age: list[str] = Field([])
    path: str | None = None
    duration: str | None = None
    risk: str | None = None
    mechanism: str | None = None
    mechanism_only: dict[str, list[str]] = Field({})
    by_state: dict[str, str] = Field({})
    by_form: dict[str, str] = Field({})
    by_mark: dict[str, str] = Field({})
    only: dict[str, list[str]] = Field({})
    sets: dict[str, str] = Field({})


class BirthdayExit(Part):
    """A share of those in a state that leaves it at an exact age."""

    age: int
    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    probability: str


class Process(Part):
    """A small set of states, of which the first is where everyone starts, and its transitions.

    common: many children are not at rest in it (a matter of speed and of nothing else).
    """

    states: list[str]
    transitions: list[Transition]
    at_birthday: list[BirthdayExit] = Field([])
    common: bool = False


class Trait(Part):
    """A lasting vulnerability that some children have from birth: names of its parameters."""

    prevalence: str
    boy: str | None = None


class Households(Part):
    """Names of the parameters behind the joint household factors."""

    prevalence: dict[str, str]
    share: dict[str, dict[str, str]]
    odds: dict[str, dict[str, str]]
    quintile: dict[str, str]
    exit: dict[str, str]

    def spec(self) -> HouseholdSpec:
        """Return the specification that households.py works with."""
        return HouseholdSpec(self.prevalence, self.share, self.odds, self.quintile, self.exit)


class ProcessTable(Part):
    """The whole model as data."""

    kind: Literal["processes"]
    step_shapes: list[str]
    households: Households
    traits: dict[str, Trait] = Field({})
    risks: dict[str, dict[str, str]]
    outcomes: dict[str, str] = Field({})
    processes: dict[str, Process]


@cache
def default_table() -> ProcessTable:
    """Return the shipped table of processes."""
    return read_table(PROCESS_FILE)


def read_table(path: Path, parameters: Iterable[str] | None = None) -> ProcessTable:
    """Read a table of processes. parameters: the names that exist (default: the shipped ones).

    Raises InputError, with line and column, where the file breaks the schema or names what does not exist.
    """
    document = load_document(path, "processes")
    table = document.validate(ProcessTable)
    unknown = unknown_names(table, default_parameters() if parameters is None else parameters)
    if unknown:
        raise InputError(in_order(document.problem(place, wrong) for place, wrong in unknown))
    return table


def with_demand(table: ProcessTable) -> ProcessTable:
    """Return a table in which care follows the process `demand`, and all else the process `need`.

    Demand is what need is in the given table, and stands in its place, so that it meets the same luck.
    """

    def led(names: dict[str, Any]) -> dict[str, Any]:
        return {DEMAND if name == NEED else name: value for name, value in names.items()}

    found: dict[str, Process] = {}
    for name, process in table.processes.items():
        rows = process.transitions
        if name == NEED:
            rows = [t.model_copy(update={"name": f"{DEMAND}_{t.name}"}) for t in rows]
        elif name == "signal" or {name, *process.states} & set(FORMS):
            reads = ("by_state", "only", "mechanism_only")
            rows = [t.model_copy(update={key: led(getattr(t, key)) for key in reads}) for t in rows]
        found[DEMAND if name == NEED else name] = process.model_copy(update={"transitions": rows})
    found[NEED] = table.processes[NEED]
    return table.model_copy(update={"processes": found})


def unknown_names(table: ProcessTable, parameters: Iterable[str]) -> list[tuple[Place, Fault]]:
    """Return the place in the file of every name that stands for nothing, with what was expected there."""
    names = _Names(table, frozenset(parameters))
    for name, process in table.processes.items():
        names.process(("processes", name), name, process)
    for outcome, row in table.outcomes.items():
        names.need(("outcomes", outcome), fault("kind_transition"), row, names.rows)
    for name, trait in table.traits.items():
        names.parameter(("traits", name, "prevalence"), trait.prevalence)
        names.parameter(("traits", name, "boy"), trait.boy)
    names.parameters(("risks",), table.risks)
    households = table.households
    names.parameters(("households",), {
        "prevalence": households.prevalence, "quintile": households.quintile, "exit": households.exit,
    })  # fmt: skip
    names.parameters(("households", "share"), households.share)
    names.parameters(("households", "odds"), households.odds)
    return names.found


class _Names:
    """What a table may name, and what it names in vain (found: place, fault)."""

    def __init__(self, table: ProcessTable, parameters: frozenset[str]) -> None:
        factors = table.households.spec().names
        self.found: list[tuple[Place, Fault]] = []
        self.known, self.risks = parameters, tuple(table.risks)
        self.groups = {name.rpartition(".")[0] for name in parameters}  # NAME of NAME.KNOT and NAME.STATE
        self.states = {name: tuple(process.states) for name, process in table.processes.items()}
        self.states |= dict.fromkeys(factors, ("no", "yes"))
        self.rows = {t.name for process in table.processes.values() for t in process.transitions}
        self.rows |= {f"{factor}_{moves}" for factor in factors for moves in ("enters", "leaves")}

    def need(self, place: Place, what: Fault, name: str | None, known: Iterable[str]) -> bool:
        """Tell whether a name (if there is one) is known, and keep the fault where it is not."""
        if name is None or name in known:
            return True
        near = nearest(name, sorted(known))
        self.found.append((place, fault("names_nothing", what=what, name=name, near=near)))
        return False

    def parameter(self, place: Place, name: str | None) -> None:
        self.need(place, fault("kind_parameter"), name, self.known)

    def parameters(self, place: Place, named: Mapping[str, Mapping[str, str]]) -> None:
        for group, names in named.items():
            for key, name in names.items():
                self.parameter((*place, group, key), name)

    def state(self, place: Place, process: str, *states: str) -> None:
        if self.need(place, fault("kind_process"), process, self.states):
            for state in states:
                self.need(place, fault("kind_state", process=process), state, self.states[process])

    def shape(self, place: Place, name: str | None) -> None:
        self.need(place, fault("kind_shape"), name, self.groups)

    def process(self, place: Place, name: str, process: Process) -> None:
        for k, t in enumerate(process.transitions):
            self.transition((*place, "transitions", k), name, t)
        moves = {(t.origin, t.destination) for t in process.transitions}
        for k, leaves in enumerate(process.at_birthday):
            self.parameter((*place, "at_birthday", k, "probability"), leaves.probability)
            if (leaves.origin, leaves.destination) not in moves:
                needed = fault("needs_transition", origin=leaves.origin, destination=leaves.destination)
                self.found.append(((*place, "at_birthday", k), needed))

    def transition(self, place: Place, process: str, t: Transition) -> None:
        self.state((*place, "from"), process, t.origin)
        self.state((*place, "to"), process, t.destination)
        self.parameter((*place, "rate"), t.rate)
        for k, shape in enumerate(t.age):
            self.shape((*place, "age", k), shape)
        self.shape((*place, "path"), t.path)
        self.shape((*place, "duration"), t.duration)
        self.need((*place, "risk"), fault("kind_risk"), t.risk, self.risks)
        self.need((*place, "mechanism"), fault("kind_mechanism"), t.mechanism, MECHANISMS)
        for other, prefix in t.by_state.items():
            self.state((*place, "by_state", other), other)
            self.need((*place, "by_state", other), fault("kind_group"), prefix, self.groups)
        for words, factor in t.by_form.items():
            for form in words.split("+"):
                self.need((*place, "by_form", words), fault("kind_form"), form, (*FORMS, *FORM_GROUPS))
            self.parameter((*place, "by_form", words), factor)
        for other, factor in t.by_mark.items():
            self.need((*place, "by_mark", other), fault("kind_process"), other, (*self.states, "waiting"))
            self.parameter((*place, "by_mark", other), factor)
        for key, named in (("only", t.only), ("mechanism_only", t.mechanism_only)):
            for other, states in named.items():
                self.state((*place, key, other), other, *states)
        for other, state in t.sets.items():
            self.state((*place, "sets", other), other, state)
