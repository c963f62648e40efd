"""A run as an RO-Crate: one zip with its tables and all that makes them again, and what each file is.

The metadata is JSON-LD by RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) and the profile Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5): a CreateAction made the tables (`result`) with this program
(`instrument`) from scenarios, data and options (`object`). Nobody is named as its agent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sim.batches.results import MANIFEST
from sim.batches.store import StoredRun
from sim.errors import InputError, OptionError, SimulationError, nearest
from sim.faults import fault
from sim.files.archive import zip_into
from sim.files.literal import printable
from sim.files.yamlfile import dumped
from sim.machine.compiling import data_hash, source_hash
from sim.machine.project import file_beside, version
from sim.machine.whole import written_whole
from sim.model.extension import FILES, Model
from sim.model.parameters import DATA
from sim.words.writing import WORDS, Writing, read_words

METADATA = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = [f"{SPECIFICATION}/context", "https://w3id.org/ro/terms/workflow-run/context"]
RESULTS, SCENARIOS, SHIPPED, OWN = "results", "scenarios", "data", "own-model"
"""Folders of a crate."""
LOCK, README = "requirements.lock", "README.md"
OURS, CBS = "EUPL-1.2", "CC-BY-4.0"
FROM_CBS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("municipality_names.csv", "observed.csv", "population.csv", "towns.csv"), (CBS,)),
    **dict.fromkeys(
        (
            "ages.json", "diagnostics.json", "municipalities.csv", "parameters.csv", "rolling.json",
            "validation.json",
        ),
        (OURS, CBS),
    ),
}
"""Shipped data under another licence than the program, or one more (REUSE.toml)."""
_FORMATS = {
    ".parquet": "application/vnd.apache.parquet", ".csv": "text/csv", ".json": "application/json",
    ".yaml": "application/yaml", ".py": "text/x-python", ".lock": "text/plain", ".md": "text/markdown",
}  # fmt: skip
FOR_DATA = (
    "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND-4.0", "CC-BY-3.0", "CC-BY-3.0-NL", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0",
    "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "OGL-UK-3.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0", "etalab-2.0",
    OURS,
)  # fmt: skip
"""Licences that people give data, as SPDX names them (https://spdx.org/licenses); others have an address."""
_ADDRESS = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?(/[^\s\"<>\\^`{|}]*)?")
_ASKED = ("seed", "draws", "first_draw", "replications", "children_asked")
Entity = dict[str, Any]


def write_crate(
    run: StoredRun,
    out: Path,
    model: Model,
    own: Path | None = None,
    licence: str | None = None,
    language: str = "nl",
) -> None:
    """Write a run to `out`, a zip: the same run in the same language gives the same bytes.

    model: that of the run; own: the folder that it was read from, if it is one's own. licence: of scenarios
    and tables, as SPDX names it (`FOR_DATA`) or an https address. language: of what it
    says in words.

    Raises InputError where the run is damaged, too old, or was made with another model, program or data than
    are here, OptionError where the licence is none of these, and SimulationError where the zip cannot be
    written.
    """
    if licence is not None and licence not in FOR_DATA and not _ADDRESS.fullmatch(licence):
        near = nearest(licence, FOR_DATA)
        raise OptionError("licence", fault("unknown_licence", found=licence, near=near, known=FOR_DATA))
    _refuse_other(run, model)
    made = dict(_scenario_files(run))
    shipped = {f"{SHIPPED}/{path.relative_to(DATA).as_posix()}": path for path in _shipped_files()}
    added = {f"{OWN}/{name}": own / name for name in FILES if (own / name).is_file()} if own else {}
    tables = {f"{RESULTS}/{name}": run.folder / name for name in sorted(run.manifest["tables"])}
    locked = _lock(run.manifest["libraries"])
    files: dict[str, bytes | Path] = {
        **tables, f"{RESULTS}/{MANIFEST}": run.folder / MANIFEST, **made, **added, **shipped, **locked,
    }  # fmt: skip
    words = Writing(language, read_words([WORDS / "crate" / f"{language}.yaml"]))
    files = {README: _readme(run, files, licence, words).encode(), **files}
    try:
        graph = _graph(run, files, licence, words)
        text = json.dumps({"@context": CONTEXT, "@graph": graph}, indent=2, ensure_ascii=False) + "\n"
        with written_whole(out) as aside, aside.open("wb") as stream:
            zip_into(stream, {METADATA: text, **files})
    except OSError as error:
        raise SimulationError(
            fault("file_not_written", file=out, reason=error.strerror or str(error))
        ) from error


def _refuse_other(run: StoredRun, model: Model) -> None:
    """Refuse a run of which something is gone or changed, or that was made with something else than this."""
    said = run.manifest
    if any("data" not in kept for kept in said["scenarios"].values()) or not said.get("tables"):
        too_old = fault(
            "manifest_without_scenarios", version=str(said.get("version")), commit=str(said.get("commit"))
        )
        raise InputError.at(run.folder / MANIFEST, too_old)
    if (said.get("own_model") or "") != model.sha256:
        raise InputError.at(run.folder / MANIFEST, fault("made_with_other_model"))
    here = {
        "version": version(), "engine": source_hash(), "data": data_hash(),
        "parameters": model.parameters.sha256(),
    }  # fmt: skip
    for what, now in here.items():
        if said[what] != now:
            wrong = fault("made_with_other", what=what, then=str(said[what])[:16], now=now[:16])
            raise InputError.at(run.folder / MANIFEST, wrong)
    for name, digest in said["tables"].items():
        if not (run.folder / name).is_file():
            raise InputError.at(run.folder / name, fault("table_gone"))
        if _sha256(run.folder / name) != digest:
            raise InputError.at(run.folder / name, fault("table_changed"))


def _scenario_files(run: StoredRun) -> Iterator[tuple[str, bytes]]:
    """Yield each scenario as a file, in the order of the run; its name holds nothing but plain letters."""
    for number, (name, kept) in enumerate(run.manifest["scenarios"].items(), 1):
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:80]
        yield f"{SCENARIOS}/{number}-{plain or 'scenario'}.yaml", dumped(kept["data"]).encode()


def _shipped_files() -> list[Path]:
    """Return the data files of which the manifest holds one hash."""
    return sorted(path for path in DATA.rglob("*.*") if path.is_file())


def _lock(libraries: Mapping[str, str]) -> dict[str, Path]:
    """Return the lock of all libraries, where it is here and names the versions that the run had."""
    try:
        path = file_beside(LOCK)
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pinned = {line.split()[0] for line in lines if "==" in line}
    return {LOCK: path} if all(f"{name}=={number}" in pinned for name, number in libraries.items()) else {}


def _sha256(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _again(said: Mapping[str, Any]) -> str:
    """Return the command that makes the run again in the folder of the crate."""
    return f"kinderwerk runs reproduce {RESULTS}" + (f" --own-model {OWN}" if said.get("own_model") else "")


def _readme(
    run: StoredRun, files: Mapping[str, bytes | Path], licence: str | None, words: Writing
) -> str:
    """Return what a reader should know who opens the crate without a program for it."""
    said = run.manifest
    there = {name.partition("/")[0] for name in files}
    return words.t(
        "readme",
        verb=run.verb,
        date=words.date(run.written.date().isoformat()),
        titles="\n".join(f"- {_plain(kept['title'])}" for kept in said["scenarios"].values()),
        folders="\n".join(
            f"- `{name}/`: {words.t(f'folder_{name}')}"
            for name in (RESULTS, SCENARIOS, SHIPPED, OWN) if name in there
        ),
        metadata=METADATA,
        maker=words.t("maker_locked" if LOCK in files else "maker", version=said["version"], lock=LOCK),
        again=_again(said),
        ours=_spdx(OURS), cbs=_spdx(CBS), of_cbs=_listed((CBS,)), mixed=_listed((OURS, CBS)),
        theirs=_spdx(licence) if licence else words.t("licence_unstated"),
    )  # fmt: skip


def _listed(licences: tuple[str, ...]) -> str:
    return ", ".join(sorted(name for name, held in FROM_CBS.items() if held == licences))


def _plain(text: str) -> str:
    """Return a title on one line, without what Markdown would read in it."""
    return re.sub(r"([\\`*_{}\[\]<>#|!&])", r"\\\1", " ".join(printable(text).split()))


def _graph(
    run: StoredRun, files: Mapping[str, bytes | Path], licence: str | None, words: Writing
) -> list[Entity]:
    """Return what the crate says of itself, its files, the run, the program and the licences."""
    said = run.manifest
    titles = {name: kept["title"] for name, kept in said["scenarios"].items()}
    again = _again(said)
    options = list(_options(said))
    inputs = [name for name in files if not name.startswith(f"{RESULTS}/") and name not in (LOCK, README)]
    results = [name for name in files if name.startswith(f"{RESULTS}/")]
    program = f"#kinderwerk-{version()}"
    action: Entity = {
        "@id": "#run", "@type": "CreateAction", "name": f"kinderwerk {run.verb}",
        "description": words.t("run_about", again=again),
        "startTime": (run.written - timedelta(seconds=said["wall_seconds"])).isoformat(timespec="seconds"),
        "endTime": run.written.isoformat(timespec="seconds"),
        "actionStatus": _of("http://schema.org/CompletedActionStatus"),
        "instrument": _of(program), "object": [*map(_file, inputs), *(_of(o["@id"]) for o in options)],
        "result": [_file(name) for name in results],
    }  # fmt: skip
    commit = said["commit"] or words.t("commit_unknown")
    commit = words.t("commit_changed", commit=commit) if said["dirty"] else commit
    needs = {"softwareRequirements": _file(LOCK)} if LOCK in files else {}
    software: Entity = {
        "@id": program, "@type": "SoftwareApplication", "name": "kinderwerk", "version": version(),
        "softwareVersion": f"{version()} ({commit})",
        "identifier": said["engine"], "license": _of(_spdx(OURS)), **needs,
        "description": f"{words.t('python_on', python=said['python'], system=said['system'])}; "
        + ", ".join(f"{name} {number}" for name, number in said["libraries"].items()),
    }  # fmt: skip
    root: Entity = {
        "@id": "./", "@type": "Dataset", "name": f"kinderwerk {run.verb}: {'; '.join(titles.values())}"[:300],
        "description": words.t("crate_about", again=again), "inLanguage": words.language,
        "datePublished": run.written.date().isoformat(), "conformsTo": _of(PROFILE),
        "license": _of(_spdx(licence) if licence else "#licence"), "hasPart": [_file(name) for name in files],
        "mentions": [_of("#run")],
    }  # fmt: skip
    return [
        {"@id": METADATA, "@type": "CreativeWork", "about": _of("./"), "conformsTo": _of(SPECIFICATION)},
        root, action, software, *options,
        *(_described(name, content, licence) for name, content in files.items()),
        *_licences(licence, words),
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
    ]  # fmt: skip


def _options(said: Mapping[str, Any]) -> Iterator[Entity]:
    """Yield what was asked on the command line, and hashes of what it rests on."""
    asked = {**{name: said[name] for name in _ASKED}, **said["call"]}
    rests = {f"{name}_sha256": said[name] for name in ("parameters", "posterior")}
    for name, value in (asked | rests).items():
        plain = value if isinstance(value, (str, int, float)) else json.dumps(value)
        yield {"@id": f"#{name}", "@type": "PropertyValue", "name": name, "value": plain}


def _described(name: str, content: bytes | Path, licence: str | None) -> Entity:
    """Return what a file is, how large, under which licence, and its hash."""
    short, shipped = name.rpartition("/")[-1], name.startswith(f"{SHIPPED}/") or name == LOCK
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    stated = FROM_CBS.get(short, (OURS,)) if shipped else (licence,) if licence else ()
    under = [_of(_spdx(each)) for each in stated]
    return {
        "@id": quote(name), "@type": "File", "name": short, "contentSize": str(size),
        "encodingFormat": _FORMATS.get(Path(name).suffix, "application/octet-stream"),
        "sha256": _sha256(content), **({"about": _of("./")} if name == README else {}),
        **({"license": under if len(under) > 1 else under[0]} if under else {}),
    }  # fmt: skip


def _licences(licence: str | None, words: Writing) -> list[Entity]:
    names = {_spdx(name): name for name in ([licence] if licence else []) + [OURS, CBS]}
    found: list[Entity] = [{"@id": at, "@type": "CreativeWork", "name": name} for at, name in names.items()]
    unsaid = {
        "@id": "#licence", "@type": "CreativeWork", "name": words.t("licence_none"),
        "description": words.t("licence_about", ours=OURS, cbs=CBS),
    }  # fmt: skip
    return found if licence else [*found, unsaid]


def _spdx(name: str) -> str:
    return name if _ADDRESS.fullmatch(name) else f"https://spdx.org/licenses/{name}"


def _of(identifier: str) -> Entity:
    return {"@id": identifier}


def _file(name: str) -> Entity:
    return _of(quote(name))
