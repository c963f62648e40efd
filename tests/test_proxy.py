"""The proxy of docs/open/nginx.conf, where nginx is installed: what it adds, and what it refuses."""

from __future__ import annotations

import http.client
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.app_load import free_port

ROOT = Path(__file__).resolve().parents[1]
COOKIE = "_streamlit_xsrf=2|abc; Path=/; SameSite=Lax"  # as Streamlit sets it where it serves no TLS itself

pytestmark = pytest.mark.skipif(
    not (shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin") and shutil.which("openssl")),
    reason="needs nginx and openssl",
)


class App(BaseHTTPRequestHandler):
    """Answers everything as the app answers its first page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Set-Cookie", COOKIE)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """Run nginx with the file as it stands, but for ports and folders; yield its port."""
    app = ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=app.serve_forever, daemon=True).start()
    port, key, certificate = free_port(), tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (ROOT / "docs" / "open" / "nginx.conf").read_text(encoding="utf-8")
    for here, there in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("/etc/kinderwerk", str(tmp_path)),
        ("http://app:8501", f"http://127.0.0.1:{app.server_address[1]}"),
    ):  # fmt: skip
        assert here in text
        text = text.replace(here, there)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = " ".join(f"{kind}_temp_path {tmp_path / kind};" for kind in kinds)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path / 'pid'}; events {{}}\nhttp {{ {paths}\n{text} }}", encoding="utf-8"
    )
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    call = [str(program), "-p", str(tmp_path), "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    tried = subprocess.run([*call, "-t"], capture_output=True, text=True, timeout=60, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr
    running = subprocess.Popen(call, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                asked(port, "/")
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield port
    finally:
        running.terminate()
        running.wait(timeout=30)
        app.shutdown()


def asked(port: int, path: str) -> http.client.HTTPResponse:
    """Return the answer to a request, of a server whose certificate nobody signed."""
    trusting = ssl._create_unverified_context()
    line = http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=30)
    line.request("GET", path)
    return line.getresponse()


def test_the_cookie_of_the_app_goes_over_tls_only(proxy: int) -> None:
    page = asked(proxy, "/")
    (cookie,) = page.headers.get_all("Set-Cookie") or []
    assert cookie.startswith(COOKIE)
    assert cookie.lower().endswith("; secure")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert asked(proxy, "/_stcore/metrics").status == 404
