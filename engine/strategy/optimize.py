"""Optimize: builds a spec's objective and strategy, and advances its state by k iterations. No clock, no disk."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from engine import datasets
from engine.datasets import Dataset
from engine.objective.examples import feature_unit
from engine.objective.functions import NO_EXAMPLES, Surface, as_objective, known_function
from engine.objective.kinds import KINDS, network_of
from engine.objective.layout import Array
from engine.objective.networks import network_options
from engine.objective.objectives import Objective, objective
from engine.objective.own_functions import is_own_objective, objective_of
from engine.spec import CONVNETS, NETWORKS, NO_DATA, OBJECTIVES, TEST_FUNCTIONS, RunSpec, SpecError
from engine.strategy import evaluated
from engine.strategy.strategies import Strategy, update_of
from engine.strategy.strategies import strategy as strategy_by_name
from engine.text import counted
from engine.trace.block import Block
from engine.trace.state import PLANNED_DONE, State

EVALUATIONS_PER_RUN = 50
LEAST_EVALUATIONS = 10
"""Fewest evaluations of a run, if EVALUATIONS_PER_RUN would take more than about 1 / EVALUATION_RATIO of its time."""

LEAST_EVALUATIONS_OF_IMAGES = 4
"""The same for a convnet, which looks at 50,000 images for as long as it trains for 200 iterations."""

FIRST_BLOCK = 16

FLOAT32_STRATEGY = "gradient-descent"
"""One whose first weights those in float64 begin with, too: so ways of one seed begin at one place."""

EVALUATION_RATIO = 32
FIXED_COST = 100
"""The cost of an iteration besides its examples, in examples."""

EVALUATE_EVERY_WITHOUT_BUDGET = 1000
EVALUATE_EVENLY_UP_TO = 64 * EVALUATE_EVERY_WITHOUT_BUDGET
"""From here on, a run without planned iterations halves its evaluation rate each time its length doubles: about 500
evaluations in a billion iterations, which limits what a reader must read."""


@dataclass(frozen=True)
class Optimization:
    """The numerics of one run: its strategy, its objective on the train split, and the objectives of all splits."""

    spec: RunSpec
    dataset: Dataset
    objective: Objective
    strategy: Strategy
    objectives: dict[str, Objective]

    def start(self) -> State:
        """Return the state before iteration 0. A run in float64 starts with the weights of one in float32."""
        state = self.strategy.start()
        is_function = self.dataset.name == NO_DATA or self.spec.objective not in OBJECTIVES
        if is_function or not self.spec.kind.float64:
            return state
        rounded = build(self.spec.changed(strategy=FLOAT32_STRATEGY, batch_size=None)).strategy.start()
        return replace(state, weights=rounded.weights.astype(state.weights.dtype))

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """Return the state and the block after at most k iterations. Pure: the given state does not change.

        The block is shorter if the planned iterations end or a stop condition is met: then `stop_reason` is set, and
        later calls return an empty block.
        """
        planned = self.spec.iterations
        room = k if planned is None else min(k, planned - state.iteration)
        if state.stop_reason or room <= 0:
            return state, Block(first_iteration=state.iteration, loss=np.empty(0))
        state, block = self._advanced(state, room)
        if not state.stop_reason and planned is not None and state.iteration >= planned:
            state = replace(state, stop_reason=PLANNED_DONE)
        return state, block

    def one_more(self, state: State) -> tuple[State, Block]:
        """Return the state and the block after one more iteration, whatever the run has ended with. Pure.

        The block is empty only if the strategy finds nothing more to do.
        """
        return self._advanced(replace(state, stop_reason=""), 1)

    def _advanced(self, state: State, k: int) -> tuple[State, Block]:
        step_size, beside = state.step_size, evaluated.carried(self.spec, state)
        lowered = replace(state, step_size=step_size * evaluated.lowered(self.spec, state))
        with np.errstate(all="ignore"):
            state, block = self.strategy.advance(lowered, k)
        return replace(state, step_size=step_size, buffers={**state.buffers, **beside}), block

    def next_evaluation(self, iteration: int) -> int:
        """Return the first iteration >= `iteration` at which the splits are evaluated."""
        planned = self.spec.iterations
        if planned is not None:
            return min(_next_multiple(iteration, self._evaluate_every(planned)), planned)
        doublings = (iteration // EVALUATE_EVENLY_UP_TO).bit_length()
        return _next_multiple(iteration, EVALUATE_EVERY_WITHOUT_BUDGET << doublings)

    def next_early_evaluation(self, iteration: int) -> int:
        """Return the same for runs compared at equal examples: also powers of two before the first regular evaluation.

        There a large batch has used as many examples as a small one uses in all its iterations.
        """
        regular = self.next_evaluation(iteration)
        return regular if self.next_evaluation(1) <= iteration else min(regular, _next_power_of_two(iteration))

    def _evaluate_every(self, planned: int) -> int:
        """Return the iterations between evaluations; costs are in examples."""
        iteration_cost = (self.spec.batch_size or len(self.objective)) + FIXED_COST
        evaluation_cost = sum(len(split) for name, split in self.dataset.splits.items() if name != "test")
        default = max(1, planned // EVALUATIONS_PER_RUN)
        affordable = -(-EVALUATION_RATIO * evaluation_cost // iteration_cost)
        if affordable <= default:
            return default
        least = LEAST_EVALUATIONS_OF_IMAGES if self.spec.objective in CONVNETS else LEAST_EVALUATIONS
        return max(default, min(_rounded_up(affordable), planned // least))

    def after_evaluation(self, state: State, loss: float) -> State:
        """Return the state after a validation evaluation with this loss, and what the run does about it."""
        return evaluated.after(self.spec, state, with_evaluation(state, loss, self.spec.patience))

    def result(self, state: State) -> Array:
        """Return the weights (size,) with which a run ends in this state."""
        if "validation" not in self.objectives:
            return evaluated.looked_at(state)
        return evaluated.result(self.spec, state, self.evaluate(evaluated.looked_at(state), "validation")[0])

    @property
    def first_block(self) -> int:
        """The iterations of the first block, before their time is known: fewer if each computes many losses."""
        return max(1, FIRST_BLOCK // self._losses)

    def losses_per_gradient(self, state: State) -> int:
        """Return how many losses a gradient takes where the run uses any, else 1."""
        uses = self.spec.kind.uses_gradients and not self.spec.searches
        return self.objective.losses_per_gradient(state.weights) if uses else 1

    @property
    def examples_per_iteration(self) -> int:
        """The examples that an iteration uses, counted once for every loss or analytic gradient that it computes."""
        used = self.spec.batch_size if self.spec.kind.batches else None
        return (used or len(self.objective)) * self._losses

    @property
    def _losses(self) -> int:
        """The losses that an iteration evaluates; a strategy of your own may tell of its `losses_per_iteration`."""
        told: int = getattr(self.strategy, "losses_per_iteration", 0)
        return told or self.spec.kind.losses(self.objective.size)

    def evaluate(self, weights: Array, split: str) -> tuple[float, float]:
        """Return the loss and the accuracy (0 to 1) over a whole split at these weights (size,)."""
        return self.objectives[split].evaluate(weights)


def _rounded_up(number: int) -> int:
    """Round up to one of 1, 2, 5, 10, 20, 50, ..., so that evaluations are at round iterations."""
    power: int = 10 ** (len(str(number)) - 1)
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= number)


def _next_power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length() if number > 0 else 0


def _next_multiple(number: int, of: int) -> int:
    return -(-number // of) * of


def with_step_size(state: State, step_size: float) -> State:
    """Return the state with a new base step size. Raises ValueError unless it is finite and greater than 0."""
    if not (math.isfinite(step_size) and step_size > 0):
        raise ValueError(f"a step size must be a finite number greater than 0, not {step_size}")
    return replace(state, step_size=step_size)


def with_evaluation(state: State, loss: float, patience: int | None) -> State:
    """Return the state after an evaluation with this loss; it stops after `patience` evaluations without a new best."""
    if loss < state.best_evaluation:
        return replace(state, best_evaluation=loss, evaluations_since_best=0)
    since = state.evaluations_since_best + 1
    stop = not state.stop_reason and patience is not None and since >= patience
    reason = f"no improvement for {counted(since, 'evaluation')}" if stop else state.stop_reason
    return replace(state, evaluations_since_best=since, stop_reason=reason)


def check(spec: RunSpec) -> None:
    """Check a spec against its data set.

    Raises SpecError for a batch larger than the train split, a single class, layers that do not fit the examples, more
    weights than the strategy takes, or a name of your own that cannot be loaded.
    """
    if "update" in spec.own_names:
        update_of(spec)
    if not spec.has_data:
        _check_size(spec, exact_objective(spec))
        return
    dataset = _dataset(spec)
    split = dataset.splits["train"]
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
    if spec.objective in OBJECTIVES:
        _check_network(spec, dataset)
    if spec.kind.most_weights is not None or is_own_objective(spec):
        _check_size(spec, _objective(spec, dataset, "train", np.float32))


def _check_network(spec: RunSpec, dataset: Dataset) -> None:
    """Raise SpecError where the layers do not fit the examples."""
    train = dataset.splits["train"]
    try:
        network_of(
            KINDS[spec.objective],
            train.dimensions - train.bias,
            train.bias,
            dataset.classes,
            dataset.image,
            spec.hidden_size,
            network_options(spec),
        )
    except ValueError as error:
        raise SpecError("objective", f"{spec.objective} on {spec.dataset}: {error}") from None


def fitted(spec: RunSpec) -> RunSpec:
    """Return the spec with the full batch in place of one that is larger than the train split."""
    if spec.batch_size is None or spec.batch_size <= len(_dataset(spec).splits["train"]):
        return spec
    return spec.changed(batch_size=None)


def exact_objective(spec: RunSpec) -> Objective:
    """Return the objective on the train split in float64, for analyses. Raises SpecError if the data are missing."""
    return _objective(spec, _dataset(spec), "train", np.float64)


def build(spec: RunSpec, surface: Surface | None = None, start: ArrayLike | None = None) -> Optimization:
    """Build the optimization of a spec. Raises SpecError if the spec does not fit its data set.

    With a `surface`, anything with a size, a loss and a gradient, that is minimised in place of the spec's objective,
    from `start` (size,) if it is given: see `as_objective`.
    """
    if surface is not None:
        objective = as_objective(surface, start)
        spec = spec.changed(batch_size=None)
        _check_size(spec, objective)
        dataset = Dataset(NO_DATA, 0, {"train": objective.split})
        return Optimization(spec, dataset, objective, strategy_by_name(spec, objective), {"train": objective})
    check(spec)
    dataset = _dataset(spec)
    dtype = np.float64 if spec.kind.float64 else np.float32
    objectives = {split: _objective(spec, dataset, split, dtype) for split in dataset.splits}
    strategy = strategy_by_name(spec, objectives["train"])
    return Optimization(spec, dataset, objectives["train"], strategy, objectives)


def _dataset(spec: RunSpec) -> Dataset:
    """The data set of a spec, standardized if it says so. Raises SpecError if the data are missing."""
    if not spec.has_data:
        return Dataset(NO_DATA, 0, {"train": NO_EXAMPLES})
    dataset = datasets.load(spec.dataset)
    return datasets.standardized(dataset) if spec.standardize == "yes" else dataset


def _check_size(spec: RunSpec, of: Objective) -> None:
    most = spec.kind.most_weights
    if most is not None and of.size > most:
        raise SpecError(
            "strategy",
            f"strategy: {spec.kind.label} takes {most:,} weights at most, and {spec.objective} on {spec.dataset} has "
            f"{of.size:,}; take l-bfgs or gradient-descent, or fewer features, hidden units or channels",
        )


def _objective(spec: RunSpec, dataset: Dataset, split: str, dtype: DTypeLike) -> Objective:
    if spec.objective in TEST_FUNCTIONS:
        return known_function(spec.objective, spec.dimensions)
    if is_own_objective(spec):
        return objective_of(spec, dataset.splits[split] if spec.has_data else None)
    return objective(
        spec.objective,
        dataset.splits[split],
        dataset.classes,
        regularization_strength=spec.regularization_strength,
        regularize_bias=spec.regularize_bias == "yes",
        delta=spec.delta,
        hidden_size=spec.hidden_size,
        options=network_options(spec),
        image=dataset.image,
        unit=feature_unit(dataset.splits["train"]) if spec.objective in NETWORKS else 1.0,
        dtype=dtype,
    )
