"""The few inks of the screen: a dark ground, dim rules, one accent. A run's own colour is `tui.colours.palette`'s.

These are the dark theme's; under another one `tui.colours.themes` says what becomes of each, so no two may be equal.
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
Input, Input:focus {{ background-tint: transparent; }}
Input > .input--cursor {{ background: $foreground; color: $background; text-style: none; }}
Input > .input--selection {{ background: $foreground; color: $background; }}
Input > .input--placeholder {{ color: {QUIET}; }}
VerticalScroll {{
    scrollbar-color: $foreground; scrollbar-color-hover: $foreground; scrollbar-color-active: $foreground;
    scrollbar-background: $background; scrollbar-background-hover: $background;
    scrollbar-background-active: $background;
}}
"""
"""Textual's own parts in inks that every theme knows, instead of mixtures."""


@cache
def cell_style(style_id: int) -> Style:
    """How a style id of a chart's Picture is painted."""
    ink = palette.ink(style_id)
    return Style(color=ink.colour.removeprefix("ansi_") or None, dim=ink.dim or None, bold=ink.bold or None)


@cache
def run_style(slot: int) -> Style:
    """The colour of a run's curve, for whatever else stands for that run."""
    return Style(color=palette.colour(slot).removeprefix("ansi_") or None)


@cache
def signed_style(ink: int | None, ground: int | None) -> Style:
    """The colours of levels of signed numbers as ink and as ground; None leaves it to what is around."""
    signed = palette.SIGNED["dark"]
    return Style(
        color=QUIET if ink is None else signed[ink + DEEPEST],
        bgcolor=None if ground is None else signed[ground + DEEPEST],
    )
