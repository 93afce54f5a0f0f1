"""The step-size range test of a run: from its first weights, or from those of a moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike

from engine.analysis.range_test import RangeTest, all_step_sizes, judged
from engine.jobs.inspection.weights import states
from engine.jobs.people.kept_weights import kept_weights
from engine.spec import RunSpec, short_name
from engine.store import Refused
from engine.strategy import optimize
from engine.strategy.optimize import Optimization
from engine.trace.state import State

LOST = 16.0
"""The test ends where a loss is this many times the first, or not finite."""

ANSWER_EVERY_S = 0.2
"""Seconds between two answers that are not the last."""


@dataclass(frozen=True, slots=True, eq=False)
class RunRangeTest:
    """A range test with the spec of a run from its weights after `iteration` iterations. `is_exact` as in StateAt."""

    run_id: int
    spec: RunSpec
    iteration: int
    is_exact: bool
    found: RangeTest


def run_range_test(
    path: str | PathLike[str], wanted: Callable[[], bool], run_id: int, iteration: int | None
) -> Iterator[RunRangeTest]:
    """Yield the range test of a run as far as it has come, the whole one last; an `iteration` of None is its beginning.

    Nothing is stored. Raises as `states` does, and Refused for a strategy without a step size.
    """
    kept = kept_weights(path, run_id, iteration)
    if not kept.spec.decides("step_size"):
        raise Refused(
            f"Run {run_id} has no step size to test: {short_name(kept.spec.strategy)} finds its own, or takes none."
        )
    spec = kept.spec.changed(schedule="constant", warm_up=0)
    optimization = optimize.build(spec)
    if iteration is None:
        starts = [(optimization.start(), 0, True)]
    else:
        at = list(states(path, wanted, run_id, iteration))[-1]
        starts = [(at.state, at.iteration, at.is_exact)]
    for state, reached, is_exact in starts:
        losses: list[tuple[float, float]] = []
        due = time.monotonic() + ANSWER_EVERY_S
        for pair in _iterations(optimization, state):
            if not wanted():
                return
            losses.append(pair)
            if time.monotonic() > due:
                yield RunRangeTest(run_id, spec, reached, is_exact, judged(losses, is_complete=False))
                due = time.monotonic() + ANSWER_EVERY_S
        if losses:
            yield RunRangeTest(run_id, spec, reached, is_exact, judged(losses, is_complete=True))


def _iterations(optimization: Optimization, state: State) -> Iterator[tuple[float, float]]:
    """Yield (step size, loss) of each iteration from a state on, to the last step size or until the loss is lost."""
    first: float | None = None
    for step_size in all_step_sizes().tolist():
        state, block = optimization.one_more(optimize.with_step_size(state, step_size))
        if not len(block):  # a strategy of the user's may be through
            return
        loss = float(block.loss[0])
        yield step_size, loss
        first = loss if first is None else first
        if not math.isfinite(loss) or loss > LOST * abs(first):
            return
