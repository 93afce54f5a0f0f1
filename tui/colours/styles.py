"""Style ids: what a cell of a chart stands for. `tui.colours.palette` knows how each is painted."""

from __future__ import annotations

from tui.colours import ramp

BLANK, FRAME, TICK, TITLE, HINT, CURSOR, POINTED = range(7)
"""Style ids of everything that is not a run."""

DEEPEST = 4
"""Levels on each side of zero in a picture of signed numbers."""

FIRST_RUN_STYLE = 16
UNORDERED = 8
"""Colours of runs without an order: slots before the ramp take them in turns."""


def strong(slot: int) -> int:
    """The style id of a run's line, head and legend entry."""
    colour = slot % UNORDERED if slot < ramp.FIRST_SLOT else UNORDERED + (slot - ramp.FIRST_SLOT) % ramp.STEPS
    return FIRST_RUN_STYLE + 2 * colour


def faint(slot: int) -> int:
    """The style id of a run's raw band and tries."""
    return strong(slot) + 1


def run_style(style: int) -> tuple[int, bool] | None:
    """(slot, is faint) of a run's style id, the slot being the first of its colour; None for ids before the runs'."""
    if style < FIRST_RUN_STYLE:
        return None
    colour, is_faint = divmod(style - FIRST_RUN_STYLE, 2)
    return colour if colour < UNORDERED else colour - UNORDERED + ramp.FIRST_SLOT, bool(is_faint)
