"""Plotext figure: draws printed charts; the only file that imports plotext.

Values and ticks arrive in dots, placed as on the board. plotext's C++ kernel aborts the process on a NaN coordinate,
and takes seconds for a line to a dot a million rows away.
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
"""A number of the 256-colour palette, or (red, green, blue) in 0..255; None is the terminal's default."""

FIGURE = Lock()
"""Guards plotext's one global figure."""

ACROSS, DOWN = 2, 4
"""Dots per cell, across and down."""
MIDDLE_X, MIDDLE_Y = (ACROSS - 1) / 2, (DOWN - 1) / 2
LINE, BLOCKS, ASCII_BLOCK = "braille", "hd", "#"
"""plotext's markers of lines and of filled areas, and the ASCII sign of an area."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Points in one colour: `x` (n,) in dots from the left edge, `y` (n,) in dots up from the lower edge.

    `joined` connects them, but never across a NaN; `filled` fills down to the lower edge. A point is drawn as `sign`
    ('': a dot), in ASCII as `plain_sign`.
    """

    x: Floats
    y: Floats
    colour: Colour = None
    joined: bool = False
    filled: bool = False
    sign: str = ""
    plain_sign: str = "*"


def draw_figure(ticks: Ticks, strokes: Sequence[Stroke], title: str, *, ascii_only: bool, colours: bool) -> str:
    """Return the plot of `ticks` as text, with title and axes; later strokes are drawn over earlier ones."""
    import plotext

    rows, dots_x, dots_y = ticks.rows, ticks.columns * ACROSS, ticks.rows * DOWN
    with FIGURE:
        # without this plotext cuts the figure to the size of the process' terminal
        plotext.terminal.limit(False, False)
        figure = plotext.figure
        figure.clear()
        figure.theme("colorless")
        figure.plot_size(ticks.label_width + AXIS_WIDTH + ticks.columns, rows + AXIS_HEIGHT + 1)
        figure.title(plain(title) if ascii_only else title)
        figure.axes(False, side=1)
        # plotext's limits are at the middles of the outermost cells
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
    """Convert dots down from the upper edge (n,) to dots up from the lower edge, which itself counts as inside."""
    return np.where(down == dots_y, 0.0, dots_y - 1 - np.floor(down))


def coloured(text: str, colour: Colour) -> str:
    """Return a text with the escape sequences of a colour."""
    import plotext

    return text if colour is None else str(plotext.colorize(text, colour).string())


def _pieces(stroke: Stroke, dots_y: int) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the parts (x, y) of a stroke between its NaNs; y is clipped at one height of the plot beyond its edges."""
    known = np.isfinite(stroke.x) & np.isfinite(stroke.y)
    up = np.clip(np.where(known, stroke.y, 0.0), -dots_y, 2 * dots_y)
    edges = [0, *(np.flatnonzero(np.diff(known)) + 1).tolist(), len(known)]
    for begin, end in pairwise(edges):
        if begin < end and known[begin]:
            yield stroke.x[begin:end].tolist(), up[begin:end].tolist()
