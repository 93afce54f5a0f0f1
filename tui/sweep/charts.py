"""From what was read of a sweep to what its charts are asked to show."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.outcome import ValueResult
from engine.sweep import Axis, Value
from tui.chart import ChartRun, ChartView, Window
from tui.chart.axes import nice_linear, nice_log
from tui.chart.heat import HeatView
from tui.chart.response import ResponsePoint, ResponseView
from tui.chart.view import CurveColumns
from tui.format import value_label
from tui.reading.sweeping import SweepSeen, Values

SMOOTHED, LEAST_SMOOTHED = 1 / 40, 10.0
"""Half-life of the curves as a share of their way, and in iterations: noise of mini-batches would hide their order."""


def label(axis: Axis, value: Value) -> str:
    """A swept value for people: 1e-06 in decades, 0.9 on a line; whole numbers as they are."""
    return value_label(value, log=axis.logarithmic)


def curves_view(seen: SweepSeen, pointed: Values | None, *, log_y: bool) -> ChartView:
    """The curves of the values, coloured in their order; the pointed one wins the cells that it shares."""
    runs = []
    for result, slot in zip(seen.values, seen.slots, strict=True):
        run = seen.first_run(result)
        if run is None or run.run_id not in seen.curves or run.spec is None:
            continue
        runs.append(
            ChartRun(
                run_id=run.run_id,
                label=str(run.run_id),
                slot=slot,
                curve=seen.curves[run.run_id],
                kind="gradient" if run.spec.strategy == "gradient-descent" else "search",
                planned_iterations=run.spec.iterations,
                growing=run.state in ("queued", "running", "paused"),
                examples_per_iteration=run.examples_per_iteration or 1,
                emphasised=result.values == pointed,
            )
        )
    started = sum(result.iterations_done > 0 for result in seen.values)
    note = f"{len(runs)} of {started} curves" if len(runs) < started else "coloured by value"
    return ChartView(
        runs=tuple(runs),
        log_y=log_y,
        smoothing=smoothing(runs),
        show_legend=False,
        show_raw=False,
        y_window=_y_window([run.curve for run in runs if run.curve is not None], log_y=log_y),
        note=note,
        empty_hint="no run of this sweep has started yet",
    )


def smoothing(runs: Sequence[ChartRun]) -> float:
    """A half-life in iterations, round enough to be told."""
    longest = max((run.planned_iterations or 0 for run in runs), default=0)
    return max(float(f"{SMOOTHED * longest:.1g}"), LEAST_SMOOTHED)


def _y_window(curves: Sequence[CurveColumns], *, log_y: bool) -> Window | None:
    """From the lowest loss to a little above where the runs begin: those that explode leave the chart."""
    begun = [curve for curve in curves if len(curve.low) and curve.count[0]]
    lows = [float(np.nanmin(curve.mean)) for curve in begun if np.isfinite(curve.mean).any()]
    if not lows:
        return None
    first, lowest = max(float(curve.low[0]) for curve in begun), min(lows)
    if log_y and lowest > 0:
        return nice_log(lowest, 3 * first)
    return nice_linear(lowest, 1.5 * first)


def response_view(seen: SweepSeen, pointed: Values | None, *, log_y: bool) -> ResponseView:
    """The loss that each value leads to; a value of which nothing is known is not on the line yet."""
    assert seen.outcome is not None
    axis = seen.outcome.plan.axes[0]
    log_x = axis.logarithmic
    numbers = [float(value) for value in axis.ordered if value is not None]
    beyond = (numbers[-1] * 2 if log_x else numbers[-1] + 1) if numbers else 1.0
    points = tuple(
        _point(seen, result, slot, beyond, axis) for result, slot in zip(seen.values, seen.slots, strict=True)
    )
    best = seen.outcome.best
    several = seen.outcome.plan.repeats > 1
    return ResponseView(
        points=points,
        log_x=log_x,
        log_y=log_y,
        title=f"loss{' (log)' if log_y else ''} against {axis.label}",
        note="│ seeds  ┄ validation" if several else "┄ validation",
        best=None if best is None else seen.place(best.values),
        pointed=seen.place(pointed),
        empty_hint="no value has been evaluated yet",
    )


def _point(seen: SweepSeen, result: ValueResult, slot: int, beyond: float, axis: Axis) -> ResponsePoint:
    value = result.values[0]
    is_whole = value is None or isinstance(value, int)
    return ResponsePoint(
        x=beyond if value is None else float(value),
        loss=_number(result.train_loss),
        low=_number(result.low),
        high=_number(result.high),
        slot=slot,
        beside=_number(result.validation_loss),
        growing=seen.going_on(result),
        diverged=bool(result.diverged),
        label=label(axis, value) if is_whole else "",
    )


def heat_view(seen: SweepSeen, pointed: Values | None) -> HeatView:
    """The losses of a grid: its first parameter across, its second up."""
    assert seen.outcome is not None
    across, up = seen.outcome.plan.axes
    columns, rows = across.ordered, up.ordered
    losses = np.full((len(rows), len(columns)), np.nan)
    places = {
        result.values: (rows.index(result.values[1]), columns.index(result.values[0]))
        for result in seen.values
        if result.values[0] in columns and result.values[1] in rows
    }
    for result in seen.values:
        if result.values in places:
            losses[places[result.values]] = math.inf if result.diverged else _number(result.train_loss)
    best = seen.outcome.best
    return HeatView(
        losses=losses,
        row_labels=tuple(label(up, value) for value in rows),
        column_labels=tuple(label(across, value) for value in columns),
        row_name=up.label,
        column_name=across.label,
        title="loss: the fuller, the lower",
        best=None if best is None else places.get(best.values),
        pointed=None if pointed is None else places.get(pointed),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
