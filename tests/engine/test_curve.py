"""Curves: cut, joined, ended and coarsened ones are those that would be made of the losses at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trace.curve import CURVE_COLUMNS, Curve, coarsened, cut, ended, joined
from engine.trace.decimation import Floats, bucket_starts, decimate

LOSSES = st.lists(st.sampled_from([0.5, 1.0, 3.0, np.nan, np.inf]), min_size=1, max_size=40).map(np.array)


def curve_of(losses: Floats, width: int, first: int = 0) -> Curve:
    starts = bucket_starts(first, len(losses), width)
    buckets = decimate(losses, starts)
    ends = np.append(starts[1:], len(losses))
    return Curve(
        width=width,
        iteration=first + starts,
        elapsed_s=(first + ends) / 100,
        count=buckets.count,
        low=buckets.low,
        high=buckets.high,
        mean=buckets.mean,
        last=buckets.last,
        low_before=np.inf,
    )


def assert_same(one: Curve, other: Curve) -> None:
    assert one.width == other.width
    for name in CURVE_COLUMNS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)


@given(LOSSES, st.integers(0, 40))
def test_what_was_cut_off_is_joined_again(losses: Floats, rows: int) -> None:
    whole = curve_of(losses, 1)
    rows = min(rows, len(losses))
    tail = curve_of(losses[rows:], 1, rows)
    assert_same(joined(cut(whole, rows), tail), whole)


def test_what_is_joined_has_the_room_that_was_asked_for() -> None:
    longer = joined(curve_of(np.ones(3), 1), curve_of(np.ones(2), 1, 3), room=64)
    assert len(longer.low) == 5
    assert longer.low.base is not None
    assert len(longer.low.base) == 64


def test_the_last_bucket_is_that_of_fewer_iterations() -> None:
    losses = np.array([4.0, 3.0, 2.0, 1.0, 9.0, 8.0])
    whole = curve_of(losses, 4)
    assert_same(ended(whole, curve_of(losses[4:5], 4, 4)), curve_of(losses[:5], 4))
    assert whole.high[-1] == 9.0
    assert whole.low[-1] == 8.0


@pytest.mark.parametrize("width", [4, 16])
@given(LOSSES)
def test_a_coarsened_curve_is_the_one_of_wider_buckets(width: int, losses: Floats) -> None:
    assert_same(coarsened(curve_of(losses, 1), width), curve_of(losses, width))


def test_a_curve_that_is_as_wide_stays_as_it_is() -> None:
    curve = curve_of(np.arange(40.0), 16)
    assert coarsened(curve, 4) is curve
    assert coarsened(curve, 24) is curve
