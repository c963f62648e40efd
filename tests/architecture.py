"""Draws the pictures of docs/architecture.md from its tables: ``python -m tests.architecture``.

A test holds the tables against the files and the pictures against the tables, so that neither goes stale.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PICTURES = ROOT / "docs" / "pictures"
WIDTH, LINE, PAD, GAP = 760, 19, 10, 12
INK, QUIET, FILL, EDGE = "#1d2730", "#4a5863", "#f2f5f7", "#1f5a7a"


class Group(NamedTuple):
    """A row of a table of modules."""

    name: str
    modules: tuple[str, ...]
    what: str


class Step(NamedTuple):
    """A row of the table of steps."""

    name: str
    reads: str
    does: str
    by: str
    kept: str


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    table = rest.partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def groups(folder: str) -> list[Group]:
    """Return the groups of modules of a folder, from the ground up."""
    found = rows(f"The modules of {folder}/")
    return [Group(name, tuple(re.findall(r"`([^`]+)`", modules)), what) for name, modules, what in found]


def steps() -> list[Step]:
    """Return the steps from a scenario file to a report."""
    return [
        Step(*(cell.replace("`", "") for cell in row)) for row in rows("From a scenario file to a report")
    ]


class Drawing:
    """An SVG that grows downwards."""

    def __init__(self, title: str) -> None:
        self.title, self.parts, self.y = title, list[str](), GAP

    def text(self, x: int, y: int, words: str, size: int = 14, bold: bool = False, ink: str = INK) -> None:
        """Put a line of text with its baseline at y."""
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{x}" y="{y}" font-size="{size}"{weight} fill="{ink}">{escape(words)}</text>'
        )

    def box(self, x: int, y: int, width: int, height: int) -> None:
        """Put a box."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{FILL}" stroke="{EDGE}"/>'
        )

    def arrow(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Put an arrow."""
        self.parts.append(
            f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="{EDGE}" stroke-width="1.5" '
            'marker-end="url(#head)"/>'
        )

    def svg(self) -> str:
        """Return the picture as a file."""
        head = (
            '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{EDGE}"/></marker>'
        )
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.y}" '
            f'viewBox="0 0 {WIDTH} {self.y}" font-family="sans-serif" role="img">',
            f"<title>{escape(self.title)}</title>",
            f"<defs>{head}</defs>",
            f'<rect width="{WIDTH}" height="{self.y}" fill="#ffffff"/>',
            *self.parts,
            "</svg>\n",
        ])  # fmt: skip


def layers() -> str:
    """Return the picture of the groups of sim/, the ground at the bottom."""
    drawing = Drawing("The groups of sim/, each resting on those below it")
    for group in reversed(groups("sim")):
        lines = wrap("  ".join(group.modules), 74, break_on_hyphens=False)
        told = wrap(group.what, 92)
        height = 2 * PAD + LINE * (len(lines) + len(told)) - 4
        drawing.box(GAP, drawing.y, WIDTH - 2 * GAP, height)
        drawing.text(GAP + PAD, drawing.y + PAD + 13, group.name, 14, bold=True)
        for k, line in enumerate(lines):
            drawing.text(175, drawing.y + PAD + 13 + LINE * k, line)
        for k, line in enumerate(told):
            drawing.text(175, drawing.y + PAD + 13 + LINE * (len(lines) + k), line, 12, ink=QUIET)
        drawing.y += height + 6
    drawing.y += GAP - 6
    return drawing.svg()


def flow() -> str:
    """Return the picture of the way from a scenario file to a report."""
    drawing = Drawing("The way from a scenario file to a report")
    left, middle, right = GAP, 215, 590
    width = right - middle - 25
    for number, step in enumerate(steps()):
        does, by = wrap(step.does, 44), wrap(step.by, 50)
        height = 2 * PAD + LINE * (1 + len(does) + len(by)) - 6
        top = drawing.y
        if number:
            drawing.arrow(middle + width // 2, top - 18, middle + width // 2, top - 1)
        drawing.box(middle, top, width, height)
        drawing.text(middle + PAD, top + PAD + 12, step.name, 14, bold=True)
        for k, line in enumerate(does):
            drawing.text(middle + PAD, top + PAD + 12 + LINE * (k + 1), line)
        for k, line in enumerate(by):
            drawing.text(middle + PAD, top + PAD + 12 + LINE * (len(does) + k + 1), line, 12, ink=QUIET)
        for x, words, goes in (
            (left, step.reads, (middle - 22, middle - 2)), (right, step.kept, (right - 24, right - 4)),
        ):  # fmt: skip
            for k, line in enumerate(wrap(words, 22, break_on_hyphens=False)):
                drawing.text(x, top + PAD + 12 + LINE * k, line, 13)
            if words:
                drawing.arrow(goes[0], top + PAD + 8, goes[1], top + PAD + 8)
        drawing.y += height + 20
    drawing.y -= 20 - GAP
    return drawing.svg()


DRAWN = {"architecture-layers.svg": layers, "architecture-flow.svg": flow}


def main() -> None:
    """Draw the pictures."""
    for name, draw in DRAWN.items():
        (PICTURES / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
