"""Say what the project rests on: docs/licences.md and docs/sbom.cdx.json, from requirements.lock.

``python .ci/supply.py`` writes both; ``python .ci/supply.py --check`` tells whether they are as they would be
written (exit code 1 where not). Names, versions and who needs what come from the lock, licences from what the
installed packages say of themselves, so that it runs in the environment of `make .venv`.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

sys.path.insert(0, str(Path(__file__).parent))
from lock import HEADLESS, ROOT, locked, uses

LICENCES, SBOM = ROOT / "docs" / "licences.md", ROOT / "docs" / "sbom.cdx.json"
UNKNOWN = "unknown"
COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EUPL|EPL|CDDL|OSL|CECILL)\b", re.IGNORECASE)
NAMES = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Words that name one licence. 'BSD License' does not: the text tells which."""
TEXTS = {
    "Permission is hereby granted, free of charge, to any person obtaining a copy": "MIT",
    "Apache License Version 2.0": "Apache-2.0",
    "endorse or promote products derived from this software": "BSD-3-Clause",
    "Redistributions in binary form must reproduce": "BSD-2-Clause",
}
"""Words that only this licence has, the stricter one first."""
METADATA, CLASSIFIER, TEXT = "metadata", "classifier", "licence text"
SCOPES = {
    HEADLESS: ComponentScope.REQUIRED,
    "app": ComponentScope.OPTIONAL,
    "cluster": ComponentScope.OPTIONAL,
}
HEAD = """\
# Licences of what kinderwerk rests on

For engineers and lawyers: which packages does kinderwerk need, under which licence? Written by
`make supply`; do not edit. Copyleft and how the list is kept up to date: [supply chain](supply-chain.md).

"Needed for" is the smallest set that holds a package: *headless* (engine, commands, batches, calibration),
*app*, *cluster* (Dask), *docs* (this site), *dev* (tests and checks; not installed for use).
Licences are those of the packages' metadata, unless said otherwise.
"""


def licence_of(name: str) -> tuple[str, str]:
    """Return the licence of an installed package as an SPDX expression, and where it was found."""
    package = installed(name)
    said = package.metadata
    for field in ("License-Expression", "License"):
        words = next(iter(said.get_all(field) or ()), "")
        try:
            return str(canonicalize_license_expression(NAMES.get(words, words))), METADATA
        except InvalidLicenseExpression:
            continue
    classifiers = [text for text in said.get_all("Classifier") or [] if text.startswith("License ::")]
    known = {NAMES[words] for text in classifiers if (words := text.split(" :: ")[-1]) in NAMES}
    if len(known) == 1:
        return known.pop(), CLASSIFIER
    text = " ".join(_texts(package).split())
    return next(((spdx, TEXT) for words, spdx in TEXTS.items() if words in text), (UNKNOWN, ""))


def installed(name: str) -> Distribution:
    """Return an installed package of the version in the lock."""
    version = locked()[name].version
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise SystemExit(f"{name} is not installed: make .venv") from None
    if found.version != version:
        raise SystemExit(f"{name} {found.version} is installed, the lock has {version}: make .venv")
    return found


def _texts(package: Distribution) -> str:
    named = re.compile(r"(licen[cs]e|copying)(\.\w{2,3})?", re.IGNORECASE)  # not LICENSES.third-party
    own = [f for f in package.files or [] if ".dist-info" in str(f) and named.fullmatch(f.name)]
    return " ".join(file.read_text(encoding="utf-8") for file in own)


@cache
def licences() -> Mapping[str, tuple[str, str]]:
    """Return the licence of every package of the lock, and where it was found."""
    return {name: licence_of(name) for name in uses()}


def found_in(place: str) -> list[str]:
    """Return the packages of which the licence was found in one place."""
    return [name for name, (_, where) in licences().items() if where == place]


def listing() -> str:
    """Return docs/licences.md."""
    counts = Counter(uses().values())
    found = Counter(spdx for spdx, _ in licences().values())
    marked = [name for name, (spdx, _) in licences().items() if spdx == UNKNOWN or COPYLEFT.search(spdx)]
    rows = [
        f"| {name} | {locked()[name].version} | {spdx} | {use} |"
        for (name, use), (spdx, _) in zip(uses().items(), licences().values(), strict=True)
    ]
    return "\n".join([
        HEAD,
        f"{len(rows)} packages: " + ", ".join(f"{count} {use}" for use, count in counts.most_common()) + ".",
        "By licence: " + ", ".join(f"{spdx} {count}" for spdx, count in found.most_common()) + ".",
        "Copyleft or unknown: " + (", ".join(marked) or "none") + ".",
        *(f"Licence found in its {place}: " + ", ".join(found_in(place)) for place in (CLASSIFIER, TEXT)),
        "",
        "| name | version | licence | needed for |",
        "|---|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip


def sbom() -> str:
    """Return docs/sbom.cdx.json: the same bytes for the same lock, so without a time of making."""
    make = LicenseFactory().make_from_string
    project = distribution("kinderwerk")
    root = Component(
        name="kinderwerk", version=project.version, type=ComponentType.APPLICATION, bom_ref="kinderwerk",
        licenses=[make("EUPL-1.2")],
    )  # fmt: skip
    parts = {name: _component(name, use) for name, use in uses().items()}
    bom = Bom(components=parts.values())
    bom.metadata.component = root
    needs: dict[str, list[Component]] = {}
    for name, package in locked().items():
        for by in package.by:
            needs.setdefault(by, []).append(parts[name])
    for by, component in {"kinderwerk": root, **parts}.items():
        bom.register_dependency(component, needs.get(by, []))
    data = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    del data["metadata"]["timestamp"]
    content = json.dumps([data["components"], data["dependencies"]], sort_keys=True)
    data["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def _component(name: str, use: str) -> Component:
    version, (spdx, _) = locked()[name].version, licences()[name]
    return Component(
        name=name, version=version, type=ComponentType.LIBRARY, purl=PackageURL("pypi", None, name, version),
        bom_ref=f"{name}=={version}", scope=SCOPES.get(use, ComponentScope.EXCLUDED),
        licenses=[] if spdx == UNKNOWN else [LicenseFactory().make_from_string(spdx)],
    )  # fmt: skip


def stale() -> list[str]:
    """Return the files that are not as they would be written."""
    made = {LICENCES: listing(), SBOM: sbom()}
    return [
        str(path.relative_to(ROOT))
        for path, text in made.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> None:
    """Write or check both files."""
    if sys.argv[1:] == ["--check"]:
        if old := stale():
            raise SystemExit(f"not what the lock says: {', '.join(old)}; make supply")
    else:
        LICENCES.write_text(listing(), encoding="utf-8")
        SBOM.write_text(sbom(), encoding="utf-8")


if __name__ == "__main__":
    main()
