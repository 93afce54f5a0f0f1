"""What the tests of real workers share: waiting for conditions, and what an undisturbed run gives."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.jobs.processes.liveness import is_alive, is_stopped
from engine.spec import RunSpec
from engine.store import Reader, Run, Worker, open_for_reading, open_for_writing
from tests.stores import query, wait_until

TIMEOUT_S = 60.0


def queue(path: Path, *specs: RunSpec) -> list[int]:
    """Queue runs without starting anybody."""
    with open_for_writing(path) as store:
        return store.queue.add(specs)


def wait_for_state(reader: Reader, run_id: int, *states: str) -> Run:
    """The run once it is in one of these states."""
    wait_until(lambda: the_run(reader, run_id).state in states, TIMEOUT_S, f"run {run_id} in {states}")
    return the_run(reader, run_id)


def wait_for_iterations(reader: Reader, run_id: int, count: int) -> Run:
    """The run once it has done so many iterations."""
    wait_until(
        lambda: the_run(reader, run_id).iterations_done >= count, TIMEOUT_S, f"{count} iterations of run {run_id}"
    )
    return the_run(reader, run_id)


def the_run(reader: Reader, run_id: int) -> Run:
    run = reader.run(run_id)
    assert run is not None
    return run


def worker_of(reader: Reader, run_id: int) -> Worker:
    """The worker that owns a run, or did."""
    worker = reader.worker(the_run(reader, run_id).worker_id or 0)
    assert worker is not None
    return worker


def stop_outside_of_a_transaction(path: Path, worker: Worker) -> None:
    """SIGSTOP at a moment at which the worker does not hold the store's lock, or nobody else could write."""
    while True:
        os.kill(worker.pid, signal.SIGSTOP)
        wait_until(lambda: is_stopped(worker))
        try:
            with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as raw:
                raw.execute("BEGIN IMMEDIATE")
                raw.execute("ROLLBACK")
            return
        except sqlite3.OperationalError:
            os.kill(worker.pid, signal.SIGCONT)


def end_workers(path: Path) -> None:
    """Kill whoever still works for a store."""
    reader = open_for_reading(path)
    try:
        for worker in reader.workers():
            if is_alive(worker):
                os.kill(worker.pid, signal.SIGKILL)
    finally:
        reader.close()


def worker_with(path: Path, patch: str, log: Path) -> subprocess.Popen[bytes]:
    """A worker process in which some lines of Python were run first."""
    code = f"import sys\n{patch}\nfrom engine.jobs.worker.worker import main\nsys.exit(main(sys.argv[1:]))"
    with open(log, "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-c", code, "--db", str(path), "--log", str(log)], stdout=file, stderr=file
        )


def undisturbed(spec: RunSpec) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Losses and final weights of a run that nothing happens to."""
    from engine.strategy import optimize

    optimization = optimize.build(spec)
    state, block = optimization.advance(optimization.start(), spec.iterations or 0)
    return block.loss, state.weights


def losses_of(path: Path, run_id: int) -> NDArray[np.float64]:
    """The stored losses, after a look that none is missing or there twice."""
    rows = query(path, "SELECT iteration, loss FROM iterations WHERE run_id = ? ORDER BY iteration", run_id)
    assert [row[0] for row in rows] == list(range(len(rows)))
    return np.array([row[1] for row in rows], dtype=float)


def kill_workers(path: Path) -> None:
    """Kill every worker of a store, and wait until they are gone."""
    reader = open_for_reading(path)
    for worker in reader.workers():
        if is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, reader.workers())), what="nobody is left")
    reader.close()
