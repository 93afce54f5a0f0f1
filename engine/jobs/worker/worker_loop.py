"""A worker's shift: claim a run, run_claimed to it, take the next one; leave when the queue is empty."""

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
from engine.jobs.worker.retry import retried
from engine.jobs.worker.run_loop import run_claimed
from engine.store import Store, StoreError, open_for_writing

log = logging.getLogger(__name__)

RACE_S = 2.0
"""How long a worker waits at least for a rung that others have still to reach: starting another one takes 0.3 s."""

POLL_S = 0.005
LOOK_ROUND_S = 0.5
"""How often a worker looks, between two runs and while it waits, for what no commit tells: others that were lost."""

LONG_RUN_S = 1.0
"""A run that takes longer shows that the queue is worth more workers than there are cores."""


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
    """Work for a store until its queue is empty, `max_runs` are done or `leave()` holds; returns how many were.

    Once the queue is empty it waits `linger_s` for more. With `call_others` it has more workers started when a run
    turns out to be long, or a race goes on with more than one. Between two runs it leaves when more workers are there
    than were set, unless it may work `beyond_limit`.
    Raises StoreError when the store cannot be used any more; what was committed is kept, and the
    run at hand is taken up from its checkpoint by the next worker.
    """
    done, idle_since, looked_round = 0, time.monotonic(), -LOOK_ROUND_S
    with open_for_writing(path) as store:
        worker_id = retried(lambda: store.register_worker(this_process(), log_path), leave)
        log.info("worker %d works for %s", worker_id, store.path)
        try:
            while not leave() and done != max_runs:
                if time.monotonic() - looked_round >= LOOK_ROUND_S:
                    looked_round = time.monotonic()
                    _look_round(store, leave)
                if not beyond_limit and retried(lambda: _surplus(store, worker_id), leave):
                    log.info("worker %d leaves: more workers are there than were set", worker_id)
                    break
                if retried(store.queue.decide_rungs, leave) and call_others:
                    _call_others(store.path)
                claim = retried(lambda: store.queue.claim(worker_id), leave)
                if claim is not None:
                    done += 1
                    with _others_if_long(store.path) if call_others else nullcontext():
                        run_claimed(store, claim, leave)
                    idle_since = time.monotonic()
                elif _look_round(store, leave):
                    continue
                elif time.monotonic() - idle_since < _lingering_s(store, linger_s):
                    _wait_for_news(store, leave)
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


def _lingering_s(store: Store, linger_s: float) -> float:
    """How long to wait for more: while a race is on, for what others may still bring."""
    return max(RACE_S, linger_s) if store.queue.race_is_on() else linger_s


def _look_round(store: Store, leave: Callable[[], bool]) -> bool:
    """Whether runs were found that had lost their workers; they are queued again."""
    found = retried(lambda: recover_lost_runs(store), leave)
    for run_id in found:
        log.info("run %d had lost its worker; it is queued again", run_id)
    return bool(found)


def _wait_for_news(store: Store, leave: Callable[[], bool]) -> None:
    """Until somebody else has committed something, it is time to look round, or to leave."""
    reader, end = store.reader(), time.monotonic() + LOOK_ROUND_S
    before = reader.data_version()
    while time.monotonic() < end and not leave():
        time.sleep(POLL_S)
        if reader.data_version() != before:
            return


@contextmanager
def _others_if_long(path: Path) -> Iterator[None]:
    """Have more workers started, if runs wait for them, once what is done in here takes long."""
    timer = threading.Timer(LONG_RUN_S, _call_others, [path])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _call_others(path: Path) -> None:
    try:
        start_workers(path)
    except (StoreError, OSError) as error:
        log.warning("no others could be started: %s", error)


def _surplus(store: Store, worker_id: int) -> bool:
    reader = store.reader()
    most = worker_count(reader)
    if len(reader.workers()) <= most:
        return False  # found out without the write lock, between any two runs
    return store.leave_if_surplus(worker_id, lambda others: sum(map(works, others)) >= most)
