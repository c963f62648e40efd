"""Where results go is looked at before anything is simulated, in every command that writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.shared import MENDED_BY, input_words, option_words, ready
from sim.errors import InputError, OptionError, Problem
from sim.faults import Fault, sentences
from sim.inputs.scenario_files import refuse_taken, write_new_file

LONG = "x" * 300


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file", "is no folder; results need one"), ("file/x", "cannot be made: .*file is no folder"),
        ("nowhere", "is no folder; results need one"), (LONG, "cannot be written: file name too long"),
        (f"a/{LONG}", "cannot be written: file name too long"), (f"a/{LONG}/b", "file name too long"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_is_refused_and_nothing_is_left(
    tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=words):
        ready(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "nowhere"]


def test_a_folder_that_can_be_is_not_made_yet(tmp_path: Path) -> None:
    assert ready(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert ready(tmp_path) == tmp_path
    assert not list(tmp_path.iterdir())


def test_a_new_file_has_any_name_that_the_disk_takes(tmp_path: Path) -> None:
    longest = tmp_path / ("x" * 250 + ".yaml")
    refuse_taken(longest)
    assert write_new_file(longest, b"kind: x").read_bytes() == b"kind: x"
    assert [path.name for path in tmp_path.iterdir()] == [longest.name]
    with pytest.raises(InputError, match="cannot be written: file name too long"):
        refuse_taken(tmp_path / f"{LONG}.yaml")


@pytest.mark.parametrize("name", ["results.parquet", "comparison.csv", "manifest.json"])
def test_a_folder_where_a_file_should_come_is_found_first(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"{name} cannot be written: is a directory"):
        ready(tmp_path)


def test_the_terminal_adds_the_option_that_mends_a_fault() -> None:
    known, other = Fault("made_with_other_model"), Fault("nothing_to_compare")
    error = InputError([Problem.at("a.json", known), Problem.at("b.yaml", other)])
    assert input_words(error) == f"a.json:1:1: {known} (--own-model)\nb.yaml:1:1: {other}"
    error_of_option = OptionError("precision_of", Fault("precision_of_alone"))
    assert option_words(error_of_option) == f"--precision-of {error_of_option.fault} (--precision)"
    assert MENDED_BY.keys() <= sentences("en").keys()
