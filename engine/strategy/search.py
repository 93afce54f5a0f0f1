"""The two searches that need no gradient, with the work of many tries stacked into one matrix product.

Random numbers do not depend on what was found with them, so a whole stack of draws is made and
multiplied at once. Stacks begin at fixed iterations and are always computed whole, in the same
shapes; the last one is remembered, so that a paced run does not compute it again for every few
iterations. So a try's loss is the same however a run is cut.
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
"""About two seconds of one core: a longer stack would hold up a run's curve, a shorter one would convert and pack the
examples for too few tries."""

REFRESH_EVERY = 1024
"""Local search computes its kept scores anew every so many iterations, before rounding adds up."""


@dataclass(frozen=True, slots=True)
class Stack:
    """K drawn weight vectors `draws` (K, size), what was computed from them, and the generator's states."""

    before: Mapping[str, Any]
    draws: Array
    computed: Array
    after: Mapping[str, Any]


def drawing(seed: int) -> Mapping[str, Any]:
    """The saved generator of a run's draws, before the first of them."""
    return streams.saved(streams.stream(seed, "draws"))


class Stacks:
    """Stacks of `size` draws from one generator, each computed once while it is asked for again and again.

    `compute` may change the draws, which are standard normal. `kept_per_example` is the bytes that
    a computed draw keeps for every example.
    """

    def __init__(self, objective: Objective, compute: Callable[[Array], Array], kept_per_example: int) -> None:
        self._objective = objective
        self._compute = compute
        self._last: Stack | None = None
        N, weights = len(objective), objective.size
        bytes_each = kept_per_example * N + weights * objective.dtype.itemsize
        most = min(STACK_MOST, STACK_MULTIPLICATIONS // (weights * N), STACK_BYTES // bytes_each)
        self.size = max(1, most) if objective.linear else 1

    def at(self, before: Mapping[str, Any]) -> Stack:
        """The stack that the generator draws from this saved state on."""
        if self._last is None or self._last.before != before:
            generator = streams.restored(before)
            draws = self._objective.draws(generator, self.size)
            self._last = Stack(before, draws, self._compute(draws), streams.saved(generator))
        return self._last


@dataclass(frozen=True)
class RandomSearch:
    """Try fresh weights each time and keep the best: throwing darts at the map (CS231n, optimization, strategy 1)."""

    objective: Objective
    scale: float
    seed: int
    metrics: str = "all"
    _stacks: Stacks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stacks", Stacks(self.objective, self._data_losses, kept_per_example=0))

    def start(self) -> State:
        """No weights are kept yet: zeros stand in until the first draw is taken."""
        weights = np.zeros(self.objective.size, self.objective.dtype)
        return State(iteration=0, weights=weights, step_size=self.scale, streams={"draws": drawing(self.seed)})

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k fresh draws; `weights` are the best seen, `loss` is each draw's own."""
        record, saved = Record(), state.streams.get("draws") or drawing(self.seed)
        best, kept, size = state.best_loss, state.weights, self._stacks.size
        penalty = self.objective.layout.flat(self.objective.penalty)
        with np.errstate(all="ignore"):
            while len(record) < k and not record.diverged:
                stack, place = self._stacks.at(saved), (state.iteration + len(record)) % size
                weights = stack.draws[place]
                data_loss = float(stack.computed[place])
                total = data_loss + 0.5 * float((penalty * weights).dot(weights))
                record.losses.append(total)
                if self.metrics == "all":
                    record.data_losses.append(data_loss)
                record.diverged = not math.isfinite(total)
                if total < best:
                    best, kept = total, weights.copy()
                saved = stack.after if place == size - 1 else saved
        return record.state_after(state, kept, {"draws": saved}, {}), record.block(state.iteration)

    def _data_losses(self, draws: Array) -> Array:
        """Scale the draws of a stack in place, and give the mean data loss of each, shape (K,) float64."""
        objective, N = self.objective, len(self.objective)
        draws *= objective.dtype.type(self.scale)
        if not objective.linear:
            run = objective.passing(N, backward=False)
            objective.layout.pad(draws[0], run.weights)
            return np.array([run.run(None, objective.correct_index(objective.split.y))])
        sums = np.zeros(len(draws))
        for rows, scores in objective.stacked_scores(draws):
            sums += objective.data_loss.summed(objective.data_loss.relative(scores, objective.split.y[rows]))
        return sums / N


class LinearTrials:
    """Losses of trials near kept weights whose scores are linear: of S + step_size * P, with no product with X.

    S are the kept weights' relative scores, shape (C, N), P those of a direction. S is carried in
    the state, because adding to it rounds otherwise than computing it anew.
    """

    def __init__(self, objective: Objective, kept: Array, buffers: Mapping[str, Array]) -> None:
        self._objective = objective
        shape = (objective.classes, len(objective))
        self._moved = np.empty(shape, objective.dtype)
        if "relative_scores" in buffers:
            self._scores = buffers["relative_scores"].copy()
        else:
            self._scores = np.empty(shape, objective.dtype)
            self.refresh(kept)

    def refresh(self, kept: Array) -> None:
        """Compute S anew."""
        self._scores[:] = relative_scores(self._objective, kept[None], constant=True)[0]

    def loss(self, trial: Array, direction: Array | None, step_size: Array) -> float:
        """The mean data loss one step along a direction's P away, or here where it is None."""
        if direction is None:
            self._moved[:] = self._scores
        else:
            np.multiply(direction, step_size, self._moved)
            np.add(self._moved, self._scores, self._moved)
        return float(self._objective.data_loss.summed(self._moved[:, None])[0]) / len(self._objective)

    def accept(self, direction: Array, step_size: Array) -> None:
        """Keep the trial: S += step_size * P."""
        np.multiply(direction, step_size, self._moved)
        np.add(self._moved, self._scores, self._scores)

    def buffers(self) -> Mapping[str, Array]:
        return {"relative_scores": self._scores}


class PlainTrials:
    """Losses of trials of any objective: a forward pass each."""

    def __init__(self, objective: Objective, kept: Array, buffers: Mapping[str, Array]) -> None:
        self._layout = objective.layout
        self._pass = objective.passing(len(objective), backward=False)
        self._correct_index = objective.correct_index(objective.split.y)

    def refresh(self, kept: Array) -> None:
        """Nothing is kept."""

    def loss(self, trial: Array, direction: Array | None, step_size: Array) -> float:
        """The mean data loss at the trial's weights."""
        self._layout.pad(trial, self._pass.weights)
        return self._pass.run(None, self._correct_index)

    def accept(self, direction: Array, step_size: Array) -> None:
        """Nothing is kept."""

    def buffers(self) -> Mapping[str, Array]:
        return {}


def relative_scores(objective: Objective, weights: Array, constant: bool) -> Array:
    """Relative scores (K, C, N) of K weight vectors (K, size), one after the other; see `DataLoss.relative`."""
    found = np.empty((len(weights), objective.classes, len(objective)), objective.dtype)
    for rows, scores in objective.stacked_scores(weights):
        relative = objective.data_loss.relative(scores, objective.split.y[rows], constant)
        found[:, :, rows] = relative.swapaxes(0, 1)
    return found


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
    _stacks: Stacks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kept = self.objective.classes * self.objective.dtype.itemsize
        object.__setattr__(self, "_stacks", Stacks(self.objective, self._directions, kept_per_example=kept))

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(iteration=0, weights=weights, step_size=self.step_size, streams={"draws": drawing(self.seed)})

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k trials; `weights` are the ones kept, `loss` is each trial's own."""
        objective = self.objective
        record, saved = Record(), state.streams.get("draws") or drawing(self.seed)
        best, kept, size = state.best_loss, state.weights, self._stacks.size
        step_size = np.array(state.step_size, objective.dtype)
        penalty = objective.layout.flat(objective.penalty)
        with np.errstate(all="ignore"):
            trials = (LinearTrials if objective.linear else PlainTrials)(objective, kept, state.buffers)
            while len(record) < k and not record.diverged:
                iteration = state.iteration + len(record)
                if iteration and iteration % REFRESH_EVERY == 0:
                    trials.refresh(kept)
                trial, direction = kept, None
                if iteration:
                    stack, place = self._stacks.at(saved), (iteration - 1) % size
                    trial, direction = stack.draws[place] * step_size, stack.computed[place]
                    trial += kept
                    saved = stack.after if place == size - 1 else saved
                data_loss = trials.loss(trial, direction, step_size)
                total = data_loss + 0.5 * float((penalty * trial).dot(trial))
                record.losses.append(total)
                if self.metrics == "all":
                    record.data_losses.append(data_loss)
                    record.step_sizes.append(state.step_size)
                record.diverged = not math.isfinite(total)
                if total < best:
                    best, kept = total, trial
                    if direction is not None:
                        trials.accept(direction, step_size)
        return record.state_after(state, kept, {"draws": saved}, trials.buffers()), record.block(state.iteration)

    def _directions(self, draws: Array) -> Array:
        """P of each draw of a stack, shape (K, C, N); nothing where scores are not linear."""
        if not self.objective.linear:
            return np.empty((len(draws), 0))
        return relative_scores(self.objective, draws, constant=False)
