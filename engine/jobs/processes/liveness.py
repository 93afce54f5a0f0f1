"""Liveness: whether workers and their runs are alive; judged at each read and never stored, so it may be revised."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from engine.store import Process, Run, Worker
from engine.store.file.timing import boot_seconds

SILENT_AFTER_S = 15.0
"""Seconds without a heartbeat after which a run is silent: workers write one at least each second, but one iteration
of a large problem may take several."""

PROC = Path("/proc")


def this_process() -> Process:
    """The identity of this process. Raises RuntimeError when its start time cannot be read."""
    found = identify(os.getpid())
    if found is None:
        raise RuntimeError("this process cannot tell when it was started: neither /proc nor ps answers")
    return found


def identify(pid: int) -> Process | None:
    """The identity of the process that has this pid now; None when there is none or it has ended."""
    ticks = _start_ticks(pid)
    return None if ticks is None else Process(os.uname().nodename, boot_id(), pid, ticks)


@cache
def boot_id() -> str:
    """The id of this machine's current boot, and after a slash the pid namespace; without /proc the boot time alone."""
    try:
        namespace = os.readlink(PROC / "self/ns/pid")
        return f"{(PROC / 'sys/kernel/random/boot_id').read_text().strip()}/{namespace}"
    except OSError:
        return _output_of("sysctl", "-n", "kern.boottime") or "unknown"


def is_alive(worker: Worker) -> bool | None:
    """True while a worker's process runs; None when that is unknown (another machine or container)."""
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
    """True while a worker's process is stopped (SIGSTOP); it may continue at any time."""
    return is_alive(worker) is True and process_fields(worker.pid)[0] in ("T", "t")


def works(worker: Worker) -> bool:
    """True unless a worker is known to be dead or stopped, or is a recorder, which takes no runs."""
    return not worker.is_recorder and is_alive(worker) is not False and not is_stopped(worker)


def silence_s(worker: Worker, heartbeat_s: float | None, now_s: float) -> float | None:
    """Seconds from a heartbeat to `now_s`; None without one, or when its clock is of another boot or machine."""
    if heartbeat_s is None or worker.boot_id.partition("/")[0] != boot_id().partition("/")[0]:
        return None
    return now_s - heartbeat_s


def at_work(workers: Iterable[Worker]) -> int:
    """Number of workers that are not known to be dead or stopped."""
    return sum(map(works, workers))


def judge(run: Run, workers: Sequence[Worker], now_s: float | None = None) -> str:
    """The status of a run: its stored state, or 'lost' (its process has ended), 'silent' (no heartbeat for
    SILENT_AFTER_S), 'waiting' (it cannot write; `run.reason` says why) or 'diverged' (finished after divergence). A run
    of a program of its own that ended without a word is lost for good: nobody takes it up.

    `workers` are those that have not left, read after the run; `now_s` is seconds on the clock of heartbeats. A worker
    not among them has ended this run since the run was read.
    """
    if run.state == "finished" and run.diverged_at is not None:
        return "diverged"
    if run.state == "failed" and run.kind != "engine" and run.times_lost:
        return "lost"
    if run.state != "running" and not (run.state == "paused" and run.kind == "script"):
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
    """Ids of the runs that are stored as running although their process has ended."""
    return frozenset(run.run_id for run in runs if judge(run, workers) == "lost")


def _start_ticks(pid: int) -> int | None:
    """Start time of a process in clock ticks since boot; None when it has ended.

    Without /proc: seconds since the epoch, from `ps`.
    """
    fields = process_fields(pid)
    if not fields[0]:
        return None if PROC.joinpath("self").exists() else _start_from_ps(pid)
    return None if fields[0] in ("Z", "X") else int(fields[19])


def process_fields(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state letter on; [''] when there are none."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return [""]
    # The command's name is in parentheses and may itself contain parentheses and spaces.
    return text.rpartition(")")[2].split()


def _start_from_ps(pid: int) -> int | None:
    from datetime import datetime

    output = _output_of("ps", "-o", "stat=,lstart=", "-p", str(pid)).split(None, 1)
    if len(output) != 2 or output[0].startswith("Z"):
        return None
    return int(datetime.strptime(output[1].strip(), "%a %b %d %H:%M:%S %Y").timestamp())


def _output_of(*command: str) -> str:
    try:
        environment = {**os.environ, "LC_ALL": "C"}
        result = subprocess.run(command, capture_output=True, text=True, timeout=5, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip()
