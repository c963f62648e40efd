"""Write docs/whole-model.md: what the whole model gives where nothing was fitted, and scarcity in Almere.

Run as ``python -m calibration.documents.whole_model``: every child of Almere under three policies, and a
sample of the country for outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.documents.markup import DOCS, markdown
from sim.engine.history import Label
from sim.inputs.library import registry
from sim.inputs.scenario import Scenario, load_scenario, scenario_from_dict
from sim.machine.project import SCENARIOS
from sim.runs.experiment import Options, Run, run_all

Floats = NDArray[np.float64]
SCARCITY = SCENARIOS / "argumenten"
POLICIES = {
    "deficit": "schaarste-tekort.yaml",
    "crowd_out": "schaarste-verdringing.yaml",
    "capped": "schaarste-wachtlijsten.yaml",
}
COLOURS = {"deficit": "#0072B2", "crowd_out": "#D55E00", "capped": "#009E73"}  # Okabe and Ito (2008)
LINES: Mapping[str, Label] = {
    "child workers at work, FTE": ("programme_fte", "programme", "kinderwerk"),
    "youths with jeugdzorg in the year": ("care_users", "total", "all"),
    "waiting on 31 December": ("waiting_stock", "total", "all"),
    "mean wait of those who start, weeks": ("waiting_weeks", "total", "all"),
    "unmet need on 31 December": ("unmet_need", "total", "all"),
    "youth care, million euros": ("cost", "total", "all"),
}
PICTURE = ("child workers at work, FTE", "waiting on 31 December", "unmet need on 31 December")
SAMPLE = 600_000
WRITTEN = "<!-- written by `python -m calibration.documents.whole_model` -->\n\n"


def series(run: Run, scenario: int, label: Label) -> Floats:
    """Return a column of one scenario by year; zeros where it does not exist (nobody can wait)."""
    columns = run.columns[scenario]
    if label not in columns.labels:
        return np.zeros(columns.values.shape[1])
    values = columns.values[columns.labels.index(label)]
    return np.asarray(values / 1e6 if label[0].startswith("cost") else values)


def picture(panels: Mapping[str, Mapping[str, Floats]], start: int) -> str:
    """Return an SVG of panels side by side, one line per policy, from 0."""
    width, height, left, top = 300, 190, 48, 34
    parts = []
    for k, (title, lines) in enumerate(panels.items()):
        most = max(float(values.max()) for values in lines.values()) * 1.1 or 1.0
        x0 = left + k * (width + left + 10)
        parts.append(f'<text x="{x0}" y="{top - 14}" font-weight="bold">{title}</text>')
        for share in (0.0, 0.5, 1.0):
            y = top + height * (1 - share / 1.1)
            parts.append(f'<line x1="{x0}" x2="{x0 + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
            parts.append(
                f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end">{most / 1.1 * share:,.0f}</text>'
            )
        years = len(next(iter(lines.values())))
        for year in range(0, years, 5):
            x = x0 + width * year / (years - 1)
            parts.append(
                f'<text x="{x:.1f}" y="{top + height + 16}" text-anchor="middle">{start + year}</text>'
            )
        for policy, values in lines.items():
            points = " ".join(
                f"{x0 + width * i / (years - 1):.1f},{top + height * (1 - v / most):.1f}"
                for i, v in enumerate(values)
            )
            colour = COLOURS[policy]
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for k, policy in enumerate(COLOURS):
        y = top + height + 40
        x = left + k * 130
        parts.append(
            f'<line x1="{x}" x2="{x + 22}" y1="{y}" y2="{y}" stroke="{COLOURS[policy]}" stroke-width="3"/>'
        )
        parts.append(f'<text x="{x + 28}" y="{y + 4}">{policy}</text>')
    size = f'width="{(width + left + 10) * len(panels) + 20}" height="{top + height + 54}"'
    style = 'font-family="sans-serif" font-size="12" fill="#222"'
    name = "Three policies: " + "; ".join(panels)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} {style}>\n<title>{name}</title>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def scarcity(runs: Sequence[Run], scenarios: Sequence[Scenario]) -> tuple[str, str]:
    """Return the section on scarcity and its picture."""
    start = scenarios[0].start
    found = {
        name: {policy: series(runs[0], k, label) for k, policy in enumerate(POLICIES)}
        for name, label in LINES.items()
    }
    marks = (0, 3, 9, 19)
    rows = [
        (name, policy, *(f"{values[i]:,.1f}" if values.max() < 200 else f"{values[i]:,.0f}" for i in marks))
        for name, by_policy in found.items()
        for policy, values in by_policy.items()
        if values.any()
    ]
    text = "## Scarcity: Almere with 36 unfenced child workers under three policies\n\n"
    text += "Every child, best fit, `scenarios/argumenten/schaarste-*.yaml`. "
    text += "Only under `capped` does anybody wait.\n\n"
    text += "![three policies](pictures/policies.svg)\n\n"
    text += markdown(("measure", "policy", *(str(start + i) for i in marks)), rows)
    later = {
        name: {policy: values[len(values) // 2 :].mean() for policy, values in by_policy.items()}
        for name, by_policy in found.items()
    }
    unmet = later["unmet need on 31 December"]
    text += (
        "\nThe budget does not grow in real terms and tariffs do. Under `crowd_out` a share of last year's\n"
        "shortfall is taken from the child workers. Under `capped` a place that comes free goes to the next\n"
        "child: the bill is that of the places. In the second half of the horizon unmet need is "
        f"{unmet['crowd_out'] / unmet['deficit'] - 1:+.1%} under `crowd_out` and\n"
        f"{unmet['capped'] / unmet['deficit'] - 1:+.1%} under `capped`, against `deficit`. "
        "One run of one town: small lists swing.\n"
    )
    return text, picture({name: found[name] for name in PICTURE}, start)


def outcomes() -> str:
    """Return the section on earlier care among first offenders and school leavers, both ways round."""
    data = {
        "kind": "scenario",
        "title": "outcomes",
        "municipality": "Nederland",
        "years": 5,
        "policy": "deficit",
    }
    told = scenario_from_dict(data, registry())
    run = next(iter(run_all([told], Options(children=SAMPLE))))
    columns = run.columns[0]
    total = {label: columns.values[i].sum() for i, label in enumerate(columns.labels)}
    names = {"early_school_leavers": "early school leavers", "first_offences": "first offenders"}
    rows, reverse = [], []
    lives = {label[2]: value for label, value in total.items() if label[0] == "whole_life"}
    helped = sum(value for life, value in lives.items() if "care" in life.split("+"))
    everyone = sum(lives.values())
    for outcome, name in names.items():
        share = total[f"{outcome}_helped_before", "total", "all"] / total[outcome, "total", "all"]
        rows.append((name, f"{share:.0%}"))
        both = sum(v for life, v in lives.items() if {"care", outcome} <= set(life.split("+")))
        ever = sum(v for life, v in lives.items() if outcome in life.split("+"))
        without = (ever - both) / (everyone - helped)
        reverse.append((name, f"{both / helped:.0%}", f"{without:.0%}", f"{ever / everyone:.0%}"))
    text = "## Earlier care among first offenders and early school leavers\n\n"
    text += "A prediction: nothing here was fitted to it. The position paper says that 40 percent of rising\n"
    text += "criminal talent was known to youth care (an advocacy figure, of a narrower group).\n\n"
    text += markdown(("who", "had jeugdhulp now or before, at the event"), rows)
    text += "\nThe other direction, at the 23rd birthday:\n\n"
    text += markdown(("ever", "of youths who had jeugdhulp", "of youths who never had", "of all"), reverse)
    text += f"\n{helped / everyone:.0%} of all youths had jeugdhulp at some time before 23.\n"
    return text + "Most youths with help never offend and never leave school early.\n"


def main() -> None:
    """Run and write the page and its picture."""
    scenarios = [load_scenario(SCARCITY / name, registry()) for name in POLICIES.values()]
    section, svg = scarcity(list(run_all(scenarios, Options())), scenarios)
    page = WRITTEN + "# The whole model: scarcity, outcomes\n\n"
    page += "For researchers: what does the model predict where nothing was fitted?\n\n"
    page += "\n".join((section, outcomes()))
    (DOCS / "pictures" / "policies.svg").write_text(svg, encoding="utf-8")
    (DOCS / "whole-model.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
