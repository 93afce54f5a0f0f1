"""Raster: lines and bands as braille dots (2 x 4 in a cell) and as the style of each cell, with NumPy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tui.chart.picture import Codepoints, StyleIds
from tui.chart.series import Columns
from tui.chart.view import Floats

Bits = NDArray[np.uint8]
Rows = NDArray[np.int32]

DOT_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of the dot in row r and column c of a braille cell, DOT_BITS[r][c]."""
BRAILLE = 0x2800
WEAVE = 2
"""Cells that several lines share change colour after so many columns, so that none of them vanishes."""
NOWHERE = np.int32(2**30)


def dot_rows(positions: Floats, dots: int) -> Rows:
    """Positions in dots as rows of dots; NOWHERE for NaN. A position on the lower edge is in the last row."""
    rows = np.floor(positions)
    rows[positions == dots] = dots - 1
    rows[np.isnan(rows)] = NOWHERE
    return rows.astype(np.int32)


def line_spans(lines: Floats, dots: int) -> tuple[Rows, Rows]:
    """First and last dot row of connected lines in every dot column; lines and results have shape (k, columns).

    Neighbours meet half-way, so that a steep line has no holes. Empty columns get a span of nothing.
    """
    rows = dot_rows(lines, dots)
    first, last = rows.copy(), rows.copy()
    last[rows == NOWHERE] = -1
    before, after = rows[:, :-1], rows[:, 1:]
    joined = (before != NOWHERE) & (after != NOWHERE)
    middle = (before + after) // 2
    falls, rises = joined & (after > before), joined & (after < before)
    last[:, :-1] = np.where(falls, np.maximum(last[:, :-1], middle), last[:, :-1])
    first[:, 1:] = np.where(falls, np.minimum(first[:, 1:], middle + 1), first[:, 1:])
    first[:, :-1] = np.where(rises, np.minimum(first[:, :-1], middle + 1), first[:, :-1])
    last[:, 1:] = np.where(rises, np.maximum(last[:, 1:], middle), last[:, 1:])
    return first, last


def line_bits(lines: Floats, rows: int) -> Bits:
    """Cells of connected lines: uint8 dots of shape (k, rows, columns / 2) for lines of shape (k, columns)."""
    first, last = line_spans(lines, rows * 4)
    grid = np.arange(rows * 4, dtype=np.int32)[None, :, None]
    return _pack((grid >= first[:, None, :]) & (grid <= last[:, None, :]))


def band_bits(lows: Floats, highs: Floats, rows: int, filled: Sequence[bool]) -> Bits:
    """Cells of raw values between their extremes, like line_bits.

    The two extremes of a column are exact; what lies between is every other dot where `filled`, else empty.
    A band that crosses an edge of the plot is cut there.
    """
    dots = rows * 4
    low, high = dot_rows(lows, dots), dot_rows(highs, dots)
    out = np.zeros((len(lows), dots, lows.shape[1]), dtype=np.bool_)
    which = np.flatnonzero(filled)
    if len(which):
        grid = np.arange(dots, dtype=np.int32)[None, :, None]
        between = (grid > high[which, None, :]) & (grid < low[which, None, :]) & (low[which] != NOWHERE)[:, None, :]
        between[:, 0::2, 1::2] = False
        between[:, 1::2, 0::2] = False
        out[which] = between
    for ends in (low, high):
        series, column = np.nonzero((ends >= 0) & (ends < dots))
        out[series, ends[series, column], column] = True
    return _pack(out)


def _pack(dots: NDArray[np.bool_]) -> Bits:
    count, height, width = dots.shape
    bits = np.zeros((count, height // 4, width // 2), dtype=np.uint8)
    view = dots.view(np.uint8)
    for r, pair in enumerate(DOT_BITS):
        for c, bit in enumerate(pair):
            bits |= view[:, r::4, c::2] * np.uint8(bit)
    return bits


def stack(columns: Sequence[Columns]) -> tuple[Floats, Floats, Floats]:
    """The lines, lows and highs of several series, each of shape (k, dot columns)."""
    return (
        np.array([one.line for one in columns]),
        np.array([one.low for one in columns]),
        np.array([one.high for one in columns]),
    )


def compose(
    lines: Bits, bands: Bits, strong: Sequence[int], faint: Sequence[int], first: Sequence[bool], glyphs: Sequence[int]
) -> tuple[Codepoints, StyleIds]:
    """One picture of all series: codepoints and styles of shape (rows, columns), blank where nothing is.

    A cell has one colour. Lines hide bands. Lines that share a cell keep all their dots and take turns in its
    colour along the row, unless one of them is `first` (emphasised). `glyphs` (one a series, for terminals
    without braille) replace the dots of a line; a band then is a dot.
    """
    codes = np.full(lines.shape[1:], ord(" "), dtype=np.uint32)
    styles = np.zeros(lines.shape[1:], dtype=np.uint8)
    band_owner, any_band = _owners(bands, [False] * len(bands))
    line_owner, any_line = _owners(lines, first)
    band_dots = np.bitwise_or.reduce(bands, axis=0)
    line_dots = np.bitwise_or.reduce(lines, axis=0)
    if glyphs:
        codes[any_band] = ord(".")
        codes[any_line] = np.array(glyphs, dtype=np.uint32)[line_owner[any_line]]
    else:
        codes[any_band] = band_dots[any_band].astype(np.uint32) + BRAILLE
        codes[any_line] = line_dots[any_line].astype(np.uint32) + BRAILLE
    styles[any_band] = np.array(faint, dtype=np.uint8)[band_owner[any_band]]
    styles[any_line] = np.array(strong, dtype=np.uint8)[line_owner[any_line]]
    return codes, styles


def _owners(bits: Bits, first: Sequence[bool]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Which series gives each cell its colour, and which cells have any dot."""
    there = bits != 0
    rank = np.cumsum(there, axis=0, dtype=np.uint8)
    count = rank[-1]
    turn = (np.arange(bits.shape[2]) // WEAVE) % np.maximum(count, 1)
    chosen = there & (rank == turn + 1)
    owner = np.argmax(chosen, axis=0)
    for index in np.flatnonzero(first):
        owner[there[index]] = index
    return owner, count > 0
