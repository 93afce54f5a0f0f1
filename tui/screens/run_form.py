"""The form of a run: a new run, a fork, a repeated sweep. It is checked on every keystroke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from tui.colours.theme import ACCENTED, DIM, FAILED, STRONG
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.form.form import Draft, Form, without_label
from tui.model.form.form_messages import FieldChanged
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer, sentence_lines
from tui.widgets.form.form_pane import FormPane
from tui.widgets.lines import Lines, WrappedLines, strip

AnyDraft = TypeVar("AnyDraft", bound=Draft)


@dataclass(frozen=True, slots=True)
class FormWords:
    """What a form says of itself: its title, a remark beside it, the verb of enter, and what enter does."""

    title: str
    remark: str
    verb: str
    ready: str


class RunForm(Closing, Generic[AnyDraft], inherit_bindings=False):
    """Edits a draft; posts what `on_submit` makes of it, and on esc what `on_close` makes of it."""

    ALLOW_SELECT = False
    AUTO_FOCUS = ""
    BINDINGS = keymap.bindings("form")

    def __init__(
        self,
        words: FormWords,
        draft: AnyDraft,
        on_submit: Callable[[AnyDraft], Message],
        on_close: Callable[[AnyDraft], Message] | None = None,
    ) -> None:
        super().__init__()
        self.draft, self._form = draft, draft.form()
        self._words = words
        self._on_submit, self._on_close = on_submit, on_close
        self._before_reset: AnyDraft | None = None
        self._rejected: dict[str, str] = {}
        self._submitted = False

    def compose(self) -> ComposeResult:
        title = [(f" {self._words.title}", STRONG), (f"   {self._words.remark}", DIM)]
        yield Lines(lambda width, _: [strip(title, width)])
        yield FormPane(self.form)
        yield WrappedLines(self._status)
        yield Footer(self._keys)

    def _keys(self) -> list[keymap.Key]:
        keys = keymap.keys_of("form", "choice")
        return [replace(key, word=self._words.verb) if key.action == "submit" else key for key in keys]

    @property
    def form(self) -> Form:
        """The form of the draft, with what the store has rejected."""
        return replace(self._form, errors={**self._rejected, **self._form.errors})

    def _status(self, width: int, height: int) -> list[Strip]:
        if complaint := self.form.complaint():
            return sentence_lines((" ! ", FAILED), complaint, width, height)
        sentence = "starting …" if self._submitted else self._words.ready
        return sentence_lines((" › ", ACCENTED), sentence, width, height)

    def on_field_changed(self, message: FieldChanged) -> None:
        message.stop()
        self._rejected.pop(message.field, None)
        self._rejected.pop("", None)
        self._show(self.draft.with_text(message.field, message.text))

    def _show(self, draft: AnyDraft, *, anew: bool = False) -> None:
        self.draft, self._form = draft, draft.form()
        self._submitted, self._before_reset = False, None
        pane = self.query_one(FormPane)
        (pane.show_anew if anew else pane.show)(self.form)
        self._tell()

    def _tell(self) -> None:
        self.query_one(WrappedLines).update()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_submit()

    def handles(self, answer: Answer) -> bool:
        """Show the error of a field that the data set does not allow, or why nothing was queued."""
        if not answer.failed or not (self._submitted or answer.field is not None):
            return False
        self._submitted = False
        form, name = self._form, answer.field or ""
        known = any(field.name == name and form.shows(name) for field in form.fields)
        label = form.field(name).label if known else ""
        self._rejected = {name if known else "": without_label(label, answer.sentence)}
        self.query_one(FormPane).show(self.form)
        self._tell()
        return True

    def action_submit(self) -> None:
        """Submit the draft, or put the focus on the first field with an error."""
        form = self._form = self.draft.form()  # what it is held against may have changed since
        if wrong := form.wrong():
            self.query_one(FormPane).focus_on(wrong[0])
        elif not form.errors and not self._submitted:
            self._submitted, self._rejected = True, {}
            self.query_one(FormPane).show(self.form)
            self.app.post_message(self._on_submit(self.draft))
        self._tell()

    def action_reset(self) -> None:
        """The defaults in all fields; once more, what was there before."""
        before = self._before_reset
        self._rejected = {}
        if before is not None:
            self._show(before, anew=True)
            return
        draft = self.draft
        self._show(draft.with_defaults(), anew=True)
        self._before_reset = draft

    def action_go(self, by: int) -> None:
        """Put the focus on the next field, or on the one before."""
        self.query_one(FormPane).go(by)

    def action_choose(self, by: int) -> None:
        """Change the focused field, as a click on the footer asks."""
        self.query_one(FormPane).action_choose(by)

    def action_close(self) -> None:
        """Close the form."""
        if self._on_close is not None:
            self.app.post_message(self._on_close(self.draft))
        self.dismiss()
