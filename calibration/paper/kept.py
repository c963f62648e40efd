"""The answers to the claims as they are kept for the app: codes and values, and what they were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from calibration.paper.claims import GRIDS, scenario_of
from calibration.paper.runs import Done, Size, digest
from calibration.paper.telling import Said
from sim.errors import InputError
from sim.machine.compiling import data_hash, lives_hash
from sim.model.parameters import default_parameters

ANSWERS_FILE = Path(__file__).parent / "answers.json"
SEED = 0


@dataclass(frozen=True)
class ClaimKept:
    """What is said of one claim, and the runs behind it."""

    said: tuple[Said, ...]
    runs: tuple[Done, ...]

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Return how large its runs were: (children, draws), each once; 0 children are all of them."""
        return tuple(dict.fromkeys((done.children, done.draws) for done in self.runs))


@dataclass(frozen=True)
class Answers:
    """All answers, with the version, model (see `model_now`), seed and size that they are of."""

    version: str
    model: Mapping[str, str]
    seed: int
    size: Size
    claims: Mapping[str, ClaimKept]


_READER = TypeAdapter(Answers)


@cache
def model_now() -> dict[str, str]:
    """Return hashes of all but the scenarios that lives depend on: the engine, its tables, its parameters."""
    return {
        "engine": lives_hash(), "data": data_hash(), "parameters": default_parameters().sha256()[:12],
    }  # fmt: skip


def written(answers: Answers) -> bytes:
    """Return answers as the content of a file."""
    data = _READER.dump_python(answers, mode="json")
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def read_answers(content: bytes) -> Answers:
    """Return the answers in a file. Raises pydantic.ValidationError where it is not right."""
    return _READER.validate_json(content)


@cache
def shipped() -> Answers:
    """Return the answers that ship with the model."""
    return read_answers(ANSWERS_FILE.read_bytes())


def of_another_model(answers: Answers) -> bool:
    """Tell whether the engine, its tables or parameters are others now than when answers were made."""
    return dict(answers.model) != model_now()


def out_of_date(answers: Answers, key: str) -> bool:
    """Tell whether the model, or a scenario behind the answer to a claim, is another now."""
    if of_another_model(answers):
        return True
    files = {file for done in answers.claims[key].runs for file in done.scenarios}
    return any(_hash_now(name) != known for name, known in files)


@cache
def _hash_now(name: str) -> str:
    """Return the start of the hash of a file as `Done` lists it, or nothing where it is gone."""
    file = name.removesuffix(".yaml")
    try:
        return digest(file) if file in GRIDS else scenario_of(file).sha256[:12]
    except (InputError, OSError):
        return ""
