"""Inspect actions: open the inspector, and have computed what it asks for, the newest question first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message
from textual.screen import Screen

from engine.own_code.failures import told
from engine.store import StoreError, uncomputed
from engine.text import clean
from tui.app.actions.ports import MessagePort, ScreenPort, StatePort
from tui.app.actions.waiting_inquiry import WaitingInquiry
from tui.model.choices import Choices
from tui.model.inspection.inquiries import Inquiry
from tui.model.inspection.inquiry_messages import InquiryAnswered
from tui.model.snapshot import Snapshot

if TYPE_CHECKING:
    from tui.screens.inspector.inspector import Inspector
    from tui.screens.keys.transport_keys import TransportKeys
    from tui.widgets.chart_pane import ChartStyle


class InspectPort(StatePort, MessagePort, ScreenPort, Protocol):
    """What InspectActions need of the app."""

    chart_style: ChartStyle

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The open screens, topmost last."""

    @property
    def transport(self) -> TransportKeys | None:
        """The keys of the replay's clock; None in the live view."""

    def in_thread(self, work: Callable[[], None], group: str) -> None:
        """Run work in a thread; an error in it does not end the app."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the app."""


class InspectActions:
    """One inquiry is computed at a time. A new question takes its place; a new moment of the same one waits.

    A thread computes one after the other as long as one waits: starting one for each picture of growing runs would
    cost as much as drawing it.
    """

    def __init__(self, app: InspectPort) -> None:
        self._app = app
        self._opened: Inspector | None = None
        self._waiting = WaitingInquiry()

    @property
    def view(self) -> Inspector | None:
        """The open inspector, or None."""
        return self._opened if self._opened in self._app.screen_stack else None

    def open(self) -> None:
        """Inspect the runs that are compared, the one under the cursor first."""
        from tui.screens.inspector.inspector import Inspector

        app = self._app
        run = app.snapshot.run(app.choices.pointed)
        if run is not None and run.kind != "engine":
            app.tell(uncomputed(run))
            return
        self._opened = Inspector(app.snapshot, app.choices, app.chart_style, app.transport)
        app.open_screen(self._opened)

    def restyle(self, chart_style: ChartStyle) -> None:
        """Draw the open inspector in another manner."""
        if self.view is not None:
            self.view.restyle(chart_style)

    def show(self, snapshot: Snapshot, choices: Choices) -> None:
        """Update the open inspector; a closed one wants no answers any more."""
        if self.view is not None:
            self.view.update(snapshot, choices)
        elif self._opened is not None:
            self._opened = None
            self._waiting.drop()

    def ask(self, inquiry: Inquiry) -> None:
        """Have an inquiry computed, as soon as the thread is free."""
        if self._waiting.put(inquiry):
            self._app.in_thread(self._compute, "inspect")

    def answer(self, answered: InquiryAnswered) -> None:
        """Show an answer."""
        if self.view is not None:
            self.view.take(answered)

    def _compute(self) -> None:
        """Compute what waits until nothing does."""
        while (inquiry := self._waiting.take()) is not None:
            sentence, other = self._compute_one(inquiry), self._waiting.newest
            if sentence or other is None or other.question != inquiry.question:
                self._app.post_message(InquiryAnswered(inquiry, None, sentence, is_last=True))

    def _compute_one(self, inquiry: Inquiry) -> str:
        """Post the answers to an inquiry; returns why there are not all of them, '' if there are."""

        def is_wanted() -> bool:
            other = self._waiting.newest
            return self.view is not None and (other is None or other.question == inquiry.question)

        try:
            for answer in inquiry.answers(self._app.path, is_wanted):
                if not is_wanted() or (answer is None and self._waiting.newest is not None):
                    break
                if answer is None:
                    continue
                self._app.post_message(InquiryAnswered(inquiry, answer))
        except (StoreError, ValueError) as error:
            return clean(told(error), 300)
        except Exception as error:  # what cannot be computed must not end the dashboard
            return clean(f"It failed: {error!r}", 300)
        return ""
