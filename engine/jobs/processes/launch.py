"""Launch: start detached workers, which outlive the process that starts them, and decide how many."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from engine.files.own_process import own_command
from engine.jobs.processes.liveness import identify, works
from engine.jobs.processes.logs import open_log
from engine.jobs.processes.recovery import recover_lost_runs
from engine.jobs.processes.threads import ONE_THREAD
from engine.store import Process, Reader, WorkerDemand, open_for_writing
from engine.text import counted

LEAST_WORKERS = 4
"""Lowest default number of workers: a race of four paced runs, which mostly sleep, is live on a small machine."""

MOST_WORKERS = 256
WORKERS = "workers"
"""The setting that holds the number of workers."""

LINGER_S = 10.0
"""Seconds that a worker waits for more runs: a sweep that follows another begins at once."""

LINGER = "LOSSBOARD_LINGER_S"

_children: list[subprocess.Popen[bytes]] = []


def cores() -> int:
    """Number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def default_workers() -> int:
    """Default number of workers: one per core, at least LEAST_WORKERS."""
    return max(cores(), LEAST_WORKERS)


def worker_count(reader: Reader) -> int:
    """Largest number of workers for a store: its setting, else `default_workers()`."""
    text = reader.setting(WORKERS) or ""
    return int(text) if text.isdecimal() and int(text) else default_workers()


def set_worker_count(path: str | os.PathLike[str], count: int | None) -> str:
    """Set the largest number of workers for a store (None: the default); returns a sentence for people.

    More workers start if runs are queued; surplus ones leave when their current run has ended. Raises ValueError for a
    count outside 1 to MOST_WORKERS, StoreError when the store cannot be written.
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

    At most `count` live workers in total (default: `worker_count` of the store), and at most one new worker per queued
    run. Without `count` at most one per core starts at once, unless runs are paced: a start takes as long as a short
    run; these workers start more when a run turns out to be long. Beside the bridge to a cluster, which was started to
    compute elsewhere, they start for scripts alone. Lost runs, and those kept by a rung, are queued again first. Safe
    to call repeatedly and concurrently. Raises StoreError.
    """
    _reap()
    with open_for_writing(path) as store:
        recover_lost_runs(store)
        store.queue.decide_rungs()
        most = worker_count(store.reader()) if count is None else count

        def enrol(demand: WorkerDemand) -> list[tuple[Process, str]]:
            is_elsewhere = count is None and any(each.cluster and works(each) for each in demand.present)
            queued = demand.scripts if is_elsewhere else demand.queued
            living = sum(map(works, demand.present))
            at_once = most if count is not None else fitting_workers(demand, living, most)
            return _started(store.path, min(at_once - living, queued))

        return len(store.enrol_workers(enrol))


def fitting_workers(demand: WorkerDemand, living: int, most: int) -> int:
    """Target number of workers for a demand, at most `most`: one per core until all of those are busy."""
    all_at_work = living >= cores() and demand.running >= living
    return most if demand.paced or all_at_work else min(cores(), most)


def warm_workers(path: str | os.PathLike[str]) -> int:
    """Start a worker per core before any run is queued, when many are about to be; returns how many were started.

    They leave after `linger_s()` without runs. Starts none without a store. Raises StoreError.
    """
    if linger_s() <= 0 or not os.path.exists(path):
        return 0
    _reap()
    with open_for_writing(path, create=False) as store:
        most = min(cores(), worker_count(store.reader()))
        return len(store.enrol_workers(lambda demand: _started(store.path, most - sum(map(works, demand.present)))))


def linger_s() -> float:
    """Seconds that a worker waits on an empty queue: the environment's LOSSBOARD_LINGER_S, else LINGER_S."""
    try:
        return float(os.environ.get(LINGER, LINGER_S))
    except ValueError:
        return LINGER_S


def worker_command() -> list[str]:
    """The command line of a worker, before its options."""
    return own_command("engine", "engine.jobs.worker.worker")


def bridge_command() -> list[str]:
    """The command line of a bridge to a cluster, before its options."""
    return own_command("engine", "engine.jobs.cluster.main")


def _started(store: Path, count: int) -> list[tuple[Process, str]]:
    started = (_start(store) for _ in range(count))
    return [entry for entry in started if entry is not None]


def _start(store: Path) -> tuple[Process, str] | None:
    """Start one worker in its own session, so that it outlives the terminal, with only its log open; returns its
    (process, log path), None if it has ended already."""
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
    """Poll children that have ended, which removes their process table entries."""
    _children[:] = [child for child in _children if child.poll() is None]
