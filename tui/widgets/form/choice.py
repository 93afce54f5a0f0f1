"""ChoiceInput: a field of a form with a few known answers, on one line."""

from __future__ import annotations

from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.colours.theme import ACCENTED, DIM, FAILED, POINTED, TEXT
from tui.model import keymap
from tui.model.form.form import FormField
from tui.model.form.form_messages import FieldChanged
from tui.widgets.lines import grounded, strip


class ChoiceInput(Widget, can_focus=True):
    """Shows the chosen answer; posts FieldChanged when a key or a click changes it. A single answer takes no focus."""

    DEFAULT_CSS = "ChoiceInput { height: 1; }"
    BINDINGS = keymap.bindings("choice")

    chosen: reactive[str] = reactive("", layout=False)
    is_wrong: reactive[bool] = reactive(False, layout=False)

    def __init__(self, field: FormField, chosen: str) -> None:
        super().__init__(id=field.name)
        self._choices = field.choices
        self.can_focus = len(field.choices) > 1
        self.set_reactive(ChoiceInput.chosen, chosen)

    def show(self, field: FormField, chosen: str, *, is_wrong: bool) -> None:
        """Show another answer, of other choices perhaps."""
        self._choices, self.can_focus = field.choices, len(field.choices) > 1
        self.chosen, self.is_wrong = chosen, is_wrong

    def action_choose(self, by: int) -> None:
        """Choose the next answer, or the one before."""
        at = self._choices.index(self.chosen) + by if self.chosen in self._choices else 0
        self.chosen = self._choices[at % len(self._choices)]
        self.post_message(FieldChanged(self.id or "", self.chosen))

    def on_click(self, event: events.Click) -> None:
        if self.can_focus:
            self.action_choose(1)

    def render_line(self, y: int) -> Strip:
        """The chosen answer, with arrows if there are others."""
        width = self.size.width
        if not self.can_focus:
            return grounded(self, strip([(self.chosen, DIM)], width))
        turn = (" ‹ ›", ACCENTED if self.has_focus else DIM)
        chosen = (self.chosen, FAILED if self.is_wrong else TEXT)
        return grounded(self, strip([chosen, turn], width, ground=POINTED if self.has_focus else None))
