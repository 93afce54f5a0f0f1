"""What the board's keys do to the list of runs: the cursor, the filter, the order, the marks."""

from __future__ import annotations

from dataclasses import replace

from engine.store import Listing
from engine.store.listing import ORDERS
from tui.messages import FilterRequested, RunPointed
from tui.screens.steering_keys import SteeringKeys
from tui.widgets.runs_table import RunsTable, beside

FULL = "All the colours are taken: unmark a run first (space)."


class ListKeys(SteeringKeys, inherit_bindings=False):
    """The part of the board that moves in the list and chooses what it holds."""

    def on_run_pointed(self, message: RunPointed) -> None:
        message.stop()
        self._choose(self.choices.pointing_at(message.run_id))

    def action_point(self, run_id: int) -> None:
        self._choose(self.choices.pointing_at(run_id))

    def action_move(self, by: int) -> None:
        run = beside(self.snapshot, self.choices.pointed, by)
        if run is not None:
            self._choose(self.choices.pointing_at(run.run_id))

    def action_page(self, by: int) -> None:
        self.action_move(by * self.query_one(RunsTable).rows)

    def action_edge(self, by: int) -> None:
        """To the first or the last run, which need not have been read yet."""
        snapshot = self.snapshot
        if (by < 0 and snapshot.first == 0) or (by > 0 and snapshot.first + len(snapshot.runs) >= snapshot.total):
            self.action_move(by * len(snapshot.runs))
        else:
            self._choose(self.choices.at_edge(by))

    def action_mark(self) -> None:
        if self.choices.pointed is None:
            return
        choices = self.choices.toggled(self.choices.pointed)
        if choices == self.choices:
            self.tell(FULL)
        self._choose(choices)

    def action_mark_all(self) -> None:
        """The runs of the list from its top; those that are marked by hand stay."""
        choices = self.choices.marking_all(run.run_id for run in self.snapshot.runs)
        self._choose(choices)
        if choices.marked and len(choices.marked) < self.snapshot.total:
            self.tell(f"{len(choices.marked)} of {self.snapshot.total:,} runs are marked: there are no more colours.")

    def action_filter(self) -> None:
        self.post_message(FilterRequested())

    def action_sort(self) -> None:
        listing = self.choices.listing
        order = ORDERS[(ORDERS.index(listing.order) + 1) % len(ORDERS)]
        self._choose(self.choices.listing_so(Listing(listing.text, order)))
        self.tell(f"Sorted by {order.replace('_', ' ').removesuffix(' done')}; O turns it round.")

    def action_turn(self) -> None:
        listing = self.choices.listing
        self._choose(self.choices.listing_so(replace(listing, reverse=not listing.reverse)))
