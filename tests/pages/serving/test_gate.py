"""What browsers may send is bounded, per session and for the server; figures about the server stay inside."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette import starlette_routes

from pages.serving import gate
from pages.serving.gate import KEPT_BYTES, KEPT_FILES, OF_ONE, UploadGate
from sim.machine.variables import METRICS

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = b"x" * 990_000


def run(work: Coroutine[object, object, T]) -> T:
    # In a thread of its own: a browser test before this one leaves Playwright's loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Server:
    """What Streamlit keeps, and an app that keeps each file as Streamlit does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.manager = MemoryUploadedFileManager("")
        self.gone: set[str] = set()
        self.hold: Callable[[], Awaitable[object]] | None = None
        active = SimpleNamespace(
            uploaded_file_mgr=self.manager, is_active_session=lambda session: session not in self.gone
        )
        monkeypatch.setattr(runtime, "get_instance", lambda: active)
        upload = Route("/_stcore/upload_file/{session}/{file}", self.keep, methods=["PUT", "DELETE"])
        rest = Route("/{path:path}", lambda _: PlainTextResponse("inside"), methods=["GET", "OPTIONS"])
        self.app: ASGIApp = Starlette(routes=[upload, rest], middleware=[Middleware(UploadGate)])

    async def keep(self, request: Request) -> Response:
        if self.hold is not None:
            await self.hold()
        session, file = request.path_params["session"], request.path_params["file"]
        self.manager.add_file(session, UploadedFileRec(file, "a", "b", await request.body()))
        return Response(status_code=204)

    async def ask(self, path: str, method: str = "PUT", body: bytes = MEGABYTE) -> int:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
            "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": b"", "headers": [],
            "server": ("localhost", 80), "client": ("localhost", 1),
        }  # fmt: skip
        await self.app(scope, receive, send)
        return int(sent[0]["status"])

    def kept(self) -> dict[str, list[str]]:
        return {session: list(files) for session, files in self.manager.file_storage.items() if files}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


def file(session: str, number: int) -> str:
    return f"/_stcore/upload_file/{session}/{number}"


def test_streamlit_still_has_the_addresses_that_are_guarded() -> None:
    assert f"/{starlette_routes.BASE_ROUTE_UPLOAD_FILE}/" == gate._UPLOADS
    assert f"/{starlette_routes.ROUTE_METRICS}" == gate._METRICS


def test_what_a_browser_says_at_a_time_is_bounded() -> None:
    server = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]
    assert server["maxUploadSize"] == server["maxWidgetStateSize"] == 1
    assert server["maxMessageSize"] <= 16


def test_of_one_session_the_last_files_are_kept(server: Server) -> None:
    async def send() -> None:
        for number in range(300):
            assert await server.ask(file("a", number)) == 204

    run(send())
    assert server.kept() == {"a": [str(number) for number in range(300 - KEPT_FILES, 300)]}


def test_files_of_all_sessions_together_are_bounded(server: Server) -> None:
    async def send() -> list[int]:
        return [await server.ask(file(f"session {number}", 0)) for number in range(100)]

    found = run(send())
    assert set(found) == {204, 503}
    assert sum(len(f.data) for files in server.manager.file_storage.values() for f in files.values()) < (
        KEPT_BYTES + len(MEGABYTE)
    )
    server.manager.remove_session_files("session 0")
    server.manager.remove_session_files("session 1")
    assert run(server.ask(file("late", 0))) == 204


def test_a_file_that_comes_in_after_its_session_has_gone_is_not_kept(server: Server) -> None:
    server.gone.add("a")
    run(server.ask(file("a", 1)))
    assert server.kept() == {}


def test_few_files_come_in_at_once_of_one_session_and_of_all(server: Server) -> None:
    async def send() -> tuple[list[int], list[int], int]:
        free = asyncio.Event()
        server.hold = free.wait
        asked = [asyncio.create_task(server.ask(file("a", n), body=b"x")) for n in range(5)]
        await asyncio.sleep(0.01)
        asked += [asyncio.create_task(server.ask(file(f"s{n}", 0), body=b"x")) for n in range(20)]
        await asyncio.sleep(0.01)
        free.set()
        found = await asyncio.gather(*asked)
        return found[:5], found[5:], await server.ask(file("a", 9))

    of_one, of_others, later = run(send())
    assert of_one.count(204) == OF_ONE
    assert of_others.count(204) == gate.AT_ONCE - OF_ONE
    assert set(of_one + of_others) == {204, 503}
    assert later == 204


def test_a_file_that_comes_in_too_slowly_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "SECONDS", 0.05)

    async def send() -> list[int]:
        server.hold = asyncio.Event().wait
        slow = [await server.ask(file("a", n)) for n in range(3)]
        server.hold = None
        return [*slow, await server.ask(file("a", 9))]

    assert run(send()) == [408, 408, 408, 204]


def test_taking_a_file_away_is_always_possible(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "KEPT_BYTES", 0)
    assert run(server.ask(file("a", 1))) == 503
    assert run(server.ask(file("a", 1), "DELETE")) == 204


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/base/_stcore/metrics", "/_stcore/metrics\n", "/_stcore/metrics/"]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_figures_about_the_server_are_closed_unless_somebody_opens_them(
    server: Server, monkeypatch: pytest.MonkeyPatch, path: str, method: str
) -> None:
    assert run(server.ask(path, method)) == 404
    monkeypatch.setenv(METRICS, "1")
    assert run(server.ask(path, method)) == 200


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/verken"])
def test_the_rest_is_left_alone(server: Server, path: str) -> None:
    assert run(server.ask(path, "GET")) == 200
