"""Paper: size, colours and charset of a printed chart, and its legend."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO

from rich.color import Color, ColorSystem
from rich.console import Console

from tui.chart.cells.picture import Picture
from tui.chart.drawing.legend import Entry, draw_legend
from tui.chart.drawing.plotting import Ticks
from tui.chart.values.view import Charset, Plot
from tui.colours import themes
from tui.colours.palette import Scheme, attributes, colour
from tui.printing.plotext_figure import Colour, Stroke, coloured, draw_figure
from tui.text.ascii_only import is_wanted

LEAST_WIDTH, LEAST_HEIGHT = 30, 8
MOST_WIDTH, MOST_HEIGHT = 500, 200


@dataclass(frozen=True, slots=True)
class Paper:
    """A page of `width` x `height` cells, in the colours of a `scheme` as far as `system` has them (None: none)."""

    width: int
    height: int
    system: ColorSystem | None = None
    scheme: Scheme = "dark"
    ascii_only: bool = False

    @property
    def charset(self) -> Charset:
        """The charset of what is printed."""
        return "ascii" if self.ascii_only else "unicode"

    def colour(self, slot: int) -> Colour:
        """Return the colour of a slot's line."""
        return self.paint(colour(slot, self.scheme))

    def paint(self, name: str) -> Colour:
        """Convert a colour of the palette ('#rrggbb', 'ansi_...' or '': the default) to one that this paper has."""
        if self.system is None or not name:
            return None
        found = Color.parse(name.removeprefix("ansi_"))
        if found.triplet is not None and self.system is ColorSystem.TRUECOLOR:
            return found.triplet.red, found.triplet.green, found.triplet.blue
        return found.downgrade(self.system).number

    def print(self, ticks: Ticks, strokes: list[Stroke], title: str, below: str = "") -> str:
        """Return a chart as text, followed by the lines `below`."""
        drawn = draw_figure(ticks, strokes, title, ascii_only=self.ascii_only, colours=self.system is not None)
        return f"{drawn}\n{below}" if below else drawn


def legend_of(entries: tuple[Entry, ...], paper: Paper) -> str:
    """Return the legend of the board as lines: every run's sign, name and differing settings."""
    codes, styles = draw_legend(entries, paper.width - 1, -(-paper.height // 3), paper.charset)
    picture = Picture(codes, styles, None, Plot(0, 0, 0, 0))
    colours = {style: paper.paint(attributes(style, paper.scheme).colour) for style in set(styles.ravel().tolist())}
    lines = (
        "".join(coloured(text, colours[style]) for text, style in picture.row(row)) for row in range(picture.height)
    )
    return "\n".join(" " + line.rstrip() for line in lines)


def on(stream: TextIO, width: int, height: int, *, on_terminal: bool) -> Paper:
    """Return the paper for a stream; it has colours only on a terminal that has them, and without NO_COLOR."""
    system = None
    if on_terminal and not os.environ.get("NO_COLOR"):
        system = themes.system_of(Console(file=stream, force_terminal=True).color_system)
    theme = themes.named(os.environ.get("LOSSBOARD_THEME") or ("light" if themes.has_light_ground() else ""), system)
    is_plain = is_wanted() if on_terminal else not _writes_braille(stream)
    return Paper(width, height, system, theme.scheme, is_plain)


def _writes_braille(stream: TextIO) -> bool:
    try:
        "⣿".encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
