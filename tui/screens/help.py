"""The help of a view: a page of its keys in groups, and a page of what stands on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widgets import Input

from tui.chart.drawing.weight_cells import Manner
from tui.colours.theme import ACCENTED, DIM, STRONG, TEXT
from tui.model import keymap
from tui.model.inspection.subjects import TabName
from tui.model.keymap import Key, Place
from tui.presenting.explained.blocks import Block, Line, counted_entries, laid_out, narrowed
from tui.presenting.explained.keys import key_blocks
from tui.presenting.explained.seen import seen_blocks
from tui.text.parts import Part, cells
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer
from tui.widgets.lines import Lines, strip

Page = Literal["keys", "seen"]
PAGES: Mapping[Page, str] = {"keys": "Keys", "seen": "What you see"}

NAMES: Mapping[Place, str] = {
    "board": "board",
    "replay": "replay",
    "sweepview": "sweep",
    "sweep": "new sweep",
    "probe": "probe",
    "form": "new run",
    "prompt": "question",
    "pick": "commands",
    "columns": "columns",
    "metrics": "metrics",
    "confirm": "question",
    "inspector": "inspector",
}
"""What the title calls each place."""

LONGEST_TEXT = 100


class Help(Closing, inherit_bindings=False):
    """Lists the keys of one place and explains what stands there; typed words narrow both pages.

    A block that is the `first`, about the field with the focus or the tab in front, stands before the keys; what stands
    on that `tab` is explained first.
    """

    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("help")
    DEFAULT_CSS = """
    Help #page { height: 1fr; }
    Help #asked { height: 1; display: none; background: $surface; }
    Help.-searching #asked { display: block; }
    Help #asked Lines { width: 10; background: $surface; }
    Help #asked Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $background; }
    """

    def __init__(
        self,
        place: Place = "board",
        manner: Manner = "halves",
        first: Block | None = None,
        tab: TabName | None = None,
    ) -> None:
        super().__init__()
        self._place = place
        keys = [*([first] if first is not None else []), *key_blocks(place)]
        self._blocks: Mapping[Page, Sequence[Block]] = {"keys": keys, "seen": seen_blocks(place, manner, tab)}
        self._page: Page = "keys"
        self._query = ""
        self._top = 0

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, _: [self._title(width)], css_id="head")
        yield Lines(self._shown, css_id="page")
        with Horizontal(id="asked"):
            yield Lines(lambda width, _: [strip([(" search", STRONG)], width)])
            field = Input(compact=True, max_length=LONGEST_TEXT)
            field.cursor_blink = False
            yield field
        yield Footer(self._keys)

    def _keys(self) -> list[Key]:
        following = PAGES["seen" if self._page == "keys" else "keys"].lower()
        words = {"turn": following, "close": "all again" if self._is_narrowed else "back"}
        return [replace(key, word=words.get(key.action, key.word)) for key in keymap.keys_of("help")]

    @property
    def _is_narrowed(self) -> bool:
        return self.has_class("-searching")

    def _title(self, width: int) -> Strip:
        """The place, the pages with the number of lines found on each, and which lines are shown."""
        name: list[Part] = [(f" help · {NAMES.get(self._place, self._place)}  ", STRONG)]
        pages: list[Part] = []
        for page, title in PAGES.items():
            count = f" {counted_entries(narrowed(self._blocks[page], self._query))}" if self._query else ""
            here = page == self._page
            pages += [(" ", TEXT), (f"[{title}{count}]" if here else f" {title}{count} ", ACCENTED if here else DIM)]
        lines, rows = self._lines(width), self._rows
        last = min(self._top + rows, len(lines))
        right: list[Part] = [(f"{self._top + 1}-{last} of {len(lines)} ", DIM)] if lines else []
        left = [*name, *pages] if cells([*name, *pages, *right]) < width else pages
        return strip(left, width, right)

    @property
    def _rows(self) -> int:
        return max(self.query_one("#page").size.height, 1)

    def _lines(self, width: int) -> list[Line]:
        return laid_out(narrowed(self._blocks[self._page], self._query), width)

    def _shown(self, width: int, height: int) -> list[Strip]:
        lines = self._lines(width)
        if not lines:
            return [strip([("  no line here has these words", DIM)], width)]
        return [strip(line, width) for line in lines[self._top : self._top + height]]

    def _go(self, top: int) -> None:
        """Scroll so that a line is the first, as far as there are lines."""
        if not self.query("#page"):
            return  # it was closed before the refresh that this waited for
        last = len(self._lines(self.size.width)) - self._rows
        self._top = max(0, min(top, last))
        for lines in self.query(Lines):
            lines.update()

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self._go(self._top))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll(-3)

    def on_click(self, event: events.Click) -> None:
        """A click on the titles of the pages turns to the other one."""
        if event.screen_y == 0:
            event.stop()
            self.action_turn()

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._query = message.value
        self._go(0)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Leave the field; what it found stays."""
        message.stop()
        self.set_focus(None)

    def action_scroll(self, by: int) -> None:
        self._go(self._top + by)

    def action_page(self, by: int) -> None:
        self._go(self._top + by * max(self._rows - 1, 1))

    def action_edge(self, by: int) -> None:
        self._go(0 if by < 0 else len(self._lines(self.size.width)))

    def action_turn(self) -> None:
        self._page = "seen" if self._page == "keys" else "keys"
        self._go(0)

    def action_search(self) -> None:
        self.add_class("-searching")
        self.query_one(Input).focus()
        self.call_after_refresh(lambda: self._go(self._top))

    def action_close(self) -> None:
        """Show all lines again after a search, or go back."""
        if not self._is_narrowed:
            self.dismiss()
            return
        self.remove_class("-searching")
        self.set_focus(None)
        self.query_one(Input).value = ""
        self.call_after_refresh(lambda: self._go(0))
