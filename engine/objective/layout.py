"""Layout: a flat vector of weights as matrices, and its padded copy for the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

LANES = 16
"""Columns are padded with zeros to a multiple of this: one cache line of float32, for the fastest matrix products."""


def padded_columns(columns: int) -> int:
    """Return the number of columns after padding."""
    return -(-columns // LANES) * LANES


class Layout:
    """Matrices of the given (rows, columns) in one flat vector, one after the other in row-major order.

    `biased` counts the last columns of each matrix that are biases. If `transposed`, padded matrices are in
    column-major order. Updates keep the padding at zero, because its gradient is zero.
    """

    def __init__(self, shapes: Sequence[tuple[int, int]], biased: Sequence[int], transposed: bool = False) -> None:
        self.shapes = tuple(shapes)
        self.biased = tuple(map(int, biased))
        self.transposed = transposed
        self.size = sum(rows * columns for rows, columns in shapes)
        self.padded_size = sum(rows * padded_columns(columns) for rows, columns in shapes)

    def views(self, weights: Array) -> tuple[Array, ...]:
        """Return views of flat weights (size,) as matrices (rows, columns)."""
        ends = np.cumsum([rows * columns for rows, columns in self.shapes])
        parts = np.split(weights, ends[:-1])
        return tuple(part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True))

    def matrices(self, padded: Array) -> tuple[Array, ...]:
        """Return views of padded weights (..., padded_size) as matrices (..., rows, padded columns)."""
        views, start = [], 0
        for rows, columns in self.shapes:
            width = padded_columns(columns)
            part = padded[..., start : start + rows * width]
            if self.transposed:
                views.append(part.reshape(*padded.shape[:-1], width, rows).swapaxes(-1, -2))
            else:
                views.append(part.reshape(*padded.shape[:-1], rows, width))
            start += rows * width
        return tuple(views)

    def unpadded(self, padded: Array) -> tuple[Array, ...]:
        """Views of padded weights (padded_size,) as matrices (rows, columns), without the padding."""
        parts = zip(self.shapes, self.matrices(padded), strict=True)
        return tuple(view[:, :columns] for (_, columns), view in parts)

    def pad(self, weights: Array, out: Array) -> Array:
        """Write flat weights (..., size) into `out` (..., padded_size) and return it; its padding is unchanged."""
        start = 0
        for (rows, columns), view in zip(self.shapes, self.matrices(out), strict=True):
            end = start + rows * columns
            view[..., :columns] = weights[..., start:end].reshape(*weights.shape[:-1], rows, columns)
            start = end
        return out

    def flat(self, padded: Array) -> Array:
        """Return padded weights (padded_size,) as a new flat array (size,)."""
        parts = zip(self.shapes, self.matrices(padded), strict=True)
        return np.concatenate([view[:, :columns].ravel() for (_, columns), view in parts])

    def add(self, padded: Array, out: Array) -> Array:
        """Add padded weights (padded_size,) to the flat `out` (size,) in place and return it."""
        start = 0
        for (rows, columns), view in zip(self.shapes, self.matrices(padded), strict=True):
            end = start + rows * columns
            part = out[start:end].reshape(rows, columns)
            part += view[:, :columns]
            start = end
        return out

    def regularized(self, bias: bool, dtype: DTypeLike) -> Array:
        """Return a padded mask (padded_size,): 1 for each regularized weight, else 0; biases count if `bias`."""
        mask = np.zeros(self.padded_size, dtype=dtype)
        for (_, columns), biased, view in zip(self.shapes, self.biased, self.matrices(mask), strict=True):
            view[:, : columns if bias else columns - biased] = 1
        return mask

    def named(self, index: int) -> str:
        """Return the name of a weight, such as W1[3, bias]: its matrix, row (class, hidden unit or filter) and column.

        A layer norm's two rows are its gains and its shifts. Raises IndexError for an index outside the layout.
        """
        for number, ((rows, columns), biased) in enumerate(zip(self.shapes, self.biased, strict=True), start=1):
            if index < rows * columns:
                row, column = divmod(index, columns)
                matrix = "W" if len(self.shapes) == 1 else f"W{number}"
                if self.shapes == ((1, columns),):
                    return f"W[{column}]"
                if biased == columns > 1:
                    return f"{matrix}[{('gain', 'shift')[row]}, {column}]"
                return f"{matrix}[{row}, {'bias' if biased and column == columns - 1 else column}]"
            index -= rows * columns
        raise IndexError(index)
