"""The model as data: the tables of processes as they stand in processes.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.households import HouseholdSpec
from sim.yamlfile import Part


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
