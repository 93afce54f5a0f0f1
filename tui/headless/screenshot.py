"""Screenshot: a screen as text or SVG, for documents and lectures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.color import Color
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from tui.chart.cells.vectors import CellStyle, document
from tui.terminal.textual_internals import rows_of

GROUND, INK = "#101216", "#cdd2da"
DIMMED = 0.5
ANSI = {
    "black": "#1e1e1e", "red": "#c0392b", "green": "#2e8b57", "yellow": "#b58900",
    "blue": "#2a6fdb", "magenta": "#a347ba", "cyan": "#1a8fa0", "white": "#c8c8c8",
    "bright_black": "#7f7f7f", "bright_red": "#f0604d", "bright_green": "#4fce8f", "bright_yellow": "#f0dc4e",
    "bright_blue": "#6c9bff", "bright_magenta": "#e58fdc", "bright_cyan": "#56d4e9", "bright_white": "#ffffff",
}  # fmt: skip
"""RGB values of a terminal's sixteen colours, for files."""


def as_text(app: App[Any]) -> str:
    """The rows of the screen, without trailing blanks."""
    return "\n".join(strip.text.rstrip() for strip in rows_of(app))


def as_svg(app: App[Any]) -> str:
    """The screen as an SVG document without external references."""
    return strips_as_svg(rows_of(app), app.size.width, "lossboard")


def strips_as_svg(strips: Iterable[Strip], width: int, title: str) -> str:
    """Rows of at most `width` cells as an SVG document with this title."""
    rows = [[(text, _cell_style(style)) for text, style, control in strip if not control] for strip in strips]
    return document(rows, width, ground=GROUND, title=title)


def _cell_style(style: Style | None) -> CellStyle:
    style = style or Style.null()
    colour, ground = _hex(style.color), _hex(style.bgcolor)
    if style.reverse:
        colour, ground = ground or GROUND, colour or INK
    return CellStyle(
        colour or INK,
        bool(style.bold),
        DIMMED if style.dim else 1.0,
        "" if ground == GROUND else ground,
    )


def _hex(colour: Color | None) -> str:
    """'#rrggbb' of a colour, '' for the terminal's own."""
    if colour is None or colour.is_default:
        return ""
    return ANSI.get(colour.name) or colour.get_truecolor().hex
