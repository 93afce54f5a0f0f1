"""Raster: lines and bands as braille dots (2 x 4 in a cell) and as the style of each cell, with NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats
from tui.chart.cells.picture import Codepoints, StyleIds

Bits = NDArray[np.uint8]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

DOT_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of the dot in row r and column c of a braille cell, DOT_BITS[r][c]."""
BRAILLE = 0x2800
LEFT_DOTS = np.uint8(0x47)
"""The left half of a cell: lines that keep only these look dotted, whatever their slope."""
WEAVE_DOTS = (np.uint8(0x01 | 0x04), np.uint8(0x10 | 0x80))
"""Every other dot of the left and the right half of a cell."""
WEAVE = 2
"""Cells that several lines share change colour after so many columns, so that none of them vanishes."""
NOWHERE = 2**30


def dot_rows(positions: Floats, dots: int) -> Rows:
    """Positions in dots as rows of dots; NOWHERE for NaN. A position on the lower edge is in the last row."""
    rows = np.floor(positions)
    rows[positions == dots] = dots - 1
    rows[np.isnan(rows)] = NOWHERE
    return rows.astype(np.int64)


def line_spans(lines: Floats, dots: int, steps: Sequence[bool] = ()) -> tuple[Rows, Rows]:
    """First and last dot row of connected lines in every dot column; lines and results have shape (k, columns).

    Neighbours meet half-way, so that a steep line has no holes; lines in `steps` rise and fall upright, in the
    column of the new value. Empty columns get a span of nothing.
    """
    rows = dot_rows(lines, dots)
    first, last = rows.copy(), rows.copy()
    last[rows == NOWHERE] = -1
    before, after = rows[:, :-1], rows[:, 1:]
    joined = (before != NOWHERE) & (after != NOWHERE)
    middle = (before + after) // 2
    falls, rises = joined & (after > before), joined & (after < before)
    upright = np.flatnonzero(steps)
    if len(upright):
        middle[upright] = before[upright] - rises[upright]
    last[:, :-1] = np.where(falls, np.maximum(last[:, :-1], middle), last[:, :-1])
    first[:, 1:] = np.where(falls, np.minimum(first[:, 1:], middle + 1), first[:, 1:])
    first[:, :-1] = np.where(rises, np.minimum(first[:, :-1], middle + 1), first[:, :-1])
    last[:, 1:] = np.where(rises, np.maximum(last[:, 1:], middle), last[:, 1:])
    return first, last


@lru_cache(maxsize=32)
def _above(rows: int) -> tuple[Bits, Bits]:
    """The dots above an edge for the left and the right half of a cell: uint8 of shape (edges, cell rows).

    Edge e has the dot rows 0..e-1 above it, so row e of a table is a whole column of cells at once.
    """
    edge, cell = np.arange(rows * 4 + 1)[:, None], np.arange(rows)[None, :]
    halves = []
    for side in (0, 1):
        bits = np.zeros((rows * 4 + 1, rows), dtype=np.uint8)
        for r in range(4):
            bits |= np.where(edge > cell * 4 + r, np.uint8(DOT_BITS[r][side]), np.uint8(0))
        bits.setflags(write=False)
        halves.append(bits)
    return halves[0], halves[1]


def _between(first: Rows, stop: Rows, rows: int, side: int) -> Bits:
    """Dots first..stop-1 of one half of the cells, columns of any shape: uint8 of that shape and (cell rows,)."""
    table = _above(rows)[side]
    # what lies beyond the plot is as good as its edge; where stop is before first, nothing is left
    return table.take(stop, axis=0, mode="clip") & ~table.take(first, axis=0, mode="clip")


def line_bits(lines: Floats, rows: int, steps: Sequence[bool] = ()) -> Bits:
    """Cells of connected lines: uint8 dots of shape (k, rows, columns / 2) for lines of shape (k, columns)."""
    first, last = line_spans(lines, rows * 4, steps)
    left = _between(first[:, 0::2], last[:, 0::2] + 1, rows, 0)
    return (left | _between(first[:, 1::2], last[:, 1::2] + 1, rows, 1)).transpose(0, 2, 1)


@lru_cache(maxsize=1)
def _moved() -> tuple[Bits, Bits, Bits, Bits]:
    """For each cell its dots moved down by one, those that come into the cell below; and the same to the right."""
    cells = np.arange(256, dtype=np.uint8)
    below, carried, beside, over = (np.zeros(256, np.uint8) for _ in range(4))
    for r in range(4):
        for c in (0, 1):
            there = (cells & DOT_BITS[r][c]) != 0
            (below if r < 3 else carried)[there] |= np.uint8(DOT_BITS[(r + 1) % 4][c])
            (beside if c < 1 else over)[there] |= np.uint8(DOT_BITS[r][1 - c])
    return below, carried, beside, over


def thicker(line: Bits) -> Bits:
    """The cells of one line, shape (rows, columns), drawn with a pen of two dots by two."""
    below, carried, beside, over = _moved()
    wide = line | beside[line]
    wide[:, 1:] |= over[line[:, :-1]]
    thick = wide | below[wide]
    thick[1:] |= carried[wide[:-1]]
    out: Bits = thick
    return out


def band_bits(lows: Floats, highs: Floats, rows: int, filled: Sequence[bool]) -> Bits:
    """Cells of raw values between their extremes, like line_bits.

    The two extremes of a column are exact; what lies between is every other dot where `filled`, else empty.
    A band that crosses an edge of the plot is cut there.
    """
    dots = rows * 4
    low, high = dot_rows(lows, dots), dot_rows(highs, dots)
    which = np.flatnonzero(filled)
    halves = []
    for side in (0, 1):
        low_dots, high_dots = low[:, side::2], high[:, side::2]
        half = _between(low_dots, low_dots + 1, rows, side) | _between(high_dots, high_dots + 1, rows, side)
        if len(which):
            # an empty column is NOWHERE on both sides, so that nothing lies between
            half[which] |= _between(high_dots[which] + 1, low_dots[which], rows, side) & WEAVE_DOTS[side]
        halves.append(half)
    return (halves[0] | halves[1]).transpose(0, 2, 1)


@dataclass(frozen=True, slots=True, eq=False)
class SeriesStyle:
    """How one series is painted: its styles, whether it wins shared cells, and its sign where there is no braille."""

    strong: int
    faint: int
    first: bool = False
    glyph: int = 0


def compose(
    lines: Bits, bands: Bits, pens: Sequence[SeriesStyle], *, glyphs: bool = False
) -> tuple[Codepoints, StyleIds]:
    """One picture of all series: codepoints and styles of shape (rows, columns), blank where nothing is.

    A cell has one colour. Lines hide bands. Lines that share a cell keep all their dots and take turns in its
    colour along the row, unless one of them is `first` (emphasised). With `glyphs`, for terminals without
    braille, a line is made of its pen's sign, and a band of dots.
    """
    first = [style.first for style in pens]
    band_there, band_owner = owners(bands)
    line_there, line_owner = owners(lines, first)
    styles = np.where(band_there, np.array([style.faint for style in pens], dtype=np.uint8)[band_owner], np.uint8(0))
    styles = np.where(line_there, np.array([style.strong for style in pens], dtype=np.uint8)[line_owner], styles)
    if glyphs:
        band_codes = np.array(ord("."), dtype=np.uint32)
        line_codes = np.array([style.glyph for style in pens], dtype=np.uint32)[line_owner]
    else:
        band_codes = np.bitwise_or.reduce(bands, axis=0) + np.uint32(BRAILLE)
        line_codes = np.bitwise_or.reduce(lines, axis=0) + np.uint32(BRAILLE)
    codes = np.where(line_there, line_codes, np.where(band_there, band_codes, np.uint32(ord(" "))))
    return codes, styles


def owners(bits: Bits, first: Sequence[bool] = ()) -> tuple[Flags, NDArray[np.intp]]:
    """Which cells have any dot, and which series gives each of them its colour; both of shape (rows, columns)."""
    there = bits != 0
    count = np.add.reduce(there, axis=0, dtype=np.uint8)
    # of one series alone this is its index; the others follow
    indices = np.arange(len(bits), dtype=np.uint8)[:, None, None]
    owner = np.bitwise_or.reduce(there * indices, axis=0).astype(np.intp)
    row, column = np.nonzero(count > 1)
    if len(row):
        together = there[:, row, column]
        turn = (column // WEAVE) % count[row, column]
        rank = np.cumsum(together, axis=0, dtype=np.uint8)
        owner[row, column] = np.argmax(together & (rank == turn + 1), axis=0)
    for index in np.flatnonzero(first):
        owner[there[index]] = index
    return count > 0, owner
