"""Twenty users at once, each changing a lever every ten seconds. On this machine only, and bounded.

``python benchmarks/app_load.py [--users N] [--minutes M]`` starts the app with every default and no answer
kept, on a free port of this machine, and lets users open Start and move the number of child workers. A user
here speaks the language of Streamlit's own browser page (a websocket, and the reruns that the page asks for),
without a browser to draw it, so that the two processors serve the app and not twenty browsers. Printed: the
seconds from a move until the sentence names the new number and three figures stand there, what was lost, and
the memory of the server.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.fresh import nothing_kept  # noqa: E402
from commands.browser import FEW_ARENAS  # noqa: E402

FIRST_ANSWER = 300.0
LOST_AFTER = 60.0
EVERY = 10.0


@dataclass
class User:
    """One session: opens Start, then moves the slider again and again."""

    port: int
    number: int
    query: str = ""
    page: str = ""
    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    errors: list[str] = field(default_factory=list)
    slider: str = ""
    fte: float = 36.0
    fragments: dict[str, tuple[float, float]] = field(default_factory=dict)  # id: (interval, next time)
    metrics: int = 0
    named: set[str] = field(default_factory=set)

    def run(self, until: float) -> None:
        """Live until a moment of time.monotonic()."""
        try:
            # the same protocols that the browser's page asks for
            with connect(
                f"ws://localhost:{self.port}/_stcore/stream",
                subprotocols=[Subprotocol("streamlit")],
                max_size=64 << 20,
            ) as ws:
                self._rerun(ws)
                if not self._wait(ws, "Met 36 kinderwerkers", FIRST_ANSWER):
                    self.errors.append("no first answer")
                    return
                luck = np.random.default_rng(self.number)
                self._idle(ws, time.monotonic() + luck.uniform(0.0, EVERY))
                while time.monotonic() < until:
                    self.fte = float(luck.integers(2, 80))  # of one, the sentence is another
                    started = time.monotonic()
                    self._forget()
                    self._rerun(ws)
                    if self._wait(ws, f"Met {self.fte:g} kinderwerkers", LOST_AFTER):
                        self.seconds.append(time.monotonic() - started)
                    else:
                        self.lost += 1
                    self._idle(ws, started + EVERY)
        except Exception as error:  # a user who fell out is a finding, not a crash of the benchmark
            self.errors.append(f"{type(error).__name__}: {error}")

    def _forget(self) -> None:
        self.metrics, self.named = 0, set()

    def _rerun(self, ws: ClientConnection, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        if self.slider:
            widget = state.widget_states.widgets.add()
            widget.id = self.slider
            widget.string_array_value.data.append(f"{self.fte:g}")
        if not fragment:
            self.fragments.clear()
        else:
            state.fragment_id = fragment
            state.is_auto_rerun = True
        ws.send(message.SerializeToString())

    def _wait(self, ws: ClientConnection, words: str, patience: float) -> bool:
        """Read until words and three figures stand there; tell whether they came in time."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            self._read(ws, 0.05)
            if self.metrics >= 3 and any(words in text for text in self.named):
                return True
        return False

    def _idle(self, ws: ClientConnection, until: float) -> None:
        while time.monotonic() < until:
            self._read(ws, 0.2)

    def _read(self, ws: ClientConnection, patience: float) -> None:
        """Take in what the server says for a moment, and ask for what the page would ask for by itself."""
        now = time.monotonic()
        for name, (interval, due) in list(self.fragments.items()):
            if now >= due:
                self.fragments[name] = (interval, now + interval)
                self._rerun(ws, name)
        try:
            data = ws.recv(timeout=patience)
        except TimeoutError:
            return
        message = ForwardMsg()
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        kind = message.WhichOneof("type")
        if kind == "stop_auto_rerun":
            for name in message.stop_auto_rerun.fragment_ids:
                self.fragments.pop(name, None)
        elif kind == "auto_rerun":
            interval = message.auto_rerun.interval
            self.fragments[message.auto_rerun.fragment_id] = (interval, time.monotonic() + interval)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "slider":
                if element.slider.type == Slider.SELECT_SLIDER:  # other pages have sliders of numbers
                    self.slider = element.slider.id
            elif element.WhichOneof("type") == "metric":
                self.metrics += 1
            elif element.WhichOneof("type") == "markdown":
                self.named.add(element.markdown.body)
            elif element.WhichOneof("type") == "alert":
                self._alerted(element.alert)
            elif element.WhichOneof("type") == "exception":
                self.errors.append(f"{element.exception.type}: {element.exception.message}")

    def _alerted(self, alert: Alert) -> None:
        self.errors.append(alert.body)


def memory(group: int) -> float:
    """Return the memory of a group of processes in MB; what they share counts for each."""
    pages = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile
            after_name = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            if int(after_name.split()[2]) == group:
                pages += int((folder / "statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def started(port: int, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Return the app, in a process group of its own, once it answers. log: where what it says is kept."""
    said = log.open("ab") if log else subprocess.DEVNULL
    call = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*call, "--server.headless", "true"], cwd=ROOT, start_new_session=True,
        env={**FEW_ARENAS, **os.environ},  # as `kinderwerk app` starts it
        stdout=said, stderr=said,
    )  # fmt: skip
    try:
        wait_until_healthy(port)
    except TimeoutError:
        process.terminate()
        raise SystemExit("the app did not start") from None
    return process


def wait_until_healthy(port: int) -> None:
    """Wait until an app of this machine answers. Raises TimeoutError after a minute."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(120):
        try:
            if direct.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).read() == b"ok":
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def main() -> None:
    """Run the users and print what they met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=3.0)
    options = parser.parse_args()
    if not 1 <= options.users <= 50 or not 0 < options.minutes <= 150:
        raise SystemExit("at most 50 users, at most 150 minutes")
    with nothing_kept():
        port = free_port()
        server = started(port)
        try:
            first = User(port, 10_000)
            first.run(time.monotonic())  # a first visitor warms the machine up
            until = time.monotonic() + 60.0 * options.minutes
            users = [User(port, number) for number in range(options.users)]
            threads = [threading.Thread(target=user.run, args=(until,)) for user in users]
            for thread in threads:
                thread.start()
            sizes = []
            while any(thread.is_alive() for thread in threads):
                sizes.append(memory(server.pid))
                time.sleep(5.0)
            for thread in threads:
                thread.join()
        finally:
            server.terminate()
            server.wait(timeout=20)
    seconds = sorted(second for user in users for second in user.seconds)
    errors = [error for user in users for error in user.errors]
    lost = sum(user.lost for user in users)
    print(f"{options.users} users, {options.minutes:g} minutes, {len(seconds)} moves answered, {lost} lost")
    if seconds:
        tenth = seconds[int(0.9 * (len(seconds) - 1))]
        middle = statistics.median(seconds)
        print(f"seconds: median {middle:.2f}, nine in ten {tenth:.2f}, slowest {seconds[-1]:.2f}")
    half = len(sizes) // 2
    parts = f"{sizes[0]:.0f} at first, {sizes[half]:.0f} halfway, {max(sizes):.0f} at most"
    print(f"memory of the server, MB: {parts}")
    print(f"errors: {errors or 'none'}")


if __name__ == "__main__":
    main()
