"""Readout keys: what keys and the mouse do to the line at which values are read, on the board and in a sweep's view."""

from __future__ import annotations

from tui.model import x_extent
from tui.screens.keys.axis_keys import ChartPort
from tui.widgets.chart_pane import ChartPane


class ReadoutKeys:
    """Turns keys and mouse events into other places of the readout."""

    def __init__(self, port: ChartPort, chart: ChartPane) -> None:
        self._port = port
        self._chart = chart

    def action_readout(self) -> None:
        """Open the readout at the newest value, or close it."""
        chart_options, picture = self._port.chart_options, self._chart.picture
        runs = self._port.drawn_runs()
        if chart_options.cursor is not None or picture is None or picture.axes is None:
            self._port.with_options(chart_options.reading(None).followed(x_extent.newest_going_on(chart_options, runs)))
            return
        end = max((x_extent.newest(chart_options, run) for run in runs), default=0.0)
        last = picture.x_at(picture.plot.left + picture.plot.width - 1)
        self._port.with_options(chart_options.reading(last if picture.column_at(end) is None else end))

    def move(self, by: int) -> None:
        """Move the readout by columns."""
        picture, cursor = self._chart.picture, self._port.chart_options.cursor
        if picture is None or cursor is None:
            return
        column = picture.column_at(cursor)
        plot = picture.plot
        column = plot.left + plot.width // 2 if column is None else column + by
        x = picture.x_at(max(plot.left, min(column, plot.left + plot.width - 1)))
        if x is not None:
            self._port.with_options(self._port.chart_options.reading(x))

    def point(self, x: float) -> None:
        """Move the readout, if there is one, to the mouse at `x`."""
        if self._port.chart_options.cursor is not None:
            self._port.with_options(self._port.chart_options.reading(x))

    def click(self, x: float) -> None:
        """Open the readout at `x`, or close it."""
        if self._port.chart_options.cursor is None:
            self._port.with_options(self._port.chart_options.reading(x))
        else:
            self.action_readout()
