"""An app as a visitor first finds it: with its own defaults, compiled, and no answer kept from before."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from sim.machine.compiling import cache_root
from tests.browser.screens import running_app


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Let the processes started here keep what they compute in a new folder, with only the kernels in it.

    Answers kept by the benchmark before would be timed otherwise. Kernels are compiled on a server that runs.
    """
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        cache.mkdir(mode=0o700)
        shutil.copytree(cache_root() / "kernels", cache / "kernels")
        with mock.patch.dict(os.environ, KINDERWERK_CACHE=str(cache)):
            os.environ.pop("NUMBA_CACHE_DIR", None)
            yield


@contextmanager
def fresh_app() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the app with its own defaults and nothing kept; yield its address and its process."""
    sizes = {"KINDERWERK_APP_CHILDREN": "10000", "KINDERWERK_APP_DRAWS": "40"}  # not those of the tests
    with nothing_kept(), running_app(sizes=sizes) as running:
        yield running
