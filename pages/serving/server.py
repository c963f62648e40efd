"""Responses before any script runs: the language and title of the page, its history, and security headers.

Streamlit serves one English page to everybody. A screen reader needs the language of the words, and a reader
without JavaScript a sentence in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import net_util, runtime

from pages.look.texts import writing_in
from pages.serving.apart import READER
from pages.serving.resident import Resident
from sim.words.writing import LANGUAGES

DEFAULT = "nl"
MOST_KEYS, TOO_MANY = 100, "te-veel"
"""Of a link with a thousand keys Streamlit leaves out all without a word. It is opened with one key instead,
which the page does not know and tells."""
HEADERS = {
    "Content-Security-Policy": (
        "frame-ancestors 'self'; base-uri 'self'; object-src 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Scripts are left to Streamlit, which needs inline ones and whose charts compile expressions."""
ONE_STEP = """<script>
const oneStep = history.pushState.bind(history);
history.pushState = (state, title, url) =>
  url && new URL(url, location).pathname === location.pathname
    ? history.replaceState(state, title, url) : oneStep(state, title, url);
</script>"""
"""Going back leads to the page before, not through every choice on this one. It stands in the first page, for
the address of a link may change as soon as it is read."""
_ENGLISH = {
    "lang": b'<html lang="en">',
    "title": b"<title>Streamlit</title>",
    "noscript": b"<p>You need to enable JavaScript to run this app.</p>",
}


@asynccontextmanager
async def reading(_: object) -> AsyncIterator[None]:
    """Keep a process ready that reads the files of users, as long as the server runs; measure its memory."""
    runtime.get_instance().stats_mgr.register_provider(Resident())
    READER.start()
    try:
        yield
    finally:
        READER.close()


def ask_nobody() -> None:
    """Let Streamlit not ask a server on the internet for the address of this one.

    It would whenever a websocket comes from an origin that it does not know, which is refused all the same.
    It would at the start, to print the address: .streamlit/config.toml has one that is printed.
    """
    net_util.get_external_ip = net_util.get_internal_ip = _unknown


def _unknown() -> None:
    """Return no address."""


class FirstPage:
    """Middleware that puts the first page in the language of the link, and its headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD"):  # a page is rewritten as text: it must not come compressed
            if scope.get("query_string", b"").count(b"&") >= MOST_KEYS:
                page = f"?{TOO_MANY}=1&taal={language_of(scope)}"
                await RedirectResponse(page, headers=HEADERS)(scope, receive, send)
                return
            accepts_page = any(k == b"accept" and b"text/html" in v for k, v in scope["headers"])
            if accepts_page:
                kept = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
                scope = {**scope, "headers": kept}
        start: Message | None = None
        body = bytearray()

        async def rewritten(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith("text/html"):
                    start = message
                    return
            elif start is not None and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                page = in_language(bytes(body), language_of(scope))
                if body:
                    MutableHeaders(scope=start)["content-length"] = str(len(page))
                await send(start)
                await send({"type": "http.response.body", "body": page})
                return
            await send(message)

        await self.app(scope, receive, rewritten)


def language_of(scope: Scope) -> str:
    """Return the language that a link asks for, or Dutch."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("taal", [DEFAULT])[-1]
    return asked if asked in LANGUAGES else DEFAULT


def in_language(page: bytes, language: str) -> bytes:
    """Return Streamlit's page in a language, with ONE_STEP; what is not found in it stays as it is."""
    writing = writing_in(language)
    said = {
        "lang": f'<html lang="{language}">',
        "title": f"<title>{writing.t('app')}</title>{ONE_STEP}",
        "noscript": f"<p>{writing.t('needs_javascript')}</p>",
    }
    for what, text in said.items():
        page = page.replace(_ENGLISH[what], text.encode(), 1)
    return page
