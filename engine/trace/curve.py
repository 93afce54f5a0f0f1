"""Curve: a run's losses in buckets of iterations, as columns; Samples: single iterations of a run."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from engine.trace.decimation import Floats, Integers
from engine.trace.finite_checks import changes, lowest


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The decimated losses of a range of iterations: row i covers `width` iterations from iteration[i].

    All columns have shape (n,). `count` is the number of finite losses in the bucket: 0 is a gap, where low, high and
    mean are NaN. `elapsed_s` is the time in seconds at the bucket's last iteration, `last` the loss there, finite or
    not. `low_before` is the lowest finite loss before the first row, or inf: best-so-far continues from it.
    """

    width: int
    iteration: Integers
    elapsed_s: Floats
    count: Integers
    low: Floats
    high: Floats
    mean: Floats
    last: Floats
    low_before: float


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Single iterations of a run, evenly spaced: all columns have shape (n,), NaN if not recorded."""

    iteration: Integers
    elapsed_s: Floats
    loss: Floats
    data_loss: Floats
    gradient_norm: Floats
    step_size: Floats


SAMPLE_COLUMNS = tuple(column.name for column in fields(Samples))
CURVE_COLUMNS = tuple(column.name for column in fields(Curve) if column.name not in ("width", "low_before"))
OF_BUCKETS = tuple(name for name in CURVE_COLUMNS if name != "iteration")
"""The columns that describe a bucket's content: all but its first iteration."""


_NO_NUMBERS, _NO_VALUES = np.empty(0, np.int64), np.empty(0)
NO_ROWS = Curve(
    width=1,
    iteration=_NO_NUMBERS,
    elapsed_s=_NO_VALUES,
    count=_NO_NUMBERS,
    low=_NO_VALUES,
    high=_NO_VALUES,
    mean=_NO_VALUES,
    last=_NO_VALUES,
    low_before=np.inf,
)
"""A curve without rows."""


def cut(curve: Curve, rows: int) -> Curve:
    """Return the first `rows` rows as views; a negative number drops rows at the end."""
    return replace(curve, **{name: getattr(curve, name)[:rows] for name in CURVE_COLUMNS})


def joined(curve: Curve, tail: Curve, room: int = 0) -> Curve:
    """Append the rows of a curve of the same width, in new arrays allocated for at least `room` rows.

    Arrays of a constant size reuse the memory of the freed ones, so memory does not grow while a run is read.
    """
    size = len(curve.iteration)
    rows = size + len(tail.iteration)
    columns: dict[str, Any] = {}
    for name in CURVE_COLUMNS:
        before = getattr(curve, name)
        column = np.empty(max(room, rows), before.dtype)
        column[:size], column[size:rows] = before, getattr(tail, name)
        columns[name] = column[:rows]
    return replace(curve, **columns)


def ended(curve: Curve, bucket: Curve) -> Curve:
    """Return a copy whose last bucket is replaced by `bucket`, which begins at the same iteration."""
    columns = {name: getattr(curve, name).copy() for name in OF_BUCKETS}
    for name, column in columns.items():
        column[-1:] = getattr(bucket, name)
    return replace(curve, **columns)


def coarsened(curve: Curve, width: int) -> Curve:
    """Merge buckets into ones of `width` iterations; unchanged if `width` is no larger multiple of its own width."""
    if curve.width >= width or width % curve.width or not len(curve.iteration):
        return curve
    bucket = curve.iteration // width
    starts = changes(bucket)
    ends = np.append(starts[1:], len(bucket)) - 1
    count = np.add.reduceat(curve.count, starts)
    # Weighted by shares of the bucket, because a sum of the values could overflow.
    weights = curve.count / np.maximum(np.repeat(count, np.diff(np.append(starts, len(bucket)))), 1)
    with np.errstate(invalid="ignore"):
        products = curve.mean * weights
    is_counted = lowest(curve.count) > 0
    if not is_counted:
        products = np.where(curve.count > 0, products, 0.0)
    mean = np.add.reduceat(products, starts)
    return Curve(
        width=width,
        iteration=bucket[starts] * width,
        elapsed_s=curve.elapsed_s[ends],
        count=count,
        low=np.fmin.reduceat(curve.low, starts),
        high=np.fmax.reduceat(curve.high, starts),
        mean=mean if is_counted else np.where(count > 0, mean, np.nan),
        last=curve.last[ends],
        low_before=curve.low_before,
    )
