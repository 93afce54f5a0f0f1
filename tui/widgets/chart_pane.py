"""The chart pane: draws the chart when told to, and refreshes only the rows that changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip

from tui import chart
from tui.chart import ChartView, Picture
from tui.chart.drawing.weight_cells import Manner
from tui.chart.values.view import Charset
from tui.colours.theme import cell_style
from tui.model.messages import ChartPointed, ChartScrolled, MetricPointed
from tui.text.ascii_only import spelled
from tui.widgets.cell_widget import CellWidget


@dataclass(frozen=True, slots=True)
class ChartStyle:
    """How a terminal shows a chart: its characters, and whether curves need markers besides their colours.

    With `shades`, images of weights are drawn in shades, because colours are lost.
    """

    charset: Charset = "unicode"
    markers: bool = False
    shades: bool = False

    @property
    def manner(self) -> Manner:
        """The way to draw images of signed numbers."""
        return "ascii" if self.charset == "ascii" else "shades" if self.shades or self.markers else "halves"

    def written(self, text: str) -> str:
        """The text with the signs of formulas as words where these have no signs."""
        return spelled(text) if self.charset == "ascii" else text


class ChartPane(CellWidget):
    """Paints the picture of a ChartView."""

    DEFAULT_CSS = "ChartPane { width: 1fr; height: 1fr; }"

    def __init__(self, view: ChartView, chart_style: ChartStyle) -> None:
        super().__init__()
        self._chart_style = chart_style
        self.picture: Picture | None = None
        """The picture on the screen."""
        self._view = view
        self._rows: dict[int, Strip] = {}
        self._stale = False

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
        place = self.place()
        if place is None:
            rows = {span.row for span in self.picture.changed_spans(before)}
            self.refresh(*(Region(0, row, self.size.width, 1) for row in rows))
        else:
            output, region = place
            ground = self.ground
            picture = self.picture
            output.paste(*region.offset, picture.codepoints, picture.styles, lambda style: cell_style(style) + ground)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        x = None if self.picture is None else self.picture.x_at(event.x)
        if x is not None and self._view.cursor_x is not None:
            self.post_message(ChartPointed(x))

    def on_click(self, event: events.Click) -> None:
        metric = None if self.picture is None else self.picture.metric_at(event.x, event.y)
        if metric is not None:
            self.post_message(MetricPointed(metric, twice=event.chain > 1))

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
            pieces = [Segment(text, cell_style(style) + ground) for text, style in self.picture.row(y)]
            self._rows[y] = Strip(pieces, self.picture.width)
        return self._rows[y]

    def metrics_of(self, view: ChartView) -> tuple[str, ...]:
        """The metrics that have a panel in this view at the pane's size; none if a grid does not fit."""
        return chart.metrics_of(view, *self.size)

    def text(self) -> str:
        """The chart as plain text."""
        return "" if self.picture is None else self.picture.to_text()
