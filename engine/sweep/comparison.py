"""Comparison: which value of a sweep over batch sizes is best for equal examples, equal time, equal iterations.

After equal iterations a large batch has seen many times the examples of a small one, and has taken longer. So the runs
are also compared where each had seen as many examples, and where each had taken as long.
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
"""Between two evaluations the loss is taken as a straight line where the later one comes after at most so many times
the iterations: a run falls the more steeply the earlier it is, and a longer line would be far above it."""


SHORTEST_S = 1.0
"""Below so many seconds a run's time is that of its start, its evaluations and the other workers: no value is best."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The train losses of a sweep's values at an equal `amount` of examples, seconds or iterations, and the best one.

    `losses` are in the order of the results: None for a value that is not compared (it is not complete, or diverged),
    and where no evaluation is near. `best` is None when a compared value has no loss, and where the amount `is_short`.
    """

    equal: Equal
    amount: float
    losses: tuple[float | None, ...]
    best: tuple[Value, ...] | None

    @property
    def is_short(self) -> bool:
        """Whether the runs took too little time to be compared by it."""
        return self.equal == "time" and self.amount < SHORTEST_S


def are_compared(axes: Sequence[Axis]) -> bool:
    """Whether the values of a sweep over these axes need more than one comparison: they differ in their batches."""
    return best_by(axes) == "loss" and any(axis.field == "batch_size" for axis in axes)


def comparisons(axes: Sequence[Axis], measured: Iterable[RunMeasurement]) -> tuple[Comparison, ...]:
    """One comparison for each of EQUALS, at the largest amount that all complete values have reached.

    None where values are not compared so, or fewer than two are complete; none of equal time among paced runs.
    """
    groups = by_values(measured)
    compared = {values: runs for values, runs in groups.items() if all(map(_is_comparable, runs))}
    if len(compared) < 2 or not are_compared(axes):
        return ()
    is_timed = not any(run.is_paced for runs in compared.values() for run in runs)
    return tuple(_compared(equal, groups, compared) for equal in EQUALS if is_timed or equal != "time")


def best_marks(found: Iterable[Comparison]) -> dict[tuple[Value, ...], list[str]]:
    """What each value is best for, in words."""
    marks: dict[tuple[Value, ...], list[str]] = {}
    for one in found:
        if one.best is not None:
            marks.setdefault(one.best, []).append(f"best for equal {one.equal}")
    return marks


def amount_text(equal: Equal, amount: float) -> str:
    """An amount for people: 3,000 examples, 0.317 s, 1,500 iterations."""
    if equal == "time":
        return seconds_text(amount)
    return counted(round(amount), equal.removesuffix("s"))


def bare_amount(one: Comparison) -> str:
    """The amount of a comparison beside the word for what is equal: 3,000, 1.64 s."""
    told = amount_text(one.equal, one.amount)
    return told if one.equal == "time" else told.split(" ")[0]


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
    """How much a run had used at each of its evaluations."""
    if equal == "time":
        return [one.elapsed_s for one in run.train_losses]
    each = run.examples_per_iteration if equal == "examples" else 1
    return [float(one.iteration * each) for one in run.train_losses]


def _loss_at(run: RunMeasurement, equal: Equal, amount: float) -> float | None:
    """The train loss of the weights that a run had once it had used so much; an iteration counts when it is over."""
    amounts = _amounts(run, equal)
    for (before, after), (low, high) in zip(pairwise(run.train_losses), pairwise(amounts), strict=True):
        if not low <= amount < high:
            continue
        # the margin is for what division loses of whole iterations
        gone = math.floor((after.iteration - before.iteration) * (amount - low) / (high - low) + 1e-9)
        if not gone:
            return before.loss
        if after.iteration > CLOSE * before.iteration:
            return None
        return before.loss + (after.loss - before.loss) * gone / (after.iteration - before.iteration)
    return run.train_losses[-1].loss if amount >= amounts[-1] else None
