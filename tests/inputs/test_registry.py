"""Names are found whatever their case and spacing, and the registry cannot be changed."""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from sim.files.wording import fault_of
from sim.inputs.registry import Frozen, Registry, fold

NAMES = Registry(
    {"Den Haag": "Den Haag", "'s-Gravenhage": "Den Haag", "Almere": "Almere", "NL": "Nederland"},
    frozenset({"kinderwerk"}),
    {"need.onset_light": (0.0, 1.0), "free": None},
)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Den Haag", "Den Haag"),
        ("den  haag", "Den Haag"),
        (" DEN\tHAAG ", "Den Haag"),
        ("\N{RIGHT SINGLE QUOTATION MARK}s-gravenhage", "Den Haag"),
        ("nl", "Nederland"),
        ("ALMERE", "Almere"),
        ("GM0034", "Almere"),
        ("0518", "Den Haag"),
        ("gemeente Den Haag", "Den Haag"),
        ("De\u200bn\u00a0Haag", "Den Haag"),
    ],
)
def test_a_municipality_has_one_name(written: str, name: str) -> None:
    assert NAMES.municipality(written) == name


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Almeer", "did you mean 'Almere'"),
        ("s-Gravenhag", "did you mean 'Den Haag'"),
        ("Xyzzy", "kinderwerk data"),
    ],
)
def test_an_unknown_municipality_is_met_with_the_nearest(written: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError, match="unknown municipality") as caught:
        NAMES.municipality(written)
    assert hint in str(caught.value)
    assert "kinderwerk data municipality NAME" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Laren", "there are no figures of Laren yet; give figures of your own"),
        ("Rijswijk (ZH.)", "there are no figures of Rijswijk yet"),
        ("GM0417", "there are no figures of Laren yet"),
        ("Weesp", "it is part of Amsterdam"),
        ("Bergen", "more than one municipality"),
        ("GM9999", "no municipality with the code GM9999"),
    ],
)
def test_a_municipality_without_figures_is_told_and_never_another(written: str, told: str) -> None:
    with pytest.raises(PydanticCustomError, match=re.escape(told)) as caught:
        NAMES.municipality(written)
    assert "did you mean" not in str(caught.value)
    assert "did you mean" not in fault_of(caught.value).text("nl")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'s Gravenhage", "Den Haag"), ("GM0417", "Laren"), ("Nuenen c.a.", "Nuenen, Gerwen en Nederwetten"),
        ("Weesp", "Weesp"), ("Regio\u00a0Gooi", "Regio Gooi"), ("\u2019t  Dorp", "\u2019t Dorp"),
        ("nl", "Nederland"), ("Gelderland", "Gelderland"),
    ],
)  # fmt: skip
def test_figures_of_ones_own_bear_the_name_that_everybody_uses(written: str, name: str) -> None:
    assert NAMES.named(written) == name
    assert NAMES.named(NAMES.named(written)) == name


@pytest.mark.parametrize("written", ["Bergen", "GM9999"])
def test_figures_of_ones_own_are_of_one_municipality(written: str) -> None:
    with pytest.raises(PydanticCustomError):
        NAMES.named(written)


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert fold(f"  {name} ") == fold(name)
    assert fold(name.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")) == fold(name)


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=5))
def test_a_frozen_mapping_is_the_mapping(items: dict[str, int]) -> None:
    frozen = Frozen(items)
    assert dict(frozen) == items
    assert frozen == items
    assert len(frozen) == len(items)
    assert Frozen(dict(reversed(items.items()))) == frozen
    assert hash(Frozen(dict(reversed(items.items())))) == hash(frozen)
    assert pickle.loads(pickle.dumps(frozen)) == frozen
    assert repr(frozen) == f"Frozen({items!r})"


def test_nothing_can_be_changed() -> None:
    source = {"a": 1}
    frozen = Frozen(source)
    source["a"] = 2
    assert frozen["a"] == 1
    with pytest.raises(TypeError):
        frozen["a"] = 2  # type: ignore[index]
    with pytest.raises(AttributeError):
        frozen.other = 2  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        NAMES.programmes = frozenset()  # type: ignore[misc]
    with pytest.raises(TypeError):
        NAMES.parameters["free"] = (0.0, 1.0)  # type: ignore[index]


def test_a_registry_can_be_a_key_and_travel() -> None:
    again = pickle.loads(pickle.dumps(NAMES))
    assert again == NAMES
    assert hash(again) == hash(NAMES)
    assert Frozen() == {}
