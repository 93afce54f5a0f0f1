"""Descents with a line search over all examples: L-BFGS and nonlinear conjugate gradient.

An iteration is one loss with its gradient at a trial point. A step takes one or two of them, so that runs are compared
at equal work, and a run can be cut in the middle of a line search.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from engine.objective.layout import Array
from engine.objective.objectives import Objective
from engine.strategy import streams
from engine.strategy.numerics.line_search import LineSearch, from_array
from engine.strategy.record import Record
from engine.trace.block import Block
from engine.trace.state import State

Buffers = Mapping[str, Array]

CONVERGED = "converged: no step lowers the loss any more"
SMALLEST_SHARE = sys.float_info.epsilon
"""A step that promises less than this share of the loss is lost in its rounding."""


class Direction(Protocol):
    """Where to go from a point, by what the last steps have shown. What it must remember lies in buffers."""

    @property
    def flatness(self) -> float:
        """How flat the slope must become along a direction, as a share of what it was."""

    def after_step(self, buffers: Buffers, step: Array, before: Array, gradient: Array) -> Buffers:
        """What to remember once a step led from where the gradient was `before` to where it is `gradient`."""

    def towards(self, buffers: Buffers, gradient: Array) -> Array:
        """The direction from a point with this gradient, by what is remembered; -gradient where that is nothing."""

    def first_step(self, search: LineSearch, slope: float) -> float:
        """The first trial along a direction with this slope, after that search."""


@dataclass(frozen=True, slots=True)
class LBFGS:
    """Minus the gradient times an inverse curvature that the last `memory` steps have shown.

    Source: Liu and Nocedal 1989; Nocedal and Wright 2006, algorithm 7.4 (two-loop recursion).
    """

    memory: int
    flatness: float = 0.9

    def after_step(self, buffers: Buffers, step: Array, before: Array, gradient: Array) -> Buffers:
        change = gradient - before
        pairs = {name: buffers[name][-self.memory :] for name in ("steps", "changes") if name in buffers}
        if not step.dot(change) > sys.float_info.epsilon * change.dot(change):
            return pairs  # no curvature was seen, as across a kink: the inverse would not stay positive
        if not pairs:
            return {"steps": step[None], "changes": change[None]}
        return {
            "steps": np.vstack([pairs["steps"], step])[-self.memory :],
            "changes": np.vstack([pairs["changes"], change])[-self.memory :],
        }

    def towards(self, buffers: Buffers, gradient: Array) -> Array:
        direction = -gradient
        if "steps" not in buffers:
            return direction
        steps, changes = buffers["steps"][-self.memory :], buffers["changes"][-self.memory :]
        inverse = [1.0 / float(step.dot(change)) for step, change in zip(steps, changes, strict=True)]
        shares = [0.0] * len(steps)
        for i in reversed(range(len(steps))):
            shares[i] = inverse[i] * float(steps[i].dot(direction))
            direction -= shares[i] * changes[i]
        direction *= 1.0 / (inverse[-1] * float(changes[-1].dot(changes[-1])))
        for i in range(len(steps)):
            share = inverse[i] * float(changes[i].dot(direction))
            direction += (shares[i] - share) * steps[i]
        return direction

    def first_step(self, search: LineSearch, slope: float) -> float:
        return 1.0


@dataclass(frozen=True, slots=True)
class ConjugateGradient:
    """Minus the gradient plus a share of the last direction, max(0, g . (g - before) / before . before).

    Source: Polak and Ribiere 1969; Nocedal and Wright 2006, equation 5.45 (PR+), and 3.60 for the first trial.
    """

    flatness: float = 0.1

    def after_step(self, buffers: Buffers, step: Array, before: Array, gradient: Array) -> Buffers:
        share = max(0.0, float(gradient.dot(gradient - before)) / float(before.dot(before)))
        return {"conjugate": share * buffers["direction"]}

    def towards(self, buffers: Buffers, gradient: Array) -> Array:
        return buffers["conjugate"] - gradient if "conjugate" in buffers else -gradient

    def first_step(self, search: LineSearch, slope: float) -> float:
        return search.step * search.slope / slope


@dataclass(frozen=True)
class LineDescent:
    """Steps along directions, each as far as a line search finds good. `weights` are those of the last step taken.

    `loss` at iteration i is that of the trial. A run ends when a step would promise less than the loss's rounding, or
    when no step along minus the gradient lowers the loss.
    """

    objective: Objective
    direction: Direction
    initial_scale: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(iteration=0, weights=weights, step_size=1.0)

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k trials. Where the state carries no line search, the first one is of its weights themselves."""
        record, weights, buffers = Record(), state.weights, dict(state.buffers)
        has_ended = False
        with np.errstate(all="ignore"):
            while len(record) < k and not (record.diverged or has_ended):
                search = from_array(buffers["search"]) if "search" in buffers else None
                step = 0.0 if search is None else search.step
                trial = weights if search is None else weights + step * buffers["direction"]
                loss, gradient = self.objective.loss_and_gradient(trial)
                record.losses.append(loss.total)
                if self.metrics == "all":
                    record.data_losses.append(loss.data_loss)
                    record.gradient_squares.append(float(gradient.dot(gradient)))
                    record.step_sizes.append(step)
                record.diverged = not (math.isfinite(loss.total) and np.isfinite(gradient).all())
                if record.diverged:
                    break
                if search is None:
                    buffers = self._new_search({}, loss.total, gradient, None)
                else:
                    search = search.updated(loss.total, float(gradient.dot(buffers["direction"])))
                    if search.is_accepted:
                        known = self.direction.after_step(buffers, trial - weights, buffers["gradient"], gradient)
                        weights = trial
                        buffers = self._new_search(known, loss.total, gradient, search)
                    elif search.is_failed and not buffers["is_steepest"][0]:
                        buffers = self._new_search({}, search.loss, buffers["gradient"], None)
                    else:
                        has_ended = search.is_failed
                        buffers["search"] = search.as_array()
                has_ended |= bool(buffers["search"][1] == 0)
        after = record.state_after(state, weights, state.streams, buffers)
        return replace(after, stop_reason=CONVERGED) if has_ended else after, record.block(state.iteration)

    def _new_search(self, known: Buffers, loss: float, gradient: Array, before: LineSearch | None) -> dict[str, Array]:
        """The buffers with which a search begins; its slope is 0 where nothing can be gained any more."""
        direction = self.direction.towards(known, gradient)
        slope = float(gradient.dot(direction))
        is_steepest = not known or not slope < 0
        if is_steepest:
            known, direction, slope = {}, -gradient, -float(gradient.dot(gradient))
        if is_steepest or before is None:
            step = 1.0 / math.sqrt(-slope) if slope else 1.0
        else:
            step = self.direction.first_step(before, slope)
        if -slope * step <= SMALLEST_SHARE * abs(loss):
            slope = 0.0
        search = LineSearch(loss, slope, self.direction.flatness, step)
        return {
            **known,
            "gradient": gradient,
            "direction": direction,
            "search": search.as_array(),
            "is_steepest": np.array([is_steepest]),
        }
