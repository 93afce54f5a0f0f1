"""The chart pane: draws the chart when told to, and refreshes only the rows that changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip

from tui import chart
from tui.chart import ChartView, Picture, Plot
from tui.chart.drawing.weight_cells import Manner
from tui.chart.values.view import Charset
from tui.colours.theme import POINTED, cell_style
from tui.model.messages import (
    ChartClicked,
    ChartPointed,
    ChartRangeDragged,
    ChartScrolled,
    MetricPointed,
    RunPointed,
)
from tui.text.ascii_only import spelled
from tui.widgets.cell_widget import RIGHT, CellWidget, pointing_of

LEAST_DRAG = 3
"""Cells that the mouse has to move while it is pressed; less is a click."""


@dataclass(frozen=True, slots=True)
class Drag:
    """The mouse was pressed over the cells of `plot` in column `start` and is now in column `end`."""

    plot: Plot
    start: int
    end: int

    def to(self, column: int) -> Drag:
        """The drag with the mouse at a column, or at the nearest one of the plot."""
        return replace(self, end=max(self.plot.left, min(column, self.plot.left + self.plot.width - 1)))

    @property
    def columns(self) -> range:
        """The columns that are selected; none while it may still be a click."""
        low, high = sorted((self.start, self.end))
        return range(low, high + 1) if high - low >= LEAST_DRAG else range(0)

    @property
    def rows(self) -> range:
        """The rows of the plot."""
        return range(self.plot.top, self.plot.top + self.plot.height)


@dataclass(frozen=True, slots=True)
class ChartStyle:
    """How a terminal shows a chart: its characters, and whether curves need markers besides their colours.

    With `shades`, images of weights are drawn in shades, because colours are lost. Without `grounds`, backgrounds have
    no colours; with `octants` the terminal draws these.
    """

    charset: Charset = "unicode"
    markers: bool = False
    shades: bool = False
    grounds: bool = True
    octants: bool = False

    @property
    def manner(self) -> Manner:
        """The way to draw images of signed numbers."""
        return "ascii" if self.charset == "ascii" else "shades" if self.shades or self.markers else "halves"

    @property
    def filled(self) -> Manner:
        """The way to draw areas of many colours, which are lost where backgrounds have none."""
        return self.manner if self.grounds or self.manner != "halves" else "shades"

    def written(self, text: str) -> str:
        """The text with the signs of formulas as words where these have no signs."""
        return spelled(text) if self.charset == "ascii" else text


class ChartPane(CellWidget):
    """Paints the picture of a ChartView, and the range of the x axis that the mouse is dragged over.

    Posts ChartScrolled, ChartRangeDragged and ChartClicked for the x axis, ChartPointed where the mouse moves a
    readout, MetricPointed and RunPointed on a click on a panel, a tile or an entry of the legend.
    """

    DEFAULT_CSS = "ChartPane { width: 1fr; height: 1fr; }"

    def __init__(self, view: ChartView, chart_style: ChartStyle) -> None:
        super().__init__()
        self._chart_style = chart_style
        self.picture: Picture | None = None
        """The picture on the screen."""
        self._view = view
        self._rows: dict[int, Strip] = {}
        self._stale = False
        self._drag: Drag | None = None
        self._was_dragged = False

    @property
    def view(self) -> ChartView:
        """The view that is shown."""
        return self._view

    def show(self, view: ChartView) -> None:
        """Draw this view if the pane is displayed."""
        before, is_drawn = self.picture, view == self._view and not self._stale
        self._view = view
        if not self.display:
            self._stale = not is_drawn
            return
        if is_drawn or before is None or (before.width, before.height) != self.size:
            return  # Textual will ask for the rows of a picture that is not yet drawn at this size
        self.picture = self._drawn()
        self._paint(self.picture, {span.row for span in self.picture.changed_spans(before)})

    def _paint(self, picture: Picture, rows: Iterable[int]) -> None:
        """Put the picture on the terminal; where Textual has to compose it, only these rows."""
        place = self.place()
        if place is None:
            self.refresh(*(Region(0, row, self.size.width, 1) for row in rows))
            return
        output, region = place
        ground = self.ground
        output.paste(*region.offset, picture.codepoints, picture.styles, lambda style: cell_style(style) + ground)
        if self._drag is not None and self._drag.columns:
            left, top = self._drag.columns.start, self._drag.rows.start
            area = np.s_[top : self._drag.rows.stop, left : self._drag.columns.stop]
            selected = picture.codepoints[area], picture.styles[area]
            output.paste(region.x + left, region.y + top, *selected, lambda style: cell_style(style) + POINTED)

    def _select(self, drag: Drag | None) -> None:
        """Show a drag's columns, or none."""
        if drag == self._drag or self.picture is None:
            return
        before, self._drag = self._drag, drag
        selection = drag or before
        self._rows.clear()
        self._paint(self.picture, () if selection is None else selection.rows)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to select a range of the x axis."""
        plot = None if self.picture is None else self.picture.plot_at(event.x, event.y)
        self._was_dragged = False
        if plot is not None and event.button == 1:
            self._select(Drag(plot, event.x, event.x))
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._drag is not None:
            self._select(self._drag.to(event.x))
            return
        x = None if self.picture is None else self.picture.x_at(event.x)
        if x is not None and self._view.cursor_x is not None:
            self.post_message(ChartPointed(x))

    def on_mouse_up(self) -> None:
        """Zoom to the range that was selected."""
        drag, picture = self._drag, self.picture
        if drag is None:
            return
        self.release_mouse()
        self._select(None)
        self._was_dragged = bool(drag.columns)
        if drag.columns and picture is not None:
            low, high = picture.x_at(drag.columns.start), picture.x_at(drag.columns.stop - 1)
            if low is not None and high is not None:
                self.post_message(ChartRangeDragged(low, high))

    def on_click(self, event: events.Click) -> None:
        picture = self.picture
        if picture is None or self._was_dragged:
            return
        metric, run_id = picture.metric_at(event.x, event.y), chart.run_at(self._view, picture, event.x, event.y)
        x = None if picture.plot_at(event.x, event.y) is None else picture.x_at(event.x)
        if metric is not None:
            self.post_message(MetricPointed(metric, twice=event.chain > 1))
        elif run_id is not None:
            self.post_message(RunPointed(run_id, pointing_of(event, twice="mark")))
        elif x is not None and event.button != RIGHT:
            self.post_message(ChartClicked(x))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scrolled(2.0, event.x)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scrolled(0.5, event.x)

    def _scrolled(self, factor: float, column: int) -> None:
        self.post_message(ChartScrolled(factor, None if self.picture is None else self.picture.x_at(column)))

    def _drawn(self) -> Picture:
        self._rows.clear()
        self._stale = False
        view = replace(self._view, show_markers=True) if self._chart_style.markers else self._view
        return chart.draw(view, *self.size, charset=self._chart_style.charset, previous=self.picture)

    def row(self, y: int, ground: Style) -> Strip:
        """Row `y` of the picture, which is drawn first if it is out of date."""
        if self.picture is None or self._stale or (self.picture.width, self.picture.height) != self.size:
            self.picture = self._drawn()
        if y not in self._rows:
            drag = self._drag
            selected = drag.columns if drag is not None and y in drag.rows else range(0)
            parts = (
                (0, selected.start, ground),
                (selected.start, selected.stop, POINTED),
                (selected.stop, None, ground),
            )
            pieces = [
                Segment(text, cell_style(style) + under)
                for start, stop, under in parts
                for text, style in self.picture.row(y, start, stop)
            ]
            self._rows[y] = Strip(pieces, self.picture.width)
        return self._rows[y]

    def metrics_of(self, view: ChartView) -> tuple[str, ...]:
        """The metrics that have a panel in this view at the pane's size; none if a grid does not fit."""
        return chart.metrics_of(view, *self.size)

    def text(self) -> str:
        """The chart as plain text."""
        return "" if self.picture is None else self.picture.to_text()
