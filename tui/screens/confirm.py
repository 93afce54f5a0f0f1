"""The question before something that cannot be taken back."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import ModalScreen

from tui import keymap
from tui.theme import TEXT, WARNED
from tui.widgets.footer import key_line
from tui.widgets.lines import Lines, strip


class Confirm(ModalScreen[None], inherit_bindings=False):
    """Asks over the last lines of the board; posts `confirmed` when the answer is yes."""

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("confirm")
    DEFAULT_CSS = """
    Confirm { align: left bottom; background: transparent; }
    #question, #footer { background: $surface; }
    """

    def __init__(self, question: str, confirmed: Message) -> None:
        super().__init__()
        self._question = question
        self._confirmed = confirmed

    def compose(self) -> ComposeResult:
        yield Lines(id="question")
        yield Lines(id="footer")

    def on_resize(self, event: events.Resize) -> None:
        width = event.size.width
        self.query_one("#question", Lines).show([strip([(" ? ", WARNED), (self._question, TEXT)], width)])
        self.query_one("#footer", Lines).show([key_line(keymap.keys_of("confirm"), width)])

    def action_confirm(self) -> None:
        self.app.post_message(self._confirmed)
        self.dismiss()

    def action_close(self) -> None:
        self.dismiss()
