"""The prompt: questions over the last lines of the board, answered by typing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input

from tui.colours.theme import FAILED, STRONG
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.form.form import FormField, PlainDraft
from tui.model.form.form_messages import FieldChanged
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer, sentence_lines
from tui.widgets.form.form_pane import FormPane
from tui.widgets.lines import Build, Lines, WrappedLines


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the prompt: label, initial text and remark. All texts are cleaned."""

    name: str
    label: str
    text: str = ""
    remark: str = ""
    number: bool = False

    @property
    def field(self) -> FormField:
        """The field that asks this."""
        return FormField(self.name, self.label, self.remark, number=self.number, wide=not self.remark)


LOOK_S = 1.0
"""Seconds between two looks at what stands above the question; where nothing has changed, nothing is sent."""

LEFT_OVER = 8
"""Rows that what stands above the question leaves to the rest of the screen."""


class Prompt(Closing, ModalScreen[None], inherit_bindings=False):
    """Asks the questions and passes the texts, by name, to `typed`; it stays open until the order is answered.

    `verb` is what enter does. `changed` gets the texts after each change, `closed` is called if the prompt is left
    without an answer. `above` makes the rows that stand above the question, and are looked at again and again.
    """

    ALLOW_SELECT = False
    AUTO_FOCUS = ""
    BINDINGS = keymap.bindings("prompt")
    DEFAULT_CSS = """
    Prompt { align: left bottom; background: transparent; }
    Prompt Lines { background: $surface; }
    """

    def __init__(
        self,
        title: str,
        questions: Sequence[Question],
        typed: Callable[[Mapping[str, str]], None],
        verb: str = "apply",
        *,
        changed: Callable[[Mapping[str, str]], None] | None = None,
        closed: Callable[[], None] | None = None,
        above: Build | None = None,
    ) -> None:
        super().__init__()
        self._title, self._verb = title, verb
        self._typed = typed
        self._when_changed, self._when_closed = changed, closed
        self._above = above
        fields = tuple(question.field for question in questions)
        self._draft = PlainDraft(fields, {question.name: question.text for question in questions})
        self._error = ""
        self.waits = False
        """True while a submission is carried out; answers to earlier orders are ignored."""

    def compose(self) -> ComposeResult:
        if self._above is not None:
            yield Above(self._above)
        yield WrappedLines(self._head, css_id="head")
        yield FormPane(self._draft.form(), brief=True)
        yield Footer(self._keys)

    def on_mount(self) -> None:
        for above in self.query(Above):
            self.set_interval(LOOK_S, above.update)

    def _keys(self) -> list[keymap.Key]:
        several = len(self._draft.fields) > 1
        keys = [key for key in keymap.keys_of("prompt") if several or not key.action.startswith("go(")]
        return [replace(key, word=self._verb) if key.action == "submit" else key for key in keys]

    def _head(self, width: int, height: int) -> list[Strip]:
        if self._error:
            return sentence_lines((" ! ", FAILED), self._error, width, height)
        return sentence_lines((" ? ", STRONG), self._title, width, height)

    @property
    def texts(self) -> Mapping[str, str]:
        """What is typed, by the name of the question."""
        return self._draft.texts

    def complain(self, sentence: str) -> None:
        """Show an error; the typed texts stay."""
        self._error, self.waits = sentence, False
        self.query_one("#head", Lines).update()

    def handles(self, answer: Answer) -> bool:
        """Show a failure here; close on success and leave the answer to the screen below."""
        if answer.failed and (self.waits or answer.field is not None):
            self.complain(answer.sentence)
            return True
        if self.waits:
            self.dismiss()
        return False

    def on_field_changed(self, message: FieldChanged) -> None:
        message.stop()
        self._draft = self._draft.with_text(message.field, message.text)
        self.query_one(FormPane).show(self._draft.form())
        if self._when_changed is not None:
            self._when_changed(self._draft.texts)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_submit()

    def action_submit(self) -> None:
        """Pass the texts on, once."""
        if self.waits:
            return  # a second enter must not submit again
        self.complain("")
        self.waits = True
        self._typed(self._draft.texts)

    def action_go(self, by: int) -> None:
        """Put the focus on the next field, or on the one before."""
        self.query_one(FormPane).go(by)

    def action_reset(self) -> None:
        """What stood in the fields at first."""
        self._draft = self._draft.with_defaults()
        self.query_one(FormPane).show_anew(self._draft.form())

    def action_close(self) -> None:
        self.dismiss()
        if self._when_closed is not None:
            self._when_closed()


class Above(WrappedLines):
    """Rows above the question, no more than leave the board in sight."""

    def most_rows(self) -> int:
        """The largest number of rows."""
        return max(self.app.size.height - LEFT_OVER, 2)
