"""The three strategies of the optimization notes, each a pure way from a state to the next k iterations.

A strategy never changes the state it was given, so that chunked equals whole, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from engine import streams
from engine.block import Block
from engine.objectives import Array, Loss, Objective
from engine.state import State


class Strategy(Protocol):
    """Where to start, and how to go on by at most k iterations."""

    def start(self) -> State: ...
    def advance(self, state: State, k: int) -> tuple[State, Block]: ...


class Recorder:
    """The columns of a block while its iterations are made; it notices divergence.

    A run has diverged at the first loss that is not finite: the block ends there.
    """

    def __init__(self, state: State, k: int, metrics: str, stepping: bool, gradient: bool) -> None:
        self.first_iteration = state.iteration
        self.step_size = state.step_size if stepping and metrics == "all" else None
        self.loss = np.empty(k)
        self.data_loss = np.empty(k) if metrics == "all" else None
        self.gradient_norm = np.empty(k) if gradient and metrics == "all" else None
        self.count = 0
        self.diverged = False

    def add(self, loss: Loss, gradient: Array | None = None) -> float:
        """Record one iteration and return its total loss."""
        total, i = loss.total, self.count
        self.loss[i] = total
        if self.data_loss is not None:
            self.data_loss[i] = loss.data_loss
        if self.gradient_norm is not None and gradient is not None:
            self.gradient_norm[i] = math.sqrt(float(gradient @ gradient))
        self.count += 1
        self.diverged = not math.isfinite(total)
        return total

    def block(self) -> Block:
        """What was recorded."""
        n = self.count
        return Block(
            first_iteration=self.first_iteration,
            loss=self.loss[:n],
            data_loss=None if self.data_loss is None else self.data_loss[:n],
            gradient_norm=None if self.gradient_norm is None else self.gradient_norm[:n],
            step_size=None if self.step_size is None else np.full(n, self.step_size),
        )

    def state_after(self, state: State, **changes: Any) -> State:
        """The state after the recorded iterations, with the losses' summary brought up to date."""
        finite = self.loss[: self.count][np.isfinite(self.loss[: self.count])]
        return replace(
            state,
            iteration=state.iteration + self.count,
            first_loss=float(self.loss[0]) if state.iteration == 0 and self.count else state.first_loss,
            best_loss=min(state.best_loss, float(finite.min())) if len(finite) else state.best_loss,
            stop_reason="diverged" if self.diverged else state.stop_reason,
            **changes,
        )


@dataclass(frozen=True)
class RandomSearch:
    """Try fresh weights each time and keep the best: throwing darts at the map (CS231n, optimization, strategy 1)."""

    objective: Objective
    scale: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """No weights are kept yet: zeros stand in until the first draw is taken."""
        draws = streams.stream(self.seed, "draws")
        weights = np.zeros_like(self.objective.initial_weights(streams.stream(self.seed, "weights"), self.scale))
        return State(iteration=0, weights=weights, step_size=self.scale, streams={"draws": streams.saved(draws)})

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k fresh draws; `weights` are the best seen, `loss` is each draw's own."""
        draws = streams.restored(state.streams["draws"])
        recorder = Recorder(state, k, self.metrics, stepping=False, gradient=False)
        best, kept = state.best_loss, state.weights
        while recorder.count < k and not recorder.diverged:
            weights = self.objective.initial_weights(draws, self.scale)
            total = recorder.add(self.objective.loss(weights))
            if total < best:
                best, kept = total, weights
        return recorder.state_after(state, weights=kept, streams={"draws": streams.saved(draws)}), recorder.block()


@dataclass(frozen=True)
class LocalSearch:
    """Step to somewhere near and keep it only if the loss falls (CS231n, optimization, strategy 2).

    Iteration 0 is the starting point itself; iteration i > 0 is a trial W + dW * step_size.
    """

    objective: Objective
    step_size: float
    initial_scale: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        draws = streams.stream(self.seed, "draws")
        return State(iteration=0, weights=weights, step_size=self.step_size, streams={"draws": streams.saved(draws)})

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k trials; `weights` are the ones kept, `loss` is each trial's own."""
        draws = streams.restored(state.streams["draws"])
        recorder = Recorder(state, k, self.metrics, stepping=True, gradient=False)
        best, kept = state.best_loss, state.weights
        while recorder.count < k and not recorder.diverged:
            first = state.iteration + recorder.count == 0
            trial = kept if first else kept + self.objective.initial_weights(draws, state.step_size)
            total = recorder.add(self.objective.loss(trial))
            if total < best:
                best, kept = total, trial
        return recorder.state_after(state, weights=kept, streams={"draws": streams.saved(draws)}), recorder.block()


@dataclass(frozen=True)
class GradientDescent:
    """Follow the negative gradient of the loss over a batch (CS231n, optimization, strategy 3).

    `loss` at iteration i is the batch's loss at the weights before update i. `batch_size` None is
    the full batch; otherwise each batch is drawn afresh, with replacement, from the named stream.
    """

    objective: Objective
    step_size: float
    batch_size: int | None
    initial_scale: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        generators: Mapping[str, Any] = {}
        if self.batch_size is not None:
            generators = {"batches": streams.saved(streams.stream(self.seed, "batches"))}
        return State(iteration=0, weights=weights, step_size=self.step_size, streams=generators)

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k parameter updates W -= step_size * gradient."""
        recorder = Recorder(state, k, self.metrics, stepping=True, gradient=True)
        weights = state.weights.copy()
        step_size = weights.dtype.type(state.step_size)
        generators = dict(state.streams)
        if self.batch_size is None:
            while recorder.count < k and not recorder.diverged:
                loss, gradient = self.objective.loss_and_gradient(weights)
                recorder.add(loss, gradient)
                weights -= step_size * gradient
        else:
            batches = streams.restored(state.streams["batches"])
            while recorder.count < k and not recorder.diverged:
                rows = batches.integers(0, self.objective.examples, self.batch_size)
                loss, gradient = self.objective.loss_and_gradient(weights, rows)
                recorder.add(loss, gradient)
                weights -= step_size * gradient
            generators["batches"] = streams.saved(batches)
        return recorder.state_after(state, weights=weights, streams=generators), recorder.block()
