"""The pyramid and decimation against brute force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store import open_for_writing
from engine.store.file.connection import connect
from engine.store.write import pyramid
from engine.store.write.pyramid import LEVELS
from engine.trace.decimation import bucket_starts, decimate
from tests.stores import block_of, claimed_writer, process, query

Bucket = tuple[float, float, float, float, float]

LOSSES = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0])


def brute_force(losses: Sequence[float], first: int, level: int) -> dict[int, Bucket]:
    """The buckets of one level, one at a time: bucket -> (n, low, high, total, last)."""
    found: dict[int, list[float]] = {}
    for iteration, loss in enumerate(losses, start=first):
        found.setdefault(iteration >> level, []).append(loss)
    expected: dict[int, Bucket] = {}
    for bucket, values in found.items():
        finite = [value for value in values if np.isfinite(value)]
        low, high = (min(finite), max(finite)) if finite else (np.nan, np.nan)
        expected[bucket] = (len(finite), low, high, sum(finite), values[-1])
    return expected


def pyramid_of(losses: Sequence[float], cuts: Sequence[int], first: int = 0) -> dict[tuple[int, int], Bucket]:
    """(level, bucket) -> (n, low, high, total, last) after feeding the losses in blocks cut at these places."""
    made = pyramid.EMPTY
    found: dict[tuple[int, int], Bucket] = {}
    places = sorted({0, len(losses), *(cut for cut in cuts if cut < len(losses))})
    for start, stop in pairwise(places):
        changed, made = made.after(block_of(losses[start:stop], first + start))
        for level, number, n, total, low, high, last, _ in changed.T:
            found[level, number] = (n, low, high, total, last)
    return found


@given(st.lists(LOSSES, min_size=1, max_size=300), st.lists(st.integers(0, 299), max_size=6), st.integers(0, 5000))
def test_pyramid_equals_brute_force_however_the_run_is_cut(losses: list[float], cuts: list[int], first: int) -> None:
    rows = pyramid_of(losses, cuts, first)
    for level in LEVELS:
        expected = brute_force(losses, first, level)
        assert {bucket for at, bucket in rows if at == level} == set(expected)
        for bucket, values in expected.items():
            np.testing.assert_allclose(rows[level, bucket], values, rtol=1e-9, atol=1e-6)


def test_stored_pyramid_equals_the_rows_and_can_be_rebuilt(tmp_path: Path) -> None:
    losses = np.random.default_rng(0).lognormal(size=5000)
    losses[[17, 400]] = np.nan, np.inf
    with open_for_writing(tmp_path / "runs.db") as store:
        writer = claimed_writer(store)
        for start in range(0, 5000, 777):
            writer.write(block_of(losses[start : start + 777], start))
    path = tmp_path / "runs.db"
    stored = query(path, "SELECT * FROM buckets ORDER BY run_id, level, bucket")
    assert len(stored) == sum(-(-5000 // 2**level) for level in LEVELS)
    raw = connect(path, "mode=rw")
    raw.execute("BEGIN IMMEDIATE")
    pyramid.rebuild(raw, 1)
    raw.execute("COMMIT")
    raw.close()
    again = query(path, "SELECT * FROM buckets ORDER BY run_id, level, bucket")
    np.testing.assert_allclose(np.array(again, float), np.array(stored, float), rtol=1e-12)
    assert again[-1][-1] == pytest.approx(5.0)


def test_a_writer_goes_on_with_the_partial_buckets_of_the_one_before(tmp_path: Path) -> None:
    losses = np.arange(100.0)
    with open_for_writing(tmp_path / "runs.db") as store:
        first = claimed_writer(store)
        first.write(block_of(losses[:37]))
        first.release()
        claim = store.queue.claim(store.register_worker(process(2)))
        assert claim is not None
        store.writer(claim).write(block_of(losses[37:], 37))
    found = query(tmp_path / "runs.db", "SELECT n, low, high, total, last FROM buckets WHERE level = 6 AND bucket = 0")
    assert found == [(64, 0.0, 63.0, float(np.arange(64).sum()), 63.0)]


@given(st.lists(LOSSES, min_size=1, max_size=100), st.integers(1, 40), st.integers(0, 100))
def test_decimation_keeps_extremes_and_leaves_gaps(values: list[float], width: int, first: int) -> None:
    starts = bucket_starts(first, len(values), width)
    buckets = decimate(np.array(values), starts)
    parts = np.split(np.array(values), starts[1:])
    assert len(buckets) == len(parts)
    for i, part in enumerate(parts):
        finite = part[np.isfinite(part)]
        assert buckets.count[i] == len(finite)
        np.testing.assert_equal(buckets.last[i], part[-1])
        if len(finite):
            assert (buckets.low[i], buckets.high[i]) == (finite.min(), finite.max())
            assert buckets.mean[i] == pytest.approx(finite.mean(), rel=1e-9, abs=1e-6)
        else:
            assert np.isnan([buckets.low[i], buckets.high[i], buckets.mean[i]]).all()


def test_nothing_decimates_to_nothing() -> None:
    assert len(decimate(np.empty(0), bucket_starts(5, 0, 16))) == 0
