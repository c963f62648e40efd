"""`data towns` lists municipalities by name, and says of one how each figure is known."""

from __future__ import annotations

import pytest

import cli


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["kinderwerk", "data", "towns", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out + out.err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("urk", (
            "Urk (GM0184)", "estimated: predicted from municipalities like it",
            "0.85 (0.65 to 1.11 in 9 of 10)", "borrowed: national",
        )),
        ("schiermonnikoog", ("households with children (2021)", "99", "measured: CBS, key figures of")),
        ("emmen", ("Emmen (GM0114)", "estimated: from its own figures", "derived: from age bands")),
        ("weesp", ("Amsterdam (GM0363)", "Weesp (to 2022)", "1.04 (0.97 to 1.11", "13.5%")),
        ("Tilburg", ("Haaren (to 2021, in part)",)),
        ("Almere", ("estimated: fitted to its own figure of 2020", "36.0", "measured")),
        ("Rotterdam", ("0.74 (0.69 to 0.79", "14.3%", "own number of youths with jeugdhulp", "GM0599")),
    ],
)
def test_of_one_municipality_each_figure_says_how_it_is_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str, parts: tuple[str, ...]
) -> None:
    code, text = told(capsys, monkeypatch, words)
    assert code == 0
    assert all(part in text for part in parts)


def test_the_list_is_in_the_order_of_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = told(capsys, monkeypatch)
    codes = [word for word in text.split() if word.startswith("GM")]
    assert (code, len(codes), codes[0], codes[-1]) == (0, 342, "GM1680", "GM0193")  # Aa en Hunze to Zwolle


def test_an_unknown_one_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = told(capsys, monkeypatch, "Tilbrug")
    assert code == 2
    assert "unknown municipality 'Tilbrug'; did you mean 'Tilburg'?" in text


@pytest.mark.parametrize("words", ["  ", "-"])
def test_a_search_for_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    code, text = told(capsys, monkeypatch, words)
    assert (code, text) == (
        2, f"expected a name or a CBS code, found '{words}'; without any name all are listed\n"
    )  # fmt: skip
    code, text = told(capsys, monkeypatch)
    assert code == 0
    assert all(name in text for name in ("Aa en Hunze", "Zwolle"))
