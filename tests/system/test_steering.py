"""Steering from the command line, against real workers: each command answers in words and is obeyed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from engine.spec import defaults
from engine.store import Reader, open_for_reading, open_for_writing
from tests.stores import wait_until
from tests.system.workers import TIMEOUT_S, end_workers, queue, the_run, wait_for_iterations, wait_for_state, worker_of

PACED = ("--iterations", "none", "--seconds", "600", "--pace", "2000")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "runs.db"
    open_for_writing(path).close()
    yield path
    end_workers(path)


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    reader = open_for_reading(path)
    yield reader
    reader.close()


@pytest.fixture
def ask(path: Path) -> Callable[..., str]:
    """Run a command in this process and expect an exit code; gives what it printed."""

    def asked(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["--db", str(path), *arguments])
        assert result.exit_code == code, result.output
        return result.output

    return asked


def test_a_run_is_paused_resumed_steered_forked_and_stopped(ask: Callable[..., str], reader: Reader) -> None:
    ask("run", *PACED, "--detach")
    wait_for_iterations(reader, 1, 200)
    assert "Pausing run 1" in ask("pause", "1")
    done = wait_for_state(reader, 1, "paused").iterations_done
    assert "paused already" in ask("pause", "1")
    assert "once it resumes" in ask("step-size", "1", "0.05")
    assert json.loads(ask("resume", "1", "--json")) == {"run_id": 1, "answer": "Resuming run 1 …"}
    wait_for_iterations(reader, 1, done + 200)
    forked = ask("fork", "1", "--at", "150", "--iterations", "400", "--seed", "7", "--momentum", "0.5", "--json")
    assert "--momentum has no effect with update vanilla" in forked
    assert "Run 2 goes on from iteration 150 of run 1 with" in forked
    fork = json.loads(forked.splitlines()[-1])
    assert (fork["run_id"], fork["status"], fork["parent_id"], fork["parent_iteration"]) == (2, "finished", 1, 150)
    assert ask("fork", "1", "--iterations", "none", "--seconds", "60", "--detach").splitlines()[-1] == "3"
    ask("stop", "3")
    assert "Stopping run 1" in ask("stop", "1")
    wait_for_state(reader, 1, "cancelled")
    for command in (("stop", "1"), ("pause", "1"), ("resume", "1"), ("step-size", "1", "0.1")):
        assert "been stopped already" in ask(*command, code=1)
    shown = ask("show", "1")
    for mark in ("at iteration 150: run 2 was forked here", f"at iteration {done}: step size 0.1 to 0.05"):
        assert mark in shown
    assert sorted(event["verb"] for event in json.loads(ask("show", "1", "--json"))["events"]) == [
        *("fork", "fork", "pause", "resume", "set-step-size", "stop")
    ]


def test_runs_are_named_tagged_deleted_and_brought_back(ask: Callable[..., str], reader: Reader, path: Path) -> None:
    ask("run", "--iterations", "20")
    ask("rename", "1", "the good one")
    assert "its name was not changed" in ask("rename", "1", " \x1b[31m", code=2)
    ask("tag", "1", "keep paper,good")
    assert the_run(reader, 1).tags == ("keep", "paper", "good")
    assert "A tag is a word" in ask("tag", "1", " , ", code=2)
    ask("tag", "1", "paper good", "--remove")
    ask("note", "1", "why it is good")
    run = the_run(reader, 1)
    assert (run.name, run.tags, run.note) == ("the good one", ("keep",), "why it is good")
    assert ask("note", "1") == "why it is good\n"
    assert "give --yes. Nothing was deleted" in ask("delete", "1", code=2)
    assert "no run 99" in ask("delete", "99", code=1)
    assert "undelete" in ask("delete", "1", "--yes")
    assert "no runs yet" in ask("list")
    assert "the good one" in ask("list", "--deleted")
    assert f"lossboard --db {path} undelete 1" in ask("fork", "1", code=1)
    assert "is back" in ask("undelete", "1")
    assert "no deleted runs" in ask("purge", "--yes")
    assert "give --yes" in ask("purge", code=2)
    ask("delete", "1", "--yes")
    assert "Purged run 1" in ask("purge", "--yes")
    assert "no run 1" in ask("show", "1", code=1)


def test_what_cannot_be_done_is_said_and_the_others_are_done(ask: Callable[..., str], reader: Reader) -> None:
    ask("run", *PACED, "--detach")
    ask("run", "--iterations", "5")
    wait_for_iterations(reader, 1, 10)
    said = ask("delete", "--yes", "1", "2", "9", code=1)
    assert "Run 1 is running; stop it first" in said
    assert "Run 2 is deleted" in said
    assert "no run 9" in said
    for command in (("step-size", "1", "fast"), ("fork", "1", "--batch-size", "0"), ("workers", "0")):
        ask(*command, code=2)
    assert "no run 9" in ask("fork", "9", code=1)


def test_the_number_of_workers_is_set_and_kept(ask: Callable[..., str], reader: Reader) -> None:
    assert "At most 1 worker at once" in ask("workers", "1")
    ask("run", *PACED, "--detach")
    ask("run", *PACED, "--detach")
    wait_for_iterations(reader, 1, 10)
    told = json.loads(ask("workers", "--json"))
    assert (told["most"], told["working"], [each["run_ids"] for each in told["workers"]]) == (1, 1, [[1]])
    assert the_run(reader, 2).state == "queued"
    assert "1 more started" in ask("workers", "2")
    wait_for_iterations(reader, 2, 10)
    ask("workers", "1")
    ask("run", "--iterations", "30", "--workers", "3", "--detach")
    wait_for_state(reader, 3, "finished")
    assert "of at most 3" in ask("workers")
    ask("workers", "--default")
    assert reader.setting("workers") is None


def test_of_too_many_workers_those_beyond_leave_when_their_run_has_ended(
    ask: Callable[..., str], reader: Reader
) -> None:
    for _ in range(3):
        ask("run", *PACED, "--detach")
    wait_until(lambda: reader.counts() == {"running": 3}, TIMEOUT_S)
    ask("workers", "1")
    for _ in range(3):
        ask("run", *PACED, "--detach")
    ask("stop", "1", "2", "3")
    wait_until(lambda: reader.counts() == {"cancelled": 3, "running": 1, "queued": 2}, TIMEOUT_S)
    wait_until(lambda: len(reader.workers()) == 1, TIMEOUT_S)


def worker_in_front(path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "engine.commands.cli", "--db", str(path), "work", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_in_front_tells_what_it_does_and_leaves_when_nothing_waits(path: Path, reader: Reader) -> None:
    queue(path, defaults().changed(iterations=20), defaults().changed(iterations=20))
    out, told = worker_in_front(path).communicate(timeout=TIMEOUT_S)
    assert out == ""
    assert "run 1 at iteration 20: planned iterations done" in told
    assert reader.counts() == {"finished": 2}
    queue(path, defaults().changed(iterations=20), defaults().changed(iterations=20))
    worker_in_front(path, "--max-runs", "1").communicate(timeout=TIMEOUT_S)
    assert reader.counts() == {"finished": 3, "queued": 1}


def test_an_interrupted_worker_puts_its_run_back(path: Path, reader: Reader) -> None:
    queue(path, defaults().changed(iterations=None, seconds=600.0))
    worker = worker_in_front(path)
    wait_for_iterations(reader, 1, 100)
    worker.send_signal(signal.SIGINT)
    _, told = worker.communicate(timeout=TIMEOUT_S)
    run = the_run(reader, 1)
    assert (worker.returncode, run.state, run.reason) == (0, "queued", "its worker was told to leave")
    assert "told to leave" in told


def test_a_command_that_waits_sees_a_lost_run_taken_up(path: Path, reader: Reader) -> None:
    queue(path)
    waiting = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "engine.commands.cli",
            "--db",
            str(path),
            "run",
            "--iterations",
            "2500",
            "--pace",
            "1000",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: reader.runs(), TIMEOUT_S)
    wait_for_iterations(reader, 1, 300)
    os.kill(worker_of(reader, 1).pid, signal.SIGKILL)
    out, told = waiting.communicate(timeout=TIMEOUT_S)
    assert "another one takes it up" in told
    assert "2500" in out
    assert the_run(reader, 1).attempt == 2
