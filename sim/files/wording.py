"""Validation errors of pydantic in plain words, for the author of the file."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from sim.errors import nearest
from sim.files.numerals import both, goes_with, one_way, written
from sim.files.yamltext import Loc, quoted, visible
from sim.states import FORMS

MAX_FAULTS = 100

_KEY_MARK = "[key]"
_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping (lines of 'key: value')",
    "mapping_type": "a mapping (lines of 'key: value')",
    "model_type": "a mapping (lines of 'key: value')",
    "model_attributes_type": "a mapping (lines of 'key: value')",
    "dataclass_type": "a mapping (lines of 'key: value')",
    "none_required": "nothing (null)",
}
_UNKNOWN_KEY = ("extra_forbidden", "invalid_key")
_NUMBERS = ("float_type", "int_type", "int_from_float")


@dataclass(frozen=True)
class Fault:
    """One mistake in data: the place of a value (or, with `at_key`, of its key) and the words."""

    loc: Loc
    message: str
    at_key: bool = False


def explain(model: type[BaseModel], data: Any, error: ValidationError) -> list[Fault]:
    """Return the mistakes that `model` found in `data`, one for each place, and at most the first 100."""
    listed = error.errors(include_url=False)[:MAX_FAULTS]
    located = [(_locate(details["loc"], data), details) for details in listed]
    groups: dict[tuple[Loc, bool], list[ErrorDetails]] = {}
    for (loc, at_key), details in located:
        tried_as_other_type = len(details["loc"]) > len(loc) + at_key and details["type"] != "missing"
        deeper = any(other[: len(loc)] == loc and len(other) > len(loc) for (other, _), _ in located)
        if not (tried_as_other_type and deeper):
            groups.setdefault((loc, at_key), []).append(details)
    faults = []
    for (loc, at_key), group in groups.items():
        for message in _messages(model, loc, at_key, group):
            faults.append(Fault(loc, message, at_key or group[0]["type"] in _UNKNOWN_KEY))
    if error.error_count() > MAX_FAULTS:
        faults.append(Fault((), f"there are many mistakes; only the first {MAX_FAULTS} are listed"))
    return faults


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


def _messages(model: type[BaseModel], loc: Loc, at_key: bool, group: list[ErrorDetails]) -> list[str]:
    """Return the words for the errors at one place; wrong types for one value become one message."""
    if at_key and group[0]["type"] == "string_type":
        return [f"expected a name as key, found {found(loc[-1])}; put it between quotes"]
    field = _field_at(model, loc)
    wrong_type = [details for details in group if details["type"] in (*_EXPECTED, "literal_error")]
    messages = [_message(model, loc, field, details) for details in group if details not in wrong_type]
    if wrong_type:
        messages.insert(0, _wrong_type(field, wrong_type))
    return list(dict.fromkeys(messages))


def _wrong_type(field: FieldInfo | None, group: list[ErrorDetails]) -> str:
    """Return what was expected of a value, what was found, and the most likely repair."""
    value = group[0]["input"]
    kinds = [details["type"] for details in group]
    expected = field.title if field and field.title else _any_of(_expected(details) for details in group)
    if field and field.examples:
        expected += f" (for example {' or '.join(str(example) for example in field.examples)})"
    if any(kind in _NUMBERS for kind in kinds):
        return expected_number(expected, value)
    hint = ""
    if "literal_error" in kinds and isinstance(value, str):
        known = re.findall(r"'([^']*)'", expected)
        if value[:1].isdigit():  # 12-17 is no misspelling of 0-17
            known = [word for word in known if word[0] == value[0]]
        hint = nearest(value, known)
    elif "bool_type" in kinds and isinstance(value, str) and value.casefold() in ("yes", "no", "ja", "nee"):
        hint = f"; write {'true' if value.casefold() in ('yes', 'ja') else 'false'}"
    elif "string_type" in kinds and isinstance(value, (int, float)):
        hint = "; put it between quotes"
    return f"expected {expected}, found {found(value)}{hint}"


def _expected(details: ErrorDetails) -> str:
    if details["type"] == "literal_error":
        return str(details["ctx"]["expected"])
    return _EXPECTED[details["type"]]


def _any_of(names: Iterable[str]) -> str:
    *others, last = dict.fromkeys(names)
    return f"{', '.join(others)} or {last}" if others else last


def expected_number(expected: str, value: object) -> str:
    """Return that a number was expected, with the repair for the usual ways to write it wrong."""
    hint = f"; {_repair(value.strip(), expected)}" if isinstance(value, str) else ""
    return f"expected {expected}, found {found(value)}{hint.removesuffix('; ')}"


def _repair(text: str, expected: str) -> str:
    """Return how to write the number in a text for a file, or an empty string where there is not just one."""
    number = written(text)
    if number is None:
        return ""
    if len(number.values) > 1 and not number.percent:
        return both(number.values, exact=True)
    plain = one_way(f"{number.values[-1].normalize():f}")
    if number.percent:
        return f"{plain}% is written as {one_way(f'{(number.values[-1] / 100).normalize():f}')}"
    if number.unit and not goes_with(number.unit, expected):
        return "write one number and nothing else"
    if number.unit or text[-1].isalpha():
        return f"write it without words or signs: {plain}"
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", text):
        return "write it without quotes"
    decimal = re.fullmatch(r"[-+]?[0-9]*,[0-9]+", text)
    return f"write decimals with a point: {plain}" if decimal else f"write it without separators: {plain}"


def number_fault(value: object, expected: str, low: float = -math.inf, high: float = math.inf) -> str | None:
    """Return what is wrong with `value` as a number from `low` to `high`, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return expected_number(expected, value)
    if not -sys.float_info.max <= value <= sys.float_info.max:
        return f"must be a finite number, found {found(value)}"
    return range_fault(value, low, high)


def range_fault(value: object, low: float, high: float) -> str | None:
    """Return that a finite number lies outside `low` to `high`, or None; other values are left alone."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
        return None
    return None if low <= value <= high else f"{_between(low, high)}, found {found(value)}"


def _between(low: float, high: float) -> str:
    if high == math.inf:
        return f"must be {_number(low)} or more"
    if low == -math.inf:
        return f"must be {_number(high)} or less"
    return f"must be between {_number(low)} and {_number(high)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:g}"


def plain_error(message: str) -> PydanticCustomError:
    """Return an error for a validator to raise, with `message` as the words that people read."""
    return PydanticCustomError("plain", "{message}", {"message": message})


def one_line(text: str) -> str:
    """Return text that stands on one line, as it is seen; refuse what is no text."""
    seen = visible(text)
    if not seen.strip() or not seen.isprintable():
        raise plain_error("expected one line of text")
    return seen


def known_form(form: str) -> str:
    """Return a form of care as it is, or refuse it with the nearest one that is known."""
    if form not in FORMS:
        raise plain_error(
            f"unknown form of care {quoted(form)}{nearest(form, FORMS) or '.'} Known: {', '.join(FORMS)}"
        )
    return form


def found(value: object) -> str:
    """Return what a value is, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value) if abs(value) < 1e15 or isinstance(value, float) else "a number of many digits"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"text {quoted(value)}" if isinstance(value, str) else quoted(value)


def _message(model: type[BaseModel], loc: Loc, field: FieldInfo | None, details: ErrorDetails) -> str:
    """Return the words for one error that is not about the type of the value."""
    kind, context, value = details["type"], details.get("ctx", {}), details["input"]
    if kind in _UNKNOWN_KEY:
        return unknown_key(loc[-1], _known_keys(model, loc[:-1]))
    if kind == "missing":
        return f"missing key {quoted(details['loc'][-1])}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{_between(*_limits(field, context))}, found {found(value)}"
    if kind in ("greater_than", "less_than"):
        limit = f"more than {context['gt']}" if kind == "greater_than" else f"less than {context['lt']}"
        return f"must be {limit}, found {found(value)}"
    if kind == "finite_number":
        return f"must be a finite number, found {found(value)}"
    if kind == "string_too_short" and context["min_length"] == 1:
        return "must not be empty"
    if kind in ("string_too_short", "too_short"):
        return f"must have {context['min_length']} or more {_parts(value)}, found {len(value)}"
    if kind in ("string_too_long", "too_long"):
        return f"must have at most {context['max_length']} {_parts(value)}, found {len(value)}"
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    return str(details["msg"])


def _parts(value: object) -> str:
    return "characters" if isinstance(value, str) else "items"


def unknown_key(key: object, known: Sequence[str]) -> str:
    """Return that a key is unknown, with the nearest known key and all known keys."""
    return f"unknown key {quoted(key)}{nearest(str(key), known) or '.'} Known keys here: {', '.join(known)}"


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
