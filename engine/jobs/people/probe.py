"""Probe: the loss after one step with each of many step sizes, from stored weights of a run."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from engine.analysis import probe as probes
from engine.analysis.probe import Probe
from engine.jobs.people.kept_weights import kept_weights
from engine.spec import RunSpec
from engine.strategy import optimize


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
    Raises StoreError (Refused without stored weights, or where its data have changed), SpecError, and ValueError for
    invalid step sizes.
    """
    kept = kept_weights(path, run_id, iteration)
    objective = optimize.exact_objective(kept.spec)
    tried = probes.probe(objective, kept.weights.astype("float64"), step_sizes)
    return RunProbe(run_id, kept.iteration, kept.spec, tried, kept.checkpoints)
