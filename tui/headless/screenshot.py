"""Screenshot: a screen as text or SVG, for documents and lectures."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from rich.color import Color
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from tui.chart.cells.vectors import CellStyle, document
from tui.colours.sgr import Colours, Paint, background_of, foreground_of
from tui.colours.themes import Theme
from tui.terminal.textual_internals import rows_of

GROUND, INK, LIGHT_GROUND = "#101216", "#cdd2da", "#ffffff"
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


def strips_as_svg(strips: Iterable[Strip], width: int, title: str, theme: Theme | None = None) -> str:
    """Rows of at most `width` cells as an SVG document with this title, in the dark theme's colours or another's."""
    colours = Colours() if theme is None else theme.colours
    on_light = theme is not None and theme.scheme == "ansi-light"
    ground = _hex(background_of(Color.parse(GROUND), colours)) or (LIGHT_GROUND if on_light else GROUND)
    ink = _hex(foreground_of(Color.parse(INK), colours)) or (GROUND if on_light else INK)

    @cache
    def cell_style(style: Style | None) -> CellStyle:
        style = style or Style.null()
        paint, behind = foreground_of(style.color, colours), background_of(style.bgcolor, colours)
        own, its_ground = _hex(paint) or ink, _hex(behind) or ground
        added = paint.attributes | behind.attributes
        if style.reverse or "7" in added:
            own, its_ground = its_ground, own
        return CellStyle(
            own,
            bool(style.bold) or "1" in added,
            DIMMED if style.dim or "2" in added else 1.0,
            "" if its_ground == ground else its_ground,
        )

    rows = [[(text, cell_style(style)) for text, style, control in strip if not control] for strip in strips]
    return document(rows, width, ground=ground, title=title)


def _hex(paint: Paint) -> str:
    """'#rrggbb' of a paint, '' for the terminal's own colour."""
    if not paint.colour:
        return ""
    return ANSI.get(paint.colour) or Color.parse(paint.colour).get_truecolor().hex
