"""A worker's shift: claim a run, attend to it, take the next one; leave when the queue is empty."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from engine.jobs.attend import attend
from engine.jobs.liveness import this_process
from engine.jobs.patience import patiently
from engine.jobs.recovery import recover_lost_runs
from engine.store import StoreError, open_for_writing

log = logging.getLogger(__name__)


def work(
    path: str | os.PathLike[str],
    *,
    leave: Callable[[], bool],
    log_path: str = "",
    max_runs: int | None = None,
) -> int:
    """Work for a store until its queue is empty, `max_runs` are done or `leave()` holds; returns the runs attended to.

    Raises StoreError when the store cannot be used any more; what was committed is kept, and the
    run at hand is taken up from its checkpoint by the next worker.
    """
    attended = 0
    with open_for_writing(path) as store:
        worker_id = patiently(lambda: store.register_worker(this_process(), log_path), leave)
        log.info("worker %d works for %s", worker_id, store.path)
        try:
            while not leave() and attended != max_runs:
                for run_id in patiently(lambda: recover_lost_runs(store), leave):
                    log.info("run %d had lost its worker; it is queued again", run_id)
                claim = patiently(lambda: store.queue.claim(worker_id), leave)
                if claim is None:
                    if patiently(lambda: store.leave_if_idle(worker_id), leave):
                        break
                    continue
                attended += 1
                attend(store, claim, leave)
        finally:
            try:
                store.leave(worker_id)
                store.fold_journal()
            except StoreError as error:
                log.error("could not say goodbye: %s", error)
    log.info("worker %d leaves after %d runs", worker_id, attended)
    return attended
