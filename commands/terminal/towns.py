"""The municipalities that the model knows, and how each figure of one is known."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from calibration.municipalities.key_figures import known as key_figures
from commands.terminal.literal import Table
from sim.engine.config import RunConfig, localised
from sim.inputs.marks import marks
from sim.inputs.placenames import Town
from sim.inputs.profiles import AGE_GROUPS, OWN_USE, PREDICTED_USE, Profile, profiles
from sim.model.parameters import default_parameters

IMPROVE = """\
What would tell most is the municipality's own number of youths with jeugdhulp, with the year:
kinderwerk data template --municipality {code} --lang en, and then kinderwerk data fit FILE.
"""


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
        return "from its own figures of 2021 and 2022"
    if PREDICTED_USE in profile.local:
        return "predicted from municipalities like it"
    return "fitted to its own figure of 2020" if profile.local else "as in the country"


def town_table(town: Town, before: Sequence[Town]) -> RenderableType:
    """Return what is known of a municipality, each figure with how. before: those that are part of it now."""
    profile = profiles()[town.name]
    p = localised(default_parameters(), profile)
    known = marks(profile)
    table = Table(title=f"{town.name} ({town.code})", title_justify="left")
    for column in ("figure", "value", "known how"):
        table.add_column(column)
    parts = {each.name: ", in part" if len(each.now) > 1 else "" for each in before}
    names = ", ".join(f"{each.name} (to {each.until[:4]}{parts[each.name]})" for each in before)
    why = {
        "youths": "from age bands",
        "use": _basis(profile),
        "access_by_age": _basis(profile) if profile.departs_by_age else "",
        "kinderwerk_fte": "" if profile.kinderwerk_fte is not None else "a coverage assumed everywhere",
    }
    moving = p["population.moving"] if profile.moving is None else profile.moving
    rows = {
        "youths": ("youths of 0-22", f"{profile.total:,.0f} on {profile.date}"),
        "use": ("use of youth care, over national rates", _use(profile)),
        "access_by_age": ("access by age, over that of all ages", _by_age(profile)),
        "kinderwerk_fte": ("FTE of child work", f"{RunConfig(profile, p).existing_fte():,.1f}"),
        "bijstand": ("children in a family on bijstand", f"{p['household.bijstand']:.1%}"),
        "eenouder": ("children in a family with one parent", f"{p['household.eenouder']:.1%}"),
        "moving": ("youths who leave in a year", f"{moving:.1%}"),
        "cost.ambulant": ("prices of care", "as in the country"),
    }
    table.add_row("province", town.province, "measured")
    table.add_row("municipalities of before", names or "none since 1988", "measured")
    for name, (what, value) in rows.items():
        because = why.get(name, "" if known[name] == "measured" else "national")
        table.add_row(what, value, f"{known[name]}{because and f': {because}'}")
    for what, value in key_figures(town.code).items():
        table.add_row(what, value, "measured: CBS, key figures of districts and neighbourhoods")
    return Group(Text(IMPROVE.format(code=town.code)), table)


def _by_age(profile: Profile) -> str:
    """Return what multiplies access by age; from 18 on the odds that help goes on."""
    *younger, oldest = profile.access_by_age
    told = ", ".join(f"{group} x {factor:.2f}" for group, factor in zip(AGE_GROUPS, younger, strict=False))
    return f"{told}; going on after 18 x {oldest:.2f}"


def _use(profile: Profile) -> str:
    if profile.use is None:
        return f"need x {profile.need:g}, access x {profile.access:g}"
    low, high = (profile.level * end for end in profile.use)
    return f"{profile.level:.2f} ({low:.2f} to {high:.2f} in 9 of 10)"
