"""The answers of an appraisal as tables on disk."""

from __future__ import annotations

import pyarrow as pa

from sim.decision.dossier import Dossier

EQUAL = "equal"


def best_of(d: Dossier, k: int) -> str:
    """Return what is best on average at a willingness to pay, by its position, or that both are equal."""
    return EQUAL if d.acceptable.equal[k] else d.names[int(d.acceptable.best[k])]


def tables(d: Dossier) -> dict[str, pa.Table]:
    """Return the answers as tables for disk."""
    known, curve = d.knowledge, d.acceptable
    rows = [("parameter", n, e) for n, e in known.parameters] + [("group", n, e) for n, e in known.groups]
    return {
        "information": pa.table(
            {
                "kind": [kind for kind, _, _ in rows],
                "name": [name for _, name, _ in rows],
                "evppi": [e.value for _, _, e in rows],
                "se": [e.se for _, _, e in rows],
                "missed": pa.array([e.missed for _, _, e in rows], pa.float64()),
                "checked": [e.checked for _, _, e in rows],
            }
        ),
        "acceptability": pa.table(
            {
                "willingness": curve.thresholds,
                "probability": curve.probability[:, 1],
                "best": [best_of(d, k) for k in range(curve.best.size)],
                "evpi": curve.evpi,
                "loss_reference": curve.loss[:, 0],
                "loss_scenario": curve.loss[:, 1],
            }
        ),
        "tornado": pa.table(
            {
                name: [getattr(bar, name) for bar in d.tornado]
                for name in ("name", "low", "high", "at_low", "at_high", "error")
            }
        ),
        "worth": pa.table(
            {
                "perspective": [w.perspective for w in d.worths],
                "discounting": [w.discounting.name for w in d.worths],
                "net_present_value": [w.net_present_value.value for w in d.worths],
                "mcse": [w.net_present_value.mcse for w in d.worths],
                "low": [w.net_present_value.low for w in d.worths],
                "high": [w.net_present_value.high for w in d.worths],
                "benefit_cost_ratio": [w.ratio.value for w in d.worths],
                "p_above_one": [w.ratio.probability for w in d.worths],
            }
        ),
    }
