"""Picture: a drawn chart as cells, which knows what changed since an earlier one."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
    """Cells start..stop of one row."""

    row: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A drawn chart: `codepoints` uint32 and `styles` uint8, both of shape (height, width), read-only.

    Hand a picture to the next `draw` as `previous`: its axes are held, so that a live chart rarely rescales.
    `axes` is None where there was nothing to draw; `plot` tells which cells hold curves. A grid has `tiles`, on
    the same axes; its `plot` is that of the first. A grid of metrics has `panels`, on the same x axis; `axes` and
    `plot` are those of the focused one, or of another one where that is empty.
    """

    codepoints: Codepoints
    styles: StyleIds
    axes: Axes | None
    plot: Plot
    tiles: tuple[Tile, ...] = ()
    panels: tuple[Panel, ...] = ()

    @property
    def width(self) -> int:
        return int(self.codepoints.shape[1])

    @property
    def height(self) -> int:
        return int(self.codepoints.shape[0])

    def row(self, row: int, start: int = 0, stop: int | None = None) -> list[tuple[str, int]]:
        """Cells start..stop of a row as (text, style id) pieces, left to right."""
        codes, styles = self.codepoints[row, start:stop], self.styles[row, start:stop]
        if not len(codes):
            return []
        edges = [0, *(np.flatnonzero(styles[1:] != styles[:-1]) + 1).tolist(), len(styles)]
        inks = styles[edges[:-1]].tolist()
        if codes.min() == WIDE_TAIL:
            return [(_text(codes[i:j]), ink) for (i, j), ink in zip(pairwise(edges), inks, strict=True)]
        text = _text(codes)  # decoded once: a noisy row has fifty pieces
        return [(text[i:j], ink) for (i, j), ink in zip(pairwise(edges), inks, strict=True)]

    def changed_spans(self, previous: Picture | None, *, bridge: int = 6) -> list[StyleSpan]:
        """Where this picture differs from `previous`: everything when there is none or its size differs.

        Changes of a row that stand fewer than `bridge` equal cells apart are one span: moving the terminal's
        cursor costs about that many bytes.
        """
        if previous is None or previous.codepoints.shape != self.codepoints.shape:
            return [StyleSpan(row, 0, self.width) for row in range(self.height)]
        changed = (self.codepoints != previous.codepoints) | (self.styles != previous.styles)
        tails = (self.codepoints == WIDE_TAIL) | (previous.codepoints == WIDE_TAIL)
        if tails.any():
            # half of a two-cell character cannot be repainted alone
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
        """The picture as plain text, one line per row, without trailing blanks."""
        return "\n".join(_text(row).rstrip() for row in self.codepoints)

    def x_at(self, column: int) -> float | None:
        """The x value at the middle of a cell column, or None outside of the plot; in a grid, of any tile."""
        plots = [*(tile.plot for tile in self.tiles), *(panel.plot for panel in self.panels)] or [self.plot]
        plot = next((plot for plot in plots if 0 <= column - plot.left < plot.width), None)
        if self.axes is None or plot is None:
            return None
        share = (column - plot.left + 0.5) / plot.width
        low, high = self.axes.x_low, self.axes.x_high
        if self.axes.log_x:
            return float(low * (high / low) ** share)
        return low + (high - low) * share

    def metric_at(self, column: int, row: int) -> str | None:
        """The metric whose panel, its title and axis included, has a cell; None where there is none."""
        for panel in self.panels:
            plot = panel.plot
            if -1 <= row - plot.top <= plot.height and -1 <= column - plot.left < plot.width:
                return panel.metric
        return None

    def column_at(self, x: float) -> int | None:
        """The cell column in which an x value lies, or None outside of the plot; in a grid, of the first tile."""
        if self.axes is None or self.plot.width <= 0:
            return None
        inside = share_of(x, self.axes.x_low, self.axes.x_high, log=self.axes.log_x) * self.plot.width
        if not 0 <= inside <= self.plot.width:
            return None
        return self.plot.left + min(int(inside), self.plot.width - 1)


def share_of(value: float, low: float, high: float, *, log: bool) -> float:
    """Where a value lies between low (0) and high (1); NaN for the log of what is not positive."""
    if log:
        if not value > 0:
            return math.nan
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _text(codes: Codepoints) -> str:
    text: str = codes[codes != WIDE_TAIL].astype("<u4").tobytes().decode("utf-32-le")
    return text
