"""Where `kinderwerk` begins, and the server of its app: Ctrl-C is told in one line while they load, too."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, NoReturn


def main() -> NoReturn:
    """Run the command line."""
    imported("cli").main()
    sys.exit(0)


def serve() -> NoReturn:
    """Run Streamlit, with the words after `python -m commands.door`."""
    imported("streamlit.web.cli").main(prog_name="streamlit")
    sys.exit(0)


def imported(name: str) -> Any:
    """Return a module, which takes seconds on a busy machine; end where it is stopped meanwhile."""
    try:
        return import_module(name)
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)  # `commands.ending.STOPPED`, not yet imported
        sys.exit(1)


if __name__ == "__main__":
    serve()
