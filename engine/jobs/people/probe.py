"""Probe: the loss after one step with each of many step sizes, from stored weights of a run."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from os import PathLike

from engine.analysis import probe as probes
from engine.analysis.probe import Probe
from engine.objective.layout import Array
from engine.spec import RunSpec
from engine.store import Reader, Refused, Run, open_for_reading
from engine.strategy import optimize
from engine.trace.state import state_from_bytes


@dataclass(frozen=True, slots=True)
class RunProbe:
    """The probe of a run's weights after `iteration` iterations, on the whole train split.

    `checkpoints` are the iterations that can be probed, ascending: those with a checkpoint, and 0 unless the run is a
    fork.
    """

    run_id: int
    iteration: int
    spec: RunSpec
    probe: Probe
    checkpoints: tuple[int, ...]


def probe(
    path: str | PathLike[str],
    run_id: int,
    iteration: int | None = None,
    step_sizes: tuple[float, ...] | None = None,
) -> RunProbe:
    """Probe step sizes at a run's newest stored weights, or the newest at or before an iteration.

    Without step sizes it tries growing ones until the loss is clearly worse, as `engine.analysis.probe.probe` does.
    Raises StoreError (Refused without stored weights), SpecError, and ValueError for invalid step sizes.
    """
    with closing(open_for_reading(path)) as reader:
        run, spec = _known(reader, run_id)
        found = reader.checkpoint(run_id, iteration)
        kept = reader.checkpoints(run_id)
    if found is None and run.first_iteration:
        raise Refused(
            f"Run {run_id} has kept no weights yet; it goes on from iteration {run.first_iteration} of run "
            f"{run.parent_id}: probe that one."
        )
    at, weights = (0, optimize.build(spec).start().weights) if found is None else (found[0], _weights(found[1]))
    objective = optimize.exact_objective(spec)
    tried = probes.probe(objective, weights.astype("float64"), step_sizes)
    first = () if run.first_iteration else (0,)
    return RunProbe(run_id, at, spec, tried, tuple(sorted({*first, *kept})))


def _known(reader: Reader, run_id: int) -> tuple[Run, RunSpec]:
    run = reader.the_run(run_id)
    if run.spec is None:
        raise Refused(f"This version cannot read the spec of run {run_id}, so its loss cannot be computed.")
    return run, run.spec


def _weights(data: bytes) -> Array:
    return state_from_bytes(data).weights
