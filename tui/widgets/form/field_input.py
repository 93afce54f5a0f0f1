"""FieldInput: where the focused field of a form is typed into."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from tui.model.form.form import FormField
from tui.model.form.form_messages import FieldChanged, FieldStepped
from tui.text.widths import width_of
from tui.widgets.form.field_rows import NONE

LONGEST_TEXT = 10_000

EXPONENT = ("e", "E")


class FieldInput(Input):
    """Posts FieldChanged for what is typed, and FieldStepped for ← and → in a field that steps.

    A number leaves ? and the keys in `others` to the screen, but the sign of an exponent is typed: 1e-3. In an open
    field ← and → choose among the known texts, and move the cursor in any other text.
    """

    def __init__(self, others: str = "") -> None:
        super().__init__(compact=True, max_length=LONGEST_TEXT)
        self.cursor_blink = False
        self._field, self._others = FormField("", ""), others

    def show(self, field: FormField, text: str | None, *, is_wrong: bool) -> None:
        """Show a field with another text (None: what is typed stays), and whether it is wrong."""
        self._field = field
        self.placeholder = NONE if field.optional and field.number else ""
        self.set_class(is_wrong, "-wrong")
        self.set_class(field.wide, "wide")
        if text is not None and text != self.value:
            with self.prevent(FieldChanged):
                self.value = text

    def point(self, column: int) -> None:
        """Put the cursor on a column."""
        ends = range(1, len(self.value) + 1)
        self.cursor_position = sum(width_of(self.value[:end]) <= column for end in ends)

    def _leaves(self, character: str | None) -> bool:
        if character == "?" and self._is_known:
            return True
        if not self._field.number or character is None:
            return False
        if character in "+-" and self.value[: self.cursor_position].endswith(EXPONENT):
            return False
        return character in f"?{self._others}"

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed here, and does not belong to the screen."""
        return not self._leaves(character) and super().check_consume_key(key, character)

    def on_key(self, event: events.Key) -> None:
        if self._leaves(event.character):
            event.prevent_default()

    def watch_value(self, value: str) -> None:
        """Tell what is typed, at once: the next key may focus another field."""
        self.post_message(FieldChanged(self._field.name, value))

    def action_cursor_left(self, select: bool = False) -> None:
        """The choice before, one step down, or the cursor to the left."""
        if select or not self.turn(-1):
            super().action_cursor_left(select)

    def action_cursor_right(self, select: bool = False) -> None:
        """The next choice, one step up, or the cursor to the right."""
        if select or not self.turn(1):
            super().action_cursor_right(select)

    @property
    def _is_known(self) -> bool:
        """Whether one of the known texts stands here, and no other one was begun."""
        return self._field.open and self.value in self._field.choices

    def turn(self, by: int) -> bool:
        """Step, or choose the next known text; False where neither can be done."""
        if self._field.steps:
            self.post_message(FieldStepped(self._field.name, by))
            return True
        if self._is_known:
            choices = self._field.choices
            self.value = choices[(choices.index(self.value) + by) % len(choices)]
            self.action_select_all()
            return True
        return False
