"""What keys and the mouse do to the room that the list, the chart and the details of a run share."""

from __future__ import annotations

from typing import Protocol

from textual.app import App
from textual.geometry import Size

from tui.model.choices import Choices
from tui.screens.keys.key_parts import KeyPort

WIDE = 100
"""Columns from which the chart is beside the list instead of below it."""

DEFAULT_DETAILS = 0.5
"""Default share of the rows for a run's details above its curve."""

SPLIT_STEP = 4
"""Columns by which one key press widens the list."""

LOW = 18
"""Rows below which the details have one line and no lesson is shown."""


class RoomPort(KeyPort, Protocol):
    fixed_rows: int
    """Rows beside the body and the details: header and footer."""

    @property
    def app(self) -> App[object]: ...


class RoomKeys:
    """Gives one of them the whole room, or moves the border between list and chart."""

    def __init__(self, screen: RoomPort) -> None:
        self._screen = screen

    def list_size(self, size: Size, choices: Choices) -> tuple[int, int]:
        """Columns and rows of the list, or of the details in its place; 0 means all."""
        if choices.room != "all":
            return 0, 0
        if size.width >= WIDE:
            return choices.split.columns(size.width), 0
        rows = self._body_rows(size, choices)
        if choices.alone:
            return 0, choices.split.rows(rows, rows, DEFAULT_DETAILS)
        return 0, choices.split.rows(rows, len(self._screen.snapshot.rows) + 1)

    def _body_rows(self, size: Size, choices: Choices) -> int:
        """Rows that list and chart share while no message is shown."""
        details = 0 if choices.alone else 1 if size.height < LOW else 2
        return size.height - self._screen.fixed_rows - details

    def action_room(self) -> None:
        self._screen.choose(self._screen.choices.with_next_room())

    def action_split(self, by: int) -> None:
        """Move the border between list and chart by a step."""
        choices, size = self._screen.choices, self._screen.app.size
        if choices.room != "all":
            self._screen.tell("There is nothing beside it to take room from: esc brings the others back.")
            return
        before = self.list_size(size, choices)
        self.split_at(before[0] + by * SPLIT_STEP, before[1] + by)
        is_full = before == (0, len(self._screen.snapshot.rows) + 1)
        if by > 0 and is_full and self.list_size(size, self._screen.choices) == before:
            self._screen.tell("The list shows all its runs already.")

    def split_at(self, column: int, row: int) -> None:
        """Move the border between list and chart to a column or row of the body, if that changes a size."""
        choices, size = self._screen.choices, self._screen.app.size
        split = choices.split
        if size.width >= WIDE:
            split = split.at_column(column, size.width)
        else:
            split = split.at_row(row, self._body_rows(size, choices))
        after = choices.splitting(split)
        if self.list_size(size, after) != self.list_size(size, choices):
            self._screen.choose(after)
