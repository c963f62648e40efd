"""Attack the parsers with long runs of one thing, for as long as one likes: does time grow with the input?

``python -m tests.fuzz.long [NAME ...] [--minutes M] [--length BYTES]`` puts a run of one sign, or of a tag,
bracket or quote that is never closed, somewhere in an input that a parser accepts: of a workbook, in one of
its parts. Prints a line for each parser, and exits with 1 where one took longer than its input allows
(`allowed`) or broke; the input is kept in the folder that is named. One that goes on for a minute ends it
all: it is the file NAME-now in that folder.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np

from tests.fuzz.parsers import PARSERS, tried

RUNS = (
    b"a", b"0", b"9", b" ", b"\t", b"\n", b"\\", b"\xc3\xa9", b"'", b'"', b"`", b"#", b"-", b"- ", b"? ",
    b":", b": ", b":\n", b",", b", ", b".", b"1,", b"1.", b",000", b"~", b"*", b"&", b"!", b"%", b"%41", b"@",
    b"|", b">", b"<", b"(", b"-(", b"a+", b"[", b"[]", b"[],", b"[a", b"{", b"{},", b"{a: ", b"a: ", b"a:\n",
    b"a,", b'"a" ', b"'a", b'"\\\n', b"# a\n", b"---\n", b"<<: ", b"&a ", b"*a ", b"!a ", b"a=", b"z",
    b"~20-o-deficit", b"; did you mean '", b", found ",
)  # fmt: skip
"""What is said again and again, in every format."""
TAGS = (
    b"<a", b"<a>", b"<a/>", b"</a>", b"<a b", b'<a b="', b"<a xmlns='u'>", b"&", b"&lt;", b"&#65;", b"<!--",
    b"<![CDATA[", b"<?a ", b"[a[b", b"&L", b"<Relationship ", b"<Relationship/>", b"<Override/>", b"<sheet/>",
    b"<xf/>", b'<xf numFmtId="164"/>', b'<numFmt numFmtId="164" formatCode="[a[b[c[d[e[f"/>', b"<row/>",
    b"<si><t>a</t></si>", b"<si><r><rPr/><t>a</t></r></si>", b'<row r="1"><c r="A1"/></row>',
    b'<c r="A1"><f>A1</f></c>', b'<c r="A1"><f t="shared" si="0">A1</f></c>',
    b'<c r="A1" t="inlineStr"><is><t>a</t></is></c>',
)  # fmt: skip
"""The same in the parts of a workbook."""
FIXED, OF_BYTE = 0.5, 25e-6
"""Seconds of a processor: for any input, and for each of its bytes. The slowest takes 10 microseconds."""


def allowed(content: bytes) -> float:
    """Return how long a parser may work on an input, in seconds of a processor."""
    return FIXED + OF_BYTE * (sum(map(len, parts(content).values())) if is_book(content) else len(content))


def is_book(content: bytes) -> bool:
    """Tell whether these are the bytes of a workbook."""
    return content.startswith(b"PK\x03\x04")


def parts(content: bytes) -> dict[str, bytes]:
    """Return the parts of a workbook by name."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def stretched(content: bytes, luck: np.random.Generator, length: int) -> bytes:
    """Return an input with a run of about `length` bytes somewhere; in a workbook, in one of its parts."""
    if is_book(content):
        found = parts(content)
        name = list(found)[luck.integers(len(found))]
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for part, inside in found.items():
                archive.writestr(part, _run(inside, luck, length, RUNS + TAGS) if part == name else inside)
        return stream.getvalue()
    return _run(content, luck, length, RUNS)


def _run(content: bytes, luck: np.random.Generator, length: int, runs: tuple[bytes, ...]) -> bytes:
    """Return bytes with a run after a sign that ends a word, instead of some that were there."""
    run = runs[luck.integers(len(runs))]
    ends = [place + 1 for place, sign in enumerate(content) if sign in b"\n :'\"=<>{[,-"]
    place = ends[luck.integers(len(ends))] if ends else 0
    rest = len(content) if luck.random() < 0.2 else place + int(luck.integers(0, 20))
    return content[:place] + run * (length // len(run)) + content[rest:]


def seconds(name: str, content: bytes) -> float:
    """Return how long a parser works on an input. Raises what it may not raise."""
    start = time.process_time()
    tried(name, content)
    return time.process_time() - start


def main() -> None:
    """Share the minutes over the parsers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--length", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    names, kept = asked.names or list(PARSERS), Path(tempfile.mkdtemp(prefix="fuzz-long-"))
    print(f"inputs that are too slow are kept in {kept}", flush=True)
    wrong = [
        n for n in names if not attacked(n, 60 * asked.minutes / len(names), asked.length, asked.seed, kept)
    ]
    raise SystemExit(f"too slow or broken: {', '.join(wrong)}" if wrong else 0)


def attacked(name: str, share: float, length: int, seed: int, kept: Path) -> bool:
    """Attack one parser for so many seconds; tell whether it stood."""
    luck, seeds = np.random.default_rng(seed), PARSERS[name].seeds()
    for content in seeds:  # words and names are read once, before anybody counts seconds
        tried(name, content)
    until, count, slowest, stood = time.monotonic() + share, 0, 0.0, True
    while time.monotonic() < until:
        content = stretched(seeds[luck.integers(len(seeds))], luck, int(luck.integers(1_000, length)))
        count += 1
        (kept / f"{name}-now").write_bytes(content)
        signal.alarm(60)
        try:
            took = seconds(name, content) / allowed(content)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {str(error)[:200]}", flush=True)
            took = float("inf")
        signal.alarm(0)
        slowest = max(slowest, took)
        if took > 1:
            stood = False
            (kept / f"{name}-{count}").write_bytes(content)
    print(
        f"{name}: {count:,} inputs in {share:.0f} s, the slowest took {slowest:.0%} of what it may",
        flush=True,
    )
    return stood


if __name__ == "__main__":
    main()
