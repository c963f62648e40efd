"""Start says once, in words, how much of its ranges is luck of the computation."""

from __future__ import annotations

import re

import pytest

from pages.budget.outcome import _luck
from pages.look.texts import writing_in
from sim.decision.comparison import Figure
from tests.opened import shown, words

NL = writing_in("nl")


def ranged(mcse: float) -> Figure:
    """Return a figure between 10 and 30, with an error of luck."""
    return Figure(20.0, mcse, 10.0, 30.0, 1.0, 40, draw_error=1.0)


def test_the_most_luck_of_all_figures_is_told_where_it_is_more_than_a_little() -> None:
    some = [ranged(1.0), ranged(3.0)]
    most = max(f.luck_share or 0.0 for f in some)
    assert most > 0.1
    assert _luck(some, False) == NL.t("luck_within", luck=NL.percent(most))
    assert _luck([ranged(0.1)], False) == ""
    assert _luck(some[:0], False) == ""


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_range_on_start_has_luck_beside_it(language: str) -> None:
    told = words(shown("pages/main.py", taal=language))
    assert writing_in(language).t("luck_within", luck="!").split("!")[0] in told  # so few children have some
    assert re.findall(r", \d+% (?:toeval|luck)", told) == []
