"""Comparisons with known results, made without simulating anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.api import Comparison
from sim.engine.history import Label
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.runs.experiment import Options
from sim.states import FORMS
from tests.worlds import registry, run_of

YEARS, BLOCKS, DRAWS = 20, 32, 12
CORE: tuple[Label, ...] = (
    ("care_users", "total", "all"), ("unmet_need", "total", "all"), ("cost", "total", "all"),
    ("cost", "payer", "gemeente"), ("cost_cashable", "payer", "gemeente"), ("cost_society", "total", "all"),
    ("cost_society", "payer", "family"),
)  # fmt: skip
FORM: tuple[Label, ...] = tuple(("care_users", "form", form) for form in FORMS)
WAITING: tuple[Label, ...] = (("waiting_stock", "total", "all"), ("waiting_weeks", "total", "all"))
PROGRAMME: tuple[Label, ...] = (
    ("cost", "programme", "kinderwerk"), ("cost", "payer_form", "gemeente|kinderwerk"),
    ("programme_fte", "programme", "kinderwerk"), ("programme_participants", "programme", "kinderwerk"),
)  # fmt: skip
OUTSIDE: tuple[Label, ...] = (("cost", "payer", "rijk"), ("cost", "programme", "jongerenwerk"))
SPENT = 3.1e6
"""What the programme costs more each year."""


def made(title: str, **changes: Any) -> Scenario:
    data = {
        "title": title,
        "municipality": "Almere",
        "years": YEARS,
        "programmes": {"kinderwerk": {"fte": 36}},
    }
    return scenario_from_dict({**data, **changes}, registry())


def results(
    labels: Sequence[Label], extra: float, luck: np.random.Generator, noise: float
) -> Mapping[Label, Any]:
    """Return blocks by label: the same for all scenarios but for `extra` a year in total and some noise."""
    found = {}
    for k, label in enumerate(labels):
        money = label[0].startswith("cost")
        level = 1e8 + 1e6 * k if money else 5000.0 + 100 * k
        step = extra * SPENT if money else -extra * 40.0
        if label in PROGRAMME:
            level = 0.0
        spread = (
            luck.normal(0.0, noise * abs(step), (YEARS, BLOCKS)) if step and label not in PROGRAMME else 0.0
        )
        found[label] = np.full((YEARS, BLOCKS), (level + step) / BLOCKS) + spread / BLOCKS
    return found


def comparison(
    *titles: str,
    draws: int = DRAWS,
    labels: Sequence[Label] = (*CORE, *FORM, *PROGRAMME),
    own: Sequence[Label] = (),
    noise: float = 0.05,
    changes: Sequence[Mapping[str, Any]] = (),
) -> Comparison:
    """Return a reference with a scenario for each title. own: labels that only scenarios have."""
    asked = (*changes, *({} for _ in titles))
    scenarios = [made("Almere, zoals nu"), *(made(t, **c) for t, c in zip(titles, asked, strict=False))]
    runs = []
    for draw in range(1, draws + 1):
        luck = np.random.default_rng(draw)
        base = [label for label in labels if label not in PROGRAMME]
        arms = [results(base, 0.0, luck, noise)]
        arms += [
            results((*labels, *own), (k + 1) * (0.8 + 0.05 * draw), luck, noise) for k in range(len(titles))
        ]
        runs.append(run_of(*arms, draw=draw))
    options = Options(children=100, draws=draws)
    return Comparison(tuple(scenarios), options, tuple(runs), 1.0)
