"""kinderwerk: a microsimulation of youth care with and without child work."""

from sim import compiling  # noqa: F401  (must come before anything that imports numba)
