"""Part: what each part that the app is put together from may ask of the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.message import Message

from tui.model.choices import Choices
from tui.model.messages import OrderAnswered
from tui.model.snapshot import Snapshot
from tui.terminal.textual_internals import send


class Part(App[int], inherit_bindings=False):
    """The app as its parts see it: the store's path, what was read and what was chosen."""

    path: Path
    snapshot: Snapshot
    choices: Choices

    def order(self, carry_out: Callable[[], Message]) -> None:
        """Carry an order out in a thread and post what it answers, or the sentence on why not."""
        raise NotImplementedError

    def tell(self, sentence: str, *, failed: bool = False) -> None:
        """Show a cleaned sentence."""
        raise NotImplementedError

    def write(self, text: str) -> None:
        """Write a control sequence to the terminal, beside the frames."""
        send(self, text)

    def hand_over(self, text: str, told: str) -> None:
        """Send a text to the terminal's clipboard, and say what it was."""
        from tui.terminal.clipboard import copy

        def carry_out() -> Message:
            # written by the app itself: the terminal must not get it amidst a frame
            copy(text, lambda sequence: self.call_from_thread(self.write, sequence))
            return OrderAnswered(f"Sent to the terminal's clipboard: {told}")

        self.order(carry_out)
