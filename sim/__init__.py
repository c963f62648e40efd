"""kinderwerk: a microsimulation of youth care with and without child work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.machine import compiling  # noqa: F401  (must come before anything that imports numba)

if TYPE_CHECKING:
    from sim.api import Comparison, Result, compare, load_scenario, simulate
    from sim.batches.batch import Batch, run_batch

__all__ = ["Batch", "Comparison", "Result", "compare", "load_scenario", "run_batch", "simulate"]
_OF_BATCH = ("Batch", "run_batch")


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first asked for, so that single modules load fast."""
    if name in _OF_BATCH:
        from sim.batches import batch

        return getattr(batch, name)
    if name in __all__:
        from sim import api

        return getattr(api, name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")
