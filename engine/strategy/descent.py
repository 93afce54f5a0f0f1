"""Gradient descent: follows the negative gradient of the loss over a batch, with one of the parameter updates."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from math import sqrt

import numpy as np

from engine.objective.objectives import Array, CorrectIndex, Objective, Pass, Rows
from engine.strategy import streams
from engine.strategy.batches import Order, Saved
from engine.strategy.numerics.averaging import AVERAGE, AVERAGED, Averaging, averaged_over
from engine.strategy.record import Record
from engine.strategy.schedules import Factor
from engine.strategy.updates import Rates, Step, Update
from engine.trace.block import Block
from engine.trace.state import State

ROWS_AT_ONCE = 1 << 15
"""Row numbers drawn at once, for many iterations: a draw per iteration takes as long as a matrix product."""

LARGEST = sys.float_info.max

BEGAN = "buffers_began"
"""Name of a buffer (1,): the iteration at which those of the update began at zero, where that was not iteration 0."""


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent over the batches of `order`, or over the full batch if it is None.

    `loss` at iteration i is the batch's loss at the weights before update i. A run has diverged at the first loss that
    is not finite or is greater than `divergence_factor` times its first loss: the block ends there.
    Source: CS231n, optimization, strategy 3.
    """

    objective: Objective
    order: Order | None
    update: Update
    rates: Rates
    schedule: Factor
    step_size: float
    initial_scale: float
    divergence_factor: float
    seed: int
    metrics: str = "all"
    clip_norm: float | None = None
    averaging: Averaging | None = None
    passing: Callable[[Objective, int], Pass] = Objective.training
    """What computes a batch's loss and gradient; the analytic gradient, unless another way is given."""

    def start(self) -> State:
        """Return the state before iteration 0: small normal weights, as in the notes, and buffers of zeros."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(
            iteration=0,
            weights=weights,
            step_size=self.step_size,
            buffers={name: np.zeros_like(weights) for name in self.update.buffers},
            streams={} if self.order is None else self.order.start(),
        )

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """Return the state and the block after at most k updates.

        An update that finds not all of its buffers in the state, as after a fork from another one, begins with zeros
        and counts its updates from there.
        """
        layout = self.objective.layout
        run = self.passing(self.objective, len(self.objective) if self.order is None else self.order.batch_size)
        layout.pad(state.weights, run.weights)
        buffers = {name: np.zeros_like(run.weights) for name in self.update.buffers}
        began = state.iteration if buffers else 0
        if buffers.keys() <= state.buffers.keys():
            began = int(state.buffers[BEGAN][0]) if buffers and BEGAN in state.buffers else 0
            for name, buffer in buffers.items():
                layout.pad(state.buffers[name], buffer)
        matrices = (layout.unpadded,) if self.update.of_matrices else ()
        step = self.update.bind(run.weights, run.gradient, buffers, self.rates, *matrices)
        if self.averaging is not None:
            taken, average = averaged_over(state.buffers), np.zeros_like(run.weights)
            if taken:
                layout.pad(state.buffers[AVERAGE], average)
            step = self.averaging.bind(run.weights, average, taken, step)
            buffers[AVERAGE] = average
        record, saved, first_loss = Record(), state.streams, state.first_loss
        with np.errstate(all="ignore"):
            while len(record) < k and not record.diverged:
                iteration = state.iteration + len(record)
                # The divergence limit needs the first loss, so the first iteration of a run is made alone.
                count = min(k - len(record), self._at_once) if iteration else 1
                batches, after = self._batches(saved, iteration, count)
                self._descend(run, step, batches, iteration, began, state.step_size, self._limit(first_loss), record)
                done = state.iteration + len(record) - iteration
                saved = after if done == count else self._batches(saved, iteration, done)[1]
                first_loss = first_loss if iteration else record.losses[0]
        flat = {name: layout.flat(buffer) for name, buffer in buffers.items()}
        if began:
            flat[BEGAN] = np.array([began])
        if self.averaging is not None:
            flat[AVERAGED] = np.array([taken + len(record)])
        return record.state_after(state, layout.flat(run.weights), saved, flat), record.block(state.iteration)

    def _limit(self, first_loss: float) -> float:
        """Return the loss above which a run has diverged; the largest float without a positive first loss."""
        return min(LARGEST, self.divergence_factor * first_loss) if first_loss > 0 else LARGEST

    @property
    def _at_once(self) -> int:
        return 1 << 10 if self.order is None else max(1, ROWS_AT_ONCE // self.order.batch_size)

    def _batches(self, saved: Saved, iteration: int, count: int) -> tuple[Iterable[tuple[Rows, CorrectIndex]], Saved]:
        """Return rows and correct indices of the `count` batches from `iteration` on, and the states after them."""
        y = self.objective.split.y
        if self.order is None:
            return repeat((None, self.objective.correct_index(y)), count), saved
        rows, after = self.order.draw(saved, iteration, count)
        return zip(rows, self.objective.correct_index(y[rows]), strict=True), after

    def _descend(
        self,
        run: Pass,
        step: Step,
        batches: Iterable[tuple[Rows, CorrectIndex]],
        iteration: int,
        began: int,
        base: float,
        limit: float,
        record: Record,
    ) -> None:
        """Make one update per batch until a loss exceeds the limit. Every statement of the loop counts for speed.

        The update's buffers began at iteration `began`.
        """
        weights, gradient, batch_loss, schedule = run.weights, run.gradient, run.run, self.schedule
        penalty, penalty_gradient = self.objective.penalty, np.empty_like(weights)
        is_regularized, records_all = self.objective.regularization_strength > 0, self.metrics == "all"
        multiply, add, drops = np.multiply, np.add, run.drops
        clip_norm = self.clip_norm
        losses, data_losses = record.losses, record.data_losses
        gradient_squares, step_sizes = record.gradient_squares, record.step_sizes
        for rows, correct_index in batches:
            if drops is not None:
                # A stream for each iteration, so that nothing is carried along: where a run is cut changes nothing.
                drops(streams.stream(self.seed, f"dropout {iteration}"))
            loss = data_loss = batch_loss(rows, correct_index)
            if is_regularized:
                multiply(penalty, weights, penalty_gradient)
                loss += 0.5 * float(penalty_gradient.dot(weights))
                add(gradient, penalty_gradient, gradient)
            step_size = base * schedule(iteration)
            losses.append(loss)
            if records_all:
                data_losses.append(data_loss)
                gradient_squares.append(float(gradient.dot(gradient)))
                step_sizes.append(step_size)
            if clip_norm is not None:
                shorten(gradient, clip_norm)
            step(step_size, iteration - began)
            iteration += 1
            if not loss <= limit:
                record.diverged = True
                return


def shorten(gradient: Array, norm: float) -> None:
    """Scale a gradient in place so that it is no longer than `norm` (Pascanu, Mikolov and Bengio 2013)."""
    length = sqrt(float(gradient.dot(gradient)))
    if length > norm:
        np.multiply(gradient, gradient.dtype.type(norm / length), gradient)
