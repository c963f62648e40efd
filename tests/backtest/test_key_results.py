"""The model says what it said: a change that moves a figure people quote is never unnoticed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.backtest import refresh
from tests.backtest.refresh import COMMAND, Key, key_results, read

NEAR = 1e-6
"""Relative: another processor may add in another order, and that is all."""


@pytest.fixture(scope="module")
def now() -> dict[Key, float]:
    return key_results()


def moved(before: dict[Key, float], now: dict[Key, float]) -> list[str]:
    """Return a line for each figure that is not what it was."""
    lines = []
    for key in dict.fromkeys((*before, *now)):
        was, is_ = before.get(key), now.get(key)
        if was is None or is_ is None or is_ != pytest.approx(was, rel=NEAR, abs=1e-6):
            lines.append(f"{' | '.join(key)}: was {was}, is {is_}")
    return lines


def test_key_results_are_what_they_were(now: dict[Key, float]) -> None:
    lines = moved(read(), now)
    assert not lines, "\n".join(
        [
            f"{len(lines)} of {len(now)} key results changed:",
            *lines[:20],
            "If the model was meant to change, renew them and say why in the commit:",
            f"    {COMMAND}",
        ]
    )


def test_the_figures_make_sense() -> None:
    kept = read()
    assert kept["geen", "2035", "fte"] < 1  # the last workers have left
    leave = 1 - 0.85 ** (1 / 12)  # a month; each is replaced four months later
    assert kept["huidig", "2035", "fte"] == pytest.approx(36 / (1 + 4 * leave), rel=1e-3)
    assert kept["dubbel", "2035", "participants"] > kept["huidig", "2035", "participants"]
    unfenced = kept["dubbel-ongeoormerkt", "2035", "programme_cost"]
    assert unfenced <= kept["dubbel", "2035", "programme_cost"] * (1 + 1e-9)
    assert 2_000 < kept["geen", "2035", "care_users"] < 20_000
    for name in ("huidig", "dubbel"):
        assert kept[name, "2035", "programme_cost"] > 0
        difference = kept[name, "2035", "care_users"] - kept["geen", "2035", "care_users"]
        assert kept[name, "2035", "change of care_users"] == pytest.approx(difference, abs=1e-3)


def test_a_moved_figure_is_named_with_what_to_do(
    now: dict[Key, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ("huidig", "2035", "care_users")
    before = {**now, key: now[key] * (1 + 1e-4)}
    del before["geen", "2029", "fte"]
    monkeypatch.setattr(sys.modules[__name__], "read", lambda: before)
    with pytest.raises(AssertionError) as caught:
        test_key_results_are_what_they_were(now)
    for words in ("2 of", "huidig | 2035 | care_users: was", "geen | 2029 | fte: was None", COMMAND):
        assert words in str(caught.value)


def test_the_command_that_renews_them_is_there_and_documented() -> None:
    module = COMMAND.split()[-1]
    look = f"import {module} as found; print(found.FILE.name)"
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, cwd=refresh.ROOT, check=True, timeout=60
    )
    assert done.stdout.strip() == "key_results.csv"
    assert COMMAND in (refresh.ROOT / "docs" / "howto.md").read_text(encoding="utf-8")
