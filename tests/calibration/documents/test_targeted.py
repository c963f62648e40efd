"""What documents say of need by neighbourhood and of targeting follows from the fit that ships."""

from __future__ import annotations

import json

import numpy as np
import pytest

from calibration.documents.markup import DOCS
from calibration.figures.targets import read_targets
from sim.model.parameters import DATA, prior_parameters


@pytest.mark.parametrize("page", ["limits.md", "model.md"])
def test_the_worth_of_targeting_is_that_of_the_slope_that_was_fitted(page: str) -> None:
    told = (DOCS / page).read_text(encoding="utf-8")
    found = json.loads((DATA / "diagnostics.json").read_text(encoding="utf-8"))["targets"]
    row = next(each for each in found if each["id"] == "jh_income_ratio_2022")
    district = next(each for each in read_targets() if each.id == "nijmegen_district_ratio_2017")
    assert f"{row['best']:.2f}" in told
    assert f"{row['low']:.2f} to {row['high']:.2f}" in told
    weight = prior_parameters()["kinderwerk.neighbourhood_weight"] ** np.arange(5)
    for ratio in (row["best"], district.value):
        use = ratio ** (np.arange(5) / 4)
        assert f"{use[-1] / use.mean():.2f}" in told
        assert f"{np.average(use, weights=weight) / use.mean():.2f}" in told


def test_the_figure_by_place_is_shown_and_not_fitted() -> None:
    roles = {each.id: (each.role, each.measure) for each in read_targets()}
    assert roles["nijmegen_district_ratio_2017"] == ("report", "not_counted")
    assert roles["jh_income_ratio_2022"] == ("calibrate", "deprivation_ratio")
