"""Plain frame: the frame that plotext draws, the same line by line, for a first picture that cannot wait for it."""

from __future__ import annotations

from tui.chart.ticks import Tick


def plain_lines(width: int, height: int, rows: int, x: tuple[Tick, ...], y: tuple[Tick, ...]) -> list[str]:
    """The lines of a frame of `width` x `height` cells around a plot of `rows` rows."""
    margin = max((len(tick.label) for tick in y), default=0)
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
    lines = [*lines, " " * margin + "└" + "".join(rule), "".join(words)]
    return lines[:height]
