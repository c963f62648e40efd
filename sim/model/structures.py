"""Named structures: what is held of how the model works, each fitted to the same figures by itself.

A structure holds a few parameters at a value that no figure decides; the others were fitted under it
(`kinderwerk calibrate --structure NAME`). Its posterior is in sim/data/structures/NAME. Luck depends on the
name of a parameter alone, so that what no structure fits is the same in each of them in every draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from sim.model.parameters import (
    DATA,
    POSTERIOR_FILE,
    Parameters,
    Posterior,
    default_parameters,
    prior_parameters,
    read_posterior,
    with_posterior,
)

Structure = Literal["care_changes_need", "care_without_effect"]
CARE_CHANGES_NEED: Final = "care_changes_need"
"""The structure that ships: what care does to need is fitted with the rest."""
STRUCTURES: tuple[str, ...] = get_args(Structure)
HELD: Mapping[str, Mapping[str, float]] = {
    CARE_CHANGES_NEED: {},
    "care_without_effect": {
        "need.care_on_recovery": 1.0, "need.care_on_escalation": 1.0, "need.waiting": 1.0,
    },
}  # fmt: skip
"""The parameters that a structure holds: need goes its way with help, without it and on a waiting list."""


def folder_of(structure: str) -> Path:
    """Return the folder that holds the posterior of a structure."""
    return DATA if structure == CARE_CHANGES_NEED else DATA / "structures" / structure


def believed_in(structure: str) -> Parameters:
    """Return what is believed under a structure before any fit. Raises KeyError for an unknown one."""
    held = HELD[structure]
    return prior_parameters().certain(held) if held else prior_parameters()


@cache
def fitted_in(structure: str) -> Parameters:
    """Return the parameters as fitted under a structure. Raises InputError where no fit is there."""
    if structure == CARE_CHANGES_NEED:
        return default_parameters()
    path = folder_of(structure) / POSTERIOR_FILE.name
    return with_posterior(believed_in(structure), read_posterior(path), path)


def structured(p: Parameters, structure: str) -> Parameters:
    """Return parameters under a structure. What somebody set, or a municipality has of its own, stays.

    Raises KeyError for an unknown structure.
    """
    if structure == CARE_CHANGES_NEED:
        return p
    usual, other = default_parameters(), fitted_in(structure)
    own = [
        name for name, record in p.records.items()
        if (record != usual.records.get(name) or p[name] != usual[name])
        and (record != other.records.get(name) or p[name] != other[name])
    ]  # fmt: skip
    together = other.posterior
    if together is not None and own:
        free = [k for k, name in enumerate(together.names) if name not in own]
        together = Posterior(tuple(together.names[k] for k in free), np.asarray(together.values[:, free]))
    found = replace(
        p,
        records={**other.records, **{name: p.records[name] for name in own}},
        current={**other.current, **{name: p[name] for name in own}},
        posterior=together,
    )
    return found.replace({}) if own else found  # what others define follows what is one's own
