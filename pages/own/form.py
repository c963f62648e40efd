"""The form for a municipality's own figures."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from pages.look import formats
from pages.look.texts import t, writing, writing_in
from pages.own.known import FITTED, GROUPS, form_name
from pages.own.use_form import two_by_two, use_fields, youths_in_year
from pages.shared import parts
from pages.shared.number_fields import number_field
from sim.inputs.age_structure import MAX_YOUTHS
from sim.inputs.care_use import USE_AGES
from sim.inputs.library import registry
from sim.inputs.municipality import NAME_LENGTH, Municipality
from sim.inputs.sourced import FIRST_DATE, LAST_DATE, SOURCE_LENGTH
from sim.states import FORMS
from sim.words.parameter_words import source_words
from sim.words.writing import LANGUAGES

Data = dict[str, Any]
KEPT = "own-form-kept"
"""What stood in the fields that were handed in last, by key: Streamlit forgets it on another page."""


class Handed(NamedTuple):
    """What was handed in with a form. refused: why what was typed in a field cannot be."""

    data: Data
    refused: list[str]


def form(known: Municipality | None, key: str, name: str = "") -> Handed | None:
    """Show the form with what is known of a municipality; return its data once it is handed in.

    name: of one of which nothing is known.
    """
    refused: list[str] = []
    _as_left(key)
    with st.form(f"own-form-{key}", enter_to_submit=False):
        who = _who(known, key, name, refused)
        use = use_fields(known, key, refused)
        data = {**who, **_people(known, key, refused), **_now(known, key, refused)}
        tariffs = _tariffs(known, key, refused)
        handed_in = st.form_submit_button(t("own_submit"), type="primary")
    if not handed_in:
        return None
    st.session_state[KEPT] = {name: st.session_state[name] for name in _fields_of(key)}
    data["kind"] = "municipality"
    data |= {name: part for name, part in (("use", use), ("tariffs", tariffs)) if part}
    return Handed({**data, **_multipliers(known, data)}, refused)


def use_form(known: Municipality, key: str) -> Handed | None:
    """Show the figure that tells most, youths with jeugdhulp in a year, for a municipality without its own.

    Returns what is known together with it, once it is handed in; without it where the field is empty.
    """
    refused: list[str] = []
    with st.form(f"own-use-form-{key}"):
        st.markdown(t("own_first"))
        parts.note(t("own_use_all"))
        one, other = st.container(), st.container()  # room for one a row
        youths, year = youths_in_year(one, other, None, key, refused)
        handed_in = st.form_submit_button(t("own_submit"), type="primary")
    if not handed_in:
        return None
    data = {name: figure for name, figure in known.to_data().items() if name not in FITTED}
    if youths is not None:
        data["use"] = {"year": year, "youths": youths, "ages": USE_AGES[-1]}
    return Handed({**data, **_multipliers(known, data)}, refused)


def _fields_of(key: str) -> list[str]:
    """Return the keys of the fields of a form, and of what was read in them."""
    ends = (f"-{key}", f"-{key}-read")
    return [name for name in st.session_state if str(name).startswith("own-") and str(name).endswith(ends)]


def _as_left(key: str) -> None:
    """Let the fields of a form stand as they were handed in, where another page was shown since."""
    for name, value in st.session_state.get(KEPT, {}).items():
        if name.removesuffix("-read").endswith(f"-{key}"):
            st.session_state.setdefault(name, value)


def _text_field(label: str, value: str, most: int, key: str, about: str | None = None) -> str:
    st.session_state.setdefault(key, value)
    return st.text_input(label, max_chars=most, key=key, help=about)


def _who(known: Municipality | None, key: str, name: str, refused: list[str]) -> Data:
    """Show who and when."""
    name = _text_field(t("own_name"), known.name if known else name, NAME_LENGTH, f"own-name-{key}")
    year = number_field(
        st.container(), t("own_year"), FIRST_DATE, LAST_DATE, int(known.date[:4]) if known else None,
        key=f"own-year-{key}", may_be_empty=True, whole=True, help=t("own_year_help"), refused=refused,
    )  # fmt: skip
    told = source_words(known.source, writing()) if known else ""
    source = _text_field(
        t("own_source"), told, max(SOURCE_LENGTH, len(told)), f"own-source-{key}", t("own_source_help")
    )
    same_day = known is not None and year == int(known.date[:4])
    date = known.date if known and same_day else f"{year:.0f}-01-01" if year is not None else ""
    return {"name": name.strip(), "date": date, "source": _source(known, source.strip())}


def _source(known: Municipality | None, typed: str) -> str:
    """Return a source as the file has it, where what is told of it in a language was left as it was."""
    if known is None:
        return typed
    told = [source_words(known.source, writing_in(language)) for language in LANGUAGES]
    return known.source if typed in told else typed


def _people(known: Municipality | None, key: str, refused: list[str]) -> Data:
    """Show the population by groups of ages."""
    st.markdown(f"**{t('own_population')}**")
    ages = known.single_ages() if known else ()
    population: Data = {}
    for (first, last), column in zip(GROUPS, two_by_two(len(GROUPS)), strict=True):
        before = round(sum(ages[first : last + 1])) if ages else None
        count = number_field(
            column, t("own_people", first=first, last=last), 0, int(MAX_YOUTHS), before,
            key=f"own-people-{first}-{key}", may_be_empty=True, whole=True, refused=refused,
        )  # fmt: skip
        if count is not None and count == before:  # as it was, by single age
            population |= {str(age): round(ages[age], 1) for age in range(first, last + 1)}
        elif count is not None:
            population[f"{first}-{last}"] = float(count)
    return {"population": population}


def _now(known: Municipality | None, key: str, refused: list[str]) -> Data:
    """Show child work of today and the two shares that differ between municipalities."""
    st.markdown(f"**{t('own_now')}**")
    columns = st.columns(3, vertical_alignment="bottom")
    fte = number_field(
        columns[0], t("own_fte"), 0.0, 10_000.0, _value(known, "kinderwerk_fte"), key=f"own-fte-{key}",
        may_be_empty=True, help=t("own_empty"), placeholder=t("own_unknown"), refused=refused,
    )  # fmt: skip
    found = {"kinderwerk_fte": fte}
    for column, name, most in zip(columns[1:], ("bijstand", "moving"), (60.0, 50.0), strict=True):
        before = _value(known, name)
        percent = number_field(
            column, t(f"own_{name}_percent"), 0.0, most, None if before is None else round(100 * before, 4),
            key=f"own-{name}-{key}", may_be_empty=True, help=t("own_empty"), placeholder=t("own_unknown"),
            refused=refused,
        )  # fmt: skip
        found[name] = None if percent is None else round(percent / 100, 6)
    return {name: _sourced(known, name, value) for name, value in found.items() if value is not None}


def _tariffs(known: Municipality | None, key: str, refused: list[str]) -> Data:
    """Show what a place in each form of care costs in a year."""
    found: Data = {}
    with st.expander(t("own_tariffs"), expanded=bool(known and known.tariffs)):
        parts.note(t("own_tariffs_note"))
        for form_of_care, column in zip(FORMS, two_by_two(len(FORMS)), strict=True):
            low, high = registry().tariffs[form_of_care]
            before = known.tariffs.get(form_of_care) if known else None
            value = number_field(
                column, form_name(form_of_care), 0, 10_000_000, round(before.value) if before else None,
                key=f"own-tariff-{form_of_care}-{key}", may_be_empty=True, whole=True, refused=refused,
                placeholder=t("own_usual", low=formats.count(low), high=formats.count(high)),
            )  # fmt: skip
            if before is not None and round(before.value) == value:
                found[form_of_care] = before.model_dump(exclude_none=True)
            elif value is not None:
                found[form_of_care] = float(value)
    return found


def _multipliers(known: Municipality | None, data: Data) -> Data:
    """Return need, access and the range of use as they were, where nothing that they rest on has changed."""
    if known is None or known.name != data["name"]:
        return {}
    before = known.to_data()
    multipliers: Data = {name: before[name] for name in FITTED if name in before}
    if known.use_range is not None and not known.fitted:
        return multipliers  # a level, which holds until a figure of use is fitted
    fitted_to = ("population", "use", "bijstand", "moving") if known.use else ("use",)
    if any(_bare(before.get(name)) != _bare(data.get(name)) for name in fitted_to):
        return {}
    return multipliers


def _bare(figure: Any) -> Any:
    """Return a figure, or figures by year, without their sources."""
    if isinstance(figure, list):
        return sorted((_bare(each) for each in figure), key=lambda each: int(each["year"]))
    if not isinstance(figure, dict):
        return figure
    return {key: value for key, value in figure.items() if key != "source"}


def _value(known: Municipality | None, name: str) -> float | None:
    figure = getattr(known, name) if known else None
    return None if figure is None else float(figure.value)


def _sourced(known: Municipality | None, name: str, value: float) -> Data:
    """Return a figure, with the source that it had where it is the same."""
    figure = getattr(known, name) if known else None
    if figure is None or not figure.source or abs(figure.value - value) >= 1e-9:
        return {"value": value}
    return {"value": value, "source": figure.source}
