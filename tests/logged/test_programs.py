"""Programs that log, as their users have them: they end in every way, fork, and have files under our names."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from engine.jobs.people import steer
from engine.jobs.processes.liveness import identify
from engine.jobs.processes.spilled import spilled
from engine.store import LOST
from tests.logged.programs import FOREVER, PACED, ended, logged, ran, returned, start, wait_for_calls
from tests.stores import query, wait_until

ENDINGS = {
    "exit": ("lossboard.finish()", 0, "finished", ""),
    "end of file": ("", 0, "finished", ""),
    "exception": ("1 / 0", 1, "failed", "ZeroDivisionError: division by zero (train.py, line 4)"),
    "exit code": ("with run: raise SystemExit(3)", 3, "failed", "its program ended with exit code 3"),
    "sys.exit": ("import sys; sys.exit(3)", 3, "failed", "its program ended with exit code 3"),
    "ctrl-C": ("import os; os.kill(os.getpid(), 2); import time; time.sleep(9)", -2, "cancelled", "stopped by ctrl-C"),
    "SIGTERM": (
        "import os; os.kill(os.getpid(), 15); import time; time.sleep(9)",
        -15,
        "cancelled",
        "stopped by SIGTERM",
    ),
    "kill -9": ("import os; os.kill(os.getpid(), 9)", -9, "failed", LOST),
    "os._exit": ("import os; os._exit(0)", 0, "failed", LOST),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_a_run_ends_as_its_program_does(tmp_path: Path, how: str) -> None:
    last, code, state, reason = ENDINGS[how]
    told, _, errors = ran(tmp_path, f"import lossboard\nrun = lossboard.start()\nrun.log(loss=1.0)\n{last}\n")
    assert told == code, errors
    assert ended(tmp_path) == (state, reason)
    assert logged(tmp_path) == {0: 1.0}
    assert query(tmp_path / "runs.db", "SELECT name FROM runs") == [("train",)]


def test_what_has_returned_is_stored_whenever_the_program_is_killed(tmp_path: Path) -> None:
    with start(tmp_path, FOREVER) as process:
        wait_for_calls(tmp_path, 20_000)
        process.kill()
    assert ended(tmp_path) == ("failed", LOST)
    steps, count = logged(tmp_path), returned(tmp_path)
    assert len(steps) >= count
    assert [steps[step] for step in range(count)] == [step * 0.5 for step in range(count)]


RECORDER = "SELECT pid FROM workers JOIN runs USING (worker_id) WHERE attempt = ?"


def test_a_recorder_that_is_killed_is_replaced_and_nothing_is_lost_or_double(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with start(tmp_path, PACED) as process:
        for blow in range(2):
            wait_until(lambda: path.exists() and query(path, "SELECT 1 FROM runs WHERE received > 10000"))
            wait_until(partial(query, path, RECORDER, blow + 1))
            os.kill(query(path, RECORDER, blow + 1)[0][0], signal.SIGKILL)
        wait_until(lambda: query(path, "SELECT 1 FROM runs WHERE attempt = 3"))
        process.terminate()
    assert ended(tmp_path) == ("cancelled", "stopped by SIGTERM")
    steps, count = logged(tmp_path), returned(tmp_path)
    assert len(steps) >= count
    assert sorted(steps) == list(range(len(steps)))
    assert query(path, "SELECT count(*) FROM runs") == [(1,)]


@pytest.mark.parametrize("who", ["the next program", "the board"])
def test_nothing_is_lost_where_both_are_killed_at_once(tmp_path: Path, who: str) -> None:
    path = tmp_path / "runs.db"
    with start(tmp_path, FOREVER) as process:
        wait_for_calls(tmp_path, 20_000)
        wait_until(lambda: path.exists() and query(path, RECORDER, 1))
        recorder = query(path, RECORDER, 1)[0][0]
        os.kill(recorder, signal.SIGSTOP)  # lies behind, and is killed with its program
        wait_for_calls(tmp_path, returned(tmp_path) + 20_000)
        process.kill()
        os.kill(recorder, signal.SIGKILL)
    count = returned(tmp_path)
    assert {each.stat().st_mode & 0o777 for each in spilled(path)} == {0o600}
    if who == "the board":
        wait_until(lambda: identify(recorder) is None)
        assert steer.recover(path) == [1]
    else:
        assert ran(tmp_path, "import lossboard\nlossboard.start('next').finish()\n")[0] == 0
    wait_until(lambda: not spilled(path))
    steps = logged(tmp_path)
    assert [steps[step] for step in range(count)] == [step * 0.5 for step in range(count)]
    assert query(path, "SELECT state, reason FROM runs WHERE run_id = 1") == [("failed", LOST)]


FORKS = """
    import os, lossboard, signal, threading
    run = lossboard.start("forks")
    run.log(loss=1.0)
    child = os.fork()
    if child == 0:
        open("handler", "w").write(repr(signal.getsignal(signal.SIGTERM)))
        run.log(loss=2.0)
        lossboard.finish()
        os.read(0, 1)  # outlives its parent
        os._exit(0)
    def logs(n):
        for step in range(2000):
            run.log({f"t{n}": step}, step=step)
    threads = [threading.Thread(target=logs, args=[n]) for n in range(4)]
    for each in threads: each.start()
    for each in threads: each.join()
    run.log(loss=3.0, step=1)
    os.kill(os.getpid(), 9)
"""


def test_children_keep_still_and_threads_log(tmp_path: Path) -> None:
    read, write = os.pipe()
    try:
        with start(tmp_path, FORKS, stdin=read) as process:
            process.wait(60)
        assert ended(tmp_path) == ("failed", LOST)
        assert logged(tmp_path) == {0: 1.0, 1: 3.0}
        assert (tmp_path / "handler").read_text() == repr(signal.SIG_DFL)
        for thread in range(4):
            assert logged(tmp_path, f"t{thread}") == {step: float(step) for step in range(2000)}
    finally:
        os.close(write)
        os.close(read)


@pytest.mark.parametrize("manner", ["beside the program", "PYTHONPATH"])
def test_files_under_our_names_change_nothing(tmp_path: Path, manner: str) -> None:
    folder = tmp_path if manner == "beside the program" else tmp_path / "theirs"
    folder.mkdir(exist_ok=True)
    for name in ("engine", "tui", "numpy", "sqlite_utils", "wire"):
        (folder / f"{name}.py").write_text("raise RuntimeError('not ours')\n")
    path = os.pathsep.join([*([str(folder)] if folder != tmp_path else []), str(Path(__file__).parents[2])])
    code, _, errors = ran(
        tmp_path, "import lossboard\nwith lossboard.start() as run:\n    run.log(loss=1.0)\n", PYTHONPATH=path
    )
    assert (code, errors) == (0, "")
    assert logged(tmp_path) == {0: 1.0}
    assert ended(tmp_path) == ("finished", "")
