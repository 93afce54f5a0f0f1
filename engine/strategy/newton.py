"""Newton's method, damped: steps to where a parabola through the loss, its slope and its curvature is lowest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.objective.layout import Array
from engine.objective.objectives import Objective
from engine.strategy import streams
from engine.strategy.line_descent import CONVERGED, SMALLEST_SHARE
from engine.strategy.numerics.differences import hessian
from engine.strategy.record import Record
from engine.trace.block import Block
from engine.trace.state import State

Floats = NDArray[np.float64]

FIRST_DAMPING = 1e-3
SLIGHTEST_DAMPING = 1e-9
MOST_DAMPING = 1e9
"""Damping as shares of the mean curvature: at the highest a step is as good as none."""

MORE, LESS = 10.0, 0.1


@dataclass(frozen=True)
class Newton:
    """W - (H + damping I)^-1 g is taken where it lowers the loss; where not, the damping grows.

    `weights` are those of the last step taken, `loss` at iteration i is that of the trial. An iteration computes the
    curvature anew where the last trial was taken: 2 n + 1 gradients. Sources: Nocedal and Wright 2006, chapter 3;
    Marquardt 1963 (the damping).
    """

    objective: Objective
    initial_scale: float
    seed: int
    metrics: str = "all"
    _known: list[tuple[bytes, Floats]] = field(default_factory=list, init=False, repr=False, compare=False)

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(iteration=0, weights=weights, step_size=1.0)

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k trials. Where the state carries none, the first one is of its weights themselves."""
        record, accepted, buffers = Record(), state.weights, dict(state.buffers)
        has_ended = False
        with np.errstate(all="ignore"):
            while len(record) < k and not (record.diverged or has_ended):
                trial = buffers.get("trial", accepted)
                damping, accepted_loss = buffers["damping"].tolist() if "trial" in buffers else (0.0, math.inf)
                loss, gradient = self.objective.loss_and_gradient(trial)
                record.losses.append(loss.total)
                if self.metrics == "all":
                    record.data_losses.append(loss.data_loss)
                    record.gradient_squares.append(float(gradient.dot(gradient)))
                record.diverged = not (math.isfinite(loss.total) and np.isfinite(gradient).all())
                if record.diverged:
                    break
                if loss.total < accepted_loss:
                    accepted, accepted_loss = trial, loss.total
                    damping = damping * LESS if damping > SLIGHTEST_DAMPING else 0.0
                    buffers["gradient"] = gradient
                else:
                    damping = max(damping * MORE, FIRST_DAMPING)
                step, damping = self._step(accepted, buffers["gradient"], damping)
                promised = -0.5 * float(step.dot(buffers["gradient"]))
                has_ended = not promised > SMALLEST_SHARE * abs(accepted_loss)
                buffers |= {"trial": accepted + step, "damping": np.array([damping, accepted_loss])}
        after = record.state_after(state, accepted, state.streams, buffers)
        return replace(after, stop_reason=CONVERGED) if has_ended else after, record.block(state.iteration)

    def _step(self, weights: Array, gradient: Array, damping: float) -> tuple[Floats, float]:
        """The step, and the damping with which the curvature is positive all round; no step beyond all damping."""
        curvature = self._curvature(weights)
        scale = float(np.abs(np.diagonal(curvature)).mean()) or 1.0
        while damping <= MOST_DAMPING:
            try:
                lower = np.linalg.cholesky(curvature + damping * scale * np.eye(len(weights)))
                return -np.linalg.solve(lower.T, np.linalg.solve(lower, gradient)), damping
            except np.linalg.LinAlgError:
                damping = max(damping * MORE, FIRST_DAMPING)
        return np.zeros_like(weights), damping

    def _curvature(self, weights: Array) -> Floats:
        """The last one is remembered: after a trial that was not taken the next step is from the same weights."""
        key = weights.tobytes()
        if not self._known or self._known[0][0] != key:
            self._known[:] = [(key, hessian(self.objective, weights))]
        return self._known[0][1]
