"""The surrogate comes as near as it says."""

from __future__ import annotations

import numpy as np
import pytest

from sim.decision.surrogate import Surrogate, features
from sim.decision.value import evppi
from sim.model.parameters import default_parameters

LUCK = np.random.default_rng(1)


def runs(n: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(n).standard_normal((n, 6)) * 3 + 10
    z = (x - 10) / 3
    y = 500 + 800 * z[:, 0] + 600 * z[:, 1] + noise * LUCK.standard_normal(n)
    return x, y[:, None]


def test_value_of_information_through_a_surrogate_of_few_noisy_draws() -> None:
    x, y = runs(300, 400.0)
    surrogate = Surrogate.fit(x, y, np.full_like(y, 400.0**2))
    more, _ = runs(8000, 0.0)
    gain = surrogate.predict(more)[:, 0]
    nb = np.stack([np.zeros_like(gain), gain], axis=1)
    assert evppi(nb, more[:, 0]).value == pytest.approx(129.536, rel=0.15)
    assert evppi(nb, more[:, 1]).value == pytest.approx(67.983, rel=0.2)
    assert evppi(nb, more[:, 5]).value < 5


def test_accuracy_is_that_of_draws_left_out() -> None:
    x, y = runs(300, 400.0)
    found = Surrogate.fit(x, y, np.full_like(y, 400.0**2)).accuracy
    assert found.explained[0] + found.luck[0] == pytest.approx(1.0, abs=0.06)  # luck alone is left
    assert found.luck[0] == pytest.approx(400**2 / (1000**2 + 400**2), abs=0.04)
    unknown = Surrogate.fit(x, LUCK.standard_normal((300, 1)), np.ones((300, 1))).accuracy
    assert unknown.explained[0] < 0.05


def test_products_are_followed() -> None:
    luck = np.random.default_rng(7)
    x = luck.standard_normal((400, 4))
    surrogate = Surrogate.fit(x, (x[:, 0] * x[:, 1])[:, None], np.zeros((400, 1)))
    more = luck.standard_normal((100, 4))
    assert surrogate.predict(more)[:, 0] == pytest.approx(more[:, 0] * more[:, 1], abs=0.1)


def test_a_parameter_that_never_varies_does_no_harm() -> None:
    x, y = runs(100, 0.0)
    x[:, 5] = 3.0
    assert np.isfinite(Surrogate.fit(x, y, np.zeros_like(y)).predict(x)).all()


def test_too_few_draws_are_refused() -> None:
    x, y = runs(19, 0.0)
    with pytest.raises(ValueError, match="20 draws or more"):
        Surrogate.fit(x, y, np.zeros_like(y))


def test_an_effect_that_does_not_exist_has_no_size() -> None:
    p = default_parameters()
    names = ("kinderwerk.effect_exists", "kinderwerk.moderate_need", "kinderwerk.retained")
    values = np.array([[0.0, 0.8, 0.5], [1.0, 0.8, 0.5], [1.0, 1.0, 0.5]])
    found = features(p, names, values)
    strength = found[:, 3]
    assert strength == pytest.approx([0.0, np.log(0.8), 0.0])
    assert found[:, 1] == pytest.approx(np.log(values[:, 1]))  # on the scale of its range
