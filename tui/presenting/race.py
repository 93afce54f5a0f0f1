"""The race: whether the store holds one, and its result by the loss on the whole train split."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.spec import RunSpec, race
from engine.store import ENDED, Run
from tui.model.snapshot import Snapshot
from tui.text import numbers

ALIKE = 1.02
"""Ratio to the lowest loss up to which losses count as equal: other initial weights may change so close an order."""


def racers(snapshot: Snapshot) -> tuple[Run, ...]:
    """The runs of a finished race, in the order of their numbers; () while it runs, or if the store holds other runs.

    A race with runs missing still counts if two are left.
    """
    runs = snapshot.newest[::-1]
    ways = [run.spec for run in runs]
    is_race = len(ways) > 1 and len(set(ways)) == len(ways) == sum(snapshot.counts.values()) and {*ways} <= {*race()}
    is_over = is_race and all(run.state in ENDED for run in runs)
    return runs if is_over and snapshot.replay_data is None else ()


def verdict(runs: Sequence[Run], *, long: bool = True) -> str:
    """The result of a finished race; '' for none. It names a winner only if all runs finished."""
    finished_runs = sorted((run for run in runs if _has_finished(run)), key=_loss)
    early = [run for run in runs if not _has_finished(run)]
    if not long:
        return " · ".join([*map(_reached, finished_runs), *map(_end, early)])
    if early:
        others = f" {_listed(finished_runs)}" if finished_runs else ""
        return f"The race is over: {'; '.join(map(_end, early))}.{others}"
    first = [run for run in finished_runs if _loss(run) <= ALIKE * _loss(finished_runs[0])]
    rest = finished_runs[len(first) :]
    if not first:
        return ""
    losses = dict.fromkeys(numbers.loss(run.train_loss) for run in first)
    won = f"{_winners(first, rest)}: train loss {_joined(losses)}{_accuracies(first)}."
    return f"{won} {_listed(rest)}" if rest else won


def way(spec: RunSpec | None) -> str:
    """The strategy of a racer, short."""
    if spec is None or spec.searches:
        return "" if spec is None else spec.kind.label
    return "full batch" if spec.batch_size is None else "mini-batch"


def _winners(first: Sequence[Run], rest: Sequence[Run]) -> str:
    ways = [way(run.spec) for run in first]
    if any(run.searches for run in first):
        return f"{_capitalised(_joined(ways))} {'win' if len(first) > 1 else 'wins'}"
    if len(first) > 1:
        return f"Gradient descent wins, {' or '.join(ways)}"
    return f"Gradient descent{'' if all(run.searches for run in rest) else f' ({ways[0]})'} wins"


def _accuracies(first: Iterable[Run]) -> str:
    """The validation accuracy of these runs."""
    known = [run.validation_accuracy for run in first if run.validation_accuracy is not None]
    shares = dict.fromkeys(f"{100 * share:.0f}" for share in known if math.isfinite(share))
    return f", {_joined(shares)} % of validation digits right" if shares else ""


def _end(run: Run) -> str:
    """How far a run that did not finish came, and the loss that it had reached."""
    how = {"cancelled": "stopped", "failed": "failed"}.get(run.state, "ended")
    planned = f" of {run.spec.iterations:,}" if run.spec is not None and run.spec.iterations else ""
    reached = (
        "" if run.train_loss is None else f" (train loss {numbers.loss(run.train_loss)} at {run.evaluated_at or 0:,})"
    )
    at = f"{'diverged' if run.diverged_at is not None else how} at {run.iterations_done:,}{planned}"
    return f"{way(run.spec)} {at}{reached}"


def _listed(runs: Iterable[Run]) -> str:
    return _capitalised(", ".join(map(_reached, runs))) + "."


def _reached(run: Run) -> str:
    return f"{way(run.spec)} {numbers.loss(run.train_loss)}"


def _has_finished(run: Run) -> bool:
    """Whether a run finished with a finite loss."""
    return run.state == "finished" and run.diverged_at is None and math.isfinite(_loss(run))


def _loss(run: Run) -> float:
    return math.nan if run.train_loss is None else run.train_loss


def _joined(texts: Iterable[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
