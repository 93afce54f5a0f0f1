"""A stream in its segments, in memory and in files: what its recorder and those after it make of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lossboard
from engine.commands.cli import main
from engine.jobs.processes.spilled import SPILLED, spilled
from engine.store import FencedOff, open_for_reading, open_for_writing
from engine.store.file import connection
from lossboard import segments
from lossboard.recorder import recording as recording_module
from lossboard.recorder.recording import Recording
from lossboard.recorder.spilled import fold, save
from lossboard.segments import Stream
from lossboard.wire import NEWS, NOTICE, STORED, WELCOME, Frames, json_frame, row_packer
from tests.logged.programs import logged
from tests.presence import present
from tests.stores import query, wait_until

FACTS: dict[str, Any] = {
    "stream": "0123456789abcdef", "logged_id": "net", "name": "mine", "project": "", "group": "", "notes": "",
    "config": {}, "tags": [], "resume": "never", "python": "3", "program": "train.py",
}  # fmt: skip


class Told:
    """What a recorder tells, by kind."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, bytes]] = []

    def __call__(self, frame: bytes) -> None:
        self.frames += Frames().feed(frame)

    def kinds(self) -> list[int]:
        return [kind for kind, _ in self.frames]


def filled(stream: Stream, calls: range) -> None:
    """Log these steps, and turn segments as the thread that listens does."""
    packed = row_packer(0, 1)
    if not calls.start:
        stream.define(0, ("loss",))
    for step in calls:
        stream.put(packed(step, step * 1e-3, step * 0.5))
        if step % 50 == 0:
            stream.turn()


def descriptors(stream: Stream) -> list[int]:
    return [os.dup(segment.fd) for segment in stream.segments]


@pytest.fixture
def stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stream]:
    """A stream with small segments, of which few are in memory."""
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 2000)
    monkeypatch.setattr(segments, "MOST_IN_MEMORY", 5000)
    made = Stream(FACTS, str(tmp_path / "runs.db"))
    yield made
    made.close()
    for path in spilled(tmp_path / "runs.db"):
        path.unlink()


def test_both_sides_know_such_files_by_their_ending() -> None:
    assert segments.SPILLED == SPILLED


def test_a_long_stream_lies_in_files_until_it_is_stored(stream: Stream, tmp_path: Path) -> None:
    filled(stream, range(1000))
    assert len(spilled(tmp_path / "runs.db")) > 3
    told = Told()
    recording = Recording(tmp_path / "runs.db", descriptors(stream), told)
    assert recording.turn()
    assert logged(tmp_path) == {step: step * 0.5 for step in range(1000)}
    assert told.kinds() == [WELCOME, STORED]
    stream.stored(int.from_bytes(told.frames[1][1], "little"))
    assert len(stream.segments) == 1
    assert len(spilled(tmp_path / "runs.db")) <= 1
    stream.put(json_frame(NEWS, {"end": {"state": "finished", "reason": ""}}))
    recording.turn()
    assert recording.has_ended
    recording.close()
    assert spilled(tmp_path / "runs.db") == []
    assert query(tmp_path / "runs.db", "SELECT state, iterations_done, logged_id FROM runs") == [
        ("finished", 1000, "net")
    ]


def test_a_recorder_that_dies_between_any_two_commits_has_stored_all_before_its_position(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "READ_BYTES", 700)
    filled(stream, range(500))
    stream.put(json_frame(NEWS, {"config": {"long": "x" * 3000}}))
    filled(stream, range(500, 600))
    path, stored = tmp_path / "runs.db", [0]
    while stored[-1] < 600:
        recording = Recording(path, descriptors(stream), Told())
        while len(logged(tmp_path) if path.exists() else ()) == stored[-1]:
            recording.turn()
        recording.close()
        steps = logged(tmp_path)
        assert sorted(steps) == list(range(len(steps)))
        stored.append(len(steps))
        [(received,)] = query(path, "SELECT received FROM runs")
        stream.stored(received)
    assert len(stored) > 20


@pytest.mark.parametrize("extra", range(1, 6))
def test_a_commit_that_ends_within_a_frame_leaves_the_rest_to_the_next(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: int
) -> None:
    packed = row_packer(0, 1)
    stream.define(0, ("loss",))
    before = stream.end
    monkeypatch.setattr(recording_module, "READ_BYTES", before + 3 * len(packed(0, 0.0, 0.0)) + extra)
    filled(stream, range(1, 200))
    recording = Recording(tmp_path / "runs.db", descriptors(stream), Told())
    while not recording.has_all:
        recording.turn()
    recording.close()
    assert sorted(logged(tmp_path)) == list(range(1, 200))


def test_a_frame_that_was_being_written_at_the_kill_is_none(stream: Stream, tmp_path: Path) -> None:
    filled(stream, range(100))
    os.write(stream.fd, row_packer(0, 1)(100, 0.0, 9.0)[:20])
    recording = Recording(tmp_path / "runs.db", descriptors(stream), Told())
    recording.turn()
    assert not recording.has_all
    recording.turn()
    assert recording.has_all
    recording.close()
    assert sorted(logged(tmp_path)) == list(range(100))


def test_who_takes_over_reads_on_where_the_other_was(stream: Stream, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    filled(stream, range(300))
    stream.put(json_frame(NEWS, {"mark": [299, "here"]}))
    first = Recording(path, descriptors(stream), Told())
    first.turn()
    filled(stream, range(300, 400))
    second = Recording(path, descriptors(stream), Told())
    second.turn()
    second.turn()
    with pytest.raises(FencedOff):
        first.turn()
    assert second.has_all
    second.give_up()
    assert logged(tmp_path) == {step: step * 0.5 for step in range(400)}
    assert query(path, "SELECT count(*) FROM commands WHERE verb = 'mark'") == [(1,)]
    assert query(path, "SELECT state, reason LIKE 'lost%' FROM runs") == [("failed", 1)]


def test_a_store_that_is_locked_keeps_nobody_waiting_and_gets_all(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.01)
    path, told = tmp_path / "runs.db", Told()
    recording = Recording(path, descriptors(stream), told)
    recording.turn()
    filled(stream, range(100))
    with open_for_writing(path) as store, store._connection.transaction():
        assert not recording.turn()
        assert not recording.turn()
    recording._descriptors += descriptors(stream)[1:]
    assert recording.turn()
    assert recording.turn()
    assert told.kinds().count(NOTICE) == 1
    assert logged(tmp_path) == {step: step * 0.5 for step in range(100)}


def test_a_store_that_was_replaced_goes_on_in_the_new_file(stream: Stream, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    recording = Recording(path, descriptors(stream), Told())
    filled(stream, range(20))
    recording.turn()
    path.rename(tmp_path / "old.db")
    filled(stream, range(20, 40))
    assert not recording.turn()
    assert recording.turn()
    assert logged(tmp_path) == {step: step * 0.5 for step in range(20, 40)}
    with closing(open_for_reading(path)) as reader:
        assert [run.state for run in reader.runs()] == ["running"]


def test_what_could_not_be_stored_is_folded_in_later(stream: Stream, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    filled(stream, range(200))
    held = descriptors(stream)
    assert fold(path) == []  # its program runs
    stream.close()
    for each in spilled(path):
        each.unlink()
    save(held, path, FACTS["stream"])
    for descriptor in held:
        os.close(descriptor)
    assert [sentence.startswith("run 1: what lay in") for sentence in fold(path)] == [True]
    assert (logged(tmp_path), spilled(path)) == ({step: step * 0.5 for step in range(200)}, [])
    assert query(path, "SELECT state FROM runs") == [("failed",)]
    (tmp_path / "runs.db.junk.logged").write_bytes(b"no stream")
    assert ["left as it is" in sentence for sentence in fold(path)] == [True]


def test_a_program_whose_recorder_cannot_start_writes_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    run = lossboard.start("alone", db=tmp_path / "runs.db")
    for step in range(100):
        run.log(loss=step * 0.5)
    run.finish()
    assert "cannot be stored (its recorder cannot be started" in capsys.readouterr().err
    assert len(spilled(tmp_path / "runs.db")) == 1
    monkeypatch.undo()
    result = CliRunner().invoke(main, ["--db", str(tmp_path / "runs.db"), "doctor"])
    assert "run 1: what lay in 1 file beside the store is in it now" in result.stderr
    assert spilled(tmp_path / "runs.db") == []
    assert logged(tmp_path) == {step: step * 0.5 for step in range(100)}
    assert query(tmp_path / "runs.db", "SELECT state FROM runs") == [("finished",)]


def test_a_recorder_that_has_stored_the_end_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lossboard.start("ends", db=tmp_path / "runs.db")
    link, first = present(run._link), run.recorder
    hang_up = link.close

    def late() -> None:
        wait_until(lambda: not link._thread.is_alive() or link.recorder not in (0, first))
        hang_up()

    monkeypatch.setattr(link, "close", late)
    run.finish()
    assert (link.recorder, link._thread.is_alive()) == (0, False)


def test_a_frame_for_which_there_was_no_room_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lossboard.start("full", db=tmp_path / "runs.db")
    run.log(loss=0.0)
    real, calls = os.write, iter(range(10))
    monkeypatch.setattr("lossboard.run.write", lambda fd, frame: real(fd, frame[: 9 if next(calls) % 3 == 1 else None]))
    for step in range(1, 8):
        run.log(loss=step * 0.5)
    run.finish()
    assert logged(tmp_path) == {step: step * 0.5 for step in range(8)}
