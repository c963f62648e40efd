"""A run made again from its manifest: the same to the byte, or what exactly differs."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from sim.analyses import appraise, appraise_study, twin_lives
from sim.api import compare, simulate
from sim.batches.batch import simulate_members
from sim.batches.executors import LocalExecutor
from sim.batches.folder import BatchMember, Folder
from sim.batches.results import MANIFEST, manifest
from sim.batches.run_changes import INPUTS, InputChange, inputs_that_differ
from sim.batches.store import StoredRun
from sim.errors import InputError
from sim.faults import fault
from sim.inputs.library import registry_of
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.model.extension import Model, shipped
from sim.runs.experiment import Options

HERE = tuple(name for name in INPUTS if name not in ("call", "children"))
"""What may differ between then and now, apart from what was asked."""
SENSITIVITY = ("year", "payer", "capacity", "chance", "willingness", "search")
"""What was asked of a sensitivity that its tables depend on."""
STUDY = ("neighbourhoods", "years", "municipalities", "willingness")
"""What was asked of a study."""


@dataclass(frozen=True)
class TableFound:
    """One table, made again. rows: how many do not agree; largest: the largest difference between values."""

    name: str
    same: bool
    rows: int | None = None
    largest: float | None = None


@dataclass(frozen=True)
class Reproduction:
    """What came of making a run again. differs: what is not as it was then, which may explain why."""

    run: str
    tables: tuple[TableFound, ...]
    differs: tuple[InputChange, ...]

    @property
    def same(self) -> bool:
        """Tell whether every table is the same to the byte."""
        return all(table.same for table in self.tables)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "run": self.run,
            "same": self.same,
            "tables": [asdict(table) for table in self.tables],
            "differs": [asdict(one) for one in self.differs],
        }

    def words(self) -> str:
        """Return it in a few sentences."""
        lines = [
            f"{table.name}: " + ("the same to the byte" if table.same else _how(table))
            for table in self.tables
        ]
        if self.differs:
            lines.append("What is not as it was then:")
            lines += [
                f"  {one.what}: {_brief(one.first)} then, {_brief(one.second)} now" for one in self.differs
            ]
        elif not self.same:
            lines.append(
                "Nothing that the manifest holds differs: the tables were changed after they were made."
            )
        return "\n".join(lines)


def _how(table: TableFound) -> str:
    if table.rows is None:
        return "differs"
    if not table.rows:
        return "the same values, written in other bytes"
    return f"differs in {table.rows:,} rows, by {table.largest:.6g} at most"


def _brief(value: Any) -> str:
    text = "nothing" if value in (None, "") else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def reproduce(run: StoredRun, threads: int | None = None, model: Model | None = None) -> Reproduction:
    """Make a run again, beside it and without anything kept from it, and compare table by table.

    model: the model of one's own that it was made with, if any. Raises InputError where its manifest does not
    hold what is needed or names another model, and what making it raises.
    """
    model = model or shipped()
    if (run.manifest.get("own_model") or "") != model.sha256:
        raise InputError.at(run.folder / MANIFEST, fault("made_with_other_model"))
    names, scenarios = _scenarios(run, model)
    verb = MAKERS.get(run.verb)
    if verb is None or not run.manifest.get("tables"):
        raise _too_old(run)
    with tempfile.TemporaryDirectory(prefix="kinderwerk-again-") as aside:
        verb(run, names, scenarios, Path(aside), threads, model)
        found = [_compared(run, name, Path(aside)) for name in sorted(run.manifest["tables"])]
    return Reproduction(run.id, tuple(found), tuple(not_as_then(run, names, scenarios, model)))


def not_as_then(
    run: StoredRun, names: Sequence[str], scenarios: Sequence[Scenario], model: Model | None = None
) -> list[InputChange]:
    """Return what is here now and not as it was when a run was made: version, data, libraries, processor."""
    options = Options(**_options(run))
    now = manifest(scenarios, names, options, model or shipped(), [], 0.0, {})
    now["first_draw"] = run.manifest["first_draw"]
    then: dict[str, Any] = {**{name: run.manifest.get(name) for name in HERE}, "scenarios": {}}
    return inputs_that_differ(then, {**{name: now[name] for name in HERE}, "scenarios": {}})


def _options(run: StoredRun) -> dict[str, Any]:
    m = run.manifest
    first = {"first_draw": m["first_draw"]} if m["first_draw"] != (0 if m["draws"] == 1 else 1) else {}
    return {
        "children": m["children_asked"], "draws": m["draws"], "replications": m["replications"],
        "seed": m["seed"], **first,
    }  # fmt: skip


def _scenarios(run: StoredRun, model: Model) -> tuple[list[str], list[Scenario]]:
    """Return the names and scenarios of a run, which its manifest holds in full."""
    names, scenarios = [], []
    for name, kept in run.manifest["scenarios"].items():
        if "data" not in kept:
            raise _too_old(run)
        names.append(name)
        scenarios.append(scenario_from_dict(kept["data"], registry_of(model)))
    return names, scenarios


def _too_old(run: StoredRun) -> InputError:
    words = fault(
        "manifest_without_scenarios",
        version=str(run.manifest.get("version")), commit=str(run.manifest.get("commit")),
    )  # fmt: skip
    return InputError.at(run.folder / MANIFEST, words)


Maker = Callable[[StoredRun, Sequence[str], Sequence[Scenario], Path, int | None, Model], None]


def _run(
    run: StoredRun, names: Sequence[str], scenarios: Sequence[Scenario], out: Path, threads: int | None,
    model: Model,
) -> None:  # fmt: skip
    simulate(scenarios[0], names=names, threads=threads, model=model, **_options(run)).save(out)


def _compare(
    run: StoredRun, names: Sequence[str], scenarios: Sequence[Scenario], out: Path, threads: int | None,
    model: Model,
) -> None:  # fmt: skip
    compare(scenarios, names=names, threads=threads, model=model, **_options(run)).save(out)


def _batch(
    run: StoredRun, names: Sequence[str], scenarios: Sequence[Scenario], out: Path, threads: int | None,
    model: Model,
) -> None:  # fmt: skip
    references = run.manifest["call"]["references"]
    members = tuple(
        BatchMember(name, scenario, name, references.get(name))
        for name, scenario in zip(names, scenarios, strict=True)
    )
    with LocalExecutor(threads) as executor:
        simulate_members(Folder(members), out, Options(**_options(run)), executor)


def _sensitivity(
    run: StoredRun, names: Sequence[str], scenarios: Sequence[Scenario], out: Path, threads: int | None,
    model: Model,
) -> None:  # fmt: skip
    asked: Mapping[str, Any] = run.manifest["call"]
    about = {name: asked[name] for name in SENSITIVITY if name in asked}
    appraise(
        scenarios[0], scenarios[1], out, names=names, threads=threads,
        children=run.manifest["children_asked"], draws=run.manifest["draws"], seed=run.manifest["seed"],
        **about,
    )  # fmt: skip


def _study(
    run: StoredRun, names: Sequence[str], scenarios: Sequence[Scenario], out: Path, threads: int | None,
    model: Model,
) -> None:  # fmt: skip
    m = run.manifest
    appraise_study(
        scenarios[0], scenarios[1], out, names=names, threads=threads, children=m["children_asked"],
        draws=m["draws"], seed=m["seed"], **{name: m["call"][name] for name in STUDY},
    )  # fmt: skip


def _twins(
    run: StoredRun, names: Sequence[str], scenarios: Sequence[Scenario], out: Path, threads: int | None,
    model: Model,
) -> None:  # fmt: skip
    m = run.manifest
    twin_lives(
        scenarios[0], scenarios[1], out, names=names, threads=threads, children=m["children_asked"],
        seed=m["seed"],
    )  # fmt: skip


MAKERS: Mapping[str, Maker] = {
    "run": _run, "compare": _compare, "batch": _batch, "sensitivity": _sensitivity,
    "study": _study, "twins": _twins,
}  # fmt: skip
"""How the results of each command are made again."""


def _compared(run: StoredRun, name: str, aside: Path) -> TableFound:
    """Return how a table that was made again compares with what the manifest, and the folder, say of it."""
    new, old = aside / name, run.folder / name
    short = name.removesuffix(".parquet")
    if new.is_file() and _hash(new) == run.manifest["tables"][name]:
        return TableFound(short, same=True)
    if not new.is_file() or not old.is_file():
        return TableFound(short, same=False)
    return TableFound(short, False, *_rows_that_differ(old, new))


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _rows_that_differ(old: Path, new: Path) -> tuple[int | None, float | None]:
    """Return how many rows of two tables do not agree, and the largest difference between their numbers."""
    with closing(duckdb.connect()) as base:
        one, two = (base.read_parquet(str(path)) for path in (old, new))
        if one.columns != two.columns:
            return None, None
        numbers = [c for c, kind in zip(one.columns, one.types, strict=True) if kind == "DOUBLE"]
        keys = [c for c in one.columns if c not in numbers]
        away = " OR ".join(f'one."{c}" IS DISTINCT FROM two."{c}"' for c in numbers)
        largest = ", ".join(f'max(abs(one."{c}" - two."{c}"))' for c in numbers)
        on = ", ".join(f'"{c}"' for c in keys)
        (row,) = base.execute(
            f"SELECT count(*), greatest({largest}, 0) FROM one FULL JOIN two USING ({on}) WHERE {away}"
        ).fetchall()
    return int(row[0]), float(row[1] or 0.0)
