"""Put runs in the queue and see to it that somebody works on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.jobs.processes.launch import WORKERS, start_workers
from engine.spec import RunSpec
from engine.store import open_for_writing
from engine.strategy import optimize


def submit(
    path: str | Path, specs: Sequence[RunSpec], names: Sequence[str] | None = None, workers: int | None = None
) -> list[int]:
    """Queue the specs as runs, start workers for them and return the runs' numbers.

    `workers` sets how many may work at once from now on; None leaves that as it is.

    Every spec is checked against its data set first, so that either all are queued or none.
    Raises SpecError or StoreError.
    """
    for spec in specs:
        optimize.check(spec)
    with open_for_writing(path) as store:
        run_ids = store.queue.add(specs, names=names)
        if workers is not None:
            store.settings.set(WORKERS, str(workers))
    start_workers(path)
    return run_ids
