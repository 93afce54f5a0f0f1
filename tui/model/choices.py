"""Choices: what the viewer chose to see, as one frozen value with pure changes."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.store import Listing, Run, SweepTitle
from tui.chart.values.view import XKind
from tui.colours.palette import assign
from tui.model.chart_options import ChartOptions
from tui.model.room import Room, RoomSplit, room_after

Row = Run | SweepTitle
"""What a list holds."""

Cursor = tuple[int | None, int | None, int]
"""A run, or the title of a sweep, or to which edge of the list."""

MOST_MARKED = 64
"""Curves drawn at once: as many as there are pairs of a colour and a sign."""

MOST_UNASKED = 8
"""Runs that have marked themselves: as many as there are colours that can be told apart."""


@dataclass(frozen=True, slots=True)
class Choices:
    """`marked` runs are drawn, in the order in which they were marked; `by_hand` those that a person marked.

    `met` are the started runs that were considered for marking, besides all up to number `met_to`: a run is marked by
    itself only once.
    `listing` says which runs the table has and in what order; `edge` that the cursor goes to its first run (-1) or its
    last (1), whichever that is. `pointed` is the run under the cursor, `title` the sweep whose title is: one of them is
    None. `alone`: it is looked at by itself, with all that is known of it. `room` says what has the whole room, `split`
    how list and chart share it.
    `slots` gives every marked run its colour while it is marked. `vacated` are the slots of runs that vanished while
    they were marked: whoever brings one back finds its mark and its colour again. `lessons` were told before.
    """

    marked: tuple[int, ...] = ()
    by_hand: frozenset[int] = frozenset()
    met: frozenset[int] = frozenset()
    met_to: int = 0
    pointed: int | None = None
    title: int | None = None
    alone: bool = False
    room: Room = "all"
    split: RoomSplit = field(default_factory=RoomSplit)
    chart_options: ChartOptions = field(default_factory=ChartOptions)
    listing: Listing = field(default_factory=Listing)
    edge: int = 0
    slots: Mapping[int, int] = field(default_factory=dict)
    vacated: Mapping[int, int] = field(default_factory=dict)
    lessons: frozenset[str] = frozenset()

    @property
    def log_y(self) -> bool:
        return self.chart_options.log_y

    @property
    def x_kind(self) -> XKind:
        return self.chart_options.x_kind

    @property
    def drawn(self) -> tuple[int, ...]:
        """The runs that the chart shows: the one under the cursor is among them, marked or not."""
        if self.alone or self.pointed in self.marked or self.pointed is None:
            return self.compared
        return (*self.marked, self.pointed)

    @property
    def compared(self) -> tuple[int, ...]:
        """The runs that were chosen to be seen together: the marked ones, or the one that is looked at alone."""
        if self.alone:
            return () if self.pointed is None else (self.pointed,)
        return self.marked

    @property
    def closely(self) -> bool:
        """Whether all that is known of the run under the cursor is shown."""
        return self.alone or self.room == "details"

    def slot(self, run_id: int) -> int:
        """The colour slot of a drawn run; a run that is looked at without a mark takes the first free one."""
        return self.slots[run_id] if run_id in self.slots else assign([*self.slots, run_id], self.slots)[run_id]

    @property
    def cursor(self) -> Cursor:
        """Where the cursor is, or is to go."""
        return self.pointed, self.title, self.edge

    def follow(
        self,
        newest: Sequence[Run],
        listed: Sequence[Row] | None = None,
        others: Sequence[Run] = (),
        sought: Cursor | None = None,
        instead: Row | None = None,
    ) -> Choices:
        """These choices after the store changed: runs that have started since get marked, the cursor finds a run.

        `newest` are those of the store, `listed` the part of the list that was read (None: the same), `others` are
        marked or pointed at, or were marked when they vanished. `sought` is the cursor for which the list was read: one
        that has moved since stays. `instead` is the row for a cursor whose own has gone from the list.
        """
        listed = newest if listed is None else listed
        known = {run.run_id for run in (*newest, *listed, *others) if isinstance(run, Run)}
        started = [run for run in newest if run.state != "queued"]
        # in a store that was made anew numbers begin again
        met_to = min(self.met_to, max((run.run_id for run in newest), default=0))
        known_already = self.met.union(self.marked)
        fresh = [run for run in started if run.run_id not in known_already and run.run_id > met_to]
        running = {run.run_id for run in started if run.state == "running"}
        newest_last = sorted(fresh, key=lambda run: (run.run_id in running, run.run_id))[-MOST_UNASKED:]
        before = self._without_gone(known)
        marked = list(before.marked)
        for run in sorted(newest_last, key=lambda run: run.run_id):
            marked = self._with_room(marked, running)
            if len(marked) < MOST_MARKED:
                marked.append(run.run_id)
        met = self.met | {run.run_id for run in started}
        pointed, title, edge = self.cursor if self._has_moved(sought) else (*self._found(known, listed, instead), 0)
        after = (tuple(marked), before.vacated, met, met_to, pointed, title, edge)
        if after == (self.marked, self.vacated, self.met, self.met_to, *self.cursor):
            return self
        return replace(before._marking(marked), met=met, met_to=met_to, pointed=pointed, title=title, edge=edge)

    def _without_gone(self, known: Container[int]) -> Choices:
        """Without the marks of runs that are gone, and with those of runs that are there again and have room."""
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

    def _has_moved(self, sought: Cursor | None) -> bool:
        is_somewhere = self.pointed is not None or self.title is not None
        return is_somewhere and sought is not None and sought != self.cursor

    def _found(
        self, known: Container[int], listed: Sequence[Row], instead: Row | None
    ) -> tuple[int | None, int | None]:
        """The run or the title under the cursor; where the list has not what it was on, `instead` or the first row."""
        if self.edge and listed:
            return _number_of(listed[0 if self.edge < 0 else -1])
        if not listed:
            return (self.pointed if self.pointed in known else None), None
        there = [_number_of(row) for row in listed]
        wanted = [(self.pointed, self.title), *([] if instead is None else [_number_of(instead)]), there[0]]
        return next(row for row in wanted if row in there)

    def _with_room(self, marked: list[int], running: Iterable[int]) -> list[int]:
        if len(marked) < MOST_MARKED and len(self._unasked(marked)) < MOST_UNASKED:
            return marked
        return self._without_oldest(marked, running)

    def _without_oldest(self, marked: list[int], running: Iterable[int] = ()) -> list[int]:
        """Without the oldest mark that no hand has set, an ended run's before a running one's."""
        unasked = sorted(self._unasked(marked), key=lambda run_id: run_id in running)
        return [run_id for run_id in marked if run_id not in unasked[:1]]

    def _unasked(self, marked: Iterable[int]) -> list[int]:
        return [run_id for run_id in marked if run_id not in self.by_hand]

    def _marking(self, marked: Iterable[int]) -> Choices:
        marked = tuple(marked)
        return replace(self, marked=marked, slots=assign(marked, self.slots))

    def toggled(self, run_id: int) -> Choices:
        """Mark a run by hand, or take its mark away. A full chart drops the oldest mark that no hand has set."""
        if run_id in self.marked:
            rest = self._marking(other for other in self.marked if other != run_id)
            return replace(rest, by_hand=self.by_hand - {run_id})
        is_full = len(self.marked) >= MOST_MARKED
        marked = self._without_oldest(list(self.marked)) if is_full else list(self.marked)
        if len(marked) >= MOST_MARKED:
            return self
        return replace(self._marking([*marked, run_id]), by_hand=self.by_hand | {run_id})

    def marking_all(self, run_ids: Iterable[int]) -> Choices:
        """These runs marked by hand, at most MOST_MARKED; what was marked by hand before stays."""
        marked = [run_id for run_id in self.marked if run_id in self.by_hand]
        marked += [run_id for run_id in run_ids if run_id not in marked]
        marked = marked[:MOST_MARKED]
        return replace(self._marking(marked), by_hand=frozenset(marked))

    def unmarking(self, run_ids: Iterable[int]) -> Choices:
        """None of these runs marked."""
        gone = frozenset(run_ids)
        rest = self._marking(run_id for run_id in self.marked if run_id not in gone)
        return replace(rest, by_hand=self.by_hand - gone)

    def marking_only(self, run_ids: Iterable[int]) -> Choices:
        """These runs marked by hand, and no others."""
        marked = tuple(run_ids)[:MOST_MARKED]
        return replace(self._marking(marked), by_hand=frozenset(marked))

    def pointing_at(self, run_id: int) -> Choices:
        """The cursor on another run."""
        return replace(self, pointed=run_id, title=None, edge=0)

    def pointing_to(self, row: Row) -> Choices:
        """The cursor on a row of the list: a run or the title of a sweep."""
        pointed, title = _number_of(row)
        return replace(self, pointed=pointed, title=title, edge=0)

    def at_edge(self, edge: int) -> Choices:
        """The cursor on the first run of the list (-1) or its last (1), once it is read."""
        return replace(self, edge=edge)

    def listing_so(self, listing: Listing) -> Choices:
        """Other runs in the table, or in another order; the cursor stays on its run."""
        return self if listing == self.listing else replace(self, listing=listing)

    def with_chart_options(self, chart_options: ChartOptions) -> Choices:
        """The chart looked at in another way."""
        return self if chart_options == self.chart_options else replace(self, chart_options=chart_options)

    def having_told(self, lesson: str) -> Choices:
        """A lesson need not be told again."""
        return self if lesson in self.lessons else replace(self, lessons=self.lessons | {lesson})

    def with_other_details(self) -> Choices:
        """What is known of a run with its curve beside it, or in the whole room."""
        return self.giving("all" if self.room == "details" else "details")

    def with_next_room(self) -> Choices:
        """The whole room to the chart, to the list, to the details of the run under the cursor, or to all of them."""
        return self.giving(room_after(self.room, alone=self.alone))

    def giving(self, room: Room) -> Choices:
        """The whole room to one part, or all of them in it."""
        return replace(self, room=room)

    def splitting(self, split: RoomSplit) -> Choices:
        """List and chart sharing the room in another way."""
        return self if split == self.split else replace(self, split=split)

    def looking(self, *, alone: bool) -> Choices:
        """The pointed run alone, or all marked runs together; a chart in the whole room stays there."""
        return replace(self, alone=alone, room="chart" if self.room == "chart" else "all")


def _number_of(row: Row) -> tuple[int | None, int | None]:
    return (row.run_id, None) if isinstance(row, Run) else (None, row.sweep_id)


def place_of(rows: Sequence[Row], choices: Choices) -> int | None:
    """At which of these rows the cursor is; None when it is elsewhere."""
    for place, row in enumerate(rows):
        if row.run_id == choices.pointed if isinstance(row, Run) else row.sweep_id == choices.title:
            return place
    return None
