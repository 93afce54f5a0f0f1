"""X extent: how far runs reach on the chosen x axis, and which iterations a window covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from engine.jobs.people.costs import losses_per_iteration
from engine.store import Run
from engine.trace.curve import Curve
from tui.chart import Window
from tui.model.chart_options import ChartOptions

WARM_UP = 5
"""Half-lives read to the left of a window: earlier iterations weigh less than 4 % in the smoothed line."""


def newest(chart_options: ChartOptions, run: Run) -> float:
    """Return the x of a run's newest iteration: iterations done, elapsed seconds, examples seen or losses."""
    if chart_options.x_kind == "time":
        return run.elapsed_s
    return float(run.iterations_done * per_iteration(chart_options, run))


def newest_going_on(chart_options: ChartOptions, runs: Iterable[Run]) -> float | None:
    """Return the largest x of the running runs; None if none is running."""
    return max((newest(chart_options, run) for run in runs if run.state == "running"), default=None)


def limits(chart_options: ChartOptions, runs: Iterable[Run]) -> Window:
    """Return (low, high) of the whole x axis: up to the planned end of runs that grow, or the end of the others."""
    ends = [1.0]
    for run in runs:
        end = newest(chart_options, run)
        planned = run.spec.iterations if run.spec is not None and run.state in ("running", "paused", "queued") else None
        if planned and run.iterations_done:
            end *= max(planned / run.iterations_done, 1.0)
        ends.append(end)
    low = 1.0 if chart_options.log_x and chart_options.x_kind != "time" else 1e-3 if chart_options.log_x else 0.0
    return low, max(*ends, low * 10)


def iterations(chart_options: ChartOptions, run: Run, whole: Curve) -> tuple[int, int | None]:
    """Return the first and last iteration (None: the newest) to read for the window; `whole` is the run's curve."""
    if chart_options.window is None:
        return 0, None
    low, high = chart_options.window
    if chart_options.x_kind == "time":
        indices = np.searchsorted(whole.elapsed_s, [low, high])
        starts = np.append(whole.iteration, run.iterations_done)
        first, last = int(starts[max(int(indices[0]) - 1, 0)]), int(starts[min(int(indices[1]) + 1, len(starts) - 1)])
    else:
        scale = per_iteration(chart_options, run)
        first, last = int(low // scale) - 1, int(high // scale) + 2
    return max(first - int(WARM_UP * chart_options.smoothing), 0), last


def per_iteration(chart_options: ChartOptions, run: Run) -> int:
    """Return the length of one iteration on an x axis other than time."""
    if chart_options.x_kind == "evaluations":
        return losses_per_iteration(run) or 1
    return (run.examples_per_iteration or 1) if chart_options.x_kind == "examples" else 1


def windowed(chart_options: ChartOptions, whole: Curve, read: Callable[[], Curve]) -> Curve:
    """Return the curve of the window; `read` is called if the whole curve is too coarse.

    Returns the whole curve if the run has no rows in the window, so that a readout can show where it ended.
    """
    if chart_options.window is None or whole.width == 1:
        return whole
    found = read()
    return found if len(found.iteration) else whole
