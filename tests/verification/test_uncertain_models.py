"""What is not known of a published model: the draws of a textbook's worksheet, within their own error.

Briggs, Claxton and Sculpher (2006), exercise 4.7: 1,000 draws of its solution, which the R package rdecision
keeps (tools/BriggsEx47.csv). Each figure below is that of those draws, with its standard error: of means over
the root of the draws, of standard deviations and of EVPI by resampling.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.decision.model_uncertainty import ModelSample, draw_model
from sim.decision.value import acceptability
from sim.published.source import read_source

Agree = Callable[[str, float, float, float], None]
FILE = Path(__file__).parents[2] / "scenarios" / "published" / "hiv-uncertain-briggs2006.yaml"
DRAWS = 8192
"""Enough for our own error to be a small part of theirs."""

# Mean with its error, standard deviation with its error.
FIGURES = {
    "life years with one drug": (8.4879594, 0.00652, 0.2061792, 0.00458),
    "cost with one drug": (45924.07, 613.0, 19385.63, 719.2),
    "life years with two drugs": (9.4125829, 0.00843, 0.2666530, 0.00586),
    "cost with two drugs": (51758.74, 594.9, 18811.15, 669.2),
    "life years gained": (0.9247135, 0.00550, 0.1738847, 0.00402),
    "extra cost": (5834.69, 56.8, 1796.03, 58.6),
}
# By pounds for a life year: share of draws in which combination is best; EVPI with its error.
CHOICES = {
    4_000: (0.092, 104.6, 15.4), 5_000: (0.226, 263.6, 23.3), 6_000: (0.438, 600.0, 34.1),
    7_000: (0.635, 496.3, 30.3), 8_000: (0.778, 256.5, 22.1), 10_000: (0.941, 63.2, 11.5),
}  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> ModelSample:
    return draw_model(read_source(FILE), DRAWS, seed=0)


def test_means_and_spread_are_those_of_the_worksheet(sample: ModelSample, agree: Agree) -> None:
    costs, effects = sample.costs, sample.effects
    found = {
        "life years with one drug": effects[:, 0], "cost with one drug": costs[:, 0],
        "life years with two drugs": effects[:, 1], "cost with two drugs": costs[:, 1],
        "life years gained": effects[:, 1] - effects[:, 0], "extra cost": costs[:, 1] - costs[:, 0],
    }  # fmt: skip
    for name, (mean, mean_se, sd, sd_se) in FIGURES.items():
        agree(f"{name}: mean", float(found[name].mean()), mean, 3 * mean_se)
        agree(f"{name}: standard deviation", float(found[name].std()), sd, 3 * sd_se)


def test_what_is_best_and_perfect_information_are_those_of_the_worksheet(
    sample: ModelSample, agree: Agree
) -> None:
    curve = acceptability(sample.costs, sample.effects, np.array(list(CHOICES)))
    for k, (willingness, (chance, worth, error)) in enumerate(CHOICES.items()):
        room = 3 * math.sqrt(chance * (1 - chance) / 1000)
        agree(f"chance of combination at {willingness}", float(curve.probability[k, 1]), chance, room)
        agree(f"EVPI at {willingness}", float(curve.evpi[k]), worth, 3 * error)
