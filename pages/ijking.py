"""IJking: how well the model fits what CBS counted, what it was tested on, and what data cannot tell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from calibration.documents.report import fitted_share, read
from pages.shared import charts, formats, parts
from pages.shared.state import choices, reference_words
from pages.shared.texts import language, t, writing
from sim.errors import InputError
from sim.machine.project import version
from sim.model.parameters import DATA

SERIES = ("jz", "jh", "zonder", "wijkteam", "ambulant", "netwerk", "daghulp", "verblijf")
TESTS = DATA / "validation.json"
LAST_YEAR = 2022
"""Of the counts of youths that the fit saw."""


def main() -> None:
    """Show the page."""
    st.title(t("page_ijking"))
    try:
        about, found = read()
        tested = json.loads(TESTS.read_text(encoding="utf-8"))
    except (InputError, OSError, ValueError):
        st.info(t("fit_none"))
        return
    inside, error = fitted_share(found)
    years = [row["year"] for row in found["targets"] if row["role"] == "calibrate"]
    st.markdown(
        t("fit_lead", inside=formats.percent(inside), n=len(years), late=sum(y > LAST_YEAR for y in years),
          error=formats.percent(error, 1))
    )  # fmt: skip
    st.markdown(t("fit_not"))
    _series(found)
    _tested(tested)
    _source(found)
    _ages(found)
    _known(found)
    _parameters(found)
    _spending(found)
    _table(_figures(found["targets"]), "figures", t("fit_all"))
    walk, cover = found["sampler"], found["coverage"]
    parts.note(
        t("fit_computed", draws=about["draws"], free=len(about["free"]), held=len(about["held"]),
          effective=formats.count(walk["effective"]), cover=formats.percent(cover["parameters"]),
          mark=found["posterior"][:12])
    )  # fmt: skip
    parts.footer(reference_words(choices()))


def _series(found: Mapping[str, Any]) -> None:
    """Show the series of users: what was counted, and the model with its interval."""
    st.header(t("fit_series"))
    rows = [
        {"series": t(f"fit_{row['measure_stem']}"), "year": row["year"], "published": row["value"],
         "model": row["best"], "low": row["predictive_low"], "high": row["predictive_high"]}
        for row in ({**r, "measure_stem": r["id"].removesuffix(f"_{r['year']}")} for r in found["targets"])
        if row["measure_stem"] in SERIES and row["role"] != "report"
    ]  # fmt: skip
    data = pd.DataFrame(rows)
    names = list(dict.fromkeys(data["series"]))
    for first in range(0, len(names), 2):  # side by side; on a phone below each other
        for column, name in zip(st.columns(2), names[first : first + 2], strict=True):
            with column:
                parts.draw(_one_series(data[data["series"] == name], name))
    parts.note(t("fit_series_note"))
    titles = {"series": t("fit_figure"), "year": t("year"), "published": t("fit_published"),
             "model": t("fit_model"), "low": t("fit_low"), "high": t("fit_high")}  # fmt: skip
    _table(data.rename(columns=titles), "series", years=(t("year"),))
    _source(found)


def _one_series(data: pd.DataFrame, name: str) -> alt.LayerChart:
    """Return the chart of one series: dots counted, ticks and bars of the model."""
    base = alt.Chart(data).encode(x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)))
    number = alt.Axis(format=",.0f", title=None, tickCount=4)
    rule = base.mark_rule(strokeWidth=5, opacity=0.35, color=charts.COLOURS[0]).encode(
        y=alt.Y("low:Q", axis=number, scale=alt.Scale(zero=False)), y2="high:Q"
    )
    model = base.mark_tick(color=charts.COLOURS[0], thickness=3, width=18).encode(y="model:Q")
    seen = base.mark_point(color=charts.INK, filled=True, size=45).encode(
        y="published:Q",
        tooltip=[
            alt.Tooltip("year:O", title=t("year")),
            alt.Tooltip("published:Q", title=t("fit_published"), format=",.0f"),
            alt.Tooltip("model:Q", title=t("fit_model"), format=",.0f"),
        ],
    )
    made = (
        alt.layer(rule, model, seen)
        .properties(height=210, title=name, description=f"{name}: {t('fit_series_note')}")
    )
    return charts.dressed(made, language(), 13)


def _tested(tested: Mapping[str, Any]) -> None:
    st.header(t("fit_tested"))
    errors = tested["errors"]
    st.markdown(
        t("fit_tested_lead", inside=formats.percent(tested["inside_share"]), n=len(tested["targets"]),
          model=formats.percent(errors["median"], 1), last=formats.percent(errors["last_value"], 1),
          line=formats.percent(errors["straight_line"], 1),
          verdict=t("fit_wins" if all(tested["beats"].values()) else "fit_loses"))
    )  # fmt: skip
    _table(_figures(tested["targets"]).drop(columns=t("fit_role")), "held-out")


def _figures(targets: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            t("fit_figure"): row["id"], t("fit_role"): t(f"fit_role_{row['role']}"),
            t("fit_published"): row["value"], t("fit_model"): row["best"],
            t("fit_low"): row["predictive_low"], t("fit_high"): row["predictive_high"],
            t("fit_inside"): t("yes" if row["inside"] else "no"),
        }
        for row in targets
    )  # fmt: skip


def _ages(found: Mapping[str, Any]) -> None:
    st.header(t("fit_ages"))
    data = pd.DataFrame(found["ages"])
    percent = alt.Axis(format=".0%", title=None)
    base = alt.Chart(data).encode(x=alt.X("age:Q", title=t("fit_age"), axis=alt.Axis(format="d")))
    band = base.mark_area(opacity=0.2, color=charts.COLOURS[0]).encode(
        y=alt.Y("users_share_low:Q", axis=percent), y2="users_share_high:Q"
    )
    line = base.mark_line(strokeWidth=3, color=charts.COLOURS[0]).encode(y="users_share:Q")
    chart = alt.layer(band, line).properties(height=240, description=t("fit_ages_note"))
    parts.draw(charts.dressed(chart, language(), 13))
    parts.note(t("fit_ages_note"))
    shares = ["users_share", "users_share_low", "users_share_high"]
    titles = dict(zip(["age", *shares], map(t, ("fit_age", "fit_model", "fit_low", "fit_high")), strict=True))
    told = data[["age", *shares]].astype({"age": int})
    shown = told.assign(**{name: told[name].map(lambda share: formats.percent(share, 1)) for name in shares})
    _below(shown.rename(columns=titles), told.rename(columns=titles), "ages", t("table"))
    _source(found)


def _known(found: Mapping[str, Any]) -> None:
    known = found["identifiability"]
    st.header(t("fit_known"))
    weakest = ", ".join(f"`{item['name']}`" for item in known["weakest_informed"][:4])
    counts = {"informed": known["informed_directions"], "free": known["free_parameters"]}
    st.markdown(t("fit_known_lead", weak=weakest, **counts))
    rows = [
        {t("fit_set"): t(f"fit_set_{k}"), t("fit_index"): formats.count(item["index"]),
         t("fit_weakest"): ", ".join(w["name"] for w in item["weakest"])}
        for k, item in enumerate(known["collinearity"])
    ]  # fmt: skip
    st.table(pd.DataFrame(rows).set_index(t("fit_set")))


def _parameters(found: Mapping[str, Any]) -> None:
    rows = [
        {t("fit_parameter"): row["name"],
         t("fit_before"): f"{_figure(row['prior_low'])}–{_figure(row['prior_high'])}",
         t("fit_after"): f"{_figure(row['low'])}–{_figure(row['high'])}"}
        for row in found["parameters"]
    ]  # fmt: skip
    wanted = ["name", "prior_low", "prior_high", "best", "low", "high", "spread"]
    _below(pd.DataFrame(rows), pd.DataFrame(found["parameters"])[wanted], "parameters", t("fit_parameters"))


def _spending(found: Mapping[str, Any]) -> None:
    st.header(t("fit_spending"))
    for name, row in found["spending"]["totals"].items():
        kind, _, year = name.partition(" 2")
        amounts = {"published": row["published"], "model": row["best"], "before": row["before_the_fit"]}
        written = {word: formats.money(amount) for word, amount in amounts.items()}
        st.markdown(t(f"fit_{kind.replace(' ', '_')}", year=f"2{year}", **written))
    parts_of = {part: formats.money(amount) for part, amount in found["spending"]["parts"].items()}
    st.markdown(t("fit_spending_parts", **parts_of))
    parts.note(t("fit_spending_note"))


def _figure(value: float | None) -> str:
    """Return a figure as short as it can be read: whole when large, three digits when small."""
    if value is None or pd.isna(value):
        return "–"
    return formats.count(value) if abs(value) >= 1000 else writing().significant(float(f"{value:.3g}"))


def _table(table: pd.DataFrame, name: str, title: str = "", years: Sequence[str] = ()) -> None:
    """Show a table of figures, written as the language writes them, and the figures themselves as a file."""
    shown = table.copy()
    for column in table.select_dtypes("number"):
        shown[column] = table[column].map(str if column in years else _figure)
    low, high = t("fit_low"), t("fit_high")  # one column, so that the table fits on a phone
    shown[low] = shown[low].str.cat(shown.pop(high), sep="–")
    if t("fit_role") in shown:
        shown[t("fit_figure")] = shown[t("fit_figure")].str.cat(shown.pop(t("fit_role")), sep=": ")
    if t("fit_inside") in shown:
        shown[low] = shown[low].str.cat(shown.pop(t("fit_inside")), sep=": ")
        shown = shown.rename(columns={low: t("fit_interval_inside")})
    shown = shown.rename(columns={low: t("fit_interval")})
    _below(shown, table, name, title or t("table"))


def _below(shown: pd.DataFrame, data: pd.DataFrame, name: str, title: str) -> None:
    with st.expander(title):
        st.table(shown.map(_foldable), hide_index=True)
    reference = reference_words(choices())
    parts.csv(data.assign(**{t("csv_birth"): parts.birth(reference)}), f"kinderwerk-ijking-{name}.csv")


def _foldable(cell: object) -> str:
    """Return the text of a cell so that a phone may break it where a name or a range has a joint."""
    joints = r"(?<=[a-z])(?=[._]\w)|(?<=[0-9])(?=[._][a-z])|(?<=–)(?=.)"
    return parts.plain(re.sub(joints, "\N{ZERO WIDTH SPACE}", str(cell)))


def _source(found: Mapping[str, Any]) -> None:
    parts.note(t("fit_source", version=version(), mark=found["posterior"][:12]))


if __name__ == "__main__":
    main()
