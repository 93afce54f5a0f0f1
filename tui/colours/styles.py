"""Style ids: what a cell of a chart stands for. `tui.palette` knows how each is painted."""

from __future__ import annotations

BLANK, FRAME, TICK, TITLE, HINT, CURSOR = range(6)
"""Style ids of everything that is not a run."""

DEEPEST = 4
"""Levels on each side of zero in a picture of signed numbers."""

FIRST_RUN_STYLE = 16
RUN_SLOTS = 120


def strong(slot: int) -> int:
    """The style id of a run's line, head and legend entry."""
    return FIRST_RUN_STYLE + 2 * (slot % RUN_SLOTS)


def faint(slot: int) -> int:
    """The style id of a run's raw band and tries."""
    return strong(slot) + 1


def run_style(style: int) -> tuple[int, bool] | None:
    """(slot, is faint) of a run's style id; None for the ids below FIRST_RUN_STYLE."""
    if style < FIRST_RUN_STYLE:
        return None
    slot, is_faint = divmod(style - FIRST_RUN_STYLE, 2)
    return slot, bool(is_faint)
