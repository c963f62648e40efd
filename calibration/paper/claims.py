"""The claims of the position paper, and the scenario files by which one can try them.

The words of a claim stand in pages/texts (`gal_claim_*`, `gal_works_*`, `gal_limit_*`): the gallery shows
them, and `calibration/paper/write.py` puts the answer of the model beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.inputs.library import registry
from sim.inputs.scenario import Scenario, load_scenario
from sim.machine.project import SCENARIOS


@dataclass(frozen=True)
class Claim:
    """A claim: its key among the texts, its scenario files, and grids for `kinderwerk batch` beside them."""

    key: str
    files: tuple[str, ...]
    grids: tuple[str, ...] = ()


CLAIMS = (
    Claim("almere", (
        "almere/huidig", "almere/dubbel", "almere/dubbel-ongeoormerkt", "almere/huiskamers",
    )),
    Claim("tilburg", (
        "tilburg/aanwezig", "tilburg/met-gezinssteun", "tilburg/lerarentekort",
        "tilburg/lerarentekort-burgerschap",
    )),
    Claim("hilversum", ("hilversum/gat", "hilversum/doorlopende-lijn", "hilversum/ouders")),
    Claim("gemeenten", (
        "deventer/dubbel", "den-haag/dubbel", "eindhoven/dubbel", "hoorn/huidig", "apeldoorn/huidig",
        "haarlem/huidig", "rotterdam/rond-het-kind",
    )),
    Claim("wegbezuinigd", ("argumenten/wegbezuinigd", "argumenten/projectmatig")),
    Claim("jongerenwerk", (
        "almere/huidig", "argumenten/alleen-jongerenwerk", "argumenten/kinder-en-jongerenwerk",
    )),
    Claim("bso", ("argumenten/bso-in-plaats-van-kinderwerk",)),
    Claim("wijkteam", ("argumenten/wijkteam-uitbreiding",)),
    Claim("oormerk", (
        "almere/dubbel", "almere/dubbel-ongeoormerkt", "argumenten/schaarste-verdringing",
    ), ("argumenten/oormerk-aandeel",)),
    Claim("verwelzijnen", ("argumenten/licht-verwelzijnd",), ("argumenten/licht-verwelzijnd-mate",)),
    Claim("termijn", ("almere/huidig",)),
    Claim("pandemie", ("argumenten/lockdown-afwezig", "argumenten/lockdown-aanwezig")),
    Claim("schaarste", (
        "argumenten/schaarste-wachtlijsten", "argumenten/wachtlijsten-met-kinderwerk",
        "argumenten/wachten-zonder-verergering",
    )),
    Claim("kwetsbaarheid", ("almere/huidig",)),
    Claim("gezinnen", ("almere/huidig",)),
    Claim("veertig", ("nederland/huidig",)),
    Claim("cijfers", ("almere/huidig",), ("argumenten/bereik-per-fte",)),
)  # fmt: skip


GRIDS = frozenset(grid for claim in CLAIMS for grid in claim.grids)


def path_of(file: str) -> Path:
    """Return the path of a scenario file of a claim."""
    return SCENARIOS / f"{file}.yaml"


def scenario_of(file: str) -> Scenario:
    """Return the scenario in a file of a claim. Raises InputError where it is not right."""
    return load_scenario(path_of(file), registry())


def reference_of(scenario: Scenario) -> Scenario | None:
    """Return the scenario that a scenario names as its reference, or None."""
    return None if scenario.reference is None else load_scenario(scenario.reference, registry())
