"""Room: how list, chart and details share the board, as frozen values with pure changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

Room = Literal["all", "chart", "list", "details"]
ROOMS: tuple[Room, ...] = get_args(Room)
"""The parts that can have all room, in the order of the key; with 'all' they share it."""

DEFAULT_BESIDE = 0.47
DEFAULT_WIDTHS = 48, 92
"""Default fraction of the columns for a list beside the chart, and its default limits in columns."""

DEFAULT_ABOVE = 0.4
"""Default fraction of the rows for a list above the chart."""

LEAST_BESIDE = 30, 40
"""Fewest columns of a list, and of a chart beside it."""

LEAST_ABOVE = 3, 6
"""Fewest rows of a list, and of a chart below it."""


@dataclass(frozen=True, slots=True)
class RoomSplit:
    """The list's fraction of the columns `beside` the chart and of the rows `above` it; 0: the default."""

    beside: float = 0.0
    above: float = 0.0

    def columns(self, room: int) -> int:
        """Return the columns of the list beside the chart, of `room` in all."""
        default = min(max(round(DEFAULT_BESIDE * room), DEFAULT_WIDTHS[0]), DEFAULT_WIDTHS[1])
        return _bounded(round(self.beside * room) or default, room, *LEAST_BESIDE)

    def rows(self, room: int, filled: int, default: float = DEFAULT_ABOVE) -> int:
        """Return the rows of a list above the chart, of `room` in all; no more than the `filled` rows it needs."""
        return min(_bounded(round((self.above or default) * room), room, *LEAST_ABOVE), max(filled, LEAST_ABOVE[0]))

    def at_column(self, column: int, room: int) -> RoomSplit:
        """Make the list `column` columns wide, within the limits of both sides."""
        return replace(self, beside=_bounded(column, room, *LEAST_BESIDE) / max(room, 1))

    def at_row(self, row: int, room: int) -> RoomSplit:
        """Make the list `row` rows high, within the limits of both sides."""
        return replace(self, above=_bounded(row, room, *LEAST_ABOVE) / max(room, 1))


def room_after(room: Room, *, alone: bool) -> Room:
    """Return the part that has all room next; `alone` skips the list, which the details replace."""
    rooms = [one for one in ROOMS if not (alone and one == "list")]
    return rooms[(rooms.index(room) + 1) % len(rooms)] if room in rooms else "all"


def _bounded(size: int, room: int, least: int, least_beside: int) -> int:
    return max(min(size, room - least_beside), min(least, room))
