"""A simple, documented fit: first parameters aligned to the CBS targets, graded provisional.

Run as ``python -m calibration.align [--write]``. Each free value answers to one target (`PAIRS`): it
is multiplied, over and over with the same luck, by a power of target over model, as in iterative
proportional fitting. What has no pair keeps its assumed value. The calibration proper (posterior,
held-out years) replaces this; until then ranges are assumed.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.anchors import ANCHORS
from calibration.targets import Counted, predict, read_targets
from sim.counting import layout
from sim.history import place_years
from sim.parameters import COLUMNS, PARAMETER_FILE, Parameters, default_parameters
from sim.population import profiles
from sim.prices import care_spending
from sim.processes import default_table
from sim.setting import Setting, worker_threads
from sim.states import HISTORY_YEAR
from sim.transitions import compile_table
from sim.warmup import warm_up

Floats = NDArray[np.float64]
PROFILE = "Nederland 2018"
LAST_YEAR = 2019


@dataclass(frozen=True)
class Pair:
    """A free value, the target (or ratio of two targets) it answers to, and the power of each step."""

    parameter: str
    target: str
    over: str | None = None
    power: float = 1.0


PAIRS = (
    Pair("start.wijkteam", "wijkteam_2018"),
    Pair("start.ambulant", "ambulant_2018"),
    Pair("start.netwerk", "netwerk_2018"),
    Pair("start.daghulp", "daghulp_2018"),
    Pair("start.pleegzorg", "pleegzorg_2019"),
    Pair("start.gezinshuis", "gezinsgericht_2019"),
    Pair("start.residentieel", "ander_verblijf_2019"),
    Pair("start.gesloten", "gesloten_2019", power=0.8),
    Pair("start.jeugdbescherming", "jb_2019"),
    Pair("start.jeugdreclassering", "jr_2019"),
    Pair("start.second", "jz_2018", power=-3.0),
    Pair("start.with_residence", "both_2019", "verblijf_only_2019", 0.3),
    Pair("start.care_age.0", "jz_age0_3_2018", power=0.6),
    Pair("start.care_age.2", "jz_age0_3_2018", power=0.6),
    Pair("start.care_age.12", "jz_age12_17_2018", power=0.5),
    Pair("start.care_age.17", "jz_age12_17_2018", power=0.5),
    Pair("start.legal_age.18", "jz_age18_22_2018", power=0.7),
    Pair("start.probation_age.18", "jz_age18_22_2018", power=0.3),
    Pair("access.wijkteam.2015", "wijkteam_2015", "wijkteam_2018"),
    Pair("access.wijkteam.2016", "wijkteam_2016", "wijkteam_2018"),
    Pair("access.wijkteam.2017", "wijkteam_2017", "wijkteam_2018"),
    Pair("access.general.2015", "zonder_2015", "zonder_2018"),
    Pair("access.netwerk.2016", "netwerk_2016", "netwerk_2018"),
    Pair("access.netwerk.2017", "netwerk_2017", "netwerk_2018"),
    Pair("access.residence.2015", "verblijf_2015", "verblijf_2018"),
    Pair("access.probation.2015", "jr_2015", "jr_2019"),
    Pair("need.onset_light", "sdq_raised_4_11"),
    Pair("need.onset_age.14", "sdq_problems_12_16", "sdq_raised_4_11", 1.5),
    Pair("maltreatment.start", "maltreated"),
    Pair("education.enter", "special_education"),
    Pair("school.leave", "early_school_leavers"),
    Pair("offence.first", "first_offences_12_17"),
    Pair("need.eenouder.yes", "single_parent_users_2018"),
    Pair("end.by_need.none", "stock_ratio_2023", power=-2.0),
)


def count(p: Parameters, children: int, seed: int, pool: Executor) -> Counted:
    """Return what the model counts for the country in 2015-2019 under parameters `p`."""
    setting = Setting(profiles()[PROFILE], p, seed=seed, children=children)
    warm = warm_up(setting, LAST_YEAR + 1, pool, count_from=HISTORY_YEAR)
    table = compile_table(default_table(), p, LAST_YEAR + 1)
    scale = setting.flow()[1]
    return Counted(warm.cells.sum(axis=1) * scale, layout(table), table, p)


def ratios(counted: Counted) -> dict[str, float]:
    """Return target over model for every target and anchor that the model counts (infinite for none)."""
    found = {anchor.id: _over(anchor.value, anchor.count(counted)) for anchor in ANCHORS}
    for target in read_targets():
        value = predict(target, counted)
        if value is not None:
            found[target.id] = _over(target.value, value)
    return found


def _over(target: float, value: float) -> float:
    return target / value if value else math.inf


def step(p: Parameters, ratio: dict[str, float], damping: float) -> Parameters:
    """Return `p` with every free value moved towards its target; factors stay within a half and double."""
    changes = {}
    for pair in PAIRS:
        wanted = ratio[pair.target] / (ratio[pair.over] if pair.over else 1.0)
        if math.isnan(wanted):  # nobody was counted in either: too few children to say anything
            continue
        with np.errstate(divide="ignore"):
            move = pair.power * damping * float(np.log2(wanted))
        changes[pair.parameter] = p[pair.parameter] * 2.0 ** float(np.clip(move, -1.0, 1.0))
    return p.replace(changes)


def align(
    p: Parameters, children: int, seed: int, rounds: int, pool: Executor, tell: Callable[[str], None]
) -> Parameters:
    """Return `p` with the free values aligned to the targets."""
    for number in range(rounds):
        ratio = ratios(count(p, children, seed, pool))
        worst = max((pair.target for pair in PAIRS), key=lambda name: abs(np.log(ratio[name])))
        tell(f"round {number + 1}: furthest off is {worst}, target over model {ratio[worst]:.3f}")
        p = step(p, ratio, damping=0.9 if number < rounds // 2 else 0.5)
    return p


def align_costs(p: Parameters, counted: Counted) -> Parameters:
    """Return `p` with the level of unit costs such that spending in 2019 is what municipalities spent."""
    years = place_years(counted.cells[2019 - HISTORY_YEAR], counted.layout, counted.table)
    spent = care_spending(years, 2019, p)
    return p.replace({"cost.level": p["cost.level"] * p["cost.total_2019"] * p["cost.cpi_2019"] / spent})


def report(counted: Counted) -> list[tuple[str, str, float, float, float]]:
    """Return (id, role, target, model, relative error) for every target that the model counts."""
    rows = []
    for target in read_targets():
        value = predict(target, counted)
        if value is not None:
            rows.append((target.id, target.role, target.value, value, value / target.value - 1))
    for anchor in ANCHORS:
        value = anchor.count(counted)
        rows.append((anchor.id, "anchor", anchor.value, value, value / anchor.value - 1))
    return rows


def write(p: Parameters, path: Path = PARAMETER_FILE) -> None:
    """Write changed values into the parameter file; ranges move along with the values."""
    rows = []
    for name, record in p.records.items():
        factor = p[name] / record.value if record.value else 1.0
        scaled = [record.value, record.low, record.high]
        if factor != 1.0:
            scaled = [float(f"{x * factor:.4g}") for x in scaled]
            if record.scale == "logit":
                scaled = [scaled[0], min(record.low, scaled[0]), max(record.high, scaled[0])]
        rows.append((name, *scaled, record.unit, record.scale, record.grade, record.rank, record.source))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, report and (with --write) store the aligned values."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--children", type=int, default=150_000)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--check", type=int, default=600_000, help="children of the final count")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    with worker_threads(None) as pool:
        p = default_parameters()
        p = align(
            p, options.children, options.seed, options.rounds, pool, lambda t: print(t, file=sys.stderr)
        )
        counted = count(p, max(options.children, options.check), options.seed + 1, pool)
        p = align_costs(p, counted)
        for name, role, target, value, error in report(counted):
            print(f"{name:32} {role:10} {target:12,.3f} {value:12,.3f} {error:+7.1%}")
        for name in (*(pair.parameter for pair in PAIRS), "cost.level"):
            print(f"{name:32} {p.records[name].value:10.4g} -> {p[name]:10.4g}")
    if options.write:
        write(p)


if __name__ == "__main__":
    main()
