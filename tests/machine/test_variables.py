"""What the environment says is read, or told by name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from sim.machine import variables
from sim.machine.variables import VariableError

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = ["KINDERWERK_CACHE_GB", "KINDERWERK_APP_CHILDREN", "KINDERWERK_APP_DRAWS"]
NO_NUMBERS = ("inf", "-inf", "nan", "1e400", "-1", "abc", "4GB", "1,5", "9" * 5000, "1e300", "é", "\udce9")
WRONG = {
    **{name: list(NO_NUMBERS) for name in NUMBERS},
    "KINDERWERK_COMMIT": ["two words", "a\nb", "x" * 101, "\udce9", "\x1b[31m"],
    "KINDERWERK_APP_CONTACT": ["caf\udce9@gemeente.example", "\x1b[31mred"],
    "KINDERWERK_LOG": ["yes", "JSON", "json,", "caf\udce9"],
    "KINDERWERK_THEME": ["caf\udce9.json", "\x1b[31mred.json"],
}  # fmt: skip
WRONG["STREAMLIT_SERVER_PORT"] = ["x", "0", "65536", "99999"]
WRONG["STREAMLIT_SERVER_ALLOWED_HOSTS"] = ['["a.example"]', "a.example,b.example", "caf\udce9"]
WRONG["KINDERWERK_APP_METRICS"] = ["2", "yes", "1 1"]
WRONG["HOME"] = [__file__, "/etc/passwd"]
WRONG["NUMBA_NUM_THREADS"] = ["x", "0", "-1", "1.5", "100001", "inf"]
WRONG["KINDERWERK_THREADS"] = ["x", "0", "-2", "2,5", "100001", "all"]
WRONG["KINDERWERK_APP_CHILDREN"] += ["0", "2.5", "5000001", "10.000", "1e4"]
WRONG["KINDERWERK_APP_DRAWS"] += ["0", "1", "2.5", "10001"]
CASES = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WRONG:
        monkeypatch.delenv(name, raising=False)


def said() -> list[object]:
    return [read() for read in variables._ALL]


OURS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
DEFAULTS: list[object] = [
    4 << 30, 10_000, 40, "", "", False, "", os.cpu_count(), OURS, 8501, "", False, "",
]  # fmt: skip


def test_what_is_not_set_or_empty_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said() == DEFAULTS
    for name in WRONG:
        monkeypatch.setenv(name, " ")
    assert said() == DEFAULTS
    variables.check()


def test_what_is_set_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDERWERK_CACHE_GB", "0.5")
    monkeypatch.setenv("KINDERWERK_APP_CHILDREN", " 300 ")
    monkeypatch.setenv("KINDERWERK_APP_DRAWS", "2")
    monkeypatch.setenv("KINDERWERK_APP_CONTACT", " hulp bij één vraag:\tjeugd@gemeente.example ")
    monkeypatch.setenv("KINDERWERK_THEME", " huis stijl/tokens.json ")
    monkeypatch.setenv("KINDERWERK_LOG", " json ")
    monkeypatch.setenv("KINDERWERK_COMMIT", "v1.2-3-gabc+")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "3")
    monkeypatch.setenv("KINDERWERK_THREADS", "5")
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "80")
    monkeypatch.setenv("STREAMLIT_SERVER_ALLOWED_HOSTS", "kinderwerk.gemeente.example 127.0.0.1")
    monkeypatch.setenv("KINDERWERK_APP_METRICS", "1")
    monkeypatch.setenv("HOME", "/nonexistent")
    contact, theme = "hulp bij één vraag: jeugd@gemeente.example", "huis stijl/tokens.json"
    served = [80, "kinderwerk.gemeente.example 127.0.0.1", True, "/nonexistent"]
    assert said() == [1 << 29, 300, 2, contact, theme, True, "v1.2-3-gabc+", 3, 5, *served]
    variables.check()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process cannot be held to a processor")
def test_a_process_that_is_held_to_one_processor_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: the machine may have many more."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(ours)})
    try:
        assert variables.processors() == 1
        monkeypatch.setenv("KINDERWERK_THREADS", "6")
        assert variables.processors() == 6
    finally:
        os.sched_setaffinity(0, ours)


def test_no_room_on_disk_is_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDERWERK_CACHE_GB", "0")
    assert variables.cache_bytes() == 0


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_wrong_value_is_one_short_sentence_that_names_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(VariableError) as caught:
        variables.check()
    told = str(caught.value)
    assert told.startswith(f"{name}: ")
    assert told.isprintable()
    assert told.isascii()
    assert len(told) < 250
    (problem,) = caught.value.problems
    assert problem.fault.text("nl")


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("KINDERWERK_CACHE_GB", "1,5", "write decimals with a point: 1.5"),
        ("KINDERWERK_APP_CHILDREN", "10.000", "write it without separators: 10000"),
        ("KINDERWERK_APP_CHILDREN", "1,000,000", "write it without separators: 1000000"),
        ("KINDERWERK_APP_CHILDREN", "1,5", ""),
        ("KINDERWERK_CACHE_GB", "1,000", ""),  # one or a thousand
    ],
)
def test_a_hint_is_given_where_one_thing_is_meant(
    name: str, value: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(VariableError) as caught:
        variables.check()
    assert str(caught.value).partition("; ")[2] == hint


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, values in WRONG.items():
        monkeypatch.setenv(name, values[0])
    with pytest.raises(VariableError) as caught:
        variables.check()
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == sorted(
        WRONG, key=str(caught.value).index
    )
    assert len(caught.value.problems) == len(WRONG)


ELSEWHERE = {
    "KINDERWERK_TRACE",  # any value
    "KINDERWERK_CACHE", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR",  # folders: compiling.py tells what is wrong
}  # fmt: skip
OF_OTHERS = {"HOME", "STREAMLIT_SERVER_PORT", "STREAMLIT_SERVER_ALLOWED_HOSTS"}


def read_in(files: Iterable[Path]) -> set[str]:
    found: set[str] = set()
    for path in files:
        found |= set(re.findall(r"KINDERWERK_[A-Z_]+|XDG_[A-Z_]+|NUMBA_[A-Z_]+", path.read_text("utf-8")))
    return found


def test_every_variable_of_ours_is_looked_at_and_in_the_docs() -> None:
    folders = [ROOT / name for name in ("sim", "calibration", "commands", "pages")]
    ours = read_in([ROOT / "cli.py", ROOT / "app.py", *(p for f in folders for p in f.rglob("*.py"))])
    assert ours == (set(WRONG) - OF_OTHERS) | ELSEWHERE
    told = read_in([ROOT / "docs" / "deploy.md"])
    assert ours - told <= {"KINDERWERK_TRACE", "KINDERWERK_COMMIT", "NUMBA_NUM_THREADS", "XDG_CACHE_HOME"}
