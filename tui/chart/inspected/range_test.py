"""The range test's picture: the loss against a step size that rises, with the steepest and the breaking one marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.trace.decimation import Floats
from tui.chart.cells.canvas import Canvas, blank
from tui.chart.cells.picture import CURSOR, TICK, TITLE, Picture, strong
from tui.chart.drawing.frame import AXIS_WIDTH, draw_frame
from tui.chart.drawing.loss_by_value import ResponseView, draw_hint, draw_line, value_ticks
from tui.chart.values.axes import nice_linear, nice_log, x_to_dots, y_to_dots
from tui.chart.values.view import Axes, Charset, Plot

RULE = {"unicode": "┊", "ascii": ":"}
END = {"unicode": "●", "ascii": "@"}
SPIKES = 20.0
"""Multiple of the first loss at which the y axis ends: a test ends where the loss explodes."""


@dataclass(frozen=True, slots=True, eq=False)
class RangeTestView:
    """The `loss` (k,) and its `smoothed` curve (k,) against ascending `step_sizes` (k,), in the colour of `slot`.

    The axis reaches over `extent`. `marks` are step sizes with their names.
    """

    step_sizes: Floats
    loss: Floats
    smoothed: Floats
    extent: tuple[float, float]
    marks: tuple[tuple[float, str], ...]
    slot: int


def draw_range_test(view: RangeTestView, width: int, height: int, charset: Charset) -> Picture:
    """Return the chart at `width` x `height` cells; any size from 1x1 up."""
    canvas = blank(max(width, 1), max(height, 1), charset)
    axes, whole = _axes(view), Plot(0, 0, canvas.width, canvas.height)
    if axes is None:
        draw_hint("no finite loss", whole, canvas)
        return canvas.picture(None, whole)
    ticks = value_ticks(ResponseView(), axes, canvas.width, canvas.height)
    plot = whole
    if ticks is not None:
        canvas.paste(0, 0, *draw_frame(ticks.columns, ticks.rows, ticks.x, ticks.y, charset))
        plot = Plot(ticks.label_width + AXIS_WIDTH, 0, ticks.columns, ticks.rows)
    if plot.width > 0 and plot.height > 0:
        _draw(view, axes, canvas.part(plot))
    return canvas.picture(axes, plot)


def _axes(view: RangeTestView) -> Axes | None:
    finite = view.loss[np.isfinite(view.loss)]
    if not len(finite):
        return None
    low, high = float(finite.min()), min(float(finite.max()), max(SPIKES * float(finite[0]), float(finite.min())))
    log_y = low > 0 and high > 10 * low
    y = nice_log(low, high) if log_y else nice_linear(low, high)
    return Axes(*view.extent, *y, True, log_y, "iteration", "loss")


def _draw(view: RangeTestView, axes: Axes, area: Canvas) -> None:
    across = np.clip(x_to_dots(axes, view.step_sizes, area.width * 2), 0, area.width * 2 - 1)
    smoothed, loss = (y_to_dots(axes, values, area.height * 4) for values in (view.smoothed, view.loss))
    draw_line(across, smoothed, area, strong(view.slot))
    draw_line(across, loss, area, TICK, dotted=True)
    if np.isfinite(smoothed[-1]) and 0 <= smoothed[-1] <= area.height * 4:
        row = min(int(smoothed[-1] // 4), area.height - 1)
        area.put(row, int(across[-1] // 2), END[area.charset], strong(view.slot))
    taken = 0
    for step_size, name in view.marks:
        column = min(max(int(x_to_dots(axes, np.array([step_size]), area.width)[0]), 0), area.width - 1)
        free = area.codes[:, column] == ord(" ")
        area.codes[free, column], area.styles[free, column] = ord(RULE[area.charset]), CURSOR
        start = max(min(column - len(name) // 2, area.width - len(name)), 0)
        row = 0 if start >= taken else 1
        taken = start + len(name) + 1
        if row < area.height:
            area.write(row, start, area.fitted(name, area.width), TITLE)
