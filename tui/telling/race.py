"""The race of the three strategies: is it what this store holds, and what was seen when it ended."""

from __future__ import annotations

from engine.spec import race
from engine.store import ENDED, Run
from tui import format as fmt
from tui.snapshot import Snapshot
from tui.telling.describe import label


def racers(snapshot: Snapshot) -> tuple[Run, ...]:
    """The runs of the race, first to last, when the store holds nothing else; () otherwise."""
    runs = snapshot.runs[::-1]
    return runs if tuple(run.spec for run in runs) == race() else ()


def verdict(snapshot: Snapshot, *, long: bool = True) -> str:
    """What the race showed, in numbers from the store; '' while it goes on or when there is none."""
    runs = racers(snapshot)
    if not runs or not all(run.state in ENDED for run in runs):
        return ""
    reached = [(run.best_loss, run) for run in runs if run.state == "finished" and run.best_loss is not None]
    if len(reached) < len(runs):
        return "The race ended early."
    (best, first), *others = sorted(reached, key=lambda pair: pair[0])
    behind = [f"{label(run)} {fmt.number(loss)}" for loss, run in others]
    if not long:
        return " · ".join([f"{label(first)} {fmt.number(best)}", *behind])
    right = next(
        (e.accuracy for e in reversed(snapshot.evaluations.get(first.run_id, ())) if e.split == "validation"), None
    )
    reading = "" if right is None else f" and reads {fmt.percent(right)} right"
    return f"{label(first)} reached {fmt.number(best)}{reading}; {', '.join(behind)}"
