"""The vocabulary: ages, forms of care, mechanisms, payers, measures. Everything else imports it."""

from __future__ import annotations

EPOCH_YEAR = 1992
"""Month 0 is January of this year: the birth of the oldest youth of 22 in 2015."""
MONTHS = 12
AGES = 23
"""Single years of age 0..22; a youth leaves the model at the 23rd birthday (extended care ends)."""
HISTORY_YEAR = 2015
"""First year with observed youth-care figures after the decentralisation; recording starts here."""
LAST_YEAR = 2120
"""Last year that the clock of the engine can reach."""

FORMS = (
    "wijkteam",
    "ambulant",
    "netwerk",
    "daghulp",
    "pleegzorg",
    "gezinshuis",
    "residentieel",
    "gesloten",
    "jeugdbescherming",
    "jeugdreclassering",
)
"""Forms of jeugdhulp (CBS), then the two measures. The order is the order of the bits of a mask."""
WITHOUT_RESIDENCE = FORMS[:4]
WITH_RESIDENCE = FORMS[4:8]
JEUGDHULP = FORMS[:8]
MEASURES = FORMS[8:]
FORM_GROUPS = {
    "jeugdhulp": JEUGDHULP,
    "met_verblijf": WITH_RESIDENCE,
    "zonder_verblijf": WITHOUT_RESIDENCE,
    "maatregelen": MEASURES,
}
"""Groups of forms that the table of processes may name as one."""

HEADROOM = {
    "onset": 1.5, "escalation": 1.5, "recovery": 2.0, "signalling": 2.0, "participation": 3.0, "access": 2.0,
    "substitution": 1.0,
}  # fmt: skip
"""How far programmes together may multiply a mechanism's rate (signalling: the added route's rate)."""

WAITING = 1 << 15
"""The mark of a child who waits for a place, beside the marks of processes that other rates look at."""

USER_SETS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    **{form: (frozenset({form}), frozenset()) for form in FORMS},
    "jeugdzorg": (frozenset(FORMS), frozenset()),
    "jeugdhulp": (frozenset(JEUGDHULP), frozenset()),
    "zonder_verblijf": (frozenset(WITHOUT_RESIDENCE), frozenset()),
    "met_verblijf": (frozenset(WITH_RESIDENCE), frozenset()),
    "alleen_zonder_verblijf": (frozenset(WITHOUT_RESIDENCE), frozenset(WITH_RESIDENCE)),
    "alleen_met_verblijf": (frozenset(WITH_RESIDENCE), frozenset(WITHOUT_RESIDENCE)),
}
"""Groups of youths counted once each: (uses any of these, uses none of those)."""

MECHANISMS = ("onset", "escalation", "recovery", "signalling", "participation", "access", "substitution")
"""Ways in which a programme can change a rate. Signalling adds a route, the others multiply."""
WHILE_THERE = "substitution"
"""A mechanism that lasts no longer than a stay: what a worker does in place of others ends with it."""
ADDED_ROUTE = "signalling"

PAYERS = ("gemeente", "rijk", "zorgverzekeraar", "school", "justitie", "family")

DURATION_CLASSES = ("0-3m", "3-6m", "6-12m", "1-2y", "2-3y", "3-4y", "4y+")
"""CBS's classes of the duration of ended trajectories (StatLine 85096NED)."""
DURATION_BREAKS = (3.0, 6.0, 12.0, 24.0, 36.0, 48.0)
"""Upper bounds of all but the last class, in months."""

SEXES = ("girl", "boy")
QUINTILES = 5
"""Neighbourhood deprivation in quintiles, 0 least and 4 most deprived."""


def form_bit(form: str) -> int:
    """Return the bit of a form in a mask of forms."""
    return 1 << FORMS.index(form)
