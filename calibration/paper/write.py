"""Write docs/paper.md and answers.json: each claim of the position paper as the model answers it, from runs.

Run as ``python -m calibration.paper.write`` (``--quick`` for a look at the form with a few children,
``--short`` for five minutes, ``--words`` to tell the table anew from what is kept). After an edit of the
engine that changes some answers and no other, ``--again CLAIM ...`` answers those, and ``--same CLAIM ...``
keeps the rest where these say the same. Every figure is of the runs at the end of the page, with the version,
seed, draws, children and hashes of the scenarios. The page Argumenten shows answers.json in both languages.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from calibration.documents.markup import DOCS, markdown
from calibration.paper import answers as paper_answers
from calibration.paper import people as paper_people
from calibration.paper.claims import CLAIMS, Claim
from calibration.paper.kept import ANSWERS_FILE, SEED, Answers, ClaimKept, model_now, shipped, written
from calibration.paper.runs import Laboratory, Size
from calibration.paper.telling import told
from calibration.paper.words import ClaimAnswer
from sim.machine.project import commit, version
from sim.machine.whole import write_whole
from sim.model.parameters import default_parameters
from sim.runs.threads import run_threads
from sim.words.parameter_words import FOLDER as PARAMETERS
from sim.words.writing import WORDS as SHARED
from sim.words.writing import Writing, read_words

PAGE = DOCS / "paper.md"
TEXTS = Path(__file__).resolve().parents[2] / "pages" / "texts"
WRITTEN = (
    "<!-- written by `python -m calibration.paper.write`; "
    "edit the code or the scenarios, not this page -->\n\n"
)
QUICK = Size(
    1500, draws=2, everyone=1, waits_of=3000, country=6000, country_draws=2, knowledge=0, again=False
)
SHORT = Size(2000, draws=10, everyone=1, country=6000, country_draws=6, knowledge=0, again=False)
LEAD = """# The claims of the position paper, and what the model answers

For aldermen and advisors: which claims of the position paper does the model bear out, how surely, and where
can it not say? Every claim is a scenario that anyone can run. **An answer is no proof.** No causal estimate
of the effect of child work on youth care exists: effects are wide priors with a quarter of their weight on no
effect at all ([evidence](evidence.md)). The model works out what follows if its assumptions hold.

How to read the figures:

- A difference is a scenario minus what it is compared with, on the same children with common random numbers.
- In brackets: 5 to 95 percent over draws of the parameters. *Too small*: below two Monte Carlo standard
  errors; the range behind it holds luck as well. *10% luck*: that part of the variance behind the
  range. Where luck hid a figure, every child was simulated.
- Youths with jeugdzorg are counted over the year, unmet need (moderate or complex need without care) on 31
  December. Less care with more unmet need is no gain.
- Money is in million euros of 2024, present value at 2.25%; a plus is money spent. *Paid back*: the
  chance, by the share of draws.

To run one: in the app under Argumenten, or `kinderwerk compare REFERENCE FILE --reference REFERENCE
--children 10000 --draws 40`, with the reference that the file names; a file with a grid goes to
`kinderwerk batch`.

"""
TABLE = "## Claims and answers\n\n"
ANSWERS: Mapping[str, Callable[[Laboratory], ClaimAnswer]] = {
    "almere": paper_answers.almere,
    "tilburg": paper_answers.tilburg,
    "hilversum": paper_answers.hilversum,
    "gemeenten": paper_answers.municipalities,
    "wegbezuinigd": paper_answers.cut,
    "jongerenwerk": paper_answers.youth_work,
    "bso": paper_answers.bso,
    "wijkteam": paper_answers.wijkteam,
    "oormerk": paper_answers.ring_fence,
    "verwelzijnen": paper_answers.light_need,
    "termijn": paper_answers.term,
    "pandemie": paper_answers.pandemic,
    "schaarste": paper_answers.scarcity,
    "kwetsbaarheid": paper_people.vulnerability,
    "gezinnen": paper_people.families,
    "veertig": paper_people.forty,
    "cijfers": paper_people.figures,
}
"""What answers each of `calibration.paper.claims.CLAIMS`, by its key."""


def english() -> Writing:
    """Return the words of the page: those of Argumenten, with those that all share."""
    return Writing(
        "en", read_words([SHARED / "en.yaml", PARAMETERS / "en.yaml", TEXTS / "en" / "galerij.yaml"])
    )


def answered(lab: Laboratory) -> tuple[dict[str, ClaimAnswer], Answers]:
    """Run what every claim needs; return the answers by claim, and what is kept of them for the app."""
    found, kept = dict[str, ClaimAnswer](), dict[str, ClaimKept]()
    for claim in CLAIMS:
        print(f"{claim.key} ({time.monotonic() - lab.began:.0f} s)", file=sys.stderr, flush=True)
        lab.begin()
        found[claim.key] = ANSWERS[claim.key](lab)
        kept[claim.key] = ClaimKept(found[claim.key].said, tuple(lab.used))
    return found, Answers(version(), model_now(), SEED, lab.size, kept)


def confirmed(lab: Laboratory, kept: Answers, keys: Sequence[str]) -> Answers:
    """Answer some claims anew; return what is kept as of the model of today, if they say the same.

    For an edit of the engine that changes no life: each figure must be the same, but for how a processor
    rounds. Raises ValueError that names the first claim with another answer.
    """
    for key in keys:
        lab.begin()
        found = ClaimKept(ANSWERS[key](lab).said, tuple(lab.used))
        if not _same(_data(found), _data(kept.claims[key])):
            raise ValueError(f"{key} has another answer now: every claim must be answered anew")
    return replace(kept, model=model_now())


def again(lab: Laboratory, kept: Answers, text: str, keys: Sequence[str]) -> tuple[Answers, str]:
    """Answer some claims anew; return what is kept with them, and the page with their sections."""
    words, claims = english().words, dict(kept.claims)
    for claim in (each for each in CLAIMS if each.key in keys):
        lab.begin()
        found = ANSWERS[claim.key](lab)
        claims[claim.key] = ClaimKept(found.said, tuple(lab.used))
        first = text.index(f"## {words[f'gal_claim_{claim.key}']}\n")
        text = text[:first] + section(claim, found, words) + text[text.index("\n## ", first) :]
    return replace(kept, claims=claims), told_anew(text, claims)


def _data(claim: ClaimKept) -> object:
    return TypeAdapter(ClaimKept).dump_python(claim, mode="json")


def _same(one: object, other: object) -> bool:
    """Tell whether two pieces of JSON say the same, but for the last digits of numbers."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


def page(lab: Laboratory, answers: Mapping[str, ClaimAnswer]) -> str:
    """Return the page."""
    words = english().words
    text = WRITTEN + LEAD + TABLE + answers_table(answers)
    for claim in CLAIMS:
        text += "\n" + section(claim, answers[claim.key], words)
    return text + "\n" + manifest(lab)


def answers_table(answers: Mapping[str, ClaimAnswer | ClaimKept]) -> str:
    """Return the table at the top: each claim with its answer and its limit."""
    writing = english()
    words = writing.words
    rows = [
        (words[f"gal_claim_{c.key}"], " ".join(told(one, writing) for one in answers[c.key].said),
         words[f"gal_limit_{c.key}"])
        for c in CLAIMS
    ]  # fmt: skip
    return markdown(("claim", "what the model answers", "where it cannot say"), rows)


def told_anew(text: str, answers: Mapping[str, ClaimAnswer | ClaimKept]) -> str:
    """Return a page with the table at its top told anew, where words changed and figures did not."""
    before, rest = text.split(TABLE, 1)
    return before + TABLE + answers_table(answers) + "\n" + rest[rest.index("## ") :]


def section(claim: Claim, answer: ClaimAnswer, words: Mapping[str, str]) -> str:
    """Return the figures of one claim; its answer and limit stand in the table at the top."""
    files = ", ".join(f"`scenarios/{file}.yaml`" for file in (*claim.files, *claim.grids))
    return (
        f"## {words[f'gal_claim_{claim.key}']}\n\n{words[f'gal_works_{claim.key}']} Files: {files}.\n\n"
        f"{answer.body.strip()}\n"
    )


def manifest(lab: Laboratory) -> str:
    """Return what the page was made from: version, seed, sizes, hashes."""
    head, dirty = commit()
    code = (head or "unknown")[:10] + (" with changes" if dirty else "")
    text = f"## Runs\n\nVersion {version()}, commit {code}, parameters {default_parameters().sha256()[:12]}, "
    text += f"seed {SEED}, {time.monotonic() - lab.began:,.0f} seconds. Where there is one draw, it is the "
    text += "best fit; other runs are of draws 1 and up.\n\n"
    files: dict[tuple[str, str, str], list[str]] = {}
    for done in lab.done:
        size = done.how, f"{done.children:,}" if done.children else "all", f"{done.draws}"
        files.setdefault(size, []).extend(f"`{name}` {digest}" for name, digest in done.scenarios)
    rows = [(", ".join(dict.fromkeys(names)), *size) for size, names in files.items()]
    return text + markdown(("scenario files and hashes", "simulated", "children", "draws"), rows)


def main() -> None:
    """Run everything and write the page."""
    parser = argparse.ArgumentParser(description="write docs/paper.md")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="a few children, to look at the form")
    sizes.add_argument("--short", action="store_true", help="five minutes: draws enough for ranges, no more")
    parser.add_argument("--children", type=int, help="children of a pair of scenarios")
    parser.add_argument("--draws", type=int, help="draws of a pair of scenarios")
    parser.add_argument("--knowledge", type=int, help="draws for what is worth knowing (0: not told)")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page (default: docs/paper.md)")
    parser.add_argument("--data", type=Path, help="the answers for the app (default: beside another page)")
    sizes.add_argument("--words", action="store_true", help="tell the table of a page anew, without runs")
    sizes.add_argument(
        "--same", nargs="+", default=[], choices=list(ANSWERS), metavar="CLAIM",
        help="answer these anew, and keep all answers for the model of today if they are the same",
    )  # fmt: skip
    parser.add_argument(
        "--again", nargs="+", default=[], choices=list(ANSWERS), metavar="CLAIM",
        help="answer these anew, and leave the rest of the page as it is",
    )  # fmt: skip
    asked = parser.parse_args()
    if asked.words:
        write_whole(asked.out, told_anew(asked.out.read_text("utf-8"), shipped().claims).encode())
        return
    if asked.again or asked.same:
        with run_threads() as pool:
            lab = Laboratory(shipped().size, pool)
            kept, text = again(lab, shipped(), PAGE.read_text("utf-8"), asked.again)
            if asked.same:
                kept = confirmed(lab, kept, asked.same)
        write_whole(PAGE, text.encode())
        write_whole(ANSWERS_FILE, written(kept))
        return
    size = QUICK if asked.quick else SHORT if asked.short else Size()
    own = {"children": asked.children, "draws": asked.draws, "knowledge": asked.knowledge}
    size = replace(size, **{name: number for name, number in own.items() if number is not None})
    data = asked.data or (ANSWERS_FILE if asked.out == PAGE else asked.out.with_suffix(".json"))
    with run_threads() as pool:
        lab = Laboratory(size, pool)
        answers, kept = answered(lab)
    asked.out.write_text(page(lab, answers), encoding="utf-8")
    write_whole(data, written(kept))


if __name__ == "__main__":
    main()
