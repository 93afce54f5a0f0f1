"""Wholes: questions about a column that nearly always have one answer for all of it, answered without a mask.

A mask as long as a growing curve is of another length in each picture, and NumPy never gives blocks of less than
1024 bytes back: it keeps some of every length in bytes for the next array of exactly that length. So masks are made
only where there is something to mask.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats, Integers

Flags = NDArray[np.bool_]
Which = Flags | slice
"""Rows of a column as an index: a mask, or all of them."""
ALL = slice(None)


def all_finite(values: Floats) -> bool:
    """Whether every value is finite. False may also mean that together they are too large to add up."""
    with np.errstate(over="ignore", invalid="ignore"):
        # a finite sum has finite parts only
        return math.isfinite(float(np.add.reduce(values)))


def finite(values: Floats) -> Which:
    """Which values are finite."""
    return ALL if all_finite(values) else np.isfinite(values)


def lowest(values: Floats | Integers) -> float:
    """The lowest value that is a number; NaN where there is none."""
    return float(np.fmin.reduce(values)) if len(values) else math.nan


def changes(values: Integers) -> NDArray[np.intp]:
    """Where each stretch of equal values begins, for at least one value: the first place is 0."""
    return np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
