"""CellWidget: a widget that is rows of cells, and paints those that change itself.

Textual would style, cut and join whole rows for each changed cell, which takes longer than drawing a chart. So
a widget that stands on the terminal uncovered hands its cells to the rim; where it does not, Textual composes it.
"""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal.frame_output import FrameOutput
from tui.terminal.output import TerminalOutput


class CellWidget(Widget):
    """A widget without borders and paddings, row by row."""

    def row(self, y: int, ground: Style) -> Strip:
        """Row `y` at the widget's width, on a ground."""
        raise NotImplementedError

    def render_lines(self, crop: Region) -> list[Strip]:
        ground = self.ground
        return [self.row(y, ground).crop(crop.x, crop.right) for y in crop.line_range]

    @property
    def ground(self) -> Style:
        """The widget's background, without which the terminal's own would show between the letters."""
        return Style(bgcolor=self.background_colors[1].rich_color)

    def place(self) -> tuple[TerminalOutput, Region] | None:
        """Where to paint, and on what; None where Textual has to compose the widget."""
        app = self.app
        region = app.standing(self) if isinstance(app, FrameOutput) else None
        return None if region is None or not isinstance(app, FrameOutput) else (app.output, region)

    def paint_rows(self, rows: list[int]) -> None:
        """Bring these rows up to date."""
        if not rows:
            return
        place = self.place()
        if place is None:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in rows))
            return
        output, region = place
        ground = self.ground
        for y in rows:
            output.put(region.x, region.y + y, self.row(y, ground))
