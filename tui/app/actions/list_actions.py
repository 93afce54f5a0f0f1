"""List actions: filter the list of runs, and find runs that are not on the page."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from engine.store import Listing, StoreError
from engine.store.list.logged_fields import ANY_NAMES, LoggedNames, SeenNames, logged_field
from engine.store.read.logged_values import NEWEST
from engine.text import clean
from tui.app.actions.filter_prompt import filter_prompt
from tui.app.actions.orders import listing_with, top_of
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.model.choices import NO_CHOICE, Choices
from tui.model.messages import ChoicesChanged, RunLookedUp, TopRead
from tui.widgets.columns import CHOOSABLE, wanted

if TYPE_CHECKING:
    from tui.presenting.commands import PaletteCommand
    from tui.screens.pick import ColumnMenu
    from tui.screens.prompt import Prompt
    from tui.screens.runs_screen import RunsScreen


class ListPort(OrderPort, ScreenPort, Protocol):
    """What ListActions need of the app."""

    @property
    def is_replaying(self) -> bool:
        """Whether a replay is shown."""

    @property
    def board(self) -> RunsScreen:
        """The board that is shown."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the app."""

    def choose(self, choices: Choices) -> None:
        """Show other choices."""

    def clear_message(self) -> None:
        """Clear the board's message."""


class ListActions:
    """Changes the listing, and looks runs up in a thread."""

    def __init__(self, app: ListPort) -> None:
        self._app = app
        self._menu: ColumnMenu | None = None
        self._filter: Prompt | None = None
        self.looked_up: int | Listing | None = None
        """The run that is being looked up, or the listing whose top is being read."""

    def ask_filter(self) -> None:
        """Ask for a filter; the list narrows while it is typed."""
        before = self._app.choices
        if not self._app.snapshot.counts and not before.listing.text:
            self._app.tell("There is no run yet that a filter could find: enter starts the first four.")
            return

        def narrow(text: str) -> None:
            self._app.choose(self._app.choices.listing_so(replace(self._app.choices.listing, text=text)))

        def restore() -> None:
            listing = replace(self._app.choices.listing, text=before.listing.text)
            pointed, title, *_ = before.cursor
            self._app.choose(replace(self._app.choices.listing_so(listing), pointed=pointed, title=title))

        self._filter = filter_prompt(
            "Which runs? Such as sgd loss<0.5 | tag:keep -step_size>=1; empty: all of them.",
            before.listing.text,
            narrow,
            self._app.clear_message,  # the count of matching runs takes its place
            restore,
            lambda: (name.removeprefix("metric:") for name in self._app.snapshot.logged_fields),
            self._names,
            self._complaint,
        )
        self._app.open_screen(self._filter)

    def _names(self) -> LoggedNames:
        """The names that may be typed: those that were read, or any where there are more runs than were looked at."""
        snapshot = self._app.snapshot
        many = sum(snapshot.counts.values()) > NEWEST
        return ANY_NAMES if many else SeenNames(snapshot.logged_fields)

    def show_complaint(self) -> None:
        """Say in the prompt what the store found wrong with the filter that is typed: a name that no run has."""
        prompt = self._filter
        if prompt is None or not prompt.is_attached:
            return
        typed = prompt.texts["filter"].strip()
        if typed == self._app.snapshot.listing.text:
            prompt.complain(self._complaint(typed))

    def _complaint(self, text: str) -> str:
        """What the last read said of a filter."""
        snapshot = self._app.snapshot
        return clean(snapshot.complaint, 300).removeprefix("filter: ") if snapshot.listing.text == text else ""

    def ask_order(self) -> None:
        """Ask for an order; the present one, which is reversed if it is picked, is under the cursor."""
        from tui.presenting.commands import matching, orders
        from tui.screens.pick import Pick

        listing = self._app.choices.listing
        found = orders(listing, self._app.board.columns, self._app.snapshot.logged_fields)
        current = next((place for place, order in enumerate(found) if order.key), 0)
        self._app.open_screen(Pick("sort by", partial(matching, found), current, "order", "sort"))

    def ask_columns(self) -> None:
        """Ask for columns; the menu stays open while they are shown and hidden."""
        from tui.presenting.commands import columns, matching
        from tui.screens.pick import ColumnMenu

        def found(typed: str) -> list[PaletteCommand]:
            seen, variety = self._app.board.columns, self._app.snapshot.variety
            choice = self._app.choices.columns
            logged = (*choice.shown, *variety, *self._app.snapshot.logged_fields)
            names = (*CHOOSABLE, *dict.fromkeys(name for name in logged if logged_field(name) is not None))
            return matching(columns(names, seen, wanted(variety, choice), choice, variety), typed)

        self._menu = ColumnMenu("columns", found, of="column")
        self._app.open_screen(self._menu)

    def toggle_column(self, name: str) -> None:
        """Show or hide a column, or take all choices of columns back."""
        from tui.presenting.commands import BY_ITSELF

        choices, is_seen = self._app.choices, name in self._app.board.columns
        chosen = NO_CHOICE if name == BY_ITSELF.action else choices.columns.toggled(name, is_seen=is_seen)
        self._app.choose(choices.with_columns(chosen))
        if self._menu is not None and self._menu.is_attached:
            self._menu.update()

    def look_up(self, run_id: int, *, alone: bool, from_sweep: int | None = None) -> None:
        """Point the cursor at a run that may be off the page; at no other run if it is not found."""
        if self._app.is_replaying:
            self._app.tell(f"Run {run_id} is not in this replay.", failed=True)
            return
        self.looked_up = run_id
        path, listing, judged = self._app.path, self._app.choices.listing, self._app.snapshot.judged

        def carry_out() -> Message:
            try:
                found = listing_with(path, run_id, listing, judged)
                return RunLookedUp(run_id, found, alone=alone, from_sweep=from_sweep)
            except (StoreError, ValueError) as error:
                return RunLookedUp(run_id, None, str(error))

        self._app.order(carry_out)

    def point_at_found(self, found: RunLookedUp) -> None:
        """Point the cursor at a run that was looked up, or say why it was not found."""
        self.looked_up = None
        choices, listing = self._app.choices, found.listing
        if listing is None:
            self._app.tell(clean(found.sentence, 300), failed=True)
            return
        is_same = listing.text == choices.listing.text
        self._app.tell("" if is_same else f"Cleared the filter: run {found.run_id} does not fit it.")
        pointing = choices.listing_so(listing).pointing_at(found.run_id)
        looking = pointing.looking(alone=pointing.alone or found.alone, from_sweep=found.from_sweep)
        self._app.post_message(ChoicesChanged(looking))

    def read_top(self) -> None:
        """Read which runs are at the top of the list."""
        path, judged = self._app.path, self._app.snapshot.judged
        self.looked_up = listing = self._app.choices.listing

        def carry_out() -> Message:
            try:
                return TopRead(top_of(path, listing, judged))
            except StoreError as error:
                return TopRead((), str(error))

        self._app.order(carry_out)
