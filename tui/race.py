"""The race of the three strategies: is it what this store holds, and what was seen when it ended."""

from __future__ import annotations

from engine.spec import race
from engine.store import ENDED, Run
from tui import format as fmt
from tui.describe import label
from tui.snapshot import Snapshot


def racers(snapshot: Snapshot) -> tuple[Run, ...]:
    """The runs of the race, first to last, when the store holds nothing else; () otherwise."""
    runs = snapshot.runs[::-1]
    return runs if tuple(run.spec for run in runs) == race() else ()


def verdict(snapshot: Snapshot) -> str:
    """One line on what the race showed, in numbers from the store; '' while it goes on or when there is none."""
    runs = racers(snapshot)
    if not runs or not all(run.state in ENDED for run in runs):
        return ""
    if any(run.state != "finished" or run.best_loss is None for run in runs):
        return "The race ended early. n starts a run of your own."
    places = sorted(runs, key=lambda run: run.best_loss if run.best_loss is not None else float("inf"))
    first, *others = places
    behind = fmt.listed([f"{label(run)} {fmt.number(run.best_loss)}" for run in others])
    right = ""
    for evaluation in snapshot.evaluations.get(first.run_id, ()):
        if evaluation.split == "validation":
            right = f" and reads {fmt.percent(evaluation.accuracy)} of unseen digits right"
    return f"{label(first)} came down to {fmt.number(first.best_loss)}{right}; {behind}.  n: a run of your own"
