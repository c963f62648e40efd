"""The content of a document about a comparison; the briefing, the workbook and CSV only lay it out.

Never a ranking, never a promise: a chance stands with what it rests on, unmet need beside the use of care.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import isnan

from sim.decision.firm import few
from sim.decision.headline import Change, Level
from sim.decision.money import Term, Worth
from sim.decision.sums import Sums
from sim.model.catalogue import catalogue
from sim.report.assumptions import Assumption
from sim.report.cheers import CheersItem
from sim.report.framework import Element
from sim.report.levels import Levels
from sim.report.phrases import clipped
from sim.report.rows import Row
from sim.words.parameter_words import ASSUMED, parameter_title
from sim.words.parameter_words import FOLDER as PARAMETERS
from sim.words.writing import LANGUAGES, WORDS, Writing, read_words


@dataclass(frozen=True)
class Back:
    """When a payer's money is back: the share of draws by horizon, and of those in which it never is.

    None where the Monte Carlo noise of one draw exceeds the money (see `comparison.drowned`).
    """

    payer: str
    measure: str
    shares: tuple[float | None, ...]
    never: float | None


@dataclass(frozen=True)
class ComparedScenario:
    """One scenario against the reference: its key sentence with unmet need, and figures at each horizon.

    term: what it costs in a council term, or nothing where no chance is told. worths: each with whether Monte
    Carlo noise exceeds the cost of programmes. place: what a place of child work costs and when that pays for
    itself, or nothing.
    alike: whether both pay for care in the same way, so that what can be cashed may be compared.
    """

    title: str
    sentence: str
    term: str
    unmet: str
    policy: str
    levels: tuple[Level, ...]
    changes: tuple[Change, ...]
    terms: tuple[Term, ...]
    paybacks: tuple[Back, ...]
    worths: tuple[tuple[Worth, bool], ...]
    alike: bool
    place: str

    @property
    def told(self) -> str:
        """Return the chance of break-even and what it costs in a council term."""
        return f"{self.sentence} {self.term}".strip()

    @property
    def equal(self) -> bool:
        """Tell whether it is simulated just as the reference."""
        return all(change.equal for change in self.changes)


@dataclass(frozen=True)
class Report:
    """Everything a document says about one reference with one to three scenarios.

    yearly, payers, forms: differences by year (see Row). draws: how many sets of assumptions were computed.
    worlds: in which world each scenario runs, the reference first. local: what to say where figures are a
    municipality's own, or missing, or empty. about: the provenance, by its label. money: what the chart of
    money shows, or None where the results do not hold it. people: inhabitants, or None where not known.
    inflation: the rise of prices a year, with which euros of each year itself are made.
    """

    language: str
    title: str
    municipality: str
    reference: str
    start: int
    horizons: tuple[int, ...]
    rate: float
    draws: int
    before: tuple[Level, ...]
    worlds: tuple[str, ...]
    outcomes: tuple[ComparedScenario, ...]
    yearly: tuple[Row, ...]
    payers: tuple[Row, ...]
    forms: tuple[Row, ...]
    effect: str
    unknown: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    main: tuple[str, ...]
    local: str
    date: str
    version: str
    about: tuple[tuple[str, str], ...]
    cheers: tuple[CheersItem, ...]
    framework: tuple[Element, ...]
    levels: tuple[Levels, ...]
    money: Levels | None
    people: float | None
    inflation: float
    sums: tuple[Sums, ...]

    @cached_property
    def writing(self) -> Writing:
        """Return the words and number formats of the document."""
        return words(self.language)

    @property
    def titles(self) -> tuple[str, ...]:
        """Return the reference's title and those of the scenarios."""
        return (self.reference, *(outcome.title for outcome in self.outcomes))

    @property
    def luck_known(self) -> bool:
        """Tell whether enough children were simulated to say what is luck; else no figure can be told."""
        return not isnan(self.before[0].care_users)

    @property
    def chance_known(self) -> bool:
        """Tell whether there are draws enough to name a range and a chance; else figures are provisional."""
        return not few(self.draws)

    def chance(self, outcome: ComparedScenario, horizon: int) -> str:
        """Return the chance of break-even in words, or why none is given.

        horizon: its position, from 0.
        """
        if not outcome.alike:
            return self.writing.t("not_comparable")
        change = outcome.changes[horizon]
        share = change.p_paid_back
        if share is None or not self.chance_known:
            return self.writing.t("few")
        if change.equal:
            return self.writing.t("no_difference")
        return self.share(None if change.drowned else share)

    def share(self, share: float | None) -> str:
        """Return a chance in words; None if Monte Carlo noise exceeds the money at stake."""
        return self.writing.t("untold") if share is None else self.writing.chance(share, self.draws)

    def level(self, name: str) -> str:
        """Return what people call a payer, a form of care or a programme."""
        if name in catalogue():
            return catalogue()[name].title[self.language]
        return self.writing.t(f"level_{name}") if name else ""


@cache
def words(language: str) -> Writing:
    """Return the words of documents beside those of all that people read. Raises KeyError where unknown."""
    LANGUAGES[language]
    folders = (WORDS, PARAMETERS, WORDS / "report")
    return Writing(language, read_words(folder / f"{language}.yaml" for folder in folders))


def world_lines(
    report: Report, names: Sequence[str] | None = None, of: Sequence[int] | None = None
) -> tuple[str, ...]:
    """Return in which world scenarios run: one line where it is the same for all.

    names: what scenarios are called, the reference first (default: their titles). of: which scenarios.
    """
    names, of = names or report.titles, of or range(len(report.worlds))
    if len({report.worlds[k] for k in of}) == 1:
        return (report.writing.t("world_all", world=report.worlds[of[0]]),)
    return tuple(report.writing.t("world_of", title=names[k], world=report.worlds[k]) for k in of)


def changed_note(report: Report) -> str:
    """Return which assumptions a scenario of the report changes, in one line, or nothing."""
    changed = [parameter_title(a.name, report.writing) for a in report.assumptions if a.changed]
    return report.writing.t("changed_note", names=clipped(changed, report.writing)) if changed else ""


def assumed_share(report: Report) -> float:
    """Return the share of all parameters for which there is no figure."""
    return sum(a.basis == ASSUMED for a in report.assumptions) / len(report.assumptions)
