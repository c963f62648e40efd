"""Two hours of use with kills in between: does memory stay flat, and is every question answered?

``python -m benchmarks.endurance [--minutes M] [--users N] [--every S]``, on this machine only and bounded.

1. One app stays up all the time. Users open it with links full of choices, look at its pages, move the slider
   on Start, leave and come back.
2. Beside it a batch with thousands of units works; it is halted for most of each minute (--batch-share).
3. Every --kill-every minutes another app is started and killed while it computes, and started again on the
   same port; and a batch is killed and goes on (batch_kills.py, which compares bytes).

Every minute the memory of the app and of the batch and the size of the cache on disk are written to
minutes.csv, and at the end to summary.md what was answered and whether memory is flat: the growth of the line
through the minutes after warming up (the first third), over all those minutes, is below 5 percent of their
mean. The exit code is 0 where everything is well. Run it from a checkout that nobody edits meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import psutil
from streamlit.proto.Alert_pb2 import Alert
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect

from benchmarks.app_load import ROOT, User, free_port, memory, started
from sim.machine.compiling import cache_root

WARMING_UP = 1 / 3
FLAT = 0.05
PATIENCE = 120.0
MOVES = 4
PAGES = (
    "verken", "vergelijk", "wie-betaalt", "kinderen", "onzekerheid", "aannames", "ijking", "over", "briefing",
    "eigen-cijfers", "galerij",
)  # fmt: skip
PLACES = ("Almere", "Deventer", "Hoorn", "Hilversum")
GRID = """\
kind: grid
from: huidig.yaml
values:
  programmes.kinderwerk.fte: [4, 8, 12, 16, 20, 24, 28, 32, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80]
"""


class Visitor(User):
    """Opens the app with a link, asks a few things of it, leaves and comes back."""

    def run(self, until: float, every: float = 20.0) -> None:
        """Visit until a moment of time.monotonic(), asking something each `every` seconds."""
        self.told: Counter[str] = Counter()
        self.visits = 0
        self.left = 0
        luck = np.random.default_rng(self.number)
        while time.monotonic() < until:
            start = bool(luck.random() < 0.5)
            self.slider, self.fragments = "", {}
            self.page = "" if start else str(luck.choice(PAGES))
            self.query = link(luck, "Almere" if start else str(luck.choice(PLACES)))
            try:
                with connect(
                    f"ws://localhost:{self.port}/_stcore/stream",
                    subprotocols=[Subprotocol("streamlit")],
                    max_size=64 << 20,
                ) as ws:
                    self.visits += 1
                    (self._start if start else self._look)(ws, luck, until, every)
            except Exception as error:
                self.errors.append(f"{self.page or 'start'}: {type(error).__name__}: {error}")
                time.sleep(1.0)

    def _start(self, ws: ClientConnection, luck: np.random.Generator, until: float, every: float) -> None:
        """Move the slider a few times, each time until the new figures are there."""
        for move in range(MOVES):
            began = time.monotonic()
            if move:
                self.fte = float(luck.integers(2, 80))
            self._forget()
            self._rerun(ws)
            same = self._told_the_same()
            if self._wait(ws, f"## Met {self.fte:g} kinderwerkers" if move else "## ", PATIENCE):
                self.seconds.append(time.monotonic() - began)
            elif self._told_the_same() == same:
                self.lost += 1
            self._idle(ws, began + every)
            if time.monotonic() > until:
                return

    def _told_the_same(self) -> int:
        """Return how often Start said that the budget is the one it is compared with: nothing will come."""
        return sum(n for words, n in self.told.items() if "dezelfde als waarmee" in words)

    def _look(self, ws: ClientConnection, luck: np.random.Generator, until: float, every: float) -> None:
        """Look at a page until nothing more comes, or for as long as people have patience."""
        began = time.monotonic()
        self._forget()
        self._rerun(ws)
        self._idle(ws, began + every)
        while self.fragments and time.monotonic() < min(began + 3 * every, until):
            self._read(ws, 0.2)
        self.left += bool(self.fragments)

    def _alerted(self, alert: Alert) -> None:
        if alert.format == Alert.ERROR or "die is overgeslagen" in alert.body:
            self.errors.append(f"{time.strftime('%H:%M:%S')} {self.page or 'start'}: {alert.body}")
        else:
            self.told[f"{self.page or 'start'}: {alert.body[:80]}"] += 1


def link(luck: np.random.Generator, place: str) -> str:
    """Return the query of a link with choices that few others have."""
    fte, fenced = int(luck.integers(2, 80)), luck.choice(["g", "o"])
    query = {
        "gemeente": place,
        "begroting": f"{fte}-{fenced}-{luck.choice(['crowd_out', 'deficit', 'capped'])}",
        "effect": luck.choice(["full", "half"]),
        "vergeleken": luck.choice(["none", "now"]),
        "termijn": luck.choice(["4", "10", "20"]),
        "taal": "nl",
    }
    return urlencode(query)


@dataclass
class Minute:
    """What one minute showed: megabytes, and counts since the start."""

    minute: float
    app_mb: float
    batch_mb: float
    cache_mb: float
    answers: int
    lost: int
    app_kills: int
    batch_kills: int


@dataclass
class Kills:
    """What became of apps and batches that were killed."""

    port: int
    apps: int = 0
    batches: int = 0
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def run(self, until: float, every: float) -> None:
        """Kill an app and a batch every so many seconds, until a moment of time.monotonic()."""
        luck = np.random.default_rng(1)
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                self._app(luck)
                self._batch(int(luck.integers(1, 1000)))
            except (Exception, SystemExit) as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
            while time.monotonic() < min(began + every, until):
                time.sleep(1.0)

    def _app(self, luck: np.random.Generator) -> None:
        """Kill an app with a user in it; another one on the same port must answer him."""
        app = started(self.port)
        try:
            user = User(self.port, int(luck.integers(1 << 30)))
            computing = threading.Thread(target=user.run, args=(time.monotonic() + 600.0,), daemon=True)
            computing.start()
            time.sleep(luck.uniform(0.0, 30.0))
        finally:
            os.killpg(app.pid, signal.SIGKILL)
            app.wait()
        computing.join(30.0)
        self.apps += 1
        again = started(self.port)
        try:
            began = time.monotonic()
            user = User(self.port, 0)
            user.run(time.monotonic())
            if user.errors:
                self.wrong.append(f"after a kill: {user.errors}")
            self.seconds.append(time.monotonic() - began)
        finally:
            stop(again, self.wrong)

    def _batch(self, seed: int) -> None:
        call = [sys.executable, str(ROOT / "benchmarks" / "batch_kills.py"), "--kills", "1", "--workers", "1"]
        asked = ["--children", "1000", "--draws", "2", "--seed", str(seed)]
        done = subprocess.run([*call, *asked], capture_output=True, text=True, timeout=900, check=False)
        self.batches += 1
        if done.returncode:
            self.wrong.append(f"a killed batch ended differently: {done.stdout[-500:]}{done.stderr[-500:]}")


@dataclass
class LongBatch:
    """A batch that works all the time, halted for most of each minute."""

    place: Path
    share: float
    process: subprocess.Popen[bytes] | None = None
    finished: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self, until: float) -> None:
        """Work until a moment of time.monotonic()."""
        folder = self.place / "scenarios"
        shutil.copytree(ROOT / "scenarios" / "almere", folder)
        (folder / "grid.yaml").write_text(GRID, encoding="utf-8")
        log = (self.place / "batch.log").open("wb")
        while time.monotonic() < until:
            out = self.place / f"batch-{self.finished}"
            call = [
                sys.executable, str(ROOT / "cli.py"), "batch", str(folder), "--children", "2000",
                "--draws", "500", "--workers", "1", "--json", "--out", str(out),
            ]  # fmt: skip
            self.process = subprocess.Popen(call, stdout=log, stderr=log, start_new_session=True)
            while self.process.poll() is None and time.monotonic() < until:
                time.sleep(60.0 * self.share)
                self._say(signal.SIGSTOP)
                time.sleep(60.0 * (1.0 - self.share))
                self._say(signal.SIGCONT)
            if self.process.poll() is None:
                self._say(signal.SIGINT)
                self.process.wait(timeout=120)
            elif self.process.returncode:
                self.wrong.append(f"the batch ended with exit code {self.process.returncode}")
            self.finished += self.process.returncode == 0
            shutil.rmtree(out, ignore_errors=True)

    def memory(self) -> float:
        return memory(self.process.pid) if self.process is not None else 0.0

    def _say(self, what: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, what)


def stop(app: subprocess.Popen[bytes], wrong: list[str]) -> None:
    """End an app as a service does; whoever does not listen is killed."""
    app.terminate()
    try:
        app.wait(timeout=30)
    except subprocess.TimeoutExpired:
        wrong.append("an app did not end within 30 seconds of being asked")
    with contextlib.suppress(ProcessLookupError):
        os.killpg(app.pid, signal.SIGKILL)


def growth(minutes: Sequence[float], sizes: Sequence[float]) -> tuple[float, float]:
    """Return how much the line through sizes grows over the minutes, and their mean."""
    if len(sizes) < 3:
        return 0.0, float(np.mean(sizes)) if sizes else 0.0
    slope = float(np.polyfit(minutes, sizes, 1)[0])
    return slope * (minutes[-1] - minutes[0]), float(np.mean(sizes))


def judged(name: str, minutes: Sequence[float], sizes: Sequence[float]) -> tuple[str, bool]:
    """Return in words whether memory is flat after warming up, and whether it is."""
    first = int(len(sizes) * WARMING_UP)
    some, those = sizes[first:], minutes[first:]
    grown, mean = growth(those, some)
    flat = grown <= FLAT * mean
    per_hour = 60.0 * grown / max(those[-1] - those[0], 1e-9)
    words = (
        f"| {name} | {mean:,.0f} | {min(some):,.0f} to {max(some):,.0f} "
        f"| {grown:+,.1f} ({grown / mean:+.1%}) | {per_hour:+,.1f} | {'flat' if flat else '**grows**'} |"
    )
    return words, flat


def folder_mb(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total / (1 << 20)


def main() -> None:
    """Run everything and write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--users", type=int, default=3)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two questions of a user")
    parser.add_argument("--kill-every", type=float, default=10.0, help="minutes")
    parser.add_argument("--batch-share", type=float, default=0.25, help="share of each minute that it works")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "endurance")
    asked = parser.parse_args()
    if not 0 < asked.minutes <= 180 or not 1 <= asked.users <= 20 or asked.every < 1 or asked.kill_every < 1:
        raise SystemExit("at most 180 minutes and 20 users; at least a second, and a minute between kills")
    asked.out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as place:
        try:
            well = endures(asked, Path(place))
        finally:
            end_children()
    raise SystemExit(0 if well else 1)


def end_children() -> None:
    """Kill whatever was started and still runs: who stops this early leaves nothing behind."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def endures(asked: argparse.Namespace, place: Path) -> bool:
    port = free_port()
    app = started(port, asked.out / "app.log")
    first = User(port, 10_000)
    first.run(time.monotonic())  # a first visitor warms the machine up
    began = time.monotonic()
    until = began + 60.0 * asked.minutes
    users = [Visitor(port, number) for number in range(asked.users)]
    kills, batch = Kills(free_port()), LongBatch(place, asked.batch_share)
    threads = [threading.Thread(target=user.run, args=(until, asked.every), daemon=True) for user in users]
    threads += [
        threading.Thread(target=kills.run, args=(until, 60.0 * asked.kill_every), daemon=True),
        threading.Thread(target=batch.run, args=(until,), daemon=True),
    ]
    rows: list[Minute] = []
    wrong: list[str] = list(first.errors)
    try:
        for thread in threads:
            thread.start()
        with (asked.out / "minutes.csv").open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, [item.name for item in fields(Minute)])
            table.writeheader()
            while time.monotonic() < until:
                time.sleep(max(min(60.0, until - time.monotonic()), 0.1))
                if app.poll() is not None:
                    wrong.append(f"the app ended by itself with exit code {app.returncode}")
                    break
                rows.append(Minute(
                    round((time.monotonic() - began) / 60.0, 2), round(memory(app.pid), 1),
                    round(batch.memory(), 1), round(folder_mb(cache_root()), 1),
                    sum(len(user.seconds) for user in users), sum(user.lost for user in users),
                    kills.apps, kills.batches,
                ))  # fmt: skip
                table.writerow(asdict(rows[-1]))
                stream.flush()
        for thread in threads:
            thread.join()
    finally:
        batch._say(signal.SIGKILL)
        stop(app, wrong)
    wrong += [*kills.wrong, *batch.wrong, *(error for user in users for error in user.errors)]
    words, well = summary(asked, rows, users, kills, wrong)
    (asked.out / "summary.md").write_text(words, encoding="utf-8")
    print(words)
    return well


def summary(
    asked: argparse.Namespace,
    rows: Sequence[Minute],
    users: Sequence[Visitor],
    kills: Kills,
    wrong: Sequence[str],
) -> tuple[str, bool]:
    """Return what was seen, and whether all is well."""
    minutes = [row.minute for row in rows]
    found = [
        judged("app, MB", minutes, [row.app_mb for row in rows]),
        judged("batch, MB", minutes, [row.batch_mb for row in rows]),
        judged("cache on disk, MB", minutes, [row.cache_mb for row in rows]),
    ]
    seconds = sorted(second for user in users for second in user.seconds) or [0.0]
    lost = sum(user.lost for user in users)
    told = sum((user.told for user in users), Counter[str]())
    lines = [
        f"{asked.users} users, {minutes[-1]:.0f} minutes, a question each {asked.every:g} s: "
        f"{sum(user.visits for user in users)} visits, {len(seconds)} answers on Start, {lost} lost, "
        f"{sum(user.left for user in users)} pages left before they were done.",
        f"Seconds until new figures: median {seconds[len(seconds) // 2]:.1f}, nine in ten "
        f"{seconds[int(0.9 * (len(seconds) - 1))]:.1f}, slowest {seconds[-1]:.1f}.",
        f"{kills.apps} apps killed; the next one answered after "
        f"{', '.join(f'{s:.0f}' for s in kills.seconds)} s. {kills.batches} batches killed and resumed.",
        "",
        "| what | mean | from, to | growth after warming up | MB an hour | |",
        "|---|---|---|---|---|---|",
        *(words for words, _ in found),
        "",
        f"Wrong: {len(wrong) or 'nothing'}",
        *(f"- {count} times: {what}" for what, count in Counter(wrong).most_common(20)),
        "",
        "Told to users:",
        *(f"- {count} times: {what}" for what, count in told.most_common(20)),
    ]
    well = all(flat for _, flat in found[:2]) and not wrong and not lost
    return "\n".join(lines) + "\n", well


if __name__ == "__main__":
    main()
