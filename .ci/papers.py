"""Write papers that follow from others: codemeta.json, the page of the entry for the Algoritmeregister.

`make papers`. The first follows from pyproject.toml, CITATION.cff and publiccode.yml, the second from
docs/open/algoritmeregister.json.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
CODEMETA = ROOT / "codemeta.json"
ENTRY = ROOT / "docs" / "open" / "algoritmeregister.json"
PAGE = ENTRY.with_suffix(".md")
GAP = "in te vullen"
"""What stands in a paper where the project does not have what it asks for."""
STATUS = {
    "concept": "concept", "development": "wip", "beta": "wip", "stable": "active", "obsolete": "unsupported",
}  # fmt: skip
"""Words of publiccode.yml for the state of the work, in those of repostatus.org, which codemeta takes."""


def read(name: str) -> Any:
    """Return what a YAML file at the top says."""
    return YAML(typ="safe", pure=True).load((ROOT / name).read_text(encoding="utf-8"))


def codemeta() -> dict[str, Any]:
    """Return the description of the software by CodeMeta 3.0."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited, public = read("CITATION.cff"), read("publiccode.yml")
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": project["name"],
        "description": " ".join(cited["abstract"].split()),
        "version": project["version"],
        "dateModified": str(cited["date-released"]),
        "license": f"https://spdx.org/licenses/{project['license']}",
        "author": [{"@type": "Organization", "name": author["name"]} for author in cited["authors"]],
        "keywords": cited["keywords"],
        "developmentStatus": STATUS[public["developmentStatus"]],
        "programmingLanguage": "Python",
        "runtimePlatform": f"Python {project['requires-python']}",
        "softwareRequirements": project["dependencies"],
        "inLanguage": public["localisation"]["availableLanguages"],
    }


def shown(value: Any) -> str:
    """Return the value of a field as the page shows it."""
    match value:
        case "":
            return "*(leeg)*"
        case list():
            return "; ".join(shown(item) for item in value) or "*(leeg)*"
        case Mapping():
            return f"[{value['title']}]({value['link']})" if value["link"] else str(value["title"])
        case _:
            return str(value)


def page() -> str:
    """Return the page that shows the entry, by the groups of the standard."""
    entry = json.loads(ENTRY.read_text(encoding="utf-8"))
    lines = [
        "# Voor het Algoritmeregister",
        "",
        "Voor wie in de gemeente het register vult: wat kan er over dit model in het register staan? Een",
        "voorzet, volgens de Publicatiestandaard 1.0. De gemeente beslist wat zij publiceert. Wat alleen zij",
        f"weet is ‘{GAP} door de gemeente’. Dezelfde velden, om in te lezen:",
        "`docs/open/algoritmeregister.json`. Daaruit is deze pagina gemaakt (`make papers`).",
    ]
    for group, fields in entry.items():
        lines += ["", f"## {group}", ""]
        for field, content in fields.items():
            lines += [f"**{field}** (`{content['key']}`)", "", shown(content["value"]), ""]
        lines.pop()
    return "\n".join(lines) + "\n"


def written() -> dict[Path, str]:
    """Return what each paper that is written here should say."""
    return {CODEMETA: json.dumps(codemeta(), ensure_ascii=False, indent=2) + "\n", PAGE: page()}


if __name__ == "__main__":
    for file, text in written().items():
        file.write_text(text, encoding="utf-8")
