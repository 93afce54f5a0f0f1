"""Finite checks: tests of a column for values that are not finite, without a mask if there are none.

A mask over a growing curve has a new length in every frame, and NumPy does not free blocks of less than 1024 bytes:
it caches some of every length for the next array of exactly that length. So a mask is made only if it is needed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats, Integers

Flags = NDArray[np.bool_]
Which = Flags | slice
"""An index of the rows of a column: a mask, or a slice of all of them."""
ALL = slice(None)


def all_finite(values: Floats) -> bool:
    """Return True if the sum of the values is finite, hence every value; False also if the sum overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(float(np.add.reduce(values)))


def finite(values: Floats) -> Which:
    """Return an index of the finite values."""
    return ALL if all_finite(values) else np.isfinite(values)


def lowest(values: Floats | Integers) -> float:
    """Return the lowest value that is not NaN; NaN if there is none."""
    return float(np.fmin.reduce(values)) if len(values) else math.nan


def changes(values: Integers) -> NDArray[np.intp]:
    """Return the start of each run of equal values in at least one value; the first start is 0."""
    return np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
