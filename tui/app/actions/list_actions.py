"""List actions: filter the list of runs, and find runs that are not on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from textual.message import Message

from engine.store import FilterError, Listing, StoreError
from engine.text import clean
from tui.app.actions.orders import listing_with, top_of
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.model.choices import Choices
from tui.model.messages import ChoicesChanged, RunLookedUp, TopRead


class ListPort(OrderPort, ScreenPort, Protocol):
    """What ListActions need of the app."""

    @property
    def is_replaying(self) -> bool:
        """Whether a replay is shown."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the app."""

    def choose(self, choices: Choices) -> None:
        """Show other choices."""

    def hush(self) -> None:
        """Clear the board's message."""


class ListActions:
    """Changes the listing, and looks runs up in a thread."""

    def __init__(self, app: ListPort) -> None:
        self._app = app
        self.sought: int | Listing | None = None
        """The run that is being looked up, or the listing whose top is being read."""

    def ask_filter(self) -> None:
        """Ask for a filter and show the runs that match it."""
        from tui.screens.prompt import Prompt, Question

        def typed(texts: Mapping[str, str]) -> None:
            listing = replace(self._app.choices.listing, text=texts["filter"].strip())
            try:
                listing.check()
            except FilterError as error:
                prompt.complain(clean(str(error), 300))
                return
            prompt.dismiss()
            self._app.hush()  # the count of matching runs takes its place
            self._app.choose(self._app.choices.listing_so(listing))

        asked = Question("filter", "filter", self._app.choices.listing.text)
        title = "Which runs? Such as sgd loss<0.5 | tag:keep -step_size>=1; empty: all of them."
        prompt = Prompt(title, (asked,), typed, "filter")
        self._app.open_screen(prompt)

    def look_up(self, run_id: int, *, alone: bool) -> None:
        """Point the cursor at a run that may be off the page; at no other run if it is not found."""
        if self._app.is_replaying:
            self._app.tell(f"Run {run_id} is not in this replay.", failed=True)
            return
        self.sought = run_id
        path, listing, judged = self._app.path, self._app.choices.listing, self._app.snapshot.judged

        def carry_out() -> Message:
            try:
                return RunLookedUp(run_id, listing_with(path, run_id, listing, judged), alone=alone)
            except (StoreError, ValueError) as error:
                return RunLookedUp(run_id, None, str(error))

        self._app.order(carry_out)

    def point_at_found(self, found: RunLookedUp) -> None:
        """Point the cursor at a run that was looked up, or say why it was not found."""
        self.sought = None
        choices, listing = self._app.choices, found.listing
        if listing is None:
            self._app.tell(clean(found.sentence, 300), failed=True)
            return
        is_same = listing.text == choices.listing.text
        self._app.tell("" if is_same else f"The filter is put away: run {found.run_id} does not fit it.")
        pointing = choices.listing_so(listing).pointing_at(found.run_id)
        self._app.post_message(ChoicesChanged(pointing.looking(alone=pointing.alone or found.alone)))

    def read_top(self) -> None:
        """Read which runs are at the top of the list."""
        path, judged = self._app.path, self._app.snapshot.judged
        self.sought = listing = self._app.choices.listing

        def carry_out() -> Message:
            try:
                return TopRead(top_of(path, listing, judged))
            except StoreError as error:
                return TopRead((), str(error))

        self._app.order(carry_out)
