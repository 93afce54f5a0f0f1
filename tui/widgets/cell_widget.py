"""CellWidget: a widget that is rows of cells, and paints changed rows itself.

Textual would style, cut and join whole rows for each changed cell, which takes longer than drawing a chart. So a widget
that nothing covers passes its cells to TerminalOutput; otherwise Textual composes it.
"""

from __future__ import annotations

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.model.messages import Pointing
from tui.terminal.frame_output import FrameOutput
from tui.terminal.output import TerminalOutput

RIGHT = 3
"""Number of the mouse's right button."""


def pointing_of(event: events.Click, twice: Pointing) -> Pointing:
    """What a click asks for: the right button offers commands, the second of a double click asks for `twice`."""
    if event.button == RIGHT:
        return "commands"
    return twice if event.chain == 2 else "select"


class CellWidget(Widget):
    """A widget drawn row by row. A border or a padding would hide its rows, so both are refused."""

    def on_mount(self) -> None:
        if self.styles.gutter.totals != (0, 0):
            raise ValueError(f"{self!r} draws its rows itself: put blanks into them instead of border and padding")

    def row(self, y: int, ground: Style) -> Strip:
        """Row `y` at the widget's width, on the background `ground`."""
        raise NotImplementedError

    def cells_of_row(self, y: int, ground: Style) -> tuple[Strip, Style | None]:
        """Row `y`, and the ground that its cells are still to be put on."""
        return self.row(y, ground), None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows that Textual asks for."""
        ground = self.ground
        return [self.row(y, ground).crop(crop.x, crop.right) for y in crop.line_range]

    @property
    def ground(self) -> Style:
        """The widget's background; without it the terminal's own would show between the letters."""
        return Style(bgcolor=self.background_colors[1].rich_color)

    def place(self) -> tuple[TerminalOutput, Region] | None:
        """The output and the region to paint in; None where Textual has to compose the widget."""
        app = self.app
        region = app.standing(self) if isinstance(app, FrameOutput) else None
        return None if region is None or not isinstance(app, FrameOutput) else (app.output, region)

    def paint_rows(self, rows: list[int]) -> None:
        """Update these rows on the terminal."""
        if not rows:
            return
        place = self.place()
        if place is None:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in rows))
            return
        output, region = place
        ground = self.ground
        for y in rows:
            output.put(region.x, region.y + y, *self.cells_of_row(y, ground))
