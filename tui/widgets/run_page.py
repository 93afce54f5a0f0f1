"""The page of one run: all its details, scrollable."""

from __future__ import annotations

from textual.strip import Strip

from tui.chart.drawing.weight_cells import Manner
from tui.colours.theme import DIM
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot
from tui.presenting.run_details import run_details
from tui.text.parts import Part
from tui.widgets.details import details
from tui.widgets.lines import Lines, strip


class RunPage(Lines):
    """Shows the run under the cursor, or the sweep if the cursor is on a title. Scrolls to the top for another run.

    Its first line, which names the run, does not scroll.
    """

    def __init__(self, snapshot: Snapshot, choices: Choices, manner: Manner) -> None:
        super().__init__(self._page)
        self._manner = manner
        self._snapshot, self._choices = snapshot, choices
        self._top = 0

    def show(self, snapshot: Snapshot, choices: Choices) -> None:
        """Show the run under the cursor."""
        if choices.cursor != self._choices.cursor:
            self._top = 0
        self._snapshot, self._choices = snapshot, choices
        self.update()

    def scroll(self, pages: float) -> None:
        """Scroll down by a number of pages, up if it is negative, within the lines."""
        room = max(self.size.height, 1)
        below = max(len(self._details(self.size.width)) - room, 0)
        self._top = max(0, min(self._top + round(pages * max(room - 1, 1)), below))
        self.update()

    def on_mouse_scroll_down(self) -> None:
        self.scroll(0.25)

    def on_mouse_scroll_up(self) -> None:
        self.scroll(-0.25)

    def _details(self, width: int) -> list[list[Part]]:
        return run_details(self._snapshot, self._choices, width, self._manner)

    def _page(self, width: int, height: int) -> list[Strip]:
        lines = self._details(width)
        if not lines:
            return details(self._snapshot, self._choices, width)
        self._top = max(0, min(self._top, len(lines) - height))
        # the run's title stays when the rest is scrolled
        shown = [strip(line, width) for line in [lines[0], *lines[self._top + 1 : self._top + height]][:height]]
        hidden = len(lines) - self._top - height
        if hidden > 0 and shown:
            shown[-1] = strip([(f" … {hidden + 1} more lines: pg down, or tab", DIM)], width)
        return shown
