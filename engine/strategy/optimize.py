"""The loop: a spec made into something that advances a state by k iterations. No clock, no disk."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike

from engine import datasets
from engine.datasets import Dataset
from engine.objective.layout import Array
from engine.objective.objectives import Objective, objective
from engine.spec import RunSpec, SpecError
from engine.strategy.strategies import BUILDERS, Strategy
from engine.text import counted
from engine.trace.block import Block
from engine.trace.state import State

EVALUATIONS_PER_RUN = 50
LEAST_EVALUATIONS = 10
"""Where evaluating would take more than about a thirtieth of the time, a run has fewer evaluations, down to these."""

EVALUATION_RATIO = 32
FIXED_COST = 100
"""What an iteration costs beside its examples, in examples."""

EVALUATE_EVERY_WITHOUT_BUDGET = 1000
EVALUATE_EVENLY_UP_TO = 64 * EVALUATE_EVERY_WITHOUT_BUDGET
"""A run without planned iterations is evaluated half as often each time it has become twice as long: some 500 times in
a billion iterations, so that nobody who looks at it has to read more."""


@dataclass(frozen=True)
class Optimization:
    """One run's numerics: its objective on the train split, its strategy, and the splits to evaluate on."""

    spec: RunSpec
    dataset: Dataset
    objective: Objective
    strategy: Strategy
    objectives: dict[str, Objective]

    def start(self) -> State:
        """The state before iteration 0."""
        return self.strategy.start()

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """At most k iterations on from `state`, pure in its arguments; the given state is not changed.

        The block is shorter than k when the planned iterations end there or a stop condition is
        met; then `stop_reason` says which, and advancing again gives an empty block.
        """
        planned = self.spec.iterations
        room = k if planned is None else min(k, planned - state.iteration)
        if state.stop_reason or room <= 0:
            return state, Block(first_iteration=state.iteration, loss=np.empty(0))
        with np.errstate(all="ignore"):
            state, block = self.strategy.advance(state, room)
        if not state.stop_reason and planned is not None and state.iteration >= planned:
            state = replace(state, stop_reason="planned iterations done")
        return state, block

    def next_evaluation(self, iteration: int) -> int:
        """The first iteration at or after this one at which the splits are evaluated."""
        planned = self.spec.iterations
        if planned is not None:
            return min(_next_multiple(iteration, self._evaluate_every(planned)), planned)
        doublings = (iteration // EVALUATE_EVENLY_UP_TO).bit_length()
        return _next_multiple(iteration, EVALUATE_EVERY_WITHOUT_BUDGET << doublings)

    def next_early_evaluation(self, iteration: int) -> int:
        """The same for runs compared at equal examples: at powers of two, too, before the first regular evaluation.

        A large batch has seen there what a small one sees in all its iterations.
        """
        regular = self.next_evaluation(iteration)
        return regular if self.next_evaluation(1) <= iteration else min(regular, _next_power_of_two(iteration))

    def _evaluate_every(self, planned: int) -> int:
        used = (self.spec.batch_size or len(self.objective)) + FIXED_COST
        evaluated = sum(len(split) for name, split in self.dataset.splits.items() if name != "test")
        usual, cheap = max(1, planned // EVALUATIONS_PER_RUN), -(-EVALUATION_RATIO * evaluated // used)
        return usual if cheap <= usual else max(usual, min(_rounded_up(cheap), planned // LEAST_EVALUATIONS))

    def evaluate(self, weights: Array, split: str) -> tuple[float, float]:
        """Loss and accuracy (0..1) over a whole split at these weights."""
        return self.objectives[split].evaluate(weights)


def _rounded_up(number: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..., so that evaluations stand at iterations that can be read."""
    power: int = 10 ** (len(str(number)) - 1)
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= number)


def _next_power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length() if number > 0 else 0


def _next_multiple(number: int, of: int) -> int:
    return -(-number // of) * of


def with_step_size(state: State, step_size: float) -> State:
    """The state with another base step size in force from its next iteration on. Raises ValueError unless > 0."""
    if not (math.isfinite(step_size) and step_size > 0):
        raise ValueError(f"a step size must be a finite number greater than 0, not {step_size}")
    return replace(state, step_size=step_size)


def with_evaluation(state: State, loss: float, patience: int | None) -> State:
    """The state after an evaluation found this loss; it stops once `patience` evaluations in a row were no better."""
    if loss < state.best_evaluation:
        return replace(state, best_evaluation=loss, evaluations_since_best=0)
    since = state.evaluations_since_best + 1
    stop = not state.stop_reason and patience is not None and since >= patience
    reason = f"no improvement for {counted(since, 'evaluation')}" if stop else state.stop_reason
    return replace(state, evaluations_since_best=since, stop_reason=reason)


def check(spec: RunSpec) -> None:
    """The checks that need the data set: raises SpecError for a batch larger than the train split, or one class."""
    split = datasets.load(spec.dataset).splits["train"]
    train = len(split)
    if train and (split.y == split.y[0]).all():
        raise SpecError(
            "dataset",
            f"data set: all {train:,} training examples of {spec.dataset} are of class {split.y[0]}; "
            f"a loss needs at least two classes",
        )
    if spec.batch_size is not None and spec.batch_size > train:
        raise SpecError(
            "batch_size",
            f"batch size: {spec.batch_size:,} is more than the {train:,} training examples of {spec.dataset}; "
            f"write full for all of them",
        )


def exact_objective(spec: RunSpec) -> Objective:
    """What a spec minimises over its whole train split, in float64: to look at, not to run. Raises SpecError."""
    return _objective(spec, datasets.load(spec.dataset), "train", np.float64)


def build(spec: RunSpec) -> Optimization:
    """The optimization that a spec describes. Raises SpecError when the spec does not fit its data set."""
    check(spec)
    dataset = datasets.load(spec.dataset)
    objectives = {split: _objective(spec, dataset, split, np.float32) for split in dataset.splits}
    strategy = BUILDERS[spec.strategy](spec, objectives["train"])
    return Optimization(spec, dataset, objectives["train"], strategy, objectives)


def _objective(spec: RunSpec, dataset: Dataset, split: str, dtype: DTypeLike) -> Objective:
    return objective(
        spec.objective,
        dataset.splits[split],
        dataset.classes,
        regularization_strength=spec.regularization_strength,
        regularize_bias=spec.regularize_bias == "yes",
        delta=spec.delta,
        hidden_size=spec.hidden_size,
        dtype=dtype,
    )
