"""Examples: the rows of a split, padded for the kernels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.datasets import Split
from engine.objective.kernels import group_rows
from engine.objective.layout import padded_columns

Array = NDArray[Any]
Chosen = NDArray[np.intp] | slice
Gather = Callable[[Chosen], Array]

HELD_BYTES = 8 << 20
"""Largest padded copy of a split that is kept in memory; batches of a larger split are gathered from the split."""

UNIT_EXAMPLES = 1000


class Examples:
    """N examples; `columns` is the padded D, `group` the most examples of one kernel call.

    The features, but not the bias, are divided by `unit`, a power of two, so that nothing is rounded.
    """

    def __init__(self, split: Split, dtype: DTypeLike, unit: float = 1.0, group: int | None = None) -> None:
        self.split = split
        self._scale = None if unit == 1 else np.array(1 / unit, dtype)
        self.dtype = np.dtype(dtype)
        self.columns = padded_columns(split.dimensions)
        self.group = group or group_rows(self.columns, self.dtype.itemsize)
        self._held: Array | None = None
        if len(split) * self.columns * self.dtype.itemsize <= HELD_BYTES:
            self._held = np.zeros((len(split), self.columns), self.dtype)
            self._held[:, : split.dimensions] = split.X
            self.in_units(self._held)

    def __len__(self) -> int:
        return len(self.split)

    def in_units(self, X: Array) -> None:
        """Divide the features of examples (n, at least D) by the unit, in place."""
        if self._scale is not None:
            features = X[:, : self.split.dimensions - self.split.bias]
            np.multiply(features, self._scale, features)

    def groups(self, n: int, at_least: int = 1) -> list[slice]:
        """Cut positions 0..n-1 into groups of at least `at_least`, except for the last."""
        size = max(self.group, at_least)
        return [slice(start, min(start + size, n)) for start in range(0, n, size)]

    def gatherer(self, n: int, rows: int | None = None) -> Gather:
        """Return a function from n row numbers, or a slice of n rows, to an array (rows, columns), zeros after row n.

        The next call may overwrite the array. Row numbers are not checked: the caller keeps them within 0..N-1.
        """
        buffer = np.zeros((n if rows is None else rows, self.columns), self.dtype)
        head = buffer[:n]
        features = head[:, : self.split.dimensions]
        split, held, exact, in_units = self.split, self._held, len(buffer) == n, self.in_units

        def gather_held(chosen: Chosen) -> Array:
            assert held is not None
            if not isinstance(chosen, slice):
                # mode="clip" writes straight into the buffer; the default mode makes a copy first.
                held.take(chosen, 0, head, "clip")
                return buffer
            if exact:
                return held[chosen]
            head[...] = held[chosen]
            return buffer

        def gather_stored(chosen: Chosen) -> Array:
            split.batch(chosen, out=features)
            in_units(features)
            return buffer

        def gather_converted(chosen: Chosen) -> Array:
            features[...] = split.batch(chosen)
            in_units(features)
            return buffer

        if held is not None:
            return gather_held
        return gather_stored if self.dtype == np.float32 else gather_converted


def feature_unit(split: Split) -> float:
    """The power of two nearest to the root mean square of the features, over the first examples of a split.

    A network is given its features in these units, so that the same start and step size fit pixels up to 255 and
    features of about 1.
    """
    features = split.batch(slice(0, UNIT_EXAMPLES))[:, : split.dimensions - split.bias].astype(np.float64)
    with np.errstate(all="ignore"):
        size = math.sqrt(float(np.mean(features * features))) if features.size else 0.0
    return 2.0 ** round(math.log2(size)) if 0 < size < math.inf else 1.0
