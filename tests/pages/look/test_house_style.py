"""A house style from design tokens: read, refused where colours cannot be told apart, and applied."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pages.look import charts, dark, house_style
from pages.look.house_style import contrast, read
from sim.errors import InputError
from sim.machine import variables

ROOT = Path(__file__).resolve().parents[3]
TOKENS: dict[str, Any] = {
    "utrecht": {
        "color": {
            "white": {"value": "hsl(0 0% 100%)"}, "grey": {"value": "#1a1a1a"},
            "blue": {"35": {"value": "hsl(211 60% 35%)"}},
        },
        "document": {
            "color": {"value": "{utrecht.color.grey}"},
            "background-color": {"$value": "{utrecht.color.white}"},
            "font-family": {"value": "'Huis Letter', Arial, sans-serif"}, "line-height": {"value": 1.4},
        },
        "link": {
            "color": {"value": "{utrecht.color.blue.35.value}"}, "hover": {"color": {"value": "{gone}"}},
        },
        "button": {"primary-action": {"background-color": {"value": "{utrecht.link.color}"}}},
    }
}  # fmt: skip
HOUSE = {
    "textColor": "#1a1a1a", "backgroundColor": "#ffffff", "primaryColor": "#24578f", "linkColor": "#24578f",
    "font": "Arial, sans-serif",
}  # fmt: skip


@pytest.fixture(autouse=True)
def none_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(variables.THEME, raising=False)
    house_style.current.cache_clear()
    yield
    house_style.current.cache_clear()


def written(folder: Path, tokens: Any, indent: int | str | None = 2) -> Path:
    file = folder / "tokens.json"
    file.write_text(json.dumps(tokens, indent=indent), encoding="utf-8")
    return file


def with_values(**values: Any) -> dict[str, Any]:
    """Return a file with tokens of `utrecht`, such as document__color, and their values."""
    found: dict[str, Any] = {"utrecht": {}}
    for name, value in values.items():
        node = found["utrecht"]
        for part in name.split("__"):
            node = node.setdefault(part.replace("_", "-"), {})
        node["value"] = value
    return found


def refused(folder: Path, tokens: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(written(folder, tokens))
    assert all(problem.fault.text("nl") for problem in caught.value.problems)
    return [line.partition("tokens.json:")[2] for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("indent", [2, "\t", None])
def test_tokens_are_mapped_and_references_followed(indent: int | str | None, tmp_path: Path) -> None:
    assert read(written(tmp_path, TOKENS, indent)) == HOUSE


def test_what_is_not_known_is_left_out_and_nothing_more_is_given(tmp_path: Path) -> None:
    tokens = with_values(link__color="#003366", accordion__color="no colour at all")
    assert read(written(tmp_path, tokens)) == {"linkColor": "#003366"}


def test_the_first_set_of_a_file_of_figma_counts_and_basis_stands_in(tmp_path: Path) -> None:
    light = {"basis": {"color": {"default": {
        "bg-document": {"$value": "{huis.wit}"},
        "bg-subtle": {"$value": {"colorSpace": "srgb", "hex": "#F9F9FA"}},
        "color-document": {"$value": "rgb(0, 26, 64)"},
    }}}}  # fmt: skip
    night = {"basis": {"color": {"default": {"bg-document": {"$value": "#000"}}}}}
    tokens = {"huis": {"huis": {"wit": {"$value": "#FFF"}}}, "light": light, "night": night}
    assert read(written(tmp_path, tokens)) == {
        "textColor": "#001a40", "backgroundColor": "#ffffff", "secondaryBackgroundColor": "#f9f9fa",
    }  # fmt: skip


def test_values_without_an_object_are_tokens_too(tmp_path: Path) -> None:
    assert read(written(tmp_path, {"utrecht": {"link": {"color": "#003366ff"}}})) == {"linkColor": "#003366"}


@pytest.mark.parametrize(
    ("fonts", "found"),
    [
        ("Georgia", "Georgia, sans-serif"), (["Segoe UI", "serif"], "Segoe UI, serif"),
        ("Huis Letter", None), ("Huis:https://fonts.example/huis.css", None),
    ],
)  # fmt: skip
def test_a_font_is_kept_only_where_a_machine_has_it(fonts: Any, found: str | None, tmp_path: Path) -> None:
    tokens = with_values(link__color="#003366", document__font_family=fonts)
    assert read(written(tmp_path, tokens)).get("font") == found


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # known as just too pale
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


def test_colours_that_cannot_be_told_apart_are_refused_with_their_place(tmp_path: Path) -> None:
    tokens = with_values(
        link__color="{utrecht.green}", green="#3bac2a", button__primary_action__background_color="#aaa"
    )
    link, button = refused(tmp_path, tokens)
    assert link == (
        "5:18: 'utrecht.link.color': the links (#3bac2a) and the background (#ffffff) have a contrast of "
        "2.94; at least 4.5 is needed"
    )
    assert button.startswith("14:20: 'utrecht.button.primary-action.background-color': the primary colour")
    assert button.endswith("at least 3.0 is needed")


def test_a_ratio_that_falls_just_short_is_not_rounded_to_what_is_needed(tmp_path: Path) -> None:
    (one,) = refused(tmp_path, with_values(document__color="#777777"))
    assert "have a contrast of 4.47; at least 4.5" in one


def test_a_background_on_which_our_own_colours_are_lost_is_refused(tmp_path: Path) -> None:
    (one,) = refused(tmp_path, with_values(document__background_color="#445566"))
    assert one.startswith("5:18: 'utrecht.document.background-color': the text (#1d2730)")
    tokens = with_values(
        document__background_color="#c8b99a", document__color="black", link__color="black",
        button__primary_action__background_color="black",
    )  # fmt: skip
    (one,) = refused(tmp_path, tokens)
    assert "our edges of fields" in one


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (with_values(link__color="{utrecht.a}", a="{utrecht.b}", b="{utrecht.a}"),
         "12:16: 'utrecht.a' leads back to itself, by way of 'utrecht.link.color', 'utrecht.a', 'utrecht.b'"),
        (with_values(link__color="{utrecht.colour}", color="#003366"),
         "5:18: 'utrecht.link.color' names the token 'utrecht.colour', which is not in this file; "
         "did you mean 'utrecht.color'?"),
        (with_values(link__color="rgba(0, 0, 0, 0.5)"), "5:18: 'utrecht.link.color' is no colour"),
        (with_values(link__color="transparent"), "5:18: 'utrecht.link.color' is no colour that can be used"),
        (with_values(accordion__color="#000"), "1:1: holds no design token that the app knows"),
        ([], "1:1: holds no design token that the app knows"),
    ],
)  # fmt: skip
def test_what_else_is_wrong_is_one_error_with_its_place(tokens: Any, message: str, tmp_path: Path) -> None:
    (one,) = refused(tmp_path, tokens)
    assert one.startswith(message)


def test_a_file_that_is_no_json_is_refused_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text('{"utrecht": {\n  "link" {"color": {"value": "#003366"}}\n}}', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(file)
    (problem,) = caught.value.problems
    assert problem.line == 2
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "token.json")


def test_charts_and_buttons_follow_and_without_a_file_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house_style.chart_colours() == {}
    assert house_style.look() == ""
    house_style.current.cache_clear()
    tokens = with_values(
        document__color="#111111", document__background_color="#fffff0",
        button__primary_action__background_color="#d62410",
    )  # fmt: skip
    monkeypatch.setenv(variables.THEME, str(written(tmp_path, tokens)))
    spec = {"mark": {"color": charts.INK}, "paper": "white", "range": list(charts.COLOURS)}
    assert dark.recoloured(spec, house_style.chart_colours()) == {
        "mark": {"color": "#111111"}, "paper": "#fffff0", "range": list(charts.COLOURS),
    }  # fmt: skip
    assert "[aria-checked=true] p, [role=tab][aria-selected=true] p {color: #111111}" in house_style.look()
    assert "--kw: #d62410" in house_style.look()
    assert "--kw-back: #fffff0" in house_style.look()
    assert "#000000" not in house_style.look()  # white can be read on this red: 4.9


def test_words_on_a_pale_button_are_black(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = with_values(button__primary_action__background_color="#e06000")
    monkeypatch.setenv(variables.THEME, str(written(tmp_path, tokens)))
    assert contrast("#e06000", "#ffffff") < 4.5 < contrast("#e06000", "#000000")
    assert "p {color: #000000}" in house_style.look()


def started(theme: Path) -> subprocess.CompletedProcess[str]:
    """Start the app as `streamlit run` does, up to the server; print what its theme is."""
    asked = (
        "import streamlit as st; from streamlit.web.cli import main; from streamlit.web import bootstrap\n"
        "from streamlit.web.server.starlette.starlette_server import UvicornRunner\n"
        "import importlib, json\n"
        "def run(self):\n"
        "    importlib.import_module('app')\n"
        "    print(json.dumps([st.get_option(f'theme.{name}') for name in ("
        "'light.textColor', 'light.backgroundColor', 'light.primaryColor', 'light.linkColor', 'light.font', "
        "'light.borderColor', 'dark.textColor', 'dark.linkColor')]))\n"
        "UvicornRunner.run = run\n"
        "main(['run', 'app.py'], standalone_mode=False)"
    )
    return subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=False, timeout=120, cwd=ROOT,
        env={**os.environ, variables.THEME: str(theme)},
    )  # fmt: skip


def test_the_app_has_the_house_style_in_the_light_and_its_own_in_the_dark(tmp_path: Path) -> None:
    found = started(written(tmp_path, TOKENS))
    assert json.loads(found.stdout.splitlines()[-1]) == [*HOUSE.values(), "#6f7d88", "#e8edf1", "#7cc4ea"]


def test_a_theme_that_is_refused_starts_no_server(tmp_path: Path) -> None:
    file = written(tmp_path, with_values(link__color="#cccccc"))
    served = started(file)
    by_command = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "app", "--headless"], capture_output=True, text=True,
        check=False, timeout=120, cwd=tmp_path, env={**os.environ, variables.THEME: file.name},
    )  # fmt: skip
    for ended in (served, by_command):
        assert ended.returncode == 2
        assert "tokens.json:5:18: 'utrecht.link.color'" in ended.stderr
        assert "Traceback" not in ended.stderr
