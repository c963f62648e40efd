"""Write the section of docs/appraisal.md on Almere's verdict under each choice that a reader may make.

Run as ``python -m calibration.documents.verdict``: 36 FTE against none, with each total, prior, uptake by
need and future in turn, and with the cheapest and the dearest of each at once. Ten minutes on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibration.documents.markup import DOCS, markdown
from sim import compare
from sim.decision.headline import Change
from sim.inputs.library import registry
from sim.inputs.scenario import Scenario, load_scenario
from sim.machine.project import SCENARIOS
from sim.model.futures import FUTURES, MODEL_TODAY
from sim.model.priors import ASSUMED, PRIORS
from sim.model.structures import CARE_CHANGES_NEED, STRUCTURES
from sim.report.composition import report_of
from sim.report.content import Report, words
from sim.report.phrases import between
from sim.words.writing import Writing

DOCUMENT = DOCS / "appraisal.md"
BEGIN, END = "<!-- written by `python -m calibration.documents.verdict` -->\n", "<!-- end -->\n"
PAIR = (SCENARIOS / "almere" / "geen.yaml", SCENARIOS / "almere" / "huidig.yaml")
CHILDREN, DRAWS = 10_000, 50
WHOLE, UPTAKE = "cost.whole", "kinderwerk.uptake_by_need"
VISITS, BY_VISITS = "kinderwerk.visits_per_child", "kinderwerk.effect_by_visits"
WORKER, TO_CARE = "kinderwerk.fte_per_worker", "need.to_care"
LEVERS: Sequence[tuple[str, Mapping[str, float], str]] = (
    ("visits", {VISITS: 25.0}, "each child comes 25 times a year, not 40"),
    ("visits", {VISITS: 60.0}, "each child comes 60 times a year"),
    ("visits", {VISITS: 60.0, BY_VISITS: 1.0}, "60 times, and the effect grows with it"),
    ("worker", {WORKER: 0.67}, "a worker is 0.67 of a full post"),
    ("reach", {TO_CARE: 0.0}, "less need is not less care"),
)
"""Levers of Aannames, with values that are as well believed as those of the model (docs/parameters.md)."""
TOGETHER = "together"
TITLES = ("none", "36 FTE")
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Stance:
    """One option of a choice: what a scenario file says of it, and what it is called."""

    choice: str
    says: Values
    words: str

    @property
    def written(self) -> str:
        """Return what a scenario file says, in short."""
        keys = [f"`{name}: {value}`" for name, value in self.says.items() if name != "parameters"]
        own = [f"`{name}: {value:g}`" for name, value in self.says.get("parameters", {}).items()]
        return ", ".join(keys + own)

    def of(self, scenarios: Iterable[Scenario]) -> list[Scenario]:
        """Return scenarios that say so too."""
        own = self.says.get("parameters", {})
        return [
            scenario.replace(**{**self.says, "parameters": {**scenario.parameters, **own}})
            for scenario in scenarios
        ]


@dataclass(frozen=True)
class Found:
    """What came of a case: its report, its change by each horizon, and the whole bill at the last of them."""

    case: Stance
    report: Report

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what child work changes by each horizon."""
        return self.report.outcomes[0].changes

    @property
    def bill(self) -> float:
        """Return what the municipality spends in the last year without child work, euros."""
        return self.report.before[-1].municipal_cost

    @property
    def extra(self) -> float:
        """Return the extra cost up to the last horizon, a mean over draws, euros."""
        return self.changes[-1].municipal_cost.value

    @property
    def comes_back(self) -> float:
        """Return the part of what child work costs that comes back, a share; below zero care costs more."""
        return 1.0 - self.extra / self.changes[-1].municipal_programme_cost


def cases(writing: Writing) -> list[Stance]:
    """Return the model as it is, and every other option of each choice, in their order."""
    t = writing.t
    return [
        Stance("", {}, t("as_now")),
        Stance("total", {"parameters": {WHOLE: 0.0}}, "care cost, without what is fixed"),
        *(Stance("prior", {"prior": prior}, t(f"effect_{prior}")) for prior in PRIORS if prior != ASSUMED),
        *(
            Stance(
                "uptake", {"parameters": {UPTAKE: times}}, f"those with need come {times:g} times as often"
            )
            for times in (2.0, 3.0)
        ),
        *(Stance(choice, {"parameters": values}, told) for choice, values, told in LEVERS),
        *(
            Stance("future", {"future": future}, t(f"future_{future}"))
            for future in FUTURES
            if future != MODEL_TODAY
        ),
        *(
            Stance("structure", {"structure": structure}, t(f"structure_{structure}"))
            for structure in STRUCTURES
            if structure != CARE_CHANGES_NEED
        ),
    ]


def live(case: Stance, pair: Sequence[Scenario], children: int, draws: int) -> Found:
    """Return what comes of a case. children: simulated; draws: of assumptions."""
    result = compare(case.of(pair), children=children, draws=draws, threads=1)
    return Found(case, report_of(result, "en"))


def by_choice(found: Sequence[Found]) -> dict[str, list[Found]]:
    """Return the options of each choice; what the model does by itself is the first of each."""
    choices = dict.fromkeys(each.case.choice for each in found if each.case.choice not in ("", TOGETHER))
    return {choice: [each for each in found if each.case.choice in ("", choice)] for choice in choices}


def together(found: Sequence[Found], words: str, dearest: bool) -> Stance:
    """Return the options of each choice at once that leave the lowest extra cost, or the highest."""
    sign = -1.0 if dearest else 1.0
    said: dict[str, Any] = {"parameters": {}}
    for options in by_choice(found).values():
        best = min(options, key=lambda each: sign * round(each.extra, -3))  # of equal ones the first
        said |= {name: value for name, value in best.case.says.items() if name != "parameters"}
        said["parameters"] |= best.case.says.get("parameters", {})
    return Stance(TOGETHER, said, words)


def row(found: Found) -> tuple[str, ...]:
    """Return the row of a case."""
    writing, report, (*_, near, far) = found.report.writing, found.report, found.changes
    by_far, by_near = (between(x.municipal_cost, writing, writing.millions) for x in (far, near))
    return (
        found.case.choice, found.case.written, found.case.words, writing.millions(found.bill), by_far,
        by_near, writing.percent(found.comes_back), report.chance(report.outcomes[0], len(found.changes) - 1),
        between(far.care_users, writing), between(far.unmet_need, writing),
    )  # fmt: skip


def verdicts(found: Sequence[Found]) -> str:
    """Return the key sentence of most cases, and of each case that has another."""
    said: dict[str, list[str]] = {}
    for each in found:
        said.setdefault(each.report.outcomes[0].sentence, []).append(each.case.written or each.case.words)
    if len(said) == 1:
        return f"In each of these {len(found)} cases the program says: *{next(iter(said))}*\n"
    most, *others = sorted(said, key=lambda sentence: -len(said[sentence]))
    lines = [f"- *{most}* {len(said[most])} of the {len(found)} cases."]
    lines += [f"- *{sentence}* {'; '.join(said[sentence])}." for sentence in others]
    return "What the program says:\n\n" + "\n".join(lines) + "\n"


def section(found: Sequence[Found], children: int, draws: int) -> str:
    """Return the section: the table, and the verdict of each case in the words of the program."""
    near, far = (change.year for change in found[0].changes[-2:])
    heads = (
        "choice", "in a scenario", "is", f"whole bill in {far}, without", f"extra cost by {far}",
        f"by {near}", "comes back", "chance that all is back", f"youths with care in {far}",
        f"unmet need in {far}",
    )  # fmt: skip
    moved = (
        f"{choice} {(max(each.extra for each in options) - min(each.extra for each in options)) / 1e6:.1f}"
        for choice, options in by_choice(found).items()
    )
    return (
        f"36 FTE against none, Almere, {children:,} children, {draws} draws. Millions of euros of 2024, "
        "extra cost as a present value; in brackets 5 to 95 percent of the draws. *Comes back*: the part of "
        "what child work costs; below zero more care is paid than without. The first row is the model as it "
        "is.\n\n"
        + markdown(heads, (row(each) for each in found))
        + "\n" + verdicts(found)
        + f"\nHow far each choice moves the extra cost by {far}, in millions: {', '.join(moved)}.\n"
    )  # fmt: skip


def page(text: str, new: str) -> str:
    """Return a page in which what stands between the two marks is made again."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + new + END + after


def run(pair: Sequence[Scenario], children: int, draws: int) -> list[Found]:
    """Return what comes of every case, and of the cheapest and the dearest of each choice at once."""
    found = [live(case, pair, children, draws) for case in cases(words("en"))]
    ends = [
        together(found, words, dearest)
        for words, dearest in (("the cheapest of each", False), ("the dearest of each", True))
    ]
    return [*found, *(live(case, pair, children, draws) for case in ends)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every case and write the section."""
    parser = argparse.ArgumentParser(description="Write what Almere's verdict does under each choice.")
    parser.add_argument("--children", type=int, default=CHILDREN)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--page", type=Path, default=DOCUMENT)
    options = parser.parse_args(arguments)
    pair = [
        load_scenario(path, registry()).replace(title=title) for path, title in zip(PAIR, TITLES, strict=True)
    ]
    new = section(run(pair, options.children, options.draws), options.children, options.draws)
    options.page.write_text(page(options.page.read_text(encoding="utf-8"), new), encoding="utf-8")


if __name__ == "__main__":
    main()
