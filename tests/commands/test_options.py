"""Options that several verbs share: amounts in euros."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from commands.options import euros, worth
from tests.terminal import call


@pytest.mark.parametrize(
    ("text", "amount"),
    [("60000", 6e4), ("60000.5", 60000.5), ("60 000", 6e4), ("\N{EURO SIGN} 1.234.567,-", 1234567.0)],
)
def test_an_amount_of_one_meaning_is_read(text: str, amount: float) -> None:
    assert euros(text) == worth(text) == amount


@pytest.mark.parametrize("text", ["60.000", "60,000", "veel", "", "60%", "nan", "60 k"])
def test_any_other_amount_is_refused(text: str) -> None:
    for read in (euros, worth):
        with pytest.raises(typer.BadParameter, match="expected an amount in euros"):
            read(text)


def test_what_something_is_worth_is_not_below_zero() -> None:
    assert euros("-3") == -3.0
    with pytest.raises(typer.BadParameter, match="must be 0 or more, found -3"):
        worth("-3")


A, B = "a.yaml", "b.yaml"


@pytest.mark.parametrize(
    "words",
    [
        ("run", A, "--out", ""),
        ("compare", A, B, "--out="),
        ("batch", "", "--out", "x"),
        ("batch", ".", "--out", ""),
        ("sensitivity", A, B, "--out", "", "--json"),
        ("study", A, B, "--out", ""),
        ("twins", A, B, "--out="),
        ("briefing", A, B, "--out", ""),
        ("export", A, B, "--out", ""),
        ("model", "x.yaml", "--out", ""),
        ("calibrate", "--quick", "--out", ""),
        ("data", "municipality", "Almere", "--out", ""),
        ("data", "fit", "x.yaml", "--out", ""),
        ("data", "template", "--out", ""),
        ("data", "towns", ""),
        ("runs", "list", "--in", ""),
        ("runs", "--in", "", "prune", "--keep", "0", "--yes"),
        ("runs", "crate", "x", ""),
        ("scenarios", ""),
        ("new", ""),
        ("check", ""),
        ("",),
    ],
    ids=" ".join,
)
def test_an_empty_word_is_one_sentence_and_nothing_is_written(words: tuple[str, ...], tmp_path: Path) -> None:
    """As of a script whose variable is empty: it would be the folder where the command is given."""
    done = call(*words, cwd=tmp_path)
    said = ["kinderwerk", *words]
    before = next(word or said[k - 1] for k, word in enumerate(said) if word in ("", "--out="))
    sentence = f"nothing is given after {before}; a variable of a script may be empty\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_value_that_holds_or_ends_in_a_sign_is_a_value(tmp_path: Path) -> None:
    done = call("run", "--own-model=x=", "nowhere=", "--seed=0", cwd=tmp_path)
    assert done.returncode == 2
    assert "nothing is given" not in done.stderr
