"""Lines of details: labels and their values, in columns where they fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import chop_cells

from tui.colours.theme import DIM, TEXT
from tui.text.parts import Part, cells
from tui.text.widths import width_of, wrapped

LABEL = 17
"""Cells of a label."""

TWO_COLUMNS = 72
"""Width in cells from which short values are in two columns."""

Line = list[Part]
Pair = tuple[str, Line]
"""A label and its value."""


def in_columns(pairs: Iterable[Pair], width: int, label_width: int = LABEL) -> Iterator[Line]:
    """Labels and values, in two columns if they fit."""
    lines = [[(f" {name:<{label_width}} ", DIM), *value] for name, value in pairs]
    half = width // 2
    if width < TWO_COLUMNS:
        yield from (part for line in lines for part in wrapped_value(line, width))
        return
    left: Line = []
    for line in lines:
        if left and cells(line) <= width - half:
            yield [*left, (" " * (half - cells(left)), TEXT), *line]
            left = []
            continue
        if left:
            yield left
        left = line if cells(line) < half else []
        if not left:
            yield from wrapped_value(line, width)
    if left:
        yield left


def wrapped_value(line: Line, width: int) -> Iterator[Line]:
    """A label and its value, wrapped below itself if it is longer than the line."""
    if cells(line) <= width:
        yield line
        return
    label, *value = line
    room = max(width - width_of(label[0]) - 1, 8)
    for text, style in value:
        for piece in wrapped(text, room):
            yield [label, (piece, style)]
            label = (" " * width_of(label[0]), TEXT)


def pieces(text: str, width: int) -> list[str]:
    """A printed line in pieces of `width` cells, its spaces as they are; one empty piece for an empty line."""
    return [text] if width_of(text) <= width else chop_cells(text, width)
