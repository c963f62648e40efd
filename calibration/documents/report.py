"""A calibration for people to read: docs/calibration.md and its pictures; its tables: fit_tables.py.

Run as ``python -m calibration.documents.report [FOLDER]`` (default: the shipped posterior).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calibration.diagnostics import Z95
from calibration.documents.fit_charts import (
    ages_chart,
    ahead_chart,
    bands_chart,
    fit_chart,
    parameters_chart,
    series_chart,
)
from calibration.documents.fit_tables import GENERATED, tables
from calibration.documents.markup import DOCS
from calibration.documents.summary import FitFiles, fitted_share, read, verdict
from calibration.figures.past import RULES, by_series
from calibration.figures.targets import read_targets
from calibration.municipalities.level_checks import RULES as RULES_BY_AGE
from calibration.validation import against_rules, validate
from sim.model.parameters import DATA, POSTERIOR_FILE, prior_parameters, read_posterior, with_posterior

TESTS = "validation.json"
MOSTLY = 0.9
"""Share of fitted figures inside their interval from which the fit is mostly right."""
PICTURES = DOCS / "pictures"
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


def page(files: FitFiles, bands: str = "") -> str:
    """Return docs/calibration.md: the answer first, then a question and its picture at a time."""
    about, found, tested, rolling, left_out, by_age = files
    inside, error = fitted_share(found)
    rows = found["targets"]
    outside = [row["id"] for row in rows if row["role"] == "calibrate" and not row["inside"]]
    missed = [row["id"] for row in tested["targets"] if not row["inside"]]
    known = found["identifiability"]
    parts = [
        GENERATED + "# Calibration report\n",
        "For researchers: can I believe the fit?\n",
        "## In short\n",
        f"- **How youth care went: {'mostly' if inside >= MOSTLY else 'in part'}.** {inside:.0%} of the {sum(row['role'] == 'calibrate' for row in rows)} fitted figures "
        f"lie inside their 95 percent predictive interval. Half of the errors of the best fit are below {error:.1%}.\n"
        + _leaning(found)
        +         f"- **Figures that it has not seen: {tested['inside_share']:.0%} inside**, but {verdict(tested)}. "
        "So few prove little; fits to earlier years, [below](#can-it-look-ahead), tell more.\n"
        + _care_course(rows)
        + _far_off(rows)
        + f"- **What child work does: it says nothing.** The figures inform {known['informed_directions']} directions of "
        f"{known['free_parameters']} parameters. The rest is prior.\n",
        "Every number is in [the tables](calibration-tables.md); values and sources of parameters are in [parameters](parameters.md).\n",
        "## Is the number of youths right?\n",
        "![youths counted and by the model](pictures/calibration-series.svg)\n",
        "Dot: counted. Line: the best fit. Bar: the 95 percent predictive interval, which has the tolerance of the figure in it. "
        "An axis does not begin at zero. Counts of youths of 2023 and later were not fitted; 2020 is left out. From 2021 on CBS counts more providers, and so does the "
        "model (`registration.*`).\n",
        "## Is it right by age?\n",
        "![ages of youths in care](pictures/calibration-bands.svg)\n",
        _by_band(rows) + " Dot: counted; line across: the best fit; bar: the 95 percent predictive interval.\n",
        bands + "\n",
        "## What does a child of each age cost?\n",
        _by_age(by_age),
        "## Can it look ahead?\n",
        "![errors of forecasts](pictures/calibration-ahead.svg)\n",
        _forecasts(rolling),
        _errors(tested),
        "## Is it right for a municipality?\n",
        _left_out(left_out),
        "## Is the money right?\n",
        _spending(found["spending"]),
        "## Where does it miss?\n",
        "![every figure against its interval](pictures/calibration-fit.svg)\n",
        "Each figure that was fitted or held out, against what was published.\n",
        f"- Fitted, and outside: {_reasons(outside)}.\n- Not seen, and outside: {_reasons(missed)}.\n",
        "## What can the figures not tell?\n",
        "![how much each parameter moved and narrowed](pictures/calibration-parameters.svg)\n",
        "How far the fit moved each parameter, and its range, in standard deviations of the prior. A range as wide as the dashed "
        "lines: the figures say nothing of it. The data tell badly apart what one figure brings about in two ways, such as "
        + _told_badly(found) + ".\n",
        "## How well was it computed?\n",
        _computed(about, found),
    ]  # fmt: skip
    return "\n".join(parts)


def _by_band(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how far the fit is from the ages of youths in care that were counted, in a sentence."""
    bands = [row for row in rows if row["measure"] == "stock_share"]
    worst = max(bands, key=lambda row: abs(row["best_error"]))
    off = sum(abs(row["median"] - row["value"]) for row in bands) / len(bands)
    return (
        f"Of youths under 18 in care at the end of {worst['year']}: the middle of the draws misses the share of an age band by "
        f"{100 * off:.1f} points on average. Furthest off is {worst['age_from']}-{worst['age_to']}: {worst['best']:.1%} by the best fit, "
        f"{worst['value']:.1%} counted. These five bands were fitted, single years were not."
    )


def _told_badly(found: Mapping[str, Any]) -> str:
    """Return the most correlated pairs of parameters."""
    return ", ".join(f"`{row['first']}` and `{row['second']}`" for row in found["correlations"][:3])


def _by_age(found: Mapping[str, Any]) -> str:
    """Return cost and care by single year of age (by_age.py), and that it is not tested."""
    year, most = found["year"], max(found["rows"], key=lambda row: row["cost"])
    return (
        "![cost and care by age](pictures/calibration-by-age.svg)\n\n"
        f"Most at {most['age']}: {most['cost']:,.0f} euros a year. *Cost*: places of {year} times their price, of the municipality, by the age on "
        "1 January, for each child of that age; without fixed cost and the rest, and at one "
        f"price for all ages. *In care*: youths with jeugdzorg on 31 December {year - 1}. Line: the mean of {found['draws']} draws with "
        f"{found['children']:,} children each; band: 5 to 95 percent.\n\n"
        "**This is not tested**: no published cost by age is at hand. To compare one that you have: `sim/data/by_age.json`.\n"
    )


def _reasons(names: Iterable[str]) -> str:
    """Return figures that lie outside their interval, each with its reason."""
    return "; ".join(f"`{name}` ({REASONS.get(name, 'no reason known')})" for name in names) or "none"


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
    made = (
        f"Posterior `{found['posterior'][:12]}`: {about['draws']} draws of {len(about['free'])} parameters, made with seed "
        f"{about['seed']}{' (quick)' if about['quick'] else ''}; {len(about['held'])} finer shapes are held at their middle. "
        f"Targets `{about['targets'][:12]}`, priors `{about['prior'][:12]}`.\n"
    )
    if "rounds" not in walk:
        return made + "\nMade before the ensemble: draws of a chain, each moved and run anew.\n"
    return (
        f"- {made}"
        f"- {about['draws']} members of an ensemble were run {walk['rounds']} times, with {plan['members'][1]:,} children each. They are "
        "independent draws, without weights. What each came to in the last round stands in `outcomes.parquet`.\n"
        f"- With a known truth ({cover['runs']:.0f} runs set apart) 90 percent intervals of the surface, not of the members, hold "
        f"{cover['parameters']:.1%} of parameters, {cover['narrowed_parameters']:.1%} of those that the figures "
        f"narrow, {cover['strongest_directions']:.1%} of the ten strongest directions. What is not checked: "
        "[recalibrating](recalibrate.md#why-there-is-no-r-hat-and-no-ess-and-what-ranks-say).\n"
        f"- Distance of figures from the middle of their predictive interval, in its standard deviations: {_distances(rows, 'calibrate')} "
        f"for fitted ones, {_distances(rows, 'validate')} for held-out ones (1 is right).\n"
    )


def _distances(rows: Sequence[Mapping[str, Any]], role: str) -> str:
    """Return the root mean square of distances of the figures of a role."""
    found = [row["distance"] ** 2 for row in rows if row["role"] == role]
    return f"{math.sqrt(sum(found) / len(found)):.2f}" if found else "-"


def _forecasts(rolling: Mapping[str, Any]) -> str:
    """Return what came of fits to what was known in a year, beside simple rules (calibration/rolling.py)."""
    *_, total = rolling["summary"]
    words = {rule: rule.replace("_", " ") for rule in RULES}
    better = [words[rule] for rule in RULES if total[rule] <= total["model"]]
    series = by_series(rolling["figures"])
    lost = [row["series"] for row in series if row["nearest"] != "model"]
    nearer = ", ".join(f"the {words[rule]} in {sum(row['nearer'][rule] for row in series)}" for rule in RULES)
    rules = ", ".join(f"the {words[rule]} {total[rule]:.1%}" for rule in RULES)
    return (
        "The model was fitted anew to what was known in a year, without any later figure, and foretold every later figure of the same series. "
        f"Over all {total['figures']} the mean absolute error is {total['model']:.1%} of the figure; {rules}. "
        + (f"So the model does no better than: {', '.join(better)}. " if better else "So the model errs less than each rule. ")
        + f"Inside its 50% interval lie {total['inside_50']:.0%}, inside the 90% interval {total['inside_90']:.0%}"
        + (": intervals are wide" if total["inside_50"] > 0.5 and total["inside_90"] > 0.9 else "") + ".\n\n"
        f"**A simple rule is nearer in {len(lost)} of {len(series)} series**"
        + (f" ({', '.join(f'`{name}`' for name in lost)})" if lost else "")
        + f". By single figure, of {total['figures']}, nearer than the model are {nearer}. "
        "Which rule will be nearer is known afterwards only. Origins of one series share years: "
        "these are not as many independent tests.\n"
    )  # fmt: skip


SUGGESTED = {
    "95b2da51eadc": (
        "A tolerance was suggested for 235 targets when they were gathered. In `cbs.csv` 35 of these are wider and none is narrower; "
        "23 of the 35 are fitted. With the same draws and the suggested tolerances 114 of 119 (96%) lie inside."
    ),
}
"""What intervals lean on wider tolerances, by posterior: compared once, for suggestions are not kept here.

Each fitted figure against its predictive interval, whose variance has the suggested tolerance, where narrower,
in place of its own.
"""


def _leaning(found: Mapping[str, Any]) -> str:
    """Return how far the share inside leans on tolerances and draws, and whether the misses have a sign."""
    rows = [row for row in found["targets"] if row["role"] == "calibrate"]
    near = sum(abs(row["best_error"]) <= Z95 * row["tolerance"] for row in rows)
    best = float(np.mean([row["best_error"] for row in rows]))
    middle = float(np.mean([row["median"] / row["value"] - 1 for row in rows]))
    return (
        f"- **What that leans on: draws, and tolerances.** Of the best fit alone {near / len(rows):.0%} lie within 1.96 tolerances. "
        f"{SUGGESTED.get(found['posterior'][:12], '')}\n"
        f"- With its sign, the best fit is {best:+.1%} off on average, and the middle of the draws {middle:+.1%}: "
        f"{'a little high' if min(best, middle) > 0 else 'not all on one side'}.\n"
    )


def _left_out(found: Mapping[str, Any]) -> str:
    """Return how well municipalities are predicted by others, and by those of other provinces."""

    def told(one: Mapping[str, Any]) -> str:
        errors = "; ".join(
            f"{who} {100 * x:.2f} ({one['relative'][who]:.1%} of use)" for who, x in one["error"].items()
        )
        inside = ", ".join(f"{share:.0%} inside the {width}" for width, share in one["inside"].items())
        kinds = "; ".join(
            ", ".join(f"{kind} {share:.0%} of {count}" for kind, (count, share) in each.items())
            for each in one["kinds"].values()
        )
        return f"{inside} interval. Inside the 90%, by kind: {kinds}. Mean absolute error in youths of 100, by who predicts: {errors}.\n"

    by_age = "; ".join(
        f"{group} {of['error'][RULES_BY_AGE[-1]]:.0%} ({RULES_BY_AGE[0]} {of['error'][RULES_BY_AGE[0]]:.0%})"
        for group, of in found["by_age"].items()
    )
    return (
        f"Of {found['count']} municipalities use in 2021 and 2022 is known. Each was predicted by others:\n\n"
        f"- One municipality left out: {told(found)}- A whole province left out: {told(found['provinces'])}"
        f"- By age group, one municipality left out, error of use: {by_age}.\n"
        "\nFigures of one's own help more than any prediction: [limits](limits.md#ages-in-one-municipality).\n"
    )


def _errors(tested: Mapping[str, Any]) -> str:
    errors = tested["errors"]
    if tested["skill"] is None:
        return "No held-out figure has a past to forecast from.\n"
    return (
        f"The fit in use has not seen {len(tested['targets'])} other figures; {tested['compared']} of them have a past on their own side of a "
        "break of the series. "
        f"Mean absolute error of those: model {errors['median']:.1%}, "
        + ", ".join(f"{rule.replace('_', ' ')} {errors[rule]:.1%}" for rule in RULES)
        + f"; skill against the best of the rules {tested['skill']:+.2f}; so few figures say little.\n"
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
    return (
        "\n".join(lines)
        + "\n\nThat the model meets these totals tests nothing: fixed cost and the rest are what was missing. Prices before and after: "
        "[tables](calibration-tables.md#prices).\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both pages and the pictures."""
    parser = argparse.ArgumentParser(description="Write docs/calibration.md, its tables and its pictures.")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--kept", action="store_true", help="with the shipped tests, without runs")
    options = parser.parse_args(arguments)
    from calibration.documents import by_age

    about, found = read(options.folder)
    if options.kept:
        pages = kept_pages()
    else:
        posterior = read_posterior(options.folder / POSTERIOR_FILE.name)
        tested = validate(with_posterior(prior_parameters(), posterior), read_targets(), options.draws)
        if options.folder == DATA:  # what the app shows
            (DATA / TESTS).write_text(json.dumps(tested, indent=1) + "\n", encoding="utf-8")
        pages = _whole(about, found, tested)
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    rolling = json.loads((DATA / "rolling.json").read_text(encoding="utf-8"))
    for name, chart in (
        ("fit", fit_chart(found)),
        ("series", series_chart(found)),
        ("bands", bands_chart(found)),
        ("ahead", ahead_chart(rolling)),
        ("ages", ages_chart(found)),
        ("by-age", by_age.chart(json.loads(by_age.FILE.read_text(encoding="utf-8")))),
        ("parameters", parameters_chart(found)),
    ):
        chart.save(str(PICTURES / f"calibration-{name}.svg"))


def kept_pages() -> dict[str, str]:
    """Return both pages of what ships: its tests as they were run, held against the targets of today."""
    tested = json.loads((DATA / TESTS).read_text(encoding="utf-8"))
    return _whole(*read(), {**tested, **against_rules(tested["targets"], read_targets())})


def _whole(about: Mapping[str, Any], found: Mapping[str, Any], tested: Mapping[str, Any]) -> dict[str, str]:
    from calibration.ages import bands, text

    rolling, left_out, by_age = (
        json.loads((DATA / name).read_text(encoding="utf-8"))
        for name in ("rolling.json", "left_out.json", "by_age.json")
    )
    files = FitFiles(about, found, tested, rolling, left_out, by_age)
    return {"calibration.md": page(files, text(bands())), "calibration-tables.md": tables(files)}


if __name__ == "__main__":
    main()
