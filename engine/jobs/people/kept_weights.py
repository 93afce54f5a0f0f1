"""Kept weights: those that a run's checkpoints hold, for all that looks at them again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from engine import datasets
from engine.jobs.worker.data_check import check_data_of, data_trouble
from engine.objective.layout import Array
from engine.spec import RunSpec, is_path
from engine.store import Reader, Refused, Run, open_for_reading, uncomputed
from engine.strategy import optimize
from engine.strategy.optimize import Optimization
from engine.text import counted
from engine.trace.state import State, state_from_bytes


@dataclass(frozen=True, slots=True)
class KeptWeights:
    """A run's state after `iteration` iterations, as a checkpoint keeps it.

    `checkpoints` are the iterations whose weights are there, ascending: those with a checkpoint, and 0 unless the run
    is a fork.
    """

    run_id: int
    iteration: int
    spec: RunSpec
    state: State
    checkpoints: tuple[int, ...]

    @property
    def weights(self) -> Array:
        """The weights (size,) from which the run goes on."""
        return self.state.weights

    @property
    def result(self) -> Array:
        """The weights (size,) with which it would end here: the average or the best, where it keeps one."""
        return optimize.build(self.spec).result(self.state)


def kept_weights(path: str | PathLike[str], run_id: int, iteration: int | None = None) -> KeptWeights:
    """Return a run's newest stored weights, or the newest at or before an iteration.

    Raises SpecError and StoreError: Refused without stored weights, or where its data have changed since it began.
    """
    with closing(open_for_reading(path)) as reader:
        return kept_in(reader, run_id, iteration)


def kept_in(reader: Reader, run_id: int, iteration: int | None = None, known: KeptWeights | None = None) -> KeptWeights:
    """Return what `kept_weights` does; where that is the checkpoint of `known`, nothing else is read again."""
    if known is not None and known.run_id == run_id:
        size = reader.checkpoint_size(run_id, iteration)
        if (0 if size is None else size[0]) == known.iteration:
            return known
    run = reader.the_run(run_id)
    if run.spec is None:
        raise Refused(uncomputed(run))
    found = reader.checkpoint_size(run_id, iteration)
    if found is None and run.first_iteration:
        raise Refused(
            f"Run {run_id} has kept no weights yet; it goes on from iteration {run.first_iteration} of run "
            f"{run.parent_id}, whose weights until then are kept."
        )
    check_data_of(run.spec, reader.background(run), f"run {run_id}")
    at = 0 if found is None else found[0]
    read = reader.checkpoint(run_id, iteration)
    optimization = optimize.build(run.spec)
    state = optimization.start() if read is None else state_of(read[1], run_id, at, optimization)
    first = () if run.first_iteration else (0,)
    checkpoints = tuple(sorted({*first, *reader.checkpoints(run_id)}))
    return KeptWeights(run_id, 0 if read is None else read[0], run.spec, state, checkpoints)


def state_of(checkpoint: bytes, run_id: int, iteration: int, optimization: Optimization) -> State:
    """Return the state in a checkpoint. Raises Refused where it cannot be read or is not one of this run's."""
    try:
        state = state_from_bytes(checkpoint)
    except ValueError as error:
        raise Refused(
            f"What run {run_id} kept after {counted(iteration, 'iteration')} is damaged: it cannot be read."
        ) from error
    if state.weights.shape != (optimization.objective.size,) or state.weights.dtype.kind != "f":
        raise Refused(f"Run {run_id} has kept {counted(state.weights.size, 'weight')}: they do not fit its spec.")
    if state.iteration != iteration:
        raise Refused(
            f"What run {run_id} kept after {counted(iteration, 'iteration')} says that it is of iteration "
            f"{state.iteration:,}."
        )
    return state


def changed_file(reader: Reader, run: Run, most_bytes: int) -> str:
    """Return why a run's own file is not the one that its weights were learnt from, and what to do; '' if it is.

    Also '' for a file of more bytes that this machine has not read yet, since that would take long.
    """
    if run.spec is None or not is_path(run.spec.dataset):
        return ""
    file = Path(run.spec.dataset)
    is_slow = file.is_file() and file.stat().st_size > most_bytes and datasets.shape_of(run.spec.dataset) is None
    return "" if is_slow else data_trouble(run.spec, reader.background(run), f"run {run.run_id}")
