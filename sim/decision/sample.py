"""A sample of draws on disk: differences between scenarios by draw and label; it can be stopped and resumed.

Each draw is one record of fixed size in a file that only grows, so that memory does not grow with draws, a
draw that was cut off in writing is made again, and the bytes do not depend on how many processes made them.
The file is named by a hash of everything that decides a draw: another question is another file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import KEY_LABELS, Difference, difference
from sim.engine.config import Inline, of_town
from sim.engine.history import Label
from sim.engine.population import BLOCKS
from sim.engine.simulation import groups
from sim.engine.warmup import warm_up
from sim.errors import SimulationError, within
from sim.faults import Fault, fault
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import Scenario
from sim.machine.compiling import data_hash, source_hash
from sim.model.catalogue import catalogue
from sim.model.futures import foreseeing
from sim.model.parameters import Parameters, default_parameters, prior_parameters
from sim.model.priors import believing
from sim.model.structures import structured
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import (
    MOST_DRAWS,
    Columns,
    Options,
    Run,
    columns_of,
    config_for,
    pool_for,
    too_few,
)
from sim.runs.workers import Workers

Floats = NDArray[np.float64]
LABEL_CHILDREN = 200
"""Enough to meet every label; a label does not depend on how many children there are."""
_TOLD_AFTER = (3, 10, 30, 100, 300, 1000, 3000)


@dataclass(frozen=True)
class Question:
    """What is asked: scenarios, the first of them the reference, and how to simulate them.

    options: its draws and replications are not read. base: parameters other than the shipped ones.
    """

    scenarios: tuple[Scenario, ...]
    options: Options = field(default_factory=Options)
    base: Parameters | None = None

    @property
    def years(self) -> range:
        """Return the calendar years."""
        first = self.scenarios[0]
        return range(first.start, first.start + first.years)

    @property
    def parameters(self) -> Parameters:
        """Return the parameters that are drawn, under the structure, prior and future that all share."""
        first = self.scenarios[0]
        prior, future, p = first.prior, first.future, self.base or default_parameters()
        if {s.structure for s in self.scenarios} == {first.structure}:
            p = structured(p, first.structure)
        p = of_town(p, profile_of(first))
        p = believing(p, prior) if {s.prior for s in self.scenarios} == {prior} else p
        return foreseeing(p, future) if {s.future for s in self.scenarios} == {future} else p

    @cached_property
    def uncertain(self) -> tuple[str, ...]:
        """Return the parameters that differ between draws.

        Without those of programmes that nobody has, those that every scenario sets, and those that others
        define.
        """
        p = self.parameters
        one, other = p.draw(self.options.seed, 1), p.draw(self.options.seed, 2)
        used = {name for scenario in self.scenarios for name in scenario.programmes} | {"kinderwerk"}
        others = [programme for name, programme in catalogue().items() if name not in used]
        prices = {programme.price for programme in others}
        names = {programme.name for programme in others}
        given = set.intersection(*(set(scenario.parameters) for scenario in self.scenarios))
        given |= {name for name, record in p.records.items() if record.formula}
        ours = [n for n in p if n.split(".")[0] not in names and n not in prices | given]
        # effect_exists is 0 or 1, and may by chance be the same twice
        return tuple(n for n in ours if one[n] != other[n] or _may_differ(p, n))

    @property
    def levers(self) -> tuple[str, ...]:
        """Return the parameters that no draw moves and that may be moved by hand.

        Of programmes only those of which the last scenario has some, and only what does something by itself:
        how an effect rises with visits does not, where these are as many as it is believed for.
        """
        without = set(catalogue()) - set(self.scenarios[-1].programmes)
        names = [name for name, record in self.parameters.records.items() if record.scale == "lever"]
        return tuple(n for n in names if n.split(".")[0] not in without and not self._at_rest(n))

    def _at_rest(self, name: str) -> bool:
        programme, _, kind = name.rpartition(".")
        visits = f"{programme}.visits_per_child"
        return kind == "effect_by_visits" and self.value(visits) == prior_parameters()[visits]

    def value(self, name: str) -> float:
        """Return the best fit of a parameter, or what the last scenario says instead.

        Raises KeyError for an unknown one.
        """
        own = self.scenarios[-1].parameters.get(name)
        return self.parameters[name] if own is None else float(own.value)  # type: ignore[arg-type]

    @property
    def too_few(self) -> bool:
        """Tell whether too few children are asked for to tell what is luck."""
        asked = self.options.children
        return too_few(profile_of(self.scenarios[0]).total if asked is None else asked)

    def key(self) -> str:
        """Return a name that no other question has."""
        about = [
            source_hash(), data_hash(), self.parameters.sha256(), self.options.seed, self.options.children,
            *(scenario.canonical_sha256() for scenario in self.scenarios),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]

    def inputs(self, draw: int) -> Floats:
        """Return the values of the uncertain parameters in a draw."""
        p = self.parameters.draw(self.options.seed, draw)
        return np.array([p[name] for name in self.uncertain])

    def run(self, draw: int, pool: Executor) -> Run:
        """Return one draw of every scenario."""
        columns: dict[int, Columns] = {}
        warm, of = None, None
        for group in groups(self.scenarios):
            mine = [self.scenarios[k] for k in group]
            config = config_for(mine[0], self.options, draw, 0, self.base)
            if warm is None or of is None or config.parameters.current != of.parameters.current:
                warm, of = warm_up(config, mine[0].start, pool_for(config, pool)), config
            found = columns_of(mine, config, pool_for(config, pool), warm)
            columns |= dict(zip(group, found, strict=True))
        return Run(draw, 0, tuple(columns[k] for k in range(len(self.scenarios))))


def _may_differ(p: Parameters, name: str) -> bool:
    record = p.records[name]
    return record.scale == "bernoulli" and p[name] == record.value and not record.fixed


@dataclass(frozen=True)
class Sample:
    """Draws 1..n of a question. records: a structured array with fields draw, inputs, values, errors, blocks.

    values, errors: [scenarios - 1, labels, years], differences from the reference and their Monte Carlo
    standard errors; blocks: [scenarios - 1, key labels, years, BLOCKS], or one block of too few children.
    """

    question: Question
    labels: tuple[Label, ...]
    records: NDArray[Any]

    @property
    def size(self) -> int:
        """Return the number of draws."""
        return int(self.records.size)

    @property
    def inputs(self) -> Floats:
        """Return the uncertain parameters, [draws, parameters]."""
        return np.asarray(self.records["inputs"])

    def difference(self, scenario: int = 1) -> Difference:
        """Return a scenario minus the reference over all draws; read from disk as it is used."""
        keys = _keys(self.labels)
        blocks = self.records["blocks"]
        return Difference(
            self.labels, tuple(self.question.years), self.records["values"][:, scenario - 1],
            self.records["errors"][:, scenario - 1], tuple(self.records["draw"].tolist()),
            {label: blocks[:, scenario - 1, k] for k, label in enumerate(keys)},
        )  # fmt: skip


def _keys(labels: Sequence[Label]) -> list[Label]:
    return [label for label in KEY_LABELS if label in labels]


def collect(
    question: Question,
    draws: int,
    folder: Path,
    workers: Workers,
    tell: Tell = nobody,
    so_far: Callable[[Sample], Fault | None] = lambda _: None,
) -> Sample:
    """Return a sample of `draws` draws; those made before, in `folder`, are not made again.

    so_far puts what is known after 3, 10, 30, ... draws into a sentence, which `tell` hears from then on.
    Raises SimulationError where the folder cannot be written or a worker was killed, and OptionError for
    fewer than one draw.
    """
    within("draws", draws, 1, MOST_DRAWS)
    (labels,) = workers.map(_labels, [question])
    kind = _kind(question, labels)
    path = folder / f"draws-{question.key()}.bin"
    made = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        size = path.stat().st_size if path.exists() else 0
        made = size // kind.itemsize
        if size % kind.itemsize:  # a draw that was cut off
            os.truncate(path, made * kind.itemsize)
        with path.open("ab") as stream:
            now = Progress("draws", min(made, draws), draws, {"so_far": None})
            tell(now)
            todo = range(made + 1, draws + 1)
            for record in workers.map(partial(_one, question, labels), todo):
                stream.write(record)
                stream.flush()
                made += 1
                if made in _TOLD_AFTER:
                    known = Sample(question, labels, np.memmap(path, dtype=kind, mode="r"))
                    now = replace(now, values={"so_far": so_far(known)})
                now = now.at(made)
                tell(now)
    except OSError as error:
        raise SimulationError(
            fault("draws_not_kept", folder=folder, reason=error.strerror or str(error))
        ) from error
    records = np.memmap(path, dtype=kind, mode="r")
    return Sample(question, labels, records[:draws])


def _labels(question: Question) -> tuple[Label, ...]:
    """Return the labels of every draw, from a run of no size."""
    small = replace(question, options=replace(question.options, children=LABEL_CHILDREN))
    run = small.run(1, Inline())
    found = [difference([run], k, 0, question.years) for k in range(1, len(question.scenarios))]
    return tuple(dict.fromkeys(label for d in found for label in d.labels))


def _record(question: Question, run: Run, labels: tuple[Label, ...]) -> bytes:
    found = [difference([run], k, 0, question.years) for k in range(1, len(question.scenarios))]
    record = np.zeros(1, _kind(question, labels))
    record["draw"] = run.draw
    record["inputs"] = question.inputs(run.draw)
    for k, d in enumerate(found):
        where = [labels.index(label) for label in d.labels]
        record["values"][0, k, where] = d.runs[0]
        record["errors"][0, k, where] = d.run_mcse[0]
        for j, label in enumerate(_keys(labels)):
            record["blocks"][0, k, j] = d.key_blocks[label][0]
    return record.tobytes()


def _kind(question: Question, labels: Sequence[Label]) -> np.dtype[Any]:
    others, years = len(question.scenarios) - 1, len(question.years)
    blocks = 1 if question.too_few else BLOCKS
    return np.dtype(
        [
            ("draw", "<i4"),
            ("inputs", "<f8", (len(question.uncertain),)),
            ("values", "<f4", (others, len(labels), years)),
            ("errors", "<f4", (others, len(labels), years)),
            ("blocks", "<f4", (others, len(_keys(labels)), years, blocks)),
        ]
    )


def _one(question: Question, labels: tuple[Label, ...], draw: int) -> bytes:
    return _record(question, question.run(draw, Inline()), labels)
