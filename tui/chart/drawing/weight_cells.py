"""Weight cells: images of weights side by side, as cells, in diverging colours around zero."""

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
"""Half blocks with two colours per cell; or shades that read without colour, in Unicode or ASCII."""

SHADES: dict[str, str] = {"shades": "≡≡=- ░▒▓█", "ascii": "==-- ++##"}
"""From the lowest to the highest value: lines below zero, areas above."""

ABREAST = 5
"""Fewest images in a row, if there are as many."""

LARGEST = 4
"""Most cells across per number."""

Levels = NDArray[np.int8]


class Piece(NamedTuple):
    """Text with levels from -DEEPEST to DEEPEST as `foreground` and `background`; None outside images."""

    text: str
    foreground: int | None = None
    background: int | None = None


@dataclass(frozen=True, slots=True)
class WeightImage:
    """Rows of cells with the first `visible` images; the levels DEEPEST and -DEEPEST are `largest` and -`largest`."""

    rows: list[list[Piece]]
    visible: int
    largest: float


def draw_weights(pictures: Floats, labels: Sequence[str], width: int, manner: Manner, most_rows: int) -> WeightImage:
    """Return images (n, height, width), each below its label, in rows of at most `width` cells.

    There are at most `most_rows` rows of cells, but always one row of images. Images that are too wide are pooled.
    """
    count, height, across = pictures.shape
    room = max((width + 1) // min(count, ABREAST) - 1, 1)
    scale = max(min(room // across, LARGEST), 1)
    scale -= scale % 2 and scale > 1  # a cell holds two numbers, or a number fills whole cells
    smaller = -(-across * scale // room)
    height, across = -(-height // smaller), -(-across // smaller)
    wide, tall = across * scale, -(-height * scale // 2) if manner == "halves" else height * max(scale // 2, 1)
    in_row = max((width + 1) // (wide + 1), 1)
    visible = min(count, max(most_rows // (tall + 1), 1) * in_row)
    in_row = -(-visible // -(-visible // in_row))  # rows of about equal length
    with np.errstate(all="ignore"):  # the weights of a diverged run may overflow
        levels, largest = levels_of(pooled(pictures[:visible], height, across))
    tiles = [_halves(one, scale) if manner == "halves" else _shades(one, scale, SHADES[manner]) for one in levels]
    rows: list[list[Piece]] = []
    for first in range(0, visible, in_row):
        beside = range(first, min(first + in_row, visible))
        rows.append([Piece(labels[number][:wide].ljust(wide + 1)) for number in beside])
        rows += [[piece for number in beside for piece in (*tiles[number][row], Piece(" "))] for row in range(tall)]
    return WeightImage(rows, visible, largest)


def levels_of(values: Floats) -> tuple[Levels, float]:
    """Scale values to levels -DEEPEST..DEEPEST by the largest finite size, which is returned too; NaN becomes 0."""
    known = np.where(np.isnan(values), 0.0, np.asarray(values, dtype=np.float64))
    finite = np.abs(known[np.isfinite(known)])
    largest = float(finite.max(initial=0.0))
    return np.rint(np.clip(known / (largest or 1.0), -1, 1) * DEEPEST).astype(np.int8), largest


def pooled(pictures: Floats, height: int, width: int) -> Floats:
    """Average images (n, H, W) down to (n, height, width)."""
    _, tall, wide = pictures.shape
    if (height, width) == (tall, wide):
        return pictures
    down, across = np.arange(height) * tall // height, np.arange(width) * wide // width
    sums = np.add.reduceat(np.add.reduceat(pictures, down, axis=1), across, axis=2)
    counts = np.diff(np.append(down, tall))[:, None] * np.diff(np.append(across, wide))
    means: Floats = sums / counts
    return means


def _halves(levels: Levels, scale: int) -> list[list[Piece]]:
    """Return an image with numbers `scale` half cells high, as half blocks of two levels per cell."""
    large = levels.repeat(scale, axis=0).repeat(scale, axis=1)
    if len(large) % 2:
        large = np.vstack([large, np.zeros_like(large[:1])])
    return [_row([_half(int(up), int(low)) for up, low in zip(*pair, strict=True)]) for pair in _pairs(large)]


def _pairs(large: Levels) -> list[tuple[Levels, Levels]]:
    return list(zip(large[::2], large[1::2], strict=True))


def _half(up: int, low: int) -> Piece:
    if up == low:
        return Piece(" ", None, up)
    # zero is always the background: in some schemes it has no colour to draw with
    return Piece("▄", low, 0) if up == 0 else Piece("▀", up, low)


def _shades(levels: Levels, scale: int, shades: str) -> list[list[Piece]]:
    cells = levels.repeat(max(scale // 2, 1), axis=0)  # a number needs a whole cell, so small images get taller
    return [_row([Piece(shades[level + DEEPEST] * scale, level) for level in row.tolist()]) for row in cells]


def _row(pieces: list[Piece]) -> list[Piece]:
    alike = groupby(pieces, key=lambda piece: piece[1:])
    return [Piece("".join(piece.text for piece in group), *tone) for tone, group in alike]
