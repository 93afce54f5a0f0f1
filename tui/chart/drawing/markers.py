"""Markers: signs on the curves: run markers, measured points, gaps, events, the readout's cursor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from engine.trace.decimation import Floats
from engine.trace.finite_checks import lowest
from tui.chart.cells.canvas import Canvas
from tui.chart.cells.cell_text import cells
from tui.chart.cells.picture import CURSOR, FRAME, TITLE, share_of, strong
from tui.chart.cells.raster import Bits
from tui.chart.values.axes import EDGE, x_to_dots
from tui.chart.values.columns import Columns
from tui.chart.values.series import Series
from tui.chart.values.ticks import x_text
from tui.chart.values.view import Axes, ChartMark, Plot
from tui.colours.palette import marker

SIGNS = {
    "unicode": {"non-finite": "✗", "below": "▾", "above": "▴", "cursor": "│", "rule": "─", "dot": "·", "point": "•",
                "step-size": "◆", "step-halved": "↓", "step-doubled": "↑", "pause": "‖", "take-up": "?",
                "fork": "◇", "divergence": "✗", "other": "◆"},
    "ascii": {"non-finite": "X", "below": "_", "above": "^", "cursor": "|", "rule": "-", "dot": "-", "point": "",
              "step-size": "!", "step-halved": "\\", "step-doubled": "/", "pause": "=", "take-up": "?",
              "fork": "Y", "divergence": "X", "other": "!"},
}  # fmt: skip
MARKER_EVERY = 18
"""Cells between a run's markers along its line."""
POINT_ROOM = 3
"""Smallest mean distance of measured points, in cells, at which each gets a sign."""


def draw_points(series: Sequence[Series], axes: Axes, columns: Columns, lines: Bits, canvas: Canvas) -> None:
    """Draw a sign at each sparse measurement, if the points are far apart and no other line shares the cell."""
    sign = SIGNS[canvas.charset]["point"]
    alone = np.add.reduce(lines != 0, axis=0, dtype=np.uint8) == 1
    for index, one in enumerate(series):
        if not one.sparse or one.companion or one.steps or not sign:
            continue
        where = x_to_dots(axes, one.x if one.gap is None else one.x[~one.gap], canvas.width)
        at = np.unique(where[np.isfinite(where) & (where >= 0) & (where < canvas.width)].astype(int))
        if len(at) * POINT_ROOM > (at[-1] - at[0] + 1 if len(at) else 0) and len(at) > 1:
            continue
        for column in at.tolist():
            row = _row(columns.line[index], column, canvas.height)
            if row is not None and alone[row, column]:
                canvas.put(row, column, sign, strong(one.run.slot))


def draw_markers(series: Sequence[Series], columns: Columns, lines: Bits, canvas: Canvas) -> None:
    """Draw each run's marker along its line, staggered between runs, at columns that stay while runs grow."""
    count = np.add.reduce(lines != 0, axis=0, dtype=np.uint8)
    mains = [index for index, one in enumerate(series) if not one.companion]
    for order, index in enumerate(mains):
        sign = marker(series[index].run.slot, ascii_only=canvas.charset == "ascii")
        start = order * MARKER_EVERY // len(mains)
        for column in range(start, canvas.width, MARKER_EVERY):
            # prefer a neighbouring cell with one line to a shared cell
            cells_near = [(_row(columns.line[index], at, canvas.height), at) for at in _around(column, canvas.width)]
            passed = [(row, at) for row, at in cells_near if row is not None]
            passed.sort(key=lambda place: int(count[place]) > 1)
            if passed:
                canvas.put(*passed[0], sign, strong(series[index].run.slot))


def _around(column: int, width: int) -> Iterator[int]:
    return (at for at in (column, column + 1, column - 1) if 0 <= at < width)


def draw_cursor(series: Sequence[Series], columns: Columns, column: int, canvas: Canvas) -> None:
    """Draw a vertical line in empty cells, and each run's marker where its line crosses it."""
    free = canvas.codes[:, column] == ord(" ")
    canvas.codes[free, column], canvas.styles[free, column] = ord(SIGNS[canvas.charset]["cursor"]), CURSOR
    for index in _emphasised_last(series):
        one = series[index]
        row = None if one.companion else _row(columns.line[index], column, canvas.height)
        if row is not None:
            canvas.put(row, column, marker(one.run.slot, ascii_only=canvas.charset == "ascii"), strong(one.run.slot))


def cursor_column(axes: Axes, x: float | None, width: int) -> int | None:
    """Return the plot column of an x value; None outside the plot."""
    where = math.nan if x is None else share_of(x, axes.x_low, axes.x_high, log=axes.log_x) * width
    return min(int(where), width - 1) if 0 <= where <= width else None


def draw_x_value(x: float, axes: Axes, plot: Plot, column: int, canvas: Canvas) -> None:
    """Write the cursor's x value in the row of tick labels; erase the labels that it would touch."""
    row = plot.top + plot.height + 1
    text = cells(x_text(x, axes.x_kind), canvas.charset)
    if row >= canvas.height or len(text) > plot.width:
        return
    middle = plot.left + column
    start = min(max(middle - len(text) // 2, plot.left), canvas.width - len(text))
    clear_label(canvas, row, start - 1, start + len(text) + 1)
    canvas.write(row, start, text, TITLE)
    canvas.put(row - 1, middle, {"unicode": "┴", "ascii": "+"}[canvas.charset], FRAME)


def clear_label(canvas: Canvas, row: int, start: int, stop: int) -> None:
    """Blank the cells start..stop, and the rest of the words that they cut."""
    space = ord(" ")
    start, stop = max(start, 0), min(stop, canvas.width)
    while start > 0 and canvas.codes[row, start] != space and canvas.codes[row, start - 1] != space:
        start -= 1
    while stop < canvas.width and canvas.codes[row, stop - 1] != space and canvas.codes[row, stop] != space:
        stop += 1
    canvas.codes[row, start:stop] = space


def draw_heads(series: Sequence[Series], axes: Axes, columns: Columns, canvas: Canvas) -> None:
    """Draw each run's marker at the end of its line.

    Markers in one cell overlap; the emphasised run's is on top. A line that continues beyond the right edge has its
    marker at the edge; one that ends above or below the plot has a sign on the edge where it left.
    """
    known = np.isfinite(columns.line)
    ends = known.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    height = canvas.height * 4
    for index in _emphasised_last(series):
        one, end, line = series[index], int(ends[index]), columns.line[index]
        if one.companion or not known[index, end]:
            continue
        column, place = end // 2, float(line[end])
        last_x, last_value = _last(one)
        x = share_of(last_x, axes.x_low, axes.x_high, log=axes.log_x) * canvas.width
        y = (1 - share_of(last_value, axes.y_low, axes.y_high, log=axes.log_y)) * height
        if 0 <= x <= canvas.width and not math.isnan(y):
            column, place = min(int(x), canvas.width - 1), y
        style = strong(one.run.slot)
        if not -EDGE < place < height + EDGE:
            _draw_exit(line, end, style, canvas)
            continue
        row = min(max(int(place // 4), 0), canvas.height - 1)
        canvas.put(row, column, marker(one.run.slot, ascii_only=canvas.charset == "ascii"), style)


def _last(one: Series) -> tuple[float, float]:
    """Return (x, value) of the line's last finite value; NaN without any."""
    if not math.isfinite(float(one.line[-1])):
        finite = np.flatnonzero(np.isfinite(one.line))
        return (float(one.x[finite[-1]]), float(one.line[finite[-1]])) if len(finite) else (math.nan, math.nan)
    return float(one.x[-1]), float(one.line[-1])


def _emphasised_last(series: Sequence[Series]) -> list[int]:
    """Return the indices of the series in drawing order: the emphasised run last, on top."""
    return sorted(range(len(series)), key=lambda index: series[index].run.emphasised)


def _draw_exit(line: Floats, end: int, style: int, canvas: Canvas) -> None:
    """Draw the sign of a line that ends outside the plot; none if it was always below."""
    inside = np.flatnonzero((line >= 0) & (line <= canvas.height * 4))
    if line[end] < 0:
        canvas.put(0, int(inside[-1] if len(inside) else end) // 2, SIGNS[canvas.charset]["above"], style)
    elif len(inside):
        canvas.put(canvas.height - 1, int(inside[-1]) // 2, SIGNS[canvas.charset]["below"], style)


def draw_gaps(series: Sequence[Series], axes: Axes, columns: Columns, canvas: Canvas) -> None:
    """Draw a sign where a run became non-finite, and where it drops to zero or less on a log axis."""
    signs, rows = SIGNS[canvas.charset], canvas.height
    for index, one in enumerate(series):
        style = strong(one.run.slot)
        if not one.steps:
            for at, place in columns.gap_starts[index]:
                canvas.put(min(max(int(place // 4), 0), rows - 1), at // 2, signs["non-finite"], style)
        for at in _below_zero(one, axes, canvas.width * 2):
            canvas.put(rows - 1, at // 2, signs["below"], style)


def _below_zero(one: Series, axes: Axes, dots: int) -> list[int]:
    """Return the dot columns at which a line drops to zero or less; none on a linear axis."""
    if not axes.log_y:
        return []
    if lowest(one.line) > 0:
        return []
    below = np.isfinite(one.line) & (one.line <= 0)
    x: Floats = x_to_dots(axes, one.x[below & ~np.concatenate([[False], below[:-1]])], dots)
    return [min(int(at), dots - 1) for at in x.tolist() if 0 <= at <= dots]


def draw_marks(series: Sequence[Series], axes: Axes, plot: Plot, columns: Columns, canvas: Canvas) -> None:
    """Draw the events of each run: a sign on its line, and the same on the x axis."""
    signs = SIGNS[canvas.charset]
    area, below = canvas.part(plot), plot.top + plot.height
    for index, one in enumerate(series):
        for mark in () if one.companion else one.run.marks:
            column = cursor_column(axes, _mark_x(mark, one, axes), plot.width)
            if column is None:
                continue
            row = _row(columns.line[index], column, plot.height)
            if row is not None:
                area.put(row, column, signs[mark.kind], strong(one.run.slot))
            if below < canvas.height:
                canvas.put(below, plot.left + column, signs[mark.kind], strong(one.run.slot))


def _mark_x(mark: ChartMark, one: Series, axes: Axes) -> float | None:
    if axes.x_kind == "time":
        return mark.elapsed_s
    return float(mark.iteration * one.run.per_iteration(axes.x_kind))


def _row(line: Floats, column: int, rows: int) -> int | None:
    """Return the cell row of a line in a cell column; None if it does not pass through the plot there."""
    for at in (2 * column + 1, 2 * column):
        place = float(line[at])
        if 0 <= place <= rows * 4:
            return min(int(place // 4), rows - 1)
    return None
