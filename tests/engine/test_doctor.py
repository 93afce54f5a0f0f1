"""The doctor: what it finds wrong with a machine, a store and its workers, and what it says to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from engine.jobs.people import doctor
from engine.jobs.processes import liveness
from engine.spec import defaults
from engine.store import open_for_writing
from tests.presence import present
from tests.stores import block_of, claimed_writer, query, wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_for_writing(tmp_path / "runs.db") as store:
        claimed_writer(store).finish(block=block_of(np.arange(1000.0)))
        store.leave(1)
    return tmp_path / "runs.db"


def problems(path: Path) -> dict[str, tuple[str, str]]:
    return {f.about: (f.found, f.advice) for f in doctor.examine(path) if f.level == "problem"}


def asked(path: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    result = CliRunner().invoke(main, ["--db", str(path), "doctor", *arguments], env=environment)
    assert result.exit_code == code, result.output
    return result.output


def test_a_healthy_store_has_no_problem(path: Path) -> None:
    said = asked(path)
    for about in ("machine", "BLAS threads", "file system", "permissions", "room", "integrity", "pyramid", "workers"):
        assert f"ok  {about}: " in said
    found = json.loads(asked(path, "--json"))
    assert {row["level"] for row in found} <= {"ok", "note"}


def test_where_there_is_no_store_nothing_is_made(tmp_path: Path) -> None:
    assert "there is none" in asked(tmp_path / "runs.db")
    assert not (tmp_path / "runs.db").exists()


@pytest.mark.parametrize(
    ("harm", "about", "says", "advises"),
    [
        (
            "UPDATE runs SET iterations_done = 1001",
            "pyramid",
            "1000 iterations are stored, 1001 are told of",
            "rebuild",
        ),
        ("DELETE FROM buckets WHERE level = 8 AND bucket = 1", "pyramid", "run 1: level 8", "--rebuild"),
        ("UPDATE buckets SET low = -1 WHERE level = 4 AND bucket = 7", "pyramid", "run 1: level 4", "--rebuild"),
    ],
)
def test_rows_summaries_and_buckets_that_disagree(path: Path, harm: str, about: str, says: str, advises: str) -> None:
    query(path, harm)
    found, advice = problems(path)[about]
    assert says in found
    assert advises in advice


def test_pyramids_can_be_made_again(path: Path) -> None:
    query(path, "DELETE FROM buckets WHERE level > 4")
    assert "PROBLEM  pyramid" in asked(path, code=1)
    assert "ok  pyramid" in asked(path, "--rebuild")


def test_a_damaged_store(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for start in range(22 * 4096, len(data), 4096):
        data[start : start + 200] = os.urandom(200)
    path.write_bytes(data)
    said = asked(path, code=1)
    assert "damaged" in said
    assert ".recover" in said
    assert path.read_bytes() == data


def test_a_store_that_others_may_open(path: Path) -> None:
    path.chmod(0o644)
    assert "others may open it (644)" in asked(path)


def test_little_room_a_network_file_system_and_a_journal_left_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE_ROOM", 1 << 60)
    monkeypatch.setattr("engine.store.schema.inspection.kind_of", lambda place: "nfs4")
    Path(f"{path}-wal.orphan").write_bytes(b"x")
    found = problems(path)
    assert "not safe there" in found["file system"][0]
    assert "make room" in found["room"][1]
    assert "set aside" in asked(path, code=1)


def test_runs_that_wait_where_no_worker_is(path: Path) -> None:
    with open_for_writing(path) as store:
        store.queue.add([defaults()] * 2)
    said = " ".join(asked(path).split())
    assert f"2 runs wait in the queue, and no worker is there → lossboard --db {path} work takes them up" in said


def test_lost_silent_and_stopped_workers(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with open_for_writing(path) as store:
            store.queue.add([defaults()] * 2)
            gone = store.register_worker(replace(liveness.this_process(), start_ticks=1))
            stopped = store.register_worker(present(liveness.identify(child.pid)))
            for worker_id in (gone, stopped):
                store.writer(present(store.queue.claim(worker_id))).write(block_of([1.0]))
        os.kill(child.pid, signal.SIGSTOP)
        wait_until(lambda: liveness.process_fields(child.pid)[0] == "T")
        query(path, "UPDATE runs SET heartbeat_s = heartbeat_s - 100 WHERE run_id = 3")
        said = asked(path, code=1)
        assert "run 2 has lost its worker" in said
        assert "run 3 is silent" in said
        assert f"kill -CONT {child.pid}" in said
    finally:
        child.kill()
        child.wait()
        present(child.stdin).close()


def test_a_worker_on_another_machine_is_named_with_the_way_to_take_its_run_over(path: Path) -> None:
    with open_for_writing(path) as store:
        store.queue.add([defaults()])
        elsewhere = replace(liveness.this_process(), host="elsewhere", boot_id="other/pid:[1]")
        store.writer(present(store.queue.claim(store.register_worker(elsewhere)))).write(block_of([1.0]))
    said = asked(path)
    assert "on another machine" in said
    assert f"lossboard --db {path} doctor --take-over 2" in said
    said = asked(path, "--take-over", "2")
    assert "run 2 waits in the queue again" in said
    assert "Nothing was changed" in asked(path, "--take-over", "2", code=1)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[Login]\n#KillUserProcesses=yes\n", "ok"),
        ("[Login]\nKillUserProcesses=yes\n", "problem"),
        ("[Login]\nKillUserProcesses = no\n", "ok"),
    ],
)
def test_a_system_that_ends_processes_at_logout(tmp_path: Path, text: str, level: str) -> None:
    (tmp_path / "logind.conf").write_text(text)
    found = doctor._session([tmp_path / "none", tmp_path / "logind.conf"], tmp_path)
    assert found.level == level
    if level == "problem":
        assert "systemd-run --user --scope" in found.advice


def test_a_later_file_wins_and_without_systemd_nothing_is_ended(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("KillUserProcesses=yes")
    (tmp_path / "b.conf").write_text("KillUserProcesses=no")
    assert doctor._session([tmp_path], tmp_path).level == "ok"
    assert doctor._session([tmp_path / "a.conf"], tmp_path / "no systemd").level == "ok"
