"""Layout: one flat vector of weights as matrices, and the padded copy of it that the kernels work on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

LANES = 16
"""Columns are padded with zeros to a multiple of this: one cache line of float32, where matrix products run fastest."""


def padded_columns(columns: int) -> int:
    """The number of columns after padding."""
    return -(-columns // LANES) * LANES


class Layout:
    """Matrices of the given (rows, columns), one after the other and row by row, in one flat vector.

    `biased` says of each matrix whether its last column is the bias. Padded matrices lie column by
    column where `transposed`. Padding is kept at zero by every update, because the gradient there
    is zero.
    """

    def __init__(self, shapes: Sequence[tuple[int, int]], biased: Sequence[bool], transposed: bool = False) -> None:
        self.shapes = tuple(shapes)
        self.biased = tuple(biased)
        self.transposed = transposed
        self.size = sum(rows * columns for rows, columns in shapes)
        self.padded_size = sum(rows * padded_columns(columns) for rows, columns in shapes)

    def views(self, weights: Array) -> tuple[Array, ...]:
        """Views of flat weights (size,) as matrices (rows, columns), without padding."""
        ends = np.cumsum([rows * columns for rows, columns in self.shapes])
        parts = np.split(weights, ends[:-1])
        return tuple(part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True))

    def matrices(self, padded: Array) -> tuple[Array, ...]:
        """Views of padded weights of shape (..., padded_size) as matrices (..., rows, padded columns)."""
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

    def pad(self, weights: Array, out: Array) -> Array:
        """Write flat weights (..., size) into `out` (..., padded_size), whose padding is left alone."""
        start = 0
        for (rows, columns), view in zip(self.shapes, self.matrices(out), strict=True):
            end = start + rows * columns
            view[..., :columns] = weights[..., start:end].reshape(*weights.shape[:-1], rows, columns)
            start = end
        return out

    def flat(self, padded: Array) -> Array:
        """The flat weights (size,) of padded ones (padded_size,), as a new array."""
        parts = zip(self.shapes, self.matrices(padded), strict=True)
        return np.concatenate([view[:, :columns].ravel() for (_, columns), view in parts])

    def add(self, padded: Array, out: Array) -> Array:
        """Add padded weights (padded_size,) to flat ones `out` (size,) in place."""
        start = 0
        for (rows, columns), view in zip(self.shapes, self.matrices(padded), strict=True):
            end = start + rows * columns
            part = out[start:end].reshape(rows, columns)
            part += view[:, :columns]
            start = end
        return out

    def regularized(self, bias: bool, dtype: DTypeLike) -> Array:
        """Padded ones where a weight is regularized and zeros where it is not; `bias` says whether biases are."""
        mask = np.zeros(self.padded_size, dtype=dtype)
        for (_, columns), biased, view in zip(self.shapes, self.biased, self.matrices(mask), strict=True):
            view[:, : columns if bias or not biased else columns - 1] = 1
        return mask


def layout_of(classes: int, dimensions: int, bias: bool, hidden_size: int = 0, transposed: bool = False) -> Layout:
    """The layout of linear scores of examples with D `dimensions`, or of a net with one hidden layer.

    `bias` says whether the last dimension is the bias; only linear scores can be `transposed`.
    """
    if hidden_size:
        return Layout([(hidden_size, dimensions), (classes, hidden_size + 1)], [bias, True])
    return Layout([(classes, dimensions)], [bias], transposed)
