"""Endings: what was seen in a scene, with the numbers of its runs; '' for what is not known."""

from __future__ import annotations

import math

from engine.jobs.people.costs import losses_per_iteration
from engine.store import Run
from tui.model.learning.observed import Observed
from tui.presenting.lessons import of_sweep
from tui.text import numbers


def of_random_search(seen: Observed) -> str:
    """The lowest loss, and what it is worth."""
    for run in seen.found("random search"):
        if run.train_loss is not None:
            return _guessed(run, run.train_loss)
    return ""


def _guessed(run: Run, loss: float) -> str:
    return (
        f"The lowest of {run.iterations_done:,} guesses: loss {numbers.loss(loss)}{_right(run)}. A blind "
        f"choice gets 10 %, and the pictures are noise."
    )


def _right(run: Run) -> str:
    share = run.validation_accuracy
    known = share is not None and math.isfinite(share)
    return f", {numbers.percent(share, 0)} of validation digits right" if share is not None and known else ""


def of_local_search(seen: Observed) -> str:
    """Both searches side by side."""
    told = _losses(seen, ("local search", "random search"), ("nearby tries come to", "as many guesses to"))
    return told and f"{told} But the hiker never asks which way is down."


def of_gradient(seen: Observed) -> str:
    """All three ways at the same number of losses."""
    names = ("gradient", "local search", "random search")
    told = _losses(seen, names, ("The gradient comes to", "random local search to", "random search to"))
    return told and f"{told.removesuffix('.')}, each with as many losses."


def of_gradient_check(seen: Observed) -> str:
    """What either gradient costs."""
    runs = seen.found("numerical gradient", "analytic gradient")
    costs = [losses_per_iteration(run) for run in runs]
    if len(runs) < 2 or None in costs or any(run.train_loss is None for run in runs):
        return ""
    numerical, analytic = (numbers.loss(run.train_loss) for run in runs)
    return (
        f"Loss {numerical} and loss {analytic} after {runs[0].iterations_done} steps; a step took {costs[0]:,} losses "
        f"numerically, {costs[1]:,} analytically. The check holds if the relative error is tiny."
    )


def of_step_size(seen: Observed) -> str:
    """The best step size of the sweep."""
    sweep = seen.snapshot.sweep
    lesson = None if sweep is None else of_sweep(sweep)
    best = lesson.seen[-1] if lesson is not None and lesson.seen else ""
    return f"{best} To its left the steps are too small, to its right too large." if best else ""


def of_bowl(seen: Observed) -> str:
    """Where the three ways end."""
    runs = seen.found("start 1", "start 2", "start 3")
    if any(run.train_loss is None for run in runs):
        return ""
    ends = ", ".join(numbers.loss(run.train_loss) for run in runs)
    return (
        f"The ways end at losses {ends}. The loss is convex: it has one valley, so it does not matter much where a "
        f"way begins. v shows other planes of it."
    )


def of_momentum(seen: Observed) -> str:
    """How far either way came."""
    return _losses(seen, ("plain steps", "momentum"), ("Plain steps come to", "momentum to"), "in as many steps")


def of_mini_batches(seen: Observed) -> str:
    """How many examples each loss took."""
    runs = seen.found("full batch", "batch of 256", "batch of 1")
    told = [
        f"{run.name} {numbers.loss(run.train_loss)} after {(run.examples_per_iteration or 0) * run.iterations_done:,}"
        for run in runs
        if run.train_loss is not None
    ]
    return f"Loss and examples seen: {'; '.join(told)}. The runs of the scenes stay: / tag:learn lists them."


def _losses(seen: Observed, names: tuple[str, ...], words: tuple[str, ...], after: str = "") -> str:
    """The train loss of each run behind its words; '' if one is not known."""
    runs = seen.found(*names)
    if len(runs) < len(names) or any(run.train_loss is None for run in runs):
        return ""
    told = ", ".join(f"{word} {numbers.loss(run.train_loss)}" for word, run in zip(words, runs, strict=True))
    return f"{told[:1].upper()}{told[1:]}{f' {after}' if after else ''}."
