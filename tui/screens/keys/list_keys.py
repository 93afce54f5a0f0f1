"""List keys: move the cursor, and filter, sort, pin, group and mark the runs of the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.store import Listing, Run
from tui.model.choices import MOST_MARKED, Row, place_of
from tui.model.messages import DialogRequested, Pointing, RunSought, TopSought
from tui.model.sweep.sweep_messages import SweepOpened
from tui.screens.keys.key_parts import KeyPort
from tui.widgets.run_page import RunPage
from tui.widgets.runs_table import RunsTable, beside

FULL = f"{MOST_MARKED} runs are marked already, and no more can be drawn: unmark one first (space)."
UNSWEPT = "No run here is of a sweep: there is nothing to group."


class ListKeys:
    """Turns keys into other choices about the list."""

    def __init__(self, screen: KeyPort, table: RunsTable, page: RunPage) -> None:
        self._screen = screen
        self._table = table
        self._page = page

    def point_to(self, row: Row | None) -> None:
        """Point the cursor at a row."""
        if row is not None:
            self._screen.choose(self._screen.choices.pointing_to(row))

    def click(self, row: Row, pointing: Pointing) -> None:
        """Point the cursor at a clicked row, and do what the click asks for."""
        self.point_to(row)
        if isinstance(row, Run):
            self._do(pointing)
        elif pointing in ("mark", "open"):
            self.fold()
        if pointing == "commands":
            self._screen.post_message(DialogRequested("commands"))

    def click_run(self, run_id: int, pointing: Pointing) -> None:
        """Point the cursor at a run that was clicked in the chart, and do what the click asks for."""
        self.action_point(run_id)
        if self._screen.choices.pointed == run_id:
            self._do(pointing)
        if pointing == "commands":
            self._screen.post_message(DialogRequested("commands"))

    def _do(self, pointing: Pointing) -> None:
        """Mark or open the run under the cursor, if that is asked for."""
        if pointing == "mark":
            self.action_mark()
        elif pointing == "open":
            self._screen.choose(self._screen.choices.looking(alone=True))

    def _list(self, listing: Listing) -> None:
        self._screen.choose(self._screen.choices.listing_so(listing))

    def action_point(self, run_id: int) -> None:
        """Point the cursor at a run. One that is off the page is looked up first, since it may not exist."""
        if any(run.run_id == run_id for run in self._screen.snapshot.runs):
            self._screen.choose(self._screen.choices.pointing_at(run_id))
        else:
            self._screen.post_message(RunSought(run_id))

    def action_move(self, by: int) -> None:
        """Move the cursor; where the list is scrolled so far away that its row is not read, go back to it first."""
        if self._is_read:
            self.point_to(beside(self._screen.snapshot, self._screen.choices, by))
        else:
            self._screen.choose(self._screen.choices.scrolling(None))

    @property
    def _is_read(self) -> bool:
        choices = self._screen.choices
        return choices.scrolled is None or place_of(self._screen.snapshot.rows, choices) is not None

    def action_page(self, by: int) -> None:
        """Move by a page of the list, or of the details if these are shown."""
        if self._screen.choices.closely and self._screen.choices.room != "chart":
            self._page.scroll(by)
        else:
            self.action_move(by * self._table.rows)

    def action_spread(self) -> None:
        """Show the run under the cursor alone; then toggle between the details beside its curve and alone."""
        choices = self._screen.choices
        if choices.alone:
            self._screen.choose(choices.with_other_details())
        elif choices.pointed is not None:
            self._screen.choose(choices.looking(alone=True))

    def leave_run(self) -> None:
        """Show the marked runs again, or the sweep from whose view the run was opened."""
        sweep_id, run_id = self._screen.choices.from_sweep, self._screen.choices.pointed
        self._screen.choose(self._screen.choices.looking(alone=False))
        if sweep_id is not None:
            self._screen.post_message(SweepOpened(sweep_id, at=run_id))

    def action_edge(self, by: int) -> None:
        """Move to the first or last row, which may not have been read yet."""
        snapshot = self._screen.snapshot
        is_there = snapshot.first == 0 if by < 0 else snapshot.first + len(snapshot.rows) >= snapshot.total
        if is_there and self._is_read:
            self.action_move(by * len(snapshot.rows))
        else:
            self._screen.choose(self._screen.choices.at_edge(by))

    def action_mark(self) -> None:
        """Mark or unmark the run under the cursor; fold or unfold a sweep."""
        if self.fold() or self._screen.choices.pointed is None:
            return
        pointed, before = self._screen.choices.pointed, self._screen.choices
        self._screen.choose(before.toggled(pointed))
        if self._screen.choices == before:
            self._screen.tell(FULL)
        elif pointed not in self._screen.choices.marked and not before.alone:
            self._screen.tell(f"Unmarked run {pointed}: it is drawn while the cursor is on it.")

    def fold(self) -> bool:
        """Fold or unfold the sweep whose title is under the cursor; False if no title is."""
        title = self._screen.choices.title
        if title is not None:
            self._list(self._screen.choices.listing.folding(title))
        return title is not None

    def action_mark_all(self) -> None:
        """Mark runs from the top of the list, which may be off the page."""
        if self._screen.snapshot.first:
            self._screen.post_message(TopSought())
        else:
            self.mark(run.run_id for run in self._screen.snapshot.runs)

    def mark(self, run_ids: Iterable[int]) -> None:
        """Mark the given first runs of the list, as many as can be drawn; runs marked by hand keep their marks.

        If that changes nothing, unmark them.
        """
        listed = tuple(run_ids)
        if not listed:
            return
        choices = self._screen.choices.marking_all(listed)
        marked = sum(run_id in listed for run_id in choices.marked)
        if choices == self._screen.choices and marked:
            self._screen.choose(choices.unmarking(listed))
            self._screen.tell("Unmarked all runs of the list; a marks them again.")
            return
        self._screen.choose(choices)
        if marked < len(listed):
            said = f"Marked the first {marked} of {max(self._screen.snapshot.fitting, len(listed)):,} runs"
            self._screen.tell(f"{said}: {MOST_MARKED} can be drawn. space unmarks one, a unmarks all of the list.")

    def action_pin(self) -> None:
        if self._screen.choices.pointed is not None:
            self._list(self._screen.choices.listing.pinning(self._screen.choices.pointed))

    def action_group(self) -> None:
        """Group the list by sweep or not. The cursor stays on its run, or moves to it from the title of its sweep."""
        listing = self._screen.choices.listing
        if not listing.grouped and not any(run.sweep_id is not None for run in self._screen.snapshot.runs):
            self._screen.tell(UNSWEPT)
        self._list(replace(listing, grouped=not listing.grouped))

    def action_filter(self) -> None:
        """Ask for a filter."""
        self._screen.post_message(DialogRequested("filter"))

    def clear_filter(self) -> None:
        """List all runs again."""
        self._list(replace(self._screen.choices.listing, text=""))

    def action_sort(self) -> None:
        """Ask for an order."""
        self._screen.post_message(DialogRequested("order"))

    def action_columns(self) -> None:
        """Ask for columns."""
        self._screen.post_message(DialogRequested("columns"))

    def action_sort_by(self, order: str) -> None:
        """Sort by an order, or reverse it if the list is sorted by it already."""
        if order == self._screen.choices.listing.order:
            self.action_turn()
        else:
            self._list(replace(self._screen.choices.listing, order=order, reverse=False))
            if order != "status" and all(column.order != order for column in self._table.columns):
                from engine.store.list.order_words import sorted_by

                self._screen.tell(f"{sorted_by(order)}; | shows its column.")

    def action_turn(self) -> None:
        listing = self._screen.choices.listing
        self._list(replace(listing, reverse=not listing.reverse))
