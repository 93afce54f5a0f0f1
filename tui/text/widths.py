"""Cells: text as codes, one a cell, and back. Arrays of codes are compared and copied at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len, chop_cells, get_character_cell_size

TAIL = 0
"""The second cell of a wide character."""

FIRST_CLUSTER = 0x110000
"""Codes from here on, beyond Unicode's, stand for a character with what combines with it."""

_clusters: list[str] = []
_codes: dict[str, int] = {}


def width_of(text: str) -> int:
    """How many cells a text takes. Numbers that change all the time are not put into anybody's cache for that."""
    return len(text) if text.isascii() and text.isprintable() else cell_len(text)


def wrapped(text: str, width: int) -> list[str]:
    """The words of a text in lines of at most `width` cells; a word that is longer is broken."""
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


def split(text: str) -> tuple[str, ...]:
    """Text cell by cell; the second cell of a wide character is ''."""
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


@lru_cache(maxsize=512)
def codes_of(text: str) -> tuple[int, ...]:
    """The code of each cell of a text."""
    return tuple(_code(cell) for cell in split(text))


def _code(cell: str) -> int:
    if len(cell) < 2:
        return ord(cell) if cell else TAIL
    if cell not in _codes:
        _codes[cell] = FIRST_CLUSTER + len(_clusters)
        _clusters.append(cell)
    return _codes[cell]


def text_of(codes: Iterable[int]) -> str:
    """What to write for such cells."""
    return "".join(_clusters[code - FIRST_CLUSTER] if code >= FIRST_CLUSTER else chr(code) for code in codes if code)
