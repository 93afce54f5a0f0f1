"""Submit: queue runs and start workers for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.jobs.processes.launch import WORKERS, start_workers
from engine.own_code.loading import pinned
from engine.spec import RunSpec
from engine.store import open_for_writing
from engine.strategy import optimize


def fitted_to_data(spec: RunSpec) -> RunSpec:
    """The spec with the full batch in place of one that is larger than its data set. Raises SpecError, DataError."""
    return optimize.fitted(spec)


def submit(
    path: str | Path,
    specs: Sequence[RunSpec],
    names: Sequence[str] | None = None,
    workers: int | None = None,
    tags: Sequence[str] = (),
) -> list[int]:
    """Queue one run per spec, each with these tags, and start workers; returns the runs' ids.

    `workers` sets the store's largest number of workers; None leaves it unchanged. Every spec is checked against its
    data set first: all are queued or none. Files of code are taken as they are now. Raises SpecError, StoreError.
    """
    specs = [pinned(spec) for spec in specs]
    for spec in specs:
        optimize.check(spec)
    with open_for_writing(path) as store:
        run_ids = store.queue.add(specs, names=names, tags=tags)
        if workers is not None:
            store.settings.set(WORKERS, str(workers))
    start_workers(path)
    return run_ids
