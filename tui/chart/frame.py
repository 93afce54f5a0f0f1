"""Frame: plotext draws the axes and their ticks; the only file that knows plotext.

The import is slow and a frame costs milliseconds, so the one is late and the other cached: a frame depends on
nothing but its size and its ticks.
"""

from __future__ import annotations

import re
from functools import lru_cache
from threading import Lock

import numpy as np

from tui.chart.picture import FRAME, TICK, Codepoints, StyleIds
from tui.chart.plain_frame import plain_lines
from tui.chart.ticks import Tick
from tui.chart.view import Charset

FIGURE = Lock()
"""plotext has one global figure; warm_up may run in a thread beside the first draw."""

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
BOX = "─│┤├┬┴└┘┌┐┼"
ASCII_BOX = str.maketrans(BOX, "-|" + "+" * (len(BOX) - 2))
AXIS_WIDTH, AXIS_HEIGHT = 1, 2
"""Cells that the axes take beside the y labels, and below the plot (a line and a row of labels)."""


_put_off = False


def put_off_plotext() -> None:
    """Draw frames without plotext until `warm_up`: a first picture need not wait for its import."""
    global _put_off
    _put_off = True


def warm_up() -> None:
    """Import plotext ahead of the next new frame; safe from a thread."""
    global _put_off
    _plotext_lines(26, 8, 24, 6, (Tick(0, "0"),), (Tick(0, "0"),))
    _put_off = False


@lru_cache(maxsize=128)
def draw_frame(
    width: int, height: int, x: tuple[Tick, ...], y: tuple[Tick, ...], charset: Charset = "unicode"
) -> tuple[Codepoints, StyleIds]:
    """Axes around a plot of `width` x `height` cells, as read-only codepoints and styles.

    Both have shape (height + AXIS_HEIGHT, label width + AXIS_WIDTH + width); the plot's own cells are blank.
    """
    label_width = max((len(tick.label) for tick in y), default=0)
    shape = (height + AXIS_HEIGHT, label_width + AXIS_WIDTH + width)
    codepoints = np.full(shape, ord(" "), dtype=np.uint32)
    if _put_off:
        lines = plain_lines(shape[1], shape[0], height, x, y)
    else:
        lines = _plotext_lines(shape[1], shape[0], width, height, x, y)
    for row, text in enumerate(lines[: shape[0]]):
        if charset == "ascii":
            text = text.translate(ASCII_BOX)
        text = text[: shape[1]].ljust(shape[1])
        codepoints[row] = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    styles = np.full(shape, FRAME, dtype=np.uint8)
    styles[:, :label_width] = TICK
    styles[-1, :] = TICK
    codepoints.setflags(write=False)
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
