"""Loss by value: a chart of the loss over the values of a swept parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.trace.decimation import Floats
from tui.chart.cells.canvas import Canvas, blank
from tui.chart.cells.picture import CURSOR, FRAME, HINT, TICK, TITLE, Picture, strong
from tui.chart.cells.raster import BRAILLE, line_bits
from tui.chart.drawing.frame import AXIS_WIDTH, draw_frame
from tui.chart.drawing.plotting import Ticks, ticks_for
from tui.chart.values.axes import nice_linear, nice_log, x_to_dots, y_to_dots
from tui.chart.values.metrics import short_number
from tui.chart.values.ticks import Tick, has_gap
from tui.chart.values.view import Axes, Charset, Plot

CAP = 100.0
"""The y axis ends at this multiple of the highest loss that did not diverge, so that the others stay apart."""

LARGEST = 1e300
"""Losses are clipped to this size: differences of larger ones would overflow."""

SIGNS = {
    "unicode": {
        "best": "★",
        "gone": "✗",
        "growing": "○",
        "done": "●",
        "stopped": "⊘",
        "spread": "│",
        "cursor": "┊",
        "beyond": "▴",
    },
    "ascii": {
        "best": "*",
        "gone": "X",
        "growing": "o",
        "done": "@",
        "stopped": "/",
        "spread": "|",
        "cursor": ":",
        "beyond": "^",
    },
}


@dataclass(frozen=True, slots=True)
class ResponsePoint:
    """The result of one value `x`: `loss` is NaN while unknown, and may be non-finite if its runs diverged.

    `low` and `high` are the spread over seeds; `beside` is a second loss (validation), NaN without one. `growing`: its
    runs have not ended. `stopped`: they ended earlier than others, so their losses do not compare. `diverged`: it has
    no loss to compare. `label` is the tick label below it; '' for a decade axis.
    """

    x: float
    loss: float
    low: float
    high: float
    slot: int
    beside: float = math.nan
    growing: bool = False
    diverged: bool = False
    stopped: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class ResponseView:
    """Everything that decides the chart except its size. `points` are ordered by x; `best` and `pointed` index them.

    `title` stands at the left of the first line, `note` at its right; the caller has cleaned both.
    """

    points: tuple[ResponsePoint, ...] = ()
    log_x: bool = True
    log_y: bool = True
    title: str = ""
    note: str = ""
    best: int | None = None
    pointed: int | None = None
    empty_hint: str = "nothing is known yet"


def draw_response(view: ResponseView, width: int, height: int, *, charset: Charset = "unicode") -> Picture:
    """Return the chart at `width` x `height` cells, its title line included; any size from 1x1 up."""
    canvas = blank(max(width, 1), max(height, 1), charset)
    top = draw_title(view.title, view.note, canvas)
    axes = response_axes(view)
    if axes is None:
        plot = Plot(0, top, canvas.width, canvas.height - top)
        draw_hint(view.empty_hint, plot, canvas)
        return canvas.picture(None, plot)
    ticks = value_ticks(view, axes, canvas.width, canvas.height - top)
    plot = Plot(0, top, canvas.width, max(canvas.height - top, 0))
    if ticks is not None:
        canvas.paste(top, 0, *draw_frame(ticks.columns, ticks.rows, ticks.x, ticks.y, charset))
        plot = Plot(ticks.label_width + AXIS_WIDTH, top, ticks.columns, ticks.rows)
    if plot.width > 0 and plot.height > 0:
        _draw(view, axes, canvas.part(plot))
    return canvas.picture(axes, plot)


def draw_title(title: str, note: str, canvas: Canvas) -> int:
    """Draw a title and a note on a rule if there is room; return the rows used, 0 or 1."""
    if canvas.height < 5:
        return 0
    canvas.codes[0], canvas.styles[0] = ord("-" if canvas.charset == "ascii" else "─"), FRAME
    end = canvas.write(0, 0, canvas.fitted(f" {title} ", canvas.width), TITLE)
    note_cells = canvas.fitted(f" {note} ", canvas.width)
    if note and end + len(note_cells) + 3 <= canvas.width:
        canvas.write(0, canvas.width - len(note_cells) - 1, note_cells, HINT)
    return 1


def draw_hint(text: str, plot: Plot, canvas: Canvas) -> None:
    """Write a short text in the middle of an empty plot."""
    codes = canvas.fitted(text, plot.width)
    if plot.height > 0:
        canvas.write(plot.top + plot.height // 2, plot.left + max(plot.width - len(codes), 0) // 2, codes, HINT)


def response_axes(view: ResponseView) -> Axes | None:
    """Return axes that contain every point; None before the first loss is known."""
    visible = [point for point in view.points if not view.log_x or point.x > 0]
    losses = [value for point in visible if not point.diverged for value in (point.loss, point.low, point.high)]
    diverged_losses = [point.loss for point in visible if point.diverged]
    losses, diverged_losses = (_usable(values, view.log_y) for values in (losses, diverged_losses))
    if not losses and not diverged_losses:
        return None
    highest = max(losses) if losses else min(diverged_losses)
    values = [*losses, *(min(value, CAP * highest) for value in diverged_losses)]
    y = nice_log(min(values), max(values)) if view.log_y else nice_linear(min(values), max(values))
    low, high = _padded(min(point.x for point in visible), max(point.x for point in visible), log=view.log_x)
    return Axes(low, high, *y, view.log_x, view.log_y, "iteration", "loss")


def value_ticks(view: ResponseView, axes: Axes, width: int, height: int) -> Ticks | None:
    """Return the ticks of a plot that fits into `width` x `height` cells; None without room.

    The x ticks are the labelled values, else decades on a log axis.
    """
    ticks = ticks_for(axes, width, height)
    if ticks is None:
        return None
    x = _labels(view.points, axes, ticks.columns) or (_decades(axes, ticks.columns) if axes.log_x else ticks.x)
    return replace(ticks, x=x)


def _labels(points: Sequence[ResponsePoint], axes: Axes, columns: int) -> tuple[Tick, ...]:
    """Return the labels of the points from the left, skipping those that would touch the previous one."""
    labelled = [point for point in points if point.label and (point.x > 0 or not axes.log_x)]
    where = x_to_dots(axes, np.array([point.x for point in labelled]), columns * 2) // 2
    ticks: list[Tick] = []
    for cell, point in zip(where, labelled, strict=True):
        tick = Tick(int(min(max(cell, 0), columns - 1)), point.label)
        if not ticks or has_gap(tick, ticks[-1]):
            ticks.append(tick)
    return tuple(ticks)


def _decades(axes: Axes, columns: int) -> tuple[Tick, ...]:
    """Return the decades of a log x axis, every n-th if they would touch, in one notation."""
    powers = range(math.ceil(math.log10(axes.x_low)), math.floor(math.log10(axes.x_high)) + 1)
    stride = next((n for n in (1, 2, 3, 5, 10) if len(powers) / n * 8 <= columns), 20)
    kept = [power for power in powers if power % stride == 0] or list(powers)
    where = x_to_dots(axes, np.array([10.0**power for power in kept]), columns * 2) // 2
    return tuple(
        Tick(min(int(cell), columns - 1), short_number(10.0**power)) for cell, power in zip(where, kept, strict=True)
    )


def _usable(values: Sequence[float], log: bool) -> list[float]:
    return [min(value, LARGEST) for value in values if math.isfinite(value) and (value > 0 or not log)]


def _padded(low: float, high: float, *, log: bool) -> tuple[float, float]:
    """Return the range widened at both ends, so that no point lies on the frame."""
    if log:
        share = (high / low) ** 0.04 if high > low else 3.0
        return low / share, high * share
    room = 0.04 * (high - low) if high > low else max(abs(high), 1.0) * 0.5
    return low - room, high + room


def _draw(view: ResponseView, axes: Axes, area: Canvas) -> None:
    x = np.array([point.x for point in view.points])
    across = np.clip(x_to_dots(axes, x, area.width * 2), 0, area.width * 2 - 1)
    loss, beside = (_down(axes, [getattr(point, name) for point in view.points], area) for name in ("loss", "beside"))
    draw_line(across, beside, area, HINT, dotted=True)
    draw_line(across, loss, area, TICK)
    signs = SIGNS[area.charset]
    if view.pointed is not None and math.isfinite(across[view.pointed]):
        column = int(across[view.pointed] // 2)
        free = area.codes[:, column] == ord(" ")
        area.codes[free, column], area.styles[free, column] = ord(signs["cursor"]), CURSOR
    low, high = (_down(axes, [getattr(point, name) for point in view.points], area) for name in ("low", "high"))
    for place, point in enumerate(view.points):
        if not math.isfinite(across[place]):
            continue
        column = int(across[place] // 2)
        if not point.diverged:
            _draw_spread(column, low[place], high[place], strong(point.slot), area)
        row = _row(loss[place], area)
        if point.diverged:
            area.put(0 if row is None else row, column, signs["gone"], strong(point.slot))
        elif row is not None:
            sign = _sign_of(point, is_best=place == view.best)
            area.put(row, column, signs[sign], strong(point.slot))


def _sign_of(point: ResponsePoint, *, is_best: bool) -> str:
    return "best" if is_best else "growing" if point.growing else "stopped" if point.stopped else "done"


def _down(axes: Axes, values: Sequence[float], area: Canvas) -> Floats:
    """Return heights in dots from the top; NaN for unknown losses."""
    with np.errstate(over="ignore"):  # losses far outside the axes may overflow: they lie outside all the same
        return y_to_dots(axes, np.clip(np.array(values, dtype=np.float64), -LARGEST, LARGEST), area.height * 4)


def _row(dots: float, area: Canvas) -> int | None:
    if not 0 <= dots <= area.height * 4:
        return None
    return min(int(dots // 4), area.height - 1)


def draw_line(across: Floats, down: Floats, area: Canvas, style: int, *, dotted: bool = False) -> None:
    """Draw straight segments from point to point, cut at the edges of the plot."""
    known = np.isfinite(across) & np.isfinite(down)
    if known.sum() < 2:
        return
    columns = np.arange(area.width * 2) + 0.5
    line = np.interp(columns, across[known], down[known], left=np.nan, right=np.nan)
    bits = line_bits(line[None, :], area.height)[0]
    if dotted:
        bits[:, 1::2] = 0
    drawn = (bits != 0) & (area.codes == ord(" "))
    codes = np.where(area.charset == "ascii", np.uint32(ord(".")), bits + np.uint32(BRAILLE))
    area.codes[drawn], area.styles[drawn] = codes[drawn], style


def _draw_spread(column: int, low: float, high: float, style: int, area: Canvas) -> None:
    """Draw a vertical line from the lowest to the highest loss over seeds."""
    top, bottom = _row(high, area), _row(low, area)
    if top is not None and bottom is not None and bottom > top:
        for row in range(top, bottom + 1):
            area.put(row, column, SIGNS[area.charset]["spread"], style)
