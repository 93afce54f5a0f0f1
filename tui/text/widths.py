"""Widths: the width of text in cells, and text as integer codes, one per cell, and back.

Arrays of codes can be compared and copied at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.cells import cell_len, chop_cells, get_character_cell_size

TAIL = 0
"""Code of the second cell of a wide character."""

FIRST_CLUSTER = 0x110000
"""Codes from here on, beyond Unicode, stand for a character with its combining characters."""

_clusters: list[str] = []
_codes: dict[str, int] = {}


def width_of(text: str) -> int:
    """Return the width of a text in cells; ASCII is measured directly, to keep changing numbers out of Rich's cache."""
    return len(text) if text.isascii() and text.isprintable() else cell_len(text)


def wrapped(text: str, width: int) -> list[str]:
    """Wrap a text into lines of at most `width` cells; longer words are broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = chop_cells(word, max(width, 2))
        lines += whole
    return [*lines, line] if line else lines


def as_many(words: Sequence[str], width: int) -> str:
    """Join the first words with dots, as many as fit whole into `width` cells; '' if none does."""
    joined = (" · ".join(words[:count]) for count in range(len(words), 0, -1))
    return next((text for text in joined if width_of(text) <= width), "")


def split(text: str) -> tuple[str, ...]:
    """Split a text into cells; the second cell of a wide character is ''."""
    if text.isascii():
        return tuple(text)
    cells: list[str] = []
    for character in text:
        size = get_character_cell_size(character)
        if size:
            cells.append(character)
            cells.extend([""] * (size - 1))
        elif cells:
            head = len(cells) - 1 if cells[-1] or len(cells) < 2 else len(cells) - 2
            cells[head] += character
    return tuple(cells)


NARROW = re.compile("[ -~¡-¬®-˯─-▟⠀-⣿]*")
"""Characters that are one cell each whatever stands beside them: most of what is on a screen."""


@lru_cache(maxsize=512)
def codes_of(text: str) -> tuple[int, ...]:
    """Return the code of each cell of a text."""
    if NARROW.fullmatch(text):
        return tuple(map(ord, text))
    return tuple(_code(cell) for cell in split(text))


def _code(cell: str) -> int:
    if len(cell) < 2:
        return ord(cell) if cell else TAIL
    if cell not in _codes:
        _codes[cell] = FIRST_CLUSTER + len(_clusters)
        _clusters.append(cell)
    return _codes[cell]


def text_of(codes: Iterable[int]) -> str:
    """Return the text of some codes."""
    return "".join(_clusters[code - FIRST_CLUSTER] if code >= FIRST_CLUSTER else chr(code) for code in codes if code)
