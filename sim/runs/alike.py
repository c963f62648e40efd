"""Whether scenarios can be compared, told without the engine, which takes a second to import."""

from __future__ import annotations

from collections.abc import Sequence

from sim.errors import InputError
from sim.faults import fault
from sim.inputs.scenario import Scenario


def comparable(scenarios: Sequence[Scenario]) -> None:
    """Refuse scenarios that cannot be compared. Raises InputError that names the odd one out."""
    first = scenarios[0]
    for other in scenarios[1:]:
        for name in ("municipality", "start", "years"):
            ours, theirs = getattr(first, name), getattr(other, name)
            if ours != theirs:
                raise InputError.at(
                    other.path or other.title,
                    fault(
                        "other_children_than_reference",
                        what=name,
                        here=theirs,
                        there=ours,
                        title=first.title,
                    ),
                )
        if first.canonical().get("population") != other.canonical().get("population"):
            raise InputError.at(
                other.path or other.title, fault("other_population_than_reference", title=first.title)
            )
        if first.canonical().get("local") != other.canonical().get("local"):
            raise InputError.at(
                other.path or other.title,
                fault(
                    "other_figures_than_reference",
                    title=first.title,
                ),
            )
