"""Comparison: the best value of a sweep over batch sizes for equal examples, equal time and equal iterations.

After equal iterations a large batch has used many times the examples of a small one, and more time. So the runs
are also compared after equal numbers of examples and after equal time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

from engine.sweep.axis import Axis, Value
from engine.sweep.outcome import RunMeasurement, best_by, by_values, mean
from engine.text import counted, seconds_text

Equal = Literal["examples", "time", "iterations"]
EQUALS: tuple[Equal, ...] = get_args(Equal)

CLOSE = 2
"""The loss between two evaluations is interpolated linearly only if the later one has at most this many times the
iterations of the earlier: a loss curve is steep early, and a longer line would lie far above it."""

SHORTEST_S = 1.0
"""Shorter times, in seconds, measure the start, the evaluations and other workers: then no value is best."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The train losses of a sweep's values at an equal `amount` of examples, seconds or iterations, and the best value.

    `losses` are in the order of the results: None if a value is not compared (incomplete or diverged) or has no
    evaluation close enough. `best` is None if a compared value has no loss or the amount `is_short`.
    """

    equal: Equal
    amount: float
    losses: tuple[float | None, ...]
    best: tuple[Value, ...] | None

    @property
    def is_short(self) -> bool:
        """True if the runs took too little time for a comparison by time."""
        return self.equal == "time" and self.amount < SHORTEST_S


def are_compared(axes: Sequence[Axis]) -> bool:
    """True if a sweep over these axes needs all comparisons: batch sizes differ and the loss ranks the values."""
    return best_by(axes) == "loss" and any(axis.field == "batch_size" and not axis.of_script for axis in axes)


def comparisons(axes: Sequence[Axis], measured: Iterable[RunMeasurement]) -> tuple[Comparison, ...]:
    """Return one comparison for each of EQUALS, at the largest amount that all complete values have reached.

    Empty if `are_compared` is False or fewer than two values are complete; paced runs give none of equal time.
    """
    groups = by_values(measured)
    compared = {values: runs for values, runs in groups.items() if all(map(_is_comparable, runs))}
    if len(compared) < 2 or not are_compared(axes):
        return ()
    is_timed = not any(run.is_paced for runs in compared.values() for run in runs)
    return tuple(_compared(equal, groups, compared) for equal in EQUALS if is_timed or equal != "time")


def best_marks(found: Iterable[Comparison]) -> dict[tuple[Value, ...], list[str]]:
    """Return the marks of each best value, such as 'best for equal time'."""
    marks: dict[tuple[Value, ...], list[str]] = {}
    for comparison in found:
        if comparison.best is not None:
            marks.setdefault(comparison.best, []).append(f"best for equal {comparison.equal}")
    return marks


def amount_text(equal: Equal, amount: float) -> str:
    """Format an amount with its unit: 3,000 examples, 0.317 s, 1,500 iterations."""
    if equal == "time":
        return seconds_text(amount)
    return counted(round(amount), equal.removesuffix("s"))


def _is_comparable(run: RunMeasurement) -> bool:
    return run.state == "finished" and not run.diverged and bool(run.train_losses)


def _compared(
    equal: Equal,
    groups: dict[tuple[Value, ...], list[RunMeasurement]],
    compared: dict[tuple[Value, ...], list[RunMeasurement]],
) -> Comparison:
    amount = min(_amounts(run, equal)[-1] for runs in compared.values() for run in runs)
    losses = {values: _mean_at(runs, equal, amount) for values, runs in compared.items()}
    finite = {values: loss for values, loss in losses.items() if loss is not None and math.isfinite(loss)}
    found = Comparison(equal, amount, tuple(losses.get(values) for values in groups), best=None)
    is_known = None not in losses.values() and not found.is_short
    return replace(found, best=min(finite, key=finite.__getitem__, default=None)) if is_known else found


def _mean_at(runs: Sequence[RunMeasurement], equal: Equal, amount: float) -> float | None:
    losses = [loss for run in runs if (loss := _loss_at(run, equal, amount)) is not None]
    return mean(losses) if len(losses) == len(runs) else None


def _amounts(run: RunMeasurement, equal: Equal) -> list[float]:
    """Return the examples, seconds or iterations that a run had used at each evaluation."""
    if equal == "time":
        return [evaluation.elapsed_s for evaluation in run.train_losses]
    per_iteration = run.examples_per_iteration if equal == "examples" else 1
    return [float(evaluation.iteration * per_iteration) for evaluation in run.train_losses]


def _loss_at(run: RunMeasurement, equal: Equal, amount: float) -> float | None:
    """Return the interpolated train loss after this amount, counting whole iterations; None if it is not known."""
    amounts = _amounts(run, equal)
    for (before, after), (low, high) in zip(pairwise(run.train_losses), pairwise(amounts), strict=True):
        if not low <= amount < high:
            continue
        # The margin keeps rounding of the division from losing a whole iteration.
        passed = math.floor((after.iteration - before.iteration) * (amount - low) / (high - low) + 1e-9)
        if not passed:
            return before.loss
        if after.iteration > CLOSE * before.iteration:
            return None
        return before.loss + (after.loss - before.loss) * passed / (after.iteration - before.iteration)
    return run.train_losses[-1].loss if amount >= amounts[-1] else None
