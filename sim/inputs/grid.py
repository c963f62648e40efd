"""A grid: one scenario with lists of values, which stands for every combination of them.

```yaml
kind: grid
from: huidig.yaml               # or `base:` with a scenario written out
values:
  programmes.kinderwerk.fte: [0, 12, 36]
  policy: [deficit, crowd_out]
reference:                      # what each combination is compared with (optional)
  programmes.kinderwerk.fte: 0
```
"""

from __future__ import annotations

import itertools
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.errors import InputError, Problem, nearest
from sim.faults import fault
from sim.files.wording import MAX_FAULTS, expected_but_found
from sim.files.yamlfile import Document, in_order, load_document
from sim.files.yamltext import Loc, Tree
from sim.inputs.registry import Registry
from sim.inputs.scenario import Scenario, scenario_from_document

MAX_PRODUCT = 10_000
"""Most combinations in one grid."""
MAX_KEYS, MAX_KEY = 100, 200
_LONGEST = 40
_KEYS = ("kind", "title", "description", "from", "base", "values", "reference")
Choice = tuple[int, ...]
"""One combination: the position in its list of the value of each key."""


@dataclass(frozen=True)
class Member:
    """One combination of a grid: its name, the scenario, and the name of what it is compared with."""

    name: str
    scenario: Scenario
    reference: str | None = None


def load_grid(path: str | Path, registry: Registry | None = None) -> tuple[Member, ...]:
    """Return every combination in a grid file, in the order of its lists.

    Names are those of the file with the keys and values that differ: they stay the same when values are
    added. A member names another one as its reference where the grid says so; otherwise its scenario has the
    reference of the scenario that the grid starts from. Raises InputError with every mistake.
    """
    return _Grid(load_document(path, "grid"), registry).members()


class _Grid:
    """A grid file that is being read. Raises InputError where it cannot be used."""

    def __init__(self, document: Document, registry: Registry | None) -> None:
        self.document, self.registry = document, registry
        self.folder = Path(document.path).parent
        self._check_keys()
        self.keys, self.lists = self._values()
        self.base, self.base_tree = self._base()
        self.inside = self._inside()
        self.words = _short_keys(self.keys)
        self.parts = [_value_names(values) for values in self.lists]

    def members(self) -> tuple[Member, ...]:
        """Return the members of the grid."""
        fixed, own = self._fixed(), self._own_reference()
        problems: dict[Problem, None] = {}
        found_: list[Member] = []
        reference: Path | None = None
        for choice in itertools.product(*(range(len(values)) for values in self.lists)):
            try:
                scenario = self._scenario(choice, None if found_ else own)
            except InputError as error:
                problems |= dict.fromkeys(error.problems)
                if len(problems) >= MAX_FAULTS:
                    break
                continue
            if not found_:  # the file of a reference is read once
                reference = scenario.reference
            scenario = scenario.model_copy(update={"reference": reference})
            found_.append(Member(self.name(choice), scenario, self._reference_of(choice, fixed)))
        if problems:
            raise InputError(in_order(problems))
        return tuple(found_)

    def name(self, choice: Choice) -> str:
        """Return the name of a combination."""
        words = [f"{key}-{part[i]}" for key, part, i in zip(self.words, self.parts, choice, strict=True)]
        return "--".join([_plain(Path(self.document.path).stem), *words])

    def _check_keys(self) -> None:
        data = self.document.data
        problems = [
            self.document.problem(
                (key,), fault("unknown_key_of_grid", key=str(key), near=nearest(str(key), _KEYS)), key=True
            )
            for key in data
            if key not in _KEYS
        ]
        if ("from" in data) == ("base" in data):
            words = fault("grid_without_start")
            problems.append(self.document.problem((), words))
        if "values" not in data:
            problems.append(self.document.problem((), fault("values_missing")))
        for key in ("title", "description"):
            if key in data and (not isinstance(data[key], str) or not data[key].strip()):
                problems.append(self.document.problem((key,), expected_but_found(fault("text"), data[key])))
        if problems:
            raise InputError(in_order(problems))

    def _values(self) -> tuple[tuple[str, ...], tuple[list[Any], ...]]:
        values = self.document.data["values"]
        if not isinstance(values, dict) or not values:
            words = expected_but_found(fault("keys_with_lists"), values)
            raise InputError([self.document.problem(("values",), words)])
        if len(values) > MAX_KEYS:
            words = fault("too_many_keys", count=len(values), most=MAX_KEYS)
            raise InputError([self.document.problem(("values",), words, key=True)])
        problems = [problem for key, items in values.items() for problem in self._list_problems(key, items)]
        keys = [key for key in values if isinstance(key, str)]
        for one, other in itertools.permutations(keys, 2):
            if other.startswith(one + "."):
                words = fault("key_within_another", other=other, one=one)
                problems.append(self.document.problem(("values", other), words, key=True))
        size = math.prod(len(items) for items in values.values() if isinstance(items, list))
        if size > MAX_PRODUCT:
            words = fault("too_many_combinations", size=size, most=MAX_PRODUCT)
            problems.append(self.document.problem(("values",), words, key=True))
        if problems:
            raise InputError(in_order(problems))
        return tuple(keys), tuple(values[key] for key in keys)

    def _list_problems(self, key: Any, items: Any) -> Iterator[Problem]:
        fields = {field.alias or name for name, field in Scenario.model_fields.items()}
        known = fields - {"kind", "title", "description", "reference"}
        top = str(key).split(".")[0]
        if not isinstance(key, str) or len(key) > MAX_KEY or not all(key.split(".")) or top not in known:
            words = fault(
                "unknown_grid_key",
                key=str(key), near=nearest(top, known), example=_EXAMPLE,
            )  # fmt: skip
            yield self.document.problem(("values", key), words, key=True)
        if not isinstance(items, list) or not items:
            words = expected_but_found(fault("list_of_values", example="[0, 12, 36]"), items)
            yield self.document.problem(("values", key), words)
            return
        seen: set[str] = set()
        for i, item in enumerate(items):
            text = _text(item)
            if text in seen:
                yield self.document.problem(("values", key, i), fault("twice_in_list", item=item))
            seen.add(text)

    def _base(self) -> tuple[dict[Any, Any], Tree | None]:
        """Return the data to start from, and where it stands in the grid (None: in a file of its own)."""
        data = self.document.data
        if "base" in data:
            if not isinstance(data["base"], dict):
                words = expected_but_found(fault("scenario_written_out"), data["base"])
                raise InputError([self.document.problem(("base",), words)])
            return data["base"], self.document.tree
        if not isinstance(data["from"], str):
            words = expected_but_found(fault("name_of_scenario_file"), data["from"])
            raise InputError([self.document.problem(("from",), words)])
        start = load_document(self.folder / data["from"], "scenario")
        scenario_from_document(start, self.registry)
        return _seen_from(Path(start.path).parent, start.data), None

    def _own_reference(self) -> Any:
        """Return the file of the reference that combinations have, if any."""
        own = self.document.data.get("reference")
        if own is None or isinstance(own, dict):
            return None if isinstance(own, dict) else self.base.get("reference")
        if not isinstance(own, str):
            words = expected_but_found(fault("scenario_file_or_value"), own)
            raise InputError([self.document.problem(("reference",), words)])
        return own

    def _fixed(self) -> Mapping[int, int]:
        """Return which value of which key the reference of each combination has."""
        own = self.document.data.get("reference")
        if not isinstance(own, dict):
            return {}
        fixed: dict[int, int] = {}
        problems = []
        for key, value in own.items():
            if key not in self.keys:
                words = fault("not_under_values", key=key, near=nearest(str(key), self.keys))
                problems.append(self.document.problem(("reference", key), words, key=True))
                continue
            k = self.keys.index(key)
            known = [_text(item) for item in self.lists[k]]
            if _text(value) not in known:
                words = fault("not_in_list", value=value, key=key)
                problems.append(self.document.problem(("reference", key), words))
                continue
            fixed[k] = known.index(_text(value))
        if problems:
            raise InputError(in_order(problems))
        return fixed

    def _reference_of(self, choice: Choice, fixed: Mapping[int, int]) -> str | None:
        other = tuple(fixed.get(k, i) for k, i in enumerate(choice))
        return self.name(other) if fixed and other != choice else None

    def _scenario(self, choice: Choice, reference: Any) -> Scenario:
        data = _copy(self.base)
        data.pop("reference", None)
        data["kind"] = "scenario"
        if reference is not None:
            data["reference"] = reference
        tree = self._places()
        for key, values, i in zip(self.keys, self.lists, choice, strict=True):
            loc = _split(key, data)
            self._put(data, loc, values[i])
            inside = self.inside[key, i]
            tree.values |= {loc + deeper: at for deeper, at in inside.values.items()}
            tree.keys |= {loc + deeper: at for deeper, at in inside.keys.items()}
            tree.written = {at: text for at, text in tree.written.items() if at[: len(loc)] != loc}
            tree.written |= {loc + deeper: text for deeper, text in inside.written.items()}
            tree.keys.setdefault(loc, self.document.position(("values", key), key=True))
        data["title"] = self._title(data, choice)
        place = Document(self.document.path, data, "", tree)
        return scenario_from_document(place, self.registry)

    def _inside(self) -> dict[tuple[str, int], Tree]:
        """Return where everything in each value is, by key and number."""
        found = {(key, i): Tree() for key, items in zip(self.keys, self.lists, strict=True)
                 for i in range(len(items))}  # fmt: skip
        for name in ("values", "keys", "written"):
            for loc, at in getattr(self.document.tree, name).items():
                if len(loc) >= 3 and loc[:1] == ("values",):
                    getattr(found[loc[1], loc[2]], name)[loc[3:]] = at
        return found

    def _places(self) -> Tree:
        """Return where everything of the base is in the grid's own file."""
        if self.base_tree is None:  # what is in another file is found at the key that names it
            return Tree(values={(): self.document.position(("from",))})
        values = {loc[1:]: at for loc, at in self.base_tree.values.items() if loc[:1] == ("base",)}
        keys = {loc[1:]: at for loc, at in self.base_tree.keys.items() if loc[:1] == ("base",)}
        written = {loc[1:]: text for loc, text in self.base_tree.written.items() if loc[:1] == ("base",)}
        return Tree(values={**values, (): self.document.position(("base",))}, keys=keys, written=written)

    def _put(self, data: dict[Any, Any], loc: Loc, value: Any) -> None:
        """Put a value in its place, making the mappings on the way."""
        for step in loc[:-1]:
            if data.get(step) is None:
                data[step] = {}
            data = data[step]
            if not isinstance(data, dict):
                key = ".".join(map(str, loc))
                words = fault("key_cannot_be_set", key=key, step=step)
                raise InputError([self.document.problem(("values", key), words, key=True)])
        data[loc[-1]] = _copy(value)

    def _title(self, data: Mapping[Any, Any], choice: Choice) -> Any:
        title = self.document.data.get("title", data.get("title", Path(self.document.path).stem))
        words = [
            f"{key.replace('_', ' ').replace('-', ' ')} {_shown(values[i])}"
            for key, values, i in zip(self.words, self.lists, choice, strict=True)
        ]
        if not isinstance(title, str):
            return title  # the check of the scenario says what is wrong
        text = f"{title} ({', '.join(words)})"
        return text if len(text) <= 200 else text[:197] + "..."


_EXAMPLE = "programmes.kinderwerk.fte"


def _split(key: str, data: Mapping[Any, Any]) -> Loc:
    """Return the steps of a dotted key; the name of a parameter has dots of its own."""
    parts = key.split(".")
    if parts[0] != "parameters" or len(parts) < 3:
        return tuple(parts)
    inner = parts[-1] in ("value", "from") and isinstance(
        (data.get("parameters") or {}).get(".".join(parts[1:-1])), dict
    )
    if inner:
        return ("parameters", ".".join(parts[1:-1]), parts[-1])
    return ("parameters", ".".join(parts[1:]))


def _short_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """Return the last words of each key that tell it from the others."""
    for length in range(1, max(len(key.split(".")) for key in keys) + 1):
        short = tuple(_plain("-".join(key.split(".")[-length:])) for key in keys)
        if len(set(short)) == len(keys):
            return short
    return tuple(f"{_plain(key)}-{_digest(key)}" for key in keys)


def _value_names(values: Sequence[Any]) -> tuple[str, ...]:
    """Return a file-safe name of each value; two that would be the same, or long ones, get a few digits."""
    plain = [_plain(_shown(value)) for value in values]
    count = Counter(plain)
    return tuple(
        word if word and len(word) <= _LONGEST and count[word] == 1
        else f"{word[:_LONGEST].rstrip('-')}-{_digest(_text(value))}"
        for word, value in zip(plain, values, strict=True)
    )  # fmt: skip


def _shown(value: Any) -> str:
    """Return a value as short text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_shown(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return " ".join(_shown(item) for item in value) or "none"
    return "none" if value is None else str(value)


def _plain(text: str) -> str:
    """Return text with letters, digits, dots and underscores only; the rest becomes a dash.

    A minus before a number is written `min`, so that it is not lost among the dashes.
    """
    text = re.sub(r"(?<![\w.])-(?=[\d.])", "min", text)
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._]+", "-", bare).strip("-.")


def _text(value: Any) -> str:
    """Return what a value says, whole numbers with or without a point alike; true is not 1."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return json.dumps(_by_text(value), sort_keys=True, default=str)


def _by_text(value: Any) -> Any:
    """Return data whose keys are texts: a year and a text as keys of one mapping have no order."""
    if isinstance(value, dict):
        return {str(key): _by_text(item) for key, item in value.items()}
    return [_by_text(item) for item in value] if isinstance(value, list) else value


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:6]


def _seen_from(folder: Path, data: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return data of a file in `folder` that names other files, with their full paths."""
    there = dict(data)
    for key in ("reference", "municipality"):
        name = there.get(key)
        if isinstance(name, str) and name.lower().endswith((".yaml", ".yml")):
            there[key] = str((folder / name).resolve())
    return there


def _copy(value: Any) -> Any:
    """Return plain data that may be changed without changing the file's."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
