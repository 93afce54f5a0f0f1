"""List page: the rows of the list of runs around the cursor, read at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.store import FilterError, Listing, PageRequest, Reader, Run
from tui.model.choices import Choices, Row, place_of

MOST_RUNS = 200
"""Runs of one page: several screens, so that most key presses need no new page."""

LIST_SHARE = 0.05
"""Largest share of time spent querying the list again while runs grow."""

PACE_S = 0.1
"""Pause in seconds that the feed makes between reads anyway."""

SLACK = 60
"""Fewest rows on both sides of the cursor, unless the list ends."""

ABOVE, BELOW = 50, 120
"""Rows above the one that the list is scrolled to, and the fewest from there on: more than a terminal shows."""


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` of a `listing` in its order; `first` of its `total` rows precede them.

    `newest` are the newest runs of the store, `pinned` the pinned ones in the order of the list. `others` are marked
    runs or the one under the cursor that are not among the rows; `asked` are the ids that were looked up, including
    marked runs that had vanished. `fitting` counts the runs that match the filter; `complaint` says why it cannot be
    parsed: then the page is of all runs. `neighbour` is the row for the cursor if its own is gone.
    """

    listing: Listing | None = None
    rows: tuple[Row, ...] = ()
    first: int = 0
    total: int = 0
    fitting: int = 0
    newest: tuple[Run, ...] = ()
    pinned: tuple[Run, ...] = ()
    others: tuple[Run, ...] = ()
    complaint: str = ""
    asked: frozenset[int] = frozenset()
    neighbour: Row | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs among the rows, without the titles of sweeps."""
        return tuple(row for row in self.rows if isinstance(row, Run))

    @property
    def all(self) -> tuple[Run, ...]:
        """Every run that was read, without duplicates."""
        return tuple({run.run_id: run for run in (*self.runs, *self.newest, *self.pinned, *self.others)}.values())

    def holds(self, choices: Choices) -> bool:
        """True if this page has the rows that these choices need, for an unchanged store."""
        if choices.listing != self.listing:
            return False
        others = {*choices.marked, *choices.vacated} - self.asked
        if others and others - {run.run_id for run in (*self.runs, *self.newest)}:
            return False
        if choices.edge:
            at_edge = self.first == 0 if choices.edge < 0 else self.first + len(self.rows) >= self.total
            return at_edge and bool(self.rows)
        if choices.scrolled is not None:
            top = choices.scrolled - self.first
            is_above = self.first == 0 or top >= ABOVE // 2
            return is_above and (self.first + len(self.rows) >= self.total or len(self.rows) - top > BELOW)
        place = place_of(self.rows, choices)
        if place is None:
            return not self.rows or (choices.pointed is None and choices.title is None)
        above = self.first == 0 or place >= SLACK
        below = self.first + len(self.rows) >= self.total or len(self.rows) - place > SLACK
        return above and below

    @classmethod
    def read(cls, reader: Reader, choices: Choices, judged: Mapping[int, str], before: Page) -> Page:
        """Read the page around the cursor of these choices, or where they are scrolled to.

        `judged` says which runs are lost, silent or waiting.
        If the cursor's row is gone, read around its position in the page `before`.
        """
        at_end, complaint = choices.edge > 0, ""
        is_elsewhere = bool(choices.edge) or choices.scrolled is not None
        looked_up = (None, None) if is_elsewhere else (choices.pointed, choices.title)
        stood = None if choices.edge or choices.listing != before.listing else place_of(before.rows, choices)
        first = 0 if stood is None else max(before.first + stood - MOST_RUNS // 2, 0)
        first = first if choices.scrolled is None else max(choices.scrolled - ABOVE, 0)
        around = PageRequest(MOST_RUNS, first, *looked_up, at_end=at_end)
        listing = choices.listing
        try:
            listed = reader.listed(listing, around, judged)
        except FilterError as error:
            listing, complaint = replace(listing, text=""), str(error)
            listed = reader.listed(listing, around, judged)
        runs, is_off_page = listed.runs, bool(listing.pinned) and listed.first > 0
        top = reader.listed(listing, PageRequest(len(listing.pinned)), judged).rows if is_off_page else listed.rows
        is_newest = listed.first == 0 and choices.listing.plain
        newest = runs if is_newest else tuple(reader.runs(limit=MOST_RUNS // 4))
        known = {run.run_id for run in (*runs, *newest)}
        pointed = () if choices.pointed is None else (choices.pointed,)
        asked = frozenset((*choices.marked, *choices.vacated, *pointed))
        found = reader.runs_by_id(asked - known) if asked - known else []
        others = [run for run in found if run.deleted_at is None]
        on_page = {run.run_id for run in runs}
        marked = [run for run in newest if run.run_id in choices.marked and run.run_id not in on_page]
        return cls(
            listing=choices.listing,
            rows=listed.rows,
            first=listed.first,
            total=listed.total,
            fitting=listed.fitting,
            newest=newest,
            pinned=tuple(row for row in top if isinstance(row, Run) and row.run_id in listing.pinned),
            others=(*others, *marked),
            complaint=complaint,
            asked=asked,
            neighbour=None if stood is None else _neighbour(before.rows, stood, listed.rows),
        )

    def refreshed(self, reader: Reader) -> Page:
        """Return the same rows in the same order, each run read again."""
        now = {run.run_id: run for run in reader.runs_by_id([run.run_id for run in self.all])}

        def updated(runs: Iterable[Run]) -> tuple[Run, ...]:
            return tuple(now.get(run.run_id, run) for run in runs)

        rows = tuple(now.get(row.run_id, row) if isinstance(row, Run) else row for row in self.rows)
        return replace(
            self,
            rows=rows,
            newest=updated(self.newest),
            pinned=updated(self.pinned),
            others=updated(self.others),
        )


class PageReader:
    """Reads pages; queries a slow list no more often than LIST_SHARE allows, and refreshes its runs in between."""

    def __init__(self) -> None:
        self._page = Page()
        self._stale = False
        self._due_s = 0.0

    def read(self, reader: Reader, choices: Choices, judged: Mapping[int, str], changed: bool) -> Page:
        """Return the page for these choices; the same object as last time if nothing has changed."""
        self._stale |= changed
        now_s = time.monotonic()
        if not self._page.holds(choices) or (self._stale and now_s >= self._due_s):
            self._page = Page.read(reader, choices, judged, self._page)
            took_s = time.monotonic() - now_s
            self._stale, self._due_s = False, now_s + took_s / LIST_SHARE - PACE_S
        elif changed:
            self._page = self._page.refreshed(reader)
        return self._page


def _neighbour(before: Sequence[Row], place: int, after: Sequence[Row]) -> Row | None:
    """Return the first row from `place` down that is still in the list, else the nearest above, else None."""
    after_by_key = {_key(row): row for row in after}
    nearest = (*before[place:], *reversed(before[:place]))
    return next((after_by_key[_key(row)] for row in nearest if _key(row) in after_by_key), None)


def _key(row: Row) -> tuple[bool, int]:
    return (True, row.run_id) if isinstance(row, Run) else (False, row.sweep_id)
