"""Choices: what the viewer chose to see, as a frozen value with pure changes."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.store import Listing, Run, SweepTitle
from tui.colours.palette import assign
from tui.model.chart_options import ChartOptions
from tui.model.room import Room, RoomSplit, room_after

Row = Run | SweepTitle
"""A row of the list: a run or the title of a sweep."""

Cursor = tuple[int | None, int | None, int, int | None]
"""(run id, sweep id of a title, edge of the list, row that it is scrolled to) as in Choices."""

MOST_MARKED = 64
"""Most runs marked at once: with the one under the cursor, as many as there are markers."""

MOST_AUTOMATIC = 8
"""Most runs marked automatically: the number of distinct colours."""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The columns of the table, by name, that a person wants to see, and those that he wants out of sight."""

    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def toggled(self, name: str, *, is_seen: bool) -> ColumnChoice:
        """With a column hidden if it is seen, else shown; a column that was chosen but has no room is not any more."""
        shown = tuple(other for other in self.shown if other != name)
        hidden = tuple(other for other in self.hidden if other != name)
        if is_seen:
            return ColumnChoice(shown, (*hidden, name))
        return ColumnChoice(shown if name in self.shown else (*shown, name), hidden)


NO_CHOICE = ColumnChoice()


@dataclass(frozen=True, slots=True)
class Choices:
    """`marked` runs are drawn, in the order of marking; `by_hand` are those that a person marked.

    `considered` are the started runs that were considered for automatic marking, besides all with ids up to
    `considered_to`: a run is marked automatically only once.
    `listing` filters and sorts the table, `columns` are the chosen ones; `edge` sends the cursor to its first (-1) or
    last (1) run, once read.
    `scrolled` is the row of the list that is on top of what is seen, while it is scrolled away from the cursor.
    `pointed` is the run under the cursor, `title` the sweep whose title is; one of them is None. `alone`: the run
    under the cursor is shown by itself, with its details; `from_sweep` is the sweep whose view it was opened from, and
    goes back to. `room` is the part of the screen that has all room, `split`
    how list and chart share it.
    `slots` maps marked runs to colour slots. `vacated` are the slots of runs deleted while marked: a run that is
    restored gets its mark and colour back. `lessons` have been shown before.
    """

    marked: tuple[int, ...] = ()
    by_hand: frozenset[int] = frozenset()
    considered: frozenset[int] = frozenset()
    considered_to: int = 0
    pointed: int | None = None
    title: int | None = None
    alone: bool = False
    from_sweep: int | None = None
    room: Room = "all"
    split: RoomSplit = field(default_factory=RoomSplit)
    chart_options: ChartOptions = field(default_factory=ChartOptions)
    listing: Listing = field(default_factory=Listing)
    edge: int = 0
    scrolled: int | None = None
    columns: ColumnChoice = NO_CHOICE
    slots: Mapping[int, int] = field(default_factory=dict)
    vacated: Mapping[int, int] = field(default_factory=dict)
    lessons: frozenset[str] = frozenset()

    @property
    def drawn(self) -> tuple[int, ...]:
        """The runs in the chart: the compared ones, and the one under the cursor."""
        if self.alone or self.pointed in self.marked or self.pointed is None:
            return self.compared
        return (*self.marked, self.pointed)

    @property
    def compared(self) -> tuple[int, ...]:
        """The marked runs; only the run under the cursor if it is shown alone."""
        if self.alone:
            return () if self.pointed is None else (self.pointed,)
        return self.marked

    @property
    def closely(self) -> bool:
        """True if the details of the run under the cursor are shown."""
        return self.alone or self.room == "details"

    def slot(self, run_id: int) -> int:
        """Return the colour slot of a drawn run; an unmarked run takes the first free one."""
        return self.slots[run_id] if run_id in self.slots else assign([*self.slots, run_id], self.slots)[run_id]

    @property
    def cursor(self) -> Cursor:
        """Position of the cursor, or where it is to go."""
        return self.pointed, self.title, self.edge, self.scrolled

    def follow(
        self,
        newest: Sequence[Run],
        listed: Sequence[Row] | None = None,
        others: Sequence[Run] = (),
        looked_up: Cursor | None = None,
        neighbour: Row | None = None,
    ) -> Choices:
        """Update the choices after a read: mark runs that have started since, and put the cursor on a row.

        `newest` are the newest runs of the store, `listed` the rows that were read (None: `newest`), `others` are
        further runs that are marked, under the cursor, or were deleted while marked. `looked_up` is the cursor for
        which the list was read: one that has moved since stays. `neighbour` is the row for a cursor whose own is gone.
        """
        listed = newest if listed is None else listed
        known = {run.run_id for run in (*newest, *listed, *others) if isinstance(run, Run)}
        started = [run for run in newest if run.state != "queued"]
        # in a new store ids begin again
        considered_to = min(self.considered_to, max((run.run_id for run in newest), default=0))
        known_already = self.considered.union(self.marked)
        fresh = [run for run in started if run.run_id not in known_already and run.run_id > considered_to]
        running = {run.run_id for run in started if run.state == "running"}
        newest_last = sorted(fresh, key=lambda run: (run.run_id in running, run.run_id))[-MOST_AUTOMATIC:]
        before = self._without_gone(known)
        marked = list(before.marked)
        for run in sorted(newest_last, key=lambda run: run.run_id):
            marked = self._with_room(marked, running)
            if len(marked) < MOST_MARKED:
                marked.append(run.run_id)
        considered = self.considered | {run.run_id for run in started}
        pointed, title, edge = (
            self.cursor[:3] if self._has_moved(looked_up) else (*self._cursor_row(known, listed, neighbour), 0)
        )
        after = (tuple(marked), before.vacated, considered, considered_to, pointed, title, edge)
        if after == (self.marked, self.vacated, self.considered, self.considered_to, *self.cursor[:3]):
            return self
        return replace(
            before._marking(marked),
            considered=considered,
            considered_to=considered_to,
            pointed=pointed,
            title=title,
            edge=edge,
        )

    def _without_gone(self, known: Container[int]) -> Choices:
        """Unmark runs that are gone, and mark again those that came back, if there is room."""
        slots = {run_id: slot for run_id, slot in self.slots.items() if run_id in known}
        gone = {run_id: slot for run_id, slot in self.slots.items() if run_id not in known}
        marked = [run_id for run_id in self.marked if run_id in known]
        for run_id, slot in self.vacated.items():
            if run_id not in known:
                gone[run_id] = slot
            elif run_id not in marked and len(marked) < MOST_MARKED:
                marked.append(run_id)
                if slot not in slots.values():
                    slots[run_id] = slot
        return replace(self, marked=tuple(marked), slots=assign(marked, slots), vacated=gone)

    def _has_moved(self, looked_up: Cursor | None) -> bool:
        is_somewhere = self.pointed is not None or self.title is not None
        return is_somewhere and looked_up is not None and looked_up != self.cursor

    def _cursor_row(
        self, known: Container[int], listed: Sequence[Row], neighbour: Row | None
    ) -> tuple[int | None, int | None]:
        """Return the run or title under the cursor; if its row is not listed, `neighbour` or the first row."""
        if self.edge and listed:
            return _number_of(listed[0 if self.edge < 0 else -1])
        if not listed:
            return None, None  # keys would act on a run that nobody sees
        if self.scrolled is not None and (self.pointed in known or self.title is not None):
            return self.pointed, self.title  # its row is elsewhere
        numbers = [_number_of(row) for row in listed]
        wanted = [(self.pointed, self.title), *([] if neighbour is None else [_number_of(neighbour)]), numbers[0]]
        return next(row for row in wanted if row in numbers)

    def _with_room(self, marked: list[int], running: Iterable[int]) -> list[int]:
        if len(marked) < MOST_MARKED and len(self._automatic(marked)) < MOST_AUTOMATIC:
            return marked
        return self._without_oldest(marked, running)

    def _without_oldest(self, marked: list[int], running: Iterable[int] = ()) -> list[int]:
        """Drop the oldest automatic mark, of an ended run before a running one."""
        automatic = sorted(self._automatic(marked), key=lambda run_id: run_id in running)
        return [run_id for run_id in marked if run_id not in automatic[:1]]

    def _automatic(self, marked: Iterable[int]) -> list[int]:
        return [run_id for run_id in marked if run_id not in self.by_hand]

    def _marking(self, marked: Iterable[int]) -> Choices:
        marked = tuple(marked)
        return replace(self, marked=marked, slots=assign(marked, self.slots))

    def toggled(self, run_id: int) -> Choices:
        """Mark a run by hand, or unmark it. A full chart drops its oldest automatic mark, or stays as it is."""
        if run_id in self.marked:
            rest = self._marking(other for other in self.marked if other != run_id)
            return replace(rest, by_hand=self.by_hand - {run_id})
        is_full = len(self.marked) >= MOST_MARKED
        marked = self._without_oldest(list(self.marked)) if is_full else list(self.marked)
        if len(marked) >= MOST_MARKED:
            return self
        return replace(self._marking([*marked, run_id]), by_hand=self.by_hand | {run_id})

    def marking_all(self, run_ids: Iterable[int]) -> Choices:
        """Mark these runs by hand, up to MOST_MARKED in all; earlier marks by hand stay, automatic ones go."""
        marked = [run_id for run_id in self.marked if run_id in self.by_hand]
        marked += [run_id for run_id in run_ids if run_id not in marked]
        marked = marked[:MOST_MARKED]
        return replace(self._marking(marked), by_hand=frozenset(marked))

    def unmarking(self, run_ids: Iterable[int]) -> Choices:
        """Unmark these runs."""
        gone = frozenset(run_ids)
        rest = self._marking(run_id for run_id in self.marked if run_id not in gone)
        return replace(rest, by_hand=self.by_hand - gone)

    def marking_only(self, run_ids: Iterable[int]) -> Choices:
        """Mark these runs by hand, at most MOST_MARKED, and no others."""
        marked = tuple(run_ids)[:MOST_MARKED]
        return replace(self._marking(marked), by_hand=frozenset(marked))

    def pointing_at(self, run_id: int) -> Choices:
        """Move the cursor to a run."""
        return replace(self, pointed=run_id, title=None, edge=0, scrolled=None)

    def pointing_to(self, row: Row) -> Choices:
        """Move the cursor to a row of the list: a run or the title of a sweep."""
        pointed, title = _number_of(row)
        return replace(self, pointed=pointed, title=title, edge=0, scrolled=None)

    def at_edge(self, edge: int) -> Choices:
        """Send the cursor to the first (-1) or last (1) run of the list, once it is read."""
        return replace(self, edge=edge, scrolled=None)

    def scrolling(self, row: int | None) -> Choices:
        """Scroll the list to a row, and leave the cursor where it is; None: back to the cursor."""
        return self if row == self.scrolled else replace(self, scrolled=row)

    def listing_so(self, listing: Listing) -> Choices:
        """Filter or sort the table in another way; the cursor stays on its run."""
        return self if listing == self.listing else replace(self, listing=listing, scrolled=None)

    def with_columns(self, columns: ColumnChoice) -> Choices:
        """Choose the columns of the table."""
        return self if columns == self.columns else replace(self, columns=columns)

    def with_chart_options(self, chart_options: ChartOptions) -> Choices:
        """Replace the chart options."""
        return self if chart_options == self.chart_options else replace(self, chart_options=chart_options)

    def having_told(self, lesson: str) -> Choices:
        """Note that a lesson was shown."""
        return self if lesson in self.lessons else replace(self, lessons=self.lessons | {lesson})

    def with_other_details(self) -> Choices:
        """Give all room to the details of a run, or show its curve beside them again."""
        return self.giving("all" if self.room == "details" else "details")

    def with_next_room(self) -> Choices:
        """Give all room to the next of chart, list and details; then to all of them again."""
        return self.giving(room_after(self.room, alone=self.alone))

    def giving(self, room: Room) -> Choices:
        """Give all room to one part, or share it ("all")."""
        return replace(self, room=room)

    def splitting(self, split: RoomSplit) -> Choices:
        """Change how list and chart share the room."""
        return self if split == self.split else replace(self, split=split)

    def looking(self, *, alone: bool, from_sweep: int | None = None) -> Choices:
        """Show the run under the cursor alone, or the marked runs; a chart that has all room keeps it."""
        room: Room = "chart" if self.room == "chart" else "all"
        return replace(self, alone=alone, from_sweep=from_sweep, room=room)


def _number_of(row: Row) -> tuple[int | None, int | None]:
    return (row.run_id, None) if isinstance(row, Run) else (None, row.sweep_id)


def place_of(rows: Sequence[Row], choices: Choices) -> int | None:
    """Return the index of the cursor's row; None if it is not among these rows."""
    for place, row in enumerate(rows):
        if row.run_id == choices.pointed if isinstance(row, Run) else row.sweep_id == choices.title:
            return place
    return None
