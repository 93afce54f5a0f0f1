"""draw: one ChartView at one size becomes one Picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tui.chart.axes import bounds_of, hold, x_to_dots, y_to_dots
from tui.chart.frame import AXIS_HEIGHT, AXIS_WIDTH, draw_frame
from tui.chart.legend import draw_legend
from tui.chart.picture import BLANK, CURSOR, FRAME, HINT, TITLE, Codepoints, Picture, StyleIds, faint, strong
from tui.chart.raster import band_bits, compose, line_bits, stack
from tui.chart.series import Columns, Series, series_of, to_columns
from tui.chart.text import cells, fit, place
from tui.chart.ticks import x_ticks, y_ticks
from tui.chart.view import Axes, Charset, ChartView, Floats, Plot
from tui.palette import marker

SIGNS = {
    "unicode": {"non-finite": "✗", "below": "▾", "cursor": "│", "rule": "─", "dot": "·",
                "step-size": "◆", "pause": "‖", "fork": "◇", "divergence": "✗", "other": "◆"},
    "ascii": {"non-finite": "X", "below": "v", "cursor": "|", "rule": "-", "dot": "-",
              "step-size": "^", "pause": "=", "fork": "Y", "divergence": "X", "other": "^"},
}  # fmt: skip
X_NAMES = {"iteration": "iteration", "time": "time (s)", "examples": "examples seen"}
WAITING = "waiting for the first iterations"


def draw(
    view: ChartView, width: int, height: int, *, charset: Charset = "unicode", previous: Picture | None = None
) -> Picture:
    """The chart at `width` x `height` cells, legend and title included; any size from 1x1 up.

    The axes of `previous` are held while the data stay within them and the kind of axes is the same. Never
    raises for what is in the curves: non-finite losses are gaps with a sign, and so are non-positive ones on a
    log axis, where a band that reaches below zero ends at the lower edge.
    """
    width, height = max(width, 1), max(height, 1)
    codepoints = np.full((height, width), ord(" "), dtype=np.uint32)
    styles = np.full((height, width), BLANK, dtype=np.uint8)
    title_rows = int(view.show_title and height >= 7)
    legend_codes, legend_styles = draw_legend(
        tuple((run.label, run.slot) for run in view.runs), width - 1, _legend_rows(view, height), charset
    )
    legend_rows = len(legend_codes)
    if legend_rows:
        codepoints[height - legend_rows :, 1:], styles[height - legend_rows :, 1:] = legend_codes, legend_styles
    if title_rows:
        _draw_title(view, codepoints, styles, charset)
    bottom = height - legend_rows
    series = [one for run in view.runs if (one := series_of(run, view.x_kind, view.smoothing)) is not None]
    if not series:
        plot = Plot(0, title_rows, width, bottom - title_rows)
        _draw_hint(WAITING if view.runs else view.empty_hint, plot, codepoints, styles, charset)
        return _finished(codepoints, styles, None, plot)
    axes = hold(view, bounds_of(view, series), None if previous is None else previous.axes)
    plot = _draw_frame(axes, title_rows, bottom, codepoints, styles, charset)
    if plot.width > 0 and plot.height > 0:
        _draw_series(view, series, axes, plot, codepoints, styles, charset)
    return _finished(codepoints, styles, axes, plot)


def _legend_rows(view: ChartView, height: int) -> int:
    if not view.show_legend or height < 6:
        return 0
    return min(height // 6, 4)


def _finished(codepoints: Codepoints, styles: StyleIds, axes: Axes | None, plot: Plot) -> Picture:
    codepoints.setflags(write=False)
    styles.setflags(write=False)
    return Picture(codepoints, styles, axes, plot)


def _draw_title(view: ChartView, codepoints: Codepoints, styles: StyleIds, charset: Charset) -> None:
    signs, width = SIGNS[charset], codepoints.shape[1]
    dot = f"  {signs['dot']}  "
    parts = [view.measure + (" (log)" if view.log_y else ""), f"x: {X_NAMES[view.x_kind]}"]
    if view.log_x:
        parts[-1] += " (log)"
    if view.smoothing > 0:
        parts.append(f"smoothing {view.smoothing:g}")
    codepoints[0], styles[0] = ord(signs["rule"]), FRAME
    end = place(codepoints, styles, 0, 0, fit(cells(f" {dot.join(parts)} ", charset), width, charset), TITLE)
    note = cells(f" {view.note} ", charset) if view.note else []
    if note and end + len(note) + 3 <= width:
        place(codepoints, styles, 0, width - len(note) - 1, note, HINT)


def _draw_hint(text: str, plot: Plot, codepoints: Codepoints, styles: StyleIds, charset: Charset) -> None:
    room = max(min(plot.width - 4, 60), 1)
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    lines = [*lines, line][: plot.height]
    top = plot.top + (plot.height - len(lines)) // 2
    for row, words in enumerate(lines, top):
        codes = fit(cells(words, charset), plot.width, charset)
        place(codepoints, styles, row, plot.left + max(plot.width - len(codes), 0) // 2, codes, HINT)


def _draw_frame(axes: Axes, top: int, bottom: int, codepoints: Codepoints, styles: StyleIds, charset: Charset) -> Plot:
    """Axes and ticks where there is room for them; returns the cells that are left for curves."""
    width, height = codepoints.shape[1], bottom - top
    if height < AXIS_HEIGHT + 2 or width < 12:
        return Plot(0, top, width, max(height, 0))
    rows = height - AXIS_HEIGHT
    y = y_ticks(axes, rows)
    left = max(len(tick.label) for tick in y) + AXIS_WIDTH if y else AXIS_WIDTH
    columns = width - left
    # a label of the x axis is centred on its tick and may reach half its length beyond the plot
    x = x_ticks(axes, columns)
    if x and len(x[-1].label) // 2 > columns - 1 - x[-1].cell and columns > 24:
        columns -= len(x[-1].label) // 2
        x = x_ticks(axes, columns)
    codes, ids = draw_frame(columns, rows, x, y, charset)
    codepoints[top:bottom, : codes.shape[1]], styles[top:bottom, : codes.shape[1]] = codes, ids
    return Plot(left, top, columns, rows)


def _draw_series(
    view: ChartView,
    series: Sequence[Series],
    axes: Axes,
    plot: Plot,
    codepoints: Codepoints,
    styles: StyleIds,
    charset: Charset,
) -> None:
    dots_x, dots_y = plot.width * 2, plot.height * 4
    columns = _columns(series, axes, dots_x, dots_y)
    lines, lows, highs = stack(columns)
    if not view.show_raw:
        lows, highs = np.full_like(lows, np.nan), np.full_like(highs, np.nan)
    slots = [one.run.slot for one in series]
    codes, ids = compose(
        line_bits(lines, plot.height),
        band_bits(lows, highs, plot.height, [not one.steps for one in series]),
        [strong(slot) for slot in slots],
        [faint(slot) for slot in slots],
        [one.run.emphasised for one in series],
        [ord(marker(slot, ascii_only=True)) for slot in slots] if charset == "ascii" else [],
    )
    if view.cursor_x is not None:
        _draw_cursor(view.cursor_x, axes, codes, ids, charset)
    for one, column in zip(series, columns, strict=True):
        _draw_head(one, column, codes, ids, charset)
    for one, column in zip(series, columns, strict=True):
        _draw_gap_signs(one, column, axes, codes, ids, charset)
    area = np.s_[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]
    codepoints[area], styles[area] = codes, ids
    if plot.top + plot.height < len(codepoints):
        _draw_marks(series, axes, plot, codepoints, styles, charset)


def _columns(series: Sequence[Series], axes: Axes, dots_x: int, dots_y: int) -> list[Columns]:
    """Every series on the dot grid; all their values are scaled in one go, which is what NumPy is quick at."""
    x = x_to_dots(axes, np.concatenate([one.x for one in series]), dots_x)
    lows, highs = np.concatenate([one.low for one in series]), np.concatenate([one.high for one in series])
    line = y_to_dots(axes, np.concatenate([one.line for one in series]), dots_y)
    low, high = y_to_dots(axes, lows, dots_y), y_to_dots(axes, highs, dots_y)
    if axes.log_y:
        low[(lows <= 0) & (highs > 0)] = dots_y
    ends = np.cumsum([0, *(len(one.x) for one in series)]).tolist()
    return [
        to_columns(one, x[start:stop], line[start:stop], low[start:stop], high[start:stop], dots_x)
        for one, (start, stop) in zip(series, pairwise(ends), strict=True)
    ]


def _draw_cursor(cursor_x: float, axes: Axes, codes: Codepoints, ids: StyleIds, charset: Charset) -> None:
    where = float(x_to_dots(axes, np.array([cursor_x]), codes.shape[1])[0])
    if math.isfinite(where) and 0 <= where <= codes.shape[1]:
        column = min(int(where), codes.shape[1] - 1)
        free = codes[:, column] == ord(" ")
        codes[free, column], ids[free, column] = ord(SIGNS[charset]["cursor"]), CURSOR


def _draw_head(one: Series, column: Columns, codes: Codepoints, ids: StyleIds, charset: Charset) -> None:
    """The run's sign at the right end of its line: shape as well as colour tells the curves apart."""
    known = np.flatnonzero(np.isfinite(column.line))
    if not len(known):
        return
    at, last = int(known[-1]), float(column.line[known[-1]])
    if 0 <= last <= codes.shape[0] * 4:
        row = min(int(last // 4), codes.shape[0] - 1)
        codes[row, at // 2] = ord(marker(one.run.slot, ascii_only=charset == "ascii"))
        ids[row, at // 2] = strong(one.run.slot)


def _draw_gap_signs(
    one: Series, column: Columns, axes: Axes, codes: Codepoints, ids: StyleIds, charset: Charset
) -> None:
    signs, rows = SIGNS[charset], codes.shape[0]
    places = []
    if not one.steps:
        places = [(at, min(max(int(row // 4), 0), rows - 1), "non-finite") for at, row in column.gap_starts]
    places += [(at, rows - 1, "below") for at in _below_zero(one, axes, codes.shape[1] * 2)]
    for at, row, sign in places:
        codes[row, at // 2], ids[row, at // 2] = ord(signs[sign]), strong(one.run.slot)


def _below_zero(one: Series, axes: Axes, dots: int) -> list[int]:
    """Dot columns at which a line drops to zero or less, which a log axis cannot show."""
    if not axes.log_y:
        return []
    below = np.isfinite(one.line) & (one.line <= 0)
    if not below.any():
        return []
    x: Floats = x_to_dots(axes, one.x[below & ~np.concatenate([[False], below[:-1]])], dots)
    return [min(int(at), dots - 1) for at in x.tolist() if 0 <= at <= dots]


def _draw_marks(
    series: Sequence[Series], axes: Axes, plot: Plot, codepoints: Codepoints, styles: StyleIds, charset: Charset
) -> None:
    row = plot.top + plot.height
    for one in series:
        scale = max(one.run.examples_per_iteration, 1) if axes.x_kind == "examples" else 1
        for mark in one.run.marks:
            x = mark.elapsed_s if axes.x_kind == "time" else mark.iteration * scale
            if x is None or not math.isfinite(x):
                continue
            where = float(x_to_dots(axes, np.array([float(x)]), plot.width)[0])
            if 0 <= where <= plot.width:
                column = plot.left + min(int(where), plot.width - 1)
                codepoints[row, column] = ord(SIGNS[charset][mark.kind])
                styles[row, column] = strong(one.run.slot)
