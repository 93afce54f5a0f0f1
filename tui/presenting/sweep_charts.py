"""Sweep charts: from a sweep as read to the views that its charts draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.store import Run
from engine.sweep import Axis, Comparison, Equal, SweepPlan, Value, ValueResult, amount_text, are_compared
from engine.text import clean
from tui.chart import ChartRun, ChartView, Window
from tui.chart.drawing.heat import HeatView
from tui.chart.drawing.loss_by_value import ResponsePoint, ResponseView
from tui.chart.values.axes import nice_linear, nice_log
from tui.chart.values.metrics import metric_named
from tui.chart.values.view import XKind
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot
from tui.model.sweep_seen import SweepSeen, Values
from tui.presenting.curves import axes_view, chart_run
from tui.text.numbers import value_label

EQUAL: Mapping[XKind, Equal] = {
    "examples": "examples",
    "time": "time",
    "iteration": "iterations",
    "evaluations": "iterations",
}
"""The comparison beside each x axis: at all batch sizes an iteration evaluates equally many losses."""
"""The amount at which values are compared, by kind of x axis."""


def label(axis: Axis, value: Value) -> str:
    """A swept value as text: 1e-6, 0.9; integers as they are."""
    return value_label(value)


def drawn_runs(seen: SweepSeen) -> list[Run]:
    """The runs whose curves are drawn, in the order of their values."""
    firsts = [seen.first_run(result) for result in seen.values]
    return [run for run in firsts if run is not None and run.run_id in seen.drawn and _is_readable(run)]


def _is_readable(run: Run) -> bool:
    return run.spec is not None or run.script is not None


def measure(plan: SweepPlan) -> str:
    """What the values of a sweep are ranked by, as a title says it."""
    return clean(plan.measure, 40)


def curves_view(seen: SweepSeen, pointed: Values | None, chart_options: ChartOptions) -> ChartView:
    """The curves of the values, coloured in their order; that of the pointed value is on top."""
    drawn = drawn_runs(seen)
    first_of = {result.run_ids[0]: result for result in seen.values}
    at = next((run_id for run_id, result in first_of.items() if result.values == pointed), None)
    slots = {result.run_ids[0]: slot for result, slot in zip(seen.values, seen.slots, strict=True)}
    choices = Choices(marked=tuple(slots), slots=slots, pointed=at, chart_options=chart_options)
    # events would hide the curves
    snapshot = Snapshot(seen={run_id: replace(one, events=()) for run_id, one in seen.drawn.items()})
    # companion lines would hide the order of so many curves; the validation loss is a metric of its own
    runs = tuple(
        replace(chart_run(run, snapshot, choices, ()), companion=None, settings=_settings(seen, first_of[run.run_id]))
        for run in drawn
    )
    if chart_options.cursor is not None:  # the legend reads values: what they are tells more than a run's number
        runs = tuple(replace(run, label=", ".join(text for _, text in run.settings), settings=()) for run in runs)
    started = sum(result.iterations_done > 0 for result in seen.listed)
    note = f"{len(runs)} of {started} curves" if len(runs) < started else ""
    note = note if chart_options.window is None else "zoomed · 0 all"
    return replace(
        axes_view(chart_options),
        runs=runs,
        show_legend=chart_options.cursor is not None,
        cursor_x=chart_options.cursor,
        show_raw=False,
        y_window=_y_window(runs, log_y=chart_options.log_y)
        if metric_named(chart_options.metric).of_objective == "whole"
        else None,
        note=note if chart_options.cursor is None else "readout · esc back",
        empty_hint="no run of this sweep has started yet"
        if seen.fitting is None or seen.listed
        else "no value fits the filter",
    )


def _settings(seen: SweepSeen, result: ValueResult) -> tuple[tuple[str, str], ...]:
    """The swept fields of a value, with what they are set to."""
    axes = () if seen.outcome is None else seen.outcome.plan.axes
    return tuple((axis.label, label(axis, value)) for axis, value in zip(axes, result.values, strict=True))


def _y_window(runs: Sequence[ChartRun], *, log_y: bool) -> Window | None:
    """From the lowest loss to a little above the initial one, so that curves that explode leave the chart."""
    ranges = [found for run in runs if (found := _first_and_lowest(run)) is not None]
    if not ranges:
        return None
    first, lowest = max(first for first, _ in ranges), min(lowest for _, lowest in ranges)
    if log_y and lowest > 0:
        return nice_log(lowest, 3 * first)
    return nice_linear(lowest, 1.5 * first)


def _first_and_lowest(run: ChartRun) -> Window | None:
    """The initial and the lowest loss of a run; None if it has none."""
    values = run.points.values if run.points is not None else run.curve.mean if run.curve is not None else None
    if values is None or not len(values):
        return None
    first = float(values[0]) if run.points is not None or run.curve is None else float(run.curve.low[0])
    finite = values[np.isfinite(values)]
    return (first, float(finite.min())) if len(finite) and math.isfinite(first) else None


def compared(seen: SweepSeen, chart_options: ChartOptions) -> Comparison | None:
    """The comparison at equal amounts of what the x axis shows; None if the values are not compared."""
    found = () if seen.outcome is None else seen.outcome.comparisons
    return next((one for one in found if one.equal == EQUAL[chart_options.x_kind]), None)


def response_view(seen: SweepSeen, pointed: Values | None, chart_options: ChartOptions, width: int) -> ResponseView:
    """The loss by value; a value without a known loss gets no point on the line.

    Batch sizes show the loss at equal examples, time or iterations, whichever is on the x axis of the curves.
    """
    assert seen.outcome is not None
    axis = seen.outcome.plan.axes[0]
    log_x = axis.logarithmic
    numbers = [float(value) for value in axis.ordered if value is not None]
    beyond = (numbers[-1] * 2 if log_x else numbers[-1] + 1) if numbers else 1.0
    found = compared(seen, chart_options)
    points = [_point(seen, result, slot, beyond, axis) for result, slot in zip(seen.values, seen.slots, strict=True)]
    lowest = None if are_compared(seen.outcome.plan.axes) else seen.outcome.best
    best = None if lowest is None else lowest.values
    scale = " (log)" if chart_options.log_y else ""
    word = measure(seen.outcome.plan)
    titles = [f"{word}{scale} against {axis.label}", f"{word}{scale}"]
    remarks = ["⊘ stopped"] * any(result.stopped for result in seen.values)
    remarks += ["│ seeds"] * (seen.outcome.plan.repeats > 1)
    remarks += ["┄ validation"] * any(result.validation_loss is not None for result in seen.values)
    if found is not None:
        points = [_equal(point, loss) for point, loss in zip(points, found.losses, strict=True)]
        best, remarks = found.best, []
        at = f"{word}{scale} at {amount_text(found.equal, found.amount)}"
        titles = [f"{at} against {axis.label}", at, *titles[1:]]
    title = next((title for title in titles if len(title) + 2 <= width), titles[-1])
    notes = ["  ".join(remarks[:count]) for count in range(len(remarks), 0, -1)]
    return ResponseView(
        points=tuple(points),
        log_x=log_x,
        log_y=chart_options.log_y,
        title=title,
        note=next((note for note in notes if len(title) + len(note) + 7 <= width), ""),
        best=None if best is None else seen.place(best),
        pointed=seen.place(pointed),
        empty_hint="no value has been evaluated yet",
    )


def _equal(point: ResponsePoint, loss: float | None) -> ResponsePoint:
    """The point with its loss at an equal amount; a diverged value keeps its point."""
    if point.diverged:
        return point
    return replace(point, loss=_number(loss), low=math.nan, high=math.nan, beside=math.nan)


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
        stopped=result.stopped,
        label=label(axis, value) if is_whole else "",
    )


def heat_view(seen: SweepSeen, pointed: Values | None) -> HeatView:
    """The losses of a grid, (values of the second field, values of the first); NaN if unknown, inf if diverged."""
    assert seen.outcome is not None
    across, up = seen.outcome.plan.axes
    columns, rows = across.ordered, up.ordered
    losses = np.full((len(rows), len(columns)), np.nan)
    positions = {
        result.values: (rows.index(result.values[1]), columns.index(result.values[0]))
        for result in seen.values
        if result.values[0] in columns and result.values[1] in rows
    }
    for result in seen.values:
        if result.values in positions:
            losses[positions[result.values]] = math.inf if result.diverged else _number(result.train_loss)
    best = seen.outcome.best
    return HeatView(
        losses=losses,
        row_labels=tuple(label(up, value) for value in rows),
        column_labels=tuple(label(across, value) for value in columns),
        row_name=up.label,
        column_name=across.label,
        title=measure(seen.outcome.plan),
        stopped=frozenset(
            positions[result.values] for result in seen.values if result.stopped and result.values in positions
        ),
        best=None if best is None else positions.get(best.values),
        pointed=None if pointed is None else positions.get(pointed),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
