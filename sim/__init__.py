"""kinderwerk: a microsimulation of youth care with and without child work.

The front door: what `__all__` names is public and stable. Each room (a folder here) says in its own `__all__`
which of its modules others may use; the rest is its own affair.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sim.errors import InputError, OptionError, SimulationError
from sim.machine import compiling  # noqa: F401  (must come before anything that imports numba)

# The threads are ours. Those of the linear algebra wait for each other on a busy machine, many times as long
# as a small matrix takes, and how many there are could change the last digit. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from sim.analyses import Appraisal, StudyAppraisal, TwinLives, appraise, appraise_study, twin_lives
    from sim.api import Comparison, Result, compare, load_scenario, simulate
    from sim.batches.batch import Batch, run_batch
    from sim.decision.study import evsi
    from sim.decision.value import Estimate, evpi, evppi
    from sim.inputs.scenario import Scenario
    from sim.model.extension import Model, load_model

__all__ = [
    "Appraisal",
    "Batch",
    "Comparison",
    "Estimate",
    "InputError",
    "Model",
    "OptionError",
    "Result",
    "Scenario",
    "SimulationError",
    "StudyAppraisal",
    "TwinLives",
    "appraise",
    "appraise_study",
    "compare",
    "evpi",
    "evppi",
    "evsi",
    "load_model",
    "load_scenario",
    "run_batch",
    "simulate",
    "twin_lives",
]
_ELSEWHERE = {
    "Appraisal": "sim.analyses",
    "Batch": "sim.batches.batch",
    "Estimate": "sim.decision.value",
    "Model": "sim.model.extension",
    "Scenario": "sim.inputs.scenario",
    "StudyAppraisal": "sim.analyses",
    "TwinLives": "sim.analyses",
    "appraise": "sim.analyses",
    "appraise_study": "sim.analyses",
    "evpi": "sim.decision.value",
    "evppi": "sim.decision.value",
    "evsi": "sim.decision.study",
    "load_model": "sim.model.extension",
    "run_batch": "sim.batches.batch",
    "twin_lives": "sim.analyses",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that single modules load fast."""
    if name in __all__:
        return getattr(import_module(_ELSEWHERE.get(name, "sim.api")), name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")
