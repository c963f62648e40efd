"""What is wrong with an input is said in Dutch as well."""

from __future__ import annotations

import re
import time

import pytest
from ruamel.yaml import YAML

from sim.errors import InputError, Problem
from sim.files.translation import FAULTS, dutch_or_none, told
from sim.inputs.municipality_text import read_yaml
from tests.inputs.test_municipality import FULL, WRONG, refused

HOLE = re.compile(r"\{(\w+)\}")
ENGLISH = re.compile(r"\b(the|expected|found|must|is|are|and|here|missing|unknown)\b")


@pytest.mark.parametrize("case", WRONG)
def test_every_mistake_in_figures_has_its_dutch(case: str) -> None:
    for message in refused({**FULL, **WRONG[case][0]}):
        dutch = dutch_or_none(message)
        assert dutch is not None, message
        unquoted = re.sub(r"'[^']*'|\"[^\"]*\"|Bekend zijn.*", "", dutch)
        assert not ENGLISH.search(unquoted.replace(" is ", " ")), dutch


def test_every_sentence_keeps_what_differs() -> None:
    words = YAML(typ="safe", pure=True).load(FAULTS.read_text(encoding="utf-8"))
    for english, dutch in words.items():
        assert set(HOLE.findall(dutch)) <= set(HOLE.findall(english)), english
        holes = HOLE.findall(english)
        assert len(holes) == len(set(holes)), english


def test_no_sentence_hides_another() -> None:
    words = YAML(typ="safe", pure=True).load(FAULTS.read_text(encoding="utf-8"))
    for english, dutch in words.items():
        marks = {name: f"\N{SECTION SIGN}{name}" for name in HOLE.findall(english)}
        assert dutch_or_none(english.format(**marks)) == dutch.format(**marks), english


def test_a_sentence_made_of_others_is_dutch_to_its_end() -> None:
    message = "sheet Bevolking, cell B7: expected a number, found text '8.1'; write it without quotes"
    assert dutch_or_none(message) == (
        "blad Bevolking, cel B7: verwacht: een getal; gevonden: de tekst '8.1'; schrijf het zonder "
        "aanhalingstekens"
    )


def test_numbers_are_dutch_and_what_people_wrote_is_theirs() -> None:
    assert dutch_or_none("must be between 0.2 and 1,000, found 8.5") == (
        "dit moet tussen 0,2 en 1.000 liggen; gevonden: 8,5"
    )
    assert dutch_or_none("the key 'a number' is here twice (also on line 3)") == (
        "de sleutel 'a number' staat hier twee keer (ook op regel 3)"
    )


def test_what_has_no_dutch_stays_as_it_is() -> None:
    error = InputError([Problem("x", 3, 4, "quite unheard of")])
    assert dutch_or_none("quite unheard of") is None
    assert told(error, "nl") == ["Regel 3, kolom 4: quite unheard of"]
    assert told(error, "en") == ["Line 3, column 4: quite unheard of"]
    assert told(InputError.at("x", "the file is empty"), "nl") == ["Het bestand is leeg"]


YAML_FAULTS: dict[str, bytes] = {
    "empty": b"",
    "binary": b"kind: \0",
    "UTF-16": "kind: x".encode("utf-16"),
    "Latin": "name: caf\xe9".encode("latin-1"),
    "no mapping": b"- 1",
    "no kind": b"name: x",
    "another kind": b"kind: scenario",
    "an unknown kind": b"kind: gemeente",
    "a near kind": b"kind: municipalty",
    "a tab": b"kind: municipality\n\tname: x",
    "twice": b"kind: municipality\nkind: municipality",
    "an alias bomb": b"a: &a [x, x]\nb: &b [*a, *a]\n",
    "an alias": b"a: *a",
    "a tag": b"a: !!python/object:os.system x",
    "deep": b"a: " + b"[" * 30 + b"]" * 30,
    "many": b"a: [" + b"1," * 2_500 + b"]",
    "two documents": b"kind: municipality\n---\nkind: municipality",
    "an open quote": b"kind: 'municipality",
    "an open bracket": b"kind: [municipality",
    "a colon": b"kind: municipality: x",
    "no colon": b"kind: municipality\nname\nx: 1",
    "an indent": b"kind: municipality\n   name: x",
    "a list as key": b"[1, 2]: x",
    "a directive": b"%YAML 1.1\n---\nkind: municipality",
    "too large": b"#" * 1_000_001,
}


@pytest.mark.parametrize("case", YAML_FAULTS)
def test_a_file_that_cannot_be_read_is_explained_in_dutch(case: str) -> None:
    with pytest.raises(InputError) as caught:
        read_yaml(YAML_FAULTS[case], "dorp.yaml")
    for problem in caught.value.problems:
        assert dutch_or_none(problem.message) is not None, problem.message


def test_a_very_long_sentence_is_left_as_it_is_at_once() -> None:
    start = time.process_time()
    assert dutch_or_none("expected " + ", found a; did you mean 'b" * 20_000) is None
    assert time.process_time() - start < 0.5


def test_sizes_are_written_as_dutch_writes_them() -> None:
    told = dutch_or_none("too large: 1.3 MB, the limit is 1.0 MB")
    assert told is not None
    assert "1,3 MB" in told
    assert "1,0 MB" in told
