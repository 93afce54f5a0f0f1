"""One step of a run: the numbers of one iteration, from the scores of its batch to the weights after its update."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.analysis.example_scores import ExampleScores, example_scores
from engine.datasets import own
from engine.jobs.inspection.weights import REPEAT_S, Follower, StateAt, states
from engine.objective.layout import Array
from engine.spec import RunSpec, is_path
from engine.spec.choices import OF_EXAMPLES
from engine.store import Refused, open_for_reading
from engine.strategy import optimize
from engine.strategy.evaluated import counts, looked_at
from engine.strategy.optimize import Optimization
from engine.trace.block import Block
from engine.trace.state import State

PAGE = 256
"""Most examples of a batch whose scores are computed at once."""

MOST_COORDINATES = 8
"""Most weights that are told one by one where there are no examples."""

Wanted = Callable[[], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The page of an iteration's batch that begins at its example `first`, of `size` examples among `of`.

    `names` are the classes. `pictures` (n, height, width) are the examples of the page as grey images, None if their
    features are not pixels; `features` (n, D) are without the bias.
    """

    size: int
    of: int
    first: int
    scored: ExampleScores
    names: tuple[str, ...]
    features: Array
    pictures: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class RunStep:
    """One iteration of a run, from `before` to `after`.

    `is_exact`: it is the iteration that was asked for, and not one at the last checkpoint before it. `is_of_run`: the
    store has it, or would have it but for its `done` iterations. `gradient_norm` and `step_size` are None where the
    strategy has none. A trial's `loss` is that of proposed weights, `best` the lowest loss before it, `is_accepted`
    None where the weights themselves were tried. `compared` and `loss_after` are the loss of the same batch, without
    dropout, before and after the update; both are NaN for a trial. `batch` is None where there are no scores.
    """

    run_id: int
    iteration: int
    is_exact: bool
    done: int
    spec: RunSpec
    before: State
    after: State
    loss: float
    data_loss: float
    regularization_loss: float
    gradient_norm: float | None
    step_size: float | None
    base_step_size: float
    best: float
    is_accepted: bool | None
    weights_norm: float
    update_norm: float
    compared: float
    loss_after: float
    weights: Array
    update: Array
    batch: Batch | None

    @property
    def is_of_run(self) -> bool:
        """True if the run has made this iteration."""
        return self.iteration < self.done

    @property
    def is_trial(self) -> bool:
        """True if its loss is that of proposed weights."""
        return self.spec.searches or self.spec.kind.measures_steps

    @property
    def has_dropout(self) -> bool:
        """True if the run drops units, and so has other scores than those shown."""
        return _drops(self.spec) and not self.is_trial

    @property
    def ratio(self) -> float:
        """Length of the update : length of the weights."""
        return self.update_norm / self.weights_norm if self.weights_norm else float("inf")


def run_step(
    path: str | PathLike[str],
    wanted: Wanted,
    run_id: int,
    iteration: int,
    first: int = 0,
    known: RunStep | None = None,
    live: Follower | None = None,
) -> Iterator[RunStep]:
    """Yield an iteration of a run with a page of its batch: that of the newest checkpoint first, then the very one.

    Nothing is stored: an iteration that the run has not made is computed all the same. With a `known` step of the run
    only the last answer is yielded, and computed from that step where it leads there; with a `live` follower it is of
    the iteration that this one comes to. Raises as `states` does, and Refused where the strategy finds nothing more.
    """
    with closing(open_for_reading(path)) as reader:
        run = reader.the_run(run_id)
        set_sizes = tuple(
            (command.applied_at_iteration, float(command.argument))
            for command in reader.commands(run_id)
            if command.verb == "set-step-size" and command.applied_at_iteration is not None
        )
    iteration = max(iteration, run.first_iteration)
    stepping = _Stepping(run.iterations_done, set_sizes)
    at: StateAt | None = _from_known(known, run_id, iteration, run.iterations_done)
    is_shown = False
    if at is None:
        for at in states(path, wanted, run_id, min(iteration, run.iterations_done), live):
            if known is None and not at.is_exact and wanted():
                yield stepping.step(at, first)
                is_shown = True
    if at is not None and live is not None:
        iteration = at.iteration
    end = time.monotonic() + REPEAT_S
    while at is not None and at.is_exact and at.iteration < iteration:
        if not wanted():
            return
        at, is_shown = stepping.next(at) if time.monotonic() < end else replace(at, is_exact=False), False
    if at is not None and wanted() and not (is_shown and not at.is_exact):
        yield stepping.step(at, first)


def _from_known(known: RunStep | None, run_id: int, iteration: int, done: int) -> StateAt | None:
    """The state before an iteration where a known step begins or ends there, and nothing has come between."""
    if known is None or known.run_id != run_id or not known.is_exact or (known.done != done and not known.is_of_run):
        return None
    for state in (known.before, known.after):
        if state.iteration == iteration:
            return StateAt(run_id, iteration, state, optimize.build(known.spec), True)
    return None


@dataclass(frozen=True, slots=True)
class _Stepping:
    """Makes the steps of a run that has `done` iterations, with the step sizes `set_sizes` that were set on its way."""

    done: int
    set_sizes: tuple[tuple[int, float], ...]

    def next(self, at: StateAt) -> StateAt:
        """The state after one more iteration."""
        state, _ = _one_more(at.run_id, at.optimization, self._ready(at.optimization, at.state))
        return replace(at, iteration=state.iteration, state=state)

    def _ready(self, optimization: Optimization, state: State) -> State:
        """The state as a worker goes on from it: after what is obeyed and evaluated at its iteration."""
        for at, step_size in self.set_sizes:
            if at == state.iteration:
                state = optimize.with_step_size(state, step_size)
        due = counts(optimization.spec) and optimization.next_evaluation(state.iteration) == state.iteration
        if due and "validation" in optimization.objectives:
            loss = optimization.evaluate(looked_at(state), "validation")[0]
            state = optimization.after_evaluation(state, loss)
        return state

    def step(self, at: StateAt, first: int) -> RunStep:
        """The iteration that begins at a state, with the page of its batch that holds example `first`."""
        spec, optimization = at.optimization.spec, at.optimization
        if spec.metrics != "all":  # the numbers that the run leaves out cost it time; here they are what is looked at
            optimization = optimize.build(spec.changed(metrics="all"))
        objective, before = optimization.objective, self._ready(optimization, at.state)
        after, block = _one_more(at.run_id, optimization, before)
        rows, weights, moved = _rows(optimization, before), current_weights(before), current_weights(after)
        loss = float(block.loss[0])
        data_loss = loss if block.data_loss is None else float(block.data_loss[0])
        is_trial = spec.searches or spec.kind.measures_steps
        compared = loss_after = float("nan")
        if not is_trial:
            compared = objective.loss(before.weights, rows).total if _drops(spec) else loss
            loss_after = objective.loss(after.weights, rows).total
        with np.errstate(all="ignore"):
            update = moved.astype(np.float64) - weights
        has_moved = not np.array_equal(moved, weights)
        return RunStep(
            run_id=at.run_id,
            iteration=at.iteration,
            is_exact=at.is_exact,
            done=self.done,
            spec=spec,
            before=at.state,
            after=after,
            loss=loss,
            data_loss=data_loss,
            regularization_loss=loss - data_loss
            if is_trial
            else objective.regularization_loss(objective.padded(before.weights)),
            gradient_norm=None if block.gradient_norm is None else float(block.gradient_norm[0]),
            step_size=None if block.step_size is None else float(block.step_size[0]),
            base_step_size=before.step_size,
            best=before.best_loss,
            is_accepted=None if not at.iteration and not has_moved else has_moved,
            weights_norm=_length(weights),
            update_norm=_length(update),
            compared=compared,
            loss_after=loss_after,
            weights=weights[:MOST_COORDINATES],
            update=update[:MOST_COORDINATES],
            batch=_batch(optimization, weights, rows, first),
        )


def _one_more(run_id: int, optimization: Optimization, state: State) -> tuple[State, Block]:
    after, block = optimization.one_more(state)
    if not len(block):  # a strategy of the user's may be through
        raise Refused(f"Run {run_id} has come to its end after {state.iteration:,} iterations: there is no next step.")
    return after, block


def _drops(spec: RunSpec) -> bool:
    return spec.decides("dropout") and spec.dropout > 0


def _rows(optimization: Optimization, state: State) -> NDArray[np.intp] | None:
    """The rows of the batch that the strategy draws next; None for all examples."""
    order = getattr(optimization.strategy, "order", None)
    return None if order is None else order.draw(state.streams, state.iteration, 1)[0][0]


def current_weights(state: State) -> Array:
    """The weights from which a strategy goes on; a state's own are a walk's best."""
    return state.buffers.get("current", state.weights)


def _length(vector: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(vector.astype(np.float64)))


def _batch(optimization: Optimization, weights: Array, rows: NDArray[np.intp] | None, first: int) -> Batch | None:
    spec, objective = optimization.spec, optimization.objective
    if spec.objective not in OF_EXAMPLES:
        return None
    size = len(objective) if rows is None else len(rows)
    first = max(0, min(first, size - 1)) // PAGE * PAGE
    page = np.arange(first, min(first + PAGE, size))
    chosen = page if rows is None else rows[page]
    scored = example_scores(objective, weights, chosen)
    features = objective.split.batch(chosen)[:, : objective.split.dimensions - objective.split.bias]
    image = optimization.dataset.image
    names = own.class_names(Path(spec.dataset)) if is_path(spec.dataset) else ()
    return Batch(
        size,
        len(objective),
        first,
        scored,
        names or tuple(map(str, range(objective.classes))),
        np.array(features),
        None if image is None else image.grey(np.asarray(features, np.float64)),
    )
