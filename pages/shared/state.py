"""The choices in hand: kept in the session, restored from a link, written into a link."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

import streamlit as st

from pages.shared.formats import fte as written_fte
from pages.shared.texts import t
from sim.library import registry
from sim.population import profiles
from sim.scenario import Scenario, scenario_from_dict
from sim.writing import LANGUAGES

EFFECTS = {"full": None, "half": 0.375, "none": 0.0}
"""Expected strength of the effect (kinderwerk.effect_exists); None leaves the prior as it is."""
DEFAULT_FTE = 36.0
MOST_FTE = 100_000.0
MAX_BUDGETS = 4
_CODE = re.compile(r"(\d{1,6}(?:\.\d{1,20})?)-([go])-(crowd_out|deficit)", re.ASCII)


@dataclass(frozen=True)
class Budget:
    """One budget for child work."""

    fte: float = DEFAULT_FTE
    fenced: bool = True
    policy: str = "crowd_out"

    def label(self) -> str:
        """Return a short name."""
        fence = "" if self.fte == 0 else ", " + (t("fenced") if self.fenced else t("unfenced"))
        return t("workers", fte=written_fte(self.fte)) + fence

    def code(self) -> str:
        """Return the budget as it stands in a link."""
        fte = format(Decimal(repr(float(self.fte))), "f").removesuffix(".0")
        return f"{fte}-{'g' if self.fenced else 'o'}-{self.policy}"

    @classmethod
    def of_code(cls, code: str) -> Budget:
        """Return the budget in a link. Raises ValueError where it is not possible."""
        found = _CODE.fullmatch(code)
        if found is None or float(found[1]) > MOST_FTE:
            raise ValueError(code)
        return cls(float(found[1]), found[2] == "g", found[3])


@dataclass(frozen=True)
class Choices:
    """What a user has chosen on Start and Vergelijk."""

    municipality: str = "Almere"
    budget: Budget = Budget()
    effect: str = "full"
    budgets: tuple[Budget, ...] = (
        Budget(0.0), Budget(36.0), Budget(72.0), Budget(72.0, False),
    )  # fmt: skip


def choices() -> Choices:
    """Return the choices of this session, at first from the link that opened it."""
    if "choices" not in st.session_state:
        st.session_state["choices"] = _from_link()
    found: Choices = st.session_state["choices"]
    return found


def keep(**changes: object) -> Choices:
    """Change and return the choices of this session."""
    st.session_state["choices"] = replace(choices(), **changes)  # type: ignore[arg-type]
    return choices()


def watcher() -> str:
    """Return the name under which this session looks at answers."""
    name: str = st.session_state.setdefault("watcher", secrets.token_hex(8))
    return name


def _from_link() -> Choices:
    query = st.query_params
    found, wrong = Choices(), []
    if query.get("taal", "nl") in LANGUAGES:
        st.session_state["language"] = query.get("taal", "nl")
    else:
        wrong.append("taal")
    if "gemeente" in query:
        name = registry().municipalities.get(query["gemeente"].casefold())
        if name in places():
            found = replace(found, municipality=name)
        else:
            wrong.append("gemeente")
    for key in ("begroting", "begrotingen"):
        if key in query:
            try:
                budgets = tuple(Budget.of_code(code) for code in query[key].split("~", MAX_BUDGETS))
            except ValueError:
                wrong.append(key)
                continue
            if key == "begroting" and len(budgets) == 1:
                found = replace(found, budget=budgets[0])
            elif key == "begrotingen" and 2 <= len(budgets) <= MAX_BUDGETS:
                found = replace(found, budgets=budgets)
            else:
                wrong.append(key)
    if query.get("effect", "full") in EFFECTS:
        found = replace(found, effect=query.get("effect", "full"))
    else:
        wrong.append("effect")
    st.session_state["wrong_in_link"] = wrong
    return found


def query_of(chosen: Choices, language: str) -> str:
    """Return the query that restores the choices."""
    return urlencode(
        {
            "gemeente": chosen.municipality,
            "begroting": chosen.budget.code(),
            "begrotingen": "~".join(budget.code() for budget in chosen.budgets),
            "effect": chosen.effect,
            "taal": language,
        }
    )


def places() -> list[str]:
    """Return the municipalities to choose from: Almere first, the country last."""
    names = [name for name in profiles() if name not in ("Nederland", "Nederland 2018", "Almere")]
    return ["Almere", *sorted(names), "Nederland"]


def scenario(municipality: str, budget: Budget, effect: str = "full") -> Scenario:
    """Return the scenario of a budget. Raises InputError where it is not possible."""
    strength = EFFECTS[effect]
    data = {
        "kind": "scenario",
        "title": f"{municipality}, {budget.fte:g} fte",
        "municipality": municipality,
        "policy": budget.policy,
        "programmes": {"kinderwerk": {"fte": budget.fte, "ring_fenced": budget.fenced}},
        "parameters": {} if strength is None else {"kinderwerk.effect_exists": strength},
    }
    return scenario_from_dict(data, registry())
