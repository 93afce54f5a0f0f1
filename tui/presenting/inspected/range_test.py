"""The range test in words: what the marks are, and the caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.text import counted, loss_text, setting_text
from tui.chart.inspected.range_test import RangeTestView

if TYPE_CHECKING:
    from engine.jobs.inspection.range_test import RunRangeTest

STEEPEST, BREAKS = "steepest", "breaks"


def view_of(one: RunRangeTest, slot: int) -> RangeTestView:
    """The view of a range test."""
    found = one.found
    marks = [
        (float(found.step_sizes[at]), f"{name} {setting_text(float(found.step_sizes[at]), 2)}")
        for at, name in ((found.steepest, STEEPEST), (found.breaking, BREAKS))
        if at is not None
    ]
    return RangeTestView(found.step_sizes, found.loss, found.smoothed, found.extent, tuple(marks), slot)


def summary(one: RunRangeTest) -> str:
    """From which weights, how many iterations, and what came of it."""
    found = one.found
    start = "from its beginning" if one.is_from_beginning else f"from iteration {one.iteration:,}"
    if one.is_from_beginning and one.iteration:
        start += f" at iteration {one.iteration:,}"
    start += "" if one.is_exact else " (the last checkpoint)"
    low, high = (setting_text(float(found.step_sizes[end]), 2) for end in (0, -1))
    said = f"{start}: {counted(len(found.loss), 'iteration')} with step sizes from {low} to {high}"
    if not found.is_complete:
        return f"{said} …"
    if found.steepest is None:
        return f"{said}; no step size lowers the loss"
    first, best = loss_text(float(found.loss[0])), loss_text(float(np.nanmin(found.smoothed)))
    return f"{said}; loss {first} at first, {best} at best"


def as_csv(one: RunRangeTest) -> str:
    """A line for each iteration: its step size, its loss and the smoothed loss."""
    found = one.found
    columns = zip(found.step_sizes.tolist(), found.loss.tolist(), found.smoothed.tolist(), strict=True)
    return "step_size,loss,smoothed\n" + "".join(f"{size!r},{loss!r},{mean!r}\n" for size, loss, mean in columns)
