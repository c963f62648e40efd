"""Tables in CSV files: what they give, and what is wrong in them, by line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.errors import InputError
from sim.published.cohort import exact_cohort, load_model
from sim.published.lookup import LookUpTable, look_up, read_table
from sim.published.microsimulation import microsimulate
from sim.published.modelfile import LookUp
from tests import reader

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def table(folder: Path, text: str, by: tuple[str, ...] = ("age",), column: str | None = None) -> LookUpTable:
    file = folder / "table.csv"
    file.write_text(text, encoding="utf-8")
    return read_table(file, LookUp(file="table.csv", by=by, column=column))


def test_a_row_holds_until_the_next_and_the_last_for_all_above(tmp_path: Path) -> None:
    found = table(tmp_path, "age,p\n50,0.2\n40,0.1\n")
    ages = np.array([40, 49.9, 50 - 1e-12, 50, 99]).reshape(1, -1, 1)
    assert look_up(found, {"age": ages}).ravel().tolist() == [0.1, 0.1, 0.2, 0.2, 0.2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age,p\n40,0.1\n41,x\n", "table.csv:3:4: expected a number under 'p', found 'x'"),
        ("age,p\n40,nan\n", "table.csv:2:4: expected a number under 'p', found 'nan'"),
        ("age,p\n40,0.1\n40,0.2\n", "table.csv:3:1: 'age = 40' stands here twice"),
        ("agee,p\n40,0.1\n", "table.csv:1:1: say with 'column' which one is meant: agee, p"),
        ("age,p\n40,0.1,5\n", "table.csv:2:1: expected 2 columns"),
        ("age,p\n", "table.csv:1:1: the table has no rows"),
        ("age,p,q\n1,2,3\n", "say with 'column' which one is meant: p, q"),
    ],
)
def test_mistakes_have_their_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        table(tmp_path, text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"), [("", "the table has no rows"), ("age;p\n40;0,1\n", "needs commas between columns")]
)
def test_an_empty_table_and_semicolons_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        table(tmp_path, text)
    assert len(error.value.problems) == 1
    assert message in str(error.value)


def test_a_gap_and_an_unknown_column(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row for age = 50, sex = 1"):
        table(tmp_path, "age,sex,p\n40,0,1\n40,1,1\n50,0,1\n", ("age", "sex"))
    many = "".join(f"{k},{k},1\n" for k in range(50_000))  # together more than fit in any memory
    with pytest.raises(InputError, match="no row for age = 0, sex = 1"):
        table(tmp_path, f"age,sex,p\n{many}", ("age", "sex"))
    with pytest.raises(InputError, match="expected one column 'deth'; did you mean 'death'"):
        table(tmp_path, "age,death\n40,0.1\n", column="deth")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("age: 40", "age: 30"), "tables.yaml:10:3: the table has no row for age = 30"),
        (("sex: 1", "sex: 2"), "the table has no row for sex = 2"),
        (("by: [age, sex]", "by: [age, sx]"), "expected one column 'sx'; did you mean 'sex'?"),
        (("deaths.csv", "none.csv"), "none.csv"),
    ],
)
def test_a_table_that_does_not_fit_the_model(
    change: tuple[str, str], message: str, tmp_path: Path
) -> None:
    write_page(tmp_path)
    file = tmp_path / "tables.yaml"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_model(file)
    assert message in str(error.value)


def write_page(folder: Path) -> list[Path]:
    """Write the files that the page of model files shows."""
    files = []
    for block in reader.blocks(PAGE):
        if block.language in ("yaml", "csv"):
            assert block.title
            file = folder / block.title
            file.write_text(block.text, encoding="utf-8")
            files += [file] if block.language == "yaml" else []
    return files


def test_every_example_of_the_page_runs(tmp_path: Path) -> None:
    found = {file.stem: exact_cohort(load_model(file)) for file in write_page(tmp_path)}
    assert len(found) == 10
    for cohort in found.values():
        np.testing.assert_allclose(cohort.trace.sum(axis=2), 1, rtol=1e-12)
        np.testing.assert_allclose(cohort.rewards.sum(axis=1), cohort.totals, rtol=1e-12)
    men, women = 0.998**20 * 0.99**20, 0.999**20 * 0.994**20
    assert found["tables"].shares[0, 0] == pytest.approx((men + women) / 2, rel=1e-12)


def test_a_table_by_time_in_state_makes_a_model_remember(tmp_path: Path) -> None:
    write_page(tmp_path)
    text = (tmp_path / "time.yaml").read_text(encoding="utf-8")
    rows = "".join(f"{time},{0.5 / (1 + time)!r}\n" for time in range(10))
    (tmp_path / "well.csv").write_text("time_in_state,p\n" + rows, encoding="utf-8")
    with_table = text.replace(
        "timing: end", "timing: end\ntables: {well: {file: well.csv, by: [time_in_state]}}"
    ).replace("0.5 / (1 + time_in_state)", "well")
    (tmp_path / "table.yaml").write_text(with_table, encoding="utf-8")
    found, expected = (exact_cohort(load_model(tmp_path / name)) for name in ("table.yaml", "time.yaml"))
    np.testing.assert_array_equal(found.totals, expected.totals)


def test_entering_by_origin_is_paid_by_the_moves(tmp_path: Path) -> None:
    write_page(tmp_path)
    found = exact_cohort(load_model(tmp_path / "entry.yaml"))
    moves = found.events[0].sum(axis=0)
    expected = 500 * moves[0, 1] + 1000 * moves[0, 2] + 4000 * moves[1, 2] + 100 * found.trace[0, 1:, 1].sum()
    assert found.totals[0, 0] == pytest.approx(expected, rel=1e-12)


def test_cohort_and_simulation_of_every_example_agree(tmp_path: Path) -> None:
    for file in write_page(tmp_path):
        model = load_model(file)
        exact, simulated = exact_cohort(model), microsimulate(model, 40_000)
        totals = exact.totals[:, : len(model.outcomes)]  # the parts of a cost are told by the cohort alone
        assert np.all(np.abs(simulated.totals - totals) <= 4 * simulated.errors), file


def test_lines_that_end_as_on_an_old_mac_and_a_cell_without_an_end(tmp_path: Path) -> None:
    assert table(tmp_path, "age,p\r40,0.5\r", ("age",)).values.tolist() == [0.5]
    with pytest.raises(InputError, match="2:1: is no table of comma-separated values from here on"):
        table(tmp_path, "age,p\n40," + "1" * 140_000, ("age",))
