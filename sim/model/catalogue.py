"""Programmes as data, from programmes.yaml: what each is, not how much of it there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sim.errors import InputError, nearest
from sim.faults import Fault, fault
from sim.files.yamlfile import Part, in_order, load_document
from sim.model.parameters import DATA, default_parameters
from sim.states import AGES, MONTHS

Targeting = Literal["everyone", "neighbourhood", "outreach"]
TARGETING: tuple[Targeting, ...] = ("everyone", "neighbourhood", "outreach")
PROGRAMME_FILE = DATA / "programmes.yaml"
_RUN = (
    "visits_per_fte", "visits_per_child", "uptake_ceiling", "uptake_by_need", "stay", "neighbourhood_weight",
    "outreach_weight", "hiring_delay", "turnover", "activity_cost",
)  # fmt: skip
"""The parameters that any programme needs to run."""
_FELT = ("build_up", "retained")
"""Those that one with any mechanism needs besides."""
_BY_MECHANISM: dict[str, tuple[str, ...]] = {
    "onset": (
        "effect_exists",
        "moderate_need",
        "share_onset",
        "recovery_light",
        "effect_by_visits",
    ),
    **{name: (name,) for name in ("signalling", "participation", "access", "substitution")},
}
"""What a programme may change, and the parameters that say how much. Onset is escalation and recovery too."""


@dataclass(frozen=True)
class Programme:
    """What a programme is, apart from how much of it there is.

    grade, source: of its ages, targeting and mechanisms; parameters have their own. number: its place in the
    file, by which its luck is told from that of others.
    """

    name: str
    title: Mapping[str, str]
    first_age: int
    last_age: int
    targeting: str
    price: str
    mechanisms: tuple[str, ...]
    grade: str
    source: str
    continues: str | None = None
    number: int = 0
    workers: str | None = None

    @property
    def ages(self) -> tuple[int, int]:
        """Return the first and last year of age."""
        return self.first_age, self.last_age

    @property
    def months(self) -> tuple[int, int]:
        """Return the ages in months from which and before which a child can take part."""
        return self.first_age * MONTHS, (self.last_age + 1) * MONTHS

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters that it takes its numbers from."""
        own = [*_RUN, *(_FELT if self.mechanisms else ()), *(["continuity"] if self.continues else [])]
        for mechanism in self.mechanisms:
            own += _BY_MECHANISM.get(mechanism, ())
        counted = (self.workers,) if self.workers else ()
        return (self.price, *counted, *(f"{self.name}.{parameter}" for parameter in own))


Age = Annotated[int, Field(ge=0, lt=AGES)]


class _Title(Part):
    nl: str
    en: str


class _Spec(Part):
    title: _Title
    ages: Annotated[list[Age], Field(min_length=2, max_length=2)]
    targeting: Targeting
    price: str
    mechanisms: list[str]
    grade: Literal["cited", "derived", "assumed"]
    source: Annotated[str, Field(min_length=1)]
    continues: str | None = None
    workers: str | None = None


class _Programmes(Part):
    kind: Literal["programmes"]
    programmes: dict[str, _Spec]


@cache
def catalogue() -> Mapping[str, Programme]:
    """Return the shipped programmes by name."""
    return read_catalogue(PROGRAMME_FILE)


def read_catalogue(path: Path, parameters: Iterable[str] | None = None) -> Mapping[str, Programme]:
    """Read programmes from a file. parameters: the names that exist (default: the shipped ones).

    Raises InputError, with line and column, where the file breaks the schema, or names a mechanism,
    programme or parameter that does not exist.
    """
    return with_own_programmes({}, path, default_parameters() if parameters is None else parameters)


def with_own_programmes(
    programmes: Mapping[str, Programme], path: Path, parameters: Iterable[str]
) -> Mapping[str, Programme]:
    """Return programmes with those of a file beside them, or in place of those of the same name.

    Raises InputError as `read_catalogue` does.
    """
    document = load_document(path, "programmes")
    specs = document.validate(_Programmes).programmes
    numbers = {name: k for k, name in enumerate(dict.fromkeys([*programmes, *specs]))}
    found = {
        name: Programme(
            name, spec.title.model_dump(), spec.ages[0], spec.ages[1], spec.targeting, spec.price,
            tuple(spec.mechanisms), spec.grade, spec.source, spec.continues, numbers[name], spec.workers,
        )
        for name, spec in specs.items()
    }  # fmt: skip
    whole, known = {**programmes, **found}, frozenset(parameters)
    wrong = [each for programme in found.values() for each in _wrong(programme, whole, known)]
    if wrong:
        raise InputError(in_order(document.problem(("programmes", *place), each) for place, each in wrong))
    return whole


def _wrong(
    programme: Programme, all_of_them: Mapping[str, Programme], known: frozenset[str]
) -> Iterator[tuple[tuple[str | int, ...], Fault]]:
    """Give what is wrong with a programme beyond its schema: the place within programmes, and the fault."""
    name = programme.name
    if programme.first_age > programme.last_age:
        yield (name, "ages"), fault("ages_turned_round")
    for k, mechanism in enumerate(programme.mechanisms):
        if mechanism not in _BY_MECHANISM:
            yield (
                (name, "mechanisms", k),
                fault("no_mechanism", mechanism=mechanism, near=nearest(mechanism, _BY_MECHANISM)),
            )
    before = programme.continues
    if before is not None and before not in all_of_them:
        yield (name, "continues"), fault("no_programme", before=before, near=nearest(before, all_of_them))
    for parameter in programme.parameters:
        if parameter not in known:
            keys = {programme.price: "price", programme.workers: "workers"}
            place = (name, keys[parameter]) if parameter in keys else (name,)
            yield place, fault("no_parameter", parameter=parameter, near=nearest(parameter, known))
