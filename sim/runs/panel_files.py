"""A panel of simulated lives as files: Parquet, a codebook, and a data package that describes both.

The data package follows frictionless Data Package 1.0 (https://specs.frictionlessdata.io/data-package/); its
resource is Parquet, which readers that know CSV alone skip. That these are simulated persons stands in the
metadata of the Parquet file, in a column, in the codebook and in the data package.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import InputError
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.inputs.scenario_files import make_folder_of, refuse_taken, write_new_file
from sim.machine.project import version
from sim.runs.panel import Panel
from sim.states import FORMS

SIMULATED = "Simulated persons: no row is about a real child. Made by kinderwerk, a microsimulation."
METADATA = b"kinderwerk"
"""The key of the metadata in the Parquet file, whose value is JSON."""
PACKAGE = "datapackage.json"
_FIELDS = {
    "simulated": "always true: a simulated person",
    "child": "number of a simulated child, the same in every month; nobody's own number",
    "year": "calendar year",
    "month": "month, 1 to 12",
    "age": "age in whole years in this month, 0 to 22",
    "sex": "girl or boy",
    "quintile": "deprivation of the neighbourhood, 1 least to 5 most deprived",
    "care_this_year": "whether the child has had jeugdzorg in this calendar year up to now",
    "process": "what changed",
    "was": "state on the last day of the month before",
    "becomes": "state on the last day of this month",
}


def written(found: Panel, scenario: Scenario, path: Path) -> list[Path]:
    """Write a panel to `path`, with its codebook and data package beside it; return the three files.

    Makes the folder. Raises InputError where `path` ends otherwise than in .parquet, where one of them is
    there already or the folder cannot be made, SimulationError where writing fails.
    """
    path, codebook, package = files_at(path)
    about = _about(found, scenario)
    table = found.table.replace_schema_metadata({METADATA: json.dumps(about, sort_keys=True).encode()})
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    content, fields = stream.getvalue(), described(found.table)
    words = _codebook(fields)
    data_package = _package(about, fields, path.name, content, codebook.name, words)
    made = ((path, content), (codebook, words), (package, data_package))
    return [write_new_file(file, data) for file, data in made]


def files_at(path: Path) -> tuple[Path, Path, Path]:
    """Return where a panel, its codebook and its data package go; make the folder. Raises as `written`."""
    if path.suffix != ".parquet":
        found = f"'{path.suffix}'" if path.suffix else fault("no_ending")
        raise InputError.at(path, fault("wrong_ending", endings=(".parquet",), found=found))
    make_folder_of(path)
    files = path, path.with_suffix(".codebook.csv"), path.with_name(PACKAGE)
    for file in files:
        refuse_taken(file)
    return files


def described(table: pa.Table) -> list[dict[str, Any]]:
    """Return each column as a field of a Table Schema: name, type, what it means, and its values."""
    fields = []
    for column in table.schema:
        kind = (
            "boolean" if pa.types.is_boolean(column.type)
            else "integer" if pa.types.is_integer(column.type) else "string"
        )  # fmt: skip
        field: dict[str, Any] = {
            "name": column.name, "type": kind, "description": _meaning(column.name),
        }  # fmt: skip
        if pa.types.is_dictionary(column.type):
            chunks = table.column(column.name).unify_dictionaries().chunks if table.num_rows else []
            words = chunks[0].dictionary.to_pylist() if chunks else []
            field["constraints"] = {"enum": words}
        fields.append(field)
    return fields


def _meaning(name: str) -> str:
    if name in _FIELDS:
        return _FIELDS[name]
    if name.startswith("care_") and name.removeprefix("care_") in FORMS:
        return f"whether the child is in {name.removeprefix('care_')} on the last day of the month"
    if name.startswith("at_"):
        return f"whether the child comes to {name.removeprefix('at_')} in this month"
    return f"state of the process '{name}' on the last day of the month"


def _about(found: Panel, scenario: Scenario) -> dict[str, Any]:
    return {
        "simulated": True,
        "about": SIMULATED,
        "kinderwerk": version(),
        "scenario": scenario.title,
        "scenario_sha256": scenario.canonical_sha256(),
        "municipality": scenario.municipality,
        "rows_by": found.by,
        "draw": found.draw,
        "seed": found.seed,
        "children": found.followed,
        "children_there": found.there,
        "real_children_each": found.scale,
    }


def _codebook(fields: list[dict[str, Any]]) -> bytes:
    stream = io.StringIO()
    stream.write(f"# {SIMULATED}\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("name", "type", "meaning", "values"))
    for field in fields:
        values = " | ".join(field.get("constraints", {}).get("enum", ()))
        writer.writerow((field["name"], field["type"], field["description"], values))
    return stream.getvalue().encode()


def _package(
    about: dict[str, Any], fields: list[dict[str, Any]], name: str, content: bytes, codebook: str,
    words: bytes,
) -> bytes:  # fmt: skip
    keys = {} if about["rows_by"] == "event" else {"primaryKey": ["child", "year", "month"]}
    data = {
        "profile": "data-package",
        "name": "simulated-lives",
        "title": f"Simulated lives: {about['scenario']}",
        "description": SIMULATED,
        "kinderwerk": about,
        "resources": [
            {
                "name": "lives", "path": name, "format": "parquet",
                "mediatype": "application/vnd.apache.parquet", "description": SIMULATED,
                **_size(content), "schema": {"fields": fields, **keys},
            },
            {
                "name": "codebook", "path": codebook, "format": "csv", "mediatype": "text/csv",
                "encoding": "utf-8", "description": "What each column of lives means.",
                "dialect": {"commentChar": "#"}, **_size(words),
            },
        ],
    }  # fmt: skip
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def _size(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
