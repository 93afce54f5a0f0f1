"""The pane that paints the chart: it draws when it is told to, and refreshes only the rows that changed."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui import chart
from tui.chart import ChartView, Picture
from tui.theme import cell_style


class ChartPane(Widget):
    """Paints the Picture of a ChartView."""

    DEFAULT_CSS = "ChartPane { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.picture: Picture | None = None
        """What is on the screen now."""
        self._view = ChartView()
        self._rows: dict[int, Strip] = {}

    def update(self, view: ChartView) -> None:
        """Draw this view."""
        self._view = view
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        if not (width and height and self.display):
            return
        before, self.picture = self.picture, chart.draw(self._view, width, height, previous=self.picture)
        reach: dict[int, int] = {}
        for span in self.picture.changed_spans(before):
            reach[span.row] = max(reach.get(span.row, 0), span.stop)
        for row, stop in reach.items():
            self._rows.pop(row, None)
            self.refresh(Region(0, row, stop, 1))

    def render_line(self, y: int) -> Strip:
        if self.picture is None or y >= self.picture.height:
            return Strip.blank(self.size.width)
        if y not in self._rows:
            pieces = [Segment(text, cell_style(style)) for text, style in self.picture.row(y)]
            self._rows[y] = Strip(pieces, self.picture.width)
        return self._rows[y]

    def text(self) -> str:
        """The chart as plain text."""
        return "" if self.picture is None else self.picture.to_text()
