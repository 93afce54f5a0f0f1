"""Reach: how far runs go on the chosen x axis, and which iterations a window of it covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from engine.store import Run
from engine.trace.curve import Curve
from tui.chart import Window
from tui.model.chart_options import ChartOptions

WARM_UP = 5
"""Half-lives to the left of a window that are read with it: what lies before them weighs less than 4 %."""


def newest(chart_options: ChartOptions, run: Run) -> float:
    """Where a run's newest iteration stands on the x axis."""
    if chart_options.x_kind == "time":
        return run.elapsed_s
    return float(run.iterations_done * per_iteration(chart_options, run))


def newest_going_on(chart_options: ChartOptions, runs: Iterable[Run]) -> float | None:
    """Where the newest iteration of all runs that go on stands; None when all have ended."""
    return max((newest(chart_options, run) for run in runs if run.state == "running"), default=None)


def limits(chart_options: ChartOptions, runs: list[Run]) -> Window:
    """All that there is to see on the x axis: up to the plan of runs that grow, the end of those that ended."""
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
    """The first and the last iteration (None: the newest) to read for the shown window; `whole` is the run's curve."""
    if chart_options.window is None:
        return 0, None
    low, high = chart_options.window
    if chart_options.x_kind == "time":
        places = np.searchsorted(whole.elapsed_s, [low, high])
        starts = np.append(whole.iteration, run.iterations_done)
        first, last = int(starts[max(int(places[0]) - 1, 0)]), int(starts[min(int(places[1]) + 1, len(starts) - 1)])
    else:
        scale = per_iteration(chart_options, run)
        first, last = int(low // scale) - 1, int(high // scale) + 2
    return max(first - int(WARM_UP * chart_options.smoothing), 0), last


def per_iteration(chart_options: ChartOptions, run: Run) -> int:
    """How far one iteration goes on the x axis, which is not of time."""
    return (run.examples_per_iteration or 1) if chart_options.x_kind == "examples" else 1


def windowed(chart_options: ChartOptions, whole: Curve, read: Callable[[], Curve]) -> Curve:
    """What the window shows of a run's curve; `read` gives it where the whole one is too coarse.

    Of a run that has nothing in there the whole is kept: a readout tells where it ended.
    """
    if chart_options.window is None or whole.width == 1:
        return whole
    found = read()
    return found if len(found.iteration) else whole
