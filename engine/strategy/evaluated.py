"""What evaluations bring about: which weights they look at, and what a run keeps, lowers or ends because of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.spec import RunSpec
from engine.strategy.numerics.averaging import AVERAGE
from engine.trace.state import State

Array = NDArray[Any]

BEST, PLATEAU = "best_weights", "plateau"
"""Names of buffers: the weights of the lowest validation loss (size,), the factor of the step size by plateaus (1,)."""


def counts(spec: RunSpec) -> bool:
    """Return whether anything in a run depends on what its evaluations find."""
    return spec.patience is not None or _keeps_best(spec) or _waits(spec)


def _keeps_best(spec: RunSpec) -> bool:
    return spec.decides("keep_weights") and spec.keep_weights == "best-validation"


def _waits(spec: RunSpec) -> bool:
    return spec.decides("plateau")


def looked_at(state: State) -> Array:
    """Return the weights to evaluate (size,): the average if there is one."""
    return state.buffers.get(AVERAGE, state.weights)


def carried(spec: RunSpec, state: State) -> Mapping[str, Array]:
    """Return the buffers that are kept beside those of the strategy."""
    names = [BEST] * _keeps_best(spec) + [PLATEAU] * _waits(spec)
    return {name: state.buffers[name] for name in names if name in state.buffers}


def lowered(spec: RunSpec, state: State) -> float:
    """Return the factor of the step size by plateaus so far."""
    return float(state.buffers[PLATEAU][0]) if _waits(spec) and PLATEAU in state.buffers else 1.0


def after(spec: RunSpec, before: State, counted: State) -> State:
    """Return the state `counted`, in which an evaluation was counted, with what this run does about it.

    `before` is the state before it was counted. Every `plateau` evaluations in a row that were no better lower the
    step size.
    """
    buffers = dict(counted.buffers)
    if _keeps_best(spec) and counted.best_evaluation < before.best_evaluation:
        buffers[BEST] = looked_at(counted)
    since = counted.evaluations_since_best
    if _waits(spec) and since and since % spec.plateau == 0:
        buffers[PLATEAU] = np.array([lowered(spec, counted) * spec.decay_factor])
    return replace(counted, buffers=buffers)


def result(spec: RunSpec, state: State, validation_loss: float) -> Array:
    """Return the weights that a run ends with (size,), given the validation loss of those that it has now."""
    best = state.buffers.get(BEST) if _keeps_best(spec) else None
    return looked_at(state) if best is None or not state.best_evaluation < validation_loss else best
