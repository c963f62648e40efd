"""A parameter that others define: `signal.school + signal.health`, in safe arithmetic over their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.faults import fault
from sim.files.expressions import Expression, ExpressionError, compile_expression

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
_POINT = "\N{MIDDLE DOT}"
"""In place of the point in names: in arithmetic, letters and this may be one name, and a point not."""


@dataclass(frozen=True)
class Formula:
    """Arithmetic over the parameters `names`. Made by `formula`."""

    names: tuple[str, ...]
    expression: Expression

    def value(self, values: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        """Return what it comes to, in the shape of the values. Raises ValueError where that is not finite."""
        return self.expression.evaluate(**{_plain(name): values[name] for name in self.names})


@cache
def formula(text: str) -> Formula:
    """Return the formula in a text. Raises ValueError, with the column, where it is none or names nothing."""
    names = tuple(dict.fromkeys(_NAME.findall(text)))
    if not names:
        raise ExpressionError(fault("formula_without_parameter"), 1)
    plain = _NAME.sub(lambda found: _plain(found[0]), text)
    return Formula(names, compile_expression(plain, map(_plain, names)))


def _plain(name: str) -> str:
    return name.replace(".", _POINT)
