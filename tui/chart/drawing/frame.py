"""Frame: axes, ticks and labels around a plot, as cells; cached, because it depends on size and ticks alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tui.chart.cells.picture import FRAME, TICK, Codepoints, StyleIds
from tui.chart.values.ticks import Tick
from tui.chart.values.view import Charset

BOX = "─│┤├┬┴└┘┌┐┼"
ASCII_BOX = str.maketrans(BOX, "-|" + "+" * (len(BOX) - 2))
AXIS_WIDTH, AXIS_HEIGHT = 1, 2
"""Cells of the y axis beside its labels, and of the x axis (a line and a row of labels)."""


@lru_cache(maxsize=16)
def draw_frame(
    width: int, height: int, x: tuple[Tick, ...], y: tuple[Tick, ...], charset: Charset = "unicode"
) -> tuple[Codepoints, StyleIds]:
    """Return the axes around a plot of `width` x `height` cells, as read-only codepoints and styles.

    Both have shape (height + AXIS_HEIGHT, label width + AXIS_WIDTH + width); the plot's own cells are blank.
    """
    labels = label_width(y)
    lines = _lines(labels + AXIS_WIDTH + width, height, x, y)
    text = "".join(lines)
    if charset == "ascii":
        text = text.translate(ASCII_BOX)
    codepoints = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").reshape(len(lines), -1)
    styles = np.full(codepoints.shape, FRAME, dtype=np.uint8)
    styles[:, :labels] = TICK
    styles[-1, :] = TICK
    styles.setflags(write=False)
    return codepoints, styles


def label_width(y: Sequence[Tick]) -> int:
    """Return the width of the y labels in cells."""
    return max((len(tick.label) for tick in y), default=0)


def _lines(width: int, rows: int, x: Sequence[Tick], y: Sequence[Tick]) -> list[str]:
    """Return the lines of text of a frame `width` cells wide around a plot of `rows` rows."""
    margin = label_width(y)
    labels = {tick.cell: tick.label for tick in y}
    lines = [labels.get(row, "").rjust(margin) + ("┤" if row in labels else "│") for row in range(rows)]
    rule, tick_labels = ["─"] * (width - margin - 1), [" "] * width
    end = -1
    for tick in x:
        at = margin + 1 + tick.cell
        start = max(min(at - (len(tick.label) - 1) // 2, width - len(tick.label)), margin + 1)
        if start > end:
            end = start + len(tick.label)
            tick_labels[start:end] = tick.label
            rule[tick.cell] = "┬"
    return [line[:width].ljust(width) for line in (*lines, " " * margin + "└" + "".join(rule), "".join(tick_labels))]
