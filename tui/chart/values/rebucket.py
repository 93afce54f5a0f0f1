"""Coarse: curves brought to the bucket width that their chart can show, whatever width they were read in.

The store hands out wider buckets as a run grows. A chart that drew them as they come would change all over each
time; drawn in the width that belongs to its axis, it does not change at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tui.chart.values.finite_checks import changes, lowest
from tui.chart.values.view import ChartView, CurveColumns, Floats, Integers

RATIO = 4
"""Bucket widths are powers of this, as in the store."""


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """A curve of wider buckets; the fields are those of `CurveColumns`."""

    width: int
    iteration: Integers
    elapsed_s: Floats
    count: Integers
    low: Floats
    high: Floats
    mean: Floats
    last: Floats
    low_before: float


def widest(view: ChartView, dots: int) -> int:
    """The widest bucket, in iterations, that fits into a dot column of an axis with `dots` of them; 1 where dots
    are not of equally many iterations.
    """
    if view.log_x or view.x_kind == "time" or dots < 1:
        return 1
    if view.x_window is not None:
        span = abs(view.x_window[1] - view.x_window[0])
    else:
        span = max((_end(view, index) for index in range(len(view.runs))), default=0.0)
    most = max((run.examples_per_iteration for run in view.runs), default=1) if view.x_kind == "examples" else 1
    per_dot = span / dots / max(most, 1)
    return int(RATIO ** math.floor(math.log(per_dot, RATIO) + 1e-9)) if 1 <= per_dot < 1e15 else 1


def _end(view: ChartView, index: int) -> float:
    run = view.runs[index]
    scale = max(run.examples_per_iteration, 1) if view.x_kind == "examples" else 1
    done = 0 if run.curve is None or not len(run.curve.iteration) else int(run.curve.iteration[-1]) + run.curve.width
    planned = run.planned_iterations if run.growing and run.planned_iterations is not None else 0
    return float(max(done, planned) * scale)


def coarsened(curve: CurveColumns, width: int) -> CurveColumns:
    """The curve in buckets of `width` iterations, or as it is where its own are as wide already."""
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
    return Coarse(
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
