"""A range says how much of it is luck, where that is more than a little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.decision.comparison import Figure
from sim.words.writing import WORDS, Writing, read_words

FIRM = Figure(40.0, 3.0, 20.0, 60.0, 1.0, 100, 10.0)
UNCLEAR = replace(FIRM, value=5.0, low=-20.0, high=30.0)


def write(x: float, sign: bool = False) -> str:
    return f"{x:.0f}"


@pytest.mark.parametrize(("language", "luck"), [("en", "9% luck"), ("nl", "9% toeval")])
def test_a_range_names_luck_above_a_twentieth_of_the_variance(language: str, luck: str) -> None:
    writing = Writing(language, read_words([WORDS / f"{language}.yaml"]))
    still = replace(FIRM, mcse=2.0)  # 4 percent
    told = {f.mcse: (writing.range(f, write, "fewer"), writing.interval(f, write), writing.more_or_less(f))
            for f in (FIRM, still)}  # fmt: skip
    assert all(luck in words for words in told[3.0])
    assert not any("luck" in words or "toeval" in words for words in told[2.0])
    assert writing.remark(UNCLEAR, write).endswith(f"{luck})")


def test_a_figure_of_one_draw_has_no_share_of_luck() -> None:
    writing = Writing("en", read_words([WORDS / "en.yaml"]))
    assert "luck" not in writing.more_or_less(
        replace(FIRM, low=None, high=None, draw_count=1, draw_error=0.0)
    )
