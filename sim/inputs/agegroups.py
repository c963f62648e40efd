"""Youths by age group: which ages a group is, and single years of age from groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.states import AGES

Group = tuple[int, int, float]
"""First age, last age, youths."""
ROUNDING = 25.0
"""How far sums of groups that were each rounded to fives may differ."""
OLDEST = 29
"""The last age that a group may have: CBS often counts 18-24 or 20-24 together."""
_AGES = re.compile(
    r"\s*([0-9]{1,2})(?:\s*(?:[-–]|t/m|tot en met|up to and including)\s*([0-9]{1,2}))?\s*"
    r"(?:jaar|jr\.?|years?|yrs?\.?)?\s*"
)
"""Without `tot` and `to`: some mean the last age by it, others the age after."""


def ages_of(key: object) -> tuple[int, int] | None:
    """Return the first and last age that a key such as 4, "4-11" or "4 t/m 11 jaar" stands for, or None."""
    match = _AGES.fullmatch(str(key).casefold()) if isinstance(key, (int, str)) else None
    if match is None:
        return None
    first, last = int(match[1]), int(match[2] or match[1])
    return (first, last) if first <= last <= OLDEST else None


def ages_in(key: object) -> tuple[int, int]:
    """Return the first and last age of a key that was found to be ages before."""
    ages = ages_of(key)
    assert ages is not None, "checked before"
    return ages


def ages_text(first: int, last: int) -> str:
    """Return ages as a file writes them: "4-11", or "4" for one."""
    return str(first) if first == last else f"{first}-{last}"


def gap_in(groups: Iterable[Group]) -> str | None:
    """Return the first ages of 0-22 that are in no group, as a file writes them, or None."""
    expected = 0
    for first, last, _ in sorted(groups):
        if first > expected:
            break
        expected = last + 1
    else:
        first = AGES
    return ages_text(expected, min(first, AGES) - 1) if expected < AGES else None


def single_years(groups: Sequence[Group]) -> NDArray[np.float64]:
    """Return youths by single age 0..22 from (first age, last age, youths) groups.

    The cumulative count at the bounds of the groups is interpolated with a monotone cubic (PCHIP), so that
    every group is met exactly and ages within it change smoothly (grade: derived). Overlapping divisions of
    the same population may be mixed as long as each starts where another group or the whole starts. Raises
    ValueError where the groups leave a gap, stop before the last age, or contradict each other by more than
    rounding.
    """
    cumulative: dict[int, float] = {0: 0.0}
    waiting = sorted(groups)
    while waiting:
        ready = [group for group in waiting if group[0] in cumulative]
        if not ready:
            raise ValueError(f"no group ends where {waiting[0]} starts")
        for first, last, youths in ready:
            upto = cumulative[first] + youths
            if abs(cumulative.setdefault(last + 1, upto) - upto) > ROUNDING:
                raise ValueError(f"groups contradict each other on youths below {last + 1}")
            cumulative[last + 1] = upto
        waiting = [group for group in waiting if group not in ready]
    ages = sorted(cumulative)
    if ages[-1] < AGES:
        raise ValueError(f"the groups end at {ages[-1] - 1}, before {AGES - 1}")
    from scipy.interpolate import PchipInterpolator  # a large library that few commands need

    curve = PchipInterpolator(ages, [cumulative[age] for age in ages])
    return np.asarray(np.diff(curve(np.arange(AGES + 1))), dtype=np.float64)
