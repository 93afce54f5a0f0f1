"""Plotting: rasterises the curves of a view, draws them into a plot, and finds its ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.trace.decimation import Floats
from engine.trace.finite_checks import lowest
from tui.chart.cells.canvas import Canvas
from tui.chart.cells.picture import faint, strong
from tui.chart.cells.raster import LEFT_DOTS, Bits, SeriesStyle, band_bits, compose, line_bits, thicker
from tui.chart.drawing import markers
from tui.chart.drawing.frame import AXIS_HEIGHT, AXIS_WIDTH
from tui.chart.values.axes import x_to_dots, y_to_dots
from tui.chart.values.columns import Columns, to_columns
from tui.chart.values.series import Series, SeriesBundle
from tui.chart.values.ticks import Tick, x_ticks, y_ticks
from tui.chart.values.view import Axes, Charset, ChartView, Plot
from tui.colours.palette import marker


@dataclass(frozen=True, slots=True)
class Ticks:
    """The ticks of a plot of `columns` x `rows` cells."""

    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    columns: int
    rows: int

    @property
    def label_width(self) -> int:
        """Width of the y labels in cells."""
        return max((len(tick.label) for tick in self.y), default=0)


def ticks_for(axes: Axes, width: int, height: int, label_width: int | None = None) -> Ticks | None:
    """Return the ticks of a plot that fits with axes and labels into `width` x `height` cells; None without room.

    `label_width` overrides the room reserved for y labels, if they stand elsewhere.
    """
    if height < AXIS_HEIGHT + 2 or width < 12:
        return None
    rows = height - AXIS_HEIGHT
    y = y_ticks(axes, rows)
    columns = width - AXIS_WIDTH - (max((len(t.label) for t in y), default=0) if label_width is None else label_width)
    if columns < 1:
        return None
    # the last x label is centred on its tick and may extend beyond the plot
    x = x_ticks(axes, columns)
    if x and columns - 1 - x[-1].cell < len(x[-1].label) // 2 < columns - 24:
        columns -= len(x[-1].label) // 2
        x = x_ticks(axes, columns)
    return Ticks(x, y, columns, rows)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """k series rasterised at one size: values in dots, and the dots of lines and bands (k, rows, columns)."""

    series: tuple[Series, ...]
    columns: Columns
    lines: Bits
    bands: Bits

    def only(self, which: Sequence[int]) -> Layer:
        """Return the layer of the series with these indices."""
        index, columns = list(which), self.columns
        return Layer(
            tuple(self.series[i] for i in index),
            Columns(
                columns.line[index],
                columns.low[index],
                columns.high[index],
                tuple(columns.gap_starts[i] for i in index),
            ),
            self.lines[index],
            self.bands[index],
        )


def rasterise(view: ChartView, rows: SeriesBundle, axes: Axes, width: int, height: int, charset: Charset) -> Layer:
    """Rasterise all series on a plot of `width` x `height` cells."""
    dots_x, dots_y = width * 2, height * 4
    banded = [index for index, one in enumerate(rows.series) if one.run.raw] if view.show_raw else []
    low, high = _bands(rows, axes, dots_y, banded)
    columns = to_columns(rows, x_to_dots(axes, rows.x, dots_x), y_to_dots(axes, rows.line, dots_y), low, high, dots_x)
    lines = line_bits(columns.line, height, [one.steps for one in rows.series])
    if charset != "ascii" and not view.grid and len(view.runs) > 1:
        for index, one in enumerate(rows.series):
            if one.run.emphasised and not one.companion:
                lines[index] = thicker(lines[index])
    for index, one in enumerate(rows.series):
        if one.companion and not one.before:
            if charset == "ascii":
                lines[index, :, 1::2] = 0
            else:
                lines[index] &= LEFT_DOTS
    if len(banded) == len(rows.series):
        bands = band_bits(columns.low, columns.high, height, [one.filled for one in rows.series])
    else:
        bands = np.zeros_like(lines)
        if banded:
            filled = [rows.series[index].filled for index in banded]
            bands[banded] = band_bits(columns.low[banded], columns.high[banded], height, filled)
    return Layer(rows.series, columns, lines, bands)


def _bands(rows: SeriesBundle, axes: Axes, dots: int, banded: Sequence[int]) -> tuple[Floats, Floats]:
    """Return lows and highs (n,) in dot rows, NaN except in the `banded` series; a log axis clips lows <= 0."""
    low, high = np.full(len(rows.x), np.nan), np.full(len(rows.x), np.nan)
    whole = len(banded) == len(rows.series)
    for part in [slice(None)] if whole else [slice(*rows.starts[index : index + 2]) for index in banded]:
        low[part], high[part] = y_to_dots(axes, rows.low[part], dots), y_to_dots(axes, rows.high[part], dots)
        if axes.log_y and not lowest(rows.low[part]) > 0:
            low[part][(rows.low[part] <= 0) & (rows.high[part] > 0)] = dots
    return low, high


def draw_curves(view: ChartView, layer: Layer, axes: Axes, plot: Plot, canvas: Canvas) -> None:
    """Draw the curves of a layer with all their signs, in the plot's cells and on the axis below."""
    ascii_only = canvas.charset == "ascii"
    series_styles = [
        SeriesStyle(
            faint(slot) if one.before else strong(slot),
            faint(slot),
            one.run.emphasised and not one.before,
            ord(marker(slot, ascii_only=True)) if ascii_only else 0,
        )
        for one in layer.series
        for slot in (one.run.slot,)
    ]
    area = canvas.part(plot)
    area.paste(0, 0, *compose(layer.lines, layer.bands, series_styles, glyphs=ascii_only))
    markers.draw_points(layer.series, axes, layer.columns, layer.lines, area)
    if view.show_markers:
        markers.draw_markers(layer.series, layer.columns, layer.lines, area)
    markers.draw_heads(layer.series, axes, layer.columns, area)
    markers.draw_gaps(layer.series, axes, layer.columns, area)
    markers.draw_marks(layer.series, axes, plot, layer.columns, canvas)
    cursor = markers.cursor_column(axes, view.cursor_x, plot.width)
    if cursor is not None:
        markers.draw_cursor(layer.series, layer.columns, cursor, area)
