"""The posterior of a calibration: drawn together, kept through changes, and refused where it is damaged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.errors import InputError
from sim.model import parameters as module
from sim.model.parameters import (
    PARAMETER_FILE,
    POSTERIOR_FILE,
    Parameter,
    Parameters,
    Posterior,
    Scale,
    prior_parameters,
    read_parameters,
    read_posterior,
    with_posterior,
)
from tests.model.samples import SAMPLE

DRAWS = 40
NAMES = ("line", "log", "logit", "leader")


def posterior() -> Posterior:
    """Return a best fit and draws in which all values rise together, none of them in the middle."""
    steps = np.arange(DRAWS)[:, None]
    draws_ = np.array([4.0, 1.6, 0.2, 0.6]) + steps * np.array([0.1, 0.05, 0.002, 0.01])
    return Posterior(NAMES, np.vstack([[5.55, 2.5, 0.25, 0.9], draws_]))


FITTED = with_posterior(SAMPLE, posterior())


def saved(path: Path, columns: dict[str, list[object]]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_the_best_fit_takes_the_place_of_what_was_believed() -> None:
    best = dict(zip(NAMES, posterior().values[0].tolist(), strict=True))
    assert {name: FITTED[name] for name in NAMES} == best
    assert {name: FITTED.records[name].value for name in NAMES} == best
    assert dict(FITTED.draw(3, 0)) == dict(FITTED)
    assert posterior().row(0) == best
    assert SAMPLE["line"] == 5.0


@pytest.mark.parametrize("index", [1, 2, 17, DRAWS, DRAWS + 1, 3 * DRAWS + 5])
def test_calibrated_values_are_drawn_together_and_after_the_last_draw_comes_the_first(index: int) -> None:
    row = posterior().values[1 + (index - 1) % DRAWS]
    for seed in (0, 1, 2**40):
        drawn = FITTED.draw(seed, index)
        assert [drawn[name] for name in NAMES] == row.tolist()


def test_every_draw_is_used_once_before_one_comes_back_and_the_best_fit_is_none_of_them() -> None:
    drawn = [FITTED.draw(0, index)["line"] for index in range(1, 2 * DRAWS + 1)]
    assert drawn == [*posterior().values[1:, 0], *posterior().values[1:, 0]]
    assert FITTED["line"] not in drawn


def test_a_posterior_moves_no_parameter_outside_it() -> None:
    others = set(SAMPLE) - set(NAMES)
    assert others
    for seed, index in itertools.product((0, 7), (1, 2, DRAWS + 1)):
        before, after = SAMPLE.draw(seed, index), FITTED.draw(seed, index)
        assert {name: before[name] for name in others} == {name: after[name] for name in others}


def test_a_users_own_value_stays_beside_a_posterior() -> None:
    changed = FITTED.replace({"line": 6.0})
    drawn = changed.draw(0, 4)
    assert drawn["line"] == 6.0
    assert drawn["log"] == FITTED.draw(0, 4)["log"] == posterior().values[4, 1]


def test_a_change_or_a_draw_keeps_the_posterior() -> None:
    assert FITTED.replace({"line": 6.0}).posterior is FITTED.posterior
    assert FITTED.draw(0, 3).posterior is FITTED.posterior
    assert SAMPLE.replace({"line": 6.0}).posterior is None


def test_a_calibrated_record_says_its_range_its_grade_and_what_was_believed_before() -> None:
    one = FITTED.records["line"]
    low, high = np.quantile(posterior().values[1:, 0], (0.05, 0.95))
    assert (one.low, one.high) == pytest.approx((low, high))
    assert one.grade == "calibrated"
    assert one.source == "source; before the fit 5 (3 to 9, assumed)"
    assert (one.unit, one.scale, one.rank) == ("unit", "linear", "")
    assert FITTED.records["certain"] is SAMPLE.records["certain"]


@pytest.mark.parametrize("best", [0.1, 5.0, 50.0])
def test_the_range_of_a_calibrated_record_holds_its_value(best: float) -> None:
    values = posterior().values.copy()
    values[0, 0] = best
    one = with_posterior(SAMPLE, Posterior(NAMES, values)).records["line"]
    assert one.low <= one.value == best <= one.high


def test_a_posterior_of_other_parameters_is_refused_with_the_nearest_name() -> None:
    other = replace(posterior(), names=("line", "logg", "logit", "leader"))
    with pytest.raises(
        InputError, match="'logg' in the posterior is no parameter; did you mean 'log'"
    ) as caught:
        with_posterior(SAMPLE, other, Path("folder/posterior.parquet"))
    assert caught.value.problems[0].file == "folder/posterior.parquet"
    assert "calibrate again" in caught.value.problems[0].message


def test_a_posterior_is_read_as_it_was_written(tmp_path: Path) -> None:
    known = posterior()
    columns = {name: known.values[:, j].tolist() for j, name in enumerate(known.names)}
    found = read_posterior(saved(tmp_path / "posterior.parquet", columns))
    assert found.names == NAMES
    assert np.array_equal(found.values, known.values)
    counts = read_posterior(saved(tmp_path / "whole.parquet", {"line": [5, 4, 6]}))
    assert counts.values.tolist() == [[5.0], [4.0], [6.0]]


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"line": []},
        {"line": [5.0]},
        {"line": [5.0, math.nan, 4.0]},
        {"line": [5.0, math.inf]},
        {"line": [5.0, None, 4.0]},
        {"line": ["five", "four"]},
        {"line": ["5", None]},
        {"line": [[5.0], [4.0]]},
        {"line": [{"a": 1.0}, {"a": 2.0}]},
        {"line": [5.0, 4.0], "log": ["a", "b"]},
    ],
)
def test_a_posterior_that_is_no_table_of_draws_is_refused(
    tmp_path: Path, columns: dict[str, list[object]]
) -> None:
    path = saved(tmp_path / "posterior.parquet", columns)
    with pytest.raises(InputError, match="is no posterior") as caught:
        read_posterior(path)
    assert caught.value.problems[0].file == str(path)


def test_a_posterior_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "posterior.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1.0, 2.0])] * 2, names=["line", "line"]), path)
    with pytest.raises(InputError, match="is no posterior"):
        read_posterior(path)


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "middle", "missing", "folder"])
def test_a_damaged_posterior_is_refused(tmp_path: Path, damage: str) -> None:
    path = saved(tmp_path / "posterior.parquet", {"line": [float(k) for k in range(5000)]})
    whole = path.read_bytes()
    contents = {
        "empty": b"", "cut": whole[: len(whole) // 2], "text": b"line\n5.0\n4.0\n",
        "middle": whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :],
    }  # fmt: skip
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(contents[damage])
    with pytest.raises(InputError, match="is no posterior"):
        read_posterior(path)


def test_without_a_posterior_the_shipped_parameters_are_what_was_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POSTERIOR_FILE", tmp_path / "posterior.parquet")
    assert module.default_parameters.__wrapped__() is prior_parameters()
    saved(tmp_path / "posterior.parquet", {"start.ambulant": [0.5, 0.4, 0.6], "need.boy": [0.1, 0.1, 0.2]})
    fitted = module.default_parameters.__wrapped__()
    assert changes(prior_parameters(), fitted) == {"start.ambulant": 0.5, "need.boy": 0.1}
    assert fitted.draw(9, 2)["start.ambulant"] == 0.6


def changes(before: Parameters, after: Parameters) -> dict[str, float]:
    return {name: after[name] for name in after if after[name] != before[name]}


def test_what_is_believed_before_a_fit_is_what_the_file_says() -> None:
    assert dict(prior_parameters()) == dict(read_parameters(PARAMETER_FILE))
    assert prior_parameters().posterior is None
    assert not {r.name for r in prior_parameters().records.values() if r.grade == "calibrated"}


ON_A_BOUND = "on a bound"
"""What a row says, with the reason, of a value or a median that lies at an end of its range or beyond."""


def share_of_range(record: Parameter, value: float) -> float:
    """Return where a value lies in a range, on the scale of its record: 0 is the low end, 1 the high one."""
    place: Callable[[float], float] = {
        "log": math.log, "logit": lambda x: math.log(x / (1 - x)),
    }.get(record.scale, float)  # fmt: skip
    low, at, high = (place(x) for x in (record.low, value, record.high))
    return (at - low) / (high - low)


def pressed(p: Parameters, fitted: Posterior | None) -> dict[str, float]:
    """Return each parameter whose value, best fit or median lies within 1 percent of an end, or beyond."""
    found = {}
    for name, record in p.records.items():
        if record.fixed or record.formula or record.scale in ("bernoulli", "lever"):
            continue
        values = [record.value]
        if fitted and name in fitted.names:
            column = fitted.values[:, fitted.names.index(name)]
            values += [float(column[0]), float(np.median(column[1:]))]
        places = [share_of_range(record, value) for value in values]
        if outside := [place for place in places if not 0.01 < place < 0.99]:
            found[name] = outside[0]
    return found


def test_no_value_and_no_median_lies_on_a_bound_unless_its_row_says_why() -> None:
    found = pressed(prior_parameters(), read_posterior(POSTERIOR_FILE))
    said = {name for name, record in prior_parameters().records.items() if ON_A_BOUND in record.source}
    assert set(found) == said, found
    assert not {name for name in found if name.startswith("cost.")}


def test_what_lies_on_a_bound_is_found_on_every_scale() -> None:
    rows: dict[Scale, tuple[float, float]] = {"linear": (0.0, 10.0), "log": (1.0, 100.0), "logit": (0.1, 0.9)}
    for scale, (low, high) in rows.items():
        middle = (low * high) ** 0.5 or 5.0
        one = replace(SAMPLE.records["line"], scale=scale, low=low, high=high, value=middle)
        p = replace(SAMPLE, records={"line": one})
        assert pressed(p, None) == {}
        for value in (low, high):
            assert set(pressed(replace(p, records={"line": replace(one, value=value)}), None)) == {"line"}
        for best, draws in ((middle, [high, high]), (high, [middle, middle]), (middle, [low, low])):
            fitted = Posterior(("line",), np.array([best, *draws])[:, None])
            assert set(pressed(p, fitted)) == {"line"}, (scale, best, draws)
        assert pressed(p, Posterior(("line",), np.array([middle, middle, middle])[:, None])) == {}
