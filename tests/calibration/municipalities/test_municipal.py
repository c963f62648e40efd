"""A municipality's multipliers follow its own figures as far as those can tell."""

from __future__ import annotations

import csv
import math
import shutil
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from calibration.figures.targets import read_targets
from calibration.municipalities import municipal
from calibration.municipalities.municipal import (
    MUNICIPALITY_FILE,
    SPREAD,
    Local,
    fit_municipality,
    national_share,
    national_shares,
    pairs,
    shrink,
    with_fit,
    write,
)
from sim.engine.config import Inline
from sim.errors import InputError
from sim.inputs.care_use import Use
from sim.inputs.municipality import Municipality, municipality_from_dict
from sim.inputs.profiles import profile_from, profiles
from sim.progress import Progress


def test_local_figures_are_compared_with_the_same_figure_of_the_country() -> None:
    (found,) = pairs(read_targets())
    assert [target.id for target in found] == ["almere_jh_u18_2020", "jh_u18_share_2020"]


def test_a_local_figure_without_a_partner_is_named() -> None:
    with pytest.raises(ValueError, match="'almere_jh_u18_2020' has no national figure"):
        pairs([t for t in read_targets() if t.id != "jh_u18_share_2020"])


def test_a_sharp_figure_is_followed_and_a_vague_one_hardly() -> None:
    slopes = np.array([0.6, 0.7])
    for gap in (-0.2, 0.1):
        sharp = np.log(shrink(gap, slopes, 1e-6))
        assert float(slopes @ sharp) == pytest.approx(gap)
        vague = np.log(shrink(gap, slopes, 10.0))
        assert float(np.abs(vague).max()) < 0.01


def test_need_and_access_move_by_what_is_believed_of_each() -> None:
    need, access = np.log(shrink(0.1, np.array([0.5, 0.5]), 0.03))
    assert access / need == pytest.approx(SPREAD["access"] ** 2 / SPREAD["need"] ** 2)


def test_multipliers_are_written_where_there_are_local_figures_only(tmp_path: Path) -> None:
    file = Path(shutil.copy(MUNICIPALITY_FILE, tmp_path))
    write([Local("Tilburg", "x", 1.0, 1.0, 0.9, 1.1)], file)
    with file.open(encoding="utf-8", newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert (rows["Tilburg"]["need"], rows["Tilburg"]["access"]) == ("0.9000", "1.1000")
    assert rows["Tilburg"]["local"] == "jeugdhulp"
    assert all(not row["need"] and not row["local"] for name, row in rows.items() if name != "Tilburg")
    assert not list(tmp_path.glob("*.part"))


def test_where_there_are_no_local_figures_the_country_holds() -> None:
    for profile in profiles().values():
        if not profile.local:
            assert (profile.need, profile.access) == (1.0, 1.0)


# ---- figures of one's own


def town(youths: float, **use: object) -> Municipality:
    """Return a municipality of 10,000 youths."""
    return municipality_from_dict(
        {
            "name": "Dorp",
            "date": "2024-01-01",
            "source": "eigen telling",
            "population": {"0-17": 7800, "18-22": 2200},
            "use": {"year": 2019, "youths": youths, "ages": "0-17", "national": 0.12, **use},
        }
    )


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(municipal, "LOCAL_CHILDREN", 3000)
    monkeypatch.setattr(municipal, "LOTS", 1)


@pytest.mark.usefixtures("few")
def test_more_use_than_the_model_expects_asks_for_more_need_and_access() -> None:
    found = [fit_municipality(town(youths), Inline(), children=3000) for youths in (600, 900, 1400)]
    assert found[0].need < found[1].need < found[2].need
    assert found[0].access < found[1].access < found[2].access
    assert found[0].need < 1 < found[2].need
    assert found[1].published == pytest.approx(900 / 7800 / 0.12)
    assert fit_municipality(town(900), Inline(), children=3000) == found[1]


@pytest.mark.usefixtures("few")
def test_multipliers_that_are_there_already_do_not_move_the_fit() -> None:
    found = fit_municipality(town(900), Inline(), children=3000)
    fitted = with_fit(town(900), found)
    assert fitted.use_range is not None
    off = math.exp(NormalDist().inv_cdf(0.95) * math.hypot(0.03, 1 / math.sqrt(900)))
    assert (fitted.use_range.low, fitted.use_range.high) == pytest.approx((1 / off, off), abs=1e-4)
    assert (fitted.use_range.basis, fitted.fitted) == ("fitted", True)
    assert fit_municipality(fitted, Inline(), children=3000) == found
    profile = profile_from(fitted)
    assert (profile.need, profile.access) == (round(found.need, 4), round(found.access, 4))
    assert profile.local == ("jeugdhulp",)


@pytest.mark.usefixtures("few")
def test_a_small_number_in_care_says_less() -> None:
    def many(times: int) -> Municipality:
        population = {"0-17": 780 * times, "18-22": 220 * times}
        use = {"year": 2019, "youths": 140 * times, "ages": "0-17", "national": 0.12}
        return town(900).replace(population=population, use=use)

    few, all_the_more = (fit_municipality(many(times), Inline(), children=3000) for times in (1, 100))
    assert abs(np.log(few.need)) < abs(np.log(all_the_more.need))


@pytest.mark.usefixtures("few")
def test_progress_is_told_and_stops_the_fit_by_raising() -> None:
    told: list[Progress] = []
    fit_municipality(town(900), Inline(), children=1000, tell=told.append)
    assert [now.share for now in told] == pytest.approx([k / 4 for k in range(4)])
    assert told[0].text() == "fitting Dorp: run 1 of 4"

    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_municipality(town(900), Inline(), children=1000, tell=stop)


def test_a_fit_needs_a_figure_and_one_of_the_country() -> None:
    with pytest.raises(InputError, match="no figure under 'use'"):
        fit_municipality(town(900).replace(use=None), Inline())
    years = (
        r"no national figure of 2022 at the ages 0-17.* 2018 \(0-17\), 2018 \(0-22\), 2019 .* 2024 \(0-22\)$"
    )
    with pytest.raises(InputError, match=years):
        fit_municipality(town(900, year=2022, national=None), Inline())


@pytest.mark.parametrize("youths", [7000, 100])
def test_use_far_from_the_country_is_a_mistake(youths: float) -> None:
    with pytest.raises(InputError, match="times the share in the country"):
        fit_municipality(town(youths), Inline())


COUNTED = [(year, "0-22") for year in range(2015, 2025)] + [
    (year, "0-17") for year in (*range(2016, 2021), 2023)
]


def test_every_year_of_which_the_country_was_counted_can_be_compared_with() -> None:
    known = national_shares(read_targets())
    assert sorted(known) == sorted(COUNTED)
    for key, share in known.items():
        assert national_share(Use(year=key[0], youths=1, ages=key[1]), read_targets()) == share  # type: ignore[arg-type]


@pytest.mark.parametrize("year", [2023, 2024])
def test_where_only_jeugdzorg_was_published_most_of_it_is_jeugdhulp(year: int) -> None:
    """As in the last year with both, over the youths of 2021."""
    published = {target.id: target.value for target in read_targets()}
    jeugdhulp = published[f"jz_{year}"] * published["jh_2022"] / published["jz_2022"]
    share = national_share(Use(year=year, youths=1), read_targets())
    assert share == pytest.approx(jeugdhulp / profiles()["Nederland"].total)
    assert 0.09 < share < 0.11


def test_jeugdzorg_stands_in_for_nothing_where_no_year_has_both() -> None:
    only = [target for target in read_targets() if target.measure == "jeugdzorg_pgb"]
    with pytest.raises(InputError, match="no national figure of 2024"):
        national_share(Use(year=2024, youths=1), only)


def test_a_figure_of_half_a_year_or_of_part_of_the_ages_is_no_figure_of_use() -> None:
    (half,) = [replace(t, period="half-year", value=1.0) for t in read_targets() if t.id == "jz_2024"]
    known = national_shares([*(t for t in read_targets() if t.id != "jz_2024"), half])
    assert (2024, "0-22") not in known


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("year", [2021, 2024])
def test_a_figure_of_a_later_year_is_fitted_to(year: int) -> None:
    """The same use against the country of its year asks for the same, whatever CBS began to count."""
    share = national_share(Use(year=year, youths=1), read_targets())
    given, found = (
        fit_municipality(
            town(1500).replace(use={"year": year, "youths": 1500.0, "ages": "0-22", **country}),
            Inline(), children=3000,
        )
        for country in ({"national": share}, {})
    )  # fmt: skip
    assert found == given
    assert found.published == pytest.approx(1500 / 10_000 / share)
    assert found.need > 1


TEXTS = {
    "sim/words/sheet.yaml": (
        "2015-2024 voor 0-22 en 2016-2020 voor 0-17",
        "2015-2024 for 0-22 and 2016-2020",
    ),
    "pages/texts/nl/eigen_cijfers.yaml": (
        "2015 tot en met 2024 voor 0-22 jaar en 2016 tot en met 2020 voor 0-17 jaar",
    ),
    "pages/texts/en/eigen_cijfers.yaml": ("2015 to 2024 for ages 0-22 and 2016 to 2020 for ages 0-17",),
    "docs/howto.md": ("2015-2024 for 0-22, 2016-2020 for",),
}


@pytest.mark.parametrize("file", TEXTS)
def test_the_years_that_people_read_are_those_that_can_be_compared_with(file: str) -> None:
    """As COUNTED has them."""
    text = (Path(municipal.__file__).parents[2] / file).read_text(encoding="utf-8")
    assert all(words in text for words in TEXTS[file])


def test_the_country_of_a_figure_is_of_its_year_and_ages() -> None:
    targets = read_targets()
    assert national_share(Use(year=2020, youths=1, ages="0-17"), targets) == 0.12
    share = national_share(Use(year=2018, youths=1), targets)
    assert share == pytest.approx(417765 / profiles()["Nederland 2018"].total)
    assert 0.09 < share < 0.1
