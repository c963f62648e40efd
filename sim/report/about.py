"""The provenance of a comparison, and whose figures of youth care are behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.inputs.profiles import Profile
from sim.inputs.scenario import Scenario
from sim.report.phrases import world_words
from sim.words.parameter_words import source_words
from sim.words.writing import Writing


def local_words(profile: Profile, scenarios: Sequence[Scenario], writing: Writing) -> str:
    """Return whose figures of youth care are used, or nothing where all are of the municipality itself."""
    return writing.local_figures(profile.name, profile.local, scenarios[0].local is not None)


def about(
    manifest: Mapping[str, object],
    scenarios: Sequence[Scenario],
    profile: Profile,
    writing: Writing,
    date: str,
    rate: float,
    draws: int,
) -> tuple[tuple[str, str], ...]:
    """Return the provenance by its label; of its moment only what the same run has again."""
    t = writing.t
    local = t("local_yes") if profile.has_local_care_figures else local_words(profile, scenarios, writing)
    dirty = f" ({t('about_dirty')})" if manifest["dirty"] else ""
    libraries: Mapping[str, str] = manifest["libraries"]  # type: ignore[assignment]
    return (
        (t("about_municipality"), profile.name),
        (t("about_local"), local),
        (t("about_date"), writing.date(date)),
        (t("about_source"), source_words(profile.source, writing)),
        (t("about_version"), str(manifest["version"])),
        (t("about_commit"), f"{manifest['commit'] or '-'}{dirty}"),
        (t("about_seed"), str(manifest["seed"])),
        (t("about_draws"), str(draws)),
        (t("about_replications"), str(manifest["replications"])),
        (t("about_children"), writing.count(float(str(manifest["children"])))),
        (t("about_rate"), writing.percent(rate, 2)),
        (t("about_prices"), t("prices")),
        *((t("about_world", title=s.title), world_words(s, writing)) for s in scenarios),
        *((t("about_scenario", title=s.title), s.canonical_sha256()) for s in scenarios),
        *(
            (t(f"about_{name}"), str(manifest[name] or "-"))
            for name in ("engine", "data", "parameters", "posterior", "targets")
        ),
        (t("about_system"), f"{manifest['system']}, Python {manifest['python']}"),
        (t("about_libraries"), ", ".join(f"{name} {number}" for name, number in libraries.items())),
        (t("about_dates"), t("dates")),
    )
