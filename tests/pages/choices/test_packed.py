"""Data in a link come back as they were, and anything else is refused quickly."""

from __future__ import annotations

import base64
import json
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.choices.packed import (
    DEEPEST,
    MOST_BYTES,
    MOST_DIGITS,
    MOST_LETTERS,
    MOST_VALUES,
    LinkError,
    data_in,
    pack,
    unpack,
)

NUMBERS = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(max_size=20).filter(str.isprintable)
DATA = st.dictionaries(
    WORDS,
    st.recursive(
        st.none() | st.booleans() | NUMBERS | WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=10,
    ),
    max_size=5,
)


def packed(raw: bytes) -> str:
    """Return any bytes as they would stand in a link."""
    return base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode().rstrip("=")


@given(DATA)
def test_what_is_packed_comes_back(data: dict[str, object]) -> None:
    assert data_in(pack(json.dumps(data))) == data
    assert data_in(pack(json.dumps(data, ensure_ascii=False))) == data


REFUSED = {
    "a key that is there twice": '{"years": 5, "years": 6}',
    "a key that is there twice, deeper": '{"programmes": {"bso": {"fte": 1, "fte": 1}}}',
    "a number that is none": '{"fte": NaN}',
    "a number without end": '{"fte": -Infinity}',
    "a number too large to be one": '{"fte": 1e999}',
    "a number of many digits": '{"fte": ' + "9" * (MOST_DIGITS + 1) + "}",
    "a number of 4,001 digits": '{"fte": ' + "9" * 4_001 + "}",
    "a fraction of many digits": '{"fte": 0.' + "3" * 4_001 + "}",
    "half a sign": '{"title": "\\ud800"}',
    "a key of half a sign": '{"\\udfff": 1}',
    "a sign that nobody sees": '{"title": "a\\u0000b"}',
    "a list": "[1]",
    "a word": '"x"',
    "nothing": "",
    "no JSON": "{'a': 1}",
    "more after the end": "{} {}",
    "a mark before the start": "\ufeff{}",
    "too deep": '{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1),
    "too deep for any reader": "[" * 20_000 + "]" * 20_000,
    "never closed": '{"a":' * 8_000,
    "too many values": '{"a": [' + "1," * MOST_VALUES + "1]}",
    "too long": '{"a": "' + "a" * MOST_BYTES + '"}',
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_says_two_things_or_too_much_is_refused(case: str) -> None:
    began = time.thread_time()
    with pytest.raises(LinkError):
        data_in(pack(REFUSED[case]))
    assert time.thread_time() - began < 0.2


@pytest.mark.parametrize(
    "code",
    [
        "", "z", "é", "a b", "a+b/c", "====", "A", packed(b"{}")[:-3], packed(b"{}") + "AAAA",
        packed(b"\xff\xfe"), base64.urlsafe_b64encode(zlib.compress(b"{}") + b"more").decode(),
        "A" * (MOST_LETTERS + 1), packed(b" " * 50_000_000), pack("{}") + "!",
    ],
)  # fmt: skip
def test_what_was_not_packed_here_is_refused(code: str) -> None:
    began = time.thread_time()
    with pytest.raises(LinkError):
        unpack(code)
    assert time.thread_time() - began < 0.2


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for code in (packed(raw), raw.decode("latin-1")):
        try:
            assert isinstance(data_in(code), dict)
        except LinkError:
            continue
