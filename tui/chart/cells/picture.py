"""Picture: a drawn chart as cells; finds the cells that differ from an earlier picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.chart.values.view import Axes, Panel, Plot, Tile
from tui.colours.styles import BLANK, CURSOR, FRAME, HINT, POINTED, TICK, TITLE, faint, run_style, strong

__all__ = [
    "BLANK",
    "CURSOR",
    "FRAME",
    "HINT",
    "POINTED",
    "TICK",
    "TITLE",
    "WIDE_TAIL",
    "Codepoints",
    "Picture",
    "StyleIds",
    "StyleSpan",
    "faint",
    "run_style",
    "share_of",
    "strong",
]  # fmt: skip

Codepoints = NDArray[np.uint32]
StyleIds = NDArray[np.uint8]

WIDE_TAIL = 0
"""Codepoint of the second cell of a two-cell character."""


class StyleSpan(NamedTuple):
    """Cells start..stop of one row, `stop` excluded."""

    row: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A drawn chart: `codepoints` uint32 and `styles` uint8, both of shape (height, width), read-only.

    Pass a picture to the next `draw` as `previous`: its axes are kept, so that a live chart rarely rescales.
    `axes` is None if nothing was drawn; `plot` is the cells of the curves. A grid has `tiles` on the same axes; its
    `plot` is that of the first tile. A grid of metrics has `panels` on the same x axis; `axes` and `plot` are those
    of the focused panel, or of the first one if that is empty.
    """

    codepoints: Codepoints
    styles: StyleIds
    axes: Axes | None
    plot: Plot
    tiles: tuple[Tile, ...] = ()
    panels: tuple[Panel, ...] = ()

    @property
    def width(self) -> int:
        """Columns of cells."""
        return int(self.codepoints.shape[1])

    @property
    def height(self) -> int:
        """Rows of cells."""
        return int(self.codepoints.shape[0])

    def row(self, row: int, start: int = 0, stop: int | None = None) -> list[tuple[str, int]]:
        """Return cells start..stop of a row as (text, style id) pieces, left to right."""
        codes, styles = self.codepoints[row, start:stop], self.styles[row, start:stop]
        if not len(codes):
            return []
        edges = [0, *(np.flatnonzero(styles[1:] != styles[:-1]) + 1).tolist(), len(styles)]
        ids = styles[edges[:-1]].tolist()
        if codes.min() == WIDE_TAIL:
            return [(_text(codes[i:j]), style) for (i, j), style in zip(pairwise(edges), ids, strict=True)]
        text = _text(codes)  # decode once: a noisy row has fifty pieces
        return [(text[i:j], style) for (i, j), style in zip(pairwise(edges), ids, strict=True)]

    def changed_spans(self, previous: Picture | None, *, bridge: int = 6) -> list[StyleSpan]:
        """Return the spans that differ from `previous`; all rows if it is None or of another size.

        Changes fewer than `bridge` cells apart are one span: moving the terminal's cursor costs about that many bytes.
        """
        if previous is None or previous.codepoints.shape != self.codepoints.shape:
            return [StyleSpan(row, 0, self.width) for row in range(self.height)]
        changed = (self.codepoints != previous.codepoints) | (self.styles != previous.styles)
        tails = (self.codepoints == WIDE_TAIL) | (previous.codepoints == WIDE_TAIL)
        if tails.any():
            # a two-cell character is repainted whole
            touched = changed | np.pad(changed[:, 1:], ((0, 0), (0, 1)))
            pairs = tails & (changed | np.pad(touched[:, :-1], ((0, 0), (1, 0))))
            changed |= pairs | np.pad(pairs[:, 1:], ((0, 0), (0, 1)))
        spans: list[StyleSpan] = []
        for row in np.flatnonzero(changed.any(axis=1)).tolist():
            columns = np.flatnonzero(changed[row])
            breaks = np.flatnonzero(np.diff(columns) > bridge) + 1
            for piece in np.split(columns, breaks):
                spans.append(StyleSpan(row, int(piece[0]), int(piece[-1]) + 1))
        return spans

    def to_text(self) -> str:
        """Return the picture as plain text, one line per row, without trailing blanks."""
        return "\n".join(_text(row).rstrip() for row in self.codepoints)

    def x_at(self, column: int) -> float | None:
        """Return the x value at the middle of a cell column; None outside the plot (in a grid, of every tile).

        The last column stands for its right end: what is newest lies there.
        """
        plots = [*(tile.plot for tile in self.tiles), *(panel.plot for panel in self.panels)] or [self.plot]
        plot = next((plot for plot in plots if 0 <= column - plot.left < plot.width), None)
        if self.axes is None or plot is None:
            return None
        low, high = self.axes.x_low, self.axes.x_high
        if column == plot.left + plot.width - 1:
            return high
        share = (column - plot.left + 0.5) / plot.width
        if self.axes.log_x:
            return float(low * (high / low) ** share)
        return low + (high - low) * share

    def metric_at(self, column: int, row: int) -> str | None:
        """Return the metric of the panel at a cell, title and axis included; None if no panel is there."""
        for panel in self.panels:
            plot = panel.plot
            if -1 <= row - plot.top <= plot.height and -1 <= column - plot.left < plot.width:
                return panel.metric
        return None

    def plot_at(self, column: int, row: int) -> Plot | None:
        """Return the cells of curves that a cell belongs to: of the chart, a tile or a panel; None elsewhere."""
        plots = [*(tile.plot for tile in self.tiles), *(panel.plot for panel in self.panels)] or [self.plot]
        inside = (plot for plot in plots if plot.has(column, row))
        return None if self.axes is None else next(inside, None)

    def tile_at(self, column: int, row: int) -> Tile | None:
        """Return the tile at a cell, its title included; None elsewhere."""
        return next(
            (
                tile
                for tile in self.tiles
                if replace(tile.plot, top=tile.plot.top - 1, height=tile.plot.height + 1).has(column, row)
            ),
            None,
        )

    def column_at(self, x: float) -> int | None:
        """Return the cell column of an x value; None outside the plot (in a grid, of the first tile)."""
        if self.axes is None or self.plot.width <= 0:
            return None
        inside = share_of(x, self.axes.x_low, self.axes.x_high, log=self.axes.log_x) * self.plot.width
        if not 0 <= inside <= self.plot.width:
            return None
        return self.plot.left + min(int(inside), self.plot.width - 1)


def share_of(value: float, low: float, high: float, *, log: bool) -> float:
    """Return the position of a value between low (0) and high (1); NaN for the log of a value <= 0."""
    if log:
        if not value > 0:
            return math.nan
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _text(codes: Codepoints) -> str:
    text: str = codes[codes != WIDE_TAIL].astype("<u4").tobytes().decode("utf-32-le")
    return text
