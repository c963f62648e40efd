"""Targets are complete or refused, and the model counts what they count."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.align import PAIRS
from calibration.anchors import ANCHORS
from calibration.targets import (
    RATIOS,
    ROLES,
    TARGET_FILE,
    USERS_OF,
    Counted,
    Target,
    predict,
    read_targets,
)
from sim.errors import InputError
from sim.history import CELLS, MARGINS, History
from sim.parameters import Parameters
from sim.states import AGES, DURATION_CLASSES, FORMS, JEUGDHULP, USER_SETS

GOOD = {
    "id": "jz_2018", "quantity": "youths with jeugdzorg", "definition": "during the year", "denominator": "",
    "age_from": "0", "age_to": "22", "region": "NL", "year": "2018", "period": "year", "value": "430175",
    "unit": "youths", "status": "final", "suggested_role": "calibrate", "suggested_rel_tolerance": "0.01",
    "source": "CBS", "note": "",
}  # fmt: skip
SHARE = {**GOOD, "id": "x_2018", "unit": "share", "value": "0.5", "denominator": "youths with jeugdzorg"}


def written(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "targets.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def named(id_: str) -> Target:
    (target,) = [target for target in read_targets() if target.id == id_]
    return target


# ---- the file


def test_a_complete_target_is_read_as_it_stands(tmp_path: Path) -> None:
    first, second = read_targets(written(tmp_path, GOOD, SHARE))
    assert first == Target(
        "jz_2018", "youths with jeugdzorg", "during the year", "", 0, 22, "NL", 2018, 430175.0, "youths",
        "calibrate", 0.01, "CBS",
    )  # fmt: skip
    assert second.denominator == "youths with jeugdzorg"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"definition": ""}, "has no definition"),
        ({"definition": "  "}, "has no definition"),
        ({"denominator": ""}, "is a share and has no denominator"),
        ({"unit": "ratio", "denominator": ""}, "is a ratio and has no denominator"),
        ({"suggested_rel_tolerance": ""}, "no target"),
        ({"suggested_rel_tolerance": "0"}, "tolerance above zero"),
        ({"suggested_rel_tolerance": "nan"}, "tolerance above zero"),
        ({"suggested_role": ""}, "role ''; known: calibrate, validate, report"),
        ({"suggested_role": "fit"}, "role 'fit'"),
        ({"source": ""}, "has no source"),
        ({"quantity": ""}, "has no quantity"),
        ({"region": ""}, "has no region"),
        ({"unit": ""}, "has unit ''"),
        ({"unit": "percent"}, "has unit 'percent'"),
        ({"value": "many"}, "no target"),
        ({"value": "-1"}, "a value and"),
        ({"value": "inf"}, "a value and"),
        ({"year": "2018.5"}, "no target"),
        ({"age_from": "12", "age_to": "4"}, "ages 12 to 4"),
        ({"age_to": "23"}, "ages 0 to 23"),
        ({"id": "jz_2018"}, "stands here twice"),
    ],
)
def test_an_incomplete_target_is_refused_with_its_line(
    tmp_path: Path, change: dict[str, str], words: str
) -> None:
    path = written(tmp_path, GOOD, {**SHARE, **change})
    with pytest.raises(InputError) as caught:
        read_targets(path)
    (problem,) = caught.value.problems
    assert problem.line == 3
    assert words in problem.message
    assert (change.get("id") or "x_2018") in problem.message


def test_every_mistake_is_listed(tmp_path: Path) -> None:
    wrong = [{**SHARE, "id": f"x_{k}", "source": ""} for k in range(3)]
    with pytest.raises(InputError) as caught:
        read_targets(written(tmp_path, *wrong))
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


@pytest.mark.parametrize("column", ["definition", "denominator", "suggested_role", "value"])
def test_a_file_without_a_column_is_refused(tmp_path: Path, column: str) -> None:
    row = {name: value for name, value in GOOD.items() if name != column}
    with pytest.raises(InputError, match=column):
        read_targets(written(tmp_path, row))


def test_the_shipped_targets_are_complete_and_of_every_role() -> None:
    targets = read_targets()
    assert len(targets) == len(TARGET_FILE.read_text(encoding="utf-8").splitlines()) - 1
    assert {target.role for target in targets} == set(ROLES)
    assert all((target.unit in RATIOS) == bool(target.denominator) for target in targets)
    assert all(target.value < 1 for target in targets if target.unit in RATIOS)


def test_what_is_held_out_is_not_fitted_to() -> None:
    roles = {target.id: target.role for target in read_targets()}
    anchors = {anchor.id for anchor in ANCHORS}
    for pair in PAIRS:
        for name in filter(None, (pair.target, pair.over)):
            assert name in anchors or roles[name] == "calibrate"


# ---- counting


class Books:
    """What was counted, made by hand: five years from 2015 of nothing, and what is put in."""

    def __init__(self, history: History, p: Parameters) -> None:
        self.lay, self.table, self.p = history.layout, history.table, p
        self.cells = np.zeros((5, self.lay.kinds, CELLS))

    def put(self, kind: int, year: int, amount: float, age: int = 9, *levels: str) -> None:
        self.cells[year - 2015, kind, age] += amount
        for level in levels:
            self.cells[year - 2015, kind, AGES + MARGINS.index(level)] += amount

    def users(self, name: str, year: int, amount: float, age: int = 9, *levels: str) -> None:
        self.put(self.lay.users + list(USER_SETS).index(name), year, amount, age, *levels)

    def stock(self, name: str, year: int, amount: float, age: int = 9, *levels: str) -> None:
        self.put(self.lay.stock_users + list(USER_SETS).index(name), year, amount, age, *levels)

    def predict(self, id_: str) -> float | None:
        return predict(named(id_), Counted(self.cells, self.lay, self.table, self.p))


@pytest.fixture
def books(lived: History, parameters: Parameters) -> Books:
    return Books(lived, parameters.replace({"registration.pgb": 0.1}))


def test_totals_hold_the_persoonsgebonden_budget_and_ages_do_not(books: Books) -> None:
    for age, youths in ((2, 10.0), (9, 20.0), (15, 40.0), (17, 80.0), (19, 160.0)):
        books.users("jeugdzorg", 2018, youths, age)
    assert books.predict("jz_2018") == pytest.approx(1.1 * 310)
    assert books.predict("jz_u18_2017") == 0.0
    assert books.predict("jz_18plus_2018") == pytest.approx(1.1 * 160)
    by_age = [books.predict(f"jz_age{ages}_2018") for ages in ("0_3", "4_11", "12_17", "18_22")]
    assert by_age == [10.0, 20.0, 120.0, 160.0]
    books.users("jeugdhulp", 2016, 50.0)
    assert books.predict("jh_2016") == pytest.approx(55.0)


@pytest.mark.parametrize(
    ("id_", "group"),
    [
        ("wijkteam_2018", "wijkteam"), ("zonder_2015", "zonder_verblijf"), ("verblijf_2019", "met_verblijf"),
        ("gezinsgericht_2019", "gezinshuis"), ("ander_verblijf_2019", "residentieel"),
        ("jb_2019", "jeugdbescherming"), ("jr_2015", "jeugdreclassering"),
        ("zonder_only_2019", "alleen_zonder_verblijf"), ("verblijf_only_2019", "alleen_met_verblijf"),
    ],
)  # fmt: skip
def test_forms_are_counted_in_natura(books: Books, id_: str, group: str) -> None:
    year = int(id_[-4:])
    books.users(group, year, 30.0)
    books.users(group, year, 3.0, 17)
    assert books.predict(id_) == 33.0


def test_every_form_has_a_name_among_targets() -> None:
    assert set(FORMS) <= set(USERS_OF.values()) <= set(USER_SETS)


def test_youths_in_both_kinds_of_help(books: Books) -> None:
    books.users("met_verblijf", 2019, 40.0)
    books.users("alleen_met_verblijf", 2019, 15.0)
    assert books.predict("both_2019") == 25.0


def test_trajectories_started_active_and_ended_by_duration(books: Books) -> None:
    lay, classes = books.lay, len(DURATION_CLASSES)
    for f in range(len(JEUGDHULP)):
        for k in range(classes):
            books.put(lay.ended + f * classes + k, 2018, float(k + 1))
    ended = len(JEUGDHULP) * sum(range(1, classes + 1))
    books.put(lay.ended + len(JEUGDHULP) * classes, 2018, 99.0)  # a measure is no jeugdhulp
    books.stock("ambulant", 2018, 7.0)
    books.stock("jeugdbescherming", 2018, 100.0)
    assert books.predict("active_2018") == pytest.approx(ended + 7)
    books.put(lay.flow + books.table.row("start_ambulant"), 2018, 12.0)
    books.put(lay.flow + books.table.row("end_ambulant"), 2018, 5.0)
    books.put(lay.flow + books.table.row("start_jeugdbescherming"), 2018, 50.0)
    books.put(lay.flow + books.table.row("start_pleegzorg"), 2018, 3.0)
    assert books.predict("starts_2018") == 15.0


def test_durations_are_shares_of_the_last_year_counted(books: Books) -> None:
    books.put(books.lay.ended + 0, 2019, 3.0)
    books.put(books.lay.ended + 1, 2019, 1.0)
    assert books.predict("dur_0_3m_2021") == 0.75
    assert books.predict("dur_3_6m_2021") == 0.25
    assert books.predict("dur_4y_2021") == 0.0


def test_shares(books: Books) -> None:
    books.stock("jeugdzorg", 2019, 60.0, 9, "boy")
    books.stock("jeugdzorg", 2019, 40.0, 9, "girl")
    books.users("jeugdzorg", 2019, 160.0)
    assert books.predict("boys_share_2023") == pytest.approx(0.6)
    assert books.predict("stock_ratio_2023") == pytest.approx(100 / 160)
    books.users("jeugdzorg", 2018, 30.0, 9, "een_ouder")
    books.users("jeugdzorg", 2018, 70.0, 9, "twee_ouders")
    assert books.predict("single_parent_users_2018") == pytest.approx(0.3)
    books.put(books.lay.flow + books.table.row("start_daghulp"), 2017, 10.0)
    books.put(books.lay.reentry + FORMS.index("daghulp"), 2017, 4.0)
    assert books.predict("reentry_5y_2017") == pytest.approx(0.4)


def test_what_the_model_does_not_count_is_not_predicted(books: Books) -> None:
    assert books.predict("almere_jh_u18_2020") is None  # another place
    assert books.predict("tilburg_jz_2023h1") is None
    assert books.predict("jz_2021") is None  # after the years that were counted
    assert books.predict("referrer_2018_GP") is None
    unknown = replace(named("jz_2018"), id="zorgboerderij_2018")
    assert predict(unknown, Counted(books.cells, books.lay, books.table, books.p)) is None


def test_all_that_is_fitted_to_is_predicted(lived: History, parameters: Parameters) -> None:
    cells = np.ones((5, lived.layout.kinds, CELLS))
    counted = Counted(cells, lived.layout, lived.table, parameters)
    unpredicted = {
        target.id for target in read_targets()
        if target.region == "NL" and target.year <= 2019 and predict(target, counted) is None
    }  # fmt: skip
    assert {name.rpartition("_")[0] for name in unpredicted} <= {
        "referrer_2018", "referrer_2018_certified", "referrer_2018_medical", "referrer_2018_municipal",
        "referrer_2018_youth", "referrer_2018_no",
    }  # fmt: skip
