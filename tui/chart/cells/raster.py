"""Raster: lines and bands as braille dots (2 x 4 per cell), and the style of each cell; NumPy only."""

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
"""DOT_BITS[r][c] is the bit of the dot in row r and column c of a braille cell."""
BRAILLE = 0x2800
LEFT_DOTS = np.uint8(0x47)
"""The left column of dots: a line reduced to these looks dotted at any slope."""
WEAVE_DOTS = (np.uint8(0x01 | 0x04), np.uint8(0x10 | 0x80))
"""Every other dot of the left and the right column of a cell: the fill of bands."""
WEAVE = 2
"""Cells that several lines share change owner after this many columns, so that every line stays visible."""
NOWHERE = 2**30


def dot_rows(positions: Floats, dots: int) -> Rows:
    """Convert positions in dots to dot rows; NOWHERE for NaN. The lower edge belongs to the last row."""
    rows = np.floor(positions)
    rows[positions == dots] = dots - 1
    rows[np.isnan(rows)] = NOWHERE
    return rows.astype(np.int64)


def line_spans(lines: Floats, dots: int, steps: Sequence[bool] = ()) -> tuple[Rows, Rows]:
    """Return the first and last dot row of connected lines per dot column; all of shape (k, columns).

    Neighbours meet half-way, so that steep lines have no holes; step lines jump in the column of the new value. Empty
    columns have an empty span.
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
def _dots_above(rows: int) -> tuple[Bits, Bits]:
    """Return the dots above each edge, for the left and the right half of a cell: uint8 (edges, cell rows).

    Edge e lies below dot rows 0..e-1, so row e of a table is a whole column of cells.
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


def _dots_between(first: Rows, stop: Rows, rows: int, side: int) -> Bits:
    """Return dots first..stop-1 of one half of the cells: uint8 of the shape of `first` plus (cell rows,)."""
    table = _dots_above(rows)[side]
    # mode="clip" clips to the edges of the plot; stop < first gives no dots
    return table.take(stop, axis=0, mode="clip") & ~table.take(first, axis=0, mode="clip")


def line_bits(lines: Floats, rows: int, steps: Sequence[bool] = ()) -> Bits:
    """Return the cells of connected lines (k, dot columns): uint8 dots (k, rows, dot columns / 2)."""
    first, last = line_spans(lines, rows * 4, steps)
    left = _dots_between(first[:, 0::2], last[:, 0::2] + 1, rows, 0)
    return (left | _dots_between(first[:, 1::2], last[:, 1::2] + 1, rows, 1)).transpose(0, 2, 1)


@lru_cache(maxsize=1)
def _shift_tables() -> tuple[Bits, Bits, Bits, Bits]:
    """Return, for each of 256 cells, its dots moved down by one and those carried below; the same to the right."""
    cells = np.arange(256, dtype=np.uint8)
    below, carried, beside, over = (np.zeros(256, np.uint8) for _ in range(4))
    for r in range(4):
        for c in (0, 1):
            present = (cells & DOT_BITS[r][c]) != 0
            (below if r < 3 else carried)[present] |= np.uint8(DOT_BITS[(r + 1) % 4][c])
            (beside if c < 1 else over)[present] |= np.uint8(DOT_BITS[r][1 - c])
    return below, carried, beside, over


def thicker(line: Bits) -> Bits:
    """Return the cells (rows, columns) of a line widened to two dots by two."""
    below, carried, beside, over = _shift_tables()
    wide = line | beside[line]
    wide[:, 1:] |= over[line[:, :-1]]
    thick = wide | below[wide]
    thick[1:] |= carried[wide[:-1]]
    out: Bits = thick
    return out


def band_bits(lows: Floats, highs: Floats, rows: int, filled: Sequence[bool]) -> Bits:
    """Return the cells of bands (k, dot columns), as line_bits does.

    The extremes of each column are exact; between them every other dot is set if `filled`, else none. Bands are cut
    at the edges of the plot.
    """
    dots = rows * 4
    low, high = dot_rows(lows, dots), dot_rows(highs, dots)
    which = np.flatnonzero(filled)
    halves = []
    for side in (0, 1):
        low_dots, high_dots = low[:, side::2], high[:, side::2]
        half = _dots_between(low_dots, low_dots + 1, rows, side) | _dots_between(high_dots, high_dots + 1, rows, side)
        if len(which):
            # an empty column is NOWHERE on both sides: no dots between
            half[which] |= _dots_between(high_dots[which] + 1, low_dots[which], rows, side) & WEAVE_DOTS[side]
        halves.append(half)
    return (halves[0] | halves[1]).transpose(0, 2, 1)


@dataclass(frozen=True, slots=True, eq=False)
class SeriesStyle:
    """How one series is painted: its styles, whether it owns shared cells (`first`), and its sign without braille."""

    strong: int
    faint: int
    first: bool = False
    glyph: int = 0


def compose(
    lines: Bits, bands: Bits, series_styles: Sequence[SeriesStyle], *, glyphs: bool = False
) -> tuple[Codepoints, StyleIds]:
    """Combine lines and bands (k, rows, columns) to codepoints and styles (rows, columns).

    A cell has one colour. Lines cover bands. Lines that share a cell keep all their dots and own it in turns along
    the row, unless one of them is `first` (emphasised). With `glyphs`, for terminals without braille, a line is drawn
    with its sign and a band with full stops.
    """
    first = [style.first for style in series_styles]
    has_band, band_owner = owners(bands)
    has_line, line_owner = owners(lines, first)
    styles = np.where(
        has_band, np.array([style.faint for style in series_styles], dtype=np.uint8)[band_owner], np.uint8(0)
    )
    styles = np.where(has_line, np.array([style.strong for style in series_styles], dtype=np.uint8)[line_owner], styles)
    if glyphs:
        band_codes = np.array(ord("."), dtype=np.uint32)
        line_codes = np.array([style.glyph for style in series_styles], dtype=np.uint32)[line_owner]
    else:
        band_codes = np.bitwise_or.reduce(bands, axis=0) + np.uint32(BRAILLE)
        line_codes = np.bitwise_or.reduce(lines, axis=0) + np.uint32(BRAILLE)
    codes = np.where(has_line, line_codes, np.where(has_band, band_codes, np.uint32(ord(" "))))
    return codes, styles


def owners(bits: Bits, first: Sequence[bool] = ()) -> tuple[Flags, NDArray[np.intp]]:
    """Return which cells have a dot, and the index of the series that owns each; both (rows, columns)."""
    present = bits != 0
    count = np.add.reduce(present, axis=0, dtype=np.uint8)
    # right for cells of one series; shared cells follow
    indices = np.arange(len(bits), dtype=np.uint8)[:, None, None]
    owner = np.bitwise_or.reduce(present * indices, axis=0).astype(np.intp)
    row, column = np.nonzero(count > 1)
    if len(row):
        together = present[:, row, column]
        turn = (column // WEAVE) % count[row, column]
        rank = np.cumsum(together, axis=0, dtype=np.uint8)
        owner[row, column] = np.argmax(together & (rank == turn + 1), axis=0)
    for index, is_first in enumerate(first):
        if is_first:
            owner[present[index]] = index
    return count > 0, owner
