"""Real worker processes on a real store: detached, killed, taken over, told what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine.jobs.people import steer
from engine.jobs.processes.launch import start_workers
from engine.jobs.processes.liveness import identify, is_alive, judge
from engine.spec import defaults, race
from engine.store import ENDED, Reader, Worker, open_for_reading, open_for_writing
from engine.store.file.connection import connect
from engine.store.write import pyramid
from engine.store.write.pyramid import LEVELS
from engine.trace.state import state_from_bytes
from tests.presence import present
from tests.stores import query, wait_until
from tests.system.workers import (
    end_workers,
    losses_of,
    queue,
    the_run,
    undisturbed,
    wait_for_iterations,
    wait_for_state,
    worker_of,
    worker_with,
)

pytestmark = pytest.mark.usefixtures("own_logs")

QUICK = defaults().changed(iterations=400)
ENDLESS = defaults().changed(iterations=None, seconds=600.0, pace=2000.0)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "runs.db"
    yield path
    end_workers(path)


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    with open_for_writing(path):
        reader = open_for_reading(path)
    yield reader
    reader.close()


def workers_of(path: Path) -> list[Worker]:
    reader = open_for_reading(path)
    try:
        return reader.workers()
    finally:
        reader.close()


def command(path: Path, run_id: int, verb: str, argument: str = "") -> str:
    with open_for_writing(path) as store:
        return store.queue.command(run_id, verb, argument)


def kill(worker: Worker) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: is_alive(worker) is False, what="the killed worker is gone")


def assert_consistent(path: Path, run_id: int) -> None:
    """No gap, no duplicate, and a summary and a pyramid that agree with the rows."""
    losses = losses_of(path, run_id)
    [(done, last, best, searches)] = query(
        path,
        "SELECT iterations_done, last_loss, best_loss, spec LIKE '%-search%' FROM runs WHERE run_id = ?",
        run_id,
    )
    evaluated = query(path, "SELECT min(loss) FROM evaluations WHERE run_id = ? AND split = 'train'", run_id)
    assert done == len(losses)
    assert (last, best) == (losses[-1], losses.min() if searches else evaluated[0][0])
    sql = "SELECT * FROM buckets WHERE run_id = ? ORDER BY level, bucket"
    stored = query(path, sql, run_id)
    assert len(stored) == sum(-(-done // 2**level) for level in LEVELS)
    raw = connect(path, "mode=rw")
    raw.execute("BEGIN IMMEDIATE")
    pyramid.rebuild(raw, run_id)
    rebuilt = raw.execute(sql, (run_id,)).fetchall()
    raw.execute("ROLLBACK")
    raw.close()
    np.testing.assert_allclose(np.array(stored, float), np.array(rebuilt, float), rtol=1e-9)


def test_the_race_is_run_by_detached_workers_that_leave_when_nothing_waits(path: Path, reader: Reader) -> None:
    # slow enough to be there together: on a busy machine one worker starts a second or two after another
    specs = [spec.changed(iterations=60, pace=20.0) for spec in race()]
    ids = queue(path, *specs)
    assert start_workers(path) == 4
    wait_until(lambda: reader.counts().get("running") == 4, what="four runs at once")
    workers = reader.workers()
    assert {os.getsid(worker.pid) for worker in workers} == {worker.pid for worker in workers}
    assert {os.getpriority(os.PRIO_PROCESS, worker.pid) for worker in workers} == {
        max(10, os.getpriority(os.PRIO_PROCESS, 0))
    }
    sessions = [Path(f"/proc/{worker.pid}/autogroup") for worker in workers]
    assert not [told for session in sessions if session.exists() and "nice 0" in (told := session.read_text())]
    wait_until(lambda: reader.counts() == {"finished": 4}, what="four runs finished")
    for run_id, spec in zip(ids, specs, strict=True):
        run = the_run(reader, run_id)
        assert (run.iterations_done, run.reason) == (60, "planned iterations done")
        assert run.elapsed_s > 60 / 20 - 0.15
        np.testing.assert_array_equal(losses_of(path, run_id), undisturbed(spec)[0])
        assert_consistent(path, run_id)
        assert {e.split for e in reader.evaluations(run_id) if e.iteration == 60} == {"train", "validation", "test"}
    wait_until(lambda: reader.workers() == [], what="the workers have left")
    assert query(path, "SELECT json_extract(environment, '$.blas_threads') FROM runs") == [("1",)] * 4


def test_no_more_workers_than_runs_and_no_more_than_asked_for(path: Path, reader: Reader) -> None:
    queue(path, *[ENDLESS] * 3)
    assert start_workers(path, count=2) == 2
    assert start_workers(path, count=2) == 0
    wait_until(lambda: reader.counts().get("running") == 2)
    assert start_workers(path, count=0) == 0
    assert len(reader.workers()) == 2


def test_a_paced_run_sleeps(path: Path, reader: Reader) -> None:
    queue(path, QUICK.changed(iterations=None, seconds=600.0, pace=20.0))
    start_workers(path)
    wait_for_iterations(reader, 1, 5)
    worker = worker_of(reader, 1)
    before, started = cpu_seconds(worker.pid), time.monotonic()
    wait_for_iterations(reader, 1, 25)
    assert (cpu_seconds(worker.pid) - before) / (time.monotonic() - started) < 0.2


def is_followed(reader: Reader, gone: Worker) -> bool:
    return worker_of(reader, 1).worker_id != gone.worker_id


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_kill_9_leaves_every_committed_iteration_and_the_next_worker_goes_on_bit_for_bit(
    path: Path, reader: Reader
) -> None:
    spec = defaults().changed(iterations=6_000, seed=3)
    queue(path, spec)
    start_workers(path)
    for upto in (500, 2_000, 3_500):
        wait_for_iterations(reader, 1, upto)
        worker = worker_of(reader, 1)
        kill(worker)
        run = the_run(reader, 1)
        assert judge(run, reader.workers()) == "lost"
        assert_consistent(path, 1)
        committed = losses_of(path, 1)
        assert start_workers(path) == 1
        wait_until(partial(is_followed, reader, worker), what="another worker")
        np.testing.assert_array_equal(losses_of(path, 1)[: len(committed)], committed)
    run = wait_for_state(reader, 1, *ENDED)
    assert (run.state, run.iterations_done, run.attempt) == ("finished", 6_000, 4)
    losses, weights = undisturbed(spec)
    np.testing.assert_array_equal(losses_of(path, 1), losses)
    iteration, state = present(reader.checkpoint(1))
    assert iteration == 6_000
    np.testing.assert_array_equal(state_from_bytes(state).weights, weights)
    assert_consistent(path, 1)
    elapsed = [row[0] for row in query(path, "SELECT elapsed_s FROM iterations ORDER BY iteration")]
    assert np.all(np.diff(elapsed) >= 0)


def test_a_lost_run_is_taken_up_by_a_worker_that_is_there_anyway(path: Path, reader: Reader) -> None:
    # paced, and long enough for both to be there together on a busy machine
    queue(path, ENDLESS.changed(pace=100.0), QUICK.changed(iterations=None, seconds=3.0, pace=100.0))
    start_workers(path)
    wait_until(lambda: reader.counts().get("running") == 2)
    lost = worker_of(reader, 1)
    kill(lost)
    wait_until(lambda: the_run(reader, 1).worker_id not in (None, lost.worker_id), what="the run has another worker")


def test_told_to_leave_a_worker_puts_its_run_back_with_a_checkpoint(path: Path, reader: Reader) -> None:
    queue(path, ENDLESS)
    start_workers(path)
    wait_for_iterations(reader, 1, 100)
    worker = worker_of(reader, 1)
    os.kill(worker.pid, signal.SIGTERM)
    run = wait_for_state(reader, 1, "queued")
    assert present(reader.checkpoint(1))[0] == run.iterations_done
    wait_until(lambda: is_alive(worker) is False)
    assert reader.workers() == []
    assert_consistent(path, 1)


def test_stop_keeps_what_was_done(path: Path, reader: Reader) -> None:
    queue(path, ENDLESS)
    start_workers(path)
    wait_for_iterations(reader, 1, 10)
    command(path, 1, "stop")
    run = wait_for_state(reader, 1, *ENDED)
    assert (run.state, run.reason) == ("cancelled", f"stopped at iteration {run.iterations_done}")
    assert_consistent(path, 1)


def test_pause_frees_the_worker_and_resume_goes_on_bit_for_bit(path: Path, reader: Reader) -> None:
    spec = defaults().changed(iterations=2_000, pace=2_000.0)
    queue(path, spec)
    begin_s = time.monotonic()
    start_workers(path)
    wait_for_iterations(reader, 1, 100)
    command(path, 1, "pause")
    paused = wait_for_state(reader, 1, "paused")
    paused_s = time.monotonic()
    wait_until(lambda: reader.workers() == [], what="the worker is free")
    assert paused.iterations_done < 2_000
    resumed_s = time.monotonic()
    assert "Resuming run 1" in command(path, 1, "resume")
    start_workers(path)
    run = wait_for_state(reader, 1, *ENDED)
    assert run.state == "finished"
    np.testing.assert_array_equal(losses_of(path, 1), undisturbed(spec)[0])
    assert 0.9 < run.elapsed_s <= (time.monotonic() - begin_s) - (resumed_s - paused_s)


def test_a_new_step_size_holds_from_a_recorded_iteration_on_and_survives_a_kill(path: Path, reader: Reader) -> None:
    queue(path, ENDLESS)
    start_workers(path)
    wait_for_iterations(reader, 1, 200)
    command(path, 1, "set-step-size", "0.025")
    wait_until(lambda: reader.commands(1)[0].outcome, what="the command is obeyed")
    at = present(reader.commands(1)[0].applied_at_iteration)
    assert reader.commands(1)[0].outcome == "step size 0.1 to 0.025"
    wait_for_iterations(reader, 1, at + 200)
    kill(worker_of(reader, 1))
    start_workers(path)
    done = the_run(reader, 1).iterations_done
    wait_for_iterations(reader, 1, done + 200)
    sizes = query(
        path, "SELECT min(iteration), max(iteration), step_size FROM iterations GROUP BY step_size ORDER BY 1"
    )
    assert [(first, size) for first, _, size in sizes] == [(0, 0.1), (at, 0.025)]


def test_a_spec_that_cannot_be_built_fails_with_the_sentence_and_the_next_run_is_done(
    path: Path, reader: Reader
) -> None:
    queue(path, QUICK.changed(batch_size=5000), QUICK)
    start_workers(path, count=1)
    assert wait_for_state(reader, 2, *ENDED).state == "finished"
    failed = the_run(reader, 1)
    assert failed.state == "failed"
    assert "batch size: 5,000 is more than" in failed.reason


def test_a_budget_in_seconds(path: Path, reader: Reader) -> None:
    queue(path, QUICK.changed(iterations=None, seconds=0.3))
    start_workers(path)
    run = wait_for_state(reader, 1, *ENDED)
    assert (run.state, run.reason) == ("finished", "planned seconds over")
    assert run.elapsed_s >= 0.25


def test_a_run_that_diverges_is_recorded_to_its_end(path: Path, reader: Reader) -> None:
    queue(path, defaults().changed(step_size=1e300, iterations=50))
    start_workers(path)
    run = wait_for_state(reader, 1, *ENDED)
    assert run.diverged_at is not None
    assert run.state == "finished"
    [(rows,)] = query(path, "SELECT count(*) FROM iterations")
    assert rows == run.iterations_done


FAILS = """
import sys
from engine.strategy import optimize
def explode(spec):
    raise ArithmeticError("the cat sat on the keyboard")
optimize.build = explode
from engine.jobs.worker.worker import main
sys.exit(main(sys.argv[1:]))
"""


def test_an_unexpected_error_fails_the_run_with_the_reason_and_is_traced_in_the_log(path: Path, reader: Reader) -> None:
    queue(path, QUICK, QUICK)
    done = subprocess.run(
        [sys.executable, "-c", FAILS, "--db", str(path)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0
    assert {run.reason for run in reader.runs()} == {"ArithmeticError: the cat sat on the keyboard"}
    assert reader.counts() == {"failed": 2}
    assert "Traceback" in done.stderr
    assert done.stdout == ""


NO_MEMORY = """
from engine.jobs.worker.run_loop import RunAttempt
advance = RunAttempt._advance
def exhausted(self):
    if self.writer.iterations_done > 600:
        raise MemoryError("no room for 1 GB")
    return advance(self)
RunAttempt._advance = exhausted
"""


def test_a_failed_run_that_is_resumed_goes_on_bit_for_bit(path: Path, reader: Reader, tmp_path: Path) -> None:
    spec = defaults().changed(iterations=3000, pace=4000.0)
    queue(path, spec)
    failing = worker_with(path, NO_MEMORY, tmp_path / "log")
    run = wait_for_state(reader, 1, *ENDED)
    failing.wait()
    assert (run.state, run.reason) == ("failed", "MemoryError: no room for 1 GB")
    assert f"goes on from iteration {run.iterations_done}" in steer.resume(path, 1)
    assert wait_for_state(reader, 1, *ENDED).state == "finished"
    losses, weights = undisturbed(spec)
    np.testing.assert_array_equal(losses_of(path, 1), losses)
    np.testing.assert_array_equal(state_from_bytes(present(reader.checkpoint(1))[1]).weights, weights)


@pytest.mark.parametrize("given", ["", "--db", "--db runs.db --max-runs many", "--dbs runs.db", "--db runs.db more"])
def test_a_worker_that_is_asked_for_what_it_has_not_says_how_it_is_used(given: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine.jobs.worker.worker", *given.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("happens", ["deleted", "replaced"])
def test_a_worker_whose_store_is_gone_notices_and_leaves(
    path: Path, reader: Reader, tmp_path: Path, happens: str
) -> None:
    queue(path, ENDLESS)
    start_workers(path)
    wait_for_iterations(reader, 1, 10)
    worker = worker_of(reader, 1)
    names = [f"{path}{suffix}" for suffix in ("", "-wal", "-shm")]
    for name in names:
        os.rename(name, f"{name}.gone")
    if happens == "replaced":
        queue(path, QUICK)
    wait_until(lambda: is_alive(worker) is False, seconds=5, what="the worker has noticed")
    with open(worker.log_path) as text:
        assert "deleted or replaced" in text.read()
    if happens == "replaced":
        assert query(path, "SELECT state, attempt FROM runs") == [("queued", 0)]
    for name in names:
        if os.path.exists(f"{name}.gone"):
            os.replace(f"{name}.gone", name)


def test_blocked_signals_are_unblocked(path: Path, reader: Reader) -> None:
    queue(path, ENDLESS)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP})
    try:
        start_workers(path)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGHUP})
    wait_for_iterations(reader, 1, 10)
    worker = worker_of(reader, 1)
    os.kill(worker.pid, signal.SIGHUP)
    wait_for_iterations(reader, 1, the_run(reader, 1).iterations_done + 10)
    os.kill(worker.pid, signal.SIGTERM)
    wait_until(lambda: is_alive(worker) is False)


def test_a_closed_launcher_does_not_take_its_workers_along(path: Path, reader: Reader) -> None:
    queue(path, ENDLESS)
    code = "import sys; from engine.jobs.processes.launch import start_workers; print(start_workers(sys.argv[1]))"
    launcher = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert launcher.stdout == "1\n"
    wait_for_iterations(reader, 1, 10)
    [worker] = reader.workers()
    assert identify(worker.pid) is not None
    os.kill(worker.pid, signal.SIGTERM)
    wait_for_state(reader, 1, "queued")
