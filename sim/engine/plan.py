"""What is fixed about one scenario before anybody lives: its numbers, rates, programmes and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.engine.config import EXISTING, RunConfig, with_use
from sim.engine.exposure import PER_CHILD, Exposure
from sim.engine.population import NEVER
from sim.engine.programmes import Effect, check_headroom, effect_of, exposures
from sim.engine.shocks import Shocks
from sim.engine.townhall import Contracts, Post, Rules
from sim.engine.warmup import Clock, post_for
from sim.inputs.scenario import Scenario
from sim.model.catalogue import Programme, catalogue
from sim.model.parameters import Parameters
from sim.model.processes import TO_CARE
from sim.model.registration import registered
from sim.model.transitions import compile_table
from sim.states import FORMS, MECHANISMS

Floats = NDArray[np.float64]
LIMITED = FORMS[1:8]
"""Forms whose places are limited under `capped` where a scenario says nothing: those that are bought.

The wijkteam is the municipality's own, and a court's measure cannot wait.
"""
_NONE = Effect((0.0,) * len(MECHANISMS), 1.0, 0.0)


def with_overrides(p: Parameters, scenario: Scenario, since: str) -> Parameters:
    """Return parameters with the scenario's overrides that act from `since` (birth or start)."""
    changes: dict[str, float] = {}
    for name, override in scenario.parameters.items():
        if override.since == since:
            changes[name] = float(override.value)  # type: ignore[arg-type]
    return p.replace(with_use(p, changes))


def touches_no_life(name: str) -> bool:
    """Tell whether a parameter that changes at the start leaves lives as they are, but of who comes then.

    Such a parameter is of a programme, of the town hall or of money: no rate in the table of transitions
    reads it.
    """
    family, _, rest = name.partition(".")
    return (family in catalogue() or family in ("townhall", "cost", "value")) and rest != "existing_coverage"


@dataclass(frozen=True)
class RunPlan:
    """One scenario under one configuration. columns: programmes of an exposure by name, its own too."""

    scenario: Scenario
    config: RunConfig
    p: Parameters
    shocks: Shocks
    clock: Clock
    columns: tuple[str, ...]

    @classmethod
    def of(
        cls, scenario: Scenario, config: RunConfig, like: RunPlan | None = None, columns: Sequence[str] = ()
    ) -> RunPlan:
        """Make the plan of a scenario. like: one with the same rates; columns: programmes of other scenarios.

        Raises InputError for effects beyond what the engine has room for.
        """
        p = with_overrides(config.parameters, scenario, "start")
        shocks = Shocks(scenario.shocks, scenario.start, scenario.years)
        last_year = scenario.start + max(scenario.years, 1)
        table = config.model.table_for(p)
        clock = like.clock if like else Clock(compile_table(table, p, last_year, shocks.rates()))
        all_of_them = sorted({EXISTING, *scenario.programmes, *columns})  # one order, whoever is lived with
        plan = cls(scenario, config, p, shocks, clock, tuple(all_of_them))
        if config.draw == 0:
            check_headroom(plan.effects, {name: plan.ages(name) for name in plan.programmes})
        return plan

    @cached_property
    def programmes(self) -> Mapping[str, Programme]:
        """The scenario's programmes by name; child work always, for it may be there before the start."""
        names = [EXISTING, *(name for name in self.scenario.programmes if name != EXISTING)]
        return {name: self.config.model.programmes[name] for name in names}

    @cached_property
    def effects(self) -> Mapping[str, Effect]:
        """What full exposure to each programme does."""
        return {name: effect_of(each, self.p, self._switches(name)) for name, each in self.programmes.items()}

    @cached_property
    def scale(self) -> float:
        """The factor from simulated to real children."""
        return self.config.flow()[1]

    def ages(self, name: str) -> tuple[int, int]:
        """Return the first and last year of age of a programme here."""
        use = self.scenario.programmes.get(name)
        return (use.ages if use else None) or self.programmes[name].ages

    def paid_by_gemeente(self, name: str) -> bool:
        """Tell whether the municipality pays a programme."""
        use = self.scenario.programmes.get(name)
        return use is None or use.paid_by == "gemeente"

    def unexposed(self, count: int) -> Exposure:
        """Return the exposure of `count` children who came to no programme, for all columns."""
        effects = {name: self.effects.get(name, _NONE) for name in self.columns}
        return exposures(count, list(self.columns), effects)

    def exposure(self, x: Exposure, count: int) -> Exposure:
        """Return the exposure at the start (`x`, to EXISTING alone) for `count` children and all columns."""
        wide = self.unexposed(count)
        k, n = self.columns.index(EXISTING), x.joins.shape[0]
        for f in PER_CHILD:
            getattr(wide, f)[:n, k : k + 1] = getattr(x, f)
        return wide

    @cached_property
    def whole(self) -> bool:
        """Tell whether its lives are no forks of another's.

        Who comes to its programmes depends on need, and so on its lives; or one event moves need and demand.
        """
        by_need = any(self.p[f"{name}.uptake_by_need"] != 1.0 for name in self.programmes)
        return by_need or self.p[TO_CARE] != 1.0

    def contracts(self, before: Floats) -> Contracts | None:
        """Return the contracts for places: those of the scenario, else what was used before the start.

        before: [forms] place-years of the year before, simulated children. None where nobody waits.
        """
        if self.scenario.policy != "capped":
            return None
        margin = self.p["townhall.places_margin"]
        places: dict[str, float] = {}
        for form, used in zip(FORMS, before, strict=True):
            agreed = self.scenario.places.get(form, "as_used" if form in LIMITED else "unlimited")
            if agreed != "unlimited":
                counted = float(registered(form, [self.scenario.start], self.p)[0])
                places[form] = used * self.scale * margin if agreed == "as_used" else float(agreed) / counted
        return Contracts(
            places=places,
            growth=self.p["townhall.places_growth"],
            up=self.p["townhall.contract_up"],
            down=self.p["townhall.contract_down"],
        )

    def rules(self, contracts: Contracts | None) -> Rules:
        """Return the town hall's policy and its numbers."""
        growth = self.scenario.budget.real_growth
        return Rules(
            policy=self.scenario.policy,
            budget=self.scenario.budget.youth_care,
            budget_growth=self.p["townhall.budget_growth"] if growth is None else growth,
            crowd_out_share=self.p["townhall.crowd_out_share"],
            crowd_out_ceiling=self.p["townhall.crowd_out_ceiling"],
            contracts=contracts,
            steps_per_month=self.config.steps_per_month if contracts is not None else 1,
        )

    def posts(self) -> tuple[Post, ...]:
        """Return every programme as the town hall sees it."""
        posts = []
        for name, programme in self.programmes.items():
            use = self.scenario.programmes.get(name)
            years = self.scenario.years
            fte = use.fte_by_year(self.scenario.start, years) if use else (0.0,) * years
            before = self.config.existing_fte() if name == EXISTING else 0.0
            fenced = use is None or use.ring_fenced
            cuts = () if fenced else self.shocks.cuts(name)
            posts.append(post_for(programme, fte, before, fenced, self.paid_by_gemeente(name), self.p, cuts))
        return tuple(posts)

    def withdrawal(self) -> Floats:
        """Return the yearly rates of leaving a waiting list, by need."""
        return np.array([self.p[f"waiting.withdraw.{s}"] for s in ("none", "light", "moderate", "complex")])

    def _switches(self, name: str) -> Mapping[str, bool]:
        use = self.scenario.programmes.get(name)
        return {} if use is None else {m: getattr(use.switches, m) for m in MECHANISMS}


def never(x: Exposure) -> NDArray[np.bool_]:
    """Tell whose exposure [n] never was any."""
    return np.asarray(((x.joins == NEVER) & (x.past_level == 0.0)).all(axis=1))
