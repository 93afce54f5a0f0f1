"""The dialog that asks for confirmation."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.screen import ModalScreen

from tui.colours.theme import WARNED
from tui.model import keymap
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer, sentence_lines
from tui.widgets.lines import WrappedLines


class Confirm(Closing, ModalScreen[None], inherit_bindings=False):
    """Asks a question over the last lines of the board; calls `confirmed` if the answer is yes, else `declined`."""

    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("confirm")
    DEFAULT_CSS = """
    Confirm { align: left bottom; background: transparent; }
    Lines { background: $surface; }
    """

    def __init__(
        self, question: str, confirmed: Callable[[], None], declined: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__()
        self._question = question
        self._confirmed = confirmed
        self._declined = declined

    def compose(self) -> ComposeResult:
        yield WrappedLines(lambda width, height: sentence_lines((" ? ", WARNED), self._question, width, height))
        yield Footer(lambda: keymap.keys_of("confirm"))

    def action_confirm(self) -> None:
        self.dismiss()
        self._confirmed()

    def action_close(self) -> None:
        self.dismiss()
        self._declined()
