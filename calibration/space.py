"""The parameters that are calibrated, and the scale on which they are: standard deviations of the prior.

About a hundred parameters are free at once. What the figures say nothing about keeps its prior; what they
tie together stays tied in the draws. Others that shape the same figures (finer shapes by age, form and
household) are held at their middle: the figures cannot tell them from the free ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.model.parameters import Parameters

Floats = NDArray[np.float64]
LEVELS = (
    "need.onset_light", "need.onset_age.14", "need.eenouder.yes", "start.wijkteam", "start.ambulant",
    "start.netwerk", "start.daghulp", "start.pleegzorg", "start.gezinshuis", "start.residentieel",
    "start.gesloten", "start.jeugdbescherming", "start.jeugdreclassering", "start.second",
    "start.with_residence", "start.legal_age.18", "start.care_age.0", "start.care_age.4",
    "start.care_age.6", "start.care_age.10", "start.care_age.12", "start.care_age.15",
    "access.wijkteam.2015", "access.wijkteam.2016", "access.wijkteam.2017", "access.general.2015",
    "access.netwerk.2016", "access.netwerk.2017", "access.residence.2015", "access.probation.2015",
    "access.wijkteam.2022", "access.netwerk.2022", "access.residence.2023", "access.probation.2022",
    "access.protection.2016", "access.protection.2021", "access.protection.2023",
    "access.growth_after_2019", "registration.shift_total", "need.per_quintile", "end.by_need.none",
    "maltreatment.start", "education.enter", "school.leave", "offence.first", "registration.parallel",
)  # fmt: skip
"""What answers to a figure each."""


SHAPES = (
    "need.onset_moderate", "need.escalate_light", "need.escalate_moderate", "need.recover_light",
    "need.recover_moderate", "need.recover_complex", "need.relapse.12", "need.care_on_escalation",
    "need.care_on_recovery", "need.onset_age.3", "need.onset_age.6", "need.onset_age.10",
    "need.ouder_ggz.yes", "need.boy", "frailty.sd", "frailty.on_need", "frailty.on_care",
    "frailty.on_residence", "signal.health", "signal.school", "signal.access", "signal.protection",
    "signal.light", "signal.none", "signal.forget", "start.seen.unseen", "start.ambulant.light",
    "start.ambulant.complex", "start.wijkteam.light", "start.pleegzorg.complex",
    "start.residentieel.complex", "start.jeugdbescherming.complex", "start.with_protection",
    "start.wijkteam_to_other", "start.protection_maltreated", "start.care_age.18",
    "start.probation_age.18", "end.wijkteam", "end.ambulant", "end.netwerk", "end.daghulp",
    "end.pleegzorg", "end.residentieel", "end.jeugdbescherming", "end.jeugdreclassering",
    "end.by_need.complex", "end.duration.3", "end.duration.6", "end.duration.12", "end.duration.24",
    "end.duration.36", "end.duration.48", "end18.help", "end18.residence", "residence.to_family",
    "residence.step_up", "residence.step_down", "access.general.2018", "access.wijkteam.2019",
    "access.netwerk.2019", "access.residence.2019", "registration.pgb", "household.bijstand",
    "household.eenouder", "household.ouder_ggz",
)  # fmt: skip
"""What is fitted together with the levels: what policies act on, or what figures can hardly tell apart."""
HELD_SUBJECTS = (
    "need", "frailty", "signal", "start", "access", "end", "end18", "residence", "household", "bijstand",
    "eenouder", "ouder_ggz", "trait", "maltreatment", "education", "school", "offence", "registration",
)  # fmt: skip
NOT_YET = (
    "access.growth_projection", "need.waiting", "registration.shift_ambulant",
)  # fmt: skip
"""Act after 2019 or while a child waits for a place: no figure that is fitted knows of them."""


@dataclass(frozen=True)
class Space:
    """Free parameters with their prior: independent normals on the scale of each record."""

    base: Parameters

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of the free parameters, in the order of the file."""
        return tuple(name for name, r in self.base.records.items() if name in LEVELS + SHAPES and not r.fixed)

    @cached_property
    def held(self) -> tuple[str, ...]:
        """Return the uncertain parameters that shape fitted lives and are held at their middle.

        Each moves figures that a free one moves as well; drawn on its own it would undo the fit.
        """
        return tuple(
            name
            for name, record in self.base.records.items()
            if name.split(".")[0] in HELD_SUBJECTS
            and name not in (*NOT_YET, *self.names)
            and not record.fixed
            and not record.formula
            and record.scale != "lever"
        )

    @property
    def size(self) -> int:
        """Return how many parameters are free."""
        return len(self.names)

    def positions(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return where `names` stand. Raises ValueError for one that is not free."""
        return np.array([self.names.index(name) for name in names], np.int64)

    def values(self, z: Floats) -> Mapping[str, float]:
        """Return values by name from float64[size] standard deviations of the prior."""
        records = self.base.records
        return {name: records[name].at(float(x)) for name, x in zip(self.names, z, strict=True)}

    def parameters(self, z: Floats) -> Parameters:
        """Return all parameters, with the free ones at `z`."""
        return self.base.replace(self.values(z))
