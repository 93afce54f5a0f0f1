"""Parts of a run's losses: what the store puts together from its buckets is what the rows themselves say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store import Reader, open_for_reading, open_for_writing
from engine.store.read.widths import longest, width_for
from engine.store.write.pyramid import LEVELS
from tests.stores import block_of, claimed_writer

DONE = 20_000
LOSSES = np.random.default_rng(0).lognormal(size=DONE)
LOSSES[7000:7100] = np.nan
LOSSES[12_345] = np.inf


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    path: Path = tmp_path_factory.mktemp("stretches") / "runs.db"
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        for first in range(0, DONE, 6000):
            writer.write(block_of(LOSSES[first : first + 6000], first))
    opened = open_for_reading(path)
    yield opened
    opened.close()


@given(start=st.integers(0, 30), level=st.sampled_from((0, 2, *LEVELS)), length=st.integers(1, DONE))
def test_a_bucket_holds_its_iterations_and_no_others(reader: Reader, start: int, level: int, length: int) -> None:
    first = start << level
    stop = min(first + min(length, 1 << level), DONE)
    if first >= stop:
        return
    bucket, losses = reader.bucket(1, first, stop), LOSSES[first:stop]
    finite = losses[np.isfinite(losses)]
    assert bucket.count[0] == len(finite)
    assert bucket.elapsed_s[0] == pytest.approx(stop / 1000)
    np.testing.assert_array_equal(bucket.last, losses[-1:])
    if len(finite):
        assert (bucket.low[0], bucket.high[0]) == (finite.min(), finite.max())
        assert bucket.mean[0] == pytest.approx(finite.mean())
    else:
        assert np.isnan([bucket.low[0], bucket.high[0], bucket.mean[0]]).all()


@given(first=st.integers(0, DONE), last=st.integers(0, DONE - 1), columns=st.integers(1, 300))
def test_a_curve_that_is_to_end_holds_nothing_later(reader: Reader, first: int, last: int, columns: int) -> None:
    curve = reader.curve(1, columns, first, last, ending=True)
    if last < first:
        assert not len(curve.iteration)
        return
    losses = LOSSES[int(curve.iteration[0]) : last + 1]
    finite = losses[np.isfinite(losses)]
    assert curve.count.sum() == len(finite)
    if len(finite):
        assert (np.nanmin(curve.low), np.nanmax(curve.high)) == (finite.min(), finite.max())
    np.testing.assert_array_equal(curve.last[-1:], losses[-1:])


@given(span=st.integers(1, 10**8), columns=st.integers(1, 500))
def test_the_longest_span_of_a_width_is_the_last_one_that_has_it(span: int, columns: int) -> None:
    width = width_for(span, columns)
    assert span <= longest(width, columns)
    if longest(width, columns) < 10**17:
        assert width_for(longest(width, columns), columns) == width
        assert width_for(longest(width, columns) + 1, columns) > width


def test_checkpoints_are_told_by_their_iterations(reader: Reader) -> None:
    assert reader.checkpoints(1) == []
