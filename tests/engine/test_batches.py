"""Orders of the examples: epochs hold each one once, and where a draw is cut changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import SAMPLINGS
from engine.strategy.batches import ORDERS


def test_every_sampling_that_can_be_chosen_is_here() -> None:
    assert tuple(ORDERS) == SAMPLINGS


@given(
    name=st.sampled_from(SAMPLINGS),
    examples=st.integers(1, 40),
    data=st.data(),
    cuts=st.lists(st.integers(1, 20), min_size=1, max_size=5),
)
def test_cut_anywhere_the_same_rows_are_drawn(name: str, examples: int, data: st.DataObject, cuts: list[int]) -> None:
    batch_size = data.draw(st.integers(1, examples))
    order = ORDERS[name](examples, batch_size, 7)
    whole, _ = order.draw(order.start(), 0, sum(cuts))
    assert whole.shape == (sum(cuts), batch_size)
    saved, iteration = order.start(), 0
    for count in cuts:
        rows, saved = order.draw(saved, iteration, count)
        np.testing.assert_array_equal(rows, whole[iteration : iteration + count])
        iteration += count


@pytest.mark.parametrize(("examples", "batch_size"), [(12, 4), (10, 4), (7, 7), (5, 1)])
def test_an_epoch_holds_each_example_once(examples: int, batch_size: int) -> None:
    order = ORDERS["epochs"](examples, batch_size, 0)
    rows, _ = order.draw(order.start(), 0, 3 * examples)
    epochs = rows.ravel().reshape(-1, examples)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(examples))
    assert not np.array_equal(epochs[0], epochs[1]) or examples == 1


def test_with_replacement_every_row_comes_about_as_often() -> None:
    order = ORDERS["replacement"](10, 5, 0)
    rows, _ = order.draw(order.start(), 0, 2000)
    counts = np.bincount(rows.ravel(), minlength=10)
    assert counts.min() > 900
    assert counts.max() < 1100
