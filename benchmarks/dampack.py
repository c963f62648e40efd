"""The value of information in the example of dampack's manual, beside what that manual prints.

``python benchmarks/dampack.py psa.csv``. The draws are dampack's (`data/example_psa.rda` of
github.com/DARTH-git/dampack, GPL) and are not shipped here. Its vignette "Value of Information Analysis"
prints the figures below. To make the CSV file, in R::

    load("example_psa.rda")
    parts <- example_psa[c("cost", "effectiveness", "parameters")]
    write.csv(do.call(cbind, parts), "psa.csv", row.names = FALSE)

or in Python with ``pip install rdata``::

    psa = rdata.read_rda("example_psa.rda")["example_psa"]
    parts = [psa[part].add_prefix(f"{part}.") for part in ("cost", "effectiveness", "parameters")]
    pandas.concat(parts, axis=1).to_csv("psa.csv", index=False)

EVPI is arithmetic and must be the same. EVPPI is a regression here and there, with other smooth terms. For
EVSI dampack shrinks those terms (Jalal & Alarid-Escudero 2018, Med Decis Making 38:174); here findings are
simulated. So each of these is also found by the terms that dampack has (`by_their_terms`), which must give
what is printed but for the penalty and the knots of mgcv. Exit code 1 where a figure is too far off, above
or below.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sim.decision.study import evsi  # noqa: E402  (of this checkout)
from sim.decision.value import evpi, evppi  # noqa: E402

Floats = NDArray[np.float64]
STUDIED = ["parameters.pFailSurg", "parameters.pFailChemo"]
BEFORE = 50
"""Effective size of what was known before (n0)."""
PRINTED: dict[str, dict[float, float]] = {
    "EVPI": {
        1e3: 1084.833, 11e3: 2613.132, 21e3: 5781.220, 31e3: 10023.211, 41e3: 13847.286, 51e3: 15086.647,
    },
    "EVPPI": {5e4: 5996.643, 1e5: 8213.325, 2e5: 13559.326, 3e5: 19051.567},
    "EVSI": {10: 1569.751, 30: 3042.956, 60: 3991.067},
}  # fmt: skip
"""By willingness to pay; EVSI by size of the study, at 50,000."""
DIGITS = 0.0005
"""Of what is printed: half of the last."""
THEIR_TERMS = 0.006
"""How far off a figure may be by the terms that dampack has, as a share of what is printed."""


class Row(NamedTuple):
    """A figure here, with its standard error, by dampack's terms (EVPI: the same), and as printed there."""

    figure: str
    at: float
    found: float
    se: float
    theirs: float
    printed: float

    @property
    def agrees(self) -> bool:
        """Tell whether it is as printed: EVPI to the digit, others to a standard error and THEIR_TERMS."""
        off = abs(self.found - self.printed)
        if self.figure == "EVPI":
            return off <= DIGITS
        return off <= self.se and abs(self.theirs / self.printed - 1) <= THEIR_TERMS


def rows(psa: pd.DataFrame) -> list[Row]:
    """Return every figure. psa: a row per draw, columns `cost.*`, `effectiveness.*` and `parameters.*`.

    Raises ValueError where columns are missing.
    """
    cost, effect = (psa.filter(regex=rf"^{part}\.").to_numpy() for part in ("cost", "effectiveness"))
    missing = [name for name in STUDIED if name not in psa]
    if missing or not cost.shape[1] or cost.shape != effect.shape:
        raise ValueError(f"expected cost.*, effectiveness.* and {', '.join(STUDIED)}, found {list(psa)}")
    known = psa[STUDIED].to_numpy()

    def worth(figure: str, at: float) -> tuple[float, float, float]:
        if figure == "EVPI":
            found = evpi(at * effect - cost)
            return found.value, found.se, found.value
        if figure == "EVPPI":
            nb, learnt = at * effect - cost, 1.0
            found = evppi(nb, known)
        else:
            nb, learnt = 5e4 * effect - cost, float(np.sqrt(at / (at + BEFORE)))
            found = evsi(nb, known, known.std(axis=0) * np.sqrt(BEFORE / at))
        return found.value, found.se, by_their_terms(nb, known, learnt)

    return [
        Row(figure, at, *worth(figure, at), printed)
        for figure, all_printed in PRINTED.items()
        for at, printed in all_printed.items()
    ]


def by_their_terms(nb: Floats, known: Floats, learnt: float) -> float:
    """Return EVPPI, or EVSI of a study that leaves the share `learnt` of each curve.

    nb: [draws, strategies]; known: [draws, 2]. Least squares on natural cubic splines with three knots (ends
    and median) and on their products: what `gam(y ~ s(a, k=3) + s(b, k=3) + ti(a, b, k=3))` fits, without its
    penalty, and with the knots of `ti` in place of thin plates.
    """

    def terms(learnt: float) -> Floats:
        one, other = (learnt * _curves(column) for column in known.T)
        products = (one[:, :, None] * other[:, None, :]).reshape(len(known), -1)
        return np.concatenate([np.ones((len(known), 1)), one, other, products], axis=1)

    gains = nb - nb[:, [int(nb.mean(axis=0).argmax())]]
    slopes, *_ = np.linalg.lstsq(terms(1.0), gains, rcond=None)
    return float((terms(learnt) @ slopes).max(axis=1).mean())


def _curves(column: Floats) -> Floats:
    """Return the column and the one bend of a natural cubic spline with three knots, centred, [draws, 2]."""
    first, middle, last = np.quantile(column, [0, 0.5, 1])
    ends = np.maximum(column - last, 0.0) ** 3
    bends = [(np.maximum(column - knot, 0.0) ** 3 - ends) / (last - knot) for knot in (first, middle)]
    both = np.stack([column, bends[0] - bends[1]], axis=1)
    return np.asarray((both - both.mean(axis=0)) / both.std(axis=0))


def main() -> None:
    """Print the figures of a file beside those of the manual; exit with 1 where one is not as printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path, help="the draws as CSV")
    heads = ("here", "se", "their terms", "printed")
    print(f"{'figure':8}{'at':>10}" + "".join(f"{head:>14}" for head in heads))
    found = rows(pd.read_csv(parser.parse_args().file))
    for row in found:
        print(
            f"{row.figure:8}{row.at:>10,.0f}{row.found:>14,.3f}{row.se:>14,.1f}{row.theirs:>14,.3f}"
            f"{row.printed:>14,.3f}{'' if row.agrees else '  not as printed'}"
        )
    sys.exit(0 if all(row.agrees for row in found) else 1)


if __name__ == "__main__":
    main()
