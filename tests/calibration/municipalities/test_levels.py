"""Levels of use follow the figures of municipalities as far as those can tell, with honest intervals."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from calibration.municipalities.level_by_age import ByAge
from calibration.municipalities.level_checks import (
    BY_PROVINCE,
    LEFT_OUT,
    by_province,
    check,
    errors_by_age,
    keep,
    one_by_one,
    years_inside,
)  # fmt: skip
from calibration.municipalities.level_model import (
    EVIDENCE,
    LIKE,
    SIZES,
    URBAN,
    YEARS,
    Regression,
    Towns,
    Years,
    ranges,
    read,
)  # fmt: skip
from calibration.municipalities.levels import COLUMNS, OWN, PREDICTED, build, main
from calibration.runs import count
from sim.engine.config import Inline, localised, of_town
from sim.inputs.placenames import towns
from sim.inputs.profiles import TOWN_FILE, profiles, towns_of_the_country
from sim.model.parameters import default_parameters
from sim.states import AGES


@pytest.fixture(scope="module")
def model() -> Regression:
    return Regression.of(read())


@pytest.fixture(scope="module")
def ages(model: Regression) -> ByAge:
    return ByAge.of(model)


def place(model: Regression, name: str) -> int:
    return next(i for i, code in enumerate(model.towns.codes) if towns()[code].name == name)


def without(known: Towns, code: str) -> Towns:
    """Return what is known without the figures of one municipality."""
    return replace(known, use={key: groups for key, groups in known.use.items() if key[0] != code})


def test_the_evidence_is_of_every_municipality_and_says_where_it_is_from() -> None:
    sources = {row["source"] for row in rows("municipal_sources.csv")}
    for name in ("municipalities.csv", "municipal_use.csv"):
        assert all(set(row["source"].split(";")) <= sources for row in rows(name))
    assert set(read().codes) == {town.code for town in towns().values() if not town.until}
    assert {row["status"].partition(",")[0] for row in rows("municipal_use.csv")} == {"provisional"}


def rows(name: str) -> list[dict[str, str]]:
    with (EVIDENCE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_shipped_file_is_what_is_built(ages: ByAge) -> None:
    with TOWN_FILE.open(encoding="utf-8", newline="") as stream:
        header, *shipped = list(csv.reader(stream))
    assert tuple(header) == COLUMNS
    numbers = slice(3, COLUMNS.index("basis"))
    for built, there in zip(build(ages), shipped, strict=True):
        assert (built[:3], built[numbers.stop :]) == (tuple(there[:3]), tuple(there[numbers.stop :]))
        close = np.array(there[numbers], float), np.array(built[numbers], float)
        np.testing.assert_allclose(*close, rtol=2e-3, err_msg="run calibration.municipalities.levels --write")


def test_a_municipality_left_out_is_predicted_as_if_its_figures_were_not_known(model: Regression) -> None:
    """The formula of leaving out against doing it; the national rates hardly move by one municipality."""
    mean, sd = model.left_out()
    for k in (0, 100, len(model.there) - 1):
        i, kept = model.there[k], [j for j in range(len(model.there)) if j != k]
        known = without(model.towns, model.towns.codes[i])
        there = [model.there[j] for j in kept]
        fewer = Regression(known, there, model.figures[kept], model.luck[kept], model.spreads)
        across = fewer.prior([i], fewer.there)
        weights = np.linalg.solve(fewer.of_figures(), across.T)[:, 0]
        assert weights @ fewer.figures == pytest.approx(mean[k], abs=1e-6)
        variance = fewer.prior([i], [i])[0, 0] - across[0] @ weights + model.luck[k]
        assert math.sqrt(variance) == pytest.approx(sd[k], rel=1e-4)


def test_a_province_left_out_is_predicted_without_any_of_its_figures(model: Regression) -> None:
    """Whatever the figures of a province say, their predictions stay; those of the others move."""
    found = by_province(model)
    provinces = np.array([towns()[model.towns.codes[i]].province for i in model.there])
    there = provinces == "Zeeland"
    codes = {model.towns.codes[i] for i, here in zip(model.there, there, strict=True) if here}
    doubled = {
        key: {group: n * (2 if key[0] in codes else 1) for group, n in groups.items()}
        for key, groups in model.towns.use.items()
    }
    known = replace(model.towns, use=doubled)
    other = by_province(replace(model, towns=known, figures=known.figures().mean(axis=0)))
    for name in ("mean", "sd", "expected", "everywhere"):
        ours, theirs = getattr(found, name), getattr(other, name)
        np.testing.assert_allclose(ours[there], theirs[there], rtol=1e-9)
    assert np.abs(found.mean - other.mean)[~there].min() > 0.0
    np.testing.assert_allclose(other.figures[there] - found.figures[there], math.log(2))


def test_who_lacks_a_province_is_less_sure_and_further_off(model: Regression) -> None:
    near, far = one_by_one(model), by_province(model)
    assert (far.sd > near.sd).mean() > 0.95
    near_off, far_off = (np.abs(each.figures - each.mean).mean() for each in (near, far))
    assert near_off < far_off < np.abs(far.figures).mean()
    assert 0.44 <= check(model, BY_PROVINCE).inside[0.5] <= 0.62
    assert 0.85 <= check(model, BY_PROVINCE).inside[0.9] <= 0.95


def test_what_the_page_shows_is_what_is_found(model: Regression, ages: ByAge, tmp_path: Path) -> None:
    keep(check(model), check(model, BY_PROVINCE), errors_by_age(ages), tmp_path / "left_out.json")
    made, shown = (json.loads(path.read_text("utf-8")) for path in (tmp_path / "left_out.json", LEFT_OUT))
    assert made.keys() == shown.keys()
    for group, ours in made["by_age"].items():
        assert ours["error"] == pytest.approx(shown["by_age"][group]["error"], rel=1e-3)
    for ours, theirs in ((made, shown), (made["provinces"], shown["provinces"])):
        assert ours["error"] == pytest.approx(theirs["error"], rel=1e-3)
        assert ours["inside"] == pytest.approx(theirs["inside"], abs=0.01)
        assert ours["kinds"].keys() == theirs["kinds"].keys() == {"urbanity", "inhabitants"}
        for what, kinds in ours["kinds"].items():
            assert sum(many for many, _ in kinds.values()) == 276
            for kind, (many, inside) in kinds.items():
                assert theirs["kinds"][what][kind] == [many, pytest.approx(inside, abs=0.06)]


def test_every_municipality_is_of_one_kind() -> None:
    kinds = read().kinds()
    assert [list(kinds[what]) for what in kinds] == [list(URBAN), list(SIZES)]
    for each in kinds.values():
        np.testing.assert_array_equal(np.sum(list(each.values()), axis=0), 1)


def test_the_kinds_of_which_limits_tell_are_covered_least(model: Regression) -> None:
    found = check(model)
    urbanity, inhabitants = (
        {kind: share for kind, (_, share) in found.kinds[what].items()}
        for what in ("urbanity", "inhabitants")
    )
    assert min(urbanity, key=urbanity.__getitem__) == "very urban"
    assert min(inhabitants, key=inhabitants.__getitem__) == "below 20,000"


def test_intervals_cover_as_often_as_they_say_and_likeness_beats_the_national_share(
    model: Regression,
) -> None:
    found = check(model)
    assert found.count == 276
    assert 0.44 <= found.inside[0.5] <= 0.62
    assert 0.85 <= found.inside[0.9] <= 0.95
    national, likeness = found.error["the national share for everybody"], found.error["like municipalities"]
    assert 0.7 * national < likeness < 0.9 * national
    assert 0.2 < found.correlation[LIKE[1]] < found.correlation[LIKE[0]] < 0.5  # wide intervals are due


def test_the_check_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    told = capsys.readouterr().out
    assert "276 municipalities with figures of 2021 and 2022, each left out in turn" in told
    assert "276 municipalities with figures of 2021 and 2022, provinces left out in turn" in told
    assert "the national share for everybody" in told


def test_sure_figures_are_kept_and_unsure_ones_give_way_to_like_municipalities(model: Regression) -> None:
    sure, unsure = (replace(model, luck=np.full_like(model.luck, x)) for x in (1e-8, 1e9))
    kept, _ = sure.levels()
    shift = kept[model.there] - model.figures
    assert np.ptp(shift) < 1e-4  # all by as much: levels are counted from the country's
    away, sd = unsure.levels()
    assert np.ptp(away) < 0.05
    assert sd.min() > model.spreads.town


@pytest.mark.parametrize("name", ["Zaanstad", "Heerlen", "Zaltbommel", "Bergeijk"])
def test_years_far_apart_are_both_or_nearly_in_the_range(model: Regression, name: str) -> None:
    i = place(model, name)
    mean, half = ranges(model)
    off = np.abs(model.towns.figures()[:, model.there.index(i)] - mean[i])
    assert off.max() < half[i] + 0.03
    assert off.min() < half[i]


def test_few_municipalities_have_no_year_in_their_own_range(model: Regression) -> None:
    """Ameland and Vlieland have ten to eighty youths in care, so that likeness weighs more."""
    inside = years_inside(model)
    assert (inside == 0).sum() <= 3
    assert (inside == 2).mean() > 0.93


def test_years_that_agree_leave_luck_as_it_was_and_years_apart_make_it_wider() -> None:
    steps = np.linspace(-0.05, 0.05, 99)
    change, chance = np.append(steps, 0.4), np.full((2, 100), 1e-4)
    years = Years.of(change, chance)
    luck = years.luck()
    pooled = (2 * years.pooled**2 + 2e-4) / 4
    np.testing.assert_allclose(luck[:-1], pooled)
    assert 0.15 < math.sqrt(luck[-1]) < 0.21  # the level may be at either year: 0.2 from the mean


def test_normal_years_have_no_heavy_tails() -> None:
    change = 0.06 * np.random.default_rng(0).standard_normal(300)
    years = Years.of(change, np.full((2, 300), 1e-4))
    assert years.tails > 5
    ratio = years.luck() / ((2 * years.pooled**2 + 2e-4) / 4)
    assert ratio.max() < 2


def test_the_levels_together_are_the_country(model: Regression) -> None:
    mean, _ = model.levels()
    expected = sum(model.towns.expected(year) for year in YEARS)
    assert expected @ np.exp(mean) == pytest.approx(np.sum(expected))


def test_what_is_predicted_is_less_sure_than_what_is_known_and_keeps_to_likeness() -> None:
    known = towns_of_the_country()
    with TOWN_FILE.open(encoding="utf-8", newline="") as stream:
        basis = {row["name"]: row["basis"] for row in csv.DictReader(stream)}
    width = {name: math.log(use[1] / use[0]) for name, town in known.items() if (use := town.use)}
    assert sorted(basis.values()).count(PREDICTED) == 66
    assert min(width[n] for n in basis if basis[n] == PREDICTED) > 0.45  # at least 25 percent either way
    figures = read().figures()
    agree = {towns()[read().codes[i]].name: abs(b - a) < 0.1 for i, (a, b) in _by_place(figures)}
    large = [n for n in basis if basis[n] == OWN and known[n].total > 10_000]
    assert max(width[n] for n in large if agree[n]) < 0.25
    assert min(width[n] for n in ("Zaanstad", "Leiden")) > 0.3


def _by_place(figures: np.ndarray) -> list[tuple[int, tuple[float, float]]]:
    """Return the logarithms of both years of each with figures, by its position."""
    return [(i, (a, b)) for i, (a, b) in zip(read().with_figures, figures.T.tolist(), strict=True)]


def test_rotterdam_is_far_below_what_its_like_would_predict(model: Regression) -> None:
    mean, sd = model.left_out()
    k = model.there.index(place(model, "Rotterdam"))
    assert (model.figures[k] - mean[k]) / sd[k] < -2.5
    assert model.levels()[0][model.there[k]] < -0.2  # it keeps to its own figures all the same


def test_what_is_suppressed_is_not_counted_as_none() -> None:
    known = read()
    fewer = dict(known.use)
    code, year = next(key for key, groups in fewer.items() if "18-22" not in groups)
    fewer[code, year] = {**fewer[code, year], "18-22": 0.0}
    there = known.codes.index(code)
    assert replace(known, use=fewer).expected(year)[there] < known.expected(year)[there]


def test_a_level_changes_use_in_the_model_by_as_much() -> None:
    """Within luck and 4 percent: what need and access do to use is measured near 1."""
    p, country = default_parameters(), profiles()["Nederland"]

    def use(level: float) -> float:
        changed = p.replace({"town.use": level})
        counted = count(localised(changed, country), 60_000, 0, Inline(), YEARS[-1], country)
        return sum(counted.users("jeugdzorg", year) for year in YEARS)

    here = use(1.0)
    for level in (0.7, 1.4):
        assert use(level) / here == pytest.approx(level, rel=0.04)


@pytest.mark.parametrize("name", ["Amsterdam", "Den Haag", "Rotterdam", "Utrecht"])
def test_published_users_of_the_four_largest_lie_within_what_is_drawn(name: str) -> None:
    """Eight draws tell the middle and spread of the interval, not its ends: those are of a t distribution."""
    town, p = profiles()[name], of_town(default_parameters(), profiles()[name])
    counted = [
        count(localised(p.draw(0, k), town), 10_000, k, Inline(), YEARS[-1], town) for k in range(1, 9)
    ]
    width = float(t.ppf(0.975, len(counted) - 1)) * math.sqrt(1 + 1 / len(counted))
    for year in YEARS:
        logs = np.log([each.users("jeugdzorg", year) for each in counted])
        published = read().use[town.code, year]["0-22"]
        assert abs(math.log(published) - logs.mean()) < width * logs.std(ddof=1)


def test_every_municipality_has_youths_of_every_age() -> None:
    for town in towns_of_the_country().values():
        assert len(town.youths) == AGES
        assert min(town.youths) > 0
