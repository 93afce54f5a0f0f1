"""Progress: the bar on stderr of a command that waits for runs."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from engine.store import ENDED, Run
from engine.text import clean

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

BAR_STEPS = 1000
"""Length of a bar, which shows per cents."""

LABEL_CELLS, BAR_CELLS = 32, 10
FRAME_CELLS = 12
"""Cells of a line besides label, bar and text: brackets, blanks and per cents; a longer line would be wrapped."""


def bar(label: str) -> ProgressBar[str]:
    """A bar of BAR_STEPS on stderr, followed by the text of its last update; hidden where stderr is no terminal."""
    label = clean(label, LABEL_CELLS)

    def fitting(text: str | None) -> str | None:
        room = shutil.get_terminal_size().columns - len(label) - BAR_CELLS - FRAME_CELLS
        return None if text is None else clean(text, max(room, 0))

    return click.progressbar(
        length=BAR_STEPS,
        label=label,
        file=sys.stderr,
        show_eta=False,  # the time from the first step on, which comes after the workers' start
        item_show_func=fitting,
        width=BAR_CELLS,
        hidden=not sys.stderr.isatty(),
    )


def left(seconds: float | None) -> str:
    """The time left as the end of a sentence; '' if it is not known or none is."""
    return "" if seconds is None or seconds < 0.5 else f", about {seconds:.0f} s left"


def share_done(run: Run) -> float:
    """The share of a run's budget that is used up, 0 to 1; 1 for an ended run, the larger one of two budgets."""
    if run.state in ENDED:
        return 1.0
    if run.spec is None:
        return 0.0
    by_iterations = 0.0 if run.spec.iterations is None else run.iterations_done / run.spec.iterations
    by_seconds = 0.0 if run.spec.seconds is None else run.elapsed_s / run.spec.seconds
    return min(max(by_iterations, by_seconds), 1.0)
