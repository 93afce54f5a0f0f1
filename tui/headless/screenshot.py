"""Screenshot: a screen as text or SVG, for documents and lectures."""

from __future__ import annotations

from typing import Any

from rich.color import Color
from rich.style import Style
from textual.app import App

from tui.chart.cells.svg import ANSI, DIMMED, GROUND, INK
from tui.chart.cells.vectors import CellStyle, document
from tui.terminal.textual_internals import rows_of


def as_text(app: App[Any]) -> str:
    """The rows of the screen, without trailing blanks."""
    return "\n".join(strip.text.rstrip() for strip in rows_of(app))


def as_svg(app: App[Any]) -> str:
    """The screen as an SVG document without external references."""
    rows = [[(text, _cell_style(style)) for text, style, control in strip if not control] for strip in rows_of(app)]
    return document(rows, app.size.width, ground=GROUND["dark"], title="lossboard")


def _cell_style(style: Style | None) -> CellStyle:
    style = style or Style.null()
    colour, ground = _hex(style.color), _hex(style.bgcolor)
    if style.reverse:
        colour, ground = ground or GROUND["dark"], colour or INK["dark"]
    return CellStyle(
        colour or INK["dark"],
        bool(style.bold),
        DIMMED if style.dim else 1.0,
        "" if ground == GROUND["dark"] else ground,
    )


def _hex(colour: Color | None) -> str:
    """'#rrggbb' of a colour, '' for the terminal's own."""
    if colour is None or colour.is_default:
        return ""
    return ANSI.get(colour.name) or colour.get_truecolor().hex
