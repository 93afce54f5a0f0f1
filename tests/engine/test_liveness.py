"""Judging whether a run's process lives."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.jobs.processes import liveness
from engine.jobs.processes.recovery import recover_lost_runs
from engine.store import Process, Run, Store, Worker, open_for_writing
from tests.presence import present
from tests.stores import block_of, wait_until


def worker_that_is(pid: int) -> Worker:
    found = liveness.identify(pid)
    assert found is not None
    return Worker(1, found.host, found.boot_id, found.pid, found.start_ticks, "", 0.0, "", None)


def test_this_process_lives() -> None:
    assert liveness.is_alive(worker_that_is(os.getpid())) is True


def test_a_process_that_ended_does_not_live_even_before_its_parent_has_noticed(child: subprocess.Popen[bytes]) -> None:
    worker = worker_that_is(child.pid)
    assert liveness.is_alive(worker)
    child.kill()
    wait_until(lambda: liveness.is_alive(worker) is False)
    child.wait()
    assert liveness.is_alive(worker) is False
    assert liveness.identify(child.pid) is None


def test_a_pid_used_again_is_another_process() -> None:
    worker = worker_that_is(os.getpid())
    assert liveness.is_alive(replace(worker, start_ticks=worker.start_ticks - 1)) is False


def test_no_process_outlives_a_restart_of_its_machine() -> None:
    assert liveness.is_alive(replace(worker_that_is(os.getpid()), boot_id="before/pid:[1]")) is False


def test_another_machine_or_container_cannot_be_judged_from_here() -> None:
    worker = worker_that_is(os.getpid())
    assert liveness.is_alive(replace(worker, host="elsewhere")) is None
    machine = liveness.boot_id().partition("/")[0]
    assert liveness.is_alive(replace(worker, boot_id=f"{machine}/pid:[1]")) is None
    assert liveness.at_work([worker, replace(worker, host="elsewhere"), replace(worker, start_ticks=0)]) == 2


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_for_writing(tmp_path / "runs.db") as store:
        yield store


def claimed_by(store: Store, process: Process) -> Run:
    from engine.spec import defaults

    store.queue.add([defaults()])
    claim = store.queue.claim(store.register_worker(process))
    assert claim is not None
    store.writer(claim).write(block_of([1.0]))
    return present(store.reader().run(claim.run_id))


def test_a_run_is_lost_when_its_worker_is_gone_and_is_queued_again(store: Store) -> None:
    run = claimed_by(store, replace(liveness.this_process(), start_ticks=1))
    workers = store.reader().workers()
    assert liveness.judge(run, workers) == "lost"
    assert liveness.lost([run], workers) == {1}
    assert recover_lost_runs(store) == [1]
    assert present(store.reader().run(1)).state == "queued"
    assert store.reader().workers() == []
    assert recover_lost_runs(store) == []


def test_a_run_is_silent_when_its_worker_lives_and_says_nothing(store: Store) -> None:
    run = claimed_by(store, liveness.this_process())
    workers = store.reader().workers()
    assert liveness.judge(run, workers) == "running"
    later = present(run.heartbeat_s) + liveness.SILENT_AFTER_S + 1
    assert liveness.judge(run, workers, now_s=later) == "silent"
    assert recover_lost_runs(store) == []


def test_a_run_that_ended_while_one_looked_is_not_called_lost(store: Store) -> None:
    run = claimed_by(store, liveness.this_process())
    store.leave(present(run.worker_id))
    assert liveness.judge(run, store.reader().workers()) == "running"


def test_only_running_runs_are_judged(store: Store) -> None:
    run = claimed_by(store, replace(liveness.this_process(), start_ticks=1))
    workers = store.reader().workers()
    for state in ("queued", "paused", "finished", "failed", "cancelled"):
        assert liveness.judge(replace(run, state=state), workers) == state


def test_a_run_whose_loss_ran_away_has_diverged_and_not_just_finished(store: Store) -> None:
    run = replace(claimed_by(store, liveness.this_process()), state="finished", reason="planned iterations done")
    assert liveness.judge(run, ()) == "finished"
    assert liveness.judge(replace(run, diverged_at=7), ()) == "diverged"
    assert liveness.judge(replace(run, state="cancelled", diverged_at=7), ()) == "cancelled"


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps (Debian: apt-get install procps)")
def test_where_there_is_no_proc_ps_tells_when_a_process_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    monkeypatch.setattr(liveness, "PROC", tmp_path)
    started = liveness._start_ticks(child.pid)
    assert started is not None
    assert liveness._start_ticks(child.pid) == started
    child.kill()
    child.wait()
    assert liveness._start_ticks(child.pid) is None
