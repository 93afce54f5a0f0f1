"""Theme: the colours of the screen in the dark theme; runs' colours are in `tui.colours.palette`.

`tui.colours.themes` maps each colour to those of the other themes, so no two may be equal.
"""

from __future__ import annotations

from functools import cache

from rich.style import Style
from textual.theme import Theme

from tui.colours import palette
from tui.colours.styles import DEEPEST

GROUND = "#101216"
RAISED = "#1d222b"
FIELD = "#1e232c"
FOREGROUND = "#cdd2da"
STRONGEST = "#eef1f5"
QUIET = "#8a9099"
RULE = "#4a4f57"
ACCENT = "#8fb6e8"
GOOD = "#8cc490"
WARNING = "#e3b465"
BAD = "#ee7d7d"

TEXT = Style(color=FOREGROUND)
STRONG = Style(color=STRONGEST, bold=True)
DIM = Style(color=QUIET)
RULES = Style(color=RULE)
ACCENTED = Style(color=ACCENT)
TITLE = Style(color=ACCENT, bold=True)
BADGE = Style(color=ACCENT, bold=True, reverse=True)
FINISHED = Style(color=GOOD)
WARNED = Style(color=WARNING)
FAILED = Style(color=BAD)
POINTED = Style(bgcolor=RAISED)

THEME = Theme(
    name="lossboard",
    primary=ACCENT,
    accent=ACCENT,
    foreground=FOREGROUND,
    background=GROUND,
    surface=RAISED,
    panel=FIELD,
    warning=WARNING,
    error=BAD,
    success=GOOD,
    dark=True,
)

INPUT_CSS = f"""
Input, Input:focus {{
    height: 1; border: none; padding: 0; background-tint: transparent;
    background: $background; color: $foreground;
}}
Input:focus {{ background: $panel; }}
Input.-wrong {{ color: $error; }}
Input > .input--cursor {{ background: $foreground; color: $background; text-style: none; }}
Input > .input--selection {{ background: $foreground; color: $background; }}
Input > .input--placeholder {{ color: {QUIET}; }}
VerticalScroll {{
    scrollbar-color: $foreground; scrollbar-color-hover: $foreground; scrollbar-color-active: $foreground;
    scrollbar-background: $background; scrollbar-background-hover: $background;
    scrollbar-background-active: $background;
}}
"""
"""Textual's own widgets in plain colours of the theme, because blended ones cannot be mapped to other themes.

An Input's size stands here too: in the screens' own CSS the order in which they are opened would decide about it.
"""


@cache
def cell_style(style_id: int) -> Style:
    """Return the Rich style of a style id of a chart's Picture."""
    found = palette.attributes(style_id)
    return Style(color=found.colour.removeprefix("ansi_") or None, dim=found.dim or None, bold=found.bold or None)


@cache
def filled_style(style_id: int, ground_id: int) -> Style:
    """Return the Rich style of a cell of a FilledPicture: a style id on another one as background."""
    return cell_style(style_id) + Style(bgcolor=cell_style(ground_id).color)


@cache
def run_style(slot: int) -> Style:
    """Return the Rich style in the colour of a run's curve, for other parts that refer to the run."""
    return Style(color=palette.colour(slot).removeprefix("ansi_") or None)


@cache
def signed_style(foreground: int | None, background: int | None) -> Style:
    """Return the style of two levels of signed numbers as foreground and background; None: the surroundings' colour."""
    signed = palette.SIGNED["dark"]
    return Style(
        color=QUIET if foreground is None else signed[foreground + DEEPEST],
        bgcolor=None if background is None else signed[background + DEEPEST],
    )
