"""A calibration for people to read: docs/calibration.md and its pictures.

Run as ``python -m calibration.documents.report [FOLDER]`` (default: the shipped posterior).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from calibration.documents.fit_charts import ages_chart, fit_chart, parameters_chart
from calibration.documents.markup import DOCS, between, figure, markdown
from calibration.documents.summary import fitted_share, read, validation_row, verdict
from calibration.figures.past import RULES, by_series
from calibration.figures.targets import read_targets
from calibration.validation import against_rules, validate
from sim.model.parameters import DATA, POSTERIOR_FILE, prior_parameters, read_posterior, with_posterior

TESTS = "validation.json"
PICTURES = DOCS / "pictures"
SPREADS = (0.0, 0.5, 0.7, 0.9, math.inf)
"""Bounds of the rows of parameters, in standard deviations of the prior."""
FURTHEST = 10
"""Rows of the table of figures of the emulator."""
GENERATED = "<!-- written by `python -m calibration.documents.report`; edit the data, not this page -->\n\n"
REASONS = {
    "verblijf_2016": "the series goes 40,505, 43,790, 46,185, 42,770: a registration jump of which the source warns for 2017 only, and a path with one bend cannot follow it",
    "reentry_5y_2017": "CBS later corrected this share upward, and 2021 gives another by another count; in the "
    "model lasting frailty brings youths back",
    "active_2017": "CBS books a jump of trajectories in 2018 that users do not show: registration",
    "jz_age0_3_2018": "the half-year of 2017 (17,800 with jeugdhulp, held out) says fewer, and the model lies between both",
    "half_year_ratio_2019": "the stock of 31 December, 65 percent of the users of the year, gives 0.825 by the same count",
    "in_care_after_1y_2012": "TakeCare followed 1,378 children, light care of the GGD among it; of trajectories that ended in 2021 "
    "84 percent had lasted three months or longer (CBS), and both cannot hold",
    "in_care_after_3m_2012": "as after a year",
    "jh_age0_3_2017h1": "of the year 2018 (30,340, fitted) this half-year is 0.59, at all ages 0.85; the model lies between both",
    "jh_age18_22_2017h1": "of the year 2017 (15,540, fitted) this half-year is 0.70, in the model 0.59: over 18 the "
    "model lets youths come and go too fast",
    "route_protection_2018": "referrers are counted over trajectories and signals over youths",
}
"""Why a figure may lie outside its interval, by id."""


def page(
    about: Mapping[str, Any],
    found: Mapping[str, Any],
    tested: Mapping[str, Any],
    rolling: Mapping[str, Any],
    left_out: Mapping[str, Any],
    by_age: Mapping[str, Any],
    bands: str = "",
) -> str:
    """Return docs/calibration.md."""
    inside, error = fitted_share(found)
    rows = found["targets"]
    outside = [row for row in rows if row["role"] == "calibrate" and not row["inside"]]
    known = found["identifiability"]
    parts = [
        GENERATED + "# Calibration report\n",
        "For researchers: how well does the model fit the published figures, and what do these not tell?\n",
        f"Posterior `{about['draws']}` draws of {len(about['free'])} parameters, made with seed {about['seed']}"
        f"{' (quick)' if about['quick'] else ''}; "
        f"{len(about['held'])} finer shapes are held at their middle. Targets `{about['targets'][:12]}`, "
        f"priors `{about['prior'][:12]}`, posterior `{found['posterior'][:12]}`.\n",
        "## In short\n",
        f"- {inside:.0%} of the {sum(row['role'] == 'calibrate' for row in rows)} fitted figures lie inside their "
        f"95 percent predictive interval; median absolute error of the best fit {error:.1%}.\n"
        f"- Held-out figures inside: {tested['inside_share']:.0%}; {verdict(tested)}. "
        "So few prove little; the model as a forecaster, below, has more.\n"
        + _care_course(rows)
        + _far_off(rows)
        + f"- The figures inform {known['informed_directions']} directions of {known['free_parameters']} "
        "parameters. The rest is prior: nothing in these data says what child work does.\n",
        "## Fit per target\n",
        "![fit](pictures/calibration-fit.svg)\n",
        "Figures without a role were fitted. *Interval*: 95 percent of the draws, without the Monte Carlo noise of their runs; `noise` where the draws "
        "differ by no more than that noise. The best fit is another run and may lie outside. *Predictive*: with the "
        "tolerance of the figure. Figures that are fitted as a share of others are shown at the level of those "
        "others. Totals from 2021 on include the providers that CBS then began to count (`registration.*`).\n",
        markdown(
            ("figure", "role", "published", "best fit", "error", "interval", "predictive", ""),
            ((row["id"] + (" (share)" if row["share_of"] else ""),
              "" if row["role"] == "calibrate" else row["role"], figure(row["value"]),
              figure(row["best"]), f"{row['best_error']:+.1%}", _interval(row),
              between(row["predictive_low"], row["predictive_high"]),
              "" if row["inside"] else "outside") for row in rows),
        ),
        _reasons(row["id"] for row in outside),
        "## Figures that the fit has not seen\n",
        markdown(
            ("figure", "published", "model", "95% predictive", "inside", *(rule.replace("_", " ") for rule in RULES)),
            (validation_row(row) for row in tested["targets"]),
        ),
        _reasons(row["id"] for row in tested["targets"] if not row["inside"]),
        _errors(tested),
        "## The model as a forecaster\n",
        _forecasts(rolling),
        "## Municipalities and provinces left out in turn\n",
        _left_out(left_out),
        bands + "\n",
        "## Use and need by single year of age\n",
        "Four groups of ages were fitted in 2018 and five in 2023; single years were not.\n\n![ages](pictures/calibration-ages.svg)\n",
        "## Cost and care by single year of age\n",
        _by_age(by_age, rows),
        "## Posterior against prior\n",
        "![parameters](pictures/calibration-parameters.svg)\n",
        "Each with its shift and, in brackets, its spread, in standard deviations of the prior. A spread near 1: the "
        "figures say nothing of it. Values and ranges before and after the fit: [parameters](parameters.md).\n",
        markdown(("spread", "parameters"), _moved(found["parameters"])),
        "## Correlated parameters\n",
        "; ".join(f"`{row['first']}`, `{row['second']}` {row['correlation']:+.2f}" for row in found["correlations"])
        + ".\n",
        "## Identifiability\n",
        _identifiability(known),
        "## Unit costs and total spending\n",
        _spending(found["spending"]),
        "## How well it was computed\n",
        _computed(about, found),
    ]  # fmt: skip
    return "\n".join(parts)


def _by_age(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return cost and care by single year of age (by_age.py), beside the bands that were counted."""
    bands = [row for row in rows if row["measure"] == "stock_share"]
    off = sum(abs(row["median"] - row["value"]) for row in bands) / len(bands) if bands else math.nan
    year = found["year"]
    return (
        "![cost and care by age](pictures/calibration-by-age.svg)\n\n"
        f"Of {found['draws']} draws with {found['children']:,} children each: the mean, and 5 to 95 percent. *Cost*: places of {year} "
        "times their price, of the municipality, by the age on 1 January, for each child of that age; without fixed cost and the rest, and at one "
        f"price for all ages. *In care*: youths with jeugdzorg on 31 December {year - 1}.\n\n"
        "**No profile of cost by age is at hand** to hold this against (neither the file of targets nor that of prices has one), "
        "so that no rank correlation can be told; single ages of the stock are not at hand either. Of the five fitted bands under 18 the "
        f"middle of the draws misses the share by {100 * off:.1f} points on average. With a profile in hand, `sim/data/by_age.json` has the "
        "numbers to compare.\n\n"
        + markdown(
            ("age", "euros a child", "5 to 95%", "in care", "5 to 95%"),
            ((str(row["age"]), f"{row['cost']:,.0f}", between(row["cost_low"], row["cost_high"]),
              f"{row['in_care']:.1%}", f"{row['in_care_low']:.1%}–{row['in_care_high']:.1%}") for row in found["rows"]),
        )
    )  # fmt: skip


def _reasons(names: Iterable[str]) -> str:
    """Return which figures lie outside their interval, each with its reason."""
    told = "; ".join(f"`{name}` ({REASONS.get(name, 'no reason known')})" for name in names)
    return f"Outside, with the reason: {told or 'none'}.\n"


def _care_course(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how far persistence and turnover of care are off; empty where neither was counted."""
    stay = sorted(row["best_error"] for row in rows if row["measure"].startswith("persistence."))
    halves = [row for row in rows if row["measure"] == "half_year_ratio" and row["role"] == "calibrate"]
    if not stay or not halves:
        return ""
    worst = max(halves, key=lambda row: abs(row["best_error"]))
    return (
        f"- **How long children stay is not met.** After 3 months, 1 and 3 years {stay[0]:.0%} to {stay[-1]:.0%} more of those who "
        "entered are in care than TakeCare counted. Yet users turn over too fast: of the users of a year, "
        f"{worst['best']:.0%} are there in its first half; counted were {worst['value']:.0%} (`{worst['id']}`). The two ask for "
        "opposite durations, so that no duration meets both.\n"
    )


FAR_OFF = 0.25


def _far_off(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return which other fitted figures the best fit misses by FAR_OFF or more; empty where none."""
    far = [
        f"`{row['id']}` ({row['best_error']:+.0%}: {row['best']:.3g}, published {row['value']:.3g})" for row in rows
        if row["role"] == "calibrate" and abs(row["best_error"]) >= FAR_OFF
        and not row["measure"].startswith("persistence.")
    ]  # fmt: skip
    if not far:
        return ""
    return f"- Other fitted figures that the best fit misses by {FAR_OFF:.0%} or more: {'; '.join(far)}. Predictive intervals are wide there.\n"


def _computed(about: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return how well a posterior was computed; of one from before the ensemble, only that."""
    rows, plan, cover, walk = found["targets"], about["plan"], found["coverage"], found["sampler"]
    if "rounds" not in walk:
        return "Made before the ensemble: draws of a chain, each moved and run anew.\n"
    parts = [
        "- Waves of the design, median squared misfit of their runs: "
        + ", ".join(f"{row['median_misfit']:,.0f} ({row['runs']} runs)" for row in found["waves"]) + ".\n"
        f"- {about['draws']} members of an ensemble were run {walk['rounds']} times, with {plan['members'][1]:,} children each. They are "
        "independent draws, without weights. Each is a set of parameters that was run in the last round; what it came to stands in "
        "`outcomes.parquet`.\n"
        f"- Distance of figures from the middle of their predictive interval, in its standard deviations: {_distances(rows, 'calibrate')} "
        f"for fitted ones, {_distances(rows, 'validate')} for held-out ones (1 is right).\n"
        f"- Coverage with a known truth ({cover['runs']:.0f} runs set apart): 90 percent intervals hold "
        f"{cover['parameters']:.1%} of parameters, {cover['narrowed_parameters']:.1%} of those that the figures "
        f"narrow, {cover['strongest_directions']:.1%} of the ten strongest directions.\n"
        "- The surface through the runs gives only the direction in which members move; where they end is decided by their own "
        "runs. Near the posterior it explains little, because many parameters act together there.\n"
        f"- The {FURTHEST} figures that members miss most in the end; all are in `sim/data/diagnostics.json`. *Explained*: of what is "
        "no luck of a run, each run predicted from all others; *near*: over the last round alone. *Off*: how far members are from "
        "their own figures, the luck of their run included.\n",
        markdown(
            ("figure", "explained", "near", "luck of a run", "off, first round", "last round"),
            ((row["id"], f"{row['explained']:.2f}", f"{row['near']:.2f}", f"{row['draw_noise']:.3f}",
              f"{row['off_first']:.3f}", f"{row['off_last']:.3f}")
             for row in sorted(found["emulator"], key=lambda row: -row["off_last"])[:FURTHEST]),
        ),
    ]  # fmt: skip
    return "\n".join(parts)


def _distances(rows: Sequence[Mapping[str, Any]], role: str) -> str:
    """Return the root mean square of distances of the figures of a role."""
    found = [row["distance"] ** 2 for row in rows if row["role"] == role]
    return f"{math.sqrt(sum(found) / len(found)):.2f}" if found else "-"


def _moved(parameters: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return rows of parameters by how much narrower the figures made them, the most informed first."""
    rows = []
    for low, high in pairwise(SPREADS):
        words = [
            f"`{row['name']}` {row['shift']:+.2f} ({row['spread']:.2f})"
            for row in parameters
            if low <= row["spread"] < high
        ]
        if words:
            rows.append((f"{low:g} to {high:g}" if high < math.inf else f"{low:g} and up", ", ".join(words)))
    return rows


def _forecasts(rolling: Mapping[str, Any]) -> str:
    """Return what came of fits to what was known in a year, beside simple rules (calibration/rolling.py)."""
    *_, total = rolling["summary"]
    words = {rule: rule.replace("_", " ") for rule in ("model", *RULES)}
    better = [words[rule] for rule in RULES if total[rule] <= total["model"]]
    series = by_series(rolling["figures"])
    lost = [row["series"] for row in series if row["nearest"] != "model"]
    nearer = ", ".join(f"the {words[rule]} in {sum(row['nearer'][rule] for row in series)}" for rule in RULES)
    return (
        "Fitted anew to what was known in a year, without any later figure; then every later figure of the same series is "
        "predicted. Mean absolute errors, as a share of the figure. The CRPS of a forecast without a range is its absolute "
        "error. From an origin before 2021, later years are predicted as growth since 2021, when CBS began to count more "
        "providers; 2020 does not count, nor does a figure of which the past lies across a break of its series. "
        + (f"Over all of them the model does no better than: {', '.join(better)}. " if better
           else "Over all of them the model errs less than each rule. ")
        + "A sign that intervals are too wide or too narrow: the last two columns. Every forecast: `sim/data/rolling.json`.\n\n"
        + markdown(
            ("known up to", "figures", *words.values(), "CRPS of the model", "in 50%", "in 90%"),
            (
                (str(row["origin"] or "together"), str(row["figures"]), *(f"{row[name]:.1%}" for name in (*words, "crps")),
                 f"{row['inside_50']:.0%}", f"{row['inside_90']:.0%}")
                for row in rolling["summary"]
            ),
        )
        + f"\n**A simple rule is nearer in {len(lost)} of {len(series)} series**"
        + (f" ({', '.join(f'`{name}`' for name in lost)})" if lost else "")
        + f". By single figure, of {total['figures']}, nearer than the model are {nearer}. "
        "No one rule is nearer everywhere, and which one will be is known afterwards only. Origins of one series share years: "
        "these are not as many independent tests.\n\n"
        + markdown(
            ("series", "figures", *words.values(), "nearest"),
            ((row["series"], str(row["figures"]), *(f"{row[name]:.1%}" for name in words), words[row["nearest"]])
             for row in series),
        )
    )  # fmt: skip


def _left_out(found: Mapping[str, Any]) -> str:
    """Return how well municipalities are predicted by others, and by those of other provinces."""

    def told(one: Mapping[str, Any]) -> str:
        errors = "; ".join(f"{who} {100 * x:.2f}" for who, x in one["error"].items())
        inside = ", ".join(f"{share:.0%} inside the {width} interval" for width, share in one["inside"].items())
        return f"{inside}. Mean absolute error in youths of 100, by who predicts: {errors}."

    return (
        f"{found['count']} municipalities with figures of 2021 and 2022, each predicted by the others: {told(found)}\n\n"
        f"Provinces left out in turn, each municipality predicted by those of other provinces: {told(found['provinces'])}\n"
    )


def _errors(tested: Mapping[str, Any]) -> str:
    errors = tested["errors"]
    if tested["skill"] is None:
        return "No held-out figure has a past to forecast from.\n"
    return (
        f"{tested['compared']} of the {len(tested['targets'])} have a past on their own side of a break of the series. "
        f"Mean absolute error of those: model {errors['median']:.1%}, "
        + ", ".join(f"{rule.replace('_', ' ')} {errors[rule]:.1%}" for rule in RULES)
        + f"; skill against the best of the rules {tested['skill']:+.2f}; so few figures say little. "
        f"{tested['draws']} draws with {tested['children']:,} children each; municipalities with everyone.\n"
    )


def _identifiability(known: Mapping[str, Any]) -> str:
    values = known["singular_values"]
    weak = ", ".join(f"`{item['name']}` ({item['weight']:+.2f})" for item in known["weakest_informed"])
    text = (
        f"Singular values of the Jacobian scaled by priors and errors: largest {values[0]:.0f}, median "
        f"{values[len(values) // 2]:.2f}, smallest {values[-1]:.3f}; {known['informed_directions']} are above 1. "
        f"The weakest direction that is still informed: {weak}. Figures hardly see: "
        + (", ".join(f"`{name}`" for name in known["silent"]) or "none")
        + ".\n\n"
    )
    return text + markdown(
        ("set", "collinearity index", "weakest direction"),
        (
            (item["group"], f"{item['index']:.1f}", ", ".join(f"`{w['name']}`" for w in item["weakest"]))
            for item in known["collinearity"]
        ),
    )


def _spending(spending: Mapping[str, Any]) -> str:
    lines = [
        f"- {name[0].upper()}{name[1:]}: published {row['published'] / 1e9:.2f} billion (euros of 2024), best fit "
        f"{row['best'] / 1e9:.2f} ({row['low'] / 1e9:.2f} to {row['high'] / 1e9:.2f}); with costs as believed "
        f"before, {row['before_the_fit'] / 1e9:.2f}."
        for name, row in spending["totals"].items()
    ]
    parts = ", ".join(f"{part} {euros / 1e9:.2f}" for part, euros in spending["parts"].items())
    lines.append(f"- Of all spending in 2024, in billions: {parts}.")
    table = markdown(
        ("parameter", "believed before", "best fit", "draws"),
        (
            (f"`{row['name']}`",
             f"{figure(row['prior'])} ({figure(row['prior_low'])} to {figure(row['prior_high'])})",
             figure(row["best"]), between(row["low"], row["high"]))
            for row in spending["prices"]
        ),
    )  # fmt: skip
    text = "`python -m calibration.tariffs` shows what was believed before, step by step."
    return "\n".join(lines) + "\n\n" + table + "\n" + text + "\n"


def _interval(row: Mapping[str, Any]) -> str:
    if row["high"] - row["low"] < 1e-6 * row["high"]:
        return "noise"
    return between(row["low"], row["high"])


def _within(low: float, value: float, high: float) -> str:
    """Tell whether a value lies in a range, up to rounding, and where it has come to its end."""
    if math.isclose(value, low) or math.isclose(value, high):
        return "at its end"
    return "yes" if low < value < high else "NO"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page and its pictures."""
    parser = argparse.ArgumentParser(description="Write docs/calibration.md and its pictures.")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--kept", action="store_true", help="with the shipped tests, without runs")
    options = parser.parse_args(arguments)
    from calibration.documents import by_age

    about, found = read(options.folder)
    if options.kept:
        text = kept_page()
    else:
        posterior = read_posterior(options.folder / POSTERIOR_FILE.name)
        tested = validate(with_posterior(prior_parameters(), posterior), read_targets(), options.draws)
        if options.folder == DATA:  # what the app shows
            (DATA / TESTS).write_text(json.dumps(tested, indent=1) + "\n", encoding="utf-8")
        text = _whole(about, found, tested)
    (DOCS / "calibration.md").write_text(text, encoding="utf-8")
    for name, chart in (
        ("fit", fit_chart(found)),
        ("ages", ages_chart(found)),
        ("by-age", by_age.chart(json.loads(by_age.FILE.read_text(encoding="utf-8")))),
        ("parameters", parameters_chart(found)),
    ):
        chart.save(str(PICTURES / f"calibration-{name}.svg"))


def kept_page() -> str:
    """Return docs/calibration.md of what ships: its tests as they were run, held against the targets of today."""
    tested = json.loads((DATA / TESTS).read_text(encoding="utf-8"))
    return _whole(*read(), {**tested, **against_rules(tested["targets"], read_targets())})


def _whole(about: Mapping[str, Any], found: Mapping[str, Any], tested: Mapping[str, Any]) -> str:
    from calibration.ages import bands, text

    rolling, left_out, by_age = (
        json.loads((DATA / name).read_text(encoding="utf-8"))
        for name in ("rolling.json", "left_out.json", "by_age.json")
    )
    return page(about, found, tested, rolling, left_out, by_age, text(bands()))


if __name__ == "__main__":
    main()
