"""A run as an RO-Crate: by the rules of the specification, whole, and enough to make the run again."""

from __future__ import annotations

import hashlib
import json
import tomllib
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from babel.dates import format_date

from sim import InputError, OptionError, load_model, load_scenario, simulate
from sim.batches.store import StoredRun, find_run
from sim.model.extension import shipped
from sim.report.crate import FROM_CBS, OURS, write_crate
from tests.terminal import FEW, ROOT, call, short

Graph = dict[str, Any]
PROCESS_RUN = "https://w3id.org/ro/wfrun/process/0.5"


def unpacked(zipped: Path, folder: Path) -> Graph:
    """Unpack a crate and return its entities by @id, each of which is there once."""
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    read = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert "https://w3id.org/ro/crate/1.1/context" in read["@context"]
    graph = {entity["@id"]: entity for entity in read["@graph"]}
    assert len(graph) == len(read["@graph"])
    return graph


def references(value: Any) -> list[str]:
    """Return every @id that a value points to."""
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    return [value["@id"]] if isinstance(value, dict) else []


def faults(graph: Graph, folder: Path) -> list[str]:
    """Return what RO-Crate 1.1 and Process Run Crate 0.5 ask and a crate lacks."""
    found = []
    about, root = graph.get("ro-crate-metadata.json", {}), graph.get("./", {})
    if about.get("@type") != "CreativeWork" or about.get("about") != {"@id": "./"}:
        found.append("the metadata file does not say what it is about")
    if about.get("conformsTo") != {"@id": "https://w3id.org/ro/crate/1.1"}:
        found.append("the metadata file names no version")
    if root.get("@type") != "Dataset":
        found.append("there is no root")
    found += [f"the root has no {key}" for key in ("name", "description", "license") if not root.get(key)]
    date.fromisoformat(root["datePublished"])
    for entity in graph.values():
        if not {"@id", "@type"} <= entity.keys():
            found.append(f"no type: {entity}")
        if any(isinstance(value, dict) and value.keys() != {"@id"} for value in entity.values()):
            found.append(f"not flat: {entity['@id']}")
        found += [
            f"{entity['@id']}: {key} points to nothing: {to}"
            for key, value in entity.items() for to in references(value)
            if to not in graph and not to.startswith(("https://w3id.org/ro/crate/", "http://schema.org/"))
        ]  # fmt: skip
    described = {name: entity for name, entity in graph.items() if entity["@type"] == "File"}
    if sorted(references(root["hasPart"])) != sorted(described):
        found.append("not every file is part of the root")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if {unquote(name) for name in described} != there - {"ro-crate-metadata.json"}:
        found.append("the files that are there are not those described")
    for name, entity in described.items():
        content = (folder / unquote(name)).read_bytes()
        if entity["contentSize"] != str(len(content)):
            found.append(f"{name}: another size")
        if entity["sha256"] != hashlib.sha256(content).hexdigest():
            found.append(f"{name}: another hash")
    if root.get("conformsTo") != {"@id": PROCESS_RUN} or graph[PROCESS_RUN]["@type"] != "CreativeWork":
        found.append("the profile is not named")
    actions = [entity for entity in graph.values() if entity["@type"] == "CreateAction"]
    if len(actions) != 1 or references(root.get("mentions")) != [actions[0]["@id"]]:
        found.append("the root does not mention one action")
    tool = graph[references(actions[0]["instrument"])[0]]
    if tool["@type"] != "SoftwareApplication" or not {"name", "version", "softwareVersion"} <= tool.keys():
        found.append("no instrument")
    started, ended = (datetime.fromisoformat(actions[0][key]) for key in ("startTime", "endTime"))
    if started > ended or started.tzinfo is None:
        found.append("it ended before it began")
    return found


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Return a small run of a scenario whose title and name are not plain."""
    folder = tmp_path_factory.mktemp("crate")
    file = short(folder, 36, "some").rename(folder / "été 36, één.yaml")
    simulate(load_scenario(file), children=500, draws=2, seed=3, threads=1).save(folder / "run")
    return find_run(folder, "run")


def changed(run: StoredRun, tmp_path: Path, **said: Any) -> StoredRun:
    """Return a copy of a run whose manifest says something else."""
    folder = tmp_path / "changed"
    folder.mkdir()
    for file in run.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return StoredRun("changed", folder, {**run.manifest, **said})


def test_a_crate_keeps_the_rules_and_holds_all_that_it_names(stored: StoredRun, tmp_path: Path) -> None:
    write_crate(stored, tmp_path / "a.zip", shipped(), language="en")
    graph = unpacked(tmp_path / "a.zip", tmp_path / "a")
    assert faults(graph, tmp_path / "a") == []
    readme = (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    assert graph["README.md"]["about"] == {"@id": "./"}
    assert graph["README.md"]["encodingFormat"] == "text/markdown"
    (plan,) = stored.manifest["scenarios"].values()
    maker = f"kinderwerk {stored.manifest['version']} made it, with the libraries"
    again = "    kinderwerk runs reproduce results\n"
    for part in (plan["title"], "No child and no family", again, "who made this run stated none", maker):
        assert part in readme
    assert all(f"`{name}/`" in readme for name in ("results", "scenarios", "data"))
    assert "own-model" not in readme
    action = next(entity for entity in graph.values() if entity["@type"] == "CreateAction")
    made = {unquote(name) for name in references(action["result"])}
    assert made == {"results/results.parquet", "results/manifest.json"}
    given = references(action["object"])
    values = {graph[name]["name"]: graph[name]["value"] for name in given if name.startswith("#")}
    assert (values["seed"], values["draws"], values["children_asked"], values["verb"]) == (3, 2, 500, "run")
    assert values["posterior_sha256"] == graph["data/posterior.parquet"]["sha256"]
    scenarios = [name for name in given if name.startswith("scenarios/")]
    assert {"data/parameters.csv", "data/processes.yaml", "data/posterior.parquet"} < set(given)
    (kept,) = stored.manifest["scenarios"].values()
    (file,) = scenarios
    assert load_scenario(tmp_path / "a" / unquote(file)).canonical_sha256() == kept["content"]
    (tool,) = references(action["instrument"])
    assert graph[tool]["version"] == stored.manifest["version"]
    assert "agent" not in action
    assert graph["requirements.lock"]["sha256"] == sha256(ROOT / "requirements.lock")
    write_crate(stored, tmp_path / "b.zip", shipped(), language="en")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("language", "said", "foreign"),
    [
        (
            "nl",
            ("# Een berekening van kinderwerk", "Geen kind en geen gezin", "heeft er geen genoemd"),
            "simulated",
        ),
        ("en", ("# A run of kinderwerk", "No child and no family", "stated none"), "gesimuleerd"),
    ],
)
def test_people_read_a_crate_in_the_language_of_the_command(
    stored: StoredRun, tmp_path: Path, language: str, said: tuple[str, ...], foreign: str
) -> None:
    zipped = tmp_path / "a.zip"
    lang = [] if language == "nl" else ["--lang", language]  # Dutch where nothing is asked
    done = call("runs", "crate", "run", zipped, "--in", stored.folder.parent, *lang)
    assert done.returncode == 0, done.stderr
    graph = unpacked(zipped, tmp_path / "a")
    assert faults(graph, tmp_path / "a") == []
    readme = (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    written = format_date(stored.written.date(), "d MMMM yyyy", locale=language)
    for part in (*said, written, "    kinderwerk runs reproduce results\n"):
        assert part in readme
    about = " ".join(
        str(entity.get(key, ""))
        for entity in graph.values() if entity["@type"] != "PropertyValue"
        for key in ("description", "softwareVersion", *(["name"] if entity["@id"] == "#licence" else []))
    )  # fmt: skip
    for text in (readme, about):
        assert foreign not in text.lower()
    assert graph["./"]["inLanguage"] == language


def test_a_language_that_is_not_there_is_refused(stored: StoredRun, tmp_path: Path) -> None:
    done = call("runs", "crate", "run", tmp_path / "a.zip", "--in", stored.folder.parent, "--lang", "fy")
    assert done.returncode == 2
    assert "nl or en" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_licences_are_those_of_the_project_and_the_one_given(stored: StoredRun, tmp_path: Path) -> None:
    said = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    other = {
        Path(path).name: tuple(each["SPDX-License-Identifier"].split(" AND "))
        for each in said if each["SPDX-License-Identifier"] != OURS
        for path in each["path"] if path.startswith("sim/data/")
    }  # fmt: skip
    assert other == FROM_CBS
    write_crate(stored, tmp_path / "a.zip", shipped())
    graph = unpacked(tmp_path / "a.zip", tmp_path / "a")
    assert graph["./"]["license"] == {"@id": "#licence"}
    assert "license" not in graph["results/results.parquet"]
    assert all("license" in entity for name, entity in graph.items() if name.startswith("data/"))
    assert graph["data/population.csv"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert graph["data/programmes.yaml"]["license"] == {"@id": "https://spdx.org/licenses/EUPL-1.2"}
    assert references(graph["data/parameters.csv"]["license"]) == [
        "https://spdx.org/licenses/EUPL-1.2", "https://spdx.org/licenses/CC-BY-4.0",
    ]  # fmt: skip
    write_crate(stored, tmp_path / "b.zip", shipped(), licence="CC0-1.0")
    graph = unpacked(tmp_path / "b.zip", tmp_path / "b")
    readme = (tmp_path / "b" / "README.md").read_text(encoding="utf-8")
    assert "Scenario's en tabellen: https://spdx.org/licenses/CC0-1.0" in readme
    assert faults(graph, tmp_path / "b") == []
    for name in ("./", "results/results.parquet"):
        assert graph[name]["license"] == {"@id": "https://spdx.org/licenses/CC0-1.0"}
    for wrong, said in (
        ("all rights reserved", "found 'all rights reserved'$"),
        ("FOO", r"CC-BY-4\.0.* or EUPL-1\.2, found 'FOO'$"),
        ("CC-BY4.0", r"did you mean 'CC-BY-4\.0'\?$"), ("cc-by-4.0", r"did you mean 'CC-BY-4\.0'\?$"),
        ("http://example.org/l", "must be an https address"), ("https://", "found 'https://'"),
        ("https://example.org/a b", "address"), ("javascript:https://example.org", "address"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=said):
            write_crate(stored, tmp_path / "c.zip", shipped(), licence=wrong)
    assert not (tmp_path / "c.zip").exists()


@pytest.mark.parametrize(
    "address", ["https://example.org/licences/our-own?v=1", "https://spdx.org/licenses/CC-BY-4.0"]
)
def test_a_licence_may_be_an_address(stored: StoredRun, tmp_path: Path, address: str) -> None:
    write_crate(stored, tmp_path / "a.zip", shipped(), licence=address)
    graph = unpacked(tmp_path / "a.zip", tmp_path / "a")
    assert faults(graph, tmp_path / "a") == []
    assert graph["./"]["license"] == graph["results/results.parquet"]["license"] == {"@id": address}
    assert graph[address]["@type"] == "CreativeWork"


def test_a_title_is_no_markup_in_the_readme(stored: StoredRun, tmp_path: Path) -> None:
    ((name, one),) = stored.manifest["scenarios"].items()
    kept = {name: {**one, "title": "# a\n<b> [c](d)\x1b"}}
    write_crate(changed(stored, tmp_path, scenarios=kept), tmp_path / "a.zip", shipped())
    graph = unpacked(tmp_path / "a.zip", tmp_path / "a")
    assert faults(graph, tmp_path / "a") == []
    readme = (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    assert "\n- \\# a \\<b\\> \\[c\\](d)\\\\x1b\n" in readme


@pytest.mark.parametrize("what", ["version", "engine", "data", "parameters"])
def test_what_another_program_or_other_data_made_is_refused(
    stored: StoredRun, tmp_path: Path, what: str
) -> None:
    with pytest.raises(InputError, match=f"'{what}'"):
        write_crate(changed(stored, tmp_path, **{what: "0" * 16}), tmp_path / "a.zip", shipped())
    assert [path.name for path in tmp_path.iterdir()] == ["changed"]


def test_a_run_that_is_not_whole_is_refused(stored: StoredRun, tmp_path: Path) -> None:
    run = changed(stored, tmp_path)
    table = run.folder / "results.parquet"
    table.write_bytes(table.read_bytes() + b"x")
    with pytest.raises(InputError, match="another hash"):
        write_crate(run, tmp_path / "a.zip", shipped())
    table.unlink()
    with pytest.raises(InputError, match="gone"):
        write_crate(run, tmp_path / "a.zip", shipped())
    old = StoredRun("old", run.folder, {**run.manifest, "tables": {}})
    with pytest.raises(InputError, match="does not hold the scenarios"):
        write_crate(old, tmp_path / "a.zip", shipped())


def test_a_lock_of_other_libraries_is_left_out(stored: StoredRun, tmp_path: Path) -> None:
    libraries = {**stored.manifest["libraries"], "numpy": "0.1"}
    write_crate(changed(stored, tmp_path, libraries=libraries), tmp_path / "a.zip", shipped())
    graph = unpacked(tmp_path / "a.zip", tmp_path / "a")
    assert faults(graph, tmp_path / "a") == []
    assert "requirements.lock" not in graph


def test_a_comparison_is_made_again_from_its_crate_alone(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    store = tmp_path / "results"
    assert call("compare", *pair, *FEW, "--seed", 5, "--out", store / "pair").returncode == 0
    done = call("runs", "crate", "pair", tmp_path / "pair.zip", "--in", store, "--licence", "CC-BY-4.0")
    assert done.returncode == 0, done.stderr
    empty = tmp_path / "elsewhere"
    graph = unpacked(tmp_path / "pair.zip", empty)
    assert faults(graph, empty) == []
    again = call("runs", "reproduce", "results", cwd=empty)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "comparison: the same to the byte" in again.stdout
    wrong = call("runs", "crate", "pair", tmp_path / "foo.zip", "--in", store, "--licence", "FOO")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("--licence must be an https address or one of")
    assert not (tmp_path / "foo.zip").exists()
    refused = call("runs", "crate", "pair", tmp_path / "pair.tar", "--in", store)
    assert (refused.returncode, "pair.tar" in refused.stderr) == (2, True)


def test_a_model_of_ones_own_travels_with_its_run(tmp_path: Path) -> None:
    own = tmp_path / "mine"
    own.mkdir()
    head = (ROOT / "sim" / "data" / "parameters.csv").read_text(encoding="utf-8").splitlines()[0]
    row = "need.recover_light,0.6,0.5,0.7,per year,log,assumed,,my own belief"
    (own / "parameters.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    (own / "notes.txt").write_text("not a part of the model", encoding="utf-8")
    model = load_model(own)
    simulate(load_scenario(short(tmp_path, 36, "some")), children=500, threads=1, model=model).save(
        tmp_path / "run"
    )
    run = find_run(tmp_path, "run")
    with pytest.raises(InputError, match="another model"):
        write_crate(run, tmp_path / "a.zip", shipped())
    write_crate(run, tmp_path / "a.zip", model, own)
    graph = unpacked(tmp_path / "a.zip", tmp_path / "a")
    assert faults(graph, tmp_path / "a") == []
    assert {"@id": "own-model/parameters.csv"} in graph["#run"]["object"]
    assert "own-model/notes.txt" not in graph
    readme = (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    assert "    kinderwerk runs reproduce results --own-model own-model\n" in readme
    assert "`own-model/`" in readme
    words = graph["#run"]["description"].split("kinderwerk ")[-1].split()
    again = call(*words, cwd=tmp_path / "a")
    assert again.returncode == 0, again.stdout + again.stderr
