"""A worker's shift: claim a run, attend to it, take the next one; leave when the queue is empty."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

from engine.jobs.attend import attend
from engine.jobs.launch import start_workers, worker_count
from engine.jobs.liveness import this_process, works
from engine.jobs.patience import patiently
from engine.jobs.recovery import recover_lost_runs
from engine.store import Store, StoreError, open_for_writing

log = logging.getLogger(__name__)

LINGER_S = 2.0
"""How long a worker waits for a rung that others have still to reach: starting another one later takes 0.3 s."""

POLL_S = 0.02


def work(
    path: str | os.PathLike[str],
    *,
    leave: Callable[[], bool],
    log_path: str = "",
    max_runs: int | None = None,
    beyond_limit: bool = False,
) -> int:
    """Work for a store until its queue is empty, `max_runs` are done or `leave()` holds; returns the runs attended to.

    Between two runs it leaves when more workers are there than were set, unless it may work `beyond_limit`.
    Raises StoreError when the store cannot be used any more; what was committed is kept, and the
    run at hand is taken up from its checkpoint by the next worker.
    """
    attended, idle_since = 0, time.monotonic()
    with open_for_writing(path) as store:
        worker_id = patiently(lambda: store.register_worker(this_process(), log_path), leave)
        log.info("worker %d works for %s", worker_id, store.path)
        try:
            while not leave() and attended != max_runs:
                for run_id in patiently(lambda: recover_lost_runs(store), leave):
                    log.info("run %d had lost its worker; it is queued again", run_id)
                if not beyond_limit and patiently(lambda: _surplus(store, worker_id), leave):
                    log.info("worker %d leaves: more workers are there than were set", worker_id)
                    break
                if patiently(store.queue.decide_rungs, leave):
                    start_workers(path)
                claim = patiently(lambda: store.queue.claim(worker_id), leave)
                if claim is None:
                    if time.monotonic() - idle_since < LINGER_S and store.queue.race_is_on():
                        time.sleep(POLL_S)
                        continue
                    if patiently(lambda: store.leave_if_idle(worker_id), leave):
                        break
                    continue
                attended += 1
                attend(store, claim, leave)
                idle_since = time.monotonic()
        finally:
            try:
                store.leave(worker_id)
                store.fold_journal()
            except StoreError as error:
                log.error("could not say goodbye: %s", error)
    log.info("worker %d leaves after %d runs", worker_id, attended)
    return attended


def _surplus(store: Store, worker_id: int) -> bool:
    most = worker_count(store.reader())
    return store.leave_if_surplus(worker_id, lambda others: sum(map(works, others)) >= most)
