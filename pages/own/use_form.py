"""The fields for youths with jeugdhulp: a first year, and more years in a fold."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from calibration.figures.targets import read_targets
from calibration.municipalities.municipal import national_shares
from pages.look.texts import t
from pages.shared import parts
from pages.shared.number_fields import number_field
from sim.inputs.age_structure import MAX_YOUTHS
from sim.inputs.care_use import USE_AGES, Use
from sim.inputs.municipality import Municipality
from sim.inputs.sourced import LAST_DATE
from sim.states import HISTORY_YEAR

Data = dict[str, Any]


def use_fields(known: Municipality | None, key: str, refused: list[str]) -> Data | list[Data]:
    """Show the figures of use to which need and access are fitted.

    refused: gets why what was typed in a field is refused.
    Returns one year as a mapping, more as a list, nothing where every field is empty. A year that has a field
    of its own may also be filled in as the first: then it is there twice, and refused.
    """
    uses = known.uses if known else ()
    before = uses[0] if uses else None
    st.markdown(f"**{t('own_use')}**")
    if known is None or not known.fitted:
        st.markdown(t("own_first"))
    parts.note(t("own_use_note"))
    fields = two_by_two(5)
    youths, year = youths_in_year(fields[0], fields[1], before, key, refused)
    st.session_state.setdefault(f"own-ages-{key}", before.ages if before else USE_AGES[-1])
    ages = fields[2].selectbox(
        t("own_use_ages"), USE_AGES[::-1],
        format_func=lambda a: t("own_ages", ages=a), key=f"own-ages-{key}",
    )  # fmt: skip
    national = number_field(
        fields[3], t("own_use_national"), 0.1, 90.0,
        round(100 * before.national, 4) if before and before.national else None,
        key=f"own-national-{key}", may_be_empty=True, help=t("own_use_national_help"),
        placeholder=t("own_unknown"), refused=refused,
    )  # fmt: skip
    residents = _people(
        fields[4], t("own_use_residents"), before.residents if before else None, f"own-residents-{key}",
        refused, t("own_use_residents_help"),
    )  # fmt: skip
    more = _more_years(uses[1:], ages, key, refused)
    if youths is not None:
        share = None if national is None else round(national / 100, 6)
        first = _figure(uses, year=year, youths=youths, ages=ages, national=share, residents=residents)
        more.insert(0, first)
    return more[0] if len(more) == 1 else more


def youths_in_year(
    left: DeltaGenerator, right: DeltaGenerator, before: Use | None, key: str, refused: list[str]
) -> tuple[float | None, int]:
    """Show the fields for how many youths had jeugdhulp, and in which year; return both.

    refused: see `use_fields`.
    """
    youths = _people(
        left, t("own_use_youths"), before.youths if before else None, f"own-youths-{key}", refused
    )
    year = number_field(
        right, t("own_use_year"), HISTORY_YEAR, LAST_DATE, before.year if before else newest_year(),
        key=f"own-use-year-{key}", whole=True, refused=refused,
    )  # fmt: skip
    return youths, int(year)


def newest_year() -> int:
    """Return the last year of which CBS has told how many youths of all ages had jeugdhulp."""
    return max(year for year, ages in _known_of_the_country() if ages == USE_AGES[-1])


@cache
def _known_of_the_country() -> tuple[tuple[int, str], ...]:
    """Return the years and ages of which the share of youths with jeugdhulp in the country is known."""
    return tuple(national_shares(read_targets()))


def _more_years(uses: tuple[Use, ...], ages: str, key: str, refused: list[str]) -> list[Data]:
    """Show two fields for each year that the country is known of, and for others that are in use."""
    there = {use.year: use for use in uses}
    years = sorted({*there, *(year for year, _ in _known_of_the_country())})
    found = []
    with st.expander(t("own_use_more"), expanded=bool(uses)):
        parts.note(t("own_use_more_note"))
        for year, (left, right) in zip(years, _pairs(two_by_two(2 * len(years))), strict=True):
            was = there.get(year)
            youths = _people(
                left, t("own_use_youths_in", year=year), was.youths if was else None,
                f"own-youths-{year}-{key}", refused,
            )  # fmt: skip
            residents = _people(
                right, t("own_use_residents_in", year=year), was.residents if was else None,
                f"own-residents-{year}-{key}", refused,
            )  # fmt: skip
            if youths is not None:
                found.append(_figure(
                    uses, year=year, youths=youths, residents=residents,
                    ages=was.ages if was else ages, national=was.national if was else None,
                ))  # fmt: skip
    return found


def _figure(uses: tuple[Use, ...], **given: Any) -> Data:
    """Return a figure of use, with the source that it had where it is the same."""
    same = [use.source for use in uses if use.model_dump(exclude={"source"}) == given]
    found = {name: value for name, value in given.items() if value is not None}
    return found | ({"source": same[0]} if same and same[0] else {})


def _people(
    place: DeltaGenerator, label: str, before: float | None, key: str, refused: list[str],
    about: str | None = None,
) -> float | None:  # fmt: skip
    """Show a field for a number of youths."""
    return number_field(
        place, label, 1, int(MAX_YOUTHS), None if before is None else round(before), key=key,
        may_be_empty=True, whole=True, help=about, placeholder=t("own_unknown"), refused=refused,
    )  # fmt: skip


def two_by_two(fields: int) -> list[DeltaGenerator]:
    """Return places for fields, two in a row: read row by row, also on a phone and with the keyboard."""
    rows = [st.columns(2, vertical_alignment="bottom") for _ in range((fields + 1) // 2)]
    return [column for row in rows for column in row][:fields]


def _pairs(places: list[DeltaGenerator]) -> list[tuple[DeltaGenerator, DeltaGenerator]]:
    return list(zip(places[::2], places[1::2], strict=True))
