"""Every assumption behind a comparison, with what a municipality or a scenario put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.engine.config import localised, of_town
from sim.inputs.profiles import Profile
from sim.inputs.scenario import Scenario
from sim.model.futures import MODEL_TODAY, foreseeing
from sim.model.parameters import default_parameters
from sim.model.priors import ASSUMED, believing
from sim.model.structures import CARE_CHANGES_NEED, fitted_in
from sim.words.parameter_words import basis_of, grade_of

SUFFIXES = ("effect_exists", "moderate_need", "signalling", "retained", "visits_per_child", "uptake_ceiling")
CASHING = ("townhall.realisable", "townhall.contract_lag")


@dataclass(frozen=True)
class Own:
    """A value that a scenario puts in place of a parameter's own. scenario: its position, 0 the reference."""

    scenario: int
    value: float
    since: str


@dataclass(frozen=True)
class Assumption:
    """A parameter: what is believed of it, where that comes from, and what was used instead.

    low, high: 5 to 95 percent. grade: how it is known, also that the calibration held it. basis: what it
    rests on (see `parameter_words`). local: the municipality's own value, or None.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    grade: str
    basis: str
    source: str
    local: float | None = None
    own: tuple[Own, ...] = ()

    @property
    def changed(self) -> bool:
        """Tell whether a scenario sets it."""
        return bool(self.own)

    @property
    def stands(self) -> float:
        """Return the value where no scenario sets it."""
        return self.value if self.local is None else self.local


def assumptions(scenarios: Sequence[Scenario], profile: Profile) -> tuple[Assumption, ...]:
    """Return every parameter under all that the last scenario names, in the order of the file.

    Marked where somebody set it.
    """
    prior = scenarios[-1].prior if scenarios else ASSUMED
    future = scenarios[-1].future if scenarios else MODEL_TODAY
    structure = scenarios[-1].structure if scenarios else CARE_CHANGES_NEED
    p = foreseeing(believing(of_town(fitted_in(structure), profile), prior), future)
    here = localised(p, profile)
    found = []
    for name, record in p.records.items():
        own = tuple(
            Own(k, float(s.parameters[name].value), s.parameters[name].since)  # type: ignore[arg-type]
            for k, s in enumerate(scenarios)
            if name in s.parameters
        )
        local = here[name] if here[name] != p[name] else None
        found.append(
            Assumption(
                name,
                record.value,
                record.low,
                record.high,
                record.unit,
                grade_of(record),
                basis_of(record),
                record.source,
                local,
                own,
            )
        )
    return tuple(found)


def main_names(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Return the parameters on which the answer leans most: of the programmes used, and of contracts."""
    programmes = dict.fromkeys(name for s in scenarios for name in s.programmes)
    names = [f"{name}.{suffix}" for name in programmes for suffix in SUFFIXES]
    names += [f"cost.{name}_fte" for name in programmes]
    if any(s.policy != "capped" for s in scenarios):
        names += CASHING
    return tuple(name for name in names if name in default_parameters())
