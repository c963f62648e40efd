"""A `kind: model` file that was read, and what it comes to with other values of its parameters."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, OptionError, nearest
from sim.faults import fault
from sim.files.yamlfile import Document, in_order, load_document
from sim.model.latin import probability
from sim.published.lookup import LookUpTable, read_table
from sim.published.markov import CompiledModel, compile_model
from sim.published.modelfile import Group, ModelError, ModelFile

Floats = NDArray[np.float64]
CELLS = 1_000_000
"""Of the largest table that is in memory at a time: as many draws are made together as go into it."""
_LEAST = 2.0**-54  # a chance of 0 would be infinitely far


@dataclass(frozen=True)
class Source:
    """A model file: its document, what it says, and what the CSV files under `tables` hold, by name."""

    document: Document
    file: ModelFile
    tables: Mapping[str, LookUpTable]

    def compiled(self) -> CompiledModel:
        """Return the model in the base case. Raises InputError for every mistake that was found."""
        return self._compiled(self.file)

    def with_effect(self, name: str) -> Source:
        """Return the model with this effect as the first, which costs are set against.

        Raises OptionError where the file has no such effect.
        """
        effects = self.file.effects
        if name not in effects:
            wrong = fault("unknown_effect", effect=name, near=nearest(name, effects), known=effects)
            raise OptionError("effect", wrong)
        order = (name, *(each for each in effects if each != name))
        return replace(self, file=self.file.model_copy(update={"effects": order}))

    def drawn(self, draws: int, seed: int) -> dict[str, Floats]:
        """Return the values of each parameter that has a distribution, [draws], by name.

        A parameter's luck (sim/model/latin.py) depends on its name, the seed and the number of the draw
        alone, so that adding a parameter moves no other.
        """
        return self.at_luck(self.luck(draws, seed))

    def luck(self, draws: int, seed: int) -> dict[str, Floats]:
        """Return the luck of each parameter that has a distribution, [draws] in (0, 1), by name."""
        found = {}
        for name, each in self.file.uncertain.items():
            if each.distribution is not None:
                key = zlib.crc32(name.encode())
                luck = np.array([probability(key, seed, draw) for draw in range(1, draws + 1)])
                found[name] = np.maximum(luck, _LEAST)
        return found

    def at_luck(self, luck: Mapping[str, Floats]) -> dict[str, Floats]:
        """Return the values of parameters with this luck, of the same shape, by name."""
        spread = {name: self.file.uncertain[name].distribution for name in luck}
        return {name: each.quantiles(luck[name]) for name, each in spread.items() if each is not None}

    def variants(
        self, values: Mapping[str, Floats], labels: Sequence[str], model: CompiledModel
    ) -> Iterator[CompiledModel]:
        """Yield the model with these values of parameters, as groups: of each variant all of the file.

        values: [variants] by name; labels: what a mistake calls each variant; model: the base case, from
        which follows how many variants are compiled together. `group_shares` add up to one for each variant.
        Raises InputError where a variant makes no model.
        """
        together = max(CELLS // _cells(model), 1)
        for first in range(0, len(labels), together):
            part = slice(first, first + together)
            some = {name: column[part] for name, column in values.items()}
            found = self._compiled(_as_groups(self.file, some, labels[part]))
            shares = np.tile(model.group_shares, len(labels[part]))
            yield replace(found, group_shares=shares)

    def _compiled(self, file: ModelFile) -> CompiledModel:
        try:
            return compile_model(file, self.tables)
        except ModelError as error:
            problems = [self.document.problem(each.loc, each.fault, each.at_key) for each in error.mistakes]
            raise InputError(in_order(problems)) from None


def read_source(path: Path) -> Source:
    """Return a `kind: model` file. Raises InputError, with file, line and column, for every mistake in it."""
    document = load_document(path, kind="model")
    file = document.validate(ModelFile)
    tables = {name: read_table(path.parent / each.file, each) for name, each in file.tables.items()}
    return Source(document, file, tables)


def enters_once(thing: object) -> bool:
    """Tell whether a thing is a model with rewards on entry that come once a cycle at most."""
    return isinstance(thing, CompiledModel) and thing.entry_rewards is not None and thing.intensities is None


def _cells(model: CompiledModel) -> int:
    """Return the cells of the largest table for each variant, where all depends on all."""
    strategies, states, points = len(model.strategies), len(model.states), model.cycles + 1
    times = points if model.memory else 1
    by_origin = states if model.entry_rewards is not None and model.entry_rewards.shape[2] > 1 else 1
    outcomes: int = model.discounts.shape[1]
    widest = max(times * max(states, outcomes), outcomes * by_origin)
    return strategies * model.group_shares.size * points * states * widest


def _as_groups(file: ModelFile, values: Mapping[str, Floats], labels: Sequence[str]) -> ModelFile:
    """Return a file with a group for each variant and group, whose variables are the values.

    The parameters name those variables, so that a strategy may still say otherwise.
    """
    prefix = "drawn"
    own = [*file.parameters, *file.tables, *(file.groups[0].values if file.groups else ())]
    while any(name.startswith(prefix) for name in own):
        prefix += "_"
    groups = file.groups or (Group.model_construct(name="", share=1.0, values={}),)
    made = tuple(
        Group.model_construct(
            name=", ".join(filter(None, (label, group.name))),
            share=group.share / len(labels),
            values={**group.values, **{f"{prefix}_{name}": float(values[name][k]) for name in values}},
        )
        for k, label in enumerate(labels)
        for group in groups
    )
    named = {name: f"{prefix}_{name}" for name in values}
    return file.model_copy(update={"groups": made, "parameters": {**file.parameters, **named}})
