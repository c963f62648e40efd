"""The municipalities that the model knows, and what is measured, derived or borrowed of one."""

from __future__ import annotations

from collections.abc import Sequence

from commands.terminal.literal import Table
from sim.engine.setting import Setting, localised
from sim.inputs.placenames import Town
from sim.inputs.profiles import OWN_USE, PREDICTED_USE, Profile, profiles, towns_of_the_country
from sim.model.parameters import default_parameters


def towns_table(found: Sequence[Town]) -> Table:
    """Return municipalities in the order of their names. There is no order by use: this is no ranking."""
    table = Table(title="Municipalities of 2023", title_justify="left")
    for column in ("name", "code", "province"):
        table.add_column(column)
    table.add_column("youths of 0-22", justify="right")
    table.add_column("use of youth care")
    for town in found:
        profile = profiles()[town.name]
        table.add_row(town.name, town.code, town.province, f"{profile.total:,.0f}", _basis(profile))
    return table


def _basis(profile: Profile) -> str:
    if OWN_USE in profile.local:
        return "estimated from its own figures"
    if PREDICTED_USE in profile.local:
        return "predicted from municipalities like it"
    return "fitted to its own figure of 2020" if profile.local else "as in the country"


def town_table(town: Town, before: Sequence[Town]) -> Table:
    """Return what is known of a municipality, each figure with how. before: those that are part of it now."""
    profile = profiles()[town.name]
    p = localised(default_parameters(), profile)
    fte = Setting(profile, p).existing_fte()
    bijstand = p["household.bijstand"]
    table = Table(title=f"{town.name} ({town.code})", title_justify="left")
    for column in ("figure", "value", "known how"):
        table.add_column(column)
    parts = {each.name: ", in part" if len(each.now) > 1 else "" for each in before}
    names = ", ".join(f"{each.name} (to {each.until[:4]}{parts[each.name]})" for each in before)
    table.add_row("province", town.province, "measured")
    table.add_row("municipalities of before", names or "none since 1988", "measured")
    table.add_row("youths of 0-22", f"{profile.total:,.0f} on {profile.date}", "derived from age bands")
    table.add_row("use of youth care, over national rates", *_use(profile, town))
    known = "measured" if profile.kinderwerk_fte is not None else "borrowed: a coverage assumed everywhere"
    table.add_row("FTE of child work", f"{fte:,.1f}", known)
    known = "measured" if "household.bijstand" in profile.overrides else "borrowed: national"
    table.add_row("children in a family on bijstand", f"{bijstand:.1%}", known)
    table.add_row("prices of care", "as in the country", "borrowed: national")
    return table


def _use(profile: Profile, town: Town) -> tuple[str, str]:
    estimate = towns_of_the_country()[town.name]
    low, high = estimate.use or (1.0, 1.0)
    level = f"{estimate.level:.2f} ({estimate.level * low:.2f} to {estimate.level * high:.2f} in 9 of 10)"
    if profile.use is None:
        factors = f"need x {profile.need:g}, access x {profile.access:g}"
        return factors, f"{_basis(profile)}; not in use: {level}, {_basis(estimate)}"
    return level, _basis(profile)
