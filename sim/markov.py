"""Published state-transition models: what a `kind: model` file may say, and its tables.

`ModelFile` is the file. `compile_model` turns it into a `CompiledModel` of plain arrays, on which
sim/cohort.py runs an exact cohort and a microsimulation.

An amount is a number or an expression (see sim/expressions.py) of the parameters, the variables of
the groups, and

- `cycle`: 0 in the first cycle;
- `age`: ``age at the start + cycle * cycle_years``, not rounded (write ``floor(age)`` for whole years);
- `time_in_state`: cycles since the person came into the state, 0 in the first.

Out of one state, yearly rates and per-cycle probabilities compete. Probabilities p alone are used as
they are (they are the competing hazards ``-ln(1 - sum p) * p / sum p``; see sim/rates.py). Probabilities
that add up to one leave nothing for rates.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sim.errors import nearest
from sim.expressions import FUNCTIONS, compile_expression
from sim.luck import MAX_STEP
from sim.rates import competing_hazards, competing_probabilities, discount_factor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Loc = tuple[str | int, ...]

RESERVED = ("cycle", "age", "time_in_state")
MAX_STATES = 100
MAX_CELLS = 20_000_000
"""The largest table that is built; 160 MB of float64."""
ROUNDING = 1e-9
"""How far shares and probabilities that were meant to add up to one may be from it."""

Amount = Annotated[float | str, Field(title="a number or an expression", examples=["0.1", "2 * rate"])]
Count = Annotated[int, Field(ge=0, le=MAX_STEP)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False
    )


class Transition(_Strict):
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
            raise ValueError("give exactly one of rate, probability and expression")
        if self.kind is not None and self.expression is None:
            raise ValueError("'kind' belongs to an expression: it says what the expression gives")
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
    """What one cycle in a state gives: cost in euros, effect (for example in years or QALYs)."""

    cost: Amount
    effect: Amount


class PartialReward(_Strict):
    """A reward of which each half may be left out."""

    cost: Amount | None = None
    effect: Amount | None = None


class Discount(_Strict):
    """Yearly discount rates."""

    cost: float = Field(default=0.0, ge=0)
    effect: float = Field(default=0.0, ge=0)


class Group(_Strict):
    """A share of the persons, with the fixed variables by which they differ."""

    name: Name
    share: Share
    values: dict[str, float] = {}


Transitions = Annotated[tuple[Transition, ...], Field(strict=False)]


class Strategy(_Strict):
    """What a strategy changes: nothing, by default."""

    parameters: dict[str, Amount] = {}
    transitions: Transitions = ()
    rewards: dict[str, PartialReward] = {}
    on_entry: dict[str, PartialReward] = {}


class ModelFile(_Strict):
    """A `kind: model` file. Docs: the head of this file and scenarios/published/.

    `timing` says when a cycle's reward counts: at its `start` (cycles 0 to n-1), at its `end`
    (1 to n), `half-cycle` (0 to n, both ends for half) or `every-cycle` (0 to n, so n + 1 times).
    A reward on entry counts once, at the end of the cycle in which the person came in.
    """

    kind: Literal["model"]
    title: Name
    source: str = ""
    states: Annotated[tuple[Name, ...], Field(strict=False, min_length=1, max_length=MAX_STATES)]
    start: Name | dict[str, Share]
    cycle_years: float = Field(default=1.0, gt=0)
    cycles: Count
    age: float | None = Field(default=None, ge=0)
    timing: Literal["start", "end", "half-cycle", "every-cycle"]
    discount: Discount = Discount()
    parameters: dict[str, Amount] = {}
    groups: Annotated[tuple[Group, ...], Field(strict=False)] = ()
    transitions: Transitions = ()
    rewards: dict[str, Reward]
    on_entry: dict[str, PartialReward] = {}
    strategies: Annotated[
        dict[str, Annotated[Strategy, BeforeValidator(lambda value: {} if value is None else value)]],
        Field(min_length=1),
    ]


class Mistake(NamedTuple):
    """What is wrong with the value (or with `key`, the key) at one place of a file."""

    loc: Loc
    message: str
    key: bool = False


class ModelError(ValueError):
    """A file that reads well and makes no sense. `mistakes` lists all that is wrong."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__("\n".join(mistake.message for mistake in self.mistakes))


@dataclass(frozen=True)
class CompiledModel:
    """A model as arrays. Axes: strategy s, group g, state i, cycle c, time point t = 0..cycles.

    An axis of length one holds for all its coordinates, except s, state and t, which are full.
    `clock` (int64[c]) says which of the k distinct sets of probabilities holds in a cycle.
    """

    title: str
    strategies: tuple[str, ...]
    states: tuple[str, ...]
    cycles: int
    memory: bool  # whether anything depends on the time in a state
    start: Floats  # [i], shares
    group_shares: Floats  # [g]
    clock: Ints  # [c]
    probabilities: Floats  # [s, g, k, time in state, from, to], per cycle; the diagonal is staying
    rewards: Floats  # [s, g, i, time in state, t, (cost, effect)], discounted and weighted by timing
    entry_rewards: Floats | None  # [s, g, i, t, (cost, effect)], discounted; t is the end of the cycle


def compile_model(file: ModelFile) -> CompiledModel:
    """Return the arrays of a model. Raises ModelError with every mistake that was found."""
    # Here and not above, because compiling needs the types of this file.
    from sim.modeltables import compile_tables

    return compile_tables(file)
