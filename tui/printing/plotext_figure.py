"""The figure of a printed chart: the only file that knows plotext, which draws what is printed and nothing live.

plotext is given dots: where values and ticks go has been decided as on the board. NaN as a coordinate ends the whole
process (its kernel is in C++), and a line to a dot a million rows away takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import numpy as np

from engine.trace.decimation import Floats
from tui.chart.drawing.frame import ASCII_BOX, AXIS_HEIGHT, AXIS_WIDTH
from tui.chart.drawing.plotting import Ticks
from tui.text.ascii_only import plain

Colour = int | tuple[int, int, int] | None
"""A colour of a terminal's 256, or red, green and blue (0..255); None is the terminal's own."""

FIGURE = Lock()
"""plotext has one global figure."""

ACROSS, DOWN = 2, 4
"""Dots of a cell."""
MIDDLE_X, MIDDLE_Y = (ACROSS - 1) / 2, (DOWN - 1) / 2
LINE, BLOCKS, ASCII_BLOCK = "braille", "hd", "#"
"""plotext's markers of lines and of filled areas, and the sign of an area in ASCII."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Points in one colour: `x` in dots from the left edge, `y` in dots up from the lower edge, both of shape (n,).

    They are joined where `joined`, but never across a NaN, and `filled` down to the lower edge. Each is the `sign`, or
    a dot where there is none; `plain_sign` is that of ASCII.
    """

    x: Floats
    y: Floats
    colour: Colour = None
    joined: bool = False
    filled: bool = False
    sign: str = ""
    plain_sign: str = "*"


def draw_figure(ticks: Ticks, strokes: Sequence[Stroke], title: str, *, ascii_only: bool, colours: bool) -> str:
    """The plot of `ticks` with a title above it and its axes around it; later strokes lie over earlier ones."""
    import plotext

    rows, dots_x, dots_y = ticks.rows, ticks.columns * ACROSS, ticks.rows * DOWN
    with FIGURE:
        # else a figure larger than the terminal that the process was started in is cut to it
        plotext.terminal.limit(False, False)
        figure = plotext.figure
        figure.clear()
        figure.theme("colorless")
        figure.plot_size(ticks.label_width + AXIS_WIDTH + ticks.columns, rows + AXIS_HEIGHT + 1)
        figure.title(plain(title) if ascii_only else title)
        figure.axes(False, side=1)
        # plotext's limits are the middles of the outermost cells
        x = figure.ruler("x", "lower").lim(MIDDLE_X, dots_x - 1 - MIDDLE_X)
        x.ticks([tick.cell * ACROSS + MIDDLE_X for tick in ticks.x], [tick.label for tick in ticks.x])
        y = figure.ruler("y", "left").lim(MIDDLE_Y, dots_y - 1 - MIDDLE_Y)
        y.ticks([dots_y - 1 - tick.cell * DOWN - MIDDLE_Y for tick in ticks.y], [tick.label for tick in ticks.y])
        for stroke in strokes:
            symbol = stroke.sign or (BLOCKS if stroke.filled else LINE)
            if ascii_only:
                symbol = ASCII_BLOCK if stroke.filled else stroke.plain_sign
            marker = plotext.marker(symbol, stroke.colour if colours else None)
            for across, up in _pieces(stroke, dots_y):
                signal = figure.signal(across, up, marker=marker).lines(stroke.joined)
                figure.draw(signal.fillx(stroke.filled))
        text = str(figure.build().string(colorless=not colours)).rstrip("\n")
        figure.clear()
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return text.translate(ASCII_BOX) if ascii_only else text


def dots_up(down: Floats, dots_y: int) -> Floats:
    """Dots up from the lower edge, for heights in dots from the upper one; what lies on the lower edge is inside."""
    return np.where(down == dots_y, 0.0, dots_y - 1 - np.floor(down))


def coloured(text: str, colour: Colour) -> str:
    """A text in a colour, as a terminal is told it."""
    import plotext

    return text if colour is None else str(plotext.colorize(text, colour).string())


def _pieces(stroke: Stroke, dots_y: int) -> Iterator[tuple[list[float], list[float]]]:
    """The parts of a stroke between its gaps; what leaves the plot leaves it soon behind the edge."""
    known = np.isfinite(stroke.x) & np.isfinite(stroke.y)
    up = np.clip(np.where(known, stroke.y, 0.0), -dots_y, 2 * dots_y)
    edges = [0, *(np.flatnonzero(np.diff(known)) + 1).tolist(), len(known)]
    for begin, end in pairwise(edges):
        if begin < end and known[begin]:
            yield stroke.x[begin:end].tolist(), up[begin:end].tolist()
