"""The mouse: used by the app, or released to the terminal."""

from __future__ import annotations

from typing import Protocol

from tui.app.actions.ports import MessagePort

MODES = (1000, 1003, 1015, 1006)
"""The mouse modes that Textual enables in a terminal."""

RELEASED = "The mouse is the terminal's: select text as usual. M takes it back."


class MousePort(MessagePort, Protocol):
    """What Mouse needs of the app."""

    def write(self, text: str) -> None:
        """Write a control sequence to the terminal."""

    def remind(self, sentence: str) -> None:
        """Show this sentence on the board whenever no other message is due."""


class Mouse:
    """Turns mouse reporting of the terminal off and on."""

    def __init__(self, app: MousePort) -> None:
        self._app = app
        self._is_released = False

    def toggle(self) -> None:
        """Release the mouse to the terminal, or take it back."""
        self._is_released = not self._is_released
        switch = "l" if self._is_released else "h"
        self._app.write("".join(f"\x1b[?{mode}{switch}" for mode in MODES))
        reminder = RELEASED if self._is_released else ""
        self._app.remind(reminder)
        self._app.tell(reminder or "The mouse works here again: click a row, turn the wheel over the chart.")
