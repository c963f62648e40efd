"""How the house is built: rooms, floors and arrows of sim/, and the names that others use of it.

``python benchmarks/house.py`` counts them in the working tree; the folder of another checkout may be given.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

USERS = ("pages", "commands", "calibration", "cli.py", "app.py")


def module_of(path: Path, root: Path) -> str:
    """Return a file's name as it is imported."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[tuple[str, str]]:
    """Return (module, name) of everything that a file imports from sim/."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sim":
            found |= {(str(node.module), alias.name) for alias in node.names}
    return found


def room_of(module: str) -> str:
    """Return the room of a module: the folder below sim/, or the file where it stands alone."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def shown(path: Path) -> list[str]:
    """Return the modules that a room shows: `__all__` in its __init__.py."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def floors(arrows: set[tuple[str, str]], rooms: set[str]) -> int:
    """Return the length of the longest way down."""
    below: dict[str, set[str]] = {room: {b for a, b in arrows if a == room} for room in rooms}
    height: dict[str, int] = {}

    def high(room: str, seen: tuple[str, ...] = ()) -> int:
        if room not in height and room not in seen:
            height[room] = 1 + max((high(b, (*seen, room)) for b in below[room]), default=0)
        return height.get(room, 0)

    return max(map(high, rooms))


def main() -> None:
    """Print the counts."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    files = sorted((root / "sim").rglob("*.py"))
    rooms = {room_of(module_of(path, root)) for path in files} - {"sim"}
    modules = {module_of(path, root) for path in files}
    arrows = set()
    for path in files:
        here = room_of(module_of(path, root))
        for module, name in imported(path):
            there = room_of(f"{module}.{name}" if f"{module}.{name}" in modules else module)
            if there not in (here, "sim") and here != "sim":
                arrows.add((here, there))
    used = set()
    for name in USERS:
        place = root / name
        for path in place.rglob("*.py") if place.is_dir() else [place]:
            used |= imported(path)
    high = floors(arrows, rooms)
    print(f"files of sim/ {len(files)}, rooms {len(rooms)}, floors {high}, arrows {len(arrows)}")
    print(f"used outside: {len(used)} names of {len({module for module, _ in used})} modules")
    inside = sum(len(path.relative_to(root).parts) > 2 and path.name != "__init__.py" for path in files)
    open_to_others = sum(len(shown(path)) for path in root.glob("sim/*/__init__.py"))
    print(f"shown by rooms: {open_to_others} of {inside} modules")


if __name__ == "__main__":
    main()
