"""List actions: the filter of the list, and runs in it that need not have been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from textual.message import Message

from engine.store import FilterError, Listing, StoreError
from engine.text import clean
from tui.app.orders import listing_with, top_of
from tui.app.ports import OrderPort, ScreenPort
from tui.model.choices import Choices
from tui.model.messages import ChoicesChanged, RunLookedUp, TopRead


class ListPort(OrderPort, ScreenPort, Protocol):
    @property
    def is_replaying(self) -> bool: ...

    def post_message(self, message: Message) -> bool: ...

    def choose(self, choices: Choices) -> None:
        """Show other choices."""

    def hush(self) -> None:
        """Put away what the board told."""


class ListActions:
    """Changes the listing; a run is looked up in a thread."""

    def __init__(self, app: ListPort) -> None:
        self._app = app
        self.sought: int | Listing | None = None
        """A run that is being looked up, or the list whose top is."""

    def ask_filter(self) -> None:
        """Show the runs that fit what is typed."""
        from tui.screens.prompt import Prompt, Question

        def typed(texts: Mapping[str, str]) -> None:
            listing = replace(self._app.choices.listing, text=texts["filter"].strip())
            try:
                listing.check()
            except FilterError as error:
                prompt.complain(clean(str(error), 300))
                return
            prompt.dismiss()
            self._app.hush()  # how many runs fit is said in its place
            self._app.choose(self._app.choices.listing_so(listing))

        asked = Question("filter", "filter", self._app.choices.listing.text)
        title = "Which runs? Such as sgd loss<0.5 | tag:keep -step_size>=1; empty: all of them."
        prompt = Prompt(title, (asked,), typed)
        self._app.open_screen(prompt)

    def look_up(self, run_id: int, *, alone: bool) -> None:
        """The cursor to a run that need not be on the page, never to another one."""
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
        self.sought = None
        choices, listing = self._app.choices, found.listing
        if listing is None:
            self._app.tell(clean(found.sentence, 300), failed=True)
            return
        is_same = listing.text == choices.listing.text
        self._app.tell("" if is_same else f"The filter is put away: run {found.run_id} does not fit it.")
        there = choices.listing_so(listing).pointing_at(found.run_id)
        self._app.post_message(ChoicesChanged(there.looking(alone=there.alone or found.alone)))

    def read_top(self) -> None:
        """Read which runs stand at the top of the list."""
        path, judged = self._app.path, self._app.snapshot.judged
        self.sought = listing = self._app.choices.listing

        def carry_out() -> Message:
            try:
                return TopRead(top_of(path, listing, judged))
            except StoreError as error:
                return TopRead((), str(error))

        self._app.order(carry_out)
