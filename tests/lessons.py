"""Runs the lessons of docs/lessons as a notebook would, and writes what they print into them.

``python -m tests.lessons`` renews the printed lines; the tests hold them against what comes out now.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "docs" / "lessons").glob("*.ipynb"))


def read(path: Path) -> dict[str, Any]:
    """Return a notebook."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def run(notebook: dict[str, Any], folder: Path) -> list[str]:
    """Return what each cell of code prints, run one after the other in a folder beside the scenarios."""
    (folder / "scenarios").symlink_to(ROOT / "scenarios")
    before, names, printed = Path.cwd(), dict[str, Any](), []
    os.chdir(folder)
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
                printed.append(out.getvalue())
    finally:
        os.chdir(before)
    return printed


def told(notebook: dict[str, Any]) -> list[str]:
    """Return what the notebook says that each cell of code prints."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return ["".join(text for out in cell["outputs"] for text in out["text"]) for cell in code]


def renewed(path: Path) -> str:
    """Return the text of a notebook with what it prints now."""
    notebook = read(path)
    with tempfile.TemporaryDirectory() as folder:
        printed = iter(run(notebook, Path(folder)))
    for number, cell in enumerate((c for c in notebook["cells"] if c["cell_type"] == "code"), 1):
        text = next(printed)
        stream = {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}
        cell["outputs"], cell["execution_count"] = [stream] if text else [], number
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for lesson in LESSONS:
        lesson.write_text(renewed(lesson), encoding="utf-8")
