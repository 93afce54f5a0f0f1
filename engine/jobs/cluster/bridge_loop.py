"""Bridge loop: a bridge works until the queue is empty, and gives back what it has when it leaves."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from engine.jobs.cluster.bridge import Bridge
from engine.jobs.cluster.pool import Pool
from engine.jobs.processes.liveness import this_process
from engine.jobs.processes.retry import retried
from engine.store import StoreError, open_for_writing

log = logging.getLogger(__name__)


def work(
    path: str | os.PathLike[str],
    pool: Pool,
    where: str,
    *,
    leave: Callable[[], bool],
    log_path: str = "",
    max_runs: int | None = None,
    stay: bool = False,
) -> int:
    """Have a store's runs computed until its queue is empty, `max_runs` are done or `leave()`; returns how many.

    `stay` waits for more runs when the queue is empty. Raises StoreError when the store can no longer be used;
    committed rows are kept, and another worker or bridge resumes the runs from their last chunk.
    """
    with open_for_writing(path) as store:
        worker_id = retried(lambda: store.register_worker(this_process(), log_path, where), leave)
        log.info("worker %d works for %s with %s", worker_id, store.path, where)
        bridge = Bridge(store, pool, leave, worker_id)
        try:
            while not leave():
                if bridge.turn(max_runs):
                    continue
                if max_runs is not None and bridge.done >= max_runs:
                    break
                if (
                    not stay
                    and not store.queue.race_is_on()
                    and retried(lambda: store.leave_if_idle(worker_id, scripts=False), leave)
                ):
                    break
            bridge.leave()
        finally:
            try:
                store.leave(worker_id)
                store.fold_journal()
            except StoreError as error:
                log.error("could not say goodbye: %s", error)
    log.info("worker %d leaves after %d runs", worker_id, bridge.done)
    return bridge.done
