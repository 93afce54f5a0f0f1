"""Frame: plotext draws the axes and ticks of charts that are not live; the only file that knows plotext.

The import is slow and a frame costs milliseconds, so the one is late and the other cached: a frame depends on
nothing but its size and its ticks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import numpy as np

from tui.chart.cells.picture import FRAME, TICK, Codepoints, StyleIds
from tui.chart.values.ticks import Tick
from tui.chart.values.view import Charset

FIGURE = Lock()
"""plotext has one global figure."""

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
BOX = "─│┤├┬┴└┘┌┐┼"
ASCII_BOX = str.maketrans(BOX, "-|" + "+" * (len(BOX) - 2))
AXIS_WIDTH, AXIS_HEIGHT = 1, 2
"""Cells that the axes take beside the y labels, and below the plot (a line and a row of labels)."""


def warm_up() -> None:
    """Import plotext ahead of the next new frame; safe from a thread."""
    _plotext_lines(26, 8, 24, 6, (Tick(0, "0"),), (Tick(0, "0"),))


@lru_cache(maxsize=32)
def draw_frame(
    width: int, height: int, x: tuple[Tick, ...], y: tuple[Tick, ...], charset: Charset = "unicode"
) -> tuple[Codepoints, StyleIds]:
    """Axes around a plot of `width` x `height` cells, as read-only codepoints and styles.

    Both have shape (height + AXIS_HEIGHT, label width + AXIS_WIDTH + width); the plot's own cells are blank.
    """
    labels = label_width(y)
    across, down = labels + AXIS_WIDTH + width, height + AXIS_HEIGHT
    lines = _plotext_lines(across, down, width, height, x, y)
    return frame_cells([line[:across].ljust(across) for line in lines[:down]], labels, charset)


def label_width(y: Sequence[Tick]) -> int:
    """Cells that the labels of the y axis take."""
    return max((len(tick.label) for tick in y), default=0)


def frame_cells(lines: Sequence[str], labels: int, charset: Charset) -> tuple[Codepoints, StyleIds]:
    """Lines of one length as cells; the first `labels` columns and the last row are those of ticks."""
    text = "".join(lines)
    if charset == "ascii":
        text = text.translate(ASCII_BOX)
    codepoints = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").reshape(len(lines), -1)
    styles = np.full(codepoints.shape, FRAME, dtype=np.uint8)
    styles[:, :labels] = TICK
    styles[-1, :] = TICK
    styles.setflags(write=False)
    return codepoints, styles


def _plotext_lines(
    width: int, height: int, columns: int, rows: int, x: tuple[Tick, ...], y: tuple[Tick, ...]
) -> list[str]:
    import plotext

    with FIGURE:
        # else a frame larger than the terminal that the process was started in is cut to it
        plotext.terminal.limit(False, False)
        figure = plotext.figure
        figure.clear()
        figure.plot_size(width, height)
        figure.axes(False, side=1)
        # cell numbers as coordinates: where a tick goes has been decided already
        figure.ruler("x", "lower").lim(0, max(columns - 1, 1)).ticks([t.cell for t in x], [t.label for t in x])
        figure.ruler("y", "left").lim(0, max(rows - 1, 1)).ticks([rows - 1 - t.cell for t in y], [t.label for t in y])
        return ESCAPES.sub("", str(figure.build().string())).split("\n")
