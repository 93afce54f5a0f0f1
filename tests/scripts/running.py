"""What the tests of scripts share: commands, queued without starting anybody, and the processes left of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.jobs.scripts.environment import recorded
from engine.jobs.worker.worker_loop import work
from engine.spec.script import ScriptSpec, script
from engine.store import Run, open_for_reading, open_for_writing
from tests.stores import query

PROC = Path("/proc")


def python(text: str, folder: Path, **more: object) -> ScriptSpec:
    """A program of Python's as a script; {lr} and the like in it are placeholders."""
    return script([sys.executable, "-c", text], str(folder), **more)  # type: ignore[arg-type]


def shell(text: str, folder: Path, **more: object) -> ScriptSpec:
    """Some lines of shell as a script."""
    return script(["sh", "-c", text], str(folder), **more)  # type: ignore[arg-type]


def queue(path: Path, *specs: ScriptSpec) -> list[int]:
    """Queue scripts, in the environment of this process."""
    kept, _ = recorded(os.environ)
    with open_for_writing(path) as store:
        return store.scripts.add(specs, [spec.label for spec in specs], kept)


def ran(path: Path, *specs: ScriptSpec) -> list[Run]:
    """The runs of scripts, once this process has worked on them."""
    run_ids = queue(path, *specs)
    work(path, leave=lambda: False)
    return [the_run(path, run_id) for run_id in run_ids]


def the_run(path: Path, run_id: int) -> Run:
    reader = open_for_reading(path)
    try:
        return reader.the_run(run_id)
    finally:
        reader.close()


def output(path: Path, run_id: int = 1, stream: str = "out") -> str:
    """What a run has printed on a stream."""
    rows = query(path, "SELECT text FROM output WHERE run_id = ? AND stream = ? ORDER BY part", run_id, stream)
    return "".join(text for (text,) in rows)


def curve(path: Path, metric: str = "loss", run_id: int = 1) -> dict[int, float | None]:
    """The values of a metric by step."""
    sql = "SELECT step, value FROM logged_values WHERE run_id = ? AND metric = ?"
    return dict(query(path, sql, run_id, metric))


def left_of(path: Path) -> dict[int, str]:
    """The processes of a store's scripts by pid: their state letter, Z for a zombie. Recorders are none."""
    found = {}
    for entry in PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            state, _, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            variables = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"LOSSBOARD_RUN=" in variables and str(path).encode() in variables and b"recorder" not in command:
            found[int(entry.name)] = state
    return found


def zombies_of(pid: int) -> list[int]:
    """The children of a process that have ended, and nobody has asked how."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            try:
                state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if state == "Z" and int(parent) == pid:
                found.append(int(entry.name))
    return found
