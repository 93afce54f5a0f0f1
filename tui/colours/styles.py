"""Styles: ids of what a cell of a chart shows; `tui.colours.palette` says how each is painted."""

from __future__ import annotations

from tui.colours import ramp

BLANK, FRAME, TICK, TITLE, HINT, CURSOR, POINTED = range(7)
"""Style ids of all parts except runs."""

DEEPEST = 4
"""Colour levels on each side of zero in an image of signed numbers."""

FIRST_RUN_STYLE = 16
UNORDERED = 8
"""Number of colours of runs without an order; slots below the ramp use them cyclically."""


def strong(slot: int) -> int:
    """Return the style id of a run's line, marker and legend entry."""
    colour = slot % UNORDERED if slot < ramp.FIRST_SLOT else UNORDERED + (slot - ramp.FIRST_SLOT) % ramp.STEPS
    return FIRST_RUN_STYLE + 2 * colour


def faint(slot: int) -> int:
    """Return the style id of a run's band or tries."""
    return strong(slot) + 1


def run_style(style: int) -> tuple[int, bool] | None:
    """Return (first slot of the colour, is faint) of a run's style id; None for other ids."""
    if style < FIRST_RUN_STYLE:
        return None
    colour, is_faint = divmod(style - FIRST_RUN_STYLE, 2)
    return colour if colour < UNORDERED else colour - UNORDERED + ramp.FIRST_SLOT, bool(is_faint)
