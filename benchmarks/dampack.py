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
simulated.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sim.decision.study import evsi  # noqa: E402  (of this checkout)
from sim.decision.value import evpi, evppi  # noqa: E402

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


class Row(NamedTuple):
    """A figure here, with its standard error, and there."""

    figure: str
    at: float
    found: float
    se: float
    printed: float


def rows(psa: pd.DataFrame) -> list[Row]:
    """Return every figure. psa: a row per draw, columns `cost.*`, `effectiveness.*` and `parameters.*`.

    Raises ValueError where columns are missing.
    """
    cost, effect = (psa.filter(regex=rf"^{part}\.").to_numpy() for part in ("cost", "effectiveness"))
    missing = [name for name in STUDIED if name not in psa]
    if missing or not cost.shape[1] or cost.shape != effect.shape:
        raise ValueError(f"expected cost.*, effectiveness.* and {', '.join(STUDIED)}, found {list(psa)}")
    known = psa[STUDIED].to_numpy()

    def worth(figure: str, at: float) -> tuple[float, float]:
        if figure == "EVPI":
            found = evpi(at * effect - cost)
        elif figure == "EVPPI":
            found = evppi(at * effect - cost, known)
        else:
            found = evsi(5e4 * effect - cost, known, known.std(axis=0) * np.sqrt(BEFORE / at))
        return found.value, found.se

    return [
        Row(figure, at, *worth(figure, at), printed)
        for figure, all_printed in PRINTED.items()
        for at, printed in all_printed.items()
    ]


def main() -> None:
    """Print the figures of a file beside those of the manual."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path, help="the draws as CSV")
    print(f"{'figure':8}{'at':>10}{'here':>14}{'se':>10}{'printed':>14}{'here/printed':>14}")
    for row in rows(pd.read_csv(parser.parse_args().file)):
        print(
            f"{row.figure:8}{row.at:>10,.0f}{row.found:>14,.3f}{row.se:>10,.1f}{row.printed:>14,.3f}"
            f"{row.found / row.printed:>14.4f}"
        )


if __name__ == "__main__":
    main()
