"""ChoiceInput: a field of a form with a few known answers, on one line."""

from __future__ import annotations

from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.colours.theme import ACCENTED, DIM, POINTED, TEXT
from tui.model import keymap
from tui.model.messages import ChoiceMade
from tui.widgets.lines import grounded, strip

WIDTH = 22


class ChoiceInput(Widget, can_focus=True):
    """Shows the chosen answer; posts ChoiceMade when a key or a click changes it. A single answer takes no focus."""

    DEFAULT_CSS = f"ChoiceInput {{ height: 1; width: {WIDTH}; }}"
    BINDINGS = keymap.bindings("choice")

    chosen: reactive[str] = reactive("", layout=False)

    def __init__(self, field: str, choices: tuple[str, ...], chosen: str) -> None:
        super().__init__(id=field)
        self._choices = choices
        self.can_focus = len(choices) > 1
        self.set_reactive(ChoiceInput.chosen, chosen)

    def action_choose(self, by: int) -> None:
        self.chosen = self._choices[(self._choices.index(self.chosen) + by) % len(self._choices)]
        self.post_message(ChoiceMade(self.id or "", self.chosen))

    def on_click(self, event: events.Click) -> None:
        if self.can_focus:
            self.action_choose(1)

    def render_line(self, y: int) -> Strip:
        """The chosen answer, with arrows if there are others."""
        if not self.can_focus:
            return grounded(self, strip([(self.chosen, DIM)], WIDTH))
        turn = (" ‹ ›", ACCENTED if self.has_focus else DIM)
        return grounded(self, strip([(self.chosen, TEXT), turn], WIDTH, ground=POINTED if self.has_focus else None))
