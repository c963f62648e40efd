"""Start says once, in words, how much of its ranges is luck of the computation."""

from __future__ import annotations

import re

import pytest

from pages.look.texts import writing_in
from tests.opened import shown, words


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_range_on_start_has_luck_beside_it(language: str) -> None:
    told = words(shown("pages/main.py", taal=language))
    assert writing_in(language).t("luck_within", luck="!").split("!")[0] in told  # so few children have some
    assert re.findall(r", \d+% (?:toeval|luck)", told) == []
