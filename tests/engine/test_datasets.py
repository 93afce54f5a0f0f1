"""Digits: fixed stratified splits, features of 0..1, the bias column of ones."""

from __future__ import annotations

import numpy as np
import pytest

from engine import datasets
from engine.spec import SpecError


def test_digits_come_scaled_with_a_bias_column() -> None:
    digits = datasets.load("digits")
    assert sum(len(split) for split in digits.splits.values()) == 1797
    for split in digits.splits.values():
        assert split.X.shape == (len(split), 65)
        assert split.X.dtype == np.float32
        assert split.X.min() == 0
        assert split.X.max() == 1
        np.testing.assert_array_equal(split.X[:, -1], 1)


def test_every_class_has_its_share_in_every_split() -> None:
    digits = datasets.load("digits")
    shares = np.array([np.bincount(split.y, minlength=10) for split in digits.splits.values()])
    np.testing.assert_allclose(shares / shares.sum(axis=0), [[4 / 6] * 10, [1 / 6] * 10, [1 / 6] * 10], atol=0.01)


def test_the_splits_share_no_example_and_never_change() -> None:
    y = np.repeat(np.arange(3), 60)
    parts = datasets.stratified(y)
    rows = np.concatenate(list(parts.values()))
    np.testing.assert_array_equal(np.sort(rows), np.arange(180))
    np.testing.assert_array_equal(parts["test"][:5], datasets.stratified(y)["test"][:5])
    assert [len(part) for part in parts.values()] == [120, 30, 30]


def test_an_unknown_data_set_is_answered_with_the_near_match() -> None:
    with pytest.raises(SpecError, match="did you mean digits"):
        datasets.load("digit")
