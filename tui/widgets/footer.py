"""The last line: the keys that work here, made from the key table; and the line for messages above it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from tui.keymap import Key, footer
from tui.theme import ACCENTED, DIM, TEXT, WARNED
from tui.widgets.lines import Part, strip


def key_line(keys: Sequence[Key], width: int) -> Strip:
    """The keys that fit into `width` cells, with their words."""
    parts: list[Part] = []
    for key in footer(keys, width - 2):
        parts += [("  " if parts else " ", TEXT), (key.shown, ACCENTED), (f" {key.word}", DIM)]
    return strip(parts, width)


def message_line(sentence: str, width: int, hint: str = "", *, failed: bool = False) -> Strip:
    """A cleaned sentence for the viewer on what happened, and a hint on what to press next."""
    sign: Part = (" ! ", WARNED) if failed else (" › ", ACCENTED)
    return strip([sign, (sentence, TEXT)], width, [(hint + " ", ACCENTED)] if hint else [])
