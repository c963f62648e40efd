"""A municipality's multipliers follow its own figures as far as those can tell."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from calibration import municipal
from calibration.municipal import (
    MUNICIPALITY_FILE,
    SPREAD,
    Local,
    fit_municipality,
    national_share,
    pairs,
    shrink,
    with_fit,
    write,
)
from calibration.targets import read_targets
from sim.errors import InputError
from sim.municipality import Municipality, Use, municipality_from_dict
from sim.population import profile_from, profiles
from sim.setting import Inline


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
    assert fit_municipality(fitted, Inline(), children=3000) == found
    profile = profile_from(fitted)
    assert (profile.need, profile.access) == (round(found.need, 4), round(found.access, 4))
    assert profile.local == ("jeugdhulp",)


@pytest.mark.usefixtures("few")
def test_a_small_number_in_care_says_less() -> None:
    def many(times: int) -> Municipality:
        population = {"0-17": 780 * times, "18-22": 220 * times}
        use = {"year": 2019, "youths": 140 * times, "ages": "0-17", "national": 0.12}
        return town(1).replace(population=population, use=use)

    few, all_the_more = (fit_municipality(many(times), Inline(), children=3000) for times in (1, 100))
    assert abs(np.log(few.need)) < abs(np.log(all_the_more.need))


@pytest.mark.usefixtures("few")
def test_progress_is_told_and_stops_the_fit_by_raising() -> None:
    told: list[tuple[float, str]] = []
    fit_municipality(town(900), Inline(), children=1000, tell=lambda *step: told.append(step))
    assert [share for share, _ in told] == pytest.approx([k / 4 for k in range(4)])
    assert told[0][1] == "fitting Dorp: run 1 of 4"

    def stop(_: float, __: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_municipality(town(900), Inline(), children=1000, tell=stop)


def test_a_fit_needs_a_figure_and_one_of_the_country() -> None:
    with pytest.raises(InputError, match="no figure under 'use'"):
        fit_municipality(town(900).replace(use=None), Inline())
    with pytest.raises(InputError, match=r"no national figure of 2023 .* 2018 \(0-22\), 2019"):
        fit_municipality(town(900, year=2023, national=None), Inline())


@pytest.mark.parametrize("youths", [7000, 100])
def test_use_far_from_the_country_is_a_mistake(youths: float) -> None:
    with pytest.raises(InputError, match="times the share in the country"):
        fit_municipality(town(youths), Inline())


def test_the_country_of_a_figure_is_of_its_year_and_ages() -> None:
    targets = read_targets()
    assert national_share(Use(year=2020, youths=1, ages="0-17"), targets) == 0.12
    share = national_share(Use(year=2018, youths=1), targets)
    assert share == pytest.approx(417765 / profiles()["Nederland 2018"].total)
    assert 0.09 < share < 0.1
