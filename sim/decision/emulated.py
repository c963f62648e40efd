"""More draws of a sample by an emulator: as many as the value of information needs, in half a minute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.decision.sample import Question, Sample
from sim.decision.surrogate import Surrogate, features
from sim.progress import Progress, Tell
from sim.runs.workers import Workers

Floats = NDArray[np.float64]
ENOUGH = 200
"""Fewer draws give no surrogate to trust: the draws themselves are used."""
_PART = 500


@dataclass(frozen=True)
class Drawn:
    """Draws: inputs [draws, parameters] and outputs [draws, m].

    accuracy: by output, R squared of simulated draws that were left out; None where the draws were simulated.
    """

    inputs: Floats
    outputs: Floats
    accuracy: Floats | None

    @property
    def emulated(self) -> bool:
        """Tell whether an emulator made them."""
        return self.accuracy is not None


def more_draws(
    sample: Sample, outputs: Floats, variances: Floats, count: int, workers: Workers, tell: Tell
) -> Drawn:
    """Return `count` draws beyond those of a sample, or those of the sample where they are too few.

    outputs, variances: [draws, m] of the sample, what came out and its Monte Carlo variance.
    """
    question = sample.question
    names, p = question.uncertain, question.parameters
    inputs = np.array(sample.inputs)
    if sample.size < ENOUGH or not names:
        return Drawn(inputs, outputs, None)
    surrogate = Surrogate.fit(features(p, names, inputs), outputs, variances)
    more = range(sample.size + 1, sample.size + count + 1)
    now = Progress("draws_of_parameters", 0, count)
    tell(now)
    drawn = []
    for part in workers.map(
        partial(_inputs, question), [range(k, min(k + _PART, more.stop)) for k in more[::_PART]]
    ):
        drawn.append(part)
        tell(now.at(sum(len(x) for x in drawn)))
    inputs = np.concatenate(drawn)
    predicted = surrogate.predict(features(p, names, inputs))
    return Drawn(inputs, predicted, surrogate.accuracy.explained)


def _inputs(question: Question, draws: range) -> Floats:
    return np.stack([question.inputs(draw) for draw in draws])
