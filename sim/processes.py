"""The model as data: the tables of processes as they stand in processes.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from sim.households import HouseholdSpec
from sim.parameters import DATA

PROCESS_FILE = DATA / "processes.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Transition(_Strict):
    """One row of a table: an event that moves a process from one state to another."""

    name: str
    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    rate: str
    age: list[str] = []
    path: str | None = None
    duration: str | None = None
    risk: str | None = None
    mechanism: str | None = None
    mechanism_only: dict[str, list[str]] = {}
    by_state: dict[str, str] = {}
    by_form: dict[str, str] = {}
    by_mark: dict[str, str] = {}
    only: dict[str, list[str]] = {}
    sets: dict[str, str] = {}


class BirthdayExit(_Strict):
    """A share of those in a state that leaves it at an exact age."""

    age: int
    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    probability: str


class Process(_Strict):
    """A small set of states, of which the first is where everyone starts, and its transitions.

    common: many children are not at rest in it (a matter of speed and of nothing else).
    """

    states: list[str]
    transitions: list[Transition]
    at_birthday: list[BirthdayExit] = []
    common: bool = False


class Trait(_Strict):
    """A lasting vulnerability that some children have from birth: names of its parameters."""

    prevalence: str
    boy: str | None = None


class Households(_Strict):
    """Names of the parameters behind the joint household factors."""

    prevalence: dict[str, str]
    share: dict[str, dict[str, str]]
    odds: dict[str, dict[str, str]]
    quintile: dict[str, str]
    exit: dict[str, str]

    def spec(self) -> HouseholdSpec:
        """Return the specification that households.py works with."""
        return HouseholdSpec(self.prevalence, self.share, self.odds, self.quintile, self.exit)


class ProcessTable(_Strict):
    """The whole model as data."""

    kind: str
    step_shapes: list[str]
    households: Households
    traits: dict[str, Trait] = {}
    risks: dict[str, dict[str, str]]
    outcomes: dict[str, str] = {}
    processes: dict[str, Process]


@cache
def default_table() -> ProcessTable:
    """Return the shipped table of processes."""
    return read_table(PROCESS_FILE)


def read_table(path: Path) -> ProcessTable:
    """Read a table of processes. Raises pydantic.ValidationError where it breaks the schema."""
    data: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return ProcessTable.model_validate(data)
