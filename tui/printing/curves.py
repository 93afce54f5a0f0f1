"""Printed curves: the board's curves, read and converted to dots in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from engine.trace.decimation import Floats
from tui.chart import ChartView, table
from tui.chart.drawing.chart import axes_of, title_of
from tui.chart.drawing.legend import entries_of
from tui.chart.drawing.markers import MARKER_EVERY, POINT_ROOM
from tui.chart.drawing.plotting import ticks_for
from tui.chart.values.all_series import all_series
from tui.chart.values.axes import x_to_dots, y_to_dots
from tui.chart.values.columns import to_columns
from tui.chart.values.metrics import metric_of, settled
from tui.chart.values.series import Series, bundle
from tui.chart.values.view import Axes
from tui.colours.palette import marker
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_view
from tui.printing.paper import Paper, legend_of
from tui.printing.plotext_figure import ACROSS, DOWN, Stroke, dots_up
from tui.reading.feed import read_once

GONE = "✗"
"""The sign of values that become non-finite."""


def curves_of(path: Path, run_ids: Sequence[int], chart_options: ChartOptions, width: int) -> ChartView:
    """Return the curves of existing runs as the board would draw them at `width` cells.

    Raises StoreError: when the store cannot be read.
    """
    # all runs count as met, so that none is marked automatically
    choices = Choices(considered_to=2**62, chart_options=chart_options).marking_only(run_ids)
    snapshot = read_once(path, ReadRequest(choices.pointing_at(run_ids[0]), ACROSS * width))
    return settled(replace(chart_view(snapshot, choices), note=""))


def without_values(view: ChartView) -> list[int]:
    """Return the ids of runs without a finite value to draw."""
    with_values = {one.run.run_id for one in all_series(view) if not one.companion and np.isfinite(one.line).any()}
    return [run.run_id for run in view.runs if run.run_id not in with_values]


def as_data(view: ChartView) -> dict[str, Any]:
    """Return the chart as JSON data: the points [x, y] of every line of every run."""
    noisy = {run.run_id for run in view.runs if run.noisy and metric_of(view).of_batches}
    lines = groupby(table(view), key=lambda row: (row.run_id, row.run, row.metric))
    return {
        "metric": view.metric,
        "x": view.x_kind,
        "log_y": view.log_y,
        "lines": [
            {
                "run_id": run_id,
                "label": label,
                "kind": kind,
                "smoothing": view.smoothing if run_id in noisy else 0.0,
                "points": [[row.x, row.value] for row in rows],
            }
            for (run_id, label, kind), rows in lines
        ],
    }


def print_curves(view: ChartView, paper: Paper) -> str:
    """Return the printed chart of runs that have values, with the title above and the legend below."""
    legend = legend_of(entries_of(view), paper)
    axes = axes_of(view, paper.width)
    ticks = None if axes is None else ticks_for(axes, paper.width, paper.height - 1 - len(legend.splitlines()))
    assert axes is not None
    assert ticks is not None
    strokes = _strokes(view, axes, ticks.columns, ticks.rows, paper)
    return paper.print(ticks, strokes, title_of(view, axes, paper.width, paper.charset)[0], legend)


def _strokes(view: ChartView, axes: Axes, width: int, rows: int, paper: Paper) -> list[Stroke]:
    """Return the strokes: lines first, then the signs drawn over them."""
    dots_x, dots_y = width * ACROSS, rows * DOWN
    found = bundle(all_series(view, dots_x))
    nothing = np.full(len(found.x), np.nan)
    dots = x_to_dots(axes, found.x, dots_x), y_to_dots(axes, found.line, dots_y)
    columns = to_columns(found, *dots, nothing, nothing, dots_x)
    across = np.arange(dots_x, dtype=np.float64)
    lines: list[Stroke] = []
    markers: list[Stroke] = []
    non_finite: list[Stroke] = []
    for index, one in enumerate(found.series):
        up = dots_up(columns.line[index], dots_y)
        colour, plain_sign = paper.colour(one.run.slot), marker(one.run.slot, ascii_only=True)
        if one.companion:
            lines.append(Stroke(across[::ACROSS], up[::ACROSS], colour, plain_sign=plain_sign))
            continue
        lines.append(Stroke(across, up, colour, joined=True, plain_sign=plain_sign))
        start = ACROSS * (len(markers) * MARKER_EVERY // len(view.runs))
        at = _sign_columns(one, axes, up, start)
        # the sign of a line outside the plot stands at the edge
        inside = np.clip(up[at], 0, dots_y - 1)
        markers.append(Stroke(across[at], inside, colour, sign=marker(one.run.slot), plain_sign=plain_sign))
        for column, before in columns.gap_starts[index]:
            height = np.clip(dots_up(np.array([before]), dots_y), 0, dots_y - 1)
            non_finite.append(Stroke(np.array([float(column)]), height, colour, sign=GONE, plain_sign="X"))
    return [*lines, *_taking_turns(markers), *non_finite]


def _sign_columns(one: Series, axes: Axes, up: Floats, start: int) -> list[int]:
    """Return the dot columns of a line's signs: its measurements if sparse, else regular places and its end."""
    known = np.flatnonzero(np.isfinite(up))
    if not len(known):
        return []
    if one.sparse and not one.steps:
        where = x_to_dots(axes, one.x[np.isfinite(one.line)], len(up))
        measured = np.unique(np.clip(where[np.isfinite(where)], 0, len(up) - 1).astype(int))
        if len(measured) * POINT_ROOM * ACROSS <= len(up):
            return [int(known[np.abs(known - column).argmin()]) for column in measured]
    end = int(known[-1])
    every = ACROSS * MARKER_EVERY
    return [*(column for column in range(start, end - every // 3, every) if np.isfinite(up[column])), end]


def _taking_turns(markers: list[Stroke]) -> list[Stroke]:
    """Return the signs of the runs; runs whose signs share a cell get such cells in turn."""
    claims: dict[tuple[int, int], list[int]] = {}
    for order, stroke in enumerate(markers):
        for across, up in zip(stroke.x.tolist(), stroke.y.tolist(), strict=True):
            claims.setdefault((across // ACROSS, up // DOWN), []).append(order)
    shared = (cell for cell in sorted(claims) if len(claims[cell]) > 1)
    won = {cell: claims[cell][turn % len(claims[cell])] for turn, cell in enumerate(shared)}
    found = []
    for order, stroke in enumerate(markers):
        cells = zip((stroke.x // ACROSS).tolist(), (stroke.y // DOWN).tolist(), strict=True)
        kept = np.array([won.get(cell, order) == order for cell in cells], dtype=np.bool_)
        found.append(replace(stroke, x=stroke.x[kept], y=stroke.y[kept]))
    return found
