"""Weight images: the kept weights of a run as lines: a picture per class, or a table if there are no pixels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from engine.text import clean, counted
from tui.chart.drawing.weight_cells import SHADES, Manner, Piece, draw_weights
from tui.colours.styles import DEEPEST
from tui.colours.theme import DIM, TEXT, WARNED, signed_style
from tui.model.run_seen import Weights
from tui.text import numbers
from tui.text.parts import Part
from tui.text.widths import wrapped

if TYPE_CHECKING:
    from engine.analysis.templates import Templates
    from engine.objective.layout import Array

MOST_ROWS = {False: 40, True: 20}
"""Largest number of terminal rows for pictures or table, by whether the weights are those of hidden units."""

LONGEST_TROUBLE = 400
"""Most characters of why weights are not shown."""

COLUMN = 9
"""Cells of a number in the table."""

Line = list[Part]


@lru_cache(maxsize=4)
def weight_images(weights: Weights, width: int, manner: Manner, *, diverged: bool = False) -> tuple[Line, ...]:
    """The lines about these weights at `width` cells; those of a `diverged` run are not drawn.

    Weights compare by identity, so the cache keeps what is drawn.
    """
    caption = f"weights after {counted(weights.iteration, 'iteration')}"
    found = weights.templates
    if found is None:
        why = wrapped(f"not shown: {clean(weights.trouble, LONGEST_TROUBLE)}", max(width - 3, 8))
        return ([(f" {caption}", TEXT)], *([(f"  {line}", DIM)] for line in why))
    if diverged or not np.isfinite(found.rows).any():
        return ([(f" {caption}", TEXT), (_lost(found), WARNED)],)
    drawn, visible = _table(found, width) if found.pictures is None else _pictures(found, found.pictures, width, manner)
    what, count = "hidden unit" if found.hidden else "class", len(found.rows)
    said = f" per {what}, {visible:,} of {count:,}" if visible < count else f" per {what}"
    sides = f"{said} ({SIDES[manner == 'halves', found.hidden]})"
    caption_text = f"{caption}, one row{said}" if found.pictures is None else f"{caption}, one picture{sides}"
    return (*([(f" {line}", TEXT)] for line in wrapped(caption_text, max(width - 1, 1))), *drawn)


SIDES: Mapping[tuple[bool, bool], str] = {
    (True, False): "orange: for it, blue: against",
    (True, True): "orange: raises it, blue: lowers it",
    (False, False): "areas: for it, lines: against",
    (False, True): "areas: raise it, lines: lower it",
}
"""What weights above and below 0 do to the score of their class, or to their hidden unit, by whether in colour."""


def _lost(found: Templates) -> str:
    """What is left of the weights of a run that has diverged."""
    finite = np.abs(found.rows[np.isfinite(found.rows)])
    if not len(finite):
        return "  all of them are infinite or not numbers"
    return f": diverged, up to {numbers.number(float(finite.max()))}"


def scale_line(largest: float, manner: Manner) -> Line:
    """The legend of the colours or shades."""
    levels = range(-DEEPEST, DEEPEST + 1)
    if manner == "halves":
        pieces = [Piece("  ", None, level) for level in levels]
    else:
        pieces = [Piece(SHADES[manner][level + DEEPEST] * 2, level) for level in levels]
    value = numbers.number(largest)
    return [(f" -{value} ", DIM), *map(part_of, pieces), (f" {value}", DIM)]


def part_of(piece: Piece) -> Part:
    return piece.text, signed_style(piece.foreground, piece.background)


def _pictures(found: Templates, pictures: Array, width: int, manner: Manner) -> tuple[list[Line], int]:
    labels = [str(number) for number in range(len(pictures))]
    drawn = draw_weights(pictures, labels, max(width - 1, 1), manner, MOST_ROWS[found.hidden])
    return [
        scale_line(drawn.largest, manner),
        *([(" ", TEXT), *map(part_of, row)] for row in drawn.rows),
    ], drawn.visible


def _table(found: Templates, width: int) -> tuple[list[Line], int]:
    """The weights as numbers, and the number of classes shown."""
    most = MOST_ROWS[found.hidden]
    return number_table(found.rows[:most], found.biases, width), min(len(found.rows), most)


def number_table(rows: Array, biases: Array | None, width: int, first: int = 0) -> list[Line]:
    """A line of numbers for each row, in as many columns as fit; the rows are numbered from `first` on."""
    features, label = rows.shape[1], 6
    room = (width - label) // COLUMN - (biases is not None)
    columns = min(features, max(room, 1))
    names = [f"w{column}" for column in range(columns)] + (["bias"] if biases is not None else [])
    lines: list[Line] = [[(" " * label + "".join(f"{name:>{COLUMN}}" for name in names), DIM)]]
    for number, row in enumerate(rows):
        values = [*row[:columns], *([] if biases is None else [biases[number]])]
        text = "".join(f"{numbers.number(float(value)):>{COLUMN}}" for value in values)
        lines.append([(f"{first + number:>{label}}", DIM), (text, TEXT)])
    if columns < features:
        lines.append([(f"  and {counted(features - columns, 'more weight')} in each row", DIM)])
    return lines
