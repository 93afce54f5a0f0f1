"""Room: how much of the board the list, the chart and the details of a run have, as frozen values with pure changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

Room = Literal["all", "chart", "list", "details"]
ROOMS: tuple[Room, ...] = get_args(Room)
"""What has the whole room, in the order of its key; `all` share it."""

USUAL_BESIDE = 0.46
USUAL_WIDTHS = 48, 92
"""The list's share of the columns beside the chart, and the fewest and the most that it is given unasked."""

USUAL_ABOVE = 0.4
"""The list's share of the rows above the chart, unasked."""

LEAST_BESIDE = 30, 40
"""Columns below which a list, or a chart, says too little."""

LEAST_ABOVE = 3, 6
"""The same in rows."""


@dataclass(frozen=True, slots=True)
class RoomSplit:
    """The list's share of the columns where it stands `beside` the chart, and of the rows where it stands `above` it;
    0 where nobody has said.
    """

    beside: float = 0.0
    above: float = 0.0

    def columns(self, room: int) -> int:
        """The columns of the list beside the chart."""
        usual = min(max(round(USUAL_BESIDE * room), USUAL_WIDTHS[0]), USUAL_WIDTHS[1])
        return _bounded(round(self.beside * room) or usual, room, *LEAST_BESIDE)

    def rows(self, room: int, filled: int, usual: float = USUAL_ABOVE) -> int:
        """The rows of a list above the chart that would fill so many: no more than that."""
        return min(_bounded(round((self.above or usual) * room), room, *LEAST_ABOVE), max(filled, LEAST_ABOVE[0]))

    def at_column(self, column: int, room: int) -> RoomSplit:
        """The list so many columns wide, as far as both sides stay of use."""
        return replace(self, beside=_bounded(column, room, *LEAST_BESIDE) / max(room, 1))

    def at_row(self, row: int, room: int) -> RoomSplit:
        """The list so many rows high, as far as both sides stay of use."""
        return replace(self, above=_bounded(row, room, *LEAST_ABOVE) / max(room, 1))


def room_after(room: Room, *, alone: bool) -> Room:
    """What is given the whole room next; a run that is looked at alone has taken the list's place."""
    rooms = [one for one in ROOMS if not (alone and one == "list")]
    return rooms[(rooms.index(room) + 1) % len(rooms)] if room in rooms else "all"


def _bounded(size: int, room: int, least: int, least_beside: int) -> int:
    return max(min(size, room - least_beside), min(least, room))
