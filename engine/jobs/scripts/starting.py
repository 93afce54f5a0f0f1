"""Starting: a command becomes a process in a session of its own, once the store knows that process."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.jobs.processes.liveness import identify
from engine.store import Process
from engine.text import clean

STARTER = Path(__file__).with_name("starter.py")
PIPE_BYTES = 1 << 20
"""What a pipe holds where the system allows it, so that a script goes on while its worker waits for a locked store."""


class CannotStart(Exception):
    """Why a command cannot be started, as a sentence."""


@dataclass
class Started:
    """A process that will be the command once `go` is called, and its two pipes."""

    child: subprocess.Popen[bytes]
    process: Process
    gate: int

    def go(self) -> None:
        """Let it become the command."""
        os.write(self.gate, b"g")
        self.close_gate()

    def close_gate(self) -> None:
        """Close the pipe on which it waits: where it still does, it ends."""
        if self.gate >= 0:
            os.close(self.gate)
            self.gate = -1


def start(words: Sequence[str], folder: str, environment: Mapping[str, str]) -> Started:
    """Start a process in a folder that waits for `go`. Raises CannotStart."""
    if not os.path.isdir(folder):
        raise CannotStart(f"the folder {clean(folder, 200)} in which it was launched is not here")
    program = words[0]
    if os.sep in program:
        is_there = os.access(os.path.join(folder, program), os.X_OK)
    else:
        is_there = shutil.which(program, path=environment.get("PATH")) is not None
    if not is_there:
        raise CannotStart(f"there is no program {clean(program, 100)!r} that could be run")
    waits, gate = os.pipe()
    try:
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(STARTER), str(waits), str(os.getpid()), *words],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(waits,),
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        os.close(gate)
        raise CannotStart(f"it cannot be started: {error}") from error
    finally:
        os.close(waits)
    process = identify(child.pid)
    if process is None:
        os.close(gate)
        child.wait()
        raise CannotStart("it ended before it was started")
    for pipe in (child.stdout, child.stderr):
        assert pipe is not None
        os.set_blocking(pipe.fileno(), False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            try:
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            except OSError:  # more than this user may have: the usual size stays
                break
    return Started(child, process, gate)
