"""Curve: a run's losses in buckets of iterations, and single iterations of it (Samples), as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from engine.trace.decimation import Floats, Integers
from engine.trace.finite_checks import changes, lowest


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The losses between two iterations, decimated: row i covers `width` iterations from iteration[i].

    All columns have shape (n,). `count` is the number of finite losses in the bucket: 0 is a gap, where low, high and
    mean are NaN. `elapsed_s` is the time at the bucket's last iteration, `last` the loss there, finite or not.
    `low_before` is the lowest finite loss before the first row (inf when there is none), from which best-so-far goes
    on.
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
    """Single iterations of a run, evenly spread: all columns have shape (n,), NaN where nothing was recorded."""

    iteration: Integers
    elapsed_s: Floats
    loss: Floats
    data_loss: Floats
    gradient_norm: Floats
    step_size: Floats


SAMPLE_COLUMNS = tuple(column.name for column in fields(Samples))
CURVE_COLUMNS = tuple(column.name for column in fields(Curve) if column.name not in ("width", "low_before"))
OF_BUCKETS = tuple(name for name in CURVE_COLUMNS if name != "iteration")
"""The columns that tell what is in a bucket, not where it begins."""


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
"""A curve of nothing."""


def cut(curve: Curve, rows: int) -> Curve:
    """The first rows of a curve (a negative number: without the last ones), not copied."""
    return replace(curve, **{name: getattr(curve, name)[:rows] for name in CURVE_COLUMNS})


def joined(curve: Curve, tail: Curve, room: int = 0) -> Curve:
    """A curve and behind it the rows of another of the same width, in arrays with room for `room` rows or more.

    Arrays of one size take the place of those that are given up, so memory does not grow with a run that is read on.
    """
    kept = len(curve.iteration)
    rows = kept + len(tail.iteration)
    columns: dict[str, Any] = {}
    for name in CURVE_COLUMNS:
        before = getattr(curve, name)
        column = np.empty(max(room, rows), before.dtype)
        column[:kept], column[kept:rows] = before, getattr(tail, name)
        columns[name] = column[:rows]
    return replace(curve, **columns)


def ended(curve: Curve, bucket: Curve) -> Curve:
    """The curve with this one bucket in place of its last, which begins where it did."""
    columns = {name: getattr(curve, name).copy() for name in OF_BUCKETS}
    for name, column in columns.items():
        column[-1:] = getattr(bucket, name)
    return replace(curve, **columns)


def coarsened(curve: Curve, width: int) -> Curve:
    """The curve in buckets of `width` iterations; as it is where its own are as wide already, or do not fit into it."""
    if curve.width >= width or width % curve.width or not len(curve.iteration):
        return curve
    bucket = curve.iteration // width
    starts = changes(bucket)
    ends = np.append(starts[1:], len(bucket)) - 1
    count = np.add.reduceat(curve.count, starts)
    # weighted by shares of the bucket, because a sum of the values could overflow
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
