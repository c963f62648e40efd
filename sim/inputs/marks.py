"""How each figure of a municipality is known: measured, derived, estimated or borrowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from sim.inputs.profiles import OWN_USE, PREDICTED_USE, Profile, profiles
from sim.states import FORMS

Mark: TypeAlias = Literal["measured", "derived", "estimated", "borrowed"]
"""Counted in the municipality; computed from what was counted there; estimated for it; of the country."""
_ROUNDED = 0.06
"""How far youths of an age are from those that ship where they were only written down and read again."""


def marks(profile: Profile) -> Mapping[str, Mark]:
    """Return how each figure of a municipality is known: youths, use, and so on up to each tariff.

    What a municipality says of itself counts as measured, unless it is what ships with the model.
    """
    shipped = profiles().get(profile.name)
    same = shipped is not None and all(
        abs(a - b) < _ROUNDED for a, b in zip(profile.youths, shipped.youths, strict=True)
    )
    level = {OWN_USE, PREDICTED_USE, "jeugdhulp"} & {*profile.local}
    known = {
        "kinderwerk_fte": profile.kinderwerk_fte is not None,
        "bijstand": "household.bijstand" in profile.overrides,
        "eenouder": "household.eenouder" in profile.overrides,
        "moving": profile.moving is not None,
        **{f"cost.{form}": f"cost.{form}" in profile.overrides for form in FORMS},
    }
    return {
        "youths": "derived" if same else "measured",
        "use": "estimated" if level or profile.need != 1.0 or profile.access != 1.0 else "borrowed",
        "access_by_age": "estimated" if profile.departs_by_age else "borrowed",
        **{name: "measured" if here else "borrowed" for name, here in known.items()},
    }
