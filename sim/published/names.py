"""Whether the names in a model file are there, are given once and may be used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from keyword import iskeyword

from sim.errors import nearest
from sim.faults import fault
from sim.files.expressions import FUNCTIONS
from sim.files.wording import Mistake, unknown_key
from sim.published.modelfile import RESERVED, EntryReward, Loc, ModelFile, ModelTransition

PLAIN = r"[A-Za-z][A-Za-z0-9_]*"


def check_names(file: ModelFile) -> Iterator[Mistake]:
    """Yield what is wrong with the names in a file: unknown, given twice, taken or missing."""
    for index, state in enumerate(file.states):
        if state in file.states[:index]:
            yield Mistake(("states", index), fault("state_named_twice", state=state))
    if isinstance(file.start, str):
        if file.start not in file.states:
            yield _unknown_state(file, file.start, ("start",))
    else:
        yield from _check_states(file, file.start, ("start",))
    for name in file.parameters:
        yield from _check_variable(("parameters", name), (*RESERVED, *file.tables))
    variables = tuple(file.groups[0].values) if file.groups else ()
    for name in file.tables:
        yield from _check_variable(("tables", name), (*RESERVED, *variables))
    for index, group in enumerate(file.groups):
        if group.values.keys() != file.groups[0].values.keys():
            yield Mistake(("groups", index), fault("groups_unlike", variables=variables))
        for name in group.values:
            yield from _check_variable(("groups", index, "values", name), (*RESERVED, *file.parameters))
    yield from _check_outcomes(file)
    yield from _check_transitions(file, file.transitions, ())
    yield from _check_states(file, file.rewards, ("rewards",))
    yield from _check_entries(file, file.on_entry, ("on_entry",))
    for state in file.states:
        if state not in file.rewards:
            yield Mistake(("rewards",), fault("state_without_reward", state=state))
    for name, strategy in file.strategies.items():
        place: Loc = ("strategies", name)
        for parameter in strategy.parameters:
            if parameter not in file.parameters:
                message = fault(
                    "unknown_model_parameter", parameter=parameter, near=nearest(parameter, file.parameters)
                )
                yield Mistake((*place, "parameters", parameter), message, True)
        yield from _check_transitions(file, strategy.transitions, place)
        yield from _check_states(file, strategy.rewards, (*place, "rewards"))
        yield from _check_entries(file, strategy.on_entry, (*place, "on_entry"))


def _check_variable(loc: Loc, taken: tuple[str, ...]) -> Iterator[Mistake]:
    name = str(loc[-1])
    if not re.fullmatch(PLAIN, name) or iskeyword(name):
        yield Mistake(loc, fault("name_not_plain", name=name), True)
    elif name in taken or name in FUNCTIONS:
        yield Mistake(loc, fault("name_taken", name=name), True)


def _check_states(file: ModelFile, states: Iterable[str], place: Loc) -> Iterator[Mistake]:
    for state in states:
        if state not in file.states:
            yield _unknown_state(file, state, (*place, state), key=True)


def _check_entries(file: ModelFile, entries: Mapping[str, EntryReward], place: Loc) -> Iterator[Mistake]:
    yield from _check_states(file, entries, place)
    for state, entry in entries.items():
        yield from _check_states(file, entry.from_, (*place, state, "from"))


def _check_transitions(
    file: ModelFile, transitions: tuple[ModelTransition, ...], place: Loc
) -> Iterator[Mistake]:
    seen = set()
    for index, transition in enumerate(transitions):
        loc: Loc = (*place, "transitions", index)
        for key, state in (("from", transition.from_), ("to", transition.to)):
            if state not in file.states:
                yield _unknown_state(file, state, (*loc, key))
        if transition.from_ == transition.to:
            yield Mistake(loc, fault("transition_to_itself"))
        if (transition.from_, transition.to) in seen:
            yield Mistake(
                loc,
                fault(
                    "transition_twice",
                    origin=transition.from_,
                    destination=transition.to,
                ),
            )
        seen.add((transition.from_, transition.to))


def _unknown_state(file: ModelFile, state: str, loc: Loc, key: bool = False) -> Mistake:
    return Mistake(loc, fault("unknown_state", state=state, near=nearest(state, file.states)), key)


def _check_outcomes(file: ModelFile) -> Iterator[Mistake]:
    """Yield what is wrong with the effects and the parts of the cost, where they are named and used."""
    for key, names, taken in (
        ("effects", file.effects, ("cost", "from")), ("cost_parts", file.cost_parts, ()),
    ):  # fmt: skip
        for index, name in enumerate(names):
            if not re.fullmatch(PLAIN, name):
                yield Mistake((key, index), fault("name_not_plain", name=name))
            elif name in taken:
                yield Mistake((key, index), fault("name_taken", name=name))
            elif name in names[:index]:
                yield Mistake((key, index), fault("stands_twice", name=name))
    known = ("cost", *file.effects)
    listed = _misspelt_in_the_list(file)
    if "effects" in file.model_fields_set:
        for name, given in listed.items():
            wrong = fault("effect_not_given", name=name, near=given[0])
            yield Mistake(("effects", file.effects.index(name)), wrong)
    elif listed:
        yield Mistake(("rewards",), fault("effects_not_listed", names=listed["effect"]), True)
    told = {name for names in listed.values() for name in names}
    for place, reward in file.all_rewards():
        also = ("from",) if isinstance(reward, EntryReward) else ()
        for name in reward.effects:
            if name not in file.effects and name not in told:
                yield Mistake((*place, name), unknown_key(name, (*known, *also)), True)
        for part in reward.cost if isinstance(reward.cost, Mapping) else ():
            if part not in file.cost_parts:
                message = fault("unknown_cost_part", part=part, near=nearest(part, file.cost_parts))
                yield Mistake((*place, "cost", part), message, True)
    for state, reward in file.rewards.items():
        missing = [name for name in known if {"cost": reward.cost, **reward.effects}.get(name) is None]
        for name in reward.effects:  # what is misspelt here is told above, and is not missing as well
            if name not in file.effects and missing:
                near = nearest(name, missing) or next((each for each in missing if each != "cost"), None)
                missing = [each for each in missing if each != near]
        for name in missing:
            if name not in listed:
                yield Mistake(("rewards", state), fault("missing_key", key=name))
    for name in file.discount.model_fields_set:
        if name not in known and name not in told:
            yield Mistake(("discount", name), unknown_key(name, known), True)


def _misspelt_in_the_list(file: ModelFile) -> dict[str, list[str]]:
    """Return effects that no reward gives, with what every state gives and the file does not list."""
    used = list(dict.fromkeys(name for _, reward in file.all_rewards() for name in reward.effects))
    unused = [name for name in file.effects if name not in used]
    everywhere = [
        name for name in used
        if name not in file.effects and all(name in reward.effects for reward in file.rewards.values())
    ]  # fmt: skip
    if not unused or not everywhere or len(file.rewards) < 2:
        return {}
    if "effects" not in file.model_fields_set:
        return {"effect": everywhere}
    if len(unused) == len(everywhere) == 1:
        return {unused[0]: everywhere}
    near = {name: nearest(name, everywhere) for name in unused}
    return {name: [given] for name, given in near.items() if given is not None}
