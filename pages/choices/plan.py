"""A plan: one budget, as the part of a scenario file that does not say where."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from pages.choices.packed import LinkError, data_in, pack
from pages.look.texts import t, writing
from sim.errors import InputError
from sim.inputs.fte import read_fte
from sim.inputs.horizon import DEFAULT_START, DEFAULT_YEARS
from sim.inputs.library import registry
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.model.catalogue import catalogue

DEFAULT_FTE = 36.0
MOST_FTE, MOST_EUROS, MOST_PLACES = 100_000.0, 1e11, 1e6
"""What a field of a page can show."""
MOST_STEPS = 3
"""Steps of a path that a name tells one by one."""
CHILD_WORK = "kinderwerk"
KEYS = frozenset(
    ("title", "start", "years", "policy", "budget", "places", "shocks", "programmes", "parameters")
)  # fmt: skip
"""Keys of a scenario file that make a plan. No other is taken: some of them name files on the server."""
_SIMPLE = re.compile(r"(\d{1,6}(?:\.\d{1,400})?)-([go])-(crowd_out|deficit|capped)", re.ASCII)
_ANYWHERE = {"kind": "scenario", "title": "plan", "municipality": "Almere"}
"""Values that complete a plan, so that it can be checked as a scenario."""


@dataclass(frozen=True)
class Plan:
    """One budget. text: its JSON, by which plans are compared."""

    text: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Plan:
        """Return the plan in plain data, such as that of a scenario file, without what says where."""
        kept = {key: value for key, value in data.items() if key in KEYS and value not in ({}, [], None)}
        return cls(json.dumps(kept, sort_keys=True, ensure_ascii=False, default=str))

    @classmethod
    def simple(cls, fte: float = DEFAULT_FTE, fenced: bool = True, policy: str = "crowd_out") -> Plan:
        """Return a plan of child work only."""
        work = {CHILD_WORK: {"fte": fte, "ring_fenced": fenced}}
        return cls.of({"policy": policy, "programmes": work})

    @classmethod
    def of_scenario(cls, scenario: Scenario) -> Plan:
        """Return what a scenario says besides where."""
        return cls.of(scenario.to_data())

    @cached_property
    def data(self) -> dict[str, Any]:
        """Return the plan as plain data; do not change it."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    def changed(self, **changes: Any) -> Plan:
        """Return a plan with other values; an empty one leaves a key out. The title goes with them."""
        kept = {key: value for key, value in self.data.items() if key != "title"}
        return Plan.of({**kept, **changes})

    @property
    def programmes(self) -> dict[str, dict[str, Any]]:
        """Return the use of each programme; do not change it."""
        return dict(self.data.get("programmes", {}))

    @property
    def child_work(self) -> dict[str, Any]:
        """Return the use of child work: no FTE where there is none."""
        return self.programmes.get(CHILD_WORK, {"fte": 0.0})

    @property
    def fte(self) -> float:
        """Return the FTE of child work; of a path by year, those of the last year."""
        return self._path(self.child_work["fte"])[-1]

    @property
    def steady(self) -> bool:
        """Tell whether child work has the same FTE every year."""
        return not isinstance(self.child_work["fte"], Mapping)

    @property
    def fenced(self) -> bool:
        """Tell whether child work is ring-fenced."""
        return bool(self.child_work.get("ring_fenced", True))

    @property
    def policy(self) -> str:
        """Return what happens with a shortfall."""
        return str(self.data.get("policy", "crowd_out"))

    @property
    def empty(self) -> bool:
        """Tell whether no programme has any FTE."""
        return not any(_most(use["fte"]) for use in self.programmes.values())

    def with_child_work(self, fte: Any, fenced: bool) -> Plan:
        """Return a plan with other child work. fte: a number, or a path by year."""
        use = {**self.child_work, "fte": fte, "ring_fenced": fenced}
        return self.changed(programmes={**self.programmes, CHILD_WORK: use})

    def label(self) -> str:
        """Return a short name: its title where it has one, else what it spends on."""
        if "title" in self.data:
            return str(self.data["title"])
        fence = "" if self.fte == 0 else ", " + (t("fenced") if self.fenced else t("unfenced"))
        words = self._workers() + fence
        for name, use in sorted(self.programmes.items()):
            if name != CHILD_WORK and _most(use["fte"]):
                title = catalogue()[name].title[writing().language] if name in catalogue() else name
                fte = f"{writing().fte(self._path(use['fte'])[-1])} {t('label_fte')}"
                words += f", {title[:1].lower()}{title[1:]} {fte}"
        return ", ".join([words, *self.world()])

    def world(self) -> list[str]:
        """Return what is unusual in its policy, shocks, years and numbers."""
        found = [] if self.policy == "crowd_out" else [t(f"label_{self.policy}")]
        own = [key for key in ("start", "years", "budget", "places", "parameters") if key in self.data]
        found += [t(f"label_{key}", value=self.data[key]) for key in own]
        found += dict.fromkeys(shock_title(shock) for shock in self.data.get("shocks", []))
        return found

    def described(self) -> str:
        """Return what it spends on in a few words, whatever its title is."""
        return self.changed().label()

    def named(self, title: str) -> Plan:
        """Return the plan under a title; without one where that is empty or says what its own words say."""
        words = " ".join("".join(c if c.isprintable() else " " for c in title).split())
        plan = self.changed()
        return plan if words in ("", plan.label()) else plan.changed(title=words)

    def phrase(self) -> str:
        """Return the plan as it stands in a sentence that begins with 'with'."""
        only = set(self.programmes) <= {CHILD_WORK} and "title" not in self.data
        return self._workers() if only else t("this_budget", name=self.label())

    def _workers(self) -> str:
        """Return how much child work there is: a part of a worker is no worker, but FTE."""
        whole = all(float(value).is_integer() for value in self._path(self.child_work["fte"]))
        return t("workers" if whole else "workers_part", fte=self._fte_words())

    def _fte_words(self) -> str:
        steps = list(dict.fromkeys(writing().fte(value) for value in self._path(self.child_work["fte"])))
        return " → ".join(steps if len(steps) <= MOST_STEPS else [steps[0], steps[-1]])

    def _path(self, fte: Any) -> list[float]:
        """Return the FTE of each step of a number or a path by year, in the years of the plan."""
        path = read_fte(dict(fte) if isinstance(fte, Mapping) else fte or 0.0)
        after = self.data.get("start", DEFAULT_START) + self.data.get("years", DEFAULT_YEARS)
        return [value for year, value in path.every_step() if year < after] or [path.base]

    def code(self) -> str:
        """Return the plan as it stands in a link: readable where it is of child work only."""
        if self == Plan.simple(self.fte, self.fenced, self.policy) and self.steady:
            fte = format(Decimal(repr(float(self.fte))), "f").removesuffix(".0")
            return f"{fte}-{'g' if self.fenced else 'o'}-{self.policy}"
        return "z" + pack(self.text)

    @classmethod
    def of_code(cls, code: str) -> Plan:
        """Return the plan in a link. Raises LinkError where it is none, or more than a page can show."""
        if found := _SIMPLE.fullmatch(code):
            plan = cls.simple(float(found[1]), found[2] == "g", found[3])
        elif code.startswith("z"):
            plan = cls.of(_checked(data_in(code[1:])))
        else:
            raise LinkError("no code of a plan")
        numbers = [(MOST_FTE, _most(use["fte"])) for use in plan.programmes.values()]
        numbers += [(MOST_PLACES, n) for n in plan.data.get("places", {}).values() if not isinstance(n, str)]
        numbers += [(MOST_EUROS, plan.data.get("budget", {}).get("youth_care") or 0.0)]
        if any(number > most for most, number in numbers):
            raise LinkError("more than a page can show")
        return plan


def _checked(data: dict[str, Any]) -> dict[str, Any]:
    """Return data that make a plan anywhere. Raises LinkError where they do not.

    As they were written: a plan leaves out what is empty, also where it stands for nothing.
    """
    if not data.keys() <= KEYS:
        raise LinkError("keys that are no part of a plan")
    for key, known in (("programmes", registry().programmes), ("parameters", registry().parameters)):
        # before the scenario looks for the nearest name of each, which takes long for hundreds
        if isinstance(data.get(key), dict) and not set(data[key]) <= set(known):
            raise LinkError("a name that the model does not know")
    try:
        anywhere = replace(registry(), youths={})  # how many youths there are is looked at where it is shown
        scenario_from_dict({**_ANYWHERE, **data}, anywhere)
    except InputError as error:
        raise LinkError(str(error.problems[0])) from error
    return data


def _most(fte: Any) -> float:
    return max((float(v) for v in fte.values()), default=0.0) if isinstance(fte, Mapping) else float(fte)


def shock_title(shock: Mapping[str, Any]) -> str:
    """Return what happens in a shock, by the sign of its size where that turns it round."""
    if shock["kind"] == "fewer_starts" and shock["size"] < 0:
        return t("lever_shock_more_starts")
    return t(f"lever_shock_{shock['kind']}")
