"""A scenario: a budget and policy choice for one municipality, read from a file and never changed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, ValidationError, to_jsonable_python

from sim.errors import InputError, Problem, nearest
from sim.faults import fault, quoted
from sim.files.wording import found, known_form, number_fault, one_line, plain_error
from sim.files.yamlfile import Document, Part, elsewhere, in_order, load_document
from sim.inputs.fte import FtePath, read_fte, unclear_fte
from sim.inputs.later_years import CONSTANT, SUFFIX, LaterYears, far_off, load_population
from sim.inputs.municipality import Municipality, load_municipality
from sim.inputs.placenames import code_of
from sim.inputs.registry import Frozen, Registry
from sim.inputs.scenario_checks import (
    DEFAULT_START as DEFAULT_START,
)
from sim.inputs.scenario_checks import (
    DEFAULT_YEARS as DEFAULT_YEARS,
)
from sim.inputs.scenario_checks import (
    FTE_PLACES,
    beyond_people,
    counted,
    items,
    lost_shocks,
    written_problems,
)
from sim.inputs.shock import BOTH_WAYS as BOTH_WAYS
from sim.inputs.shock import MAX_YEARS as MAX_YEARS
from sim.inputs.shock import MOST_SHORTER as MOST_SHORTER
from sim.inputs.shock import ON_FORMS as ON_FORMS
from sim.inputs.shock import Origin, origin_of, programme_name
from sim.inputs.shock import Shock as Shock
from sim.model.futures import MODEL_TODAY, Future
from sim.model.parameters import default_parameters
from sim.model.priors import ASSUMED, Prior
from sim.model.structures import CARE_CHANGES_NEED, Structure
from sim.states import AGES

FIRST_YEAR, LAST_YEAR = 2015, 2060
IN_MEMORY = "<scenario>"
SUFFIXES = (".yaml", ".yml")
DISCOUNT, INFLATION = "discount.mkba", "discount.inflation"
_MAX_LIST = 1000
_MAX_PARAMETERS = 600
"""There are fewer; each name that is not known is held against all that are."""
PLACES_WORDS = ("as_used", "unlimited")
"""As many places as were used in the year before the start; no limit at all."""


def _place(value: object, info: ValidationInfo) -> str | Municipality:
    """Return the name of a shipped municipality, or the figures in a file or mapping."""
    origin = origin_of(info)
    if isinstance(value, (Mapping, Municipality)):
        return Municipality.model_validate(value, context=origin)
    code = code_of(value) if type(value) is int else None  # 0034 without quotes is a number
    name = code or value
    if not isinstance(name, str):
        expected = fault("municipality_or_figures")
        raise plain_error(fault("expected", expected=expected, found=found(value), hint=None))
    if is_file(name):
        return _own_figures(origin.folder / name, origin.registry)
    return name if origin.registry is None else origin.registry.municipality(name)


def _placed(place: str | Municipality) -> str | dict[str, Any]:
    """Return a municipality as a file writes it."""
    return place if isinstance(place, str) else place.to_data()


def is_file(municipality: object) -> bool:
    """Return whether what stands under `municipality:` is the path of a file."""
    return isinstance(municipality, str) and Path(municipality).suffix.lower() in SUFFIXES


def _own_figures(path: Path, registry: Registry | None) -> Municipality:
    try:
        return load_municipality(path, registry)
    except InputError as error:
        first, *others = error.problems
        raise plain_error(fault(
            "municipality_unusable",
            why=first.with_place(), more=len(others) or None,
        )) from None  # fmt: skip


def _population(value: object, info: ValidationInfo) -> LaterYears | None:
    """Return the youths of later years in a file or mapping; None where the age structure stays."""
    if value is None or value == CONSTANT:
        return None
    origin, place = origin_of(info), info.data.get("place")
    name = place.name if isinstance(place, Municipality) else place
    if isinstance(value, (Mapping, LaterYears)):
        given = LaterYears.model_validate(value)
        if off := far_off(given, _known(place, origin.registry)):
            raise plain_error(off[1])
        return given
    if not is_table(value):
        near = nearest(value, (CONSTANT,)) if isinstance(value, str) else None
        hint = fault("did_you_mean", near=near) if near else None
        expected = fault("population_or_file", word=CONSTANT, such=f"almere{SUFFIX}")
        raise plain_error(fault("expected", expected=expected, found=found(value), hint=hint))
    if name is None:
        return None  # the municipality is wrong: told at its place
    try:
        known = _known(place, origin.registry)
        return load_population(origin.folder / str(value), name, known, origin.registry)
    except InputError as error:
        first, *others = error.problems
        raise plain_error(
            fault("population_unusable", why=first.with_place(), more=len(others) or None)
        ) from None


def is_table(population: object) -> bool:
    """Return whether what stands under `population:` is the path of a file."""
    return isinstance(population, str) and Path(population).suffix.lower() == SUFFIX


def _known(place: str | Municipality | None, registry: Registry | None) -> float | None:
    """Return the youths that are known of a municipality, or None."""
    if isinstance(place, Municipality):
        return place.youths()
    return None if registry is None or place is None else registry.youths.get(place)


def _parameter(name: str, info: ValidationInfo) -> str:
    registry = origin_of(info).registry
    if registry is not None and name not in registry.parameters:
        raise plain_error(fault("unknown_parameter", name=name, near=nearest(name, registry.parameters)))
    return name


def _places(value: object) -> float | str:
    """Return a number of places, or one of the words that stand for one."""
    if isinstance(value, str) and value in PLACES_WORDS:
        return value
    expected = fault("number_of_places", words=PLACES_WORDS)
    if wrong := number_fault(value, expected):
        raise plain_error(wrong)
    number = float(value)  # type: ignore[arg-type]
    if number < 0:
        raise plain_error(fault("expected", expected=expected, found=quoted(value), hint=None))
    return number


def _one_line_path(path: Path) -> Path:
    if not str(path).isprintable():
        raise plain_error(fault("name_on_one_line"))
    return path


def _reference(path: Path | None, info: ValidationInfo) -> Path | None:
    """Return the full path of the reference, which must be another scenario file."""
    origin = origin_of(info)
    if path is None or info.context is None:
        return path
    full = origin.folder / _one_line_path(path)
    try:
        load_document(full, "scenario")
    except InputError as error:
        raise plain_error(fault("reference_unusable", why=error.problems[0].with_place())) from None
    if origin.path is not None:
        _refuse_circle(origin.path, full)
    return full.resolve()


def _refuse_circle(path: Path, reference: Path) -> None:
    """Refuse references that lead back to a scenario: itself, or one that names it in its turn."""
    way = [Path(os.path.realpath(path))]
    after: Path | None = reference
    while after is not None:
        here = Path(os.path.realpath(after))
        if here in way:
            if len(way) == 1:
                raise plain_error(fault("own_reference"))
            names = " -> ".join(each.name for each in (*way, here))
            raise plain_error(fault("references_in_circle", names=names))
        way.append(here)
        try:
            named = load_document(here, "scenario").data.get("reference")
        except InputError:
            return  # told where that file is read
        after = here.parent / named if isinstance(named, str) else None


def _numbers(value: object) -> float | tuple[float, ...]:
    """Return a finite number, or a list of them as a tuple."""
    if not isinstance(value, (list, tuple)):
        if wrong := number_fault(value, fault("a_number")):
            raise plain_error(wrong)
        return float(value)  # type: ignore[arg-type]
    if not 1 <= len(value) <= _MAX_LIST:
        raise plain_error(fault("wrong_number_of_numbers", most=_MAX_LIST, count=len(value)))
    faults = [(index, number_fault(item, fault("a_number"))) for index, item in enumerate(value)]
    errors = [
        InitErrorDetails(type=plain_error(each), loc=(i,), input=value[i]) for i, each in faults if each
    ]
    if errors:
        raise ValidationError.from_exception_data("numbers", errors)
    return tuple(float(item) for item in value)


def _written(value: float | tuple[float, ...]) -> float | list[float]:
    """Return a number or list as a file writes it."""
    return list(value) if isinstance(value, tuple) else value


def _as_override(value: object) -> object:
    """Return a bare number or list as the mapping that it is short for."""
    return value if isinstance(value, (Mapping, BaseModel)) else {"value": value}


class Switches(Part):
    """Which mechanisms of a programme work."""

    onset: bool = True
    escalation: bool = True
    recovery: bool = True
    signalling: bool = True
    participation: bool = True
    access: bool = True
    substitution: bool = True
    continuity: bool = True


class ProgrammeUse(Part):
    """How much of a programme there is, and how it is run and paid."""

    fte: Annotated[FtePath, PlainValidator(read_fte), PlainSerializer(FtePath.to_data)]
    ring_fenced: bool = True
    targeting: Literal["everyone", "neighbourhood", "outreach"] | None = None
    ages: tuple[int, int] | None = None
    paid_by: Literal["gemeente", "outside"] = "gemeente"
    switches: Switches = Switches()

    @field_validator("ages", mode="before")
    @classmethod
    def _ages(cls, value: object) -> object:
        """Return the first and last year of age from a list of two."""
        if value is None or isinstance(value, tuple):
            return value
        pair = isinstance(value, list) and len(value) == 2 and all(type(age) is int for age in value)
        if pair and 0 <= value[0] <= value[1] < AGES:  # type: ignore[index]
            return tuple(value)  # type: ignore[arg-type]
        raise plain_error(fault("expected_two_ages", such=f"[10, {AGES - 1}]"))

    def fte_by_year(self, start: int, years: int) -> tuple[float, ...]:
        """Return the FTE of each of `years` years from `start` on."""
        return tuple(self.fte.at(year) for year in range(start, start + years))


class Budget(Part):
    """The budget for youth care; None takes what the municipality spent in the start year."""

    youth_care: float | None = Field(None, ge=0, allow_inf_nan=False, title="euros_a_year")
    real_growth: float | None = Field(None, ge=-0.5, le=0.5, allow_inf_nan=False, title="growth_a_year")


class Override(Part):
    """A value, or a list of them, in place of a parameter's own, and from when it acts."""

    value: Annotated[float | tuple[float, ...], PlainValidator(_numbers), PlainSerializer(_written)]
    since: Literal["start", "birth"] = Field("start", alias="from")


_ProgrammeName = Annotated[str, AfterValidator(programme_name)]
_ParameterName = Annotated[str, AfterValidator(_parameter)]
_OverrideData = Annotated[Override, BeforeValidator(_as_override)]


class Scenario(Part):
    """What a scenario file says. Frozen, hashable, picklable; `replace` returns a changed one."""

    kind: Literal["scenario"] = "scenario"
    title: Annotated[str, AfterValidator(one_line)] = Field(min_length=1, max_length=200)
    description: str | None = Field(None, max_length=10_000)
    reference: Annotated[
        Path | None,
        BeforeValidator(lambda value: Path(value) if isinstance(value, str) else value),
        AfterValidator(_reference),
    ] = None
    place: Annotated[str | Municipality, PlainValidator(_place), PlainSerializer(_placed)] = Field(
        alias="municipality"
    )
    start: int = Field(DEFAULT_START, ge=FIRST_YEAR, le=LAST_YEAR)
    years: int = Field(DEFAULT_YEARS, ge=0, le=MAX_YEARS)
    policy: Literal["deficit", "crowd_out", "capped"] = "crowd_out"
    prior: Prior = ASSUMED
    future: Future = MODEL_TODAY
    structure: Structure = CARE_CHANGES_NEED
    population: Annotated[
        LaterYears | None,
        PlainValidator(_population),
        PlainSerializer(lambda given: given and given.model_dump(mode="json", exclude_none=True)),
    ] = None
    budget: Budget = Budget()
    places: Annotated[
        Mapping[Annotated[str, AfterValidator(known_form)], Annotated[float | str, PlainValidator(_places)]],
        AfterValidator(Frozen),
        PlainSerializer(dict),
    ] = Frozen()
    shocks: tuple[Shock, ...] = ()
    programmes: Annotated[
        Mapping[_ProgrammeName, ProgrammeUse], AfterValidator(Frozen), PlainSerializer(dict)
    ] = Frozen()
    parameters: Annotated[
        Mapping[_ParameterName, _OverrideData], AfterValidator(Frozen), PlainSerializer(dict)
    ] = Frozen()

    _origin: Origin = PrivateAttr(default=Origin())

    def model_post_init(self, context: Any, /) -> None:
        """Keep where the scenario comes from."""
        if isinstance(context, Origin):
            self._origin = context

    @field_validator("shocks", mode="before")
    @classmethod
    def _shocks(cls, value: object) -> object:
        """Return a list as the tuple that is kept."""
        return tuple(value) if isinstance(value, list) else value

    @property
    def municipality(self) -> str:
        """The name of the municipality."""
        return self.place if isinstance(self.place, str) else self.place.name

    @property
    def local(self) -> Municipality | None:
        """The municipality's own figures; None for one that ships with the model."""
        return None if isinstance(self.place, str) else self.place

    @property
    def discount_rate(self) -> float:
        """The real discount rate a year: what it says under `parameters`, or the default."""
        return self._own(DISCOUNT)

    @property
    def inflation(self) -> float:
        """The rise of prices a year: what it says under `parameters`, or the default."""
        return self._own(INFLATION)

    def _own(self, name: str) -> float:
        own = self.parameters.get(name)
        return default_parameters()[name] if own is None else float(own.value)  # type: ignore[arg-type]

    @property
    def path(self) -> Path | None:
        """The file that the scenario was read from; None when it was made or changed in memory."""
        return self._origin.path

    @property
    def sha256(self) -> str:
        """The hash of the file, or of `canonical()` for a scenario made in memory."""
        return self._origin.sha256 or self.canonical_sha256()

    def canonical(self) -> dict[str, Any]:
        """Return everything that affects results, ready for JSON and independent of how it was written."""
        programmes = {
            name: {**use.model_dump(mode="json"), "fte": list(use.fte_by_year(self.start, self.years))}
            for name, use in sorted(self.programmes.items())
        }
        own = {} if self.local is None else {"local": self.local.canonical()}
        believed = {} if self.prior == ASSUMED else {"prior": self.prior}  # hashes stay
        foreseen = {} if self.future == MODEL_TODAY else {"future": self.future}
        built = {} if self.structure == CARE_CHANGES_NEED else {"structure": self.structure}
        people = {} if self.population is None else {"population": self.population.canonical()}
        return {
            "municipality": self.municipality,
            **own,
            "start": self.start,
            "years": self.years,
            "policy": self.policy,
            **believed,
            **foreseen,
            **built,
            **people,
            "budget": self.budget.model_dump(mode="json"),
            "programmes": programmes,
            "places": dict(sorted(self.places.items())),
            "shocks": [shock.model_dump(mode="json") for shock in self.shocks],
            "parameters": {
                name: override.model_dump(mode="json", by_alias=True)
                for name, override in sorted(self.parameters.items())
            },
        }

    def canonical_sha256(self) -> str:
        """Return the hash of `canonical()`."""
        return sha256(json.dumps(self.canonical(), sort_keys=True).encode()).hexdigest()

    def to_data(self) -> dict[str, Any]:
        """Return the scenario as plain data that a file could hold."""
        plain = {"prior": ASSUMED, "future": MODEL_TODAY, "structure": CARE_CHANGES_NEED}
        usual = {name for name, value in plain.items() if getattr(self, name) == value}
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=usual)

    def replace(self, **changes: Any) -> Scenario:
        """Return a scenario with `changes`, checked like a file. Raises InputError."""
        plain = to_jsonable_python(changes, by_alias=True, fallback=_plain)
        return scenario_from_dict({**self.to_data(), **plain}, self._origin.registry, self._origin.folder)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def load_scenario(path: str | Path, registry: Registry | None = None) -> Scenario:
    """Read a scenario file. Raises InputError with every mistake, each with its line and column.

    Without a `registry` the names in it are not checked.
    """
    return scenario_from_document(load_document(path, "scenario"), registry)


def scenario_from_document(document: Document, registry: Registry | None) -> Scenario:
    """Return the scenario in a document. Raises InputError with every mistake."""
    path = Path(document.path)
    return _checked(document, Origin(registry, path.parent, path, document.sha256))


def scenario_from_dict(
    data: Mapping[str, Any], registry: Registry | None = None, folder: str | Path = "."
) -> Scenario:
    """Return the scenario in plain data; a relative `reference` is looked up in `folder`.

    Raises InputError with every mistake, in a file that is called <scenario>.
    """
    if not isinstance(data, Mapping):
        raise InputError.at(
            IN_MEMORY, fault("expected", expected=fault("a_mapping"), found=found(data), hint=None)
        )
    return _checked(Document.in_memory(data, IN_MEMORY), Origin(registry, Path(folder)))


def _checked(document: Document, origin: Origin) -> Scenario:
    named = len(items(document.data.get("parameters")))
    if named > _MAX_PARAMETERS:
        message = fault("too_many_items", count=_MAX_PARAMETERS, found=named)
        raise InputError([document.problem(("parameters",), message, key=True)])
    unclear = document.unclear(counted(origin.registry))
    problems = written_problems(document, origin.registry)
    try:
        scenario = document.validate(Scenario, origin)
    except InputError as error:
        problems += error.problems
    else:
        problems += _impossible(scenario, document, origin.registry)
    if unclear or problems:
        raise InputError(in_order([*unclear, *elsewhere(problems, unclear)]))
    return scenario


def _impossible(scenario: Scenario, document: Document, registry: Registry | None) -> list[Problem]:
    """Return settings of a scenario that are impossible, or certainly have no effect."""
    name, start, years = scenario.municipality, scenario.start, scenario.years
    youths = _known(scenario.place, registry)
    fte = {of: max(use.fte_by_year(start, years), default=0.0) for of, use in scenario.programmes.items()}
    shocks = [(shock.start, *shock.span(start)) for shock in scenario.shocks]
    found = [
        *lost_shocks(start, years, shocks),
        *beyond_people(name, youths, scenario.budget.youth_care, scenario.places, fte),
    ]
    problems = [document.problem(loc, message) for loc, message in found]
    return problems + unclear_fte(document, FTE_PLACES, youths)
