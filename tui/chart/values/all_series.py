"""The series of a whole view: main lines, means of seeds, and companions."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from tui.chart.values.metrics import metric_of
from tui.chart.values.rebucket import widest
from tui.chart.values.seeds import mean_of_seeds
from tui.chart.values.series import Series, series_of, series_of_points
from tui.chart.values.view import ChartRun, ChartView, XKind


def all_series(view: ChartView, dots: int = 0) -> list[Series]:
    """Return the series of all runs that have values: main lines in the order of the runs, then companions.

    Curves are coarsened to the bucket width that `dots` dot columns can show; 0 leaves them as they are.
    """
    metric, width = metric_of(view), widest(view, dots)
    smoothing = view.smoothing if metric.of_batches else 0.0
    mains, companions = [], []

    def main_series(run: ChartRun) -> Series | None:
        if run.points is not None:
            half_life = smoothing if run.noisy else 0.0
            return series_of_points(run, run.points, view.x_kind, half_life, steps=metric.steps)
        return series_of(run, view.x_kind, view.smoothing, width)

    for run in view.runs:
        if run.members:
            found = [one for member in run.members if (one := main_series(member)) is not None]
            main = mean_of_seeds(run, found, view.seed_band) if len(found) == len(run.members) else None
        else:
            main = main_series(run)
        second = None
        if run.companion is not None:
            second = series_of_points(run, run.companion, view.x_kind, steps=metric.steps, companion=True)
        if run.before:
            companions += _ancestor_series(run, view.x_kind, view.smoothing, width)
        mains += [main] if main is not None else []
        companions += [second] if second is not None else []
    return mains + companions


@lru_cache(maxsize=16)
def _ancestor_series(run: ChartRun, x_kind: XKind, smoothing: float, width: int) -> list[Series]:
    """Return the curves of a fork's ancestors as lines without a band; each ends where the next begins."""
    found = []
    for curve in run.before:
        parent = replace(
            run, curve=curve, before=(), log_x_detail=(), growing=False, planned_iterations=None, done=None
        )
        one = series_of(parent, x_kind, smoothing, width)
        if one is not None:
            nothing = np.full(len(one.x), np.nan)
            found.append(replace(one, run=run, low=nothing, high=nothing, companion=True, before=True))
    return found
