"""Kernels: forward and backward pass of a score function over one group of examples, in preallocated buffers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.objective.layout import LANES

Array = NDArray[Any]

GROUP_BYTES = 1 << 20
"""Most bytes of a group of examples, unless GROUP_ROWS take more: the backward pass then finds them in cache."""
GROUP_ROWS = 256
STACK_ROWS = 512
"""Least examples of a product with many weight vectors: fewer would make too little use of packing the operands."""
SMALL_PRODUCT = 1_000_000
"""Most multiplications of a matrix product that OpenBLAS makes without packing, on processors with AVX-512."""


def _has_small_products() -> bool:
    try:
        features = importlib.import_module("numpy._core._multiarray_umath").__cpu_features__
    except (ImportError, AttributeError):
        return False
    return bool(features.get("AVX512_SKX", False))


SMALL_PRODUCTS = _has_small_products()


def group_rows(columns: int, itemsize: int) -> int:
    """Return the number of examples of a group, a power of two, for examples of `columns` padded columns."""
    rows = GROUP_ROWS
    while 2 * rows * columns * itemsize <= GROUP_BYTES:
        rows *= 2
    return rows


def block_rows(n: int, classes: int, columns: int) -> int:
    """Return the rows per matrix product: all n, or few enough to avoid packing the examples."""
    if not SMALL_PRODUCTS or n * classes * columns <= SMALL_PRODUCT:
        return n
    rows = GROUP_ROWS
    while rows > LANES and rows * classes * columns > SMALL_PRODUCT:
        rows //= 2
    return min(rows, n)


@dataclass(frozen=True, slots=True)
class Kernel:
    """`forward(X)` fills `scores` (n, C); `backward(X)` expects their derivative in `scores` and fills the gradient.

    X has `rows` >= n rows; those after row n are zeros.
    """

    scores: Array
    rows: int
    forward: Callable[[Array], object]
    backward: Callable[[Array], object]


def linear(weights: Sequence[Array], gradient: Sequence[Array] | None, n: int, dtype: DTypeLike) -> Kernel:
    """Make the kernel of s = W x for n examples; W has shape (C, D)."""
    (W,) = weights
    classes, columns = W.shape
    WT = W.T
    block = block_rows(n, classes, columns)
    rows = -(-n // block) * block
    scores = np.zeros((rows, classes), dtype)
    if block == n:
        G = np.empty_like(W) if gradient is None else gradient[0]
        ST, GT = scores.T, G.T
        # ndarray.dot takes half the time of np.matmul for small matrices; it needs a C-contiguous `out`.
        if G.flags.c_contiguous:
            return Kernel(scores, n, lambda X: X.dot(WT, scores), lambda X: ST.dot(X, G))
        return Kernel(scores, n, lambda X: X.dot(WT, scores), lambda X: X.T.dot(scores, GT))
    blocks = rows // block
    S3 = scores.reshape(blocks, block, classes)
    S3T = S3.transpose(0, 2, 1)
    G3 = np.empty((blocks, classes, columns), dtype)
    # A product with a vector of ones adds the blocks in half the time of a reduction.
    parts, ones = G3.reshape(blocks, -1), np.ones(blocks, dtype)
    total = None
    if gradient is not None:
        assert gradient[0].flags.c_contiguous
        total = gradient[0].reshape(-1)

    def forward(X: Array) -> None:
        np.matmul(X.reshape(blocks, block, columns), WT, out=S3)

    def backward(X: Array) -> None:
        np.matmul(S3T, X.reshape(blocks, block, columns), out=G3)
        if total is not None:
            ones.dot(parts, total)

    return Kernel(scores[:n], rows, forward, backward)
