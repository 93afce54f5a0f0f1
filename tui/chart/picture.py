"""Picture: a drawn chart as cells, which knows what changed since an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.chart.view import Axes, Plot

Codepoints = NDArray[np.uint32]
StyleIds = NDArray[np.uint8]

BLANK, FRAME, TICK, TITLE, HINT, CURSOR = range(6)
"""Style ids of everything that is not a run."""

FIRST_RUN_STYLE = 16
RUN_SLOTS = 120
WIDE_TAIL = 0
"""Codepoint of the second cell of a two-cell character."""


def strong(slot: int) -> int:
    """The style id of a run's line, head and legend entry."""
    return FIRST_RUN_STYLE + 2 * (slot % RUN_SLOTS)


def faint(slot: int) -> int:
    """The style id of a run's raw band and tries."""
    return strong(slot) + 1


def run_style(style: int) -> tuple[int, bool] | None:
    """(slot, is faint) of a run's style id; None for the ids below FIRST_RUN_STYLE."""
    if style < FIRST_RUN_STYLE:
        return None
    slot, is_faint = divmod(style - FIRST_RUN_STYLE, 2)
    return slot, bool(is_faint)


class Span(NamedTuple):
    """Cells start..stop of one row."""

    row: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A drawn chart: `codepoints` uint32 and `styles` uint8, both of shape (height, width), read-only.

    Hand a picture to the next `draw` as `previous`: its axes are held, so that a live chart rarely rescales.
    `axes` is None where there was nothing to draw; `plot` tells which cells hold curves.
    """

    codepoints: Codepoints
    styles: StyleIds
    axes: Axes | None
    plot: Plot

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
        return [(_text(codes[i:j]), int(styles[i])) for i, j in pairwise(edges)]

    def changed_spans(self, previous: Picture | None, *, bridge: int = 6) -> list[Span]:
        """Where this picture differs from `previous`: everything when there is none or its size differs.

        Changes of a row that stand fewer than `bridge` equal cells apart are one span: moving the terminal's
        cursor costs about that many bytes.
        """
        if previous is None or previous.codepoints.shape != self.codepoints.shape:
            return [Span(row, 0, self.width) for row in range(self.height)]
        changed = (self.codepoints != previous.codepoints) | (self.styles != previous.styles)
        tails = (self.codepoints == WIDE_TAIL) | (previous.codepoints == WIDE_TAIL)
        if tails.any():
            # half of a two-cell character cannot be repainted alone
            touched = changed | np.pad(changed[:, 1:], ((0, 0), (0, 1)))
            pairs = tails & (changed | np.pad(touched[:, :-1], ((0, 0), (1, 0))))
            changed |= pairs | np.pad(pairs[:, 1:], ((0, 0), (0, 1)))
        spans: list[Span] = []
        for row in np.flatnonzero(changed.any(axis=1)).tolist():
            columns = np.flatnonzero(changed[row])
            breaks = np.flatnonzero(np.diff(columns) > bridge) + 1
            for piece in np.split(columns, breaks):
                spans.append(Span(row, int(piece[0]), int(piece[-1]) + 1))
        return spans

    def to_text(self) -> str:
        """The picture as plain text, one line per row, without trailing blanks."""
        return "\n".join(_text(row).rstrip() for row in self.codepoints)

    def x_at(self, column: int) -> float | None:
        """The x value at the middle of a cell column, or None outside of the plot."""
        inside = column - self.plot.left
        if self.axes is None or not 0 <= inside < self.plot.width:
            return None
        share = (inside + 0.5) / self.plot.width
        low, high = self.axes.x_low, self.axes.x_high
        if self.axes.log_x:
            return float(low * (high / low) ** share)
        return low + (high - low) * share


def _text(codes: Codepoints) -> str:
    text: str = codes[codes != WIDE_TAIL].astype("<u4").tobytes().decode("utf-32-le")
    return text
