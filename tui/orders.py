"""What the viewer orders, carried out in the store. Called in a thread: a store may make its writers wait."""

from __future__ import annotations

from pathlib import Path

from engine.spec import RunSpec, race
from engine.store import open_for_writing


def start(path: Path, spec: RunSpec, name: str) -> tuple[int, ...]:
    """Queue one run and start workers. Raises SpecError, where the data set does not fit, or StoreError."""
    from engine.jobs.submit import submit  # brings the numerics in, which the first frame does not need

    return tuple(submit(path, [spec], names=[name] if name else None))


def start_race(path: Path) -> tuple[int, ...]:
    """Queue the race of the three strategies and start workers. Raises StoreError."""
    from engine.jobs.submit import submit

    return tuple(submit(path, race()))


def stop(path: Path, run_id: int) -> str:
    """Ask a run's worker to end it; the store's answer as a sentence. Raises StoreError."""
    store = open_for_writing(path, create=False)
    try:
        return store.queue.command(run_id, "stop")
    finally:
        store.close()
