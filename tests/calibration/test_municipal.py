"""A municipality's multipliers follow its own figures as far as those can tell."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from calibration.municipal import MUNICIPALITY_FILE, SPREAD, Local, pairs, shrink, write
from calibration.targets import read_targets
from sim.population import profiles


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
