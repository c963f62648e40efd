"""The first questions of a municipality, answered before anybody asks them (`kinderwerk ahead`)."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import PydanticCustomError

from pages.background.answers import KEPT, slim
from pages.background.desk import CHILDREN, DRAWS, SEED
from pages.background.weaker import questions
from pages.choices.chosen import Choices, fte_here, here, pair, places, plans_around, scenario
from sim.errors import InputError
from sim.files.wording import fault_of
from sim.inputs.scenario import Scenario
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import Options
from sim.runs.lives import LifeStore
from sim.runs.past import kept_past
from sim.runs.threads import run_threads


def named(names: Sequence[str]) -> list[str]:
    """Return the municipalities that names mean, as the app lists them; all of them for no names.

    Raises InputError for a name that the app cannot show.
    """
    try:
        return [here(name) for name in names] or places()
    except PydanticCustomError as error:
        raise InputError.at("", fault_of(error)) from None


def first_questions(name: str) -> list[list[Scenario]]:
    """Return what Start and Vergelijk ask of a municipality before anything is chosen there."""
    first = Choices(municipality=name)
    plans = plans_around(fte_here(first))
    start = Choices(municipality=name, plan=plans[1])
    weaker = questions(start).values()
    return [list(pair(start)), [scenario(first, plan) for plan in plans], *map(list, weaker)]


def answer_ahead(questions: Sequence[Sequence[Scenario]], tell: Tell = nobody) -> None:
    """Live the best fit and all draws of questions, in the sizes of the app, and keep them on disk.

    With them the years before, which the first chart of Start shows of the first question's reference. What
    is kept already is not lived again, so that it goes on where it stopped. `tell` hears the share done.
    Raises SimulationError.
    """
    lives, options = LifeStore(slim, kept=KEPT), Options(children=CHILDREN, seed=SEED)
    pieces = [(scenarios, draw) for scenarios in questions for draw in range(DRAWS + 1)]
    with run_threads() as pool:
        kept_past(questions[0][0], options, pool)
        for k, (scenarios, draw) in enumerate(pieces):

            def heard(now: Progress, done: int = k) -> None:
                tell(now.at(done + now.share, len(pieces)))

            lives.run(scenarios, options, draw, pool, heard)
