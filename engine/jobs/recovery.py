"""Runs whose worker is gone go back into the queue, to be taken up from their last checkpoint."""

from __future__ import annotations

from engine.jobs.liveness import is_alive
from engine.store import Store


def recover_lost_runs(store: Store) -> list[int]:
    """Give back every running run whose worker has ended, and note those workers as gone; returns the runs' ids."""
    recovered = []
    for owned in store.queue.owned():
        if owned.worker is None or is_alive(owned.worker) is False:
            who = "an unknown worker" if owned.worker is None else f"worker {owned.worker.worker_id}"
            if store.queue.give_back(owned, f"{who} was lost (its process ended without a word)"):
                recovered.append(owned.run_id)
    for worker in store.reader().workers():
        if is_alive(worker) is False:
            store.leave(worker.worker_id)
    return recovered
