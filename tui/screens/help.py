"""The help page, generated from the key table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM, STRONG, TEXT
from tui.model import keymap
from tui.model.keymap import Place
from tui.text.numbers import fit
from tui.text.parts import Part
from tui.widgets.columns import SIGNS
from tui.widgets.footer import Footer
from tui.widgets.lines import Lines, strip

TWO_COLUMNS = 118
SECTIONS: Mapping[Place, str] = {
    "board": "Keys",
    "replay": "Replay",
    "sweep": "Sweep dialog",
    "sweepview": "Sweep",
    "probe": "Probe",
}
"""Sections of the page in order; the one of the place where help was opened moves to the top."""


class Help(Screen[None], inherit_bindings=False):
    """Lists every key and what it does, those of one place first, and explains the signs of the table."""

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("help")
    DEFAULT_CSS = "#page { height: 1fr; }"

    def __init__(self, place: Place = "board") -> None:
        super().__init__()
        self._places = [place, *(other for other in SECTIONS if other != place)]
        self._top = 0

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, height: page(self._places, width)[self._top :], css_id="page")
        yield Footer(lambda: keymap.keys_of("help"))

    def action_scroll(self, by: int) -> None:
        lines = self.query_one("#page", Lines)
        below = max(len(page(self._places, lines.size.width)) - lines.size.height, 0)
        self._top = max(0, min(self._top + by * max(lines.size.height // 2, 1), below))
        lines.update()

    def action_close(self) -> None:
        self.dismiss()


def page(places: Sequence[Place], width: int) -> list[Strip]:
    """All lines of the page at `width` cells; the table's signs follow the first section."""
    first, *others = places
    lines = [*_section(first, width), [], *_signs()]
    for place in others:
        lines += [[], *_section(place, width)]
    return [strip(line, width) for line in lines]


def _section(place: Place, width: int) -> list[list[Part]]:
    """The keys of a place, in two columns if they fit."""
    keys = keymap.keys_of(place)
    columns = 2 if width >= TWO_COLUMNS else 1
    rows = -(-len(keys) // columns)
    lines: list[list[Part]] = [[(f" {SECTIONS[place]}", STRONG)], []]
    for row in range(rows):
        parts: list[Part] = []
        for key in keys[row::rows]:
            parts += [("  " + key.shown.ljust(9), ACCENTED), (fit(key.help, width // columns - 12) + " ", TEXT)]
        lines.append(parts)
    return lines


def _signs() -> list[list[Part]]:
    signs: list[Part] = [(" ", TEXT)]
    for status, (sign, style) in SIGNS.items():
        signs += [(" " + sign, style), (f" {status}  ", DIM)]
    return [
        signs,
        [("  A bar at the left of a row: drawn in the chart, in that colour. Runs go on without it.", DIM)],
    ]
