"""Splits in memory and splits left where they are stored: one way to read both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import datasets
from engine.datasets import SPLITS, Split, StoredSplit

IMAGES = np.random.default_rng(0).integers(0, 256, (23, 12), dtype=np.uint8)
MEAN = IMAGES.mean(axis=0).astype(np.float32)
WHOLE = datasets.with_bias(IMAGES.astype(np.float32) - MEAN)
Y = np.arange(23) % 3

KINDS = {
    "in memory": Split(WHOLE, Y),
    "stored uint8": StoredSplit(IMAGES, Y, MEAN),
    "stored float32": StoredSplit(IMAGES.astype(np.float32) - MEAN, Y),
}
kinds = pytest.mark.parametrize("split", KINDS.values(), ids=KINDS)


@kinds
def test_every_kind_of_split_gives_the_same_examples(split: Split) -> None:
    assert (len(split), split.dimensions, split.bias) == (23, 13, True)
    assert split.y.dtype == np.intp
    np.testing.assert_array_equal(split.X, WHOLE)
    rows = np.array([3, 0, 3, 22])
    np.testing.assert_array_equal(split.batch(rows), WHOLE[rows])
    np.testing.assert_array_equal(split.batch(slice(4, 9)), WHOLE[4:9])
    assert split.batch(rows).dtype == np.float32
    assert split.batch(rows[:0]).shape == (0, 13)


@kinds
def test_a_batch_is_written_into_a_view_of_a_padded_buffer(split: Split) -> None:
    buffer = np.full((6, 16), 7, dtype=np.float32)
    out = buffer[:4, :13]
    assert split.batch(np.array([1, 2, 3, 5]), out=out) is out
    np.testing.assert_array_equal(out, WHOLE[[1, 2, 3, 5]])
    assert (buffer[4:] == 7).all()
    assert (buffer[:, 13:] == 7).all()


@kinds
@given(size=st.integers(1, 30))
def test_chunks_at_any_cut_make_the_whole(split: Split, size: int) -> None:
    parts = [(rows, chunk.copy()) for rows, chunk in split.chunks(size)]
    np.testing.assert_array_equal(np.concatenate([chunk for _, chunk in parts]), WHOLE)
    np.testing.assert_array_equal(np.concatenate([np.arange(23)[rows] for rows, _ in parts]), np.arange(23))
    assert all(len(chunk) <= size for _, chunk in parts)


@kinds
def test_a_row_that_is_not_there_is_an_error(split: Split) -> None:
    for row in (23, -24):
        with pytest.raises(IndexError):
            split.batch(np.array([0, row]))
    with pytest.raises(ValueError, match="at least 1"):
        next(split.chunks(0))


def test_as_many_rows_as_classes_are_needed() -> None:
    with pytest.raises(ValueError, match="23 rows of X and 22 of y"):
        Split(WHOLE, Y[:22])


def test_three_points_are_three_numbers_without_a_bias() -> None:
    points = datasets.load("three-points")
    for name in SPLITS:
        split = points.splits[name]
        np.testing.assert_array_equal(split.X, [[1.0], [0.5], [2.0]])
        np.testing.assert_array_equal(split.y, [0, 1, 2])
        assert not split.bias


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_a_spiral_has_an_arm_for_every_class(classes: int) -> None:
    spiral = datasets.load(f"spiral:{classes}")
    assert spiral.classes == classes
    train = spiral.splits["train"]
    assert train.dimensions == 3
    np.testing.assert_array_equal(np.bincount(train.y), [100] * classes)
    radius = np.hypot(train.X[:, 0], train.X[:, 1])
    assert radius.max() <= 1 + 1e-6
    again = datasets.small.spiral(classes).splits["train"]
    np.testing.assert_array_equal(train.X, again.X)


def test_no_line_tells_the_arms_of_a_spiral_apart() -> None:
    train = datasets.load("spiral").splits["train"]
    W, *_ = np.linalg.lstsq(train.X, np.eye(3)[train.y], rcond=None)
    assert 0.4 < ((train.X @ W).argmax(axis=1) == train.y).mean() < 0.75


def test_the_same_data_set_is_read_once() -> None:
    assert datasets.load("spiral:3") is datasets.load("spiral")
    assert datasets.load("spiral:4") is not datasets.load("spiral")
