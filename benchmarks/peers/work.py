"""Write the work as tables that need nothing of this project, and print the exact result as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from sim.published.cohort import exact_cohort, load_model

model = load_model(Path(__file__).parents[1] / "seven-state.yaml")
np.savez(
    sys.argv[1],
    clock=model.clock,
    moves=model.probabilities[0, :, :, 0],
    cost=model.rewards[0, 0, :, 0, :, 0],
    start=model.start,
    groups=model.group_shares,
)
cohort = exact_cohort(model)
assert cohort is not None
print(json.dumps({"shares": cohort.shares[0].tolist(), "cost": cohort.totals[0, 0], "months": model.cycles}))
