"""kinderwerk: a microsimulation of youth care with and without child work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import compiling  # noqa: F401  (must come before anything that imports numba)

if TYPE_CHECKING:
    from sim.api import Comparison, Result, compare, load_scenario, simulate

__all__ = ["Comparison", "Result", "compare", "load_scenario", "simulate"]


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first asked for, so that single modules load fast."""
    if name in __all__:
        from sim import api

        return getattr(api, name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")
