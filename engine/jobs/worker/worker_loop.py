"""Worker loop: claim a run, advance it to its end, claim the next; leave when the queue is empty."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from engine.jobs.processes.launch import start_workers, worker_count
from engine.jobs.processes.liveness import this_process, works
from engine.jobs.processes.recovery import recover_lost_runs
from engine.jobs.processes.retry import retried
from engine.jobs.scripts.attempt import run_script
from engine.jobs.worker.run_loop import run_claimed
from engine.store import ScriptClaim, Store, StoreError, open_for_writing

log = logging.getLogger(__name__)

RACE_S = 2.0
"""Shortest wait of an idle worker for runs of a race that may be queued again: starting a new worker takes 0.3 s."""

POLL_S = 0.005
RECOVER_EVERY_S = 0.5
"""Seconds between two checks for lost workers, which no commit announces."""

LONG_RUN_S = 1.0
"""Seconds after which a run is long enough to be worth starting more workers than cores."""


def work(
    path: str | os.PathLike[str],
    *,
    leave: Callable[[], bool],
    log_path: str = "",
    max_runs: int | None = None,
    beyond_limit: bool = False,
    linger_s: float = 0.0,
    call_others: bool = False,
) -> int:
    """Work on a store's runs until its queue is empty, `max_runs` are done or `leave()` is true; returns how many.

    An empty queue is watched for `linger_s` seconds. With `call_others` more workers are started when a run turns out
    to be long or a rung has queued runs again. Unless `beyond_limit`, the worker leaves between two runs when there are
    more workers than the store's setting allows.
    Raises StoreError when the store can no longer be used; committed rows are kept, and another worker resumes the
    current run from its checkpoint.
    """
    done, idle_since, recovered_at = 0, time.monotonic(), -RECOVER_EVERY_S
    with open_for_writing(path) as store:
        worker_id = retried(lambda: store.register_worker(this_process(), log_path), leave)
        log.info("worker %d works for %s", worker_id, store.path)
        try:
            while not leave() and done != max_runs:
                if time.monotonic() - recovered_at >= RECOVER_EVERY_S:
                    recovered_at = time.monotonic()
                    _recover(store, leave)
                if not beyond_limit and retried(lambda: _surplus(store, worker_id), leave):
                    log.info("worker %d leaves: more workers are there than were set", worker_id)
                    break
                if retried(store.queue.decide_rungs, leave) and call_others:
                    _start_more_workers(store.path)
                claim = retried(lambda: store.claim(worker_id), leave)
                if claim is not None:
                    done += 1
                    with _more_workers_if_long(store.path) if call_others else nullcontext():
                        if isinstance(claim, ScriptClaim):
                            run_script(store, claim, leave)
                        else:
                            run_claimed(store, claim, leave)
                    idle_since = time.monotonic()
                elif _recover(store, leave):
                    continue
                elif time.monotonic() - idle_since < _idle_limit_s(store, linger_s):
                    _wait_for_commit(store, leave)
                elif retried(lambda: store.leave_if_idle(worker_id), leave):
                    break
        finally:
            try:
                store.leave(worker_id)
                store.fold_journal()
            except StoreError as error:
                log.error("could not say goodbye: %s", error)
    log.info("worker %d leaves after %d runs", worker_id, done)
    return done


def _idle_limit_s(store: Store, linger_s: float) -> float:
    """Seconds to wait for more runs: at least RACE_S while a race may queue some again."""
    return max(RACE_S, linger_s) if store.queue.race_is_on() else linger_s


def _recover(store: Store, leave: Callable[[], bool]) -> bool:
    """Queue lost runs again; True when there were any."""
    found = retried(lambda: recover_lost_runs(store), leave)
    for run_id in found:
        log.info("run %d had lost its worker; it is queued again", run_id)
    return bool(found)


def _wait_for_commit(store: Store, leave: Callable[[], bool]) -> None:
    """Wait until another connection commits, RECOVER_EVERY_S is over, or the worker is asked to leave."""
    reader, end = store.reader(), time.monotonic() + RECOVER_EVERY_S
    before = reader.data_version()
    while time.monotonic() < end and not leave():
        time.sleep(POLL_S)
        if reader.data_version() != before:
            return


@contextmanager
def _more_workers_if_long(path: Path) -> Iterator[None]:
    """Start more workers, if runs are queued, once the block inside takes longer than LONG_RUN_S."""
    timer = threading.Timer(LONG_RUN_S, _start_more_workers, [path])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _start_more_workers(path: Path) -> None:
    try:
        start_workers(path)
    except (StoreError, OSError) as error:
        log.warning("no others could be started: %s", error)


def _surplus(store: Store, worker_id: int) -> bool:
    reader = store.reader()
    most = worker_count(reader)
    if len(reader.workers()) <= most:
        return False  # checked between any two runs, so without the write lock
    return store.leave_if_surplus(worker_id, lambda others: sum(map(works, others)) >= most)
