"""The picker: a list over the last lines of the screen. Type to narrow it, and pick a command, columns or a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input

from tui.colours.theme import ACCENTED, DIM, POINTED, STRONG, TEXT, WARNED
from tui.model import keymap
from tui.model.keymap import Place
from tui.model.messages import ColumnToggled, CommandPicked, MetricPicked, RunPicked, RunsSought
from tui.presenting.commands import PaletteCommand
from tui.text.parts import Part, cells
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer
from tui.widgets.lines import Lines, strip

DEFAULT_ROWS = 12
"""Rows of the list that are shown on a low terminal, if they fit."""

LEFT_OVER = 8
"""Rows that a long list leaves to the screen below, its own lines included."""

NAME_WIDTH = 20
LONGEST_TEXT = 200


class Pick(Closing, ModalScreen[None], inherit_bindings=False):
    """Lists what `matching` returns for the typed text; posts CommandPicked. `title` is cleaned.

    The cursor begins on the row `at`. `of` is what the list is of, for a text that nothing matches.
    """

    ALLOW_SELECT = False
    place: Place = "pick"
    hint = ""
    """What an empty field says about what can be typed."""
    input_type: type[Input] = Input
    BINDINGS = keymap.bindings("pick")
    DEFAULT_CSS = """
    Pick { align: left bottom; background: transparent; }
    Pick Lines { background: $surface; }
    Pick #asked { height: 1; background: $surface; }
    Pick #title { width: auto; }
    Pick #position { width: 16; }
    Pick Input { width: 1fr; }
    Pick #found { background: $background; }
    """

    def __init__(
        self,
        title: str,
        matching: Callable[[str], Sequence[PaletteCommand]],
        at: int = 0,
        of: str = "command",
        verb: str = "apply",
    ) -> None:
        super().__init__()
        self._title = title
        self._matching = matching
        self._found = list(matching(""))
        self._at = at
        self._of = of
        self._verb = verb
        self._room = DEFAULT_ROWS

    def compose(self) -> ComposeResult:
        title = [(f" {self._title} ", STRONG)]
        found = Lines(self._rows, css_id="found")
        self._room = room_in(self.app.size.height)
        found.styles.height = self._height
        yield found
        with Horizontal(id="asked"):
            asked = Lines(lambda width, _: [strip(title, width)], css_id="title")
            asked.styles.width = cells(title)
            yield asked
            field = self.input_type(compact=True, max_length=LONGEST_TEXT, placeholder=self.hint)
            field.cursor_blink = False
            yield field
            yield Lines(lambda width, _: [strip((), width, [(self._position(), DIM)])], css_id="position")
        yield Footer(self._keys)

    def _keys(self) -> list[keymap.Key]:
        keys = keymap.keys_of(self.place)
        return [replace(key, word=self._verb) if key.word == "apply" else key for key in keys]

    def on_resize(self, event: events.Resize) -> None:
        self._room = room_in(event.size.height)
        self._update()

    @property
    def _height(self) -> int:
        """Rows of the matches: few of them leave the rest of the screen to be seen."""
        return max(min(len(self._found), self._room), 1)

    @property
    def _top(self) -> int:
        return max(0, min(self._at - self._height // 2, len(self._found) - self._height))

    def _position(self) -> str:
        """Which of the matches are shown: 1-12 of 63."""
        last = min(self._top + self._height, len(self._found))
        return f"{self._top + 1}-{last} of {len(self._found):,} " if self._found else ""

    def _update(self) -> None:
        self.query_one("#found").styles.height = self._height
        for lines in self.query(Lines):
            lines.update()

    def _rows(self, width: int, height: int) -> list[Strip]:
        """The visible rows of the matches, around the cursor."""
        top = self._top
        visible = self._found[top : top + height]
        if not visible:
            return [strip([(f"   no {self._of} has these words", DIM)], width)]
        return [self._row(one, width, at == self._at) for at, one in enumerate(visible, top)]

    def _row(self, one: PaletteCommand, width: int, pointed: bool) -> Strip:
        widest = max(len(other.name) for other in self._found)
        left: list[Part] = [
            (" › " if pointed else "   ", ACCENTED),
            (one.name.ljust(min(max(NAME_WIDTH, widest), width * 2 // 5)) + "  ", TEXT),
            (one.help, DIM),
        ]
        return strip(left, width, [(f" {one.key} ", ACCENTED)] if one.key else [], ground=POINTED if pointed else None)

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self.look_for(message.value)

    def look_for(self, text: str) -> None:
        """List what matches a text."""
        self._found, self._at = list(self._matching(text)), 0
        self._update()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_submit()

    def action_move(self, by: int) -> None:
        if self._found:
            self._at = (self._at + by) % len(self._found)
            self._update()

    def action_submit(self) -> None:
        if self._found:
            self.app.post_message(CommandPicked(self._found[self._at].action))
            self.dismiss()

    def action_close(self) -> None:
        self.dismiss()


def room_in(height: int) -> int:
    """The most rows of matches in a terminal of so many rows."""
    return max(height - LEFT_OVER, min(DEFAULT_ROWS, height - 3), 1)


class WordInput(Input):
    """An input for a word: it leaves space to the menu."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is text for this input."""
        return character != " " and super().check_consume_key(key, character)


class NameInput(Input):
    """An input for a name: it leaves the asterisk to the list."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is text for this input."""
        return character != "*" and super().check_consume_key(key, character)


class ColumnMenu(Pick, inherit_bindings=False):
    """Lists the columns that match the typed text; posts ColumnToggled and shows what has come of it."""

    place: Place = "columns"
    input_type = WordInput
    BINDINGS = keymap.bindings("columns")

    def action_submit(self) -> None:
        """Show or hide the column under the cursor."""
        if self._found:
            self.app.post_message(ColumnToggled(self._found[self._at].action))

    def update(self) -> None:
        """Read the columns again after one was shown or hidden."""
        self._found = list(self._matching(self.query_one(Input).value))
        self._at = min(self._at, max(len(self._found) - 1, 0))
        self._update()


class MetricPicker(Pick, inherit_bindings=False):
    """Lists the metrics that match the typed text; posts MetricPicked. Its rows have their names as the action."""

    place: Place = "metrics"
    input_type = NameInput
    BINDINGS = keymap.bindings("metrics")
    hint = "a part of a name"

    def action_submit(self) -> None:
        """Show the metric under the cursor."""
        self._pick(as_main=False)

    def action_make_main(self) -> None:
        """Let the metric under the cursor stand for the marked runs that have it."""
        self._pick(as_main=True)

    def _pick(self, *, as_main: bool) -> None:
        if self._found:
            self.app.post_message(MetricPicked(self._found[self._at].action, as_main))
            self.dismiss()


class RunFinder(Pick, inherit_bindings=False):
    """Posts RunsSought as its text changes, and RunPicked. Its rows name a run each, with its number as the action."""

    BINDINGS = keymap.bindings("pick")
    hint = "a number, a word, or a filter such as sgd loss<0.5"

    def __init__(self, title: str, verb: str) -> None:
        super().__init__(title, lambda _: (), of="run", verb=verb)
        self._counted = self._complaint = ""
        self._is_read = False

    def show(self, found: Sequence[PaletteCommand], at: int, counted: str, complaint: str) -> None:
        """Show the runs that fit, the cursor on row `at`, and their number; or why the filter cannot be read."""
        self._found, self._at, self._counted, self._complaint = list(found), at, counted, complaint
        self._is_read = True
        self._update()

    def look_for(self, text: str) -> None:
        self.post_message(RunsSought(text))

    def _position(self) -> str:
        return self._counted

    def _rows(self, width: int, height: int) -> list[Strip]:
        if self._complaint:
            return [strip([(f"   {self._complaint}", WARNED)], width)]
        if not self._found:
            return [strip([("   no run fits" if self._is_read else "   reading …", DIM)], width)]
        return super()._rows(width, height)

    def action_submit(self) -> None:
        """Go to the run under the cursor."""
        if self._found:
            self.post_message(RunPicked(int(self._found[self._at].action)))
            self.dismiss()
