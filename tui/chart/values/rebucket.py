"""Rebucket: the bucket width that a chart can show, independent of the width its curves were read in.

The store returns wider buckets as a run grows. A chart that drew those directly would be repainted at each change of
width; drawn in the width that fits its axis, it stays the same.
"""

from __future__ import annotations

import math

from tui.chart.values.view import ChartView

RATIO = 4
"""Bucket widths are powers of this, as in the store."""


def widest(view: ChartView, dots: int) -> int:
    """Return the widest bucket, in iterations, that fits into one of `dots` dot columns.

    Returns 1 on a log or time axis, where columns do not span equally many iterations.
    """
    if view.log_x or view.x_kind == "time" or dots < 1:
        return 1
    if view.x_window is not None:
        span = abs(view.x_window[1] - view.x_window[0])
    else:
        span = max((_end(view, index) for index in range(len(view.runs))), default=0.0)
    most = max((run.per_iteration(view.x_kind) for run in view.runs), default=1)
    per_dot = span / dots / most
    return int(RATIO ** math.floor(math.log(per_dot, RATIO) + 1e-9)) if 1 <= per_dot < 1e15 else 1


def _end(view: ChartView, index: int) -> float:
    run = view.runs[index]
    done = 0 if run.curve is None or not len(run.curve.iteration) else int(run.curve.iteration[-1]) + run.curve.width
    planned = run.planned_iterations if run.growing and run.planned_iterations is not None else 0
    return float(max(done, planned) * run.per_iteration(view.x_kind))
