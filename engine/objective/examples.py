"""Examples: a split's rows in the padded form that the kernels take."""

from __future__ import annotations

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
"""A padded copy of a split up to this size is held; of a larger one every batch is gathered from where it is stored."""


class Examples:
    """N examples; `columns` is D padded, `group` the most examples that one kernel takes at once."""

    def __init__(self, split: Split, dtype: DTypeLike) -> None:
        self.split = split
        self.dtype = np.dtype(dtype)
        self.columns = padded_columns(split.dimensions)
        self.group = group_rows(self.columns, self.dtype.itemsize)
        self._held: Array | None = None
        if len(split) * self.columns * self.dtype.itemsize <= HELD_BYTES:
            self._held = np.zeros((len(split), self.columns), self.dtype)
            self._held[:, : split.dimensions] = split.X

    def __len__(self) -> int:
        return len(self.split)

    def groups(self, n: int, at_least: int = 1) -> list[slice]:
        """n positions cut into groups, of at least so many positions each but for the last."""
        size = max(self.group, at_least)
        return [slice(start, min(start + size, n)) for start in range(0, n, size)]

    def gatherer(self, n: int, rows: int | None = None) -> Gather:
        """A function that gives n chosen examples as an array (rows, columns), zeros after the n-th.

        What it gives is good until it is called again. Rows that are not there are not noticed:
        whoever draws them keeps within 0..N-1.
        """
        buffer = np.zeros((n if rows is None else rows, self.columns), self.dtype)
        head = buffer[:n]
        features = head[:, : self.split.dimensions]
        split, held, exact = self.split, self._held, len(buffer) == n

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
            return buffer

        def gather_converted(chosen: Chosen) -> Array:
            features[...] = split.batch(chosen)
            return buffer

        if held is not None:
            return gather_held
        return gather_stored if self.dtype == np.float32 else gather_converted
