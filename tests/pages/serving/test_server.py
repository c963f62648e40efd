"""The first page in the language of the link, and what every answer says to the browser."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message
from streamlit import net_util
from streamlit.web.server import server_util

from pages.choices.link import read_link
from pages.serving.server import (
    _ENGLISH,
    HEADERS,
    MOST_KEYS,
    ONE_STEP,
    TOO_MANY,
    FirstPage,
    ask_nobody,
    in_language,
)


def test_an_origin_that_nobody_knows_is_refused_without_asking_anybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *_, **__: pytest.fail("it was asked"))
    for each in ("get_external_ip", "get_internal_ip"):
        monkeypatch.setattr(net_util, each, getattr(net_util, each))  # put back at the end
    ask_nobody()
    assert not server_util.is_url_from_allowed_origins("https://elsewhere.example")


PAGE = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes


def get(app: ASGIApp, path: str, query: str = "", **headers: str) -> Answer:
    """Return what the app answers to a browser."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def served() -> None:
        await app(scope, receive, send)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
        "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": query.encode(),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        "server": ("localhost", 80), "client": ("localhost", 1),
    }  # fmt: skip
    # In a thread of its own: a browser test before this one leaves Playwright's loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(served())).result()
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:]))


@pytest.fixture
def client() -> ASGIApp:
    routes = [
        Route("/", lambda _: HTMLResponse(PAGE)), Route("/verken", lambda _: HTMLResponse(PAGE)),
        Route("/plain", lambda _: PlainTextResponse('<html lang="en">' * 500)),
    ]  # fmt: skip
    return Starlette(routes=routes, middleware=[Middleware(FirstPage), Middleware(GZipMiddleware)])


def test_streamlit_still_says_what_is_replaced() -> None:
    for text in _ENGLISH.values():
        assert PAGE.count(text) == 1


@pytest.mark.parametrize(
    ("query", "language", "title"),
    [
        ("", "nl", "vroeg signaleren, vroeg doen"),
        ("taal=en", "en", "signal early, act early"),
        ("taal=<script>", "nl", "vroeg signaleren, vroeg doen"),
        ("gemeente=Tilburg&taal=en", "en", "signal early, act early"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/verken"])
def test_a_page_is_in_the_language_of_its_link(
    client: ASGIApp, path: str, query: str, language: str, title: str
) -> None:
    found = get(client, path, query, accept="text/html", accept_encoding="gzip")
    text = found.content.decode()
    assert found.status == 200
    assert "content-encoding" not in found.headers
    assert int(found.headers["content-length"]) == len(found.content)
    assert f'<html lang="{language}">' in text
    assert f"{title}</title>" in text
    assert "You need to enable JavaScript" not in text


def test_other_files_keep_their_bytes_and_may_come_compressed(client: ASGIApp) -> None:
    found = get(client, "/plain", accept="*/*", accept_encoding="gzip")
    assert found.headers["content-encoding"] == "gzip"
    assert gzip.decompress(found.content) == b'<html lang="en">' * 500


@pytest.mark.parametrize(("query", "language"), [("", "nl"), ("&taal=en", "en")])
def test_a_link_of_too_many_keys_is_opened_as_one_that_tells_so(
    client: ASGIApp, query: str, language: str
) -> None:
    keys = "&".join(f"k{n}=1" for n in range(MOST_KEYS))
    assert get(client, "/verken", keys, accept="text/html").status == 200
    found = get(client, "/verken", f"{keys}&more=1{query}", accept="text/html")
    assert found.status == 307
    assert found.headers["location"] == f"?{TOO_MANY}=1&taal={language}"
    assert found.headers["x-content-type-options"] == "nosniff"
    link = read_link(parse_qs(found.headers["location"].removeprefix("?")))
    assert (link.wrong, link.language) == ((TOO_MANY,), language)


@pytest.mark.parametrize("path", ["/", "/plain"])
def test_every_answer_says_who_may_frame_it(client: ASGIApp, path: str) -> None:
    found = get(client, path, accept="text/html")
    for name, value in HEADERS.items():
        assert found.headers[name.lower()] == value


def test_the_history_is_set_right_before_streamlit_is_read() -> None:
    page = in_language(b"<head><title>Streamlit</title><script src=main></script></head>", "nl").decode()
    assert page.index(ONE_STEP) < page.index("<script src=main>")


def test_a_page_without_those_words_stays_as_it_is() -> None:
    assert in_language(b"<html><p>x</p>", "nl") == b"<html><p>x</p>"


def test_a_server_set_up_as_the_docs_say_answers_under_its_name_and_under_no_other() -> None:
    docs = Path(__file__).resolve().parents[3] / "docs"
    text, proxy = ((docs / name).read_text(encoding="utf-8") for name in ("deploy.md", "open/nginx.conf"))
    value = re.search(r"-e STREAMLIT_SERVER_ALLOWED_HOSTS=(.*) \\\n", text)
    name = re.search(r"server_name (\S+);", proxy)
    assert value is not None
    assert name is not None
    asked = (
        "import sys; from streamlit.web.cli import main\n"
        "from streamlit.web import bootstrap; from streamlit.web.server.starlette.starlette_websocket import "
        "is_host_allowed\n"
        "bootstrap.run_asgi_app = lambda *a, **k: print(list(map(is_host_allowed, sys.argv.pop().split())))\n"
        "main(['run', 'app.py'], standalone_mode=False)"
    )
    found = subprocess.run(
        [sys.executable, "-c", asked, f"{name[1]} other.example"], capture_output=True,
        text=True, check=True, timeout=120,
        env={**os.environ, "STREAMLIT_SERVER_ALLOWED_HOSTS": value[1].strip("'\"")},
        cwd=Path(__file__).resolve().parents[3],
    )  # fmt: skip
    assert found.stdout.strip().endswith("[True, False]")
