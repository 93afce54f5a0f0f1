"""Filled pictures: areas of colour, two to a cell, with lines of dots and letters on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats
from tui.chart.cells.cell_text import cells, fit
from tui.chart.cells.picture import BLANK, WIDE_TAIL, Codepoints, StyleIds
from tui.chart.cells.raster import BRAILLE, DOT_BITS
from tui.chart.drawing.weight_cells import Manner
from tui.chart.values.view import Charset
from tui.text.octants import CHARACTERS

MOST_STEPS = 4_096
"""Most dots of one segment of a line: longer ones come from points far outside the picture."""

UPPER_HALF, LOWER_HALF = ord("▀"), ord("▄")
_BITS = np.array(DOT_BITS, dtype=np.uint8)
_OCTANTS = np.array([*map(ord, CHARACTERS)], dtype=np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class FilledPicture:
    """Cells with a character, the style of the character and the style that fills the rest; all (height, width).

    BLANK as ground is the screen's own background.
    """

    codepoints: Codepoints
    styles: StyleIds
    grounds: StyleIds

    @property
    def width(self) -> int:
        """Columns of cells."""
        return int(self.codepoints.shape[1])

    @property
    def height(self) -> int:
        """Rows of cells."""
        return int(self.codepoints.shape[0])

    def row(self, row: int) -> list[tuple[str, int, int]]:
        """Return a row as pieces (text, style id, ground id), left to right."""
        codes, styles, grounds = self.codepoints[row], self.styles[row], self.grounds[row]
        changes = (styles[1:] != styles[:-1]) | (grounds[1:] != grounds[:-1])
        edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(codes)]
        starts = edges[:-1]
        painted = zip(pairwise(edges), styles[starts].tolist(), grounds[starts].tolist(), strict=True)
        if not codes.all():  # a WIDE_TAIL: cells are not characters
            return [(_text(codes[i:j]), style, ground) for (i, j), style, ground in painted if i < j]
        text = _text(codes)
        return [(text[i:j], style, ground) for (i, j), style, ground in painted if i < j]

    def to_text(self) -> str:
        """Return the characters alone, one line per row, without trailing blanks."""
        return "\n".join(_text(row).rstrip() for row in self.codepoints)


class FilledSheet:
    """The cells of a filled picture while it is drawn.

    `grounds` (2 * height, width) are the style ids of the upper and the lower half of each cell, `shades`
    (height, width) the characters that stand for them where there are no colours. Both may be written in place.
    """

    def __init__(self, width: int, height: int, manner: Manner) -> None:
        self.width, self.height, self.manner = max(width, 1), max(height, 1), manner
        shape = (self.height, self.width)
        self.grounds = np.full((2 * self.height, self.width), BLANK, dtype=np.uint8)
        self.shades: Codepoints = np.full(shape, ord(" "), dtype=np.uint32)
        self._dots = np.zeros(shape, dtype=np.uint8)
        self._dot_styles = np.full(shape, BLANK, dtype=np.uint8)
        self._letters: Codepoints = np.zeros(shape, dtype=np.uint32)
        self._letter_styles = np.full(shape, BLANK, dtype=np.uint8)
        self._has_letter = np.zeros(shape, dtype=bool)
        self._areas: tuple[Codepoints, StyleIds, StyleIds] | None = None
        self._clears = False

    def copy(self) -> FilledSheet:
        """Return a sheet with the same cells, to draw further on."""
        other = FilledSheet(self.width, self.height, self.manner)
        for name in ("grounds", "shades", "_dots", "_dot_styles", "_letters", "_letter_styles", "_has_letter"):
            setattr(other, name, getattr(self, name).copy())
        other._areas, other._clears = self._areas, self._clears
        return other

    def fill_octants(self, dots: StyleIds) -> None:
        """Fill each cell with the two most frequent of the style ids (4 * height, 2 * width) in it, as an octant."""
        cells_of_dots = dots.reshape(self.height, 4, self.width, 2).transpose(0, 2, 1, 3).reshape(-1, 8)
        ground, codes = cells_of_dots[:, 0].copy(), np.full(len(cells_of_dots), ord(" "), np.uint32)
        style = ground.copy()
        # the eight dots of a cell as one number: it repeats the first one where all are alike
        mixed = np.flatnonzero(cells_of_dots.view(np.uint64)[:, 0] != ground * np.uint64(0x0101010101010101))
        among = cells_of_dots[mixed]
        counts = (among[:, :, None] == among[:, None, :]).sum(axis=2)
        every = np.arange(len(among))
        most = among[every, counts.argmax(axis=1)]
        other = among[every, np.where(among == most[:, None], 0, counts).argmax(axis=1)]
        # BLANK is no colour to draw with
        front, back = np.where(other == BLANK, most, other), np.where(other == BLANK, other, most)
        patterns = np.packbits(among == front[:, None], axis=1, bitorder="little")[:, 0]
        ground[mixed], style[mixed], codes[mixed] = back, front, _OCTANTS[patterns]
        shape = self.height, self.width
        self.fill(codes.reshape(shape), style.reshape(shape), ground.reshape(shape))

    def fill(self, codes: Codepoints, styles: StyleIds, grounds: StyleIds, *, clears: bool = False) -> None:
        """Fill the cells with characters, their styles and what is behind them, instead of `grounds` and `shades`.

        `clears`: lines and letters stand on the screen's own background.
        """
        self._areas, self._clears = (codes, styles, grounds), clears

    def line(self, x: Floats, y: Floats, style: int, *, alone: bool = False) -> None:
        """Draw a line through points: x in columns of cells from the left, y in rows from the top, both (k,).

        What is outside is cut, what is not finite is a gap. A cell has the style of the line drawn last; `alone`: it
        loses the dots of lines in other styles.
        """
        with np.errstate(over="ignore"):
            across, down = _stepped(x * 2, y * 4)
        self._set(across, down, style, alone)

    def dots(self, x: Floats, y: Floats, style: int, *, alone: bool = False) -> None:
        """Draw a dot at each point, as `line` does."""
        with np.errstate(over="ignore"):
            self._set(np.floor(x * 2), np.floor(y * 4), style, alone)

    def _set(self, across: Floats, down: Floats, style: int, alone: bool) -> None:
        inside = (across >= 0) & (across < 2 * self.width) & (down >= 0) & (down < 4 * self.height)
        columns, rows = across[inside].astype(np.intp), down[inside].astype(np.intp)
        at = (rows >> 2) * self.width + (columns >> 1)
        dots, styles = self._dots.reshape(-1), self._dot_styles.reshape(-1)
        if alone:
            dots[at[styles[at] != style]] = 0
        np.bitwise_or.at(dots, at, _BITS[rows & 3, columns & 1])
        styles[at] = style

    def put(self, x: float, y: float, sign: str, style: int) -> None:
        """Write a one-cell sign at a point, if it is inside."""
        if 0 <= x < self.width and 0 <= y < self.height:
            row, column = int(y), int(x)
            self._letters[row, column], self._letter_styles[row, column] = ord(sign), style
            self._has_letter[row, column] = True

    def signs(self, x: Floats, y: Floats, codes: Codepoints, styles: StyleIds) -> None:
        """Write a one-cell sign of its own style at each of the points that are inside; of two in a cell the last."""
        inside = (x >= 0) & (x < self.width) & (y >= 0) & (y < self.height)
        area = y[inside].astype(np.intp), x[inside].astype(np.intp)
        self._letters[area], self._letter_styles[area] = codes[inside], styles[inside]
        self._has_letter[area] = True

    def write(self, row: int, column: int, text: str, style: int) -> None:
        """Write text into a row, cut at its right end."""
        if 0 <= row < self.height and 0 <= column < self.width:
            charset: Charset = "ascii" if self.manner == "ascii" else "unicode"
            codes: Sequence[int] = fit(cells(text, charset), self.width - column, charset)
            area = np.s_[row, column : column + len(codes)]
            self._letters[area], self._letter_styles[area], self._has_letter[area] = codes, style, True

    def picture(self, glyph: str = "*") -> FilledPicture:
        """Return the finished picture; without braille a cell of a line is a `glyph`."""
        upper, lower = self.grounds[::2], self.grounds[1::2]
        if self._areas is not None:
            codes, styles, grounds = self._areas
        elif self.manner == "halves":
            codes = np.where(upper == lower, np.uint32(ord(" ")), np.uint32(UPPER_HALF))
            # a blank has no colour to draw the upper half in
            is_below = (upper == BLANK) & (lower != BLANK)
            codes[is_below] = LOWER_HALF
            styles = np.where(is_below, lower, upper)
            grounds = np.where(is_below, np.uint8(BLANK), lower)
        else:
            codes, styles = self.shades.copy(), upper.copy()
            grounds = np.full_like(upper, BLANK)
        has_dots = self._dots > 0
        if has_dots.any():
            drawn = np.uint32(ord(glyph)) if self.manner == "ascii" else self._dots + np.uint32(BRAILLE)
            codes = np.where(has_dots, drawn, codes)
            styles = np.where(has_dots, self._dot_styles, styles)
        if self._clears:
            grounds = np.where(has_dots | self._has_letter, np.uint8(BLANK), grounds)
        codes = np.where(self._has_letter, self._letters, codes).astype(np.uint32)
        styles = np.where(self._has_letter, self._letter_styles, styles).astype(np.uint8)
        return FilledPicture(codes, styles, grounds)


def side_by_side(pictures: Sequence[FilledPicture], gap: int, width: int) -> FilledPicture:
    """Return pictures of one height beside each other, `gap` blank columns between two, in `width` columns."""
    if len(pictures) == 1 and pictures[0].width == width:
        return pictures[0]
    height = pictures[0].height
    joined = FilledPicture(
        np.full((height, width), ord(" "), np.uint32),
        np.full((height, width), BLANK, np.uint8),
        np.full((height, width), BLANK, np.uint8),
    )
    left = 0
    for picture in pictures:
        area = np.s_[:, left : left + picture.width]
        joined.codepoints[area], joined.styles[area] = picture.codepoints, picture.styles
        joined.grounds[area] = picture.grounds
        left += picture.width + gap
    return joined


def _stepped(x: Floats, y: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the dots between consecutive points, at most MOST_STEPS of each segment; a point alone is itself."""
    x, y = np.floor(x), np.floor(y)
    if len(x) < 2:
        known = np.isfinite(x) & np.isfinite(y)
        return x[known], y[known]
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.maximum(np.abs(np.diff(x)), np.abs(np.diff(y)))
    joined = np.isfinite(lengths)
    counts = np.where(joined, np.clip(np.where(joined, lengths, 0), 1, MOST_STEPS), 0).astype(np.intp)
    segment = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = place / np.maximum(counts[segment], 1)
    known = np.isfinite(x) & np.isfinite(y)
    with np.errstate(invalid="ignore", over="ignore"):
        across = np.floor(x[segment] + share * (x[segment + 1] - x[segment]) + 0.5)
        down = np.floor(y[segment] + share * (y[segment + 1] - y[segment]) + 0.5)
    return np.concatenate([across, x[known]]), np.concatenate([down, y[known]])


def _text(codes: Codepoints) -> str:
    text: str = codes[codes != WIDE_TAIL].astype("<u4").tobytes().decode("utf-32-le")
    return text
