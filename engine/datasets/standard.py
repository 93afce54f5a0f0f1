"""Standardized features: less the mean of the train split, divided by its standard deviation."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from engine.datasets.split import Dataset, Floats, Rows, Split

CHUNK = 1024
CONSTANT = 1e-7
"""A deviation below this share of the mean is rounding of float32: the feature is constant and is not divided."""

_known: WeakKeyDictionary[Split, tuple[Floats, Floats]] = WeakKeyDictionary()


class StandardizedSplit(Split):
    """Another split's examples (N, D) with standardized features; the bias column stays."""

    def __init__(self, source: Split, mean: Floats, scale: Floats) -> None:
        super().__init__(source.y, source.y, source.bias)
        self._source, self._mean, self._scale = source, mean, scale

    @property
    def dimensions(self) -> int:
        """D, the number of features with the bias column."""
        return self._source.dimensions

    @property
    def X(self) -> NDArray[Any]:
        """All examples (N, D) float32, a new array per call: prefer `chunks`."""
        return self.batch(slice(None))

    @cached_property
    def digest(self) -> str:
        """The check sum of the examples as they are given."""
        return self._source.digest

    def like(self, features: NDArray[Any]) -> Split:
        """Return other examples (n, features) as a split of this form, standardized as these are."""
        return StandardizedSplit(self._source.like(features), self._mean, self._scale)

    def given(self, rows: Rows) -> NDArray[Any]:
        """Return the features (n, D - 1) of the chosen examples before they were standardized."""
        return self._source.given(rows)

    def batch(self, rows: Rows, out: Floats | None = None) -> Floats:
        """Return the chosen examples (n, D) float32, written to `out` if given."""
        if out is None:
            count = len(range(*rows.indices(len(self)))) if isinstance(rows, slice) else len(rows)
            out = np.empty((count, self.dimensions), dtype=np.float32)
        self._source.batch(rows, out)
        features = out[:, : self.dimensions - self.bias]
        features -= self._mean
        features *= self._scale
        return out

    def _chunk(self, rows: slice, size: int) -> Floats:
        return self.batch(rows)


def standardized(dataset: Dataset) -> Dataset:
    """Return a data set whose features have mean 0 and standard deviation 1 over the train split.

    The mean and the deviation of the train split are those of all splits: nothing of the others is learnt. They are
    computed once a process. A constant feature becomes 0. Source: CS231n, neural networks 2, "data preprocessing".
    """
    train = dataset.splits["train"]
    if train not in _known:
        _known[train] = _mean_and_scale(train)
    mean, scale = _known[train]
    splits = {name: StandardizedSplit(split, mean, scale) for name, split in dataset.splits.items()}
    return replace(dataset, splits=MappingProxyType(splits))


def _mean_and_scale(train: Split) -> tuple[Floats, Floats]:
    count, features = len(train), train.dimensions - train.bias
    mean, squares = np.zeros(features), np.zeros(features)
    for _, chunk in train.chunks(CHUNK):
        mean += chunk[:, :features].sum(axis=0, dtype=np.float64) / count
    for _, chunk in train.chunks(CHUNK):
        squares += np.square(chunk[:, :features] - mean).sum(axis=0) / count
    deviation = np.sqrt(squares)
    is_constant = deviation <= CONSTANT * np.abs(mean)
    scale = 1 / np.where(is_constant, 1.0, deviation)
    return mean.astype(np.float32), scale.astype(np.float32)
