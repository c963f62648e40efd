"""Registered users for each simulated user, as CBS counts; used by the fit, its checks and all results.

Lives are fitted to registrations of 2015-2019. From FIRST_YEAR on CBS also counts providers that were there
before: more youths in its totals, and more in ambulant help. Its totals hold youths with nothing but a
persoonsgebonden budget as well; its forms of help do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.model.parameters import Parameters
from sim.model.prices import ambulant_registration

Floats = NDArray[np.float64]
FIRST_YEAR = 2021
TOTALS = ("jeugdzorg", "jeugdhulp", "zonder_verblijf", "alleen_zonder_verblijf")
"""User sets that hold, whole, what the added providers do."""


def registered(
    group: str, years: Sequence[int], p: Parameters, shocks: Floats | float = 1.0, budgets: bool = False
) -> Floats:
    """Return float64[years]: registered users for each simulated user of a user set (or form of help).

    shocks: factors [years] by which a scenario changes what is registered. budgets: count youths with only a
    persoonsgebonden budget too, as the totals of CBS do.
    """
    if group == "ambulant":
        added = ambulant_registration(p)
    elif group in TOTALS:
        added = 1.0 + p["registration.shift_total"] / p["registration.users_2020"]
    else:
        return np.ones(len(years))
    factor: Floats = np.where(np.asarray(years) >= FIRST_YEAR, added, 1.0) * shocks
    return factor * (1.0 + p["registration.pgb"]) if budgets else factor
