"""The prompt: questions over the last lines of the board, answered by typing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input

from tui.colours.theme import DIM, FAILED, STRONG
from tui.model import keymap
from tui.model.answer import Answer
from tui.widgets.footer import Footer, sentence_lines
from tui.widgets.lines import Lines, WrappedLines, strip

LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the prompt: label, initial text and remark. All texts are cleaned."""

    name: str
    label: str
    text: str = ""
    remark: str = ""


class Prompt(ModalScreen[None], inherit_bindings=False):
    """Asks the questions and passes the texts, by name, to `typed`; it stays open until the order is answered."""

    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("prompt")
    DEFAULT_CSS = """
    Prompt { align: left bottom; background: transparent; }
    Prompt Lines { background: $surface; }
    .question { height: 1; background: $surface; }
    .question Input { width: 28; height: 1; border: none; padding: 0 1; background: $background; color: $foreground; }
    .question Input:focus { border: none; }
    .asked { width: 20; }
    .remarked { width: 1fr; }
    """

    def __init__(self, title: str, questions: Sequence[Question], typed: Callable[[Mapping[str, str]], None]) -> None:
        super().__init__()
        self._title = title
        self._questions = questions
        self._typed = typed
        self._error = ""
        self.waits = False
        """True while a submission is carried out; answers to earlier orders are ignored."""

    def compose(self) -> ComposeResult:
        yield WrappedLines(self._head)
        for question in self._questions:
            with Horizontal(classes="question"):
                yield Lines(_line(f"   {question.label}", STRONG), classes="asked")
                field = Input(question.text, id=question.name, compact=True, max_length=LONGEST_TEXT)
                field.cursor_blink = False
                yield field
                if question.remark:
                    yield Lines(_line(f" {question.remark}", DIM), classes="remarked")
                else:
                    field.styles.width = "1fr"
        yield Footer(lambda: keymap.keys_of("prompt"))

    def _head(self, width: int, height: int) -> list[Strip]:
        if self._error:
            return sentence_lines((" ! ", FAILED), self._error, width, height)
        return sentence_lines((" ? ", STRONG), self._title, width, height)

    def complain(self, sentence: str) -> None:
        """Show an error; the typed texts stay."""
        self._error, self.waits = sentence, False
        self.query(Lines).first().update()

    def handles(self, answer: Answer) -> bool:
        """Show a failure here; close on success and leave the answer to the screen below."""
        if answer.failed and (self.waits or answer.field is not None):
            self.complain(answer.sentence)
            return True
        if self.waits:
            self.dismiss()
        return False

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_submit()

    def action_submit(self) -> None:
        """Pass the texts on, once."""
        if self.waits:
            return  # a second enter must not submit again
        self.complain("")
        self.waits = True
        self._typed({field.id or "": field.value for field in self.query(Input)})

    def action_close(self) -> None:
        self.dismiss()


def _line(text: str, style: Style) -> Callable[[int, int], list[Strip]]:
    return lambda width, _: [strip([(text, style)], width)]
