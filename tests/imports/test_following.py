"""Files that are followed: half-written records, new and replaced files, several followers, processes that end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.imports.detection import find
from engine.jobs.imports import following, intake
from engine.jobs.imports.following import Follower
from engine.jobs.imports.importing import import_sources
from engine.jobs.imports.watching import start_detached, start_watch
from engine.jobs.processes.liveness import this_process
from engine.jobs.processes.recovery import recover_lost_runs
from engine.store import Store, open_for_writing
from tests.imports.events import event, event_file, record
from tests.imports.files import stored
from tests.stores import query, wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "runs.db"


@pytest.fixture
def files(path: Path) -> Path:
    return path.parent / "files"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_for_writing(path) as store:
        yield store


class Followed:
    """A follower with a clock of its own, and what it has said."""

    def __init__(self, store: Store, files: Path) -> None:
        self.said: list[str] = []
        self.now_s = 0.0
        worker_id = store.register_worker(this_process())
        self.follower = Follower(store, worker_id, [str(files)], self.said.append, lambda: self.now_s)

    def after(self, seconds: float) -> None:
        self.now_s += seconds
        self.follower.turn()


def runs(path: Path) -> list[tuple[str, str]]:
    return [(name, state) for name, state in query(path, "SELECT name, state FROM runs ORDER BY run_id")]


def test_what_is_written_and_what_appears_is_taken_up(store: Store, path: Path, files: Path) -> None:
    events = files / "a" / "events.out.tfevents.1"
    events.parent.mkdir()
    whole = event_file(10)
    events.write_bytes(whole[:-20])
    followed = Followed(store, files)
    followed.after(0)
    assert runs(path) == [("a", "running")]
    assert len(stored(path)["loss"]) == 9
    events.write_bytes(whole)
    followed.after(0.1)
    assert len(stored(path)["loss"]) == 9  # a commit of one run is half a second after the one before
    followed.after(0.5)
    assert len(stored(path)["loss"]) == 10
    (files / "b.jsonl").write_text('{"loss": 1}\n{"lo')
    followed.after(following.SCAN_S)
    assert runs(path) == [("a", "running"), ("b", "running")]
    assert stored(path, 2) == {"loss": {0: 1.0}}
    (files / "b.jsonl").write_text('{"acc": 5}\n')
    followed.after(1)
    assert stored(path, 3) == {"acc": {0: 5.0}}
    assert any("was replaced" in said or "was cut" in said for said in followed.said)
    followed.follower.leave()
    assert {state for _, state in runs(path)} == {"finished"}


def test_a_run_ends_once_its_file_is_quiet_and_goes_on_with_the_next_value(
    store: Store, path: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = files / "a.jsonl"
    file.write_text('{"loss": 1}\n')
    followed = Followed(store, files)
    followed.after(0)
    [(heartbeat_s,)] = query(path, "SELECT heartbeat_s FROM runs")
    followed.after(following.HEARTBEAT_S)
    assert query(path, "SELECT heartbeat_s FROM runs")[0][0] > heartbeat_s
    os.utime(file, ns=(0, file.stat().st_mtime_ns - int((intake.QUIET_S + 1) * 1e9)))
    followed.after(following.HEARTBEAT_S)
    assert runs(path) == [("a", "finished")]
    with file.open("a") as more:
        more.write('{"loss": 2}\n')
    followed.after(following.ENDED_S)
    assert runs(path) == [("a", "running")]
    assert stored(path) == {"loss": {0: 1.0, 1: 2.0}}


def test_of_two_followers_one_has_a_run(store: Store, path: Path, files: Path) -> None:
    (files / "a.jsonl").write_text('{"loss": 1}\n')
    first, second = Followed(store, files), Followed(store, files)
    first.after(0)
    second.after(0)
    with (files / "a.jsonl").open("a") as more:
        more.write('{"loss": 2}\n')
    second.after(following.ENDED_S)
    first.after(1)
    assert "it is not followed any more" in first.said[-1]
    assert query(path, "SELECT count(*), max(attempt) FROM runs") == [(1, 2)]
    assert stored(path) == {"loss": {0: 1.0, 1: 2.0}}


def test_a_process_follows_until_it_is_told_to_leave_and_one_that_is_killed_is_replaced(
    path: Path, files: Path
) -> None:
    file = files / "events.out.tfevents.1"
    file.write_bytes(event_file(3))

    def count() -> int:
        return int(query(path, "SELECT count(*) FROM measurements")[0][0]) if path.exists() else 0

    pid = start_detached(path, [files])
    wait_until(lambda: count() == 3)
    [taken] = import_sources(path, find([files]))
    assert f"is being read by process {pid}" in taken.troubles[0]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with open_for_writing(path) as store:
        recover_lost_runs(store)
    assert query(path, "SELECT state, reason FROM runs") == [
        ("paused", "what read it has ended; imported again, it goes on")
    ]
    watch = start_watch(path, [files])
    with file.open("ab") as more:
        more.write(record(event(1.7e9 + 3, 3, {"loss": 0.5})))
    wait_until(lambda: count() == 4)
    assert watch.leave() == ["1 run was followed, 1 value taken in."]
    assert watch.process.returncode == 0
    assert query(path, "SELECT state, attempt FROM runs") == [("finished", 2)]
    assert query(path, "SELECT count(*) FROM workers WHERE left_at IS NULL") == [(0,)]
