"""Progress: the bar on stderr of a command that waits for runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from engine.store import ENDED, Run

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

BAR_STEPS = 1000
"""Length of a bar: it shows per cents, and the time left is estimated from steps."""


def bar(label: str, show_eta: bool = True) -> ProgressBar[str]:
    """A bar of BAR_STEPS on stderr, followed by the text of its last update; hidden where stderr is no terminal."""
    return click.progressbar(
        length=BAR_STEPS,
        label=label,
        file=sys.stderr,
        show_eta=show_eta,
        item_show_func=lambda item: item,
        hidden=not sys.stderr.isatty(),
    )


def share_done(run: Run) -> float:
    """The share of a run's budget that is used up, 0 to 1; 1 for an ended run, the larger one of two budgets."""
    if run.state in ENDED:
        return 1.0
    if run.spec is None:
        return 0.0
    by_iterations = 0.0 if run.spec.iterations is None else run.iterations_done / run.spec.iterations
    by_seconds = 0.0 if run.spec.seconds is None else run.elapsed_s / run.spec.seconds
    return min(max(by_iterations, by_seconds), 1.0)
