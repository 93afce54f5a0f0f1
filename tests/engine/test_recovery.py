"""Workers that are gone, stopped, silent or out of sight: whose run is taken over, when, and with what reason."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from engine.jobs.people import steer
from engine.jobs.processes import liveness, recovery
from engine.jobs.processes.launch import default_workers, set_worker_count, worker_count
from engine.jobs.processes.logs import last_words
from engine.jobs.processes.recovery import (
    TAKE_OVER_AFTER,
    TAKE_OVER_AFTER_S,
    UNSEEN_FACTOR,
    recover_lost_runs,
    take_over,
    take_over_after_s,
)
from engine.jobs.processes.retry import retried
from engine.spec import SpecError, defaults
from engine.store import (
    Checkpoint,
    Command,
    FencedOff,
    NoRun,
    Process,
    Refused,
    RunWriter,
    Store,
    StoreBusy,
    StoreFull,
    open_for_writing,
)
from engine.store.file.timing import boot_seconds, utc_now
from engine.store.write import queue
from engine.store.write.steering import asked_step_size
from tests.presence import present
from tests.stores import block_of, query, wait_until


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steer, "start_workers", lambda path: 0)


def claimed_by(store: Store, process: Process) -> RunWriter:
    store.queue.add([defaults()])
    claim = present(store.queue.claim(store.register_worker(process)))
    writer = store.writer(claim)
    writer.write(block_of([1.0, 2.0]), checkpoint=Checkpoint(2, b"state"))
    return writer


def stopped(child: subprocess.Popen[bytes]) -> Process:
    process = present(liveness.identify(child.pid))
    os.kill(child.pid, signal.SIGSTOP)
    wait_until(lambda: liveness.process_fields(child.pid)[0] == "T")
    return process


def test_a_stopped_worker_is_left_alone_at_first_and_taken_over_after_the_stated_time(
    store: Store, child: subprocess.Popen[bytes]
) -> None:
    writer = claimed_by(store, stopped(child))
    now_s = boot_seconds()
    assert recover_lost_runs(store, now_s + TAKE_OVER_AFTER_S - 1) == []
    assert recover_lost_runs(store, now_s + TAKE_OVER_AFTER_S + 1) == [1]
    assert "was stopped and silent for 6" in present(store.reader().run(1)).reason
    os.kill(child.pid, signal.SIGCONT)
    with pytest.raises(FencedOff):
        writer.write(block_of([3.0], first=2))
    assert len(store.reader().workers()) == 1


def test_the_time_can_be_set(store: Store, child: subprocess.Popen[bytes]) -> None:
    claimed_by(store, stopped(child))
    store.settings.set(TAKE_OVER_AFTER, "0.5")
    assert recover_lost_runs(store, boot_seconds() + 1) == [1]


def test_a_worker_that_computes_is_left_alone_however_long_it_takes(
    store: Store, child: subprocess.Popen[bytes]
) -> None:
    claimed_by(store, present(liveness.identify(child.pid)))
    assert recover_lost_runs(store, boot_seconds() + 1e6) == []


def test_a_worker_in_another_container_is_judged_by_its_heartbeat_alone(store: Store) -> None:
    machine = liveness.boot_id().partition("/")[0]
    claimed_by(store, replace(liveness.this_process(), boot_id=f"{machine}/pid:[1]"))
    now_s = boot_seconds()
    assert recover_lost_runs(store, now_s + UNSEEN_FACTOR * TAKE_OVER_AFTER_S - 5) == []
    assert recover_lost_runs(store, now_s + UNSEEN_FACTOR * TAKE_OVER_AFTER_S + 5) == [1]
    assert "another container" in present(store.reader().run(1)).reason


def test_a_worker_on_another_machine_is_never_judged_from_here(store: Store) -> None:
    claimed_by(store, replace(liveness.this_process(), host="elsewhere", boot_id="other/pid:[1]"))
    assert recover_lost_runs(store, boot_seconds() + 1e6) == []


def test_a_worker_on_another_machine_gives_way_to_a_user_who_knows_that_it_is_gone(store: Store) -> None:
    writer = claimed_by(store, replace(liveness.this_process(), host="elsewhere", boot_id="other/pid:[1]"))
    assert "waits in the queue again" in take_over(store, 1)
    assert present(store.reader().run(1)).state == "queued"
    with pytest.raises(FencedOff):
        writer.write(block_of([3.0], first=2))
    with pytest.raises(Refused, match="not running"):
        take_over(store, 1)


def test_a_worker_that_is_seen_to_live_is_not_taken_for_gone(store: Store) -> None:
    claimed_by(store, liveness.this_process())
    with pytest.raises(Refused, match="on this machine"):
        take_over(store, 1)
    assert present(store.reader().run(1)).state == "running"


def test_stopped_workers_do_not_count_as_being_there(store: Store, child: subprocess.Popen[bytes]) -> None:
    claimed_by(store, stopped(child))
    [worker] = store.reader().workers()
    assert liveness.is_stopped(worker)
    assert not liveness.works(worker)
    os.kill(child.pid, signal.SIGCONT)
    wait_until(lambda: liveness.works(worker))


def test_setting_the_clock_back_an_hour_changes_no_judgement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = claimed_by(store, liveness.this_process())
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    for module in ("write.queue", "write.writer", "store", "write.rows", "write.forks", "write.catalogue"):
        monkeypatch.setattr(f"engine.store.{module}.utc_now", lambda: an_hour_ago)
    monkeypatch.setattr("time.time", lambda: 0.0)
    writer.write(block_of([3.0], first=2))
    run, workers = store.reader().run(1), store.reader().workers()
    assert liveness.judge(present(run), workers) == "running"
    assert recover_lost_runs(store) == []
    assert "Pausing run 1" in store.queue.command(1, "pause")
    writer.pause(applied=[(1, 3, "paused")])
    assert store.queue.command(1, "resume") == "Resuming run 1 …"
    claim = present(store.queue.claim(writer.claim.worker_id))
    assert (claim.attempt, claim.iterations_done) == (2, 3)


@pytest.mark.parametrize(
    ("ask", "says", "state"),
    [
        (steer.stop, "had lost its worker. Run 1 stopped", "cancelled"),
        (steer.pause, "had lost its worker. Run 1 is paused.", "paused"),
        (steer.resume, "had lost its worker. Run 1 is queued already.", "queued"),
        (lambda path, run_id: steer.set_step_size(path, run_id, 0.5), "→ 0.5, once a worker takes it up", "queued"),
        (steer.delete, "is deleted", "queued"),
    ],
    ids=["stop", "pause", "resume", "step size", "delete"],
)
def test_a_lost_run_obeys_at_once(
    store: Store, path: Path, ask: Callable[[Path, int], str], says: str, state: str
) -> None:
    claimed_by(store, replace(liveness.this_process(), start_ticks=1))
    assert says in ask(path, 1)
    assert present(store.reader().run(1)).state == state


@pytest.mark.parametrize(
    ("ask", "says", "state"),
    [
        (steer.stop, "had lost its worker. Run 1 stopped", "cancelled"),
        (steer.pause, "had lost its worker. Run 1 is paused.", "paused"),
        (steer.resume, "Run 1 is running already.", "running"),
    ],
    ids=["stop", "pause", "resume"],
)
def test_the_run_of_a_stopped_worker_ends_or_pauses_at_once(
    store: Store, path: Path, child: subprocess.Popen[bytes], ask: Callable[[Path, int], str], says: str, state: str
) -> None:
    claimed_by(store, stopped(child))
    assert says in ask(path, 1)
    assert present(store.reader().run(1)).state == state


def test_a_setting_that_is_no_number_is_the_default(store: Store) -> None:
    store.settings.set(TAKE_OVER_AFTER, "abc")
    assert take_over_after_s(store.reader()) == TAKE_OVER_AFTER_S


def test_five_workers_lost_without_one_new_iteration_fail_a_run_and_each_new_one_forgives(store: Store) -> None:
    gone = replace(liveness.this_process(), start_ticks=1)
    writer = claimed_by(store, gone)
    for attempt in range(8):
        recover_lost_runs(store)
        claim = present(store.queue.claim(store.register_worker(gone)))
        writer = store.writer(claim)
        writer.write(block_of([1.0], first=2 + attempt))
    for _ in range(5):
        assert present(store.reader().run(1)).state == "running"
        recover_lost_runs(store)
        if store.queue.claim(store.register_worker(gone)) is None:
            break
    run = present(store.reader().run(1))
    assert run.state == "failed"
    assert "5 workers were lost on it" in run.reason


def test_two_dashboards_that_steer_the_same_run_get_answers_that_agree(store: Store, path: Path) -> None:
    writer = claimed_by(store, liveness.this_process())
    assert "Pausing run 1" in steer.pause(path, 1)
    assert "told so already" in steer.pause(path, 1)
    assert "Stopping run 1" in steer.stop(path, 1)
    assert "told so already" in steer.stop(path, 1)
    assert [command.verb for command in writer.write()] == ["pause", "stop"]
    writer.cancel("stopped at iteration 2", applied=[(2, 2, "stopped at iteration 2")])
    for ask in (steer.stop, steer.pause, steer.resume):
        with pytest.raises(Refused, match="been stopped already"):
            ask(path, 1)
    assert [event.verb for event in store.reader().events(1)] == ["stop"]


def test_halving_twice_at_once_is_a_quarter(store: Store, path: Path) -> None:
    writer = claimed_by(store, liveness.this_process())
    steer.scale_step_size(path, 1, 0.5)
    assert "0.05 → 0.025" in steer.scale_step_size(path, 1, 0.5)
    assert [command.argument for command in writer.write()] == ["0.05", "0.025"]
    assert "0.05" in steer.scale_step_size(path, 1, 2)


def test_two_viewers_who_halve_at_once_halve_twice(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = claimed_by(store, liveness.this_process())
    read, both_have_read = asked_step_size, Barrier(2)

    def read_and_wait_for_the_other(raw: sqlite3.Connection, run_id: int) -> float:
        found = read(raw, run_id)
        with suppress(BrokenBarrierError):  # the other one waits for the lock, as it should
            both_have_read.wait(0.3)
        return found

    monkeypatch.setattr(queue, "asked_step_size", read_and_wait_for_the_other)
    with ThreadPoolExecutor(2) as viewers:
        answers = set(viewers.map(lambda _: steer.scale_step_size(path, 1, 0.5), range(2)))
    assert len(answers) == 2
    assert [command.argument for command in writer.write()] == ["0.05", "0.025"]


def test_a_step_size_is_scaled_through_one_open_store_or_not_at_all(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def noted(path: Path, *, create: bool) -> Store:
        opened.append(path)
        return open_for_writing(path, create=create)

    monkeypatch.setattr(steer, "open_for_writing", noted)
    claimed_by(store, liveness.this_process())
    steer.scale_step_size(path, 1, 0.5)
    assert len(opened) == 1
    with pytest.raises(NoRun):
        steer.scale_step_size(path, 7, 0.5)
    with pytest.raises(SpecError, match="greater than 0"):
        steer.scale_step_size(path, 1, 0.0)
    query(path, "UPDATE runs SET spec = '{}x'")
    query(path, "DELETE FROM commands")
    with pytest.raises(Refused, match="step size is not known"):
        steer.scale_step_size(path, 1, 0.5)
    assert store.reader().commands(1) == []


def test_the_number_of_workers_is_stored_for_everyone(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.processes.launch._start", lambda path: None)
    assert worker_count(store.reader()) == default_workers()
    assert set_worker_count(path, 1) == "At most 1 worker at once; those beyond leave when the run at hand has ended."
    assert worker_count(store.reader()) == 1
    assert set_worker_count(path, 7) == "At most 7 workers at once."
    set_worker_count(path, None)
    assert worker_count(store.reader()) == default_workers()
    for count in (0, -1, 1000):
        with pytest.raises(ValueError, match="from 1 to 256"):
            set_worker_count(path, count)
    store.settings.set("workers", "many")
    assert worker_count(store.reader()) == default_workers()


def test_of_too_many_workers_the_surplus_leaves(store: Store) -> None:
    process = liveness.this_process()
    first, second = (store.register_worker(replace(process, start_ticks=ticks)) for ticks in (1, 2))
    assert not store.leave_if_surplus(first, lambda others: len(others) >= 2)
    assert store.leave_if_surplus(first, lambda others: len(others) >= 1)
    assert not store.leave_if_surplus(second, lambda others: len(others) >= 1)
    assert [worker.worker_id for worker in store.reader().workers()] == [second]


def test_waiting_is_written_down_where_it_can_be(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.processes.retry.RETRY_S", 0.0)
    writer = claimed_by(store, liveness.this_process())
    statuses: list[tuple[str, str]] = []
    troubles = [StoreFull("the disk is full"), StoreBusy("locked")]

    def commit() -> list[Command]:
        if troubles:
            raise troubles.pop(0)
        return writer.write(block_of([5.0], first=2))

    def say(reason: str) -> None:
        writer.note_waiting(reason)
        statuses.append((liveness.judge(present(store.reader().run(1)), store.reader().workers()), reason))

    retried(commit, lambda: False, say)
    assert statuses == [("waiting", "waiting: the disk is full"), ("waiting", "waiting: locked")]
    assert liveness.judge(present(store.reader().run(1)), store.reader().workers()) == "running"


def test_that_waiting_cannot_be_written_down_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.processes.retry.RETRY_S", 0.0)
    troubles = [StoreFull("full")]

    def commit() -> str:
        if troubles:
            raise troubles.pop()
        return "done"

    def say(reason: str) -> None:
        raise StoreFull("not even that")

    assert retried(commit, lambda: False, say) == "done"


def test_the_last_words_of_a_worker(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "w.log"
    log.write_text("2026-01-01 00:00:00,000 INFO one\n2026-01-01 00:00:01,000 WARNING waiting: the disk is full\n")
    worker_id = store.register_worker(liveness.this_process(), str(log))
    worker = present(store.reader().worker(worker_id))
    assert last_words(worker) == "waiting: the disk is full"
    assert last_words(present(replace(worker, log_path=""))) == ""
    assert last_words(present(replace(worker, log_path=str(tmp_path / "none.log")))) == ""


def test_recover_answers_with_the_runs_that_are_taken_up(store: Store, path: Path) -> None:
    claimed_by(store, replace(liveness.this_process(), start_ticks=1))
    assert steer.recover(path) == [1]
    assert steer.recover(path) == []
    assert recovery.TAKE_OVER_AFTER_S == 60


def test_a_take_up_is_noted_with_its_time_and_a_resume_is_none(store: Store) -> None:
    writer = claimed_by(store, replace(liveness.this_process(), start_ticks=1))
    assert store.reader().events(1) == []
    before = datetime.fromisoformat(utc_now())
    assert recover_lost_runs(store) == [1]
    writer = store.writer(present(store.queue.claim(store.register_worker(liveness.this_process()))))
    (event,) = store.reader().events(1)
    assert (event.verb, event.iteration) == ("take-up", writer.iterations_done)
    assert "was lost" in event.outcome
    assert before <= datetime.fromisoformat(event.happened_at) <= datetime.fromisoformat(utc_now())
    store.queue.command(1, "pause")
    (pause,) = writer.write()
    writer.pause(applied=[(pause.command_id, writer.iterations_done, "paused")])
    store.queue.command(1, "resume")
    assert store.queue.claim(writer.claim.worker_id) is not None
    assert [event.verb for event in store.reader().events(1)] == ["take-up", "pause", "resume"]
