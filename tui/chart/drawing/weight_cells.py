"""WeightImage: small pictures of signed numbers side by side, in cells. Zero lies in the middle of the colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats
from tui.colours.styles import DEEPEST

Manner = Literal["halves", "shades", "ascii"]
"""Half blocks in two colours a cell; or shades that read without colour, in Unicode or ASCII."""

SHADES: dict[str, str] = {"shades": "≡≡=- ░▒▓█", "ascii": "==-- ++##"}
"""From the lowest to the highest value: below zero there are lines, above it areas."""

ABREAST = 5
"""Pictures that stand side by side at least, as far as there are as many."""

LARGEST = 4
"""Cells that one number takes across at most."""

Levels = NDArray[np.int8]


class Piece(NamedTuple):
    """Text in one ink on one ground: levels from -DEEPEST to DEEPEST, None for what is no part of a picture."""

    text: str
    ink: int | None = None
    ground: int | None = None


@dataclass(frozen=True, slots=True)
class WeightImage:
    """Rows of cells with the first `shown` pictures; the deepest colours stand for `largest` and -`largest`."""

    rows: list[list[Piece]]
    shown: int
    largest: float


def draw_weights(pictures: Floats, labels: Sequence[str], width: int, manner: Manner, most_rows: int) -> WeightImage:
    """Pictures (n, height, width), each under its label, in rows of at most `width` cells.

    At most `most_rows` rows, but one row of pictures always. Pictures that are too wide are made smaller.
    """
    count, height, across = pictures.shape
    room = max((width + 1) // min(count, ABREAST) - 1, 1)
    scale = max(min(room // across, LARGEST), 1)
    scale -= scale % 2 and scale > 1  # two numbers of a column share a cell, or a number takes whole ones
    smaller = -(-across * scale // room)
    height, across = -(-height // smaller), -(-across // smaller)
    wide, tall = across * scale, -(-height * scale // 2) if manner == "halves" else height * max(scale // 2, 1)
    in_row = max((width + 1) // (wide + 1), 1)
    shown = min(count, max(most_rows // (tall + 1), 1) * in_row)
    in_row = -(-shown // -(-shown // in_row))  # as many in the last row as in the others, or nearly
    with np.errstate(all="ignore"):  # weights that ran away are numbers of no use, and no error
        levels, largest = levels_of(pooled(pictures[:shown], height, across))
    tiles = [_halves(one, scale) if manner == "halves" else _shades(one, scale, SHADES[manner]) for one in levels]
    rows: list[list[Piece]] = []
    for first in range(0, shown, in_row):
        beside = range(first, min(first + in_row, shown))
        rows.append([Piece(labels[number][:wide].ljust(wide + 1)) for number in beside])
        rows += [[piece for number in beside for piece in (*tiles[number][row], Piece(" "))] for row in range(tall)]
    return WeightImage(rows, shown, largest)


def levels_of(values: Floats) -> tuple[Levels, float]:
    """Values as levels from -DEEPEST to DEEPEST, in shares of the largest, and that one; what is no number is zero."""
    known = np.where(np.isnan(values), 0.0, np.asarray(values, dtype=np.float64))
    finite = np.abs(known[np.isfinite(known)])
    largest = float(finite.max(initial=0.0))
    return np.rint(np.clip(known / (largest or 1.0), -1, 1) * DEEPEST).astype(np.int8), largest


def pooled(pictures: Floats, height: int, width: int) -> Floats:
    """Pictures (n, H, W) as smaller ones (n, height, width): each number is the mean of those in its place."""
    _, tall, wide = pictures.shape
    if (height, width) == (tall, wide):
        return pictures
    down, across = np.arange(height) * tall // height, np.arange(width) * wide // width
    sums = np.add.reduceat(np.add.reduceat(pictures, down, axis=1), across, axis=2)
    counts = np.diff(np.append(down, tall))[:, None] * np.diff(np.append(across, wide))
    means: Floats = sums / counts
    return means


def _halves(levels: Levels, scale: int) -> list[list[Piece]]:
    """A picture whose numbers are `scale` half cells high: the upper half of a cell is ink, the lower one ground."""
    large = levels.repeat(scale, axis=0).repeat(scale, axis=1)
    if len(large) % 2:
        large = np.vstack([large, np.zeros_like(large[:1])])
    return [_row([_half(int(up), int(low)) for up, low in zip(*pair, strict=True)]) for pair in _pairs(large)]


def _pairs(large: Levels) -> list[tuple[Levels, Levels]]:
    return list(zip(large[::2], large[1::2], strict=True))


def _half(up: int, low: int) -> Piece:
    if up == low:
        return Piece(" ", None, up)
    # zero is always ground: where it has no colour of its own there is none to write with
    return Piece("▄", low, 0) if up == 0 else Piece("▀", up, low)


def _shades(levels: Levels, scale: int, shades: str) -> list[list[Piece]]:
    signs = levels.repeat(max(scale // 2, 1), axis=0)  # tall where it has one cell: better than half of the numbers
    return [_row([Piece(shades[level + DEEPEST] * scale, level) for level in row.tolist()]) for row in signs]


def _row(pieces: list[Piece]) -> list[Piece]:
    alike = groupby(pieces, key=lambda piece: piece[1:])
    return [Piece("".join(piece.text for piece in group), *tone) for tone, group in alike]
