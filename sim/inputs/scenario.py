"""A scenario: a budget and policy choice for one municipality, read from a file and never changed."""

from __future__ import annotations

import json
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
    field_validator,
)
from pydantic_core import InitErrorDetails, ValidationError, to_jsonable_python

from sim.errors import InputError, Problem
from sim.faults import fault, quoted
from sim.files.wording import finite, known_form, number_fault, one_line, plain_error
from sim.files.yamlfile import Document, Part, elsewhere, in_order, load_document
from sim.inputs.fte import unclear_fte
from sim.inputs.horizon import DEFAULT_START, DEFAULT_YEARS, FIRST_YEAR, LAST_YEAR, MAX_YEARS
from sim.inputs.municipality import Municipality
from sim.inputs.named_files import Place, Population, Reference, known_youths
from sim.inputs.origin import Origin, known_parameter, known_programme
from sim.inputs.programme_use import ProgrammeUse
from sim.inputs.registry import Frozen, Registry
from sim.inputs.scenario_checks import (
    FTE_PLACES,
    beyond_people,
    counted,
    items,
    lost_shocks,
    written_problems,
)
from sim.inputs.shock import Shock as Shock  # sim/engine/shocks.py takes it from here
from sim.model.futures import MODEL_TODAY, Future
from sim.model.parameters import default_parameters
from sim.model.priors import ASSUMED, Prior
from sim.model.structures import CARE_CHANGES_NEED, Structure

IN_MEMORY = "<scenario>"
DISCOUNT, INFLATION = "discount.mkba", "discount.inflation"
_MAX_LIST = 1000
_MAX_PARAMETERS = 600
"""There are fewer; each name that is not known is held against all that are."""
PLACES_WORDS = ("as_used", "unlimited")
"""As many places as were used in the year before the start; no limit at all."""


def _places(value: object) -> float | str:
    """Return a number of places, or one of the words that stand for one."""
    if isinstance(value, str) and value in PLACES_WORDS:
        return value
    expected = fault("number_of_places", words=PLACES_WORDS)
    number = finite(value, expected)
    if number < 0:
        raise plain_error(fault("expected", expected=expected, found=quoted(value), hint=None))
    return number


def _numbers(value: object) -> float | tuple[float, ...]:
    """Return a finite number, or a list of them as a tuple."""
    if not isinstance(value, (list, tuple)):
        return finite(value, fault("a_number"))
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


class Budget(Part):
    """The budget for youth care; None takes what the municipality spent in the start year."""

    youth_care: float | None = Field(None, ge=0, allow_inf_nan=False, title="euros_a_year")
    real_growth: float | None = Field(None, ge=-0.5, le=0.5, allow_inf_nan=False, title="growth_a_year")


class Override(Part):
    """A value, or a list of them, in place of a parameter's own, and from when it acts."""

    value: Annotated[float | tuple[float, ...], PlainValidator(_numbers), PlainSerializer(_written)]
    since: Literal["start", "birth"] = Field("start", alias="from")


_ProgrammeName = Annotated[str, AfterValidator(known_programme)]
_ParameterName = Annotated[str, AfterValidator(known_parameter)]
_OverrideData = Annotated[Override, BeforeValidator(_as_override)]


class Scenario(Part):
    """What a scenario file says. Frozen, hashable, picklable; `replace` returns a changed one."""

    kind: Literal["scenario"] = "scenario"
    title: Annotated[str, AfterValidator(one_line)] = Field(min_length=1, max_length=200)
    description: str | None = Field(None, max_length=10_000)
    reference: Reference = None
    place: Place = Field(alias="municipality")
    start: int = Field(DEFAULT_START, ge=FIRST_YEAR, le=LAST_YEAR)
    years: int = Field(DEFAULT_YEARS, ge=0, le=MAX_YEARS)
    policy: Literal["deficit", "crowd_out", "capped"] = "crowd_out"
    prior: Prior = ASSUMED
    future: Future = MODEL_TODAY
    structure: Structure = CARE_CHANGES_NEED
    population: Population = None
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
        return self.number(DISCOUNT)

    @property
    def inflation(self) -> float:
        """The rise of prices a year: what it says under `parameters`, or the default."""
        return self.number(INFLATION)

    def number(self, name: str) -> float:
        """Return a parameter that is one number: what it says under `parameters`, or the default."""
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
    youths = known_youths(scenario.place, registry)
    fte = {of: max(use.fte_by_year(start, years), default=0.0) for of, use in scenario.programmes.items()}
    shocks = [(shock.start, *shock.span(start)) for shock in scenario.shocks]
    found = [
        *lost_shocks(start, years, shocks),
        *beyond_people(name, youths, scenario.budget.youth_care, scenario.places, fte),
    ]
    problems = [document.problem(loc, message) for loc, message in found]
    return problems + unclear_fte(document, FTE_PLACES, youths)
