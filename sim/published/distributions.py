"""What is not known of a parameter of a model file: a distribution, by mean and sd or its own parameters."""

from __future__ import annotations

import math
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sim.faults import fault
from sim.files.expressions import ExpressionError, compile_expression
from sim.files.wording import plain_error

Floats = NDArray[np.float64]
LOW, HIGH = 0.05, 0.95
"""Where a range ends that a file does not give, as all ranges of this model: 5 and 95 percent."""


STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False)
"""How every part of a model file is read."""


def arithmetic(value: object) -> object:
    """Return the number that is written out in a text, such as 1/12; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return float(compile_expression(value, ()).evaluate())
    except ExpressionError as error:
        raise plain_error(error.placed) from None


Number = Annotated[float, BeforeValidator(arithmetic)]
Positive = Annotated[float, Field(gt=0), BeforeValidator(arithmetic)]


class Distribution(BaseModel):
    """A continuous distribution. `sd`: of what is believed, so the standard error of an estimate."""

    model_config = STRICT

    @property
    def middle(self) -> float:
        """Return the mean."""
        raise NotImplementedError

    def quantiles(self, chances: Floats) -> Floats:
        """Return the values below which the draws fall with these chances, each in (0, 1)."""
        raise NotImplementedError


class Normal(Distribution):
    """The normal distribution."""

    mean: Number
    sd: Positive

    @property
    def middle(self) -> float:
        """Return the mean."""
        return self.mean

    def quantiles(self, chances: Floats) -> Floats:
        """Return the values below which the draws fall with these chances."""
        return self.mean + self.sd * _normal(chances)


class Lognormal(Distribution):
    """A quantity whose logarithm is normal; meanlog, sdlog: of that logarithm."""

    mean: Positive | None = None
    sd: Positive | None = None
    meanlog: Number | None = None
    sdlog: Positive | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _one_pair(self, "mean", "sd", "meanlog", "sdlog")
        return self

    @property
    def logs(self) -> tuple[float, float]:
        """Return mean and standard deviation of the logarithm."""
        if self.mean is not None and self.sd is not None:
            variance = math.log1p((self.sd / self.mean) ** 2)
            return math.log(self.mean) - variance / 2, math.sqrt(variance)
        assert self.meanlog is not None
        assert self.sdlog is not None
        return self.meanlog, self.sdlog

    @property
    def middle(self) -> float:
        """Return the mean."""
        mean, sd = self.logs
        return math.exp(mean + sd * sd / 2)

    def quantiles(self, chances: Floats) -> Floats:
        """Return the values below which the draws fall with these chances."""
        mean, sd = self.logs
        return np.asarray(np.exp(mean + sd * _normal(chances)))


class Beta(Distribution):
    """A share between 0 and 1; alpha, beta: as counts of those who do and those who do not."""

    mean: Annotated[float, Field(gt=0, lt=1), BeforeValidator(arithmetic)] | None = None
    sd: Positive | None = None
    alpha: Positive | None = None
    beta: Positive | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _one_pair(self, "mean", "sd", "alpha", "beta")
        if self.mean is not None and self.sd is not None:
            most = math.sqrt(self.mean * (1.0 - self.mean))
            if self.sd >= most:
                raise plain_error(fault("sd_too_large_for_share", mean=self.mean, most=most, found=self.sd))
        return self

    @property
    def counts(self) -> tuple[float, float]:
        """Return alpha and beta."""
        if self.mean is not None and self.sd is not None:
            together = self.mean * (1.0 - self.mean) / self.sd**2 - 1.0
            return self.mean * together, (1.0 - self.mean) * together
        assert self.alpha is not None
        assert self.beta is not None
        return self.alpha, self.beta

    @property
    def middle(self) -> float:
        """Return the mean."""
        alpha, beta = self.counts
        return alpha / (alpha + beta)

    def quantiles(self, chances: Floats) -> Floats:
        """Return the values below which the draws fall with these chances."""
        from scipy.special import betaincinv  # a large library that most models do not need

        return np.asarray(betaincinv(*self.counts, chances))


class Gamma(Distribution):
    """A quantity above 0, such as a cost; its mean is shape times scale."""

    mean: Positive | None = None
    sd: Positive | None = None
    shape: Positive | None = None
    scale: Positive | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _one_pair(self, "mean", "sd", "shape", "scale")
        return self

    @property
    def shape_and_scale(self) -> tuple[float, float]:
        """Return shape and scale."""
        if self.mean is not None and self.sd is not None:
            return (self.mean / self.sd) ** 2, self.sd**2 / self.mean
        assert self.shape is not None
        assert self.scale is not None
        return self.shape, self.scale

    @property
    def middle(self) -> float:
        """Return the mean."""
        shape, scale = self.shape_and_scale
        return shape * scale

    def quantiles(self, chances: Floats) -> Floats:
        """Return the values below which the draws fall with these chances."""
        from scipy.special import gammaincinv  # a large library that most models do not need

        shape, scale = self.shape_and_scale
        return np.asarray(gammaincinv(shape, chances) * scale)


class Uniform(Distribution):
    """Any value from `min` to `max`, none more likely than another."""

    min: Number
    max: Number

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.min >= self.max:
            raise plain_error(fault("range_does_not_rise", low=self.min, high=self.max))
        return self

    @property
    def middle(self) -> float:
        """Return the mean."""
        return (self.min + self.max) / 2.0

    def quantiles(self, chances: Floats) -> Floats:
        """Return the values below which the draws fall with these chances."""
        return self.min + (self.max - self.min) * chances


class Uncertain(BaseModel):
    """A parameter that is not known: a distribution, or a `value` with `low` and `high`, or both.

    value: in the base case (the mean of the distribution, unless given); low, high: for one at a time
    (5 and 95 percent of the distribution, unless given).
    """

    model_config = STRICT

    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    normal: Normal | None = None
    lognormal: Lognormal | None = None
    beta: Beta | None = None
    gamma: Gamma | None = None
    uniform: Uniform | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = self._given
        if (self.low is None) != (self.high is None):
            raise plain_error(fault("low_with_high"))
        if len(given) > 1 or (not given and (self.value is None or self.low is None)):
            raise plain_error(fault("one_distribution", known=KINDS))
        if self.low is not None and self.high is not None:
            if self.low >= self.high:
                raise plain_error(fault("range_does_not_rise", low=self.low, high=self.high))
            if not self.low <= self.middle <= self.high:
                raise plain_error(
                    fault("middle_outside_range", value=self.middle, low=self.low, high=self.high)
                )
        return self

    @property
    def _given(self) -> list[Distribution]:
        return [each for each in (getattr(self, kind) for kind in KINDS) if each is not None]

    @property
    def distribution(self) -> Distribution | None:
        """Return what the parameter is drawn from, if anything."""
        return next(iter(self._given), None)

    @property
    def middle(self) -> float:
        """Return the value in the base case."""
        if self.value is not None:
            return self.value
        assert self.distribution is not None
        return self.distribution.middle

    @property
    def ends(self) -> tuple[float, float]:
        """Return the low and the high value."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        assert self.distribution is not None
        low, high = self.distribution.quantiles(np.array([LOW, HIGH])).tolist()
        return low, high


KINDS = tuple(name for name in Uncertain.model_fields if name not in ("value", "low", "high"))
"""The distributions that a file may name."""


def _one_pair(given: Distribution, *names: str) -> None:
    """Refuse a distribution that has not just the first two or just the last two of these."""
    present = tuple(name for name in names if getattr(given, name) is not None)
    if present not in (names[:2], names[2:]):
        raise plain_error(fault("one_pair", first=names[:2], last=names[2:]))


def _normal(chances: Floats) -> Floats:
    from scipy.special import ndtri  # a large library that most models do not need

    return np.asarray(ndtri(chances))
