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
alone is left at the end of a cycle. Every move within a cycle is counted then, and every reward on entry; the
time in a state goes on for who leaves and returns within one cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from sim.faults import fault
from sim.files.wording import Mistake, plain_error
from sim.luck import MAX_STEP
from sim.published.distributions import STRICT, Uncertain, arithmetic

Loc = tuple[str | int, ...]
"""Keys and list indices that lead to a place in the file."""

MAX_STATES = 100
RESERVED = ("cycle", "age", "time_in_state")

AMOUNT = Field(title="number_or_expression", examples=["0.1", "2 * rate"])
Amount = Annotated[float | str, AMOUNT]
Count = Annotated[int, Field(ge=0, le=MAX_STEP)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0)]
Name = Annotated[str, Field(min_length=1)]
Parts = Annotated[
    Annotated[Amount, Tag("[whole]")] | Annotated[dict[str, Amount], Tag("[by part]")],
    Discriminator(lambda value: "[by part]" if isinstance(value, Mapping) else "[whole]"),
]
"""A cost, or each of its parts by name."""
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
    """What one cycle (or year, see `rewards_per`) in a state costs and gives; any of it may be left out.

    Effects other than `effect` are those that the file names; the cost may be given by its parts.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Amount]

    cost: Annotated[Parts | None, AMOUNT] = None
    effect: Annotated[float | str | None, AMOUNT] = None

    @property
    def effects(self) -> dict[str, Amount]:
        """Return the effects that are given, by name."""
        own = {} if self.effect is None else {"effect": self.effect}
        return {**own, **self.__pydantic_extra__}


class EntryReward(Reward):
    """A reward for coming into a state, which may differ by the state that is left."""

    from_: dict[str, Reward] = Field(default={}, alias="from")


class LookUp(_Strict):
    """A table in a CSV file beside the model file: which columns to look up `by`, and which to give."""

    file: Name
    by: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]
    column: Name | None = None


class Discount(_Strict):
    """Yearly discount rates, of the cost and of each effect; 0 where none is given."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Rate]

    cost: Rate = 0.0
    effect: Rate = 0.0

    def of_effect(self, name: str) -> float:
        """Return the rate of an effect."""
        return self.effect if name == "effect" else self.__pydantic_extra__.get(name, 0.0)


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
    rewards: dict[str, Reward] = {}
    on_entry: dict[str, EntryReward] = {}


class ModelFile(_Strict):
    """A `kind: model` file; docs/models.md has an example of each part.

    `timing` says when a cycle's reward counts: at its `start` (cycles 0 to n-1), at its `end`
    (1 to n), `half-cycle` (0 to n, both ends for half) or `every-cycle` (0 to n, so n + 1 times).
    `rewards_per` says whether rewards are for a `cycle` or for a `year`. `moves_per_cycle: one` keeps rates
    to one move a cycle, as many spreadsheets do; `any` is right where rates are.
    A reward on entry counts once, at the end of the cycle in which the person came in.
    `effects` names what rewards give beside their cost, `cost_parts` what a cost may consist of.
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
    effects: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] = ("effect",)
    cost_parts: Annotated[tuple[Name, ...], Field(strict=False)] = ()
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

    def all_rewards(self) -> Iterator[tuple[Loc, Reward]]:
        """Yield each reward of the file with its place: of the base case first, then of each strategy."""
        parts: list[tuple[Loc, ModelFile | Strategy]] = [((), self)]
        parts += [(("strategies", name), each) for name, each in self.strategies.items()]
        for place, part in parts:
            for state, reward in part.rewards.items():
                yield (*place, "rewards", state), reward
            for state, entry in part.on_entry.items():
                yield (*place, "on_entry", state), entry
                for origin, other in entry.from_.items():
                    yield (*place, "on_entry", state, "from", origin), other

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
