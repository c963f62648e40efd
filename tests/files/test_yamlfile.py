"""Reading input files: every mistake is said once, at its line and column."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from sim.errors import InputError
from sim.faults import fault
from sim.files.yamlfile import ANY, document_from, dumped, load_document
from sim.files.yamltext import MAX_BYTES
from tests.examples import examples


class Programme(BaseModel):
    """A part of a file, as the checks below read it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fte: float = Field(0, ge=0, allow_inf_nan=False, title="number_of_fte", examples=[36, 12.5])
    ring_fenced: bool = True
    payer: Literal["gemeente", "outside"] = "gemeente"
    weights: list[float] | float = 1.0
    sizes: dict[str, float] = {}


class Plan(BaseModel):
    """A whole file, as the checks below read it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["scenario"]
    title: str = Field("a title", min_length=1, max_length=10)
    years: int = Field(20, ge=0, le=60)
    programmes: dict[str, Programme] = {}


def refused(folder: Path, content: str | bytes, kind: str = "scenario") -> list[tuple[int, int, str]]:
    """Return the problems of a file that must be refused."""
    path = folder / "file.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        load_document(path, kind).validate(Plan)
    assert {problem.file for problem in caught.value.problems} == {str(path)}
    return [(problem.line, problem.column, problem.message) for problem in caught.value.problems]


def refused_path(path: Path) -> tuple[int, int, str]:
    with pytest.raises(InputError) as caught:
        load_document(path, "scenario")
    (problem,) = caught.value.problems
    return problem.line, problem.column, problem.message


def test_a_good_file_gives_plain_data_places_and_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(
        "# comment\nkind: scenario\ntitle: 'één: titel'\nyears: 12\nprogrammes:\n  kinderwerk:\n"
        "    fte: 36.5\n    weights: [1, 2.5e1]\n    ring_fenced: false\n"
    )
    document = load_document(path, ("model", "scenario"))
    assert document.data == {
        "kind": "scenario",
        "title": "één: titel",
        "years": 12,
        "programmes": {"kinderwerk": {"fte": 36.5, "weights": [1, 25.0], "ring_fenced": False}},
    }
    assert type(document.data) is dict
    assert type(document.data["programmes"]) is dict
    assert document.position(()) == (2, 1)
    assert document.position(("years",)) == (4, 8)
    assert document.position(("years",), key=True) == (4, 1)
    assert document.position(("programmes", "kinderwerk")) == (6, 3)
    assert document.position(("programmes", "kinderwerk", "weights", 1)) == (8, 18)
    assert document.position(("programmes", "kinderwerk", "unknown", 3), key=True) == (6, 3)
    assert document.problem(("years",), fault("must_not_be_empty")).line == 4
    assert len(document.sha256) == 64
    assert document.validate(Plan).programmes["kinderwerk"].fte == 36.5


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbfkind: scenario\r\nyears: 3\r\n")
    document = load_document(path, "scenario")
    assert document.data == {"kind": "scenario", "years": 3}
    assert document.position(("years",)) == (2, 8)


def test_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "huidig.yaml").write_text("kind: scenario")
    message = "there is no such file; did you mean 'huidig.yaml'?"
    assert refused_path(tmp_path / "huidg.yaml") == (1, 1, message)
    assert refused_path(tmp_path / "no" / "folder.yaml") == (1, 1, "there is no such file")


def test_what_is_not_an_ordinary_file_is_refused(tmp_path: Path) -> None:
    assert refused_path(tmp_path) == (1, 1, "this is a folder, and a file is needed here")
    os.mkfifo(tmp_path / "pipe")
    assert refused_path(tmp_path / "pipe") == (1, 1, "this is not an ordinary file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "loop", tmp_path / "nul\0", tmp_path / ("x" * 5000)):
        assert refused_path(path)[2].startswith("cannot be read: ")


def test_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "closed.yaml"
    path.write_text("kind: scenario")

    opened = Path.open

    def closed(self: Path, *more: Any, **named: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *more, **named)

    monkeypatch.setattr(Path, "open", closed)
    assert refused_path(path) == (1, 1, "cannot be read: permission denied")


def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(2**30)
    start = time.process_time()
    assert refused_path(path) == (1, 1, "too large: 1,073.7 MB, the limit is 1.0 MB")
    assert time.process_time() - start < 0.5


BROKEN: dict[str, tuple[str | bytes, int, int, str]] = {
    "empty": ("", 1, 1, "the file is empty"),
    "only comments": ("# one\n\n# two\n", 1, 1, "the file is empty"),
    "binary": (b"kind: scenario\nab\0cd", 2, 3, "binary file"),
    "not UTF-8": (b"kind: scenario\ntitle: caf\xe9\n", 2, 11, "byte 0xe9 is not UTF-8"),
    "UTF-16": ("kind: scenario".encode("utf-16"), 1, 1, "saved as UTF-16"),
    "invisible character": ("kind: scenario\ntitle: a\x07b", 2, 9, "U+0007"),
    "invisible character, escaped": ('kind: scenario\ntitle: "a\\0b"', 2, 8, "U+0000"),
    "half a character, escaped": ('kind: scenario\ntitle: "\\ud800"', 2, 8, "U+D800"),
    "impossible escape": ('kind: scenario\ntitle: "\\UFFFFFFFF"', 1, 1, "not valid YAML"),
    "odd line break": ("kind: scenario\x85title: x", 1, 15, "U+0085"),
    "two colons": ("kind: scenario\ntitle: Almere: veel", 2, 14, "put text that holds ': ' between quotes"),
    "no colon": ("kind: scenario\ntitle\n", 2, 1, "a ':' is missing"),
    "open bracket": ("kind: scenario\nsizes: [1, 2\n", 3, 1, "bracket"),
    "open quote": ("kind: scenario\ntitle: 'abc\n", 2, 8, "before a quote is closed"),
    "odd first character": ("kind: scenario\ntitle: @x", 2, 8, "put it between quotes"),
    "bad indentation": ("kind: scenario\na:\n    b: 1\n  c: 2\n", 4, 3, "indentation"),
    "tab to indent": ("kind: scenario\na:\n\tb: 1\n", 3, 1, "a tab is used to indent"),
    "tab after spaces": ("kind: scenario\na:\n  \tb: 1\n", 3, 3, "a tab is used to indent"),
    "tab after a colon": ("kind: scenario\nyears:\t12\n", 2, 7, "a tab is not allowed"),
    "key twice": ("kind: scenario\na: 1\nb: 2\na: 3\n", 4, 1, "'a' is here twice (also on line 2)"),
    "key twice, deeper": ("kind: scenario\na: {b: 1, 'b': 2}\n", 2, 11, "'b' is here twice"),
    "anchor": ("kind: scenario\na: &name [1]\n", 2, 4, "anchors (&name)"),
    "alias": ("kind: scenario\na: *name\n", 2, 4, "aliases (*name)"),
    "tag": ("kind: scenario\na: !!python/object/apply:os.system ['x']\n", 2, 4, "tags (!name)"),
    "tag of YAML": ("kind: scenario\na: !!str 3\n", 2, 4, "tags (!name)"),
    "directive": ("%YAML 1.1\n---\nkind: scenario\n", 2, 1, "%YAML"),
    "two documents": ("kind: scenario\n---\nkind: scenario\n", 2, 1, "only one document"),
    "deep in lists": ("a: " + "[" * 21, 1, 23, "nested too deep: the limit is 20"),
    "deep in mappings": ("a: " + "{b: " * 20, 1, 80, "nested too deep"),
    "list as key": ("kind: scenario\n? [a]\n: 1\n", 2, 3, "a key must be a word"),
    "null as key": ("kind: scenario\nnull: 1\n", 2, 1, "a key must be a word"),
    "list at the top": ("- kind: scenario\n", 1, 1, "expected a mapping"),
    "text at the top": ("\n\nscenario\n", 3, 1, "expected a mapping"),
    "no kind": ("# comment\ntitle: x\n", 2, 1, "missing key 'kind'; this file needs `kind: scenario`"),
    "other kind": ("title: x\nkind: model\n", 2, 7, "`kinderwerk model` runs a model"),
    "unknown kind": ("kind: scenrio\n", 1, 7, "unknown kind 'scenrio'; did you mean 'scenario'?"),
    "list as kind": ("kind: [scenario]\n", 1, 1, "unknown kind"),
    "no value as kind": ("title: x\nkind:\n", 2, 1, "unknown kind"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_gives_one_clear_problem(tmp_path: Path, case: str) -> None:
    content, line, column, words = BROKEN[case]
    ((found_line, found_column, message),) = refused(tmp_path, content)
    assert (found_line, found_column) == (line, column), message
    assert words in message
    assert "\n" not in message


WRONG = {
    "unknown key": ("    fteee: 3", 4, 5, "unknown key 'fteee'; did you mean 'fte'? Known keys here: fte"),
    "unlike any key": ("    zzzzzz: 3", 4, 5, "unknown key 'zzzzzz'. Known keys here: fte, ring_fenced"),
    "number as key": ("    2026: 3", 4, 5, "unknown key '2026'. Known keys here: fte"),
    "text for a number": (
        "    fte: zesendertig", 4, 10,
        "expected a number of FTE (for example 36 or 12.5), found text 'zesendertig'"),
    "decimal comma": ("    fte: 12,5", 4, 10, "write decimals with a point: 12.5"),
    "thousands": ("    fte: 1.200.000", 4, 10, "write it without separators: 1200000"),
    "thousands or decimals": ("    fte: 1,200", 4, 10, "write 1200 for thousands, or 1.2 for decimals"),
    "three decimals": ("    fte: '1,234'", 4, 10, "write 1234 for thousands, or 1.2340 for decimals"),
    "a unit": ("    fte: 36,5 fte", 4, 10, "write it without words or signs: 36.5"),
    "another unit": ("    fte: 36 uur", 4, 10, "found text '36 uur'; write one number and nothing else"),
    "euros for FTE": ("    fte: 36 euro", 4, 10, "found text '36 euro'; write one number and nothing else"),
    "millions": ("    fte: 1,5 mln", 4, 10, "write it without words or signs: 1500000"),
    "a percentage": ("    fte: 12,5%", 4, 10, "12.5% is written as 0.125"),
    "spaces": ("    fte: 12 000", 4, 10, "write it without separators: 12000"),
    "no hint that contradicts": ("    fte: 1.2,5", 4, 10, "found text '1.2,5'"),
    "number in quotes": ("    fte: '36'", 4, 10, "write it without quotes"),
    "negative": ("    fte: -3", 4, 10, "must be 0 or more, found -3"),
    "infinite": ("    fte: .inf", 4, 10, "must be a finite number, found inf"),
    "not a number": ("    fte: .nan", 4, 10, "found nan"),
    "number as key of a free mapping": ("    sizes: {2026: 1}", 4, 13, "expected a name as key, found 2026"),
    "no value": ("    fte:", 4, 5, "found nothing"),
    "list for a number": ("    fte:\n      - 3", 4, 5, "found a list"),
    "truth for a number": ("    fte: true", 4, 10, "found true"),
    "Dutch truth": ("    ring_fenced: ja", 4, 18, "expected true or false, found text 'ja'; write true"),
    "number for truth": ("    ring_fenced: 1", 4, 18, "expected true or false, found 1"),
    "unknown choice": ("    payer: gemente", 4, 12, "did you mean 'gemeente'?"),
    "wrong in either form": ("    weights: a", 4, 14, "expected a list or a number, found text 'a'"),
    "wrong in a list": ("    weights: [1, x]", 4, 18, "expected a number, found text 'x'"),
    "wrong in a mapping": ("    sizes: {a: 1, b: x}", 4, 22, "expected a number, found text 'x'"),
    "text for a mapping": ("    sizes: x", 4, 12, "expected a mapping"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_explained(tmp_path: Path, case: str) -> None:
    line_text, line, column, words = WRONG[case]
    content = f"kind: scenario\nprogrammes:\n  kinderwerk:\n{line_text}\n"
    ((found_line, found_column, message),) = refused(tmp_path, content)
    assert (found_line, found_column) == (line, column), message
    assert words in message
    assert "Input should" not in message


def test_limits_of_numbers_and_text_are_named(tmp_path: Path) -> None:
    content = "kind: scenario\ntitle: ''\nyears: 61\n"
    assert refused(tmp_path, content) == [
        (2, 8, "must not be empty"),
        (3, 8, "must be between 0 and 60, found 61"),
    ]
    content = "kind: scenario\ntitle: een te lange titel\nyears: 2.5\n"
    assert refused(tmp_path, content) == [
        (2, 8, "must have at most 10 characters, found 18"),
        (3, 8, "expected a whole number, found 2.5"),
    ]


def test_every_problem_is_listed_by_line(tmp_path: Path) -> None:
    content = "years: x\nprogrammes:\n  b: {fte: -1}\n  a: {fte: y, extra: 1}\ntitle: 3\nkind: scenario\n"
    assert [(line, column) for line, column, _ in refused(tmp_path, content)] == [
        (1, 8), (3, 12), (4, 12), (4, 15), (5, 8)]  # fmt: skip


def test_an_absent_key_is_found_at_its_parent(tmp_path: Path) -> None:
    class Strict(BaseModel):
        kind: str
        part: Programme
        needed: int

    path = tmp_path / "file.yaml"
    path.write_text("kind: scenario\npart: {}\n")
    with pytest.raises(InputError, match=r"file.yaml:1:1: missing key 'needed'"):
        load_document(path, "scenario").validate(Strict)


BOMBS = {
    "billion laughs": "kind: scenario\na: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)),
    "open lists": "a: " + "[" * 900_000,
    "open mappings": "{" * 900_000,
    "dashes": "- " * 450_000,
    "question marks": "? " * 450_000,
    "long list": "a: [" + "1," * 450_000 + "]",
    "keys": "a: 1\n" * 190_000,
    "many keys": "".join(f"k{i}: 1\n" for i in range(90_000)),
    "long number": "kind: scenario\nyears: " + "9" * 900_000,
    "long text": "kind: scenario\nyears: " + "x" * 900_000,
    "open quote": 'a: "' + "b\n" * 450_000,
    "many lines": "a: b\n" + " b\n" * 300_000,
    "tabs": "\t" * 900_000,
    "spaces": "a:" + " " * 900_000,
    "empty lines": "\n" * 900_000,
    "colons": ":" * 900_000,
    "commas": "{" + "a," * 450_000,
    "anchors": "&a" * 450_000,
    "percents": "%" * 900_000,
    "a tag handle": "a: !" + "b" * 15_000 + "! c",
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_quickly(tmp_path: Path, bomb: str) -> None:
    assert len(BOMBS[bomb]) <= MAX_BYTES
    start = time.process_time()
    (problem,) = refused(tmp_path, BOMBS[bomb])
    assert time.process_time() - start < 20  # a bomb that goes off takes hours or all memory
    assert len(problem[2]) < 300


@pytest.mark.parametrize("tag", ["a: " + "!" * 900_000, "a: [1, !" + "b" * 900_000 + "]"])
def test_a_tag_without_end_is_refused_before_it_is_read(tmp_path: Path, tag: str) -> None:
    start = time.process_time()
    (problem,) = refused(tmp_path, tag)
    assert problem[2] == "tags (!name) are not allowed; write the plain value"
    assert time.process_time() - start < 1


YAML_LIKE = st.text(
    alphabet=st.sampled_from(list("ab1:-?[]{},&*!|>'\"%@`#\\ \n\t.~x\x85\u2028é")), max_size=80
)
CONTENT = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    YAML_LIKE.map(lambda text: text.encode()),
    YAML_LIKE.map(lambda text: b"kind: scenario\n" + text.encode()),
)


@settings(max_examples=examples(600), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONTENT)
def test_any_content_gives_data_or_an_input_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(content)
    try:
        load_document(path, "scenario").validate(Plan)
    except InputError as error:
        for problem in error.problems:
            assert problem.line >= 1
            assert problem.column >= 1
            assert "\n" not in problem.message
            str(problem).encode()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["12.500", "ja", "2026", "null", "a: b", "\u00e9\u00e9n", "#", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), PLAIN, max_size=3))
def test_what_is_written_reads_back_as_the_same_and_no_number_has_two_readings(data: dict[str, Any]) -> None:
    document = document_from("x.yaml", dumped({"kind": "scenario", **data}).encode(), "scenario")
    assert document.data == {"kind": "scenario", **data}
    assert document.tree.written == {}


def test_the_text_of_numbers_with_two_readings_is_kept() -> None:
    text = b"kind: scenario\na: 60.000\nb: [1.234, 0.125, 1234.567, 12.5, '1.234', 1.2345]\nc: {d: -7.500}\n"
    document = document_from("x.yaml", text, "scenario")
    assert document.tree.written == {("a",): "60.000", ("b", 0): "1.234", ("c", "d"): "-7.500"}
    assert [problem.line for problem in document.unclear([("a",), ("c", ANY)])] == [2, 4]
    assert document.unclear([("b",), ("a", "b")]) == []
