"""The footer: the keys that work here, from the key table; and the message line above it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM, TEXT, WARNED
from tui.model.keymap import Key, footer
from tui.text.parts import Part, cells
from tui.text.widths import wrapped
from tui.widgets.lines import strip


def key_line(keys: Sequence[Key], width: int) -> Strip:
    """The keys that fit into `width` cells, with their words."""
    parts: list[Part] = []
    for key in footer(keys, width - 2):
        parts += [("  " if parts else " ", TEXT), (key.shown, ACCENTED), (f" {key.word}", DIM)]
    return strip(parts, width)


def message_lines(sentence: str, width: int, height: int, hint: str = "", *, failed: bool = False) -> list[Strip]:
    """A cleaned sentence about what happened, and a hint which key to press."""
    sign: Part = (" ! ", WARNED) if failed else (" › ", ACCENTED)
    return sentence_lines(sign, sentence, width, height, [(hint + " ", ACCENTED)] if hint else [])


def sentence_lines(sign: Part, sentence: str, width: int, height: int, right: Sequence[Part] = ()) -> list[Strip]:
    """A cleaned sentence after a sign, in up to `height` rows; `right` ends the first one."""
    room = width - cells([sign]) - (cells(right) + 1 if right else 0)
    lines = wrapped(sentence, room) or [""]
    last = max(height, 1) - 1
    lines[last:] = (
        [" ".join(lines[last:])] if lines[last:] else []
    )  # strip() ends a row that is too long with an ellipsis
    indent = (" " * cells([sign]), TEXT)
    first, *others = lines
    return [strip([sign, (first, TEXT)], width, right), *(strip([indent, (line, TEXT)], width) for line in others)]
