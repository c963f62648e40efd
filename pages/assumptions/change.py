"""Changing a number in this session: what was typed, whether the model can take it, and taking it back."""

from __future__ import annotations

from dataclasses import replace

from babel.numbers import get_group_symbol

from pages.choices.chosen import EFFECTS, Choices, overrides, pair, prior_of
from pages.choices.link import MOST_ASSUMPTIONS
from pages.choices.state import choices, keep
from pages.look.texts import language, t, writing
from pages.shared.parts import plain
from sim.decision.headline import STRENGTH
from sim.engine.config import EXISTING
from sim.engine.programmes import check_headroom, effect_of
from sim.errors import InputError
from sim.files.numerals import EUROS, SHARE, NumeralError, two_ways, written
from sim.inputs.library import allowed_range
from sim.model.catalogue import catalogue
from sim.model.futures import MODEL_TODAY
from sim.model.parameters import Parameter, default_parameters
from sim.model.priors import believing

_NEAR = 10.0


def number(text: str, record: Parameter | None = None) -> float:
    """Return the number that somebody typed; 60% is 0.6.

    Of two readings the only one that the parameter allows, or that is near its range, is taken; without a
    parameter, what the language in use makes of it. Raises ValueError for what is no number, and NumeralError
    where nobody can tell.
    """
    found = written(text)
    if found is None or found.unit not in ("", *SHARE.units, *EUROS.units):
        raise ValueError(text)
    numbers = found.numbers()
    if len(numbers) > 1 and record is None:
        thousands = get_group_symbol(locale=writing().locale) in found.digits
        return numbers[0] if thousands else numbers[1]
    if record is None or len(numbers) == 1:
        return numbers[0]
    for low, high in (allowed_range(record), (record.low / _NEAR, record.high * _NEAR)):
        inside = [value for value in numbers if low <= value <= high]
        if len(inside) == 1:
            return inside[0]
    raise NumeralError(two_ways(text))


def refusal(chosen: Choices, record: Parameter, value: float) -> str:
    """Return why a number cannot be taken, in the language in use, or nothing."""
    low, high = allowed_range(record)
    if not low <= value <= high:
        written = {"low": writing().significant(low), "high": writing().significant(high)}
        return t("assumed_outside", **written)
    changed = with_value(chosen, record, value)
    if len(changed.assumptions) > MOST_ASSUMPTIONS:
        return t("assumed_too_many", n=MOST_ASSUMPTIONS)
    try:
        pair(changed)
        _check_together(changed)
    except InputError as error:
        return t("assumed_refused", reason=plain("; ".join(error.told(language()))))
    return ""


def with_value(chosen: Choices, record: Parameter, value: float | None) -> Choices:
    """Return choices in which a parameter has a value of one's own; None, or its standard, takes it back.

    It takes the place of a value that the plan or the choice of an effect gives: only one of them can hold.
    """
    kept = {name: own for name, own in chosen.assumptions if name != record.name}
    if value is not None and value != record.value:
        kept[record.name] = value
    by_strength = record.name == STRENGTH and EFFECTS[chosen.effect] is not None
    effect = "full" if by_strength else chosen.effect
    plan, of_plan = chosen.plan, chosen.plan.data.get("parameters", {})
    if record.name in of_plan:
        plan = plan.changed(parameters={name: own for name, own in of_plan.items() if name != record.name})
    return replace(chosen, assumptions=tuple(sorted(kept.items())), effect=effect, plan=plan)


def put(chosen: Choices, record: Parameter, value: float | None) -> None:
    """Take a value in this session, or take it back."""
    changed = with_value(chosen, record, value)
    keep(assumptions=changed.assumptions, effect=changed.effect, plan=changed.plan)


def put_all_back() -> None:
    """Take back every value of this session."""
    plan = choices().plan
    if plan.data.get("parameters"):
        plan = plan.changed(parameters=None)
    keep(assumptions=(), effect="full", future=MODEL_TODAY, plan=plan)


def _check_together(chosen: Choices) -> None:
    """Refuse effects that are together more than the model leaves room for. Raises InputError."""
    given = overrides(chosen, chosen.plan).items()
    own = {name: float(own["value"] if isinstance(own, dict) else own) for name, own in given}
    p = believing(default_parameters(), prior_of(chosen.effect)).replace(own)
    uses = chosen.plan.programmes
    names = dict.fromkeys((EXISTING, *uses))
    check_headroom(
        {name: effect_of(catalogue()[name], p, uses.get(name, {}).get("switches", {})) for name in names},
        {name: tuple(uses.get(name, {}).get("ages") or catalogue()[name].ages) for name in names},
    )
