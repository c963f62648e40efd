"""No text says of a year that it was held out where the fit saw its youths."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from calibration.figures.targets import read_targets

ROOT = Path(__file__).resolve().parents[3]
TEXTS = sorted(
    chain(
        [ROOT / "README.md"], (ROOT / "docs").rglob("*.md"), (ROOT / "pages" / "texts").rglob("*.yaml"),
        (ROOT / "sim" / "words").rglob("*.yaml"),
        *((ROOT / room).rglob("*.py") for room in ("calibration", "pages", "sim", "commands")),
        (ROOT / "calibration").rglob("*.yaml"),
    )
)  # fmt: skip
NATIONAL = [target for target in read_targets() if target.region == "NL" and target.unit == "youths"]
FITTED = {target.year for target in NATIONAL if target.role == "calibrate"}
HALVES = {target.year for target in NATIONAL if target.role == "validate" and target.period == "half-year"}
HELD = re.compile(
    r"\bheld[ -]?out\b|\bhold out\b|\bheld back\b|\bunseen\b|\bdid not know\b"
    r"|\b(?:have|has|had|did|was|were|are|is) not (?:seen?|fitted|used)\b"
    r"|\btest(?:ed)? years?\b|\byears? of testing\b|\bgetoetste? (?:jaar|jaren)\b|\btoetsjaar\b"
    r"|\bniet (?:gezien|kende|gebruikt|geijkt)\b|\b(?:achter|weg)gehouden\b",
    re.I,
)
SEEN = re.compile(r"\bfitted\b|\bgeijkt\b", re.I)
HALF = re.compile(r"half[- ]?(?:a )?year|halfja(?:ar|ren)|halve ja(?:ar|ren)", re.I)
YEAR = re.compile(r"\b20[0-9]{2}\b")  # not that of an id, which has a role of its own


def boasts(text: str) -> list[str]:
    """Return the parts of sentences that call a year held out of which youths were fitted.

    A part without a year speaks of the part before it, unless that one says what was fitted.
    """
    found = []
    for sentence in re.split(r"[.;!?](?=\s|$|\"|')|\n\s*\n|\n(?=[-#|*])|\|", text):
        before = ""
        for part in re.split(r",\s", " ".join(sentence.split())):
            whole = part if YEAR.search(part) or SEEN.search(before) else f"{before}, {part}"
            if HELD.search(part):
                fitted = {int(year) for year in YEAR.findall(whole)} & FITTED
                if fitted - (HALVES if HALF.search(whole) else set()):
                    found.append(whole)
            before = part
    return found


def test_no_text_says_that_a_fitted_year_was_held_out() -> None:
    assert {2015, 2016, 2017, 2018, 2019, 2021, 2022} == FITTED
    spoken = [path for path in TEXTS if HELD.search(path.read_text(encoding="utf-8"))]
    assert {"docs/calibration.md", "docs/paper.md", "pages/texts/nl/ijking.yaml"} <= {
        str(path.relative_to(ROOT)) for path in spoken
    }
    said = {path.relative_to(ROOT): boasts(path.read_text(encoding="utf-8")) for path in spoken}
    assert not {path: parts for path, parts in said.items() if parts}


@pytest.mark.parametrize(
    "text",
    [
        "docs/calibration.md, 'Figures that the fit has not seen': users of 2019 and a municipality.",
        "docs/calibration.md: users of 2019 held out (protection of that year are fitted); totals reported.",
        "Tests on figures that the fit has not seen: held-out 2019, and municipalities.",
        "They are fitted as shares of their sum, so the level of 2019 can be held out.",
        "Youths of 2022, held out.",
        "One tested year (2019) proves little.",
        "De cijfers van 2021 zijn niet gebruikt bij de ijking.",
        "Eén getoetst jaar (2019) bewijst weinig; wat komt is een verwachting.",
    ],
)  # fmt: skip
def test_a_boast_is_found(text: str) -> None:
    assert boasts(text)


@pytest.mark.parametrize(
    "text",
    [
        "The model was fitted to 2015-2022 with access that grew; 2023 and 2024 were held out.",
        "Counts up to 2022 are fitted, later ones held out; 2020 is shown only.",
        "the half-year of 2017 (17,800 with jeugdhulp, held out) says fewer",
        "`starts_2019` is held out.",
        "Youths of 2023, which it had not seen, came out 1 percent too high.",
    ],
)
def test_what_is_true_may_be_said(text: str) -> None:
    assert not boasts(text)
