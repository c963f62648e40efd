"""IJking: how well the model fits what CBS counted, what it was tested on, and what data cannot tell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from calibration.documents.summary import fitted_share, read
from calibration.figures.past import RULES, by_series
from pages.choices.chosen import reference_words
from pages.choices.state import choices
from pages.look import charts, formats
from pages.look.texts import language, t, writing
from pages.shared import parts
from pages.shared.folds import fold
from sim.errors import InputError
from sim.machine.project import version
from sim.model.parameters import DATA

SERIES = ("jz", "jh", "zonder", "wijkteam", "ambulant", "netwerk", "daghulp", "verblijf")
OPEN = ("leeftijden", "vooruit", "gemeenten", "geld", "bekend", "alles")
"""The parts that open and close, as the address calls them."""
KEPT = (
    DATA / "validation.json", DATA / "rolling.json", DATA / "left_out.json", DATA / "by_age.json"
)  # fmt: skip
"""Tests on figures that no fit saw (held out, of later years, of municipalities), and cost by age."""
WHO = ("like municipalities", "the national share for everybody")
BY_AGE = "the level and ages of its like"
LAST_YEAR = 2022
"""Of the counts of youths that the fit saw."""


def main() -> None:
    """Show the page: a question, a picture, a sentence; tables and the rest below."""
    st.title(t("page_ijking"))
    try:
        about, found = read()
        tested, rolling, left_out, by_age = (json.loads(path.read_text(encoding="utf-8")) for path in KEPT)
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
    _missed(found)
    for part, title, show in zip(
        OPEN,
        ("fit_ages", "fit_ahead", "fit_towns", "fit_spending", "fit_known", "fit_more"),
        (
            partial(_ages, found, by_age),
            partial(_ahead, rolling, tested),
            partial(_towns, left_out),
            partial(_spending, found),
            partial(_known, found),
            partial(_more, about, found),
        ),
        strict=True,
    ):
        fold(t(title), "open-ijking", part, OPEN, show)
    mark = found["posterior"][:12]
    parts.footer(reference_words(choices()), t("fit_source", version=version(), mark=mark))


def _more(about: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Show every number and every figure, and how they were computed."""
    _parameters(found)
    _table(_figures(found["targets"]), "figures", t("fit_all"))
    cover = found["coverage"]
    parts.note(
        t("fit_computed", draws=about["draws"], free=len(about["free"]), held=len(about["held"]),
          cover=formats.percent(cover["parameters"]),
          mark=found["posterior"][:12])
    )  # fmt: skip


def _series(found: Mapping[str, Any]) -> None:
    """Show how many youths were counted and expected: all of them, and by form of help below."""
    st.header(t("fit_series"))
    rows = [
        {"series": t(f"fit_{row['measure_stem']}"), "year": row["year"], "published": row["value"],
         "model": row["best"], "low": row["predictive_low"], "high": row["predictive_high"]}
        for row in ({**r, "measure_stem": r["id"].removesuffix(f"_{r['year']}")} for r in found["targets"])
        if row["measure_stem"] in SERIES and row["role"] != "report"
    ]  # fmt: skip
    data = pd.DataFrame(rows)
    first, *others = dict.fromkeys(data["series"])
    parts.draw(_one_series(data[data["series"] == first], first))
    parts.note(t("fit_series_note"))
    with st.expander(t("fit_forms")):
        for k in range(0, len(others), 2):  # side by side; on a phone below each other
            for column, name in zip(st.columns(2), others[k : k + 2], strict=False):
                with column:
                    parts.draw(_one_series(data[data["series"] == name], name))
    titles = {"series": t("fit_figure"), "year": t("year"), "published": t("fit_published"),
             "model": t("fit_model"), "low": t("fit_low"), "high": t("fit_high")}  # fmt: skip
    _table(data.rename(columns=titles), "series", years=(t("year"),))


def _one_series(data: pd.DataFrame, name: str) -> dict[str, Any]:
    """Return the chart of one series: dots counted, ticks and bars of the model."""
    base = alt.Chart(data).encode(x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)))
    number = _upright(t("fit_chart_unit"), ",.0f", 4)
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
    made = alt.layer(rule, model, seen).properties(
        height=250, description=f"{name}: {t('fit_series_note')}"
    )
    return charts.titled(charts.dressed(made, language(), 13), t("fit_chart_series", name=name))


def _upright(unit: str, form: str, ticks: int = 5) -> alt.Axis:
    """Return an axis of values with its unit above it, where it stands upright."""
    return alt.Axis(
        title=unit, format=form, tickCount=ticks, titleAngle=0, titleAlign="left", titleAnchor="start",
        titleX=0, titleY=-16, titleFontWeight="normal",
    )  # fmt: skip


def _ahead(rolling: Mapping[str, Any], tested: Mapping[str, Any]) -> None:
    """Show how well the model foretold years that it had not seen, beside three simple rules."""
    *origins, total = rolling["summary"]
    best = min(RULES, key=lambda rule: total[rule])
    st.markdown(
        t("fit_ahead_lead", n=total["figures"], first=origins[0]["origin"], last=origins[-1]["origin"],
          model=formats.percent(total["model"], 1), rule=t(f"fit_rule_{best}"),
          error=formats.percent(total[best], 1), inside=formats.percent(total["inside_90"]),
          verdict=t("fit_wins" if total["model"] < total[best] else "fit_loses"))
    )  # fmt: skip
    told = [
        {"origin": str(row["origin"]), "rule": t(f"fit_rule_{rule}"), "error": row[rule]}
        for row in origins for rule in ("model", *RULES)
    ]  # fmt: skip
    names = [t(f"fit_rule_{rule}") for rule in ("model", *RULES)]
    bars = (
        alt.Chart(pd.DataFrame(told))
        .mark_bar()
        .encode(
            x=alt.X("origin:N", title=t("fit_origin"), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("rule:N", scale=alt.Scale(domain=names)),
            y=alt.Y("error:Q", axis=_upright(t("fit_chart_error"), ".0%")),
            color=alt.Color(
                "rule:N", title=None, legend=alt.Legend(orient="top", columns=2),
                scale=alt.Scale(domain=names, range=list(charts.COLOURS[: len(names)])),
            ),
        )
        .properties(description=t("fit_ahead_note"))
    )  # fmt: skip
    made = charts.dressed(alt.layer(bars, height=280), language(), 13)
    parts.draw(charts.titled(made, t("fit_chart_ahead")))
    parts.note(t("fit_ahead_note"))
    shown = pd.DataFrame(  # a row for each rule, so that it fits on a phone
        {t("fit_origin"): f"{row['origin'] or t('fit_together')} ({t('fit_count', n=row['figures'])})",
         t("fit_rule"): t(f"fit_rule_{rule}"), t("fit_error"): formats.percent(row[rule], 1),
         t("fit_inside_90"): formats.percent(row["inside_90"]) if rule == "model" else ""}
        for row in rolling["summary"] for rule in ("model", *RULES)
    )  # fmt: skip
    _below(shown, pd.DataFrame(rolling["figures"]), "forecasts", t("table"))
    _nearest(rolling)
    errors = tested["errors"]
    rule = min(RULES, key=errors.__getitem__)
    st.markdown(
        t("fit_tested_lead", inside=formats.percent(tested["inside_share"]), n=len(tested["targets"]),
          past=tested["compared"], model=formats.percent(errors["median"], 1), rule=t(f"fit_rule_{rule}"),
          error=formats.percent(errors[rule], 1),
          verdict=t("fit_wins" if errors["median"] < errors[rule] else "fit_loses"))
    )  # fmt: skip
    _table(_figures(tested["targets"]).drop(columns=t("fit_role")), "held-out", t("fit_tested"))


def _nearest(rolling: Mapping[str, Any]) -> None:
    """Tell in how many series a simple rule was nearer than the model, and in which."""
    series = by_series(rolling["figures"])
    lost = sum(row["nearest"] != "model" for row in series)
    st.markdown(t("fit_series_lead", lost=lost, n=len(series)))
    table = pd.DataFrame(
        {t("fit_figure"): t(f"fit_{row['series']}") + f" ({t('fit_count', n=row['figures'])})",
         **{t(f"fit_rule_{who}"): formats.percent(row[who], 1) + "*" * (who == row["nearest"])
            for who in ("model", *RULES)}}
        for row in series
    )  # fmt: skip
    told = pd.DataFrame({**row, **row["nearer"]} for row in series)
    _below(table, told.drop(columns="nearer"), "by-series", t("fit_by_series"))


def _towns(left_out: Mapping[str, Any]) -> None:
    """Tell how well the use of a municipality follows from others, and from those of other provinces."""
    error = {who: formats.number(100 * left_out["error"][who], 1) for who in WHO}
    inside = {width: formats.percent(share) for width, share in left_out["inside"].items()}
    far, by_age = left_out["provinces"], left_out["by_age"]
    off = {group: formats.percent(found["error"][BY_AGE]) for group, found in by_age.items()}
    st.markdown(
        t("fit_towns_lead", n=left_out["count"], like=error[WHO[0]], country=error[WHO[1]],
          half=inside["50%"], most=inside["90%"], far=formats.number(100 * far["error"][WHO[0]], 1),
          far_most=formats.percent(far["inside"]["90%"]), child=off["4-11"],
          oldest=off["18-22"])
    )  # fmt: skip


def _missed(found: Mapping[str, Any]) -> None:
    """List the figures that the model does not come to."""
    st.header(t("fit_missed"))
    seen = [row for row in found["targets"] if row["role"] != "report"]
    outside = [row for row in seen if not row["inside"]]
    st.markdown(t("fit_missed_lead", n=len(outside), all=len(seen)))
    _table(_figures(outside), "outside", t("fit_missed_table"))


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


def _ages(found: Mapping[str, Any], by_age: Mapping[str, Any]) -> None:
    """Show who is in care by age: bands that were counted, and single years by the model alone."""
    rows = [row for row in found["targets"] if row["measure"] == "stock_share"]
    bands = pd.DataFrame(
        {"band": f"{row['age_from']}–{row['age_to']}", "published": row["value"], "model": row["median"],
         "low": row["predictive_low"], "high": row["predictive_high"]}
        for row in rows
    )  # fmt: skip
    furthest = max(rows, key=lambda row: abs(row["median"] / row["value"] - 1))
    st.markdown(
        t("fit_ages_lead", first=furthest["age_from"], last=furthest["age_to"],
          model=formats.percent(furthest["median"]), published=formats.percent(furthest["value"]))
    )  # fmt: skip
    percent = _upright(t("fit_chart_share"), ".0%")
    ages = alt.X("band:O", sort=None, title=t("fit_age"), axis=alt.Axis(labelAngle=0))
    base = alt.Chart(bands).encode(x=ages)
    rule = base.mark_rule(strokeWidth=5, opacity=0.35, color=charts.COLOURS[0]).encode(
        y=alt.Y("low:Q", axis=percent, scale=alt.Scale(zero=True)), y2="high:Q"
    )
    tick = base.mark_tick(color=charts.COLOURS[0], thickness=3, width=18).encode(y="model:Q")
    dot = base.mark_point(color=charts.INK, filled=True, size=45).encode(y="published:Q")
    chart = alt.layer(rule, tick, dot).properties(height=260, description=t("fit_bands_note"))
    parts.draw(charts.titled(charts.dressed(chart, language(), 13), t("fit_chart_ages")))
    parts.note(t("fit_bands_note"))
    data = pd.DataFrame(found["ages"])
    shares = ["users_share", "users_share_low", "users_share_high"]
    titles = dict(zip(["age", *shares], map(t, ("fit_age", "fit_model", "fit_low", "fit_high")), strict=True))
    told = data[["age", *shares]].astype({"age": int})
    shown = told.assign(**{name: told[name].map(lambda share: formats.percent(share, 1)) for name in shares})
    _below(shown.rename(columns=titles), told.rename(columns=titles), "ages", t("fit_single_ages"))
    parts.note(t("fit_ages_note"))
    _cost_by_age(by_age)


def _cost_by_age(by_age: Mapping[str, Any]) -> None:
    """Show what youth care costs for a child of each age, by the model alone."""
    rows = pd.DataFrame(by_age["rows"])
    most = max(by_age["rows"], key=itemgetter("cost"))
    st.markdown(
        t("fit_cost_lead", age=most["age"], cost=formats.euros(most["cost"]), year=by_age["year"])
    )
    axis = _upright(t("fit_euros"), ",.0f")
    base = alt.Chart(rows).encode(x=alt.X("age:O", title=t("fit_age"), axis=alt.Axis(labelAngle=0)))
    rule = base.mark_rule(strokeWidth=5, opacity=0.35, color=charts.COLOURS[0]).encode(
        y=alt.Y("cost_low:Q", axis=axis, scale=alt.Scale(zero=True)), y2="cost_high:Q"
    )
    tick = base.mark_tick(color=charts.COLOURS[0], thickness=3, width=10).encode(y="cost:Q")
    chart = alt.layer(rule, tick).properties(height=260, description=t("fit_cost_note"))
    title = t("fit_chart_cost", year=by_age["year"])
    parts.draw(charts.titled(charts.dressed(chart, language(), 13), title))
    parts.note(t("fit_cost_note"))
    titles = {"age": t("fit_age"), "cost": t("fit_euros"), "cost_low": t("fit_cost_low"),
              "cost_high": t("fit_cost_high"), "in_care": t("fit_in_care")}  # fmt: skip
    told = rows[[*titles]].rename(columns=titles)
    shown = pd.DataFrame(
        {t("fit_age"): str(row["age"]), t("fit_euros"): formats.euros(row["cost"]),
         t("fit_range_90"): f"{formats.euros(row['cost_low'])}–{formats.euros(row['cost_high'])}",
         t("fit_in_care"): formats.percent(row["in_care"], 1)}
        for row in by_age["rows"]
    )  # fmt: skip
    _below(shown, told, "cost-by-age", t("fit_cost_table"))


def _known(found: Mapping[str, Any]) -> None:
    known = found["identifiability"]
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
    parts.csv(data, f"kinderwerk-ijking-{name}", reference_words(choices()))


def _foldable(cell: object) -> str:
    """Return the text of a cell, which a phone may break where a name, a range or a long word has a joint."""
    joints = r"(?<=[a-z])(?=[._]\w)|(?<=[0-9])(?=[._][a-z])|(?<=–)(?=.)"
    text = re.sub(r"(?<=jeugd)(?=bescherming|reclassering)", "\N{SOFT HYPHEN}", str(cell))
    return parts.plain(re.sub(joints, "\N{ZERO WIDTH SPACE}", text))


if __name__ == "__main__":
    main()
