"""Outcome: the results of a sweep per value, the best value, and the table in the form of the CS231n notes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.sweep.axis import Axis, Value, sort_key, value_text
from engine.text import counted, loss_text, seconds_text

OBJECTIVES_OF_THEIR_OWN = frozenset({"delta", "regularization_strength"})
"""Fields that change the objective: losses at different values of them cannot be compared."""

MOST_DIGITS = 9
"""Most significant digits of a loss, used if fewer would make different losses look equal."""

INTERRUPTED = ("cancelled", "failed")


@dataclass(frozen=True, slots=True)
class TrainLoss:
    """The loss over the whole train split after `iteration` iterations, which took `elapsed_s` seconds."""

    iteration: int
    elapsed_s: float
    loss: float


@dataclass(frozen=True, slots=True)
class RunMeasurement:
    """The measurements of one run of a sweep.

    `train_loss`, `validation_loss` and `accuracy` (validation, 0 to 1) are from its newest evaluation, over whole
    splits, because a batch loss depends on the last batch; None before the first. `evaluated_at` is the number of
    iterations then. `train_losses` are all its evaluations, oldest first, if the caller asked for them.
    `is_paced`: a pace slowed it down, so its time cannot be compared.
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
    elapsed_s: float = 0.0
    examples_per_iteration: int = 1
    train_losses: tuple[TrainLoss, ...] = ()
    is_paced: bool = False


@dataclass(frozen=True, slots=True)
class ValueResult:
    """A sweep's result at one value (one per axis): means over its `seeds` runs that have come furthest.

    These runs were evaluated after `evaluated_at` iterations, or are finished; a run that has just begun would raise
    every mean. `low` and `high` are their lowest and highest train loss, `elapsed_s` their mean time in seconds.
    `iterations_done` and `examples_seen` are the most of any run at this value, `diverged` the number of diverged runs.
    `complete`: all runs are finished; a run stopped early cannot be compared. `stopped`: a run was cancelled or failed,
    and no other run continues.
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
    examples_seen: int
    elapsed_s: float


def results(measured: Iterable[RunMeasurement]) -> tuple[ValueResult, ...]:
    """Return the result of each value, in ascending order of the values."""
    return tuple(_result(values, runs) for values, runs in by_values(measured).items())


def by_values(measured: Iterable[RunMeasurement]) -> dict[tuple[Value, ...], list[RunMeasurement]]:
    """Group the runs by value, in ascending order of the values."""
    groups: dict[tuple[Value, ...], list[RunMeasurement]] = {}
    for run in measured:
        groups.setdefault(run.values, []).append(run)
    return {values: groups[values] for values in sorted(groups, key=lambda values: [*map(sort_key, values)])}


def best_of(axes: Sequence[Axis], found: Sequence[ValueResult], *, highest: bool = False) -> ValueResult | None:
    """Return the best complete result without diverged runs, None if there is none; the first of equal ones.

    Best is the lowest train loss, or the highest validation accuracy if the axes change the objective; with `highest`,
    of a metric that is to rise, the highest of what stands in its place.
    """
    compared = [result for result in found if result.complete and not result.diverged]
    finite = [one for one in compared if one.train_loss is not None and math.isfinite(one.train_loss)]
    if best_by(axes) == "accuracy":
        return max(finite, key=lambda result: result.accuracy or 0.0, default=None)
    sign = -1.0 if highest else 1.0
    return min(finite, key=lambda result: sign * (result.train_loss or 0.0), default=None)


def best_by(axes: Sequence[Axis]) -> Literal["loss", "accuracy"]:
    """Return the measure that ranks the values of a sweep over these axes."""
    own = any(axis.field in OBJECTIVES_OF_THEIR_OWN and not axis.of_script for axis in axes)
    return "accuracy" if own else "loss"


def loss_texts(losses: Sequence[float | None]) -> list[str]:
    """Format losses with `loss_text`, with more digits if different losses would look equal; None gives ''."""
    texts = ["" if loss is None else loss_text(loss) for loss in losses]
    text_of = dict(zip(losses, texts, strict=True))
    for digits in range(5, MOST_DIGITS + 1):
        counts = Counter(text for loss, text in text_of.items() if loss is not None and math.isfinite(loss))
        alike = [loss for loss, text in text_of.items() if counts[text] > 1]
        text_of |= {loss: f"{loss:.{digits}g}" for loss in alike}
    return [text_of[loss] for loss in losses]


def table_lines(
    axes: Sequence[Axis],
    found: Sequence[ValueResult],
    bests: Mapping[tuple[Value, ...], Sequence[str]] | None = None,
    *,
    measure: str = "loss",
    highest: bool = False,
) -> list[str]:
    """Return a sweep's table, one line per value: 'for step size 1e-06 new loss: 1.648'; the best is marked.

    `measure` says what was measured in place of the loss, whose `highest` value is best.

    With `bests`, the marks of each value, the lines also show examples and time.
    Source: CS231n, optimization, "effect of step size".
    """
    if bests is None:
        best = best_of(axes, found, highest=highest)
        mark = "best by accuracy" if best_by(axes) == "accuracy" else "best"
        bests = {} if best is None else {best.values: [mark]}
        is_timed = False
    else:
        is_timed = True
    losses = loss_texts([result.train_loss for result in found])
    return [
        f"{_line(axes, result, loss, measure)}{_remark(result, bests.get(result.values, ()), is_timed)}"
        for result, loss in zip(found, losses, strict=True)
    ]


def _line(axes: Sequence[Axis], result: ValueResult, loss: str, measure: str) -> str:
    where = ", ".join(f"{axis.label} {value_text(value)}" for axis, value in zip(axes, result.values, strict=True))
    return f"for {where} new {measure}: {loss or ('none' if result.stopped else 'none yet')}"


def _remark(result: ValueResult, marks: Sequence[str], is_timed: bool) -> str:
    remarks = []
    if is_timed and result.iterations_done:
        remarks.append(f"{counted(result.examples_seen, 'example')}, {seconds_text(result.elapsed_s)}")
    if result.low is not None and result.high is not None and result.seeds > 1:
        remarks.append(f"{loss_text(result.low)} to {loss_text(result.high)} over {result.seeds} seeds")
    if result.diverged:
        remarks.append("diverged")
    if result.stopped:
        remarks.append(_stop(result))
    elif not result.complete and result.train_loss is not None:
        remarks.append(f"so far, after {counted(result.evaluated_at, 'iteration')}")
    remarks += marks
    return f"  ({'; '.join(remarks)})" if remarks else ""


def _stop(result: ValueResult) -> str:
    if not result.iterations_done:
        return "stopped before it started"
    last = "" if result.evaluated_at == result.iterations_done else f", evaluated after {result.evaluated_at:,}"
    return f"stopped after {counted(result.iterations_done, 'iteration')}{last}"


def _result(values: tuple[Value, ...], runs: Sequence[RunMeasurement]) -> ValueResult:
    states = {run.state for run in runs}
    evaluated = [run for run in runs if run.train_loss is not None]
    furthest = max((run.evaluated_at for run in evaluated), default=0)
    compared = [run for run in evaluated if run.evaluated_at == furthest or run.state == "finished"]
    losses = [run.train_loss for run in compared if run.train_loss is not None]
    return ValueResult(
        values=values,
        run_ids=tuple(run.run_id for run in runs),
        train_loss=mean(losses),
        low=min(losses, key=_nan_as_inf, default=None),
        high=max(losses, key=_nan_as_inf, default=None),
        validation_loss=mean([run.validation_loss for run in compared if run.validation_loss is not None]),
        accuracy=mean([run.accuracy for run in compared if run.accuracy is not None]),
        complete=all(run.state == "finished" for run in runs),
        stopped=not states.isdisjoint(INTERRUPTED) and states <= {*INTERRUPTED, "finished"},
        diverged=sum(run.diverged for run in runs),
        iterations_done=max(run.iterations_done for run in runs),
        evaluated_at=furthest,
        seeds=len(compared),
        examples_seen=max(run.iterations_done * run.examples_per_iteration for run in runs),
        elapsed_s=mean([run.elapsed_s for run in compared or runs]) or 0.0,
    )


def _nan_as_inf(loss: float) -> float:
    return math.inf if math.isnan(loss) else loss


def mean(numbers: Sequence[float]) -> float | None:
    """Return the mean; NaN if a number is NaN, else inf if one is infinite; None without numbers."""
    if not numbers:
        return None
    if any(math.isnan(number) for number in numbers):
        return math.nan
    return math.fsum(numbers) / len(numbers) if all(map(math.isfinite, numbers)) else math.inf
