"""What a scenario is checked against: where it comes from, and the names that it may use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationInfo

from sim.errors import nearest
from sim.faults import fault
from sim.files.wording import plain_error
from sim.inputs.registry import Registry


@dataclass(frozen=True)
class Origin:
    """The origin of a scenario, which is no part of its content."""

    registry: Registry | None = None
    folder: Path = Path()
    path: Path | None = None
    sha256: str = ""


def origin_of(info: ValidationInfo) -> Origin:
    """Return the origin of the scenario that is being checked."""
    return info.context if isinstance(info.context, Origin) else Origin()


def registry_in(context: object) -> Registry | None:
    """Return the registry that a validation was given, itself or in an origin."""
    if isinstance(context, Origin):
        return context.registry
    return context if isinstance(context, Registry) else None


def known_programme(name: str, info: ValidationInfo) -> str:
    """Return the name of a programme, or refuse it with the nearest one that is known."""
    registry = origin_of(info).registry
    if registry is not None and name not in registry.programmes:
        known = sorted(registry.programmes)
        near = nearest(name, known)
        raise plain_error(fault("unknown_programme", name=name, near=near, known=tuple(known)))
    return name


def known_parameter(name: str, info: ValidationInfo) -> str:
    """Return the name of a parameter, or refuse it with the nearest one that is known."""
    registry = origin_of(info).registry
    if registry is not None and name not in registry.parameters:
        raise plain_error(fault("unknown_parameter", name=name, near=nearest(name, registry.parameters)))
    return name
