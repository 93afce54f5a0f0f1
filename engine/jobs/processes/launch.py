"""Start workers that outlive whoever starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from engine.files.paths import ROOT
from engine.jobs.processes.liveness import identify, works
from engine.jobs.processes.logs import open_log
from engine.jobs.processes.recovery import recover_lost_runs
from engine.jobs.processes.threads import ONE_THREAD
from engine.store import Process, Reader, WorkerDemand, open_for_writing
from engine.text import counted

LEAST_WORKERS = 4
"""So that a race of four is live on a small machine: paced runs sleep most of the time."""

MOST_WORKERS = 256
WORKERS = "workers"
"""The setting that holds the number of workers."""

LINGER_S = 10.0
"""So that a sweep that follows another one begins at once."""

LINGER = "LOSSBOARD_LINGER_S"

_children: list[subprocess.Popen[bytes]] = []


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def default_workers() -> int:
    """As many workers as this process may use cores, but at least LEAST_WORKERS."""
    return max(cores(), LEAST_WORKERS)


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
    number = f"At most {counted(after, 'worker')} at once"
    if after < before:
        return f"{number}; those beyond leave when the run at hand has ended."
    return f"{number}{f'; {started} more started' if started else ''}."


def start_workers(path: str | os.PathLike[str], count: int | None = None) -> int:
    """Start workers for the queued runs of a store; returns how many were started.

    At most `count` live workers in total (default: `worker_count` of the store), and no more new ones than there are
    queued runs. Without a `count`, no more than there are cores begin at once, unless runs are paced: a start takes as
    long as a short run. They have others follow when theirs turn out to be long. Runs whose worker was lost are queued
    again first, and those that a rung is found to have kept. Call it as often as you like, from several processes at
    once. Raises StoreError.
    """
    _reap()
    with open_for_writing(path) as store:
        recover_lost_runs(store)
        store.queue.decide_rungs()
        most = worker_count(store.reader()) if count is None else count

        def enrol(demand: WorkerDemand) -> list[tuple[Process, str]]:
            living = sum(map(works, demand.present))
            at_once = most if count is not None else fitting_workers(demand, living, most)
            return _started(store.path, min(at_once - living, demand.queued))

        return len(store.enrol_workers(enrol))


def fitting_workers(demand: WorkerDemand, living: int, most: int) -> int:
    """How many workers, of at most so many, to have for a demand: one per core until all of them are at work."""
    all_at_work = living >= cores() and demand.running >= living
    return most if demand.paced or all_at_work else min(cores(), most)


def warm_workers(path: str | os.PathLike[str]) -> int:
    """Start a worker per core although nothing waits yet, for somebody who is about to start many runs.

    They leave by themselves when nothing comes. Returns how many were started, 0 where there is no store.
    """
    if linger_s() <= 0 or not os.path.exists(path):
        return 0
    _reap()
    with open_for_writing(path, create=False) as store:
        most = min(cores(), worker_count(store.reader()))
        return len(store.enrol_workers(lambda demand: _started(store.path, most - sum(map(works, demand.present)))))


def linger_s() -> float:
    """Seconds for which a worker waits for more when the queue is empty: LOSSBOARD_LINGER_S, else LINGER_S."""
    try:
        return float(os.environ.get(LINGER, LINGER_S))
    except ValueError:
        return LINGER_S


def worker_command() -> list[str]:
    """What a worker is started with, before its options.

    -P: a file in the current folder must not be imported in place of a library. PYTHONPATH and site-packages may have
    an `engine` of somebody else's: ours is imported first, from where this one lies.
    """
    root = str(ROOT)
    code = (
        f"import sys; sys.path.insert(0, {root!r}); import engine; sys.path.remove({root!r}); "
        f"from engine.jobs.worker.worker import main; sys.exit(main())"
    )
    return [sys.executable, "-P", "-c", code]


def _started(store: Path, count: int) -> list[tuple[Process, str]]:
    started = (_start(store) for _ in range(count))
    return [entry for entry in started if entry is not None]


def _start(store: Path) -> tuple[Process, str] | None:
    """One detached worker: its own session, so that it outlives the terminal; nothing open but its log."""
    descriptor, log = open_log()
    try:
        child = subprocess.Popen(
            [*worker_command(), "--db", str(store), "--log", log, "--launched"],
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
