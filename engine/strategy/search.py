"""Random search and random local search, with the work of many iterations stacked into one matrix product.

The draws do not depend on the losses, so a whole stack of them is drawn and multiplied at once. Stacks begin at fixed
iterations and are always computed whole, in the same shapes, so an iteration's loss does not depend on the cuts
between blocks. The last stack is cached, so that a paced run does not compute it again for every few iterations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.objective.layout import Array
from engine.objective.objectives import Objective
from engine.strategy import streams
from engine.strategy.record import Record
from engine.trace.block import Block
from engine.trace.state import State

STACK_MOST = 128
STACK_BYTES = 16 << 20
STACK_MULTIPLICATIONS = 100_000_000_000
"""About two seconds of one core: a larger stack would delay a run's curve, a smaller one would convert and pack the
examples for too few iterations."""

REFRESH_EVERY = 1024
"""Iterations between two recomputations of local search's relative scores, which limit the sum of rounding errors."""


@dataclass(frozen=True, slots=True)
class Stack:
    """K drawn weight vectors `draws` (K, size), the array `computed` from them, and the generator's states."""

    before: Mapping[str, Any]
    draws: Array
    computed: Array
    after: Mapping[str, Any]


def drawing(seed: int) -> Mapping[str, Any]:
    """Return the state of a run's generator of draws before the first draw."""
    return streams.saved(streams.stream(seed, "draws"))


class Stacks:
    """Makes stacks of `size` standard normal draws from one generator, and caches the last one.

    `compute` may change the draws. `bytes_per_example` is the size of its result per draw and example.
    """

    def __init__(self, objective: Objective, compute: Callable[[Array], Array], bytes_per_example: int) -> None:
        self._objective = objective
        self._compute = compute
        self._last: Stack | None = None
        N, weights = len(objective), objective.size
        bytes_per_draw = bytes_per_example * N + weights * objective.dtype.itemsize
        most = min(STACK_MOST, STACK_MULTIPLICATIONS // (weights * N), STACK_BYTES // bytes_per_draw)
        self.size = max(1, most) if objective.linear else 1

    def at(self, before: Mapping[str, Any]) -> Stack:
        """Return the stack that the generator draws from this saved state."""
        if self._last is None or self._last.before != before:
            generator = streams.restored(before)
            draws = self._objective.draws(generator, self.size)
            self._last = Stack(before, draws, self._compute(draws), streams.saved(generator))
        return self._last


@dataclass(frozen=True)
class RandomSearch:
    """Draws new weights in every iteration and keeps the best. Source: CS231n, optimization, strategy 1."""

    objective: Objective
    scale: float
    seed: int
    metrics: str = "all"
    _stacks: Stacks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stacks", Stacks(self.objective, self._data_losses, bytes_per_example=0))

    def start(self) -> State:
        """Return the state before iteration 0, whose weights are zeros until the first draw."""
        weights = np.zeros(self.objective.size, self.objective.dtype)
        return State(iteration=0, weights=weights, step_size=self.scale, streams={"draws": drawing(self.seed)})

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """Return the state, with the best weights so far, and the block of the losses of at most k draws."""
        record, saved = Record(), state.streams.get("draws") or drawing(self.seed)
        best_loss, best_weights, size = state.best_loss, state.weights, self._stacks.size
        penalty = self.objective.layout.flat(self.objective.penalty)
        with np.errstate(all="ignore"):
            while len(record) < k and not record.diverged:
                stack, index = self._stacks.at(saved), (state.iteration + len(record)) % size
                weights = stack.draws[index]
                data_loss = float(stack.computed[index])
                total = data_loss + 0.5 * float((penalty * weights).dot(weights))
                record.losses.append(total)
                if self.metrics == "all":
                    record.data_losses.append(data_loss)
                record.diverged = not math.isfinite(total)
                if total < best_loss:
                    best_loss, best_weights = total, weights.copy()
                saved = stack.after if index == size - 1 else saved
        return record.state_after(state, best_weights, {"draws": saved}, {}), record.block(state.iteration)

    def _data_losses(self, draws: Array) -> Array:
        """Scale the draws (K, size) in place and return their mean data losses (K,), float64."""
        objective, N = self.objective, len(self.objective)
        objective.as_start(draws, self.scale)
        if not objective.linear:
            run = objective.passing(N, backward=False)
            objective.layout.pad(draws[0], run.weights)
            return np.array([run.run(None, objective.correct_index(objective.split.y))])
        sums = np.zeros(len(draws))
        for rows, scores in objective.stacked_scores(draws):
            sums += objective.data_loss.summed(objective.data_loss.relative(scores, objective.split.y[rows]))
        return sums / N


class LinearTrials:
    """Losses of trials for linear scores: the loss at S + step_size * P, without a product with X.

    S (C, N) are the relative scores of the best weights, P (C, N) those of a direction. The state carries S, because
    updating S rounds differently from recomputing it.
    """

    def __init__(self, objective: Objective, best_weights: Array, buffers: Mapping[str, Array]) -> None:
        self._objective = objective
        shape = (objective.classes, len(objective))
        self._moved = np.empty(shape, objective.dtype)
        if "relative_scores" in buffers:
            self._scores = buffers["relative_scores"].copy()
        else:
            self._scores = np.empty(shape, objective.dtype)
            self.refresh(best_weights)

    def refresh(self, best_weights: Array) -> None:
        """Recompute S."""
        self._scores[:] = relative_scores(self._objective, best_weights[None], constant=True)[0]

    def loss(self, trial: Array, direction: Array | None, step_size: Array) -> float:
        """Return the mean data loss at S + step_size * P for the `direction` P, or at S if it is None."""
        if direction is None:
            self._moved[:] = self._scores
        else:
            np.multiply(direction, step_size, self._moved)
            np.add(self._moved, self._scores, self._moved)
        return float(self._objective.data_loss.summed(self._moved[:, None])[0]) / len(self._objective)

    def accept(self, direction: Array, step_size: Array) -> None:
        """Update S to the accepted trial: S += step_size * P."""
        np.multiply(direction, step_size, self._moved)
        np.add(self._moved, self._scores, self._scores)

    def buffers(self) -> Mapping[str, Array]:
        """Return S as a buffer of the state."""
        return {"relative_scores": self._scores}


class PlainTrials:
    """Losses of trials for any objective, with one forward pass per trial."""

    def __init__(self, objective: Objective, best_weights: Array, buffers: Mapping[str, Array]) -> None:
        self._layout = objective.layout
        self._pass = objective.passing(len(objective), backward=False)
        self._correct_index = objective.correct_index(objective.split.y)

    def refresh(self, best_weights: Array) -> None:
        """Do nothing: no scores are stored."""

    def loss(self, trial: Array, direction: Array | None, step_size: Array) -> float:
        """Return the mean data loss at the trial's weights (size,)."""
        self._layout.pad(trial, self._pass.weights)
        return self._pass.run(None, self._correct_index)

    def accept(self, direction: Array, step_size: Array) -> None:
        """Do nothing: no scores are stored."""

    def buffers(self) -> Mapping[str, Array]:
        """Return no buffers."""
        return {}


def relative_scores(objective: Objective, weights: Array, constant: bool) -> Array:
    """Return the relative scores (K, C, N) of weight vectors (K, size); see `DataLoss.relative`."""
    result = np.empty((len(weights), objective.classes, len(objective)), objective.dtype)
    for rows, scores in objective.stacked_scores(weights):
        relative = objective.data_loss.relative(scores, objective.split.y[rows], constant)
        result[:, :, rows] = relative.swapaxes(0, 1)
    return result


@dataclass(frozen=True)
class LocalSearch:
    """Tries a random step in every iteration and accepts it only if the loss falls.

    Iteration 0 is the initial weights; iteration i > 0 is a trial W + dW * step_size.
    Source: CS231n, optimization, strategy 2.
    """

    objective: Objective
    step_size: float
    initial_scale: float
    seed: int
    metrics: str = "all"
    _stacks: Stacks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        size = self.objective.classes * self.objective.dtype.itemsize
        object.__setattr__(self, "_stacks", Stacks(self.objective, self._directions, bytes_per_example=size))

    def start(self) -> State:
        """Return the state before iteration 0, with small normal weights as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(iteration=0, weights=weights, step_size=self.step_size, streams={"draws": drawing(self.seed)})

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """Return the state, with the best weights so far, and the block of the losses of at most k trials."""
        objective = self.objective
        record, saved = Record(), state.streams.get("draws") or drawing(self.seed)
        best_loss, best_weights, size = state.best_loss, state.weights, self._stacks.size
        step_size = np.array(state.step_size, objective.dtype)
        penalty = objective.layout.flat(objective.penalty)
        with np.errstate(all="ignore"):
            trials = (LinearTrials if objective.linear else PlainTrials)(objective, best_weights, state.buffers)
            while len(record) < k and not record.diverged:
                iteration = state.iteration + len(record)
                if iteration and iteration % REFRESH_EVERY == 0:
                    trials.refresh(best_weights)
                trial, direction = best_weights, None
                if iteration:
                    stack, index = self._stacks.at(saved), (iteration - 1) % size
                    trial, direction = stack.draws[index] * step_size, stack.computed[index]
                    trial += best_weights
                    saved = stack.after if index == size - 1 else saved
                data_loss = trials.loss(trial, direction, step_size)
                total = data_loss + 0.5 * float((penalty * trial).dot(trial))
                record.losses.append(total)
                if self.metrics == "all":
                    record.data_losses.append(data_loss)
                    record.step_sizes.append(state.step_size)
                record.diverged = not math.isfinite(total)
                if total < best_loss:
                    best_loss, best_weights = total, trial
                    if direction is not None:
                        trials.accept(direction, step_size)
        after = record.state_after(state, best_weights, {"draws": saved}, trials.buffers())
        return after, record.block(state.iteration)

    def _directions(self, draws: Array) -> Array:
        """Return the relative scores P (K, C, N) of the draws (K, size); empty if scores are not linear."""
        if not self.objective.linear:
            return np.empty((len(draws), 0))
        return relative_scores(self.objective, draws, constant=False)
