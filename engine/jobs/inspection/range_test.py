"""The step-size range test of a run: from its first weights, or from those of a moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from os import PathLike

from engine.analysis.range_test import RangeTest, all_step_sizes, judged
from engine.jobs.inspection.weights import states
from engine.jobs.people.kept_weights import kept_weights
from engine.spec import RunSpec, short_name
from engine.store import Refused, open_for_reading
from engine.strategy import optimize
from engine.strategy.optimize import Optimization
from engine.trace.state import State

LOST = 16.0
"""The test ends where a loss is this many times the first, or not finite."""

ANSWER_EVERY_S = 0.2
"""Seconds between two answers that are not the last."""


@dataclass(frozen=True, slots=True, eq=False)
class RunRangeTest:
    """A range test with the spec of a run from its weights after `iteration` iterations. `is_exact` as in StateAt.

    `is_from_beginning`: from the weights with which it began, which a fork has from its parent.
    """

    run_id: int
    spec: RunSpec
    iteration: int
    is_exact: bool
    is_from_beginning: bool
    found: RangeTest


def run_range_test(
    path: str | PathLike[str], wanted: Callable[[], bool], run_id: int, iteration: int | None
) -> Iterator[RunRangeTest]:
    """Yield the range test of a run as far as it has come, the whole one last; an `iteration` of None is its beginning.

    Nothing is stored. Raises as `states` does, and Refused for a strategy without a step size.
    """
    with closing(open_for_reading(path)) as reader:
        beginning = reader.the_run(run_id).first_iteration
    kept = kept_weights(path, run_id, beginning if iteration is None else iteration)
    if not kept.spec.decides("step_size"):
        raise Refused(
            f"Run {run_id} has no step size to test: {short_name(kept.spec.strategy)} finds its own, or takes none."
        )
    spec = kept.spec.changed(schedule="constant", warm_up=0)
    optimization = optimize.build(spec)
    state, reached, is_exact = kept.state, kept.iteration, True
    if iteration is not None:
        *_, at = states(path, wanted, run_id, iteration)
        state, reached, is_exact = at.state, at.iteration, at.is_exact
    losses: list[tuple[float, float]] = []
    due = time.monotonic() + ANSWER_EVERY_S
    for pair in _iterations(optimization, state):
        if not wanted():
            return
        losses.append(pair)
        if time.monotonic() > due:
            yield RunRangeTest(run_id, spec, reached, is_exact, iteration is None, judged(losses, is_complete=False))
            due = time.monotonic() + ANSWER_EVERY_S
    if losses:
        yield RunRangeTest(run_id, spec, reached, is_exact, iteration is None, judged(losses, is_complete=True))


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
