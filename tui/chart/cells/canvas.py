"""Canvas: the mutable cells of a picture while it is drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui.chart.cells.cell_text import cells, fit
from tui.chart.cells.picture import BLANK, WIDE_TAIL, Codepoints, Picture, StyleIds
from tui.chart.values.view import Axes, Charset, Panel, Plot, Tile


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Codepoints and style ids of shape (height, width), written in place."""

    codes: Codepoints
    styles: StyleIds
    charset: Charset

    @property
    def width(self) -> int:
        """Columns of cells."""
        return int(self.codes.shape[1])

    @property
    def height(self) -> int:
        """Rows of cells."""
        return int(self.codes.shape[0])

    def part(self, plot: Plot) -> Canvas:
        """Return the cells of a plot as a canvas that shares their memory."""
        area = np.s_[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]
        return Canvas(self.codes[area], self.styles[area], self.charset)

    def paste(self, row: int, column: int, codes: Codepoints, styles: StyleIds) -> None:
        """Copy cells to (row, column); they must fit there."""
        area = np.s_[row : row + codes.shape[0], column : column + codes.shape[1]]
        self.codes[area], self.styles[area] = codes, styles

    def put(self, row: int, column: int, sign: str, style: int) -> None:
        """Write one one-cell sign."""
        self.codes[row, column], self.styles[row, column] = ord(sign), style

    def write(self, row: int, column: int, codes: Sequence[int], style: int) -> int:
        """Write cells into a row, cut at its right end; return the column after them."""
        codes = codes[: max(self.width - column, 0)]
        if codes and codes[-1] != WIDE_TAIL and unicodedata.east_asian_width(chr(codes[-1])) in "WF":
            codes = [*codes[:-1], ord(" ")]
        end = column + len(codes)
        self.codes[row, column:end] = codes
        self.styles[row, column:end] = style
        return end

    def fitted(self, text: str, width: int) -> list[int]:
        """Return text as cells in this canvas's charset, cut to `width` with an ellipsis."""
        return fit(cells(text, self.charset), width, self.charset)

    def picture(
        self, axes: Axes | None, plot: Plot, tiles: tuple[Tile, ...] = (), panels: tuple[Panel, ...] = ()
    ) -> Picture:
        """Return the finished picture and make the canvas read-only."""
        self.codes.setflags(write=False)
        self.styles.setflags(write=False)
        return Picture(self.codes, self.styles, axes, plot, tiles, panels)


def blank(width: int, height: int, charset: Charset) -> Canvas:
    """Return an empty canvas of `width` x `height` cells."""
    shape = (height, width)
    return Canvas(np.full(shape, ord(" "), dtype=np.uint32), np.full(shape, BLANK, dtype=np.uint8), charset)
