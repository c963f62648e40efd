"""Middleware before any script runs: bounds on uploaded files, and no public metrics.

Streamlit bounds a file, not their number: it keeps each that a session sends until the session is forgotten.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from sim.machine import variables

KEPT_FILES = 4
"""Of one session: a page shows one field for a file, and the oldest goes first."""
KEPT_BYTES = 64 << 20
"""Of all sessions together; a file of at most 1 MB is forgotten with its session."""
AT_ONCE, OF_ONE = 8, 2
"""Files that come in at the same time, each with some megabytes of memory: of all, and of one session."""
SECONDS = 30.0
"""That a file may take to come in."""
_UPLOADS = "/_stcore/upload_file/"
_METRICS = "/_stcore/metrics"


class Files:
    """The files that Streamlit keeps."""

    def __init__(self, session: str) -> None:
        """Look at those of a session, and of the server."""
        found = runtime.get_instance()
        manager = found.uploaded_file_mgr
        assert isinstance(manager, MemoryUploadedFileManager)
        self.session, self._runtime, self._manager = session, found, manager

    def bytes(self) -> int:
        """Return how much is kept of all sessions."""
        sessions = list(self._manager.file_storage.values())
        return sum(len(file.data) for files in sessions for file in list(files.values()))

    def forget_old(self) -> None:
        """Keep the last files of the session, and none where it is gone: nobody would forget them later."""
        if not self._runtime.is_active_session(self.session):
            self._manager.remove_session_files(self.session)
        for file in list(self._manager.file_storage.get(self.session, {}))[:-KEPT_FILES]:
            self._manager.remove_file(self.session, file)


class UploadGate:
    """Middleware that bounds uploaded files, and closes the metrics of the server to visitors."""

    def __init__(self, app: ASGIApp, files: Callable[[str], Files] = Files) -> None:
        """Stand before `app`. files: those of a session."""
        self.app, self._files = app, files
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope.get("path", "")
        if scope["type"] == "http" and _METRICS in path and not variables.metrics_open():
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "PUT" and _UPLOADS in path:
            session = path.partition(_UPLOADS)[2].partition("/")[0]
            await self._upload(self._files(session), scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _upload(self, files: Files, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept a file if there is room for it; the field for files shows a refusal."""
        if (
            self._coming.total() >= AT_ONCE
            or self._coming[files.session] >= OF_ONE
            or files.bytes() >= KEPT_BYTES
        ):
            await PlainTextResponse("No room for more files", 503)(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        self._coming[files.session] += 1
        try:
            async with asyncio.timeout(SECONDS):
                await self.app(scope, receive, noted)
        except TimeoutError:
            if not begun:
                await PlainTextResponse("Too slow", 408)(scope, receive, send)
        finally:
            self._coming[files.session] -= 1
            self._coming += Counter()  # without those of which none come
            files.forget_old()
