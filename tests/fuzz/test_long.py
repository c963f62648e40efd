"""A long run of one thing takes a time that grows with its length. Longer: `python -m tests.fuzz.long`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.long import allowed, seconds, stretched
from tests.fuzz.parsers import PARSERS, tried

LENGTH = 40_000


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, deadline=None)
@given(which=st.integers(0, 100), seed=st.integers(0, 2**32))
def test_a_long_run_takes_no_more_than_its_length_allows(name: str, which: int, seed: int) -> None:
    seeds = PARSERS[name].seeds()
    tried(name, seeds[0])  # words and names are read once
    content = stretched(seeds[which % len(seeds)], np.random.default_rng(seed), LENGTH)
    # One try may pay for memory of other tests that Python clears away in that moment.
    assert any(seconds(name, content) < allowed(content) for _ in range(3))
