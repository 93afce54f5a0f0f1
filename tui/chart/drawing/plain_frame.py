"""Plain frame: the frame that plotext draws, cell for cell, for charts that are live: in a hundredth of its time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tui.chart.cells.picture import Codepoints, StyleIds
from tui.chart.drawing.frame import AXIS_WIDTH, frame_cells, label_width
from tui.chart.values.ticks import Tick
from tui.chart.values.view import Charset


@lru_cache(maxsize=16)
def draw_plain_frame(
    width: int, height: int, x: tuple[Tick, ...], y: tuple[Tick, ...], charset: Charset = "unicode"
) -> tuple[Codepoints, StyleIds]:
    """What `draw_frame` draws."""
    return frame_cells(plain_lines(label_width(y) + AXIS_WIDTH + width, height, x, y), label_width(y), charset)


def plain_lines(width: int, rows: int, x: Sequence[Tick], y: Sequence[Tick]) -> list[str]:
    """The lines of a frame that is `width` cells wide around a plot of `rows` rows."""
    margin = label_width(y)
    labels = {tick.cell: tick.label for tick in y}
    lines = [labels.get(row, "").rjust(margin) + ("┤" if row in labels else "│") for row in range(rows)]
    rule, words = ["─"] * (width - margin - 1), [" "] * width
    end = -1
    for tick in x:
        at = margin + 1 + tick.cell
        start = max(min(at - (len(tick.label) - 1) // 2, width - len(tick.label)), margin + 1)
        if start > end:
            end = start + len(tick.label)
            words[start:end] = tick.label
            rule[tick.cell] = "┬"
    return [line[:width].ljust(width) for line in (*lines, " " * margin + "└" + "".join(rule), "".join(words))]
