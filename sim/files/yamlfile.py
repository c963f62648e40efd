"""An input file: its data, where everything in it is, and its mistakes in plain words."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from sim.errors import InputError, Problem, nearest
from sim.faults import Fault, fault
from sim.files.numerals import one_way, two_ways
from sim.files.wording import expected_but_found, explain
from sim.files.yamltext import MAX_BYTES, MAX_NODES, Loc, Position, Tree, decode, parse, read_bytes

Model = TypeVar("Model", bound=BaseModel)
SUFFIXES = (".yaml", ".yml")
"""What names of input files end in."""
ANY = "*"
"""In a place: any key or index."""

# What to do with a file of each kind, for someone who gave it to the wrong command.
KINDS = {
    "scenario": fault("use_of_scenario"),
    "model": fault("use_of_model"),
    "municipality": fault("use_of_municipality"),
    "grid": fault("use_of_grid"),
}


class Part(BaseModel):
    """What a part of an input file is read into: frozen and strict, without keys of its own."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)


@dataclass(frozen=True)
class Document:
    """The data of one input file. `data` is a plain dict; do not change it."""

    path: str | Path
    data: dict[Any, Any]
    sha256: str
    tree: Tree = field(repr=False, compare=False)

    @classmethod
    def in_memory(cls, data: Mapping[Any, Any], name: str) -> Document:
        """Return a document that comes from no file: every problem is at line 1 of `name`.

        Raises InputError for data that is no mapping.
        """
        if not isinstance(data, Mapping):
            raise InputError.at(name, expected_but_found(fault("a_mapping"), data))
        return cls(name, dict(data), "", Tree())

    def position(self, loc: Iterable[str | int], key: bool = False) -> Position:
        """Return the 1-based line and column of a value, or with `key` of the key before it.

        A mapping or list is found at its key. What is not in the file is found at its nearest
        parent.
        """
        place: Loc = tuple(loc)
        while place and place not in self.tree.values:
            place, key = place[:-1], False
        where = self.tree.keys if key and place in self.tree.keys else self.tree.values
        return where.get(place, (1, 1))

    def problem(self, loc: Iterable[str | int], fault: Fault, key: bool = False) -> Problem:
        """Return a problem with the value, or with `key` the key, at a place in the file."""
        return Problem.at(self.path, fault, *self.position(loc, key))

    def unclear(self, counted: Iterable[Loc]) -> list[Problem]:
        """Return a problem for each number that has two readings, where people or euros are counted.

        counted: such places, in which ANY stands for any key.
        """
        return [self.problem(loc, two_ways(text)) for loc, text in self.written(counted)]

    def written(self, places: Iterable[Loc]) -> list[tuple[Loc, str]]:
        """Return place and text of each number with two readings at these places (ANY: any key)."""
        found = self.tree.written.items()
        known = list(places) if found else []
        return [(loc, text) for loc, text in found if any(_fits(place, loc) for place in known)]

    def validate(self, model: type[Model], context: Any = None, counted: Iterable[Loc] = ()) -> Model:
        """Return the data as a `model`; counted: see `unclear`.

        Raises InputError with every mistake, sorted by line.
        """
        problems = self.unclear(counted)
        try:
            found = model.model_validate(self.data, context=context)
        except ValidationError as error:
            wrong = explain(model, self.data, error)
            others = (self.problem(each.loc, each.fault, each.at_key) for each in wrong)
            raise InputError(in_order([*problems, *elsewhere(others, problems)])) from None
        if problems:
            raise InputError(in_order(problems))
        return found


def _fits(place: Loc, loc: Loc) -> bool:
    return len(place) == len(loc) and all(step in (ANY, own) for step, own in zip(place, loc, strict=True))


def elsewhere(problems: Iterable[Problem], others: Iterable[Problem]) -> list[Problem]:
    """Return the problems at places where there is no other one, which says what is behind them."""
    taken = {(other.line, other.column) for other in others}
    return [problem for problem in problems if (problem.line, problem.column) not in taken]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems sorted by file, line and column, each one once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.file, problem.line, problem.column))


def load_document(path: str | Path, kind: str | tuple[str, ...]) -> Document:
    """Return the YAML file at `path`, which must say that it is of this kind (or one of these).

    Raises InputError, with the line and column, when the file cannot be read, is not plain YAML
    (see `sim.files.yamltext`), or is of another kind.
    """
    return document_from(path, read_bytes(path), kind)


def head_of(path: str | Path, keys: tuple[str, ...]) -> dict[Any, Any]:
    """Return what a YAML file says under these keys at its top, each on one line; nothing else of it is read.

    For lists of many files, which nobody can wait for. Raises InputError where the lines cannot be read.
    """
    marks = tuple(f"{key}:" for key in keys)
    lines = decode(path, read_bytes(path)).splitlines()
    data = parse(path, "\n".join(line for line in lines if line.startswith(marks))).data
    return data if isinstance(data, dict) else {}


def document_from(
    path: str | Path, content: bytes, kind: str | tuple[str, ...], max_nodes: int = MAX_NODES
) -> Document:
    """Return the YAML document in the bytes of a file called `path`, as `load_document` does."""
    if len(content) > MAX_BYTES:
        raise InputError.at(path, fault("over_limit", most=MAX_BYTES / 1e6))
    tree = parse(path, decode(path, content), max_nodes)
    if not isinstance(tree.data, dict):
        message = fault("expected_lines")
        raise InputError.at(path, message, *tree.values[()])
    document = Document(path, tree.data, sha256(content).hexdigest(), tree)
    _check_kind(document, (kind,) if isinstance(kind, str) else kind)
    return document


def _check_kind(document: Document, kinds: tuple[str, ...]) -> None:
    """Raise InputError unless the document is of one of the kinds."""
    wanted = tuple(f"`kind: {kind}`" for kind in kinds)
    if "kind" not in document.data:
        raise InputError([document.problem((), fault("missing_key_kind", wanted=wanted))])
    actual = document.data["kind"]
    if isinstance(actual, str) and actual in kinds:
        return
    if isinstance(actual, str) and actual in KINDS:
        message = fault(
            "wrong_kind",
            kind=actual, wanted=wanted, use=KINDS[actual],
        )  # fmt: skip
    else:
        near = nearest(str(actual), KINDS)
        message = fault(
            "unknown_kind",
            kind=str(actual), near=near, wanted=wanted,
        )  # fmt: skip
    raise InputError([document.problem(("kind",), message)])


class _Representer(SafeRepresenter):  # type: ignore[misc]
    """Writes numbers so that nobody takes their point for thousands."""

    def represent_number(self, value: float) -> Any:
        """Return the node of a number."""
        return self.represent_scalar("tag:yaml.org,2002:float", one_way(repr(value)))


_Representer.add_representer(float, _Representer.represent_number)


def dumped(data: Mapping[str, Any]) -> str:
    """Return plain data as the text of a YAML file that reads back as the same."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 10_000
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()
