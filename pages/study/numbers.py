"""The numbers of a study with their grade and source, moved by the user, and what each does to its worth."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from pages.choices.address import saw, seen
from pages.look import formats
from pages.look.texts import t
from pages.shared import parts
from pages.study.verdict import Asked, net
from sim.decision.design import NUMBERS

IN_EUROS = ("lead", "measurement")
IN_PERCENT = ("coming", "dropout", "base_risk")


def offered(name: str) -> list[float]:
    """Return five values of a number: its range, what it is, and half way."""
    number = NUMBERS[name]
    low, middle, high = number.low, number.value, number.high
    return [float(f"{x:.3g}") for x in (low, (low + middle) / 2, middle, (middle + high) / 2, high)]


def chosen() -> tuple[tuple[str, float], ...]:
    """Return the numbers that the user has moved."""
    found = []
    for name, number in NUMBERS.items():
        value = seen(f"proef-{name}", offered(name), number.value)
        if value != number.value:
            found.append((name, value))
    return tuple(found)


def written(name: str, value: float) -> str:
    """Return a number of a study as people write it."""
    if name in IN_EUROS:
        return formats.euros(value)
    if name in IN_PERCENT:
        return formats.percent(value, 1)
    return formats.number(value, 3)


def show(asked: Asked) -> None:
    """Show every number with its range, grade and source, the worth at both ends, and a control."""
    st.markdown(t("study_numbers_lead"))
    rows = []
    for name, number in NUMBERS.items():
        ends = [net(_with(asked, name, value)) for value in (number.low, number.high)]
        between = t("pay_range", low=written(name, number.low), high=written(name, number.high))
        title = f"{t(f'study_number_{name}')} ({between})"
        rows.append((title, *(formats.millions(end) for end in ends)))
    columns = [t(f"study_col_{word}") for word in ("number", "net_low", "net_high")]
    st.table(pd.DataFrame(rows, columns=columns).map(parts.breakable), hide_index=True)
    parts.notes(*(
        t("study_number_source", name=t(f"study_number_{name}"), grade=t(f"study_grade_{number.grade}"),
          source=t(f"study_source_{name}")) for name, number in NUMBERS.items()
    ))  # fmt: skip
    st.markdown(t("study_move"))
    for name, number in NUMBERS.items():
        values = offered(name)
        now = st.select_slider(
            t(f"study_number_{name}"), values, seen(f"proef-{name}", values, number.value),
            key=f"study-{name}", format_func=partial(written, name),
        )  # fmt: skip
        if now != seen(f"proef-{name}", values, number.value):
            saw(f"proef-{name}", now, number.value)
            st.rerun()  # what stands above it has changed


def _with(asked: Asked, name: str, value: float) -> Asked:
    others = tuple(sorted({**dict(asked.design.others), name: value}.items()))
    return asked._replace(design=replace(asked.design, others=others))
