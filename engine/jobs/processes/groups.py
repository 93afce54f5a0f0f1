"""Groups: the processes of a script, which has a session of its own: whether any is left, and how they are ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from engine.jobs.processes.liveness import PROC, boot_id, process_fields
from engine.store import Process

GROUP, SESSION, START = 2, 3, 19
"""Places of what /proc/PID/stat tells, from the state letter on."""

ATTACH = "LOSSBOARD_RUN"
"""The variable that every script gets; it names its store, run and attempt."""

GONE_S = 2.0
POLL_S = 0.01


def process_text(process: Process) -> str:
    """A process as it is stored with its run."""
    return f"{process.host} {process.boot_id} {process.pid} {process.start_ticks}"


def process_of(text: str) -> Process | None:
    """The process of a stored text; None for any other text."""
    parts = text.rsplit(" ", 3)
    if len(parts) != 4 or not (parts[2].isdecimal() and parts[3].isdecimal()):
        return None
    return Process(parts[0], parts[1], int(parts[2]), int(parts[3]))


def is_elsewhere(leader: Process) -> bool:
    """Whether a script was started on another machine or in another container, where nothing can be ended from here."""
    machine, _, namespace = boot_id().partition("/")
    their_machine, _, their_namespace = leader.boot_id.partition("/")
    if leader.host != os.uname().nodename:
        return True
    return machine == their_machine and namespace != their_namespace


def members(leader: Process) -> list[int]:
    """The processes of the session that a script leads or led, zombies aside.

    While one of them lives, no other process gets the leader's number. Where the leader itself is gone, only those
    count that still have the variable which every script gets: a foreign process is never taken for one of them.
    """
    if leader.boot_id != boot_id() or leader.host != os.uname().nodename:
        return []
    if not PROC.joinpath("self").exists():
        return [leader.pid] if _answers(leader.pid) else []
    first = process_fields(leader.pid)
    is_there = len(first) > START
    if is_there and int(first[START]) != leader.start_ticks:
        return []
    found = []
    for name in os.listdir(PROC):
        if not name.isdecimal():
            continue
        fields = process_fields(int(name))
        if len(fields) > START and fields[0] not in ("Z", "X") and str(leader.pid) in (fields[GROUP], fields[SESSION]):
            found.append(int(name))
    return found if is_there else [pid for pid in found if _has_variable(pid)]


def send(leader: Process, number: signal.Signals) -> None:
    """Send a signal to every process of a script."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader.pid, number)
    for pid in members(leader):
        if pid != leader.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def end_all(leader: Process, seconds: float = GONE_S) -> bool:
    """Kill every process of a script and wait until none is left; whether that is so. One that another user owns, or
    that the system holds, may stay."""
    until = time.monotonic() + seconds
    while left := members(leader):
        send(leader, signal.SIGKILL)
        if time.monotonic() > until:
            return not left
        time.sleep(POLL_S)
    return True


def _has_variable(pid: int) -> bool:
    try:
        return f"{ATTACH}=".encode() in (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False


def _answers(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
