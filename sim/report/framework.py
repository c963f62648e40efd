"""The fourteen elements of RIVM's framework for deciding on prevention, each filled from runs or unknown.

Names and order are those of the prototype of December 2025 (rivm.nl/afwegingskader-preventie). What to fill
in under parts 2 and 3 is our reading of their names; RIVM has not judged it. Nothing is made up: what the
model does not know is told with the reason, and what only the municipality knows is asked of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from sim.api import Comparison
from sim.decision.comparison import Figure, figure
from sim.decision.equity import NEIGHBOURHOODS
from sim.decision.firm import can_be_cut, luck_known
from sim.decision.headline import level
from sim.decision.money import DISCOUNTS, worth
from sim.decision.payers import Money, pockets
from sim.engine.history import Label
from sim.engine.ledger import GEMEENTE, RIJK
from sim.inputs.observed import users_observed
from sim.inputs.scenario import Scenario
from sim.model.catalogue import catalogue
from sim.report.phrases import world_words
from sim.report.rows import FTE, Arm
from sim.words.writing import Writing

NUMBERS = (
    "1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "3.1", "3.2", "3.3", "3.4",
)  # fmt: skip
ASKED = ("1.1", "1.3", "2.2", "2.6", "2.7", "3.1", "3.2", "3.3", "3.4")
"""Elements to which only the municipality can add."""
LONGEST = 2000
"""Letters that a municipality may write at one element."""
NEED: tuple[Label, ...] = (("need_stock", "need", "moderate"), ("need_stock", "need", "complex"))
UNMET_YEARS: tuple[Label, ...] = (("unmet_need", "total", "all"),)
OTHERS = ("early_school_leavers", "first_offences", "maltreated", "taking_part")
"""What else the model counts, of which a clear difference is told."""
SOCIETY = "society"
COUNTRY = "Nederland"


class Filled(Enum):
    """How far an element is filled."""

    FULL = "full"
    PART = "part"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Element:
    """One element. known: what the runs say, in lines; unknown: what they cannot say, each with its reason.

    sure: what the known part rests on. where: the page that shows it. ask: what only the municipality can
    fill in, or nothing; own: what it filled in.
    """

    number: str
    name: str
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    sure: str
    where: str
    ask: str
    own: str

    @property
    def filled(self) -> Filled:
        """Return how far the runs fill it."""
        if not self.known:
            return Filled.UNKNOWN
        return Filled.PART if self.unknown else Filled.FULL


def framework(
    comparison: Comparison, writing: Writing, own: Mapping[str, str] | None = None
) -> tuple[Element, ...]:
    """Return the elements of a comparison, in their order. own: what the municipality filled in, by number.

    Raises KeyError where the words of an element are missing.
    """
    told, given = _Told(comparison, writing), own or {}
    filled: Mapping[str, Callable[[], Iterator[str]]] = {
        "1.1": told.problem, "1.2": told.measure, "1.3": told.policy, "2.1": told.society,
        "2.2": told.health, "2.3": told.state, "2.4": told.neighbourhoods, "2.5": told.payers,
        "2.6": told.workers, "2.7": told.others,
    }  # fmt: skip
    return tuple(
        _element(number, tuple(filled[number]()) if number in filled else None, given, writing)
        for number in NUMBERS
    )


def asked_elements(writing: Writing) -> tuple[Element, ...]:
    """Return the elements to which only the municipality can add, without what runs say of them."""
    return tuple(_element(number, None, {}, writing) for number in ASKED)


def _element(number: str, found: tuple[str, ...] | None, own: Mapping[str, str], writing: Writing) -> Element:
    """Return an element. found: what runs say of it; None where the model has nothing to say at all."""
    known = found or ()
    key = number.replace(".", "_")
    text = {part: f"frame_{part}_{key}" for part in ("name", "unknown", "sure", "where", "ask")}
    reasons = writing.words.get(text["unknown"], "").splitlines()
    if found == ():
        reasons = [writing.t("frame_none_clear" if number == "2.7" else "frame_not_kept"), *reasons]
    return Element(
        number,
        writing.t(text["name"]),
        known,
        tuple(reasons),
        writing.t("frame_sure_not" if found is None else text["sure"]),
        writing.t("frame_nowhere" if found is None else text["where"]),
        writing.t(text["ask"]) if number in ASKED else "",
        own.get(number, "").strip()[:LONGEST],
    )


class _Told:
    """What the runs of one comparison say of each element, in lines."""

    def __init__(self, comparison: Comparison, writing: Writing) -> None:
        self.comparison, self.writing, self.t = comparison, writing, writing.t
        self.scenarios = comparison.scenarios
        self.rate = self.scenarios[0].discount_rate
        self.arms = [Arm(comparison, k) for k in range(1, len(self.scenarios))]

    def problem(self) -> Iterator[str]:
        """Yield how many have care and unmet need without the plan, and what was counted."""
        count, first = self.writing.count, self.scenarios[0]
        now = level(self.comparison.runs, 0, first, 1)
        if luck_known(self.comparison.runs):
            users, unmet = count(now.care_users), count(now.unmet_need)
            yield self.t("frame_problem", year=now.year, users=users, unmet=unmet)
        else:
            yield self.t("frame_problem_untold", year=now.year)
        for name in dict.fromkeys((first.municipality, COUNTRY)):
            if not (seen := users_observed(name)):
                yield self.t("frame_not_counted", name=name)
                continue
            old, new = seen[0], seen[-1]
            words = {"name": name, "first": old.year, "then": count(old.value), "last": new.year}
            key = "frame_counted_provisional" if new.provisional else "frame_counted"
            yield self.t(key, **words, now=count(new.value))

    def measure(self) -> Iterator[str]:
        """Yield what each scenario is."""
        for arm in self.arms:
            yield from self._plan(self.scenarios[arm.scenario], arm.scenario)

    def policy(self) -> Iterator[str]:
        """Yield what is compared with, and whether that is a continuation of today."""
        first = self.scenarios[0]
        yield from self._plan(first, 0)
        none = not any(any(use.fte_by_year(first.start, first.years)) for use in first.programmes.values())
        yield self.t("frame_policy_none" if none else "frame_policy_some")

    def society(self) -> Iterator[str]:
        """Yield the balance for society at each way of discounting, that of the comparison in full words."""
        for arm in self.arms:
            d, years = arm.difference, len(arm.difference.years)
            for way in sorted(DISCOUNTS, key=lambda way: (way.costs != self.rate, way.costs)):
                f = worth(d, SOCIETY, way, years).net_present_value
                rate, effects = (self.writing.percent(part, 2) for part in (way.costs, way.effects))
                if rate != effects:
                    rate = self.t("frame_rates", costs=rate, effects=effects)
                key = "frame_society" if way.costs == self.rate else "frame_society_other"
                yield self._of(arm, self.t(key, years=years, rate=rate, balance=self._balance(f)))
        yield self.t("frame_society_sign")

    def health(self) -> Iterator[str]:
        """Yield the years with need and with unmet need that a scenario changes."""
        for arm in self.arms:
            for key, labels in (("frame_need_years", NEED), ("frame_unmet_years", UNMET_YEARS)):
                if set(labels) <= set(arm.difference.labels):
                    years = len(arm.difference.years)
                    found = self._people(self._over(arm, labels, years))
                    yield self._of(arm, self.t(key, years=years, change=found))

    def state(self) -> Iterator[str]:
        """Yield what the state pays more or less."""
        for arm in self.arms:
            paid = [(n, self._purse(arm, RIJK, n)) for n in self.comparison.horizons]
            if not any(money is not None and _some(money.cost) for _, money in paid):
                yield self._of(arm, self.t("frame_state_none"))
                continue
            for n, money in paid:
                if money is not None:
                    yield self._of(arm, self.t("frame_state", years=n, change=self._money(money.cost)))

    def neighbourhoods(self) -> Iterator[str]:
        """Yield the change in unmet need by fifth of neighbourhoods, the least deprived first."""
        labels = [("unmet_need", "group", group) for group in NEIGHBOURHOODS]
        counted = [arm for arm in self.arms if set(labels) <= set(arm.difference.labels)]
        years = self.scenarios[0].years
        if counted:
            yield self.t("frame_fifths", years=years)
        for arm in counted:
            for k, label in enumerate(labels, 1):
                found = self._people(self._over(arm, [label], years))
                yield self._of(arm, self.t("frame_fifth", fifth=k, change=found))

    def payers(self) -> Iterator[str]:
        """Yield what each payer pays more or less up to each horizon, and the rough values beyond."""
        for arm in self.arms:
            ahead = {n: self._pockets(arm, n) for n in self.comparison.horizons}
            last = max(ahead)
            for payer in ahead[last]:
                for n, found in ahead.items():
                    money, _ = found[payer]
                    if money is None or not _some(money.cost):
                        continue
                    who, change = self._payer(payer), self._money(money.cost)
                    yield self._of(arm, self.t("frame_pays", payer=who, years=n, change=change))
                    if payer == GEMEENTE:
                        cash = self._money(money.cashable) if arm.alike else self.t("not_comparable")
                        yield self._of(arm, self.t("frame_cash", years=n, change=cash))
                beyond = ahead[last][payer][1]
                if beyond is not None and _some(beyond):
                    who, change = self._payer(payer), self._money(beyond)
                    yield self._of(arm, self.t("frame_beyond", payer=who, years=last, change=change))

    def workers(self) -> Iterator[str]:
        """Yield the FTE of each programme: asked, and at work after vacancies and turnover."""
        for arm in self.arms:
            scenario, d = self.scenarios[arm.scenario], arm.difference
            for name, use in scenario.programmes.items():
                asked = use.fte_by_year(scenario.start, scenario.years)
                label = ("programme_fte", "programme", name)
                if not any(asked) or label not in d.labels:
                    continue
                row = arm.row("programme_fte", FTE, label)
                told = luck_known(self.comparison.runs) or not can_be_cut(scenario, name)
                for k in dict.fromkeys((0, scenario.years - 1)):
                    at_work = row.before[k] + row.figures[k].value if told else math.nan
                    words = {"programme": self._title(name), "year": d.years[k]}
                    yield self._of(arm, self.t(
                        "frame_fte", **words, asked=self.writing.fte(asked[k]), work=self.writing.fte(at_work)
                    ))  # fmt: skip

    def others(self) -> Iterator[str]:
        """Yield what else changes, only where that is clear of luck and of the assumptions."""
        for arm in self.arms:
            years = len(arm.difference.years)
            for measure in OTHERS:
                label = (measure, "total", "all")
                if label not in arm.difference.labels:
                    continue
                f = self._over(arm, [label], years)
                if _some(f) and not self.writing.remark(f, self.writing.count):
                    words = {"years": years, "change": self._people(f)}
                    yield self._of(arm, self.t(f"frame_other_{measure}", **words))
        for arm in self.arms:
            for now in self.comparison.levels(arm.scenario)[-1:]:
                if now.waiting is not None and now.weeks is not None:
                    words = {"year": now.year, "waiting": self.writing.count(now.waiting)}
                    yield self._of(
                        arm, self.t("frame_waiting", **words, weeks=self.writing.number(now.weeks))
                    )

    def _plan(self, scenario: Scenario, k: int) -> Iterator[str]:
        found = []
        for name, use in scenario.programmes.items():
            by_year = use.fte_by_year(scenario.start, scenario.years)
            if any(by_year):
                fenced = self.t("fenced" if use.ring_fenced else "unfenced")
                most, least = (self.writing.fte(end(by_year)) for end in (max, min))
                fte = most if most == least else self.t("frame_fte_range", least=least, most=most)
                found.append(self.t("frame_programme", name=self._title(name), fte=fte, fenced=fenced))
        programmes = "; ".join(found) or self.t("frame_no_programme")
        world = world_words(scenario, self.writing)
        yield self.t("frame_plan", title=self.scenarios[k].title, programmes=programmes, world=world)

    def _of(self, arm: Arm, words: str) -> str:
        """Return a line with the name of its scenario where there are several."""
        if len(self.arms) == 1:
            return words
        return self.t("frame_of", title=self.scenarios[arm.scenario].title, words=words)

    def _over(self, arm: Arm, labels: Sequence[Label], years: int) -> Figure:
        """Return the difference in the sum of some counts, added up over years.

        Its error takes counts and years as if they moved together, which is the most it can be.
        """
        d = arm.difference
        rows = [d.labels.index(label) for label in labels]
        errors = np.asarray(d.run_mcse, np.float64)[:, rows, :years].sum(axis=(1, 2))
        return figure(np.asarray(d.runs, np.float64)[:, rows, :years].sum(axis=(1, 2)), errors, d.draws)

    def _pockets(self, arm: Arm, years: int) -> dict[str, tuple[Money | None, Figure | None]]:
        found = pockets(self.comparison.runs, years, self.rate, arm.scenario)
        return {pocket.payer: (pocket.money, pocket.beyond) for pocket in found}

    def _purse(self, arm: Arm, payer: str, years: int) -> Money | None:
        return self._pockets(arm, years).get(payer, (None, None))[0]

    def _payer(self, payer: str) -> str:
        words = self.t(f"level_{payer}")
        return words[0].upper() + words[1:]

    def _money(self, f: Figure) -> str:
        return self.writing.more_or_less(f, money=True)

    def _balance(self, f: Figure) -> str:
        return self.writing.more_or_less(f, money=True, ways=("surplus", "deficit"))

    def _people(self, f: Figure) -> str:
        return self.writing.more_or_less(f)

    def _title(self, programme: str) -> str:
        return catalogue()[programme].title[self.writing.language]


def _some(f: Figure) -> bool:
    return bool(f.value or f.mcse)

