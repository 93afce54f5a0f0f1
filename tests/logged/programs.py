"""Programs that log: written into a folder of their own, started, killed, and what the store has of them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.stores import query, wait_until

ROOT = Path(__file__).parents[2]

FOREVER = """
    import mmap, os, lossboard
    kept = mmap.mmap(os.open("count", os.O_RDWR | os.O_CREAT), 8)
    with lossboard.start("forever") as run:
        step = 0
        while True:
            run.log(loss=step * 0.5)
            step += 1
            kept[:8] = step.to_bytes(8, "little")
"""
"""Logs as fast as it can; `count` has how many of its calls have returned, whatever ends it."""


PACED = FOREVER.replace("import mmap", "import time, mmap").replace("step += 1", "step += 1; time.sleep(2e-4)")
"""The same a few thousand times a second, which leaves time for others."""


def start(folder: Path, text: str, stdin: int | None = None, **environment: str) -> subprocess.Popen[str]:
    """Start a program in a folder; its store is runs.db there."""
    path = folder / "train.py"
    path.write_text(textwrap.dedent(text))
    (folder / "count").write_bytes(bytes(8))
    return subprocess.Popen(
        [sys.executable, str(path)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ran(folder: Path, text: str, **environment: str) -> tuple[int, str, str]:
    """(exit code, output, errors) of a program that has come to its end."""
    with start(folder, text, None, **environment) as process:
        output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


def returned(folder: Path) -> int:
    """How many calls of FOREVER have returned."""
    return int.from_bytes((folder / "count").read_bytes()[:8], "little")


def wait_for_calls(folder: Path, count: int) -> None:
    """Return once FOREVER has made so many calls."""
    wait_until(lambda: returned(folder) >= count, 60, f"{count} calls")


def ended(folder: Path) -> tuple[str, str]:
    """(state, reason) of the newest run once it has ended."""
    path = folder / "runs.db"
    newest = "SELECT state, reason FROM runs ORDER BY run_id DESC LIMIT 1"
    wait_until(lambda: path.exists() and query(path, newest) and query(path, newest)[0][0] != "running", 60, "an end")
    state, reason = query(path, newest)[0]
    return state, reason


def logged(folder: Path, metric: str = "loss", run_id: int = 1) -> dict[int, float | None]:
    """The values of a metric by step."""
    sql = "SELECT step, value FROM logged_values WHERE run_id = ? AND metric = ?"
    return dict(query(folder / "runs.db", sql, run_id, metric))
