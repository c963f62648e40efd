"""The sources of the population and of the figures that the model was fitted to."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import pandas as pd
import streamlit as st

from calibration.figures.targets import STATUSES, TARGET_FILE, Target, read_targets
from pages.choices.chosen import Choices, profile
from pages.look import formats
from pages.look.texts import t, writing
from pages.shared import parts
from sim.words.parameter_words import source_words

COUNTRY = "NL"
STATUS_WORDS = dict(zip(STATUSES, ("final", "provisional", "press"), strict=True))


@cache
def targets() -> tuple[Target, ...]:
    """Return the published figures."""
    return tuple(read_targets())


def show(chosen: Choices) -> None:
    """Show where the population comes from, and the figures by source, with their status and years."""
    st.header(t("origin_title"))
    here = profile(chosen)
    st.markdown(
        t("origin_population", name=parts.plain(here.name), date=formats.date(here.date),
          source=parts.plain(source_words(here.source, writing())), youths=formats.count(here.total))
    )  # fmt: skip
    counted = Counter(STATUS_WORDS[target.status] for target in targets())
    tested = sum(target.role == "validate" for target in targets())
    fitted = Counter(target.region for target in targets() if target.role == "calibrate")
    country = fitted.pop(COUNTRY)
    apart = "".join(t("origin_targets_apart", n=n, region=region) for region, n in fitted.items())
    statuses = ", ".join(f"{t(f'origin_status_{status}')}: {n}" for status, n in counted.most_common())
    st.markdown(
        t("origin_targets", n=len(targets()), years=_years(targets()), statuses=statuses,
          fitted=country, apart=apart, tested=tested)
    )  # fmt: skip
    with st.expander(t("origin_sources")):
        st.table(_by_source(), hide_index=True)
    columns = ("id", "quantity", "definition", "region", "year", "period", "value", "unit", "status", "role",
               "source", "note")  # fmt: skip
    whole = pd.DataFrame([{name: getattr(target, name) for name in columns} for target in targets()])
    parts.csv(whole, f"kinderwerk-{TARGET_FILE.stem}")


def _by_source() -> pd.DataFrame:
    """Return a row per source: how many figures, of which years, and how sure they are."""
    found: dict[str, list[Target]] = defaultdict(list)
    for target in targets():
        found[target.source].append(target)
    ordered = sorted(found.items(), key=lambda pair: -len(pair[1]))
    return pd.DataFrame(
        {
            t("origin_source"): [parts.plain(source) for source, _ in ordered],
            t("origin_count"): [f"{len(of)} ({_years(of)}; {_statuses(of)})" for _, of in ordered],
        }
    )


def _statuses(of: list[Target]) -> str:
    return ", ".join(sorted({t(f"origin_status_{STATUS_WORDS[target.status]}") for target in of}))


def _years(of: tuple[Target, ...] | list[Target]) -> str:
    years = sorted({target.year for target in of})
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
