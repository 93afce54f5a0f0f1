"""Weights of a run after any iteration: those of a checkpoint at once, then the very ones, computed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from os import PathLike

from engine.jobs.people.kept_weights import KeptWeights, kept_weights
from engine.jobs.worker.forking import state_at
from engine.objective.layout import Array
from engine.store import Checkpoint, Origin, open_for_reading
from engine.strategy.evaluated import looked_at
from engine.strategy.optimize import Optimization, build
from engine.trace.state import State, state_to_bytes

REPEAT_S = 3.0
"""Seconds after which a repeat is given up: then the weights of the checkpoint before stand for it."""


class GivenUp(Exception):
    """A repeat took too long, or nobody wants it any more."""


@dataclass(frozen=True, slots=True, eq=False)
class StateAt:
    """A run's state after `iteration` iterations, with its numerics.

    `is_exact`: that is the iteration that was asked for, and not the last checkpoint before it.
    """

    run_id: int
    iteration: int
    state: State
    optimization: Optimization
    is_exact: bool

    @property
    def weights(self) -> Array:
        """The weights (size,) that are looked at: their average, where the run keeps one."""
        return looked_at(self.state)


def states(
    path: str | PathLike[str], wanted: Callable[[], bool], run_id: int, iteration: int | None = None
) -> Iterator[StateAt]:
    """Yield a run's state at its newest checkpoint at or before an iteration, then at that iteration itself.

    The second one is computed again, bit for bit, changes of the step size included; it is left out where that takes
    longer than REPEAT_S. Without an `iteration` the newest checkpoint is all. Raises as `kept_weights` does.
    """
    kept = kept_weights(path, run_id, iteration)
    optimization = build(kept.spec)
    is_there = iteration is None or kept.iteration == iteration
    yield StateAt(run_id, kept.iteration, kept.state, optimization, is_there)
    if is_there or iteration is None:
        return
    end = time.monotonic() + REPEAT_S

    def heartbeat() -> None:
        if not wanted() or time.monotonic() > end:
            raise GivenUp

    try:
        state = state_at(_origin(path, kept, iteration), heartbeat)
    except (GivenUp, RuntimeError):  # RuntimeError: the run ended before that iteration
        return
    yield StateAt(run_id, iteration, state, optimization, True)


def _origin(path: str | PathLike[str], kept: KeptWeights, iteration: int) -> Origin:
    """The checkpoint and the step sizes that were set on the way from it."""
    with closing(open_for_reading(path)) as reader:
        set_later = tuple(
            (command.applied_at_iteration, float(command.argument))
            for command in reader.commands(kept.run_id)
            if command.verb == "set-step-size" and command.applied_at_iteration is not None
        )
    steps = tuple((at, size) for at, size in set_later if at <= iteration)
    return Origin(kept.spec, iteration, Checkpoint(kept.iteration, state_to_bytes(kept.state)), steps)
