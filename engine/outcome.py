"""What a sweep found: for each value the losses of its runs, the best, and the table in the form of the notes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.axis import Axis, Value, value_place, value_text
from engine.text import counted

OBJECTIVES_OF_THEIR_OWN = frozenset({"delta", "regularization_strength"})
"""Fields each value of which is another objective: the loss under one says nothing against the loss under another."""

BROKEN_OFF = ("cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one run of a sweep.

    `train_loss`, `validation_loss` and `accuracy` (validation, 0 to 1) are those of its newest evaluation, over the
    whole split: a batch's loss would depend on which examples came last. None before the first. `evaluated_at` is how
    many iterations it had done then.
    """

    run_id: int
    values: tuple[Value, ...]
    state: str
    iterations_done: int
    train_loss: float | None = None
    validation_loss: float | None = None
    accuracy: float | None = None
    diverged: bool = False
    evaluated_at: int = 0


@dataclass(frozen=True, slots=True)
class ValueResult:
    """What a sweep found at one value (one per axis): means over its `seeds` runs that have come furthest.

    Those were evaluated after `evaluated_at` iterations, or have come to their end; a seed that has just begun would
    make every mean high. `low` and `high` are their lowest and highest train loss. `iterations_done` is how far the
    first of all runs is. It is `complete` once all of them came to their end, and not when one was stopped on the way:
    a loss after fewer iterations is no match. It is `stopped` when that happened and none of the others goes on.
    """

    values: tuple[Value, ...]
    run_ids: tuple[int, ...]
    train_loss: float | None
    low: float | None
    high: float | None
    validation_loss: float | None
    accuracy: float | None
    complete: bool
    stopped: bool
    diverged: int
    iterations_done: int
    evaluated_at: int
    seeds: int


def results(measured: Iterable[Measured]) -> tuple[ValueResult, ...]:
    """The results per value, from the lowest to the highest."""
    by_values: dict[tuple[Value, ...], list[Measured]] = {}
    for one in measured:
        by_values.setdefault(one.values, []).append(one)
    in_order = sorted(by_values, key=lambda values: [value_place(value) for value in values])
    return tuple(_result(values, by_values[values]) for values in in_order)


def best_of(axes: Sequence[Axis], found: Sequence[ValueResult]) -> ValueResult | None:
    """The complete value with the lowest train loss, none of whose runs diverged; of equal ones the lowest.

    Where the values are objectives of their own, the one with the highest validation accuracy.
    """
    compared = [result for result in found if result.complete and not result.diverged]
    finite = [one for one in compared if one.train_loss is not None and math.isfinite(one.train_loss)]
    if best_by(axes) == "accuracy":
        return max(finite, key=lambda result: result.accuracy or 0.0, default=None)
    return min(finite, key=lambda result: result.train_loss or 0.0, default=None)


def best_by(axes: Sequence[Axis]) -> Literal["loss", "accuracy"]:
    """What the best value of a sweep over these axes is best in."""
    return "accuracy" if any(axis.field in OBJECTIVES_OF_THEIR_OWN for axis in axes) else "loss"


def table_lines(axes: Sequence[Axis], found: Sequence[ValueResult]) -> list[str]:
    """The table in the form of the notes, such as 'for step size 1e-06 new loss: 1.6478'; the best is marked."""
    best = best_of(axes, found)
    mark = "best by accuracy" if best_by(axes) == "accuracy" else "best"
    return [f"{_line(axes, result)}{_remark(result, mark if result is best else '')}" for result in found]


def _line(axes: Sequence[Axis], result: ValueResult) -> str:
    where = ", ".join(f"{axis.label} {value_text(value)}" for axis, value in zip(axes, result.values, strict=True))
    missing = "none" if result.stopped else "none yet"
    return f"for {where} new loss: {missing if result.train_loss is None else loss_text(result.train_loss)}"


def _remark(result: ValueResult, mark: str) -> str:
    remarks = []
    if result.low is not None and result.high is not None and result.seeds > 1:
        remarks.append(f"{loss_text(result.low)} to {loss_text(result.high)} over {result.seeds} seeds")
    if result.diverged:
        remarks.append("diverged")
    if result.stopped:
        remarks.append(_stop(result))
    elif not result.complete and result.train_loss is not None:
        remarks.append(f"so far, after {counted(result.evaluated_at, 'iteration')}")
    if mark:
        remarks.append(mark)
    return f"  ({'; '.join(remarks)})" if remarks else ""


def _stop(result: ValueResult) -> str:
    if not result.iterations_done:
        return "stopped before it started"
    last = "" if result.evaluated_at == result.iterations_done else f", evaluated after {result.evaluated_at:,}"
    return f"stopped after {counted(result.iterations_done, 'iteration')}{last}"


def loss_text(loss: float) -> str:
    """A loss with four decimals, as in the notes; five digits where it is large."""
    return f"{loss:.4f}" if abs(loss) < 1e5 else f"{loss:.5g}"


def _result(values: tuple[Value, ...], runs: Sequence[Measured]) -> ValueResult:
    states = {run.state for run in runs}
    evaluated = [run for run in runs if run.train_loss is not None]
    furthest = max((run.evaluated_at for run in evaluated), default=0)
    compared = [run for run in evaluated if run.evaluated_at == furthest or run.state == "finished"]
    losses = [run.train_loss for run in compared if run.train_loss is not None]
    return ValueResult(
        values=values,
        run_ids=tuple(run.run_id for run in runs),
        train_loss=_mean(losses),
        low=min(losses, key=_worst, default=None),
        high=max(losses, key=_worst, default=None),
        validation_loss=_mean([run.validation_loss for run in compared if run.validation_loss is not None]),
        accuracy=_mean([run.accuracy for run in compared if run.accuracy is not None]),
        complete=all(run.state == "finished" for run in runs),
        stopped=not states.isdisjoint(BROKEN_OFF) and states <= {*BROKEN_OFF, "finished"},
        diverged=sum(run.diverged for run in runs),
        iterations_done=max(run.iterations_done for run in runs),
        evaluated_at=furthest,
        seeds=len(compared),
    )


def _worst(loss: float) -> float:
    return math.inf if math.isnan(loss) else loss


def _mean(numbers: Sequence[float]) -> float | None:
    if not numbers:
        return None
    if any(math.isnan(number) for number in numbers):
        return math.nan
    return math.fsum(numbers) / len(numbers) if all(map(math.isfinite, numbers)) else math.inf
