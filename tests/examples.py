"""How many examples a test of properties tries: in `make test-all` more than in `make test`."""

from __future__ import annotations

from hypothesis import settings


def examples(most: int) -> int:
    """Return how many of `most` examples are tried under the profile of Hypothesis that is loaded."""
    return most * settings().max_examples // 100
