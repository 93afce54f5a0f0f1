"""SPSA: descent along the slope in one random direction at a time, from two losses whatever the number of weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.objective.objectives import Objective, Rows
from engine.strategy import streams
from engine.strategy.batches import Order, Saved
from engine.strategy.record import Record
from engine.trace.block import Block
from engine.trace.state import State

STEP_POWER, PERTURBATION_POWER = 0.602, 0.101
"""How fast steps and perturbations fall: the slowest that Spall found to work well."""


@dataclass(frozen=True)
class SPSA:
    """W -= a * (f(W + c d) - f(W - c d)) / 2c * d, with a fresh vector d of -1 and 1 in each iteration.

    a = step_size * ((1 + A) / (i + 1 + A))^0.602 and c = perturbation / (i + 1)^0.101. `loss` at iteration i is the
    batch's at the weights before the update: a third loss, for the record. A run diverges as in gradient descent.
    Source: Spall 1998, "Implementation of the simultaneous perturbation algorithm".
    """

    objective: Objective
    order: Order | None
    step_size: float
    perturbation: float
    stability: float
    """The A in the steps, about a tenth of the planned iterations."""
    initial_scale: float
    divergence_factor: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(iteration=0, weights=weights, step_size=self.step_size, streams=self._first_streams())

    def _first_streams(self) -> Saved:
        drawn = {"perturbations": streams.saved(streams.stream(self.seed, "perturbations"))}
        return {**drawn, **({} if self.order is None else self.order.start())}

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k updates, three losses each."""
        objective, record = self.objective, Record()
        saved = {**self._first_streams(), **state.streams}
        generator = streams.restored(saved["perturbations"])
        weights, first_loss = state.weights, state.first_loss
        with np.errstate(all="ignore"):
            while len(record) < k and not record.diverged:
                iteration = state.iteration + len(record)
                rows: Rows = None
                if self.order is not None:
                    drawn, after = self.order.draw(saved, iteration, 1)
                    rows, saved = drawn[0], {**saved, **after}
                loss = objective.loss(weights, rows)
                c = self.perturbation / (iteration + 1) ** PERTURBATION_POWER
                towards = (generator.integers(0, 2, objective.size) * 2 - 1).astype(objective.dtype)
                offset = objective.dtype.type(c) * towards
                rise = objective.loss(weights + offset, rows).total - objective.loss(weights - offset, rows).total
                a = state.step_size * ((1 + self.stability) / (iteration + 1 + self.stability)) ** STEP_POWER
                slope = rise / (2 * c)
                weights = weights - objective.dtype.type(a * slope) * towards
                record.losses.append(loss.total)
                if self.metrics == "all":
                    record.data_losses.append(loss.data_loss)
                    record.gradient_squares.append(slope * slope * objective.size)
                    record.step_sizes.append(a)
                first_loss = first_loss if iteration else loss.total
                limit = self.divergence_factor * first_loss if first_loss > 0 else math.inf
                record.diverged = not (math.isfinite(loss.total) and loss.total <= limit)
        saved = {**saved, "perturbations": streams.saved(generator)}
        return record.state_after(state, weights, saved, {}), record.block(state.iteration)
