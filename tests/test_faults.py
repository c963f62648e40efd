"""The catalogue of faults: every code has its sentence in each language, and is raised somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.faults import LANGUAGES, Fault, _Words, fault, holes, sentences
from sim.inputs.library import registry
from sim.inputs.municipality import municipality_from_dict
from sim.inputs.municipality_text import read_yaml
from tests.inputs.test_municipality import FULL, WRONG

ROOT = Path(__file__).resolve().parents[1]
ROOMS = [ROOT / name for name in ("sim", "calibration", "commands", "pages")]
PRODUCT = [ROOT / "cli.py", *(file for room in ROOMS for file in room.rglob("*.py"))]
TAKES_FAULT = {"InputError": 1, "Problem": 1, "OptionError": 1, "VariableError": 1, "SimulationError": 0,
               "plain_error": 0, "NumeralError": 0, "PlaceError": 0, "ExpressionError": 0}  # fmt: skip
"""Where a fault stands among the arguments."""
OF_FIELDS = r"\btitle=\"(\w+)\""
"""Titles of fields say what is expected there, by a code."""
ENGLISH = re.compile(r"\b(the|expected|found|must|are|missing|unknown|with|does|there|this)\b")


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for file in PRODUCT:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield file, node


def raised() -> dict[str, list[tuple[Path, ast.Call]]]:
    """Return the calls of `fault` by code. Every one says its code in the place itself."""
    found: dict[str, list[tuple[Path, ast.Call]]] = {}
    for file, call in calls():
        if isinstance(call.func, ast.Name) and call.func.id == "fault":
            (code,) = call.args
            assert isinstance(code, ast.Constant), f"{file}:{call.lineno}"
            assert isinstance(code.value, str)
            found.setdefault(code.value, []).append((file, call))
    return found


def of_stages() -> dict[str, list[tuple[Path, ast.Call]]]:
    """Return the calls of `Progress` by stage, where the place itself says it."""
    found: dict[str, list[tuple[Path, ast.Call]]] = {}
    for file, call in calls():
        named = isinstance(call.func, ast.Name) and call.func.id in ("Progress", "Event")
        if named and isinstance(stage := call.args[0], ast.Constant) and isinstance(stage.value, str):
            found.setdefault(stage.value, []).append((file, call))
    return found


def of_fields() -> set[str]:
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "sim").rglob("*.py"))
    return {code for text in texts for code in re.findall(OF_FIELDS, text)}


def test_every_code_has_its_sentence_in_each_language_with_the_same_values() -> None:
    english = sentences("en")
    for language in LANGUAGES:
        assert list(sentences(language)) == list(english)
        for code, sentence in sentences(language).items():
            assert holes(sentence) == holes(english[code]), (language, code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_names_an_option_of_the_command_line(language: str) -> None:
    """Pages and Python say the same sentences; commands/shared.py adds the option that mends a fault."""
    assert [code for code, words in sentences(language).items() if re.search(r"--\w", words)] == []


def test_every_code_is_raised_with_the_values_of_its_sentence() -> None:
    english = sentences("en")
    for code, places in raised().items():
        for file, call in places:
            place = f"{file.relative_to(ROOT)}:{call.lineno} {code}"
            assert code in english, place
            assert {word.arg for word in call.keywords} == holes(english[code]), place
    assert english.keys() == raised().keys() | of_fields() | of_stages().keys()


def test_every_stage_is_told_with_the_values_of_its_sentence() -> None:
    for code, places in of_stages().items():
        for file, call in places:
            said = call.args[3] if len(call.args) > 3 else next((w.value for w in call.keywords), None)
            if said is None or isinstance(said, ast.Dict):
                keys = {key.value for key in said.keys if isinstance(key, ast.Constant)} if said else set()
                assert keys == holes(sentences("en")[code]), f"{file}:{call.lineno} {code}"


def test_no_sentence_is_made_outside_the_catalogue() -> None:
    for file, call in calls():
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("at", "of"):
            owner = call.func.value
            name = owner.id if isinstance(owner, ast.Name) else ""
            index = 0 if call.func.attr == "of" else 1
        else:
            index = TAKES_FAULT.get(name, 0)
        if name in TAKES_FAULT and len(call.args) > index:
            said = call.args[index]
            assert not isinstance(said, (ast.JoinedStr, ast.BinOp)), f"{file}:{call.lineno}"
            text = isinstance(said, ast.Constant) and isinstance(said.value, str)
            assert not text, f"{file}:{call.lineno}"


def test_no_dutch_sentence_is_english() -> None:
    for code, sentence in sentences("nl").items():
        own = re.sub(r"\{[^}]*\}|'[^']*'|`[^`]*`", "", sentence)
        assert not ENGLISH.search(own), (code, own)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_said_twice_in_other_words_of_code(language: str) -> None:
    said = [re.sub(r"\{\w+", "{", sentence) for sentence in sentences(language).values()]
    assert len(said) == len(set(said)), "one fault has one code"


def test_numbers_are_of_the_language_and_text_is_as_it_was_written() -> None:
    limits = fault("must_be_between", low=0.2, high=1000, found="1,234.5")
    assert limits.text() == "must be between 0.2 and 1000, found 1,234.5"
    assert limits.text("nl") == "dit moet tussen 0,2 en 1000 liggen; gevonden: 1,234.5"
    size = fault("too_large", size=1.3, most=1000.0)
    assert size.text() == "too large: 1.3 MB, the limit is 1,000.0 MB"
    assert size.text("nl") == "te groot: 1,3 MB; hoogstens 1.000,0 MB"


def test_what_users_wrote_is_never_read_as_a_sentence() -> None:
    odd = "{known} [near|x] {0} 'a number'"
    told = fault("unknown_key", key=odd, near=None, known=("a", "b")).text("nl")
    assert told == f"onbekende sleutel '{odd}'. Bekend zijn hier: a, b"


def test_what_is_empty_is_left_out() -> None:
    assert fault("unknown_key", key="x", near="y", known=("y",)).text() == (
        "unknown key 'x'; did you mean 'y'? Known keys here: y"
    )
    assert fault("missing_key", key="kind").text("nl") == "de sleutel 'kind' ontbreekt"


def test_a_list_is_joined_as_the_language_does() -> None:
    words = fault("must_be_one_of", known=("nl", "en", "de"), found="fr")
    assert words.text() == "must be nl, en or de, found 'fr'"
    assert words.text("nl") == "moet nl, en of de zijn; gevonden: 'fr'"


def test_a_code_that_is_not_there_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        Fault("no_such_code").text()


YAML_FAULTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "file_empty"),
    "binary": (b"kind: \0", "binary_file"),
    "UTF-16": ("kind: x".encode("utf-16"), "saved_as_utf16"),
    "Latin": ("name: caf\xe9".encode("latin-1"), "not_utf8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "other_kind_of_file"),
    "a photo": (b"\xff\xd8\xff\xe0\0\x10JFIF", "other_kind_of_file"),
    "a workbook": (b"PK\x03\x04\x14\0", "other_kind_of_file"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "other_kind_of_file"),
    "no mapping": (b"- 1", "expected_lines"),
    "no kind": (b"name: x", "missing_key_kind"),
    "another kind": (b"kind: scenario", "wrong_kind"),
    "an unknown kind": (b"kind: gemeente", "unknown_kind"),
    "a near kind": (b"kind: municipalty", "unknown_kind"),
    "a tab to indent": (b"kind: municipality\n\tname: x", "tab_indent"),
    "a tab": (b"kind: [municipality,\t@]", "value_start"),
    "twice": (b"kind: municipality\nkind: municipality", "key_twice"),
    "an alias bomb": (b"a: &a [x, x]\nb: &b [*a, *a]\n", "anchor_not_allowed"),
    "an alias": (b"a: *a", "alias_not_allowed"),
    "a tag": (b"a: !!python/object:os.system x", "tag_not_allowed"),
    "a tag without a name": (b"a: !x!y z", "not_yaml"),
    "deep": (b"a: " + b"[" * 30 + b"]" * 30, "too_deep"),
    "many": (b"a: [" + b"1," * 2_500 + b"]", "too_many_values"),
    "two documents": (b"kind: municipality\n---\nkind: municipality", "second_document"),
    "text after the end": (b"kind: municipality\n...\nkind: x", "second_document"),
    "an open quote": (b"kind: 'municipality", "open_quote"),
    "an open quote over lines": (b"kind: \"municipality\nname: x\nsource: y\n", "open_quote"),
    "an odd escape": (b'kind: "a\\qb"', "not_yaml"),
    "an open bracket": (b"kind: [municipality", "bracket_or_comma_missing"),
    "an open bracket with more": (b"kind: [municipality\nname: x\n", "bracket_or_comma_missing"),
    "no comma": (b"kind: {a: 1 b: 2}", "bracket_or_comma_missing"),
    "a colon": (b"kind: municipality: x", "colon_not_allowed"),
    "no colon": (b"kind: municipality\nname\nx: 1", "colon_missing"),
    "no colon at the end": (b"kind: municipality\nname", "colon_missing"),
    "no colon after quotes": (b'kind: municipality\n"name"\nx: 1', "colon_missing"),
    "an indent": (b"kind: municipality\n   name: x", "colon_not_allowed"),
    "an indent to the left": (b"kind:\n    a: 1\n  b: 2\n", "indentation"),
    "two documents without a line between": (b"kind\n: municipality\nname: x", "one_document"),
    "a dash": (b"kind: - x", "not_yaml"),
    "an at sign": (b"kind: @x", "value_start"),
    "a percent sign": (b"kind: %x", "value_start"),
    "a list as key": (b"[1, 2]: x", "key_of_many_parts"),
    "a directive": (b"%YAML 1.1\n---\nkind: municipality", "directive_not_allowed"),
    "two directives": (b"%YAML 1.1\n%YAML 1.1\n---\nkind: municipality", "not_yaml"),
    "too large": (b"#" * 1_000_001, "over_limit"),
}


@pytest.mark.parametrize("case", YAML_FAULTS)
def test_a_file_that_cannot_be_read_has_the_code_of_what_is_wrong(case: str) -> None:
    content, code = YAML_FAULTS[case]
    with pytest.raises(InputError) as caught:
        read_yaml(content, "dorp.yaml")
    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n", "dit is een plaatje en geen tekst; kies een tekstbestand, zoals .yaml"),
        (b"PK\x03\x04", "dit is een Excel- of Word-bestand, of een zip, en geen tekst"),
        (b"name: \x00", "dit is geen tekst. Een plaatje, pdf of Excel-bestand kan niet"),
        (b"name: caf\xe9", "Een plaatje, pdf of Excel-bestand kan niet; bewaar tekst als UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_yaml(content, "dorp.yaml")
    assert said in caught.value.problems[0].fault.text("nl")


@pytest.mark.parametrize("case", WRONG)
def test_every_mistake_in_figures_is_dutch_to_its_end(case: str) -> None:
    with pytest.raises(InputError) as caught:
        municipality_from_dict({**FULL, **WRONG[case][0]}, registry())
    for problem in caught.value.problems:
        dutch = problem.fault.text("nl")
        unquoted = re.sub(r"'[^']*'|\"[^\"]*\"|Bekend zijn.*", "", dutch)
        assert not ENGLISH.search(unquoted), dutch


@pytest.mark.parametrize(
    ("value", "told"), [(-0.04, "0.0"), (0.04, "0.0"), (-0.06, "-0.1"), (1234.56, "+1,234.6")]
)
def test_what_rounds_to_nothing_has_no_sign_whatever_the_form(value: float, told: str) -> None:
    words = _Words("en")
    assert words.format("{x:+,.1f}", x=value) == told
