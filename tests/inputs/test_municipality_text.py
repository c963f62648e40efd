"""Figures as the text of a file, and bytes of a file as figures, whatever the bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality, load_municipality, municipality_from_dict
from sim.inputs.municipality_text import municipality_yaml, read_yaml
from sim.states import FORMS
from tests.examples import examples
from tests.inputs.test_municipality import FULL, SMALL, made

TEXT = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="<>", max_codepoint=0x24FF),
    max_size=60,
).map(lambda text: "".join(c for c in f"d{text}" if c.isprintable()))
FIGURE = st.floats(0.2, 0.5).map(lambda x: round(x, 6))
ODD = (b"*", b"&a ", b"[[[", b"{", b"\n", b": ", b"\xff", b"<b>")
SOURCED = FIGURE | st.fixed_dictionaries({"value": FIGURE, "source": TEXT})


@settings(max_examples=40, deadline=None)
@given(
    TEXT.filter(lambda name: name[0].isalpha()), TEXT, st.fixed_dictionaries({}, optional={
        "kinderwerk_fte": SOURCED, "moving": SOURCED, "bijstand": SOURCED, "need": SOURCED, "access": SOURCED,
        "tariffs": st.dictionaries(st.sampled_from(FORMS), SOURCED),
        "use": st.fixed_dictionaries(
            {"year": st.integers(2015, 2030), "youths": st.integers(2600, 9000)},
            optional={"national": FIGURE, "ages": st.sampled_from(("0-17", "0-22")), "source": TEXT},
        ),
    }),
)  # fmt: skip
def test_every_municipality_is_read_back_from_its_file(
    name: str, source: str, others: dict[str, object]
) -> None:
    town = municipality_from_dict({**SMALL, "name": name, "source": source, **others})
    assert read_yaml(municipality_yaml(town).encode(), "dorp.yaml") == town


def test_the_file_is_explained_and_checked_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "dorp.yaml"
    file.write_text(municipality_yaml(made()), encoding="utf-8")
    assert load_municipality(file, registry()) == made()
    assert "# euro's van 2024 per plaats per jaar" in file.read_text(encoding="utf-8")
    assert "  ambulant: 9000\n" in file.read_text(encoding="utf-8")
    assert "  0-3: 8100\n" in file.read_text(encoding="utf-8")


def test_single_ages_are_written_as_numbers() -> None:
    town = made(population={**dict.fromkeys(range(18), 400), "18-24": 700}, use=None)
    assert "\n  4: 400\n" in municipality_yaml(town)
    assert read_yaml(municipality_yaml(town).encode(), "x", registry()) == town


def test_bytes_are_read_like_a_file() -> None:
    with pytest.raises(InputError) as caught:
        read_yaml(municipality_yaml(made()).replace("8100", "veel").encode(), "dorp.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line > 5) == ("dorp.yaml", True)
    assert caught.value.told("nl")[0].startswith(f"Regel {problem.line}, kolom ")


@settings(deadline=None, max_examples=examples(60))
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_damaged_bytes_are_a_municipality_or_an_input_error(seed: int, changes: int) -> None:
    content = bytearray(municipality_yaml(municipality_from_dict(FULL)).encode())
    luck = np.random.default_rng(seed)
    for _ in range(changes):
        place = luck.integers(len(content))
        match luck.integers(3):
            case 0:
                content[place] = luck.integers(256)
            case 1:
                del content[place : place + luck.integers(1, 30)]
            case _:
                content[place:place] = luck.choice(
                    (b"*", b"&a ", b"[[[", b"{", b"\n", b": ", b"\xff", b"<b>")
                )
    try:
        found = read_yaml(bytes(content), "dorp.yaml", registry())
    except InputError as error:
        sentences = error.told("nl")
    else:
        assert isinstance(found, Municipality)
        return
    assert sentences
