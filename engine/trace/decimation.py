"""Decimation: many losses reduced to a few buckets that keep the extremes of the finite values; gaps stay gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Buckets:
    """The statistics of n buckets; all columns have shape (n,).

    `count` is the number of finite values; if it is 0, `low` and `high` are NaN and `total`, the sum, is 0.
    `last` is the bucket's last value, finite or not.
    """

    count: Integers
    low: Floats
    high: Floats
    total: Floats
    last: Floats

    def __len__(self) -> int:
        return len(self.count)

    @property
    def mean(self) -> Floats:
        """The mean of each bucket's finite values, NaN if there are none; shape (n,)."""
        mean = np.full(len(self), np.nan)
        np.divide(self.total, self.count, out=mean, where=self.count > 0)
        return mean


def bucket_starts(first: int, count: int, width: int) -> Integers:
    """Return the positions at which buckets of `width` begin in `count` values, the first with the number `first`."""
    starts = np.arange(-(first % width), count, width)
    if count:
        starts[0] = 0
    return starts


def decimate(values: Floats, starts: Integers) -> Buckets:
    """Decimate `values` (k,) into buckets: bucket i is values[starts[i]:starts[i + 1]]; none may be empty."""
    if not len(values):
        return Buckets(*(np.empty(0, dtype) for dtype in (np.int64, *[np.float64] * 4)))
    finite = np.isfinite(values)
    ends = np.append(starts[1:], len(values))
    if finite.all():
        count, known, summed = ends - starts, values, values
    else:
        count = np.add.reduceat(finite.astype(np.int64), starts)
        known, summed = np.where(finite, values, np.nan), np.where(finite, values, 0.0)
    with np.errstate(all="ignore"):
        return Buckets(
            count=count,
            low=np.fmin.reduceat(known, starts),
            high=np.fmax.reduceat(known, starts),
            total=np.add.reduceat(summed, starts),
            last=values[ends - 1],
        )
