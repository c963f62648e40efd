"""The log for machines holds what happened and where, and nothing that a visitor typed, sent or asked for."""

from __future__ import annotations

import ast
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.machine.loglines import ELSEWHERE, JsonLines

ROOT = Path(__file__).resolve().parents[2]
SECRET = "GEHEIM-4711"
LINE = {"time", "level", "event", "version", "process", "at"}


def told(
    folder: Path, *call: str, lines: str = "json", **surroundings: str
) -> tuple[int, str, list[dict[str, Any]]]:
    """Return the exit code of Python with these words, its stderr, and the lines on it if they are JSON."""
    done = subprocess.run(
        [sys.executable, *call], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KINDERWERK_LOG": lines, **surroundings},
    )  # fmt: skip
    return done.returncode, done.stderr, [json.loads(x) for x in done.stderr.splitlines() if lines]


def line_of(
    error: BaseException | None = None, name: str = "pages.x", level: int = logging.ERROR
) -> dict[str, Any]:
    """Return the line of a record with a secret among its values. error: raised with it."""
    info = (type(error), error, error.__traceback__) if error else None
    where = str(ROOT / "pages" / "x.py")
    record = logging.LogRecord(name, level, where, 7, "%s was read", (SECRET,), info)
    found: dict[str, Any] = json.loads(JsonLines().format(record))
    return found


def test_a_record_of_ours_is_told_without_its_values() -> None:
    line = line_of()
    assert set(line) == LINE
    assert (line["event"], line["level"], line["at"]) == ("%s was read", "ERROR", "pages/x.py:7")
    assert line["time"].endswith("+00:00")


def test_what_a_library_says_is_left_out() -> None:
    line = line_of(name="uvicorn.error")
    assert (line["event"], line["level"]) == ("library", "ERROR")


def test_an_exception_is_told_by_kind_and_place_with_what_it_came_from() -> None:
    source = f"def read(text):\n    raise KeyError(text)\nread('{SECRET}')"
    code = compile(source, f"/{SECRET}/own.py", "exec")
    try:
        try:
            exec(code, {})
        except KeyError as error:
            error.add_note(SECRET)
            raise ValueError(f"{SECRET} cannot be read") from error
    except ValueError as error:
        line = line_of(error)
    assert [each["type"] for each in line["errors"]] == ["ValueError", "KeyError"]
    first, second = (each["trace"] for each in line["errors"])
    assert "test_loglines.py:" in first[0]
    assert second[1:] == [f"{ELSEWHERE}:3 <module>", f"{ELSEWHERE}:2 read"]
    assert SECRET not in json.dumps(line)


def test_a_trace_without_end_is_cut_at_what_was_called_first() -> None:
    def down() -> None:
        down()

    with pytest.raises(RecursionError) as caught:
        down()
    (found,) = line_of(caught.value)["errors"]
    assert 10 < len(found["trace"]) < 100


VISIT = f"""
import json, logging, sys, threading, warnings
from commands.ending import look_first
look_first()
from pages.choices import link
from pages.shared import parts
from pages.serving.apart import READER

def fail(text):
    raise ValueError(f"cannot read {{text}}")

if __name__ == "__main__":
    link._READERS["gemeente"] = fail
    link.read_link({{"gemeente": ["{SECRET}"]}})
    parts.t = parts.st.error = lambda text: None
    parts.guarded(lambda: READER.do("{SECRET}.yaml", json.loads, "{SECRET}"))
    READER.close()
    thread = threading.Thread(target=fail, args=["{SECRET}"])
    thread.start()
    thread.join()
    print("{SECRET}", "{SECRET}", file=sys.stderr)
    warnings.warn("{SECRET}")
    logging.getLogger("streamlit.x").error("{SECRET}")
    logging.getLogger("uvicorn.access").setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").info("GET /?gemeente={SECRET}")
    own = logging.getLogger("streamlit.y")
    own.propagate = False
    own.addHandler(logging.StreamHandler())
    own.warning("{SECRET}")
    fail("{SECRET}")
"""


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, list[dict[str, Any]]]:
    """What the log says of a visitor whose link, file and words all meet a mistake of ours."""
    folder = tmp_path_factory.mktemp(SECRET)
    (folder / "visit.py").write_text(VISIT, encoding="utf-8")
    return told(folder, "visit.py", KINDERWERK_CACHE=str(folder / "cache"))


def test_nothing_of_a_visitor_is_in_any_line(visit: tuple[int, str, list[dict[str, Any]]]) -> None:
    code, text, lines = visit
    assert code == 1
    assert all(set(line) >= LINE for line in lines)
    assert SECRET not in text


def test_what_went_wrong_is_told_with_its_place(visit: tuple[int, str, list[dict[str, Any]]]) -> None:
    _, _, lines = visit
    told = [
        (line["event"], line["level"]) for line in lines
        if line["event"] != "started" and not line["at"].startswith("streamlit/")
    ]  # fmt: skip
    assert told == [
        ("%s in a link could not be read", "ERROR"),
        ("mistake", "ERROR"),  # in the process that reads files
        ("a page failed", "ERROR"),
        ("mistake", "ERROR"),  # in a thread
        ("text", "INFO"),
        ("library", "WARNING"),  # Python's own warning
        ("library", "ERROR"),
        ("library", "WARNING"),
        ("mistake", "ERROR"),  # that nobody caught
    ]
    of_link, of_file, *_ = (line for line in lines if "errors" in line)
    assert of_link["errors"][0]["type"] == "ValueError"
    assert of_link["errors"][0]["trace"][0].startswith("pages/choices/link.py:")
    assert of_file["errors"][0]["type"] == "JSONDecodeError"
    assert of_file["errors"][0]["trace"][0].startswith("pages/serving/apart.py:")
    assert len({line["process"] for line in lines}) > 1


def test_a_refusal_is_told_by_its_code_alone(tmp_path: Path) -> None:
    file = tmp_path / f"{SECRET}.yaml"
    file.write_text(f"kind: scenario\ntitle: {SECRET}\nmunicipality: {SECRET}\n", encoding="utf-8")
    code, text, lines = told(tmp_path, "-m", "cli", "check", file.name)
    assert code == 2
    assert SECRET not in text
    (refused,) = (line for line in lines if line["event"] == "refused")
    assert refused["codes"]
    assert lines[-1]["event"] == "ended"
    assert lines[-1]["code"] == 2


def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path) -> None:
    code, _, lines = told(tmp_path, "-m", "cli", "data", "towns", KINDERWERK_CACHE_GB="many")
    (refused,) = (line for line in lines if line["event"] == "refused")
    assert (code, refused["variables"]) == (2, ["KINDERWERK_CACHE_GB"])


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("run", f"--{SECRET}"), "NoSuchOption"),
        (("run",), "MissingParameter"),
        (("data", "template", "--out"), "BadOptionUsage"),
        (("run", "a.yaml", "--seed", SECRET), "BadParameter"),
        ((SECRET,), "UsageError"),
    ],
)
def test_wrong_words_of_a_command_are_refused_by_their_kind(
    tmp_path: Path, words: tuple[str, ...], kind: str
) -> None:
    code, text, lines = told(tmp_path, "-m", "cli", *words)
    assert code == 2
    assert SECRET not in text
    (refused,) = (line for line in lines if line["event"] == "refused")
    assert refused["usage"] == kind
    assert (lines[-1]["event"], lines[-1]["code"]) == ("ended", 2)


def test_a_batch_tells_how_far_it_is_and_how_it_ended(tmp_path: Path) -> None:
    plans = tmp_path / SECRET
    plans.mkdir()
    for name, fte in (("geen", 0), ("meer", 40)):
        (plans / f"{SECRET}-{name}.yaml").write_text(
            f"kind: scenario\ntitle: {SECRET} {name}\nmunicipality: Almere\nstart: 2026\nyears: 2\n"
            f"programmes:\n  kinderwerk:\n    fte: {fte}\n", encoding="utf-8",
        )  # fmt: skip
    code, text, lines = told(
        tmp_path, "-m", "cli", "batch", SECRET, "--out", f"{SECRET}-out", "--draws", "1",
        "--children", "400", "--workers", "2",
    )  # fmt: skip
    assert code == 0
    assert SECRET not in text
    progress = [line for line in lines if line["event"] == "progress"]
    assert (progress[0]["done"], progress[-1]["done"]) == (0, progress[-1]["total"])
    assert {line["stage"] for line in progress} >= {"units"}
    assert len({line["process"] for line in lines}) > 1  # workers log as well
    assert lines[-1] | {"event": "ended", "code": 0} == lines[-1]


def test_without_the_variable_people_read_what_they_always_did(tmp_path: Path) -> None:
    code, text, _ = told(tmp_path, "-m", "cli", "check", "nowhere.yaml", lines="")
    assert code == 2
    assert text.startswith("nowhere.yaml")
    assert "{" not in text


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Yield each call in our code that logs, with what is called."""
    for folder in ("sim", "pages", "commands", "calibration"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    owner = node.func.value
                    if isinstance(owner, ast.Name) and owner.id in ("log", "logging", "loglines"):
                        yield path, node, f"{owner.id}.{node.func.attr}"


def test_an_event_is_written_out_in_the_code() -> None:
    """A message put together beforehand would carry its values into the log."""
    told = {f"log.{each}" for each in ("debug", "info", "warning", "error", "exception", "critical")}
    found = [(path, node) for path, node, name in calls() if name in {*told, "loglines.event"}]
    assert len(found) > 8
    own = ROOT / "sim" / "machine" / "loglines.py"
    put_together = [
        f"{path.relative_to(ROOT)}:{node.lineno}" for path, node in found
        if path != own and not isinstance(node.args[0], ast.Constant)
    ]  # fmt: skip
    assert not put_together
