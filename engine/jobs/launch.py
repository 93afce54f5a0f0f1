"""Start workers that outlive whoever starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from engine.jobs.liveness import identify, works
from engine.jobs.logs import open_log
from engine.jobs.recovery import recover_lost_runs
from engine.jobs.threads import ONE_THREAD
from engine.store import Process, Reader, Worker, open_for_writing

LEAST_WORKERS = 4
"""So that a race of three is live on a small machine: paced runs sleep most of the time."""

MOST_WORKERS = 256
WORKERS = "workers"
"""The setting that holds the number of workers."""

_children: list[subprocess.Popen[bytes]] = []


def default_workers() -> int:
    """As many workers as this process may use cores, but at least LEAST_WORKERS."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(cores, LEAST_WORKERS)


def worker_count(reader: Reader) -> int:
    """How many workers may work for a store at once: as it was set, else `default_workers()`."""
    text = reader.setting(WORKERS) or ""
    return int(text) if text.isdecimal() and int(text) else default_workers()


def set_worker_count(path: str | os.PathLike[str], count: int | None) -> str:
    """Set how many workers may work for a store at once (None: the default), for everyone who uses it.

    More are started if runs wait; fewer leave one by one, each when the run at hand has ended. Returns the sentence
    that says so. Raises ValueError for less than one or more than MOST_WORKERS, and StoreError.
    """
    if count is not None and not 1 <= count <= MOST_WORKERS:
        raise ValueError(f"workers: give a number from 1 to {MOST_WORKERS}, not {count}")
    with open_for_writing(path) as store:
        before = worker_count(store.reader())
        store.settings.set(WORKERS, None if count is None else str(count))
        after = worker_count(store.reader())
    started = start_workers(path)
    number = f"At most {after} worker{'' if after == 1 else 's'} at once"
    if after < before:
        return f"{number}; those beyond leave when the run at hand has ended."
    return f"{number}{f'; {started} more started' if started else ''}."


def start_workers(path: str | os.PathLike[str], count: int | None = None) -> int:
    """Start workers for the queued runs of a store; returns how many were started.

    At most `count` live workers in total (default: `worker_count` of the store), and no more new ones than there are
    queued runs. Runs whose worker was lost are queued again first, and those that a rung is found to have kept. Call
    it as often as you like, from several processes at once. Raises StoreError.
    """
    _reap()
    with open_for_writing(path) as store:
        recover_lost_runs(store)
        store.queue.decide_rungs()
        most = worker_count(store.reader()) if count is None else count

        def enrol(present: list[Worker], queued: int) -> list[tuple[Process, str]]:
            living = sum(map(works, present))
            started = (_start(store.path) for _ in range(min(most - living, queued)))
            return [entry for entry in started if entry is not None]

        return len(store.enrol_workers(enrol))


def _start(store: Path) -> tuple[Process, str] | None:
    """One detached worker: its own session, so that it outlives the terminal; nothing open but its log."""
    descriptor, log = open_log()
    try:
        # -P: a file in the current folder must not be imported in place of a library.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.jobs.worker", "--db", str(store), "--log", log],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
    finally:
        os.close(descriptor)
    _children.append(child)
    process = identify(child.pid)
    return None if process is None else (process, log)


def _reap() -> None:
    """Take note of children that have ended: until then their process table entries stay."""
    _children[:] = [child for child in _children if child.poll() is None]
