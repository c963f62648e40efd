"""Does what a page of docs/ tells its reader to do, and stops where something is not as the page says.

``python tests/reader.py tutorials/engineer.md FOLDER`` works in FOLDER, with copies of what a page may change
(data, scenarios, pages, tests) beside the code of this checkout. The blocks of a page mean:

- ``title="PATH"``: a new file. ``title="PATH, added"``: these lines are put at its end.
- ``diff`` with a title: what stands in that file once, and what is put in its place; the last line may be
  cut off.
- ``python`` without a title: run; all such blocks of a page share their names.
- ``console``: after ``$`` a command that must succeed (or end with the ``exit code N`` of the title); the
  lines below it must be printed, in that order, whatever stands between them. ``...`` stands for more.
- ``not run`` in a title: too slow for a test; that the command exists is tested elsewhere.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COPIED = (
    "sim/data",
    "sim/words",
    "scenarios",
    "pages",
    "tests/pages",
    "tests/words/test_parameter_words.py",
    "tests/conftest.py",
    "tests/worlds.py",
    "pyproject.toml",
)
FENCE = re.compile(r'^```(\w*)(?: title="([^"]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    title: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [Block(m[1], m[2] or "", m[3], text.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(text)]


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with what it must print."""
    command, expected = "", list[str]()
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            if command:
                yield command, expected
            command, expected = line[2:], []
        elif line.strip() not in ("", "..."):
            expected.append(line)
    yield command, expected


def copy(folder: Path) -> None:
    """Put what a page may change into a folder."""
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        put = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        put(ROOT / name, folder / name)


def settle(folder: Path) -> None:
    """Work in a folder: its data and pages go before those of this checkout, and the code is that of here."""
    os.chdir(folder)
    os.environ["COLUMNS"] = "160"
    sys.path[:] = [str(folder), str(ROOT), *(p for p in sys.path if Path(p).resolve() != ROOT / "tests")]
    from sim.machine import compiling
    from sim.model import parameters

    data = folder / "sim" / "data"
    compiling.DATA = data
    for name in (
        "DATA",
        "PARAMETER_FILE",
        "POSTERIOR_FILE",
    ):  # before the modules that read them are imported
        setattr(parameters, name, data / getattr(parameters, name).relative_to(ROOT / "sim" / "data"))
    from sim.words import writing

    writing.WORDS = folder / "sim" / "words"


def forget() -> None:
    """Let every module read its files again."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("sim", "calibration", "pages"):
            for value in list(vars(module).values()):
                if callable(getattr(value, "cache_clear", None)):
                    value.cache_clear()


def change(block: Block) -> None:
    """Write a file, add to it, or put lines of it in place of others."""
    name, _, how = block.title.partition(", ")
    path = Path(name)
    if block.language == "diff":
        was = "".join(line[1:] for line in block.text.splitlines(True) if line[0] in " -").rstrip("\n")
        becomes = "".join(line[1:] for line in block.text.splitlines(True) if line[0] in " +").rstrip("\n")
        text = path.read_text(encoding="utf-8")
        assert text.count(was) == 1, f"{name} holds this {text.count(was)} times:\n{was}"
        path.write_text(text.replace(was, becomes), encoding="utf-8")
    elif how == "added":
        with path.open("a", encoding="utf-8") as stream:
            stream.write(block.text)
    else:
        assert not path.exists(), f"{name} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    forget()


def run(command: str) -> int:
    """Run a command in this process, and return its exit code."""
    words = shlex.split(command, comments=True)
    if words[:3] == ["python", "-m", "pytest"]:
        import pytest

        return int(pytest.main(["-p", "no:cacheprovider", "--rootdir", ".", *words[3:]]))
    if words[0] == "mkdir":
        Path(words[-1]).mkdir()
        return 0
    assert words[0] == "kinderwerk", f"a page may not ask for: {command}"
    import cli

    sys.argv = words
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)


def plain(text: str) -> str:
    """Return a text without the frames of tables, and with single spaces."""
    return re.sub(r"[\s\u2500-\u257f]+", " ", text)


def look(command: str, expected: list[str], code: int) -> None:
    """Run a command and hold what it says against the page."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        ended = run(command)
    text = plain(said.getvalue())
    assert ended == code, f"$ {command}\nended with {ended}, not {code}:\n{said.getvalue()}"
    at = 0
    for line in expected:
        found = text.find(plain(line).strip(), at)
        assert found >= 0, f"$ {command}\ndid not print (here): {line}\nbut:\n{said.getvalue()}"
        at = found


def follow(page: Path) -> None:
    """Do everything that a page says, in the order in which it says it."""
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        try:
            if block.language == "console" and "not run" not in block.title:
                code = re.search(r"exit code (\d)", block.title)
                for command, expected in commands(block):
                    look(command, expected, int(code[1]) if code else 0)
            elif block.language == "python" and not block.title:
                exec(compile(block.text, f"{page.name}, line {block.line}", "exec"), names)
            elif block.title and "not run" not in block.title:
                change(block)
        except Exception as error:
            raise SystemExit(f"{page.name}:{block.line}: {type(error).__name__}: {error}") from error


def main() -> None:
    """Follow the page that is named, in the folder that is named."""
    folder = Path(sys.argv[2]).resolve()
    copy(folder)
    settle(folder)
    follow(ROOT / "docs" / sys.argv[1])


if __name__ == "__main__":
    main()
