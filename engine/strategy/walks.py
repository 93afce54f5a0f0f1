"""Local search's relatives: annealing, which also goes uphill, and evolution strategies, whose proposals adapt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.objective.objectives import Objective
from engine.strategy import streams
from engine.strategy.numerics.distribution import Constants, Distribution, first, mirrored, usual_population
from engine.strategy.record import Record
from engine.strategy.search import drawing
from engine.trace.block import Block
from engine.trace.state import State

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SimulatedAnnealing:
    """Step to somewhere near; go there if the loss falls, and with probability exp(-rise / T) if it rises.

    T = temperature * cooling^i at iteration i. Iteration 0 is the starting point itself. `weights` are the best ones
    seen, `loss` is each proposal's own. Source: Kirkpatrick, Gelatt and Vecchi 1983.
    """

    objective: Objective
    step_size: float
    temperature: float
    cooling: float
    initial_scale: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        chances = streams.saved(streams.stream(self.seed, "chances"))
        saved = {"draws": drawing(self.seed), "chances": chances}
        return State(iteration=0, weights=weights, step_size=self.step_size, streams=saved)

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k proposals, one loss each."""
        objective, record = self.objective, Record()
        saved = {**self.start().streams, **state.streams} if "chances" not in state.streams else state.streams
        draws, chances = streams.restored(saved["draws"]), streams.restored(saved["chances"])
        best, weights = state.best_loss, state.weights
        here = state.buffers.get("current", weights)
        loss_here = float(state.buffers["current_loss"][0]) if "current" in state.buffers else best
        step_size = objective.dtype.type(state.step_size)
        with np.errstate(all="ignore"):
            while len(record) < k and not record.diverged:
                iteration = state.iteration + len(record)
                trial = here + step_size * objective.draws(draws, 1)[0] if iteration else here
                loss = objective.loss(trial)
                _note(record, loss.total, loss.data_loss, state.step_size, self.metrics)
                if loss.total < best:
                    best, weights = loss.total, trial
                chance = chances.random()
                if loss.total < loss_here or chance < self._probability(loss.total - loss_here, iteration):
                    here, loss_here = trial, loss.total
        buffers = {"current": here, "current_loss": np.array([loss_here])}
        after = {"draws": streams.saved(draws), "chances": streams.saved(chances)}
        return record.state_after(state, weights, after, buffers), record.block(state.iteration)

    def _probability(self, rise: float, iteration: int) -> float:
        temperature = self.temperature * self.cooling**iteration
        return math.exp(-rise / temperature) if temperature > 0 and rise < 700 * temperature else 0.0


SUCCESS, FAILURE = math.exp(1 / 3), math.exp(-1 / 12)
"""What the step size is multiplied by: it stays as it is when one proposal in five is better."""

LEAST, MOST = 1e-30, 1e30


@dataclass(frozen=True)
class EvolutionStrategy:
    """The (1+1)-ES: one child of one parent, who lives on if it is better, under the one-fifth success rule.

    Iteration 0 is the starting point itself. Sources: Rechenberg 1973; Kern et al. 2004 (the rule, child by child).
    """

    objective: Objective
    step_size: float
    initial_scale: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """Small random weights, as in the notes."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(iteration=0, weights=weights, step_size=self.step_size, streams={"draws": drawing(self.seed)})

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k proposals, one loss each. What the rule has made of the step size is carried as a factor of it."""
        objective, record = self.objective, Record()
        draws = streams.restored(state.streams.get("draws") or drawing(self.seed))
        best, weights = state.best_loss, state.weights
        factor = float(state.buffers["factor"][0]) if "factor" in state.buffers else 1.0
        with np.errstate(all="ignore"):
            while len(record) < k and not record.diverged:
                is_start = not state.iteration + len(record)
                step_size = state.step_size * factor
                trial = (
                    weights if is_start else weights + objective.dtype.type(step_size) * objective.draws(draws, 1)[0]
                )
                loss = objective.loss(trial)
                _note(record, loss.total, loss.data_loss, step_size, self.metrics)
                is_better = loss.total < best
                if is_better:
                    best, weights = loss.total, trial
                if not is_start:
                    factor = min(max(factor * (SUCCESS if is_better else FAILURE), LEAST), MOST)
        saved = {"draws": streams.saved(draws)}
        buffers = {"factor": np.array([factor])}
        return record.state_after(state, weights, saved, buffers), record.block(state.iteration)


@dataclass(frozen=True)
class CMAES:
    """One proposal in each iteration; the distribution moves on when a generation is complete.

    `weights` are the best ones seen, `loss` is each proposal's own. The step size in force is the first generation's
    size; what has become of it is carried as a factor.
    """

    objective: Objective
    step_size: float
    population: int | None
    initial_scale: float
    seed: int
    metrics: str = "all"

    def start(self) -> State:
        """Small random weights, as in the notes, are the first mean."""
        weights = self.objective.initial_weights(streams.stream(self.seed, "weights"), self.initial_scale)
        return State(iteration=0, weights=weights, step_size=self.step_size, streams={"draws": drawing(self.seed)})

    @property
    def _constants(self) -> Constants:
        n = self.objective.size
        return Constants(n, self.population or usual_population(n))

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """k proposals. A generation that is not complete is drawn again from the generator's state at its start."""
        record, constants = Record(), self._constants
        saved = state.streams.get("draws") or drawing(self.seed)
        shape, found = _unpacked(state, constants)
        best, weights = state.best_loss, state.weights
        z, after = self._drawn(saved, constants)
        with np.errstate(all="ignore"):
            while len(record) < k and not record.diverged:
                trial = shape.mean + state.step_size * shape.size * (z[len(found)] @ shape.root)
                loss = self.objective.loss(trial)
                record.losses.append(loss.total)
                found.append(loss.total)
                if self.metrics == "all":
                    record.data_losses.append(loss.data_loss)
                    record.step_sizes.append(state.step_size * shape.size)
                if loss.total < best:
                    best, weights = loss.total, trial
                record.diverged = not math.isfinite(loss.total)
                if len(found) == constants.population:
                    scaled = replace(shape, size=state.step_size * shape.size).after(z, np.array(found), constants)
                    shape, found, saved = replace(scaled, size=scaled.size / state.step_size), [], after
                    z, after = self._drawn(saved, constants)
        return record.state_after(state, weights, {"draws": saved}, _packed(shape, found)), record.block(
            state.iteration
        )

    def _drawn(self, saved: Mapping[str, Any], constants: Constants) -> tuple[Floats, Mapping[str, Any]]:
        """The standard normal numbers of a generation, shape (population, n), and the generator's state after them."""
        generator = streams.restored(saved)
        z = generator.standard_normal((constants.population, constants.n))
        return z, streams.saved(generator)


def _packed(shape: Distribution, found: list[float]) -> dict[str, Floats]:
    """As buffers; of symmetric matrices the upper half, so that a checkpoint is half as large."""
    upper = np.triu_indices(len(shape.mean))
    return {
        "mean": shape.mean,
        "path": shape.path,
        "size_path": shape.size_path,
        "covariance": shape.covariance[upper],
        "root": shape.root[upper],
        "progress": np.array([shape.size, shape.generation]),
        "found": np.array(found),
    }


def _unpacked(state: State, constants: Constants) -> tuple[Distribution, list[float]]:
    """What `_packed` made; the first distribution where the state carries none, or one of another population."""
    buffers = state.buffers
    if "covariance" not in buffers or len(buffers["found"]) >= constants.population:
        return first(state.weights.astype(np.float64), 1.0), []
    size, generation = buffers["progress"].tolist()
    whole = _symmetric(buffers["covariance"], constants.n), _symmetric(buffers["root"], constants.n)
    shape = Distribution(buffers["mean"], size, *whole, buffers["path"], buffers["size_path"], int(generation))
    return shape, buffers["found"].tolist()


def _symmetric(upper: Floats, n: int) -> Floats:
    whole = np.zeros((n, n))
    whole[np.triu_indices(n)] = upper
    return mirrored(whole)


def _note(record: Record, loss: float, data_loss: float, step_size: float, metrics: str) -> None:
    record.losses.append(loss)
    if metrics == "all":
        record.data_losses.append(data_loss)
        record.step_sizes.append(step_size)
    record.diverged = not math.isfinite(loss)
