"""Is a run's process alive? Judged whenever somebody looks, never stored: a judgement may be revised."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from engine.store import Process, Run, Worker
from engine.store.file.timing import boot_seconds

SILENT_AFTER_S = 15.0
"""A worker writes a heartbeat at least each second; one iteration of a large problem may take several."""

PROC = Path("/proc")


def this_process() -> Process:
    """Who this process is."""
    found = identify(os.getpid())
    if found is None:
        raise RuntimeError("this process cannot tell when it was started: neither /proc nor ps answers")
    return found


def identify(pid: int) -> Process | None:
    """The process that has this pid now, None when there is none or it has ended."""
    ticks = _start_ticks(pid)
    return None if ticks is None else Process(os.uname().nodename, boot_id(), pid, ticks)


@cache
def boot_id() -> str:
    """What this machine's current start is called, and the pid namespace that pids are counted in."""
    try:
        namespace = os.readlink(PROC / "self/ns/pid")
        return f"{(PROC / 'sys/kernel/random/boot_id').read_text().strip()}/{namespace}"
    except OSError:
        return _said_by("sysctl", "-n", "kern.boottime") or "unknown"


def is_alive(worker: Worker) -> bool | None:
    """Whether a worker's process still runs; None when it cannot be told from here (another machine or container)."""
    if worker.host != os.uname().nodename:
        return None
    machine, _, namespace = boot_id().partition("/")
    their_machine, _, their_namespace = worker.boot_id.partition("/")
    if their_machine != machine:
        return False
    if their_namespace != namespace:
        return None
    return _start_ticks(worker.pid) == worker.start_ticks


def is_stopped(worker: Worker) -> bool:
    """Whether a worker's process is there but stopped (SIGSTOP): it may go on at any time."""
    return is_alive(worker) is True and _stat(worker.pid)[0] in ("T", "t")


def works(worker: Worker) -> bool:
    """Whether a worker is there to take runs, as far as can be told from here."""
    return is_alive(worker) is not False and not is_stopped(worker)


def silence_s(worker: Worker, heartbeat_s: float | None, now_s: float) -> float | None:
    """Seconds since a heartbeat; None where its clock is another machine's."""
    if heartbeat_s is None or worker.boot_id.partition("/")[0] != boot_id().partition("/")[0]:
        return None
    return now_s - heartbeat_s


def at_work(workers: Iterable[Worker]) -> int:
    """How many of these workers are there to take runs, as far as can be told from here: a stopped one is not."""
    return sum(map(works, workers))


def judge(run: Run, workers: Sequence[Worker], now_s: float | None = None) -> str:
    """The status of a run: its stored state, or 'lost' (its process is gone), 'silent' (no heartbeat lately),
    'waiting' (it cannot write; `run.reason` says why) or 'diverged' (it finished because its loss ran away).

    `workers` are those that have not left, read after the run; `now_s` is on the clock of the
    heartbeats. A worker that is not among them has ended this run since the run was read.
    """
    if run.state == "finished" and run.diverged_at is not None:
        return "diverged"
    if run.state != "running":
        return run.state
    worker = next((worker for worker in workers if worker.worker_id == run.worker_id), None)
    if worker is None:
        return run.state
    living = is_alive(worker)
    if living is False:
        return "lost"
    silent_s = silence_s(worker, run.heartbeat_s, boot_seconds() if now_s is None else now_s)
    if silent_s is not None and silent_s > SILENT_AFTER_S:
        return "silent"
    return "waiting" if run.reason else run.state


def lost(runs: Iterable[Run], workers: Sequence[Worker]) -> frozenset[int]:
    """The ids of the runs whose process is gone although they are stored as running."""
    return frozenset(run.run_id for run in runs if judge(run, workers) == "lost")


def _start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since the machine did; None when it has ended.

    Where there is no /proc, the seconds since the machine's epoch as `ps` tells them.
    """
    fields = _stat(pid)
    if not fields[0]:
        return None if PROC.joinpath("self").exists() else _started_by_ps(pid)
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _stat(pid: int) -> list[str]:
    """What /proc says of a process from its state letter on; [''] where it says nothing."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return [""]
    # The command's name stands in parentheses and may itself hold parentheses and spaces.
    return text.rpartition(")")[2].split()


def _started_by_ps(pid: int) -> int | None:
    from datetime import datetime

    said = _said_by("ps", "-o", "stat=,lstart=", "-p", str(pid)).split(None, 1)
    if len(said) != 2 or said[0].startswith("Z"):
        return None
    return int(datetime.strptime(said[1].strip(), "%a %b %d %H:%M:%S %Y").timestamp())


def _said_by(*command: str) -> str:
    try:
        environment = {**os.environ, "LC_ALL": "C"}
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()
