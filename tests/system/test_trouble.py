"""Real workers in trouble: stopped, out of room, locked out, told things by several people."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.jobs.people import steer
from engine.jobs.processes.launch import start_workers
from engine.jobs.processes.liveness import is_alive, judge
from engine.jobs.processes.logs import last_words
from engine.jobs.processes.recovery import TAKE_OVER_AFTER
from engine.spec import defaults
from engine.store import ENDED, Reader, open_for_reading, open_for_writing
from engine.store.schema.inspection import inspect
from engine.trace.state import state_from_bytes
from tests.presence import present
from tests.stores import wait_until
from tests.system.workers import (
    TIMEOUT_S,
    end_workers,
    losses_of,
    queue,
    stop_outside_of_a_transaction,
    the_run,
    undisturbed,
    wait_for_iterations,
    wait_for_state,
    worker_of,
    worker_with,
)

pytestmark = pytest.mark.usefixtures("own_logs")

ENDLESS = defaults().changed(iterations=None, seconds=600.0)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "runs.db"
    end_workers(tmp_path / "runs.db")


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    with open_for_writing(path):
        reader = open_for_reading(path)
    yield reader
    reader.close()


def test_a_worker_that_was_stopped_declared_dead_and_continued_leaves_empty_handed(path: Path, reader: Reader) -> None:
    spec = defaults().changed(iterations=3000, pace=1000.0)
    with open_for_writing(path) as store:
        store.settings.set(TAKE_OVER_AFTER, "0.3")
        store.queue.add([spec])
    start_workers(path)
    wait_for_iterations(reader, 1, 300)
    stale = worker_of(reader, 1)
    stop_outside_of_a_transaction(path, stale)

    def has_another_worker() -> bool:
        steer.recover(path)  # who takes it over is open: starting workers looks for lost runs too
        return worker_of(reader, 1).worker_id != stale.worker_id

    wait_until(has_another_worker, TIMEOUT_S, "another worker")
    os.kill(stale.pid, signal.SIGCONT)
    run = wait_for_state(reader, 1, *ENDED)
    assert (run.state, run.iterations_done, run.attempt) == ("finished", 3000, 2)
    wait_until(lambda: is_alive(stale) is False, what="the stale worker has left")
    with open(stale.log_path) as log:
        assert "run 1 is no longer this worker's" in log.read()
    losses, weights = undisturbed(spec)
    np.testing.assert_array_equal(losses_of(path, 1), losses)
    np.testing.assert_array_equal(state_from_bytes(present(reader.checkpoint(1))[1]).weights, weights)
    assert inspect(path).inconsistent == ()


def test_a_full_disk_is_waited_for_and_said_and_nothing_is_lost(path: Path, reader: Reader) -> None:
    spec = defaults().changed(iterations=16_000, pace=8_000.0, batch_size=8, metrics="loss")
    queue(path, spec)
    start_workers(path)
    wait_for_iterations(reader, 1, 2000)
    worker = worker_of(reader, 1)
    # As a full disk does: what is there can be written again, nothing can grow.
    room = max(os.path.getsize(path), os.path.getsize(f"{path}-wal")) + 50_000
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    wait_until(lambda: "the disk is full" in last_words(worker), TIMEOUT_S, "the worker says why it waits")
    run = the_run(reader, 1)
    assert run.state == "running"
    assert judge(run, [worker]) in ("waiting", "running")
    assert reader.curve(1, 240).count.sum() == run.iterations_done < 16_000
    assert is_alive(worker)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    run = wait_for_state(reader, 1, *ENDED)
    assert (run.state, run.attempt, run.reason) == ("finished", 1, "planned iterations done")
    np.testing.assert_array_equal(losses_of(path, 1), undisturbed(spec)[0])
    assert inspect(path).inconsistent == ()


def test_a_lock_held_for_longer_than_the_timeout_is_said_retried_and_nothing_is_lost(
    path: Path, reader: Reader, tmp_path: Path
) -> None:
    spec = defaults().changed(iterations=3000, pace=3000.0)
    queue(path, spec)
    log = tmp_path / "worker.log"
    patch = "import engine.store.file.connection as c; c.BUSY_TIMEOUT_S = 0.1"
    worker = worker_with(path, patch, log)
    wait_for_iterations(reader, 1, 300)
    other = sqlite3.connect(path, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    wait_until(lambda: "locked by another process" in log.read_text(), TIMEOUT_S, "the worker says why it waits")
    assert the_run(reader, 1).iterations_done < 3000
    other.execute("ROLLBACK")
    other.close()
    assert wait_for_state(reader, 1, *ENDED).state == "finished"
    np.testing.assert_array_equal(losses_of(path, 1), undisturbed(spec)[0])
    assert worker.wait(timeout=TIMEOUT_S) == 0


def test_a_run_that_goes_on_is_forked_and_its_fork_repeats_it(path: Path, reader: Reader) -> None:
    queue(path, defaults().changed(iterations=None, seconds=600.0, pace=2000.0))
    start_workers(path)
    wait_for_iterations(reader, 1, 500)
    steer.set_step_size(path, 1, 0.03)
    wait_until(lambda: reader.events(1), what="the step size is in force")
    at = reader.events(1)[0].iteration
    wait_for_iterations(reader, 1, at + 300)
    forked = steer.fork(path, 1, at + 111, {"iterations": str(at + 400), "seconds": "none"})
    assert wait_for_state(reader, forked.run_id, *ENDED).state == "finished"
    wait_for_iterations(reader, 1, at + 400)
    steer.stop(path, 1)
    wait_for_state(reader, 1, "cancelled")
    child = reader.iterations(forked.run_id)
    assert (child.first_iteration, len(child)) == (at + 111, 289)
    np.testing.assert_array_equal(child.loss, losses_of(path, 1)[at + 111 : at + 400])
    assert [event.verb for event in reader.events(1)] == ["set-step-size", "fork", "stop"]


def test_what_a_lost_run_is_told_takes_effect_at_once(path: Path, reader: Reader) -> None:
    queue(path, *[ENDLESS.changed(pace=1000.0)] * 2)
    start_workers(path, count=2)
    for run_id in (1, 2):
        wait_for_iterations(reader, run_id, 100)
    for worker in reader.workers():
        os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: [judge(run, reader.workers()) for run in reader.runs()] == ["lost", "lost"])
    assert steer.pause(path, 1) == "Run 1 had lost its worker. Run 1 is paused."
    assert "Run 2 stopped at iteration" in steer.stop(path, 2)
    assert "Resuming run 1" in steer.resume(path, 1)
    done = the_run(reader, 1).iterations_done
    wait_for_iterations(reader, 1, done + 100)
    losses_of(path, 1)


def test_stop_and_pause_are_obeyed_while_known_iterations_are_computed_again(path: Path, reader: Reader) -> None:
    slow = (
        "import engine.jobs.worker.checkpoints as a; a.CHECKPOINT_S = a.CHECKPOINT_SHARE = 1e9; a.SNAPSHOT_RATIO = 1e9"
    )
    queue(path, ENDLESS)
    first = worker_with(path, slow, path.with_suffix(".log"))
    wait_for_iterations(reader, 1, 10_000)
    first.kill()
    first.wait()
    done = the_run(reader, 1).iterations_done
    start_workers(path)
    wait_until(lambda: the_run(reader, 1).attempt == 2, TIMEOUT_S)
    steer.stop(path, 1)
    run = wait_for_state(reader, 1, *ENDED)
    assert run.state == "cancelled"
    assert run.iterations_done >= done
    losses_of(path, 1)
