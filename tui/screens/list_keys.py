"""What the board's keys do to the list of runs: the cursor, the filter, the order, pins, groups and marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.store import Listing
from engine.store.list.listing import ORDERS
from tui.model.choices import MOST_MARKED, Row
from tui.model.messages import FilterRequested, RowPointed, RunSought, SortRequested, TopSought
from tui.screens.steering_keys import SteeringKeys
from tui.widgets.run_page import RunPage
from tui.widgets.runs_table import RunsTable, beside

FULL = f"{MOST_MARKED} runs are marked already, and no more can be drawn: unmark one first (space)."
UNSWEPT = "No run here is of a sweep: there is nothing to group."


class ListKeys(SteeringKeys, inherit_bindings=False):
    """The part of the board that moves in the list and chooses what it holds."""

    def on_row_pointed(self, message: RowPointed) -> None:
        message.stop()
        self._point(message.row)

    def _point(self, row: Row | None) -> None:
        if row is not None:
            self._choose(self.choices.pointing_to(row))

    def _list(self, listing: Listing) -> None:
        self._choose(self.choices.listing_so(listing))

    def action_point(self, run_id: int) -> None:
        """To this very run. One that is not on the page is looked up first: there need not be such a run."""
        if any(run.run_id == run_id for run in self.snapshot.runs):
            self._choose(self.choices.pointing_at(run_id))
        else:
            self.post_message(RunSought(run_id))

    def action_move(self, by: int) -> None:
        self._point(beside(self.snapshot, self.choices, by))

    def action_page(self, by: int) -> None:
        """By a page of the list, or of the run that is looked at alone."""
        if self.choices.closely and self.choices.room != "chart":
            self.query_one(RunPage).scroll(by)
        else:
            self.action_move(by * self.query_one(RunsTable).rows)

    def action_spread(self) -> None:
        if self.choices.alone:
            self._choose(self.choices.with_other_details())

    def action_edge(self, by: int) -> None:
        """To the first or the last row, which need not have been read yet."""
        snapshot = self.snapshot
        if (by < 0 and snapshot.first == 0) or (by > 0 and snapshot.first + len(snapshot.rows) >= snapshot.total):
            self.action_move(by * len(snapshot.rows))
        else:
            self._choose(self.choices.at_edge(by))

    def action_mark(self) -> None:
        if self._folded() or self.choices.pointed is None:
            return
        pointed, before = self.choices.pointed, self.choices
        self._choose(before.toggled(pointed))
        if self.choices == before:
            self.tell(FULL)
        elif pointed not in self.choices.marked and not before.alone:
            self.tell(f"Unmarked run {pointed}: it is drawn while the cursor is on it.")

    def _folded(self) -> bool:
        """Fold or unfold the sweep whose title is under the cursor; False where there is no title."""
        title = self.choices.title
        if title is not None:
            self._list(self.choices.listing.folding(title))
        return title is not None

    def action_mark_all(self) -> None:
        """The runs of the list from its top, which need not be on the page."""
        if self.snapshot.first:
            self.post_message(TopSought())
        else:
            self.mark(run.run_id for run in self.snapshot.runs)

    def mark(self, run_ids: Iterable[int]) -> None:
        """Mark these runs, the first ones of the list, as far as can be drawn; those that are marked by hand stay.

        Where that changes nothing the marks of the list are taken away.
        """
        listed = tuple(run_ids)
        if not listed:
            return
        choices = self.choices.marking_all(listed)
        marked = sum(run_id in listed for run_id in choices.marked)
        if choices == self.choices and marked:
            self._choose(choices.unmarking(listed))
            self.tell("Unmarked all runs of the list; a marks them again.")
            return
        self._choose(choices)
        if marked < len(listed):
            said = f"Marked the first {marked} of {max(self.snapshot.fitting, len(listed)):,} runs"
            self.tell(f"{said}: {MOST_MARKED} can be drawn. space unmarks one, a unmarks all of the list.")

    def action_pin(self) -> None:
        if self.choices.pointed is not None:
            self._list(self.choices.listing.pinning(self.choices.pointed))

    def action_group(self) -> None:
        """The cursor stays on its run, and goes to it from the title of its sweep."""
        listing = self.choices.listing
        if not listing.grouped and not any(run.sweep_id is not None for run in self.snapshot.runs):
            self.tell(UNSWEPT)
        self._list(replace(listing, grouped=not listing.grouped))

    def action_filter(self) -> None:
        self.post_message(FilterRequested())

    def action_sort(self) -> None:
        listing = self.choices.listing
        self._sort(ORDERS[(ORDERS.index(listing.order) + 1) % len(ORDERS)])

    def on_sort_requested(self, message: SortRequested) -> None:
        message.stop()
        if message.order == self.choices.listing.order:
            self.action_turn()
        else:
            self._sort(message.order)

    def _sort(self, order: str) -> None:
        self._list(replace(self.choices.listing, order=order, reverse=False))
        self.tell(f"Sorted by {order.replace('_', ' ')}; O turns it round.")

    def action_turn(self) -> None:
        listing = self.choices.listing
        self._list(replace(listing, reverse=not listing.reverse))
