"""Validation errors of pydantic in plain words, for the author of the file."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from sim.errors import nearest
from sim.faults import Fault, Value, fault, quoted
from sim.files.numerals import both, goes_with, one_way, written
from sim.files.yamltext import Loc, visible
from sim.states import FORMS

MAX_FAULTS = 100

_KEY_MARK = "[key]"
_MAPPING = fault("mapping_of_lines")
_EXPECTED = {
    "float_type": fault("a_number"),
    "int_type": fault("whole_number"),
    "int_from_float": fault("whole_number"),
    "string_type": fault("text"),
    "bool_type": fault("true_or_false"),
    "list_type": fault("a_list"),
    "tuple_type": fault("a_list"),
    "frozen_set_type": fault("a_list"),
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "none_required": fault("nothing_null"),
}
_UNKNOWN_KEY = ("extra_forbidden", "invalid_key")
_NUMBERS = ("float_type", "int_type", "int_from_float")


@dataclass(frozen=True)
class Mistake:
    """What is wrong in data, with the place of the value (or, with `at_key`, of its key)."""

    loc: Loc
    fault: Fault
    at_key: bool = False


def explain(model: type[BaseModel], data: Any, error: ValidationError) -> list[Mistake]:
    """Return the mistakes that `model` found in `data`, one for each place, and at most the first 100."""
    listed = error.errors(include_url=False)[:MAX_FAULTS]
    located = [(_locate(details["loc"], data), details) for details in listed]
    groups: dict[tuple[Loc, bool], list[ErrorDetails]] = {}
    for (loc, at_key), details in located:
        tried_as_other_type = len(details["loc"]) > len(loc) + at_key and details["type"] != "missing"
        deeper = any(other[: len(loc)] == loc and len(other) > len(loc) for (other, _), _ in located)
        if not (tried_as_other_type and deeper):
            groups.setdefault((loc, at_key), []).append(details)
    mistakes = []
    for (loc, at_key), group in groups.items():
        for each in _faults(model, loc, at_key, group):
            mistakes.append(Mistake(loc, each, at_key or group[0]["type"] in _UNKNOWN_KEY))
    if error.error_count() > MAX_FAULTS:
        mistakes.append(Mistake((), fault("too_many_faults", count=MAX_FAULTS)))
    return mistakes


def _locate(raw: Sequence[int | str], data: Any) -> tuple[Loc, bool]:
    """Return the place in `data` of pydantic's location, and whether it is about the key.

    Pydantic adds the name of the type it tried for a union; what is not in the data is skipped.
    """
    loc: list[int | str] = []
    node = data
    for step in raw:
        is_key = isinstance(node, Mapping) and step in node
        is_index = isinstance(node, (list, tuple)) and isinstance(step, int) and 0 <= step < len(node)
        if is_key or is_index:
            loc.append(step)
            node = node[step]
    return tuple(loc), bool(raw) and raw[-1] == _KEY_MARK


def _faults(model: type[BaseModel], loc: Loc, at_key: bool, group: list[ErrorDetails]) -> list[Fault]:
    """Return what is wrong at one place; wrong types for one value become one fault."""
    if at_key and group[0]["type"] == "string_type":
        hint = fault("put_between_quotes")
        return [fault("expected_as_key", expected=fault("a_name"), found=found(loc[-1]), hint=hint)]
    field = _field_at(model, loc)
    wrong_type = [details for details in group if details["type"] in (*_EXPECTED, "literal_error")]
    faults = [_fault(model, loc, field, details) for details in group if details not in wrong_type]
    if wrong_type:
        faults.insert(0, _wrong_type(field, wrong_type))
    return list({str(each): each for each in faults}.values())


def _wrong_type(field: FieldInfo | None, group: list[ErrorDetails]) -> Fault:
    """Return what was expected of a value, what was found, and the most likely repair."""
    value = group[0]["input"]
    kinds = [details["type"] for details in group]
    choices = tuple(dict.fromkeys(_literals_in(field.annotation) if field else ()))
    one_of = fault("one_of", choices=choices)
    expected: Value = tuple(dict.fromkeys(_EXPECTED.get(kind, one_of) for kind in kinds))
    if field and field.title:
        expected = Fault(field.title)
    if field and field.examples:
        examples = tuple(str(example) for example in field.examples)
        expected = fault("for_example", expected=expected, examples=examples)
    if any(kind in _NUMBERS for kind in kinds):
        return expected_number(expected, value)
    hint = None
    if "literal_error" in kinds and isinstance(value, str):
        known = choices
        if value[:1].isdigit():  # 12-17 is no misspelling of 0-17
            known = tuple(word for word in known if word[0] == value[0])
        near = nearest(value, known)
        hint = fault("did_you_mean", near=near) if near else None
    elif "bool_type" in kinds and isinstance(value, str) and value.casefold() in ("yes", "no", "ja", "nee"):
        hint = fault("write_instead", text="true" if value.casefold() in ("yes", "ja") else "false")
    elif "string_type" in kinds and isinstance(value, (int, float)):
        hint = fault("put_between_quotes")
    return expected_but_found(expected, value, hint)


def _literals_in(annotation: Any) -> list[str]:
    """Return the words that an annotation allows, inside unions and what is annotated."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for part in get_args(annotation) for word in _literals_in(part)]


def expected_but_found(expected: Value, value: object, hint: Fault | None = None) -> Fault:
    """Return that something else was expected than a value, with what is probably meant."""
    return fault("expected", expected=expected, found=found(value), hint=hint)


def expected_number(expected: Value, value: object) -> Fault:
    """Return that a number was expected, with the repair for the usual ways to write it wrong."""
    return expected_but_found(
        expected, value, _repair(value.strip(), expected) if isinstance(value, str) else None
    )


def _repair(text: str, expected: Value) -> Fault | None:
    """Return how to write the number in a text for a file, or None where there is not just one."""
    number = written(text)
    if number is None:
        return None
    if len(number.values) > 1 and not number.percent:
        return both(number.values, exact=True)
    plain = one_way(f"{number.values[-1].normalize():f}")
    if number.percent:
        share = one_way(f"{(number.values[-1] / 100).normalize():f}")
        return fault("write_percentage", percent=plain, share=share)
    if number.unit and not goes_with(number.unit, expected):
        return fault("write_one_number")
    if number.unit or text[-1].isalpha():
        return fault("write_without_words", number=plain)
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", text):
        return fault("write_without_quotes")
    decimal = re.fullmatch(r"[-+]?[0-9]*,[0-9]+", text)
    return fault("write_with_point", number=plain) if decimal else fault("write_plainly", number=plain)


def number_fault(
    value: object, expected: Value, low: float = -math.inf, high: float = math.inf
) -> Fault | None:
    """Return what is wrong with `value` as a number from `low` to `high`, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return expected_number(expected, value)
    if not -sys.float_info.max <= value <= sys.float_info.max:
        return fault("must_be_finite", found=found(value))
    return range_fault(value, low, high)


def finite(value: object, expected: Value) -> float:
    """Return a value as the finite number that it is, or refuse it."""
    if wrong := number_fault(value, expected):
        raise plain_error(wrong)
    return float(value)  # type: ignore[arg-type]


def range_fault(value: object, low: float, high: float) -> Fault | None:
    """Return that a finite number lies outside `low` to `high`, or None; other values are left alone."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
        return None
    return None if low <= value <= high else _outside(low, high, value)


def _outside(low: float, high: float, value: object) -> Fault:
    if high == math.inf:
        return fault("must_be_or_more", low=_shortest(low), found=found(value))
    if low == -math.inf:
        return fault("must_be_or_less", high=_shortest(high), found=found(value))
    return fault("must_be_between", low=_shortest(low), high=_shortest(high), found=found(value))


def _shortest(value: float) -> float:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def plain_error(fault: Fault) -> PydanticCustomError:
    """Return an error for a validator to raise."""
    return PydanticCustomError("fault", "{fault}", {"fault": fault})


def fault_of(error: PydanticCustomError) -> Fault:
    """Return what is wrong, from an error that `plain_error` made."""
    found = (error.context or {})["fault"]
    assert isinstance(found, Fault)
    return found


def one_line(text: str) -> str:
    """Return text that stands on one line, as it is seen; refuse what is no text."""
    seen = visible(text)
    if not seen.strip() or not seen.isprintable():
        raise plain_error(fault("expected_one_line"))
    return seen


def known_form(form: str) -> str:
    """Return a form of care as it is, or refuse it with the nearest one that is known."""
    if form not in FORMS:
        raise plain_error(fault("unknown_form", form=form, near=nearest(form, FORMS), known=FORMS))
    return form


def found(value: object) -> Value:
    """Return what a value is."""
    if value is None:
        return fault("nothing")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value if abs(value) < 1e15 or isinstance(value, float) else fault("many_digits")
    if isinstance(value, Mapping):
        return fault("a_mapping")
    if isinstance(value, (list, tuple)):
        return fault("a_list")
    return fault("text_found", text=value) if isinstance(value, str) else quoted(value)


def _fault(model: type[BaseModel], loc: Loc, field: FieldInfo | None, details: ErrorDetails) -> Fault:
    """Return the fault in one error that is not about the type of the value."""
    kind, context, value = details["type"], details.get("ctx", {}), details["input"]
    if kind == "fault":
        assert isinstance(context["fault"], Fault)
        return context["fault"]
    if kind in _UNKNOWN_KEY:
        return unknown_key(loc[-1], _known_keys(model, loc[:-1]))
    if kind == "missing":
        return fault("missing_key", key=str(details["loc"][-1]))
    if kind in ("greater_than_equal", "less_than_equal"):
        return _outside(*_limits(field, context), value)
    if kind == "greater_than":
        return fault("must_be_more_than", low=context["gt"], found=found(value))
    if kind == "less_than":
        return fault("must_be_less_than", high=context["lt"], found=found(value))
    if kind == "finite_number":
        return fault("must_be_finite", found=found(value))
    if kind == "string_too_short" and context["min_length"] == 1:
        return fault("must_not_be_empty")
    if kind == "string_too_short":
        return fault("too_few_characters", count=context["min_length"], found=len(value))
    if kind == "too_short":
        return fault("too_few_items", count=context["min_length"], found=len(value))
    if kind == "string_too_long":
        return fault("too_many_characters", count=context["max_length"], found=len(value))
    if kind == "too_long":
        return fault("too_many_items", count=context["max_length"], found=len(value))
    return fault("refused", words=str(details["msg"]))


def unknown_key(key: object, known: Sequence[str]) -> Fault:
    """Return that a key is unknown, with the nearest known key and all known keys."""
    return fault("unknown_key", key=str(key), near=nearest(str(key), known), known=tuple(known))


def _limits(field: FieldInfo | None, context: Mapping[str, Any]) -> tuple[float, float]:
    """Return the lowest and highest value allowed, from the field where it gives both."""
    limits = {"ge": -math.inf, "le": math.inf}
    for name in limits:
        given = [
            context.get(name),
            *(getattr(each, name, None) for each in (field.metadata if field else ())),
        ]
        limits[name] = next((limit for limit in given if limit is not None), limits[name])
    return limits["ge"], limits["le"]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation mentions, inside lists, mappings and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _models_at(model: type[BaseModel], loc: Loc) -> list[type[BaseModel]]:
    """Return the models that can stand at a place."""
    models = [model]
    for step in loc:
        fields = [field for each in models for key, field in _keys(each).items() if key == step]
        if fields:
            models = [inner for field in fields for inner in _models_in(field.annotation)]
    return models


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by the name that a file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _known_keys(model: type[BaseModel], loc: Loc) -> list[str]:
    return list(dict.fromkeys(key for each in _models_at(model, loc) for key in _keys(each)))


def _field_at(model: type[BaseModel], loc: Loc) -> FieldInfo | None:
    """Return the field that a place belongs to, when the place is the field itself."""
    if not loc:
        return None
    fields = [_keys(each).get(str(loc[-1])) for each in _models_at(model, loc[:-1])]
    return next((field for field in fields if field is not None), None)
