"""Pane keys: which of a sweep's charts and table are shown, and what has the whole room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from textual.app import App
from textual.geometry import Size

from tui.model.chart_options import next_of

Panes = Literal["both", "curves", "response", "table"]

WHOLE = ("all", "charts", "table")
"""What fills the room, in the order in which its key steps through them; 'all' shares it."""

WIDE = 100
"""Columns from which both charts are beside each other."""

LOW = 16
"""Rows below which either a chart or the table is shown, not both."""


class PanePort(Protocol):
    """What PaneKeys need of their screen."""

    @property
    def app(self) -> App[object]:
        """The app, which knows the size."""

    def paint(self) -> None:
        """Update every widget."""


class PaneKeys:
    """Holds what the viewer wants to see of a sweep, and tells what the terminal has room for."""

    def __init__(self, screen: PanePort) -> None:
        self._screen = screen
        self._wanted: Panes = "both"
        self.whole = WHOLE[0]

    def resume(self, before: PaneKeys) -> None:
        """Show what was shown in a view that was left."""
        self._wanted, self.whole = before._wanted, before.whole

    def shown(self, size: Size) -> Panes:
        """What the size allows of what the viewer wants to see."""
        if self.whole == "table":
            return "table"
        if size.width >= WIDE and size.height >= LOW:
            return self._wanted
        if self._wanted == "both":
            return "response" if size.height >= LOW or self.whole == "charts" else "table"
        return "response" if self._wanted == "table" and self.whole == "charts" else self._wanted

    def _order(self) -> Iterator[Panes]:
        size = self._screen.app.size
        if size.width >= WIDE and size.height >= LOW:
            yield "both"
        yield "response"
        yield "curves"
        if size.height < LOW or size.width < WIDE:
            yield "table"

    def action_view(self) -> None:
        """Show the next of both charts, one, the other and, in a small terminal, the table."""
        if self.whole == "table":
            self.whole = "all"
        order = list(self._order())
        now = self.shown(self._screen.app.size)
        self._wanted = order[(order.index(now) + 1) % len(order)] if now in order else order[0]
        self._screen.paint()

    def action_room(self) -> None:
        """Give the room to the charts, then to the table, then to all."""
        self.whole = next_of(WHOLE, self.whole)
        self._screen.paint()

    def share(self) -> None:
        """Show all parts again."""
        self.whole = WHOLE[0]
        self._screen.paint()
