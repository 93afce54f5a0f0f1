"""Decimation: many losses to a few buckets that keep their extremes. Finite values only; gaps stay gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Buckets:
    """What is kept of each bucket; all columns have shape (n,).

    `count` is the number of finite values; where it is 0, `low` and `high` are NaN and `total` is
    0. `last` is the bucket's last value as it was, finite or not.
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
        """The mean of the finite values, NaN where there is none."""
        mean = np.full(len(self), np.nan)
        np.divide(self.total, self.count, out=mean, where=self.count > 0)
        return mean


def bucket_starts(first: int, count: int, width: int) -> Integers:
    """Positions in `count` values, the first of which is number `first`, at which a bucket of `width` begins."""
    starts = np.arange(-(first % width), count, width)
    if count:
        starts[0] = 0
    return starts


def decimate(values: Floats, starts: Integers) -> Buckets:
    """Buckets of `values`: bucket i runs from starts[i] to starts[i + 1], none of them empty."""
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
