"""The help page, made from the key table."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from tui import keymap
from tui.keymap import Key
from tui.theme import ACCENTED, DIM, STRONG, TEXT
from tui.widgets.columns import SIGNS
from tui.widgets.footer import key_line
from tui.widgets.lines import Lines, Part, strip


class Help(Screen[None], inherit_bindings=False):
    """Every key of the board and what it does, and what the signs of the table mean."""

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("help")
    DEFAULT_CSS = "#page { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, height: page(keymap.keys_of("board"), width, height), css_id="page")
        yield Lines(lambda width, _: [key_line(keymap.keys_of("help"), width)])

    def action_close(self) -> None:
        self.dismiss()


def page(keys: list[Key], width: int, height: int) -> list[Strip]:
    """The lines of the page; blank ones and the legend of signs give way in a low terminal."""
    blank = height >= len(keys) + 6
    lines: list[list[Part]] = [[(" Keys", STRONG)]]
    lines += [[]] if blank else []
    lines += [[("  " + key.shown.ljust(12), ACCENTED), (key.help, TEXT)] for key in keys]
    lines += [[]] if blank else []
    signs: list[Part] = [(" ", TEXT)]
    for status, (sign, style) in SIGNS.items():
        signs += [(" " + sign, style), (f" {status}  ", DIM)]
    lines += [
        signs,
        [("  A bar at the left of a row: drawn in the chart, in that colour. Runs go on without it.", DIM)],
    ]
    return [strip(line, width) for line in lines]
