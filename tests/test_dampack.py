"""benchmarks/dampack.py: on draws of the same shape whose value of information is known by arithmetic."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import dampack


@pytest.fixture(scope="module")
def psa() -> pd.DataFrame:
    """Radio gains the sum of both failures, normal around 0, and chemo nothing; nothing costs anything."""
    half = np.random.default_rng(5).standard_normal((2_500, 2))
    failures = np.concatenate([half, -half])
    failures *= np.sqrt(2.0) / failures.sum(axis=1).std()
    gain, nothing = failures.sum(axis=1), np.zeros(len(failures))
    return pd.DataFrame(
        {
            "cost.Chemo_Cost": nothing, "cost.Radio_Cost": nothing,
            "effectiveness.Chemo_Eff": nothing, "effectiveness.Radio_Eff": gain,
            "parameters.pFailChemo": failures[:, 0], "parameters.pFailSurg": failures[:, 1],
        }
    )  # fmt: skip


def test_figures_are_those_of_the_closed_form(psa: pd.DataFrame) -> None:
    """Raiffa & Schlaifer 1961: sd over root 2 pi, of which a study of n learns the root of n / (n + n0)."""
    found = dampack.rows(psa)
    assert [(row.figure, row.at) for row in found] == [
        (figure, at) for figure, printed in dampack.PRINTED.items() for at in printed
    ]
    for row in found:
        learnt = math.sqrt(row.at / (row.at + dampack.BEFORE)) * 5e4 if row.figure == "EVSI" else row.at
        assert row.found == pytest.approx(learnt / math.sqrt(math.pi), rel=0.04), row
        assert row.theirs == pytest.approx(learnt / math.sqrt(math.pi), rel=0.04), row


@pytest.mark.parametrize("way", [-1, 1])
def test_a_figure_that_is_off_is_told_above_and_below(way: int) -> None:
    printed = 1000.0
    right = dampack.Row("EVPPI", 5e4, printed + 0.9 * way, 1.0, printed * (1 + 0.005 * way), printed)
    assert right.agrees
    assert not right._replace(found=printed + 1.1 * way).agrees
    assert not right._replace(theirs=printed * (1 + 0.007 * way)).agrees
    exact = dampack.Row("EVPI", 1e3, printed + 0.0004 * way, 30.0, printed, printed)
    assert exact.agrees
    assert not exact._replace(found=printed + 0.0006 * way).agrees


def test_a_file_gives_a_table(
    psa: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    psa.head(500).to_csv(tmp_path / "psa.csv", index=False)
    monkeypatch.setattr(sys, "argv", ["dampack.py", str(tmp_path / "psa.csv")])
    with pytest.raises(SystemExit, match="1"):  # these are other draws
        dampack.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + sum(map(len, dampack.PRINTED.values()))
    assert lines[1].startswith("EVPI")
    assert "1,084.833  not as printed" in lines[1]


def test_another_file_is_refused(psa: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="pFailSurg"):
        dampack.rows(psa.drop(columns="parameters.pFailSurg"))
    with pytest.raises(ValueError, match="cost"):
        dampack.rows(psa.drop(columns="cost.Radio_Cost"))
