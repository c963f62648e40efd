"""Published state-transition models: what a `kind: model` file may say.

sim/published/markov.py checks the sense of it and compiles it to arrays; sim/published/cohort.py runs those.

An amount is a number or an expression (see sim/files/expressions.py) of the parameters, the variables of
the groups, and

- `cycle`: 0 in the first cycle;
- `age`: ``age at the start + cycle * cycle_years``, not rounded (write ``floor(age)`` for whole years);
- a table under `tables` (see sim/published/lookup.py), and
- `time_in_state`: cycles since the person came into the state, 0 in the first (not for parameters, which
  may use the other two).

A parameter may also have a distribution, or a low and a high value (sim/published/distributions.py); the base
case takes its middle.

Out of one state, yearly rates and per-cycle probabilities compete. Probabilities p alone are used as
they are (they are the competing hazards ``-ln(1 - sum p) * p / sum p``; see sim/rates.py). Probabilities
that add up to one leave nothing for rates.

Where a rate leads to a state that itself is left by rates, more than one move may be made in a cycle: the
probabilities of a cycle are then the matrix exponential of the rates. A state that is left by probabilities
alone is left at the end of a cycle. Who leaves and returns within one cycle is counted as having stayed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from keyword import iskeyword
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from sim.errors import nearest
from sim.faults import fault
from sim.files.expressions import FUNCTIONS
from sim.files.wording import Mistake, plain_error
from sim.luck import MAX_STEP
from sim.published.distributions import STRICT, Uncertain, arithmetic

Loc = tuple[str | int, ...]
"""Keys and list indices that lead to a place in the file."""

MAX_STATES = 100
RESERVED = ("cycle", "age", "time_in_state")

Amount = Annotated[float | str, Field(title="number_or_expression", examples=["0.1", "2 * rate"])]
Count = Annotated[int, Field(ge=0, le=MAX_STEP)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]
Parameter = Annotated[
    Annotated[Amount, Tag("amount")] | Annotated[Uncertain, Tag("uncertain")],
    Discriminator(lambda value: "uncertain" if isinstance(value, (Mapping, Uncertain)) else "amount"),
]
"""A number, an expression, or what is not known of it."""


class _Strict(BaseModel):
    model_config = STRICT


class ModelTransition(_Strict):
    """A way out of a state: a yearly `rate`, a `probability` per cycle, or an `expression` for one."""

    from_: Name = Field(alias="from")
    to: Name
    rate: Amount | None = None
    probability: Amount | None = None
    expression: str | None = None
    kind: Literal["rate", "probability"] | None = None

    @model_validator(mode="after")
    def _has_one_amount(self) -> Self:
        if sum(value is not None for value in (self.rate, self.probability, self.expression)) != 1:
            raise plain_error(fault("one_amount"))
        if self.kind is not None and self.expression is None:
            raise plain_error(fault("kind_without_expression"))
        return self

    @property
    def amount(self) -> tuple[str, Literal["rate", "probability"], float | str]:
        """Return the key in the file, what it gives, and the number or expression."""
        if self.rate is not None:
            return "rate", "rate", self.rate
        if self.probability is not None:
            return "probability", "probability", self.probability
        assert self.expression is not None
        return "expression", self.kind or "probability", self.expression


class Reward(_Strict):
    """What one cycle (or year, see `rewards_per`) in a state gives: cost, effect (such as QALYs)."""

    cost: Amount
    effect: Amount


class PartialReward(_Strict):
    """A reward of which each half may be left out."""

    cost: Amount | None = None
    effect: Amount | None = None


class EntryReward(PartialReward):
    """A reward for coming into a state, which may differ by the state that is left."""

    from_: dict[str, PartialReward] = Field(default={}, alias="from")


class LookUp(_Strict):
    """A table in a CSV file beside the model file: which columns to look up `by`, and which to give."""

    file: Name
    by: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]
    column: Name | None = None


class Discount(_Strict):
    """Yearly discount rates."""

    cost: float = Field(default=0.0, ge=0)
    effect: float = Field(default=0.0, ge=0)


class Group(_Strict):
    """A share of the persons, with the fixed variables by which they differ."""

    name: Name
    share: Share
    values: dict[str, float] = {}


Transitions = Annotated[tuple[ModelTransition, ...], Field(strict=False)]


class Strategy(_Strict):
    """What a strategy changes: nothing, by default."""

    parameters: dict[str, Amount] = {}
    transitions: Transitions = ()
    rewards: dict[str, PartialReward] = {}
    on_entry: dict[str, EntryReward] = {}


class ModelFile(_Strict):
    """A `kind: model` file; docs/models.md has an example of each part.

    `timing` says when a cycle's reward counts: at its `start` (cycles 0 to n-1), at its `end`
    (1 to n), `half-cycle` (0 to n, both ends for half) or `every-cycle` (0 to n, so n + 1 times).
    `rewards_per` says whether rewards are for a `cycle` or for a `year`. `moves_per_cycle: one` keeps rates
    to one move a cycle, as many spreadsheets do; `any` is right where rates are.
    A reward on entry counts once, at the end of the cycle in which the person came in.
    """

    kind: Literal["model"]
    title: Name
    source: str = ""
    states: Annotated[tuple[Name, ...], Field(strict=False, min_length=1, max_length=MAX_STATES)]
    start: Name | dict[str, Share]
    cycle_years: Annotated[float, Field(gt=0), BeforeValidator(arithmetic)] = 1.0
    cycles: Count
    age: float | None = Field(default=None, ge=0)
    timing: Literal["start", "end", "half-cycle", "every-cycle"]
    rewards_per: Literal["cycle", "year"] = "cycle"
    moves_per_cycle: Literal["any", "one"] = "any"
    discount: Discount = Discount()
    tables: dict[str, LookUp] = {}
    parameters: dict[str, Parameter] = {}
    groups: Annotated[tuple[Group, ...], Field(strict=False)] = ()
    transitions: Transitions = ()
    rewards: dict[str, Reward]
    on_entry: dict[str, EntryReward] = {}
    strategies: Annotated[
        dict[str, Annotated[Strategy, BeforeValidator(lambda value: {} if value is None else value)]],
        Field(min_length=1),
    ]

    @property
    def amounts(self) -> dict[str, float | str]:
        """Return the parameters in the base case."""
        found = self.parameters.items()
        return {name: each.middle if isinstance(each, Uncertain) else each for name, each in found}

    @property
    def uncertain(self) -> dict[str, Uncertain]:
        """Return the parameters that are not known."""
        return {name: each for name, each in self.parameters.items() if isinstance(each, Uncertain)}


class ModelError(ValueError):
    """A file that reads well and makes no sense. `mistakes` lists all that is wrong."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(str(mistake.fault) for mistake in self.mistakes)


def check_names(file: ModelFile) -> Iterator[Mistake]:
    """Yield what is wrong with the names in a file: unknown, given twice, taken or missing."""
    for index, state in enumerate(file.states):
        if state in file.states[:index]:
            yield Mistake(("states", index), fault("state_named_twice", state=state))
    if isinstance(file.start, str):
        if file.start not in file.states:
            yield _unknown_state(file, file.start, ("start",))
    else:
        yield from _check_states(file, file.start, ("start",))
    for name in file.parameters:
        yield from _check_variable(("parameters", name), (*RESERVED, *file.tables))
    variables = tuple(file.groups[0].values) if file.groups else ()
    for name in file.tables:
        yield from _check_variable(("tables", name), (*RESERVED, *variables))
    for index, group in enumerate(file.groups):
        if group.values.keys() != file.groups[0].values.keys():
            yield Mistake(("groups", index), fault("groups_unlike", variables=variables))
        for name in group.values:
            yield from _check_variable(("groups", index, "values", name), (*RESERVED, *file.parameters))
    yield from _check_transitions(file, file.transitions, ())
    yield from _check_states(file, file.rewards, ("rewards",))
    yield from _check_entries(file, file.on_entry, ("on_entry",))
    for state in file.states:
        if state not in file.rewards:
            yield Mistake(("rewards",), fault("state_without_reward", state=state))
    for name, strategy in file.strategies.items():
        place: Loc = ("strategies", name)
        for parameter in strategy.parameters:
            if parameter not in file.parameters:
                message = fault(
                    "unknown_model_parameter", parameter=parameter, near=nearest(parameter, file.parameters)
                )
                yield Mistake((*place, "parameters", parameter), message, True)
        yield from _check_transitions(file, strategy.transitions, place)
        yield from _check_states(file, strategy.rewards, (*place, "rewards"))
        yield from _check_entries(file, strategy.on_entry, (*place, "on_entry"))


def _check_variable(loc: Loc, taken: tuple[str, ...]) -> Iterator[Mistake]:
    name = str(loc[-1])
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or iskeyword(name):
        yield Mistake(loc, fault("name_not_plain", name=name), True)
    elif name in taken or name in FUNCTIONS:
        yield Mistake(loc, fault("name_taken", name=name), True)


def _check_states(file: ModelFile, states: Iterable[str], place: Loc) -> Iterator[Mistake]:
    for state in states:
        if state not in file.states:
            yield _unknown_state(file, state, (*place, state), key=True)


def _check_entries(file: ModelFile, entries: Mapping[str, EntryReward], place: Loc) -> Iterator[Mistake]:
    yield from _check_states(file, entries, place)
    for state, entry in entries.items():
        yield from _check_states(file, entry.from_, (*place, state, "from"))


def _check_transitions(
    file: ModelFile, transitions: tuple[ModelTransition, ...], place: Loc
) -> Iterator[Mistake]:
    seen = set()
    for index, transition in enumerate(transitions):
        loc: Loc = (*place, "transitions", index)
        for key, state in (("from", transition.from_), ("to", transition.to)):
            if state not in file.states:
                yield _unknown_state(file, state, (*loc, key))
        if transition.from_ == transition.to:
            yield Mistake(loc, fault("transition_to_itself"))
        if (transition.from_, transition.to) in seen:
            yield Mistake(
                loc,
                fault(
                    "transition_twice",
                    origin=transition.from_,
                    destination=transition.to,
                ),
            )
        seen.add((transition.from_, transition.to))


def _unknown_state(file: ModelFile, state: str, loc: Loc, key: bool = False) -> Mistake:
    return Mistake(loc, fault("unknown_state", state=state, near=nearest(state, file.states)), key)
