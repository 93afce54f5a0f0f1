"""What programs print goes on as before and stands in the store: of Python, of the descriptors, of children."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.store import LOST
from tests.logged.programs import ROOT, ended, ran, start
from tests.stores import query, wait_until

PRINTS = """
    import ctypes, io, os, subprocess, sys, lossboard
    run = lossboard.start(capture_output=True)
    print("python ä")
    sys.stdout.flush()
    os.write(1, b"descriptor\\n")
    ctypes.CDLL(None).puts(b"library")
    ctypes.CDLL(None).fflush(None)
    subprocess.run(["sh", "-c", "echo child; echo error >&2"])
    sys.stderr.write("warned\\n")
    os.waitpid(os.fork() or (print("forked", flush=True), os._exit(0)), 0)
"""
OUT, ERR = "python ä\ndescriptor\nlibrary\nchild\nforked\n", "error\nwarned\n"


def printed(folder: Path, stream: str) -> str:
    rows = query(folder / "runs.db", "SELECT text FROM output WHERE stream = ? ORDER BY part", stream)
    return "".join(text for (text,) in rows)


def test_it_is_printed_as_before_and_kept(tmp_path: Path) -> None:
    last = "run.finish(); print('after'); sys.stderr.write('later')"
    assert ran(tmp_path, f"{textwrap.dedent(PRINTS)}\n{last}") == (0, f"{OUT}after\n", f"{ERR}later")
    assert (printed(tmp_path, "out"), printed(tmp_path, "err")) == (OUT, ERR)


@pytest.mark.parametrize("last", ["os.kill(os.getpid(), 9)", "1 / 0"])
def test_the_last_words_of_a_program_are_kept(tmp_path: Path, last: str) -> None:
    _, output, errors = ran(tmp_path, f"{textwrap.dedent(PRINTS)}\nos.write(1, b'last')\n{last}")
    state, reason = ended(tmp_path)
    assert (state, reason == LOST) == ("failed", last != "1 / 0")
    assert (output, printed(tmp_path, "out")) == (f"{OUT}last",) * 2
    assert errors.startswith(ERR)
    assert printed(tmp_path, "err") == errors
    assert ("ZeroDivisionError" in errors) == (last == "1 / 0")


def test_a_terminal_stays_one_and_keeps_the_order(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    (tmp_path / "train.py").write_text(
        "import os, sys, lossboard\nrun = lossboard.start(capture_output=True)\n"
        "print(sys.stdout.isatty(), os.get_terminal_size(2).lines)\n"
        "for place in range(50):\n    print(place, end=' ')\n    sys.stdout.flush()\n    os.write(2, b'e')\nprint()\n"
    )
    with subprocess.Popen(
        [sys.executable, "train.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=theirs,
        stdout=theirs, stderr=theirs,
    ):  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 1 << 16):
                shown += piece
        except OSError:  # all other ends are closed
            os.close(ours)
    expected = "True 0\n" + "".join(f"{place} e" for place in range(50)) + "\n"
    assert ended(tmp_path)[0] == "finished"
    assert (shown.decode().replace("\r\n", "\n"), printed(tmp_path, "out")) == (expected, expected)


STREAMS = {
    "a notebook's": ("sys.stdout = io.StringIO()", "in Python\n"),
    "a closed one": ("os.close(1)", ""),
    "another run's": ("lossboard.start(capture_output=True, beside=True)", "in Python\n"),
}


@pytest.mark.parametrize("how", STREAMS)
def test_printing_never_breaks(tmp_path: Path, how: str) -> None:
    before, expected = STREAMS[how]
    code = f"""
        import io, os, sys, lossboard
        {before}
        run = lossboard.start(capture_output=True, beside=True)
        try:
            print("in Python", flush=True)
        except OSError as error:
            assert error.errno == 9
        os.write(2, b"error\\n")
        run.finish()
        if isinstance(sys.stdout, io.StringIO):
            assert sys.stdout.getvalue() == "in Python\\n"
            sys.stdout = sys.__stdout__
    """
    code, _, errors = ran(tmp_path, code)  # type: ignore[assignment]
    assert "Traceback" not in errors
    said = "lossboard: another run captures the output of this program already\n" if how == "another run's" else ""
    assert (printed(tmp_path, "out"), printed(tmp_path, "err")) == (expected, f"{said}error\n")


def test_a_recorder_that_is_killed_leaves_printing_alone_and_nothing_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    code = """
        import sys, lossboard
        run = lossboard.start(capture_output=True)
        print("before", flush=True)
        sys.stdin.readline()
        print("after", flush=True)
    """
    with start(tmp_path, code, stdin=subprocess.PIPE) as process:
        wait_until(lambda: path.exists() and query(path, "SELECT 1 FROM output"))
        [(recorder,)] = query(path, "SELECT pid FROM workers JOIN runs USING (worker_id)")
        os.kill(recorder, signal.SIGKILL)
        output, _ = process.communicate("\n", timeout=60)
    assert ended(tmp_path) == ("finished", "")
    assert (output, printed(tmp_path, "out")) == ("before\nafter\n",) * 2


def test_what_a_program_uses_is_logged_at_its_step(tmp_path: Path) -> None:
    code = """
        import lossboard, os, time
        run = lossboard.start(system_metrics=True)
        end = time.process_time() + 0.05
        while time.process_time() < end: pass
        run.log(loss=1.0)
        child = os.fork()
        if child == 0:
            time.sleep(0.05)
            os._exit(0)
        os.waitpid(child, 0)
    """
    assert ran(tmp_path, code)[0] == 0
    sql = "SELECT metric, step, value FROM logged_values WHERE metric GLOB 'system/*' ORDER BY metric"
    (cpu, at, percent), (memory, _, size) = query(tmp_path / "runs.db", sql)
    assert (cpu, memory, at) == ("system/cpu", "system/memory", 0)
    assert 1 < percent < 400
    assert 5 < size < 200
