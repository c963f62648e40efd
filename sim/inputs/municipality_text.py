"""A municipality's own figures as the text of a YAML file, and from the bytes of one."""

from __future__ import annotations

import json
from typing import Any

from sim.files.numerals import one_way
from sim.files.yamlfile import document_from
from sim.files.yamltext import plain_value
from sim.inputs.municipality import Municipality, municipality_from_document
from sim.inputs.registry import Registry

MAX_VALUES = 2000
"""What an upload may hold: a file of every figure with its source has under 200, and 50,000 take seconds."""
_HEAD = """\
# Eigen cijfers van een gemeente. Kijk het na met:  kinderwerk check BESTAND
# Gebruik het in een scenario met:                  municipality: BESTAND
# Alles na een # is uitleg. Schrijf decimalen met een punt (12.5).
kind: municipality

"""
_NOTES = {
    "name": None,
    "date": "de dag waarop de bevolking is geteld",
    "source": "geldt voor elk cijfer waar geen eigen bron bij staat",
    "population": "jongeren per leeftijd of groep, samen elke leeftijd van 0 tot en met 22",
    "kinderwerk_fte": "voltijdbanen kinderwerk die er nu zijn",
    "moving": "deel van de jongeren dat in een jaar de gemeente uit gaat",
    "bijstand": "deel van de kinderen in een gezin met bijstand",
    "use": "jongeren met jeugdhulp in een jaar, of een lijst van jaren; national: hetzelfde aandeel in heel "
           "Nederland; residents: jongeren die er dat jaar woonden",
    "tariffs": "euro's van 2024 per plaats per jaar",
    "need": "zoveel keer de landelijke kans op nieuwe zorgen (volgt uit use: kinderwerk data fit BESTAND)",
    "access": "zoveel keer de landelijke kans op hulp (volgt uit use: kinderwerk data fit BESTAND)",
    "use_range": "zoveel keer wat daaruit volgt kan het gebruik zijn, in negen van de tien gevallen",
}


def municipality_yaml(municipality: Municipality) -> str:
    """Return the text of a file that holds the municipality, explained in Dutch."""
    data = municipality.to_data()
    lines = []
    for key, note in _NOTES.items():
        if key in data and data[key] != {}:
            if note:
                lines.append(f"# {note}")
            lines += _lines(key, data[key])
    return _HEAD + "\n".join(lines) + "\n"


def _lines(key: str, value: Any) -> list[str]:
    """Return the lines of one key: a mapping of plain values on one line if short; lists by item."""
    if isinstance(value, list):
        return [f"{_key(key)}:", *(f"  - {{{_inside(each)}}}" for each in value)]
    if not isinstance(value, dict):
        return [f"{_key(key)}: {_plain(value)}"]
    if set(value) <= {"value", "source"}:
        return [f"{_key(key)}: {_plain(value['value']) if len(value) == 1 else f'{{{_inside(value)}}}'}"]
    return [f"{_key(key)}:", *(f"  {line}" for name, item in value.items() for line in _lines(name, item))]


def _inside(value: dict[str, Any]) -> str:
    """Return a mapping of plain values as it stands between braces."""
    return ", ".join(f"{name}: {_plain(item)}" for name, item in value.items())


def _key(key: str) -> str:
    return key if key.isdigit() else _plain(key)  # a single age


def _plain(value: Any) -> str:
    """Return a value as YAML, between quotes where it could be read as something else."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else one_way(repr(value))
    if not isinstance(value, str):
        return json.dumps(value)
    safe = value.replace(" ", "").replace("_", "").replace("-", "").isalnum() and value[0].isalnum()
    return value if safe and isinstance(plain_value(value), str) else json.dumps(value, ensure_ascii=False)


def read_yaml(data: bytes, name: str, registry: Registry | None = None) -> Municipality:
    """Return the municipality in the bytes of a YAML file of at most 1 MB.

    name: of the file, for messages. Raises InputError with every mistake, each with its line and column
    (`told` has it in Dutch).
    """
    document = document_from(name, data, "municipality", MAX_VALUES)
    return municipality_from_document(document, registry)
