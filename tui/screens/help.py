"""The help page, made from the key table."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from tui import keymap
from tui.format import fit
from tui.keymap import Key, Place
from tui.theme import ACCENTED, DIM, STRONG, TEXT
from tui.widgets.columns import SIGNS
from tui.widgets.footer import key_line
from tui.widgets.lines import Lines, Part, strip

TWO_COLUMNS = 118


class Help(Screen[None], inherit_bindings=False):
    """Every key of a place and what it does, and what the signs of the table mean."""

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("help")
    DEFAULT_CSS = "#page { height: 1fr; }"

    def __init__(self, place: Place = "board") -> None:
        super().__init__()
        self._place = place
        self._top = 0

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, height: page(keymap.keys_of(self._place), width)[self._top :], css_id="page")
        yield Lines(lambda width, _: [key_line(keymap.keys_of("help"), width)])

    def action_scroll(self, by: int) -> None:
        lines = self.query_one("#page", Lines)
        below = max(len(page(keymap.keys_of(self._place), lines.size.width)) - lines.size.height, 0)
        self._top = max(0, min(self._top + by * max(lines.size.height // 2, 1), below))
        lines.update()

    def action_close(self) -> None:
        self.dismiss()


def page(keys: list[Key], width: int) -> list[Strip]:
    """All lines of the page, in two columns where there is room for them."""
    columns = 2 if width >= TWO_COLUMNS else 1
    rows = -(-len(keys) // columns)
    lines: list[list[Part]] = [[(" Keys", STRONG)], []]
    for row in range(rows):
        parts: list[Part] = []
        for key in keys[row::rows]:
            parts += [("  " + key.shown.ljust(9), ACCENTED), (fit(key.help, width // columns - 12) + " ", TEXT)]
        lines.append(parts)
    signs: list[Part] = [(" ", TEXT)]
    for status, (sign, style) in SIGNS.items():
        signs += [(" " + sign, style), (f" {status}  ", DIM)]
    lines += [
        [],
        signs,
        [("  A bar at the left of a row: drawn in the chart, in that colour. Runs go on without it.", DIM)],
    ]
    return [strip(line, width) for line in lines]
