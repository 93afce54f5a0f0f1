"""SVG: a chart's picture as an SVG document, in the colours of a scheme."""

from __future__ import annotations

from functools import cache

from tui.chart.cells.picture import Picture
from tui.chart.cells.vectors import CellStyle, document
from tui.colours.palette import Scheme, ink

GROUND = {
    "dark": "#101216",
    "colour-blind": "#101216",
    "ansi-dark": "#101216",
    "light": "#ffffff",
    "ansi-light": "#ffffff",
    "none": "#ffffff",
}
INK = {
    "dark": "#cdd2da",
    "colour-blind": "#cdd2da",
    "ansi-dark": "#cdd2da",
    "light": "#22262c",
    "ansi-light": "#22262c",
    "none": "#22262c",
}
DIMMED = 0.5
ANSI = {
    "black": "#1e1e1e", "red": "#c0392b", "green": "#2e8b57", "yellow": "#b58900",
    "blue": "#2a6fdb", "magenta": "#a347ba", "cyan": "#1a8fa0", "white": "#c8c8c8",
    "bright_black": "#7f7f7f", "bright_red": "#f0604d", "bright_green": "#4fce8f", "bright_yellow": "#f0dc4e",
    "bright_blue": "#6c9bff", "bright_magenta": "#e58fdc", "bright_cyan": "#56d4e9", "bright_white": "#ffffff",
}  # fmt: skip
"""RGB values of a terminal's sixteen colours, for files."""


def to_svg(picture: Picture, scheme: Scheme = "dark", *, title: str = "") -> str:
    """Return the picture as an SVG document in a scheme's colours; screen readers read its `title`."""
    rows = ([(text, _cell_style(style, scheme)) for text, style in picture.row(row)] for row in range(picture.height))
    return document(rows, picture.width, ground=GROUND[scheme], title=title)


@cache
def _cell_style(style: int, scheme: Scheme) -> CellStyle:
    attributes = ink(style, scheme)
    name = attributes.colour.removeprefix("ansi_")
    return CellStyle(ANSI.get(name, name) or INK[scheme], attributes.bold, DIMMED if attributes.dim else 1.0)
