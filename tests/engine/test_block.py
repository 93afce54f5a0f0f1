"""Block: columns that belong together, cut and joined without loss."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trace.block import Block, concatenate


def block(first: int, n: int) -> Block:
    return Block(first_iteration=first, loss=np.arange(first, first + n, dtype=float), data_loss=np.ones(n))


@given(n=st.integers(1, 50), cuts=st.lists(st.integers(0, 50), max_size=5))
def test_cut_and_joined_is_the_whole(n: int, cuts: list[int]) -> None:
    whole = block(7, n)
    edges = [0, *sorted(min(cut, n) for cut in cuts), n]
    joined = concatenate([whole.rows(a, b) for a, b in itertools.pairwise(edges)])
    assert joined.first_iteration == 7
    for name, column in whole.columns().items():
        np.testing.assert_array_equal(joined.columns()[name], column)


def test_a_missing_iteration_is_refused() -> None:
    with pytest.raises(ValueError, match="does not follow"):
        concatenate([block(0, 3), block(4, 2)])


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="data_loss"):
        Block(first_iteration=0, loss=np.zeros(3), data_loss=np.zeros(2))


def test_a_stamp_spreads_the_time_over_the_block() -> None:
    stamped = block(0, 4).stamped(1.0, 2.0)
    assert stamped.elapsed_s is not None
    np.testing.assert_allclose(stamped.elapsed_s, [1.25, 1.5, 1.75, 2.0])
