"""Watching: starts the process that follows files, and hears what it says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from engine.files.own_process import own_command
from engine.jobs.processes.logs import open_log
from engine.jobs.processes.threads import ONE_THREAD

LEAVE_S = 10.0
MOST_SAID = 1 << 16


@dataclass(frozen=True, slots=True)
class Watch:
    """A follower that leaves when this process ends, however it ends, or when `leave` is called."""

    process: subprocess.Popen[bytes]
    said: int

    def leave(self) -> list[str]:
        """Let it take in what is left and leave; returns what it has said."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            return [f"Process {self.process.pid} still takes in what is left."]
        finally:
            text = os.read(self.said, MOST_SAID)
            os.close(self.said)
        return text.decode("utf-8", "replace").splitlines()


def start_watch(store: str | os.PathLike[str], paths: Sequence[str | os.PathLike[str]]) -> Watch:
    """Start a follower of paths that belongs to this process."""
    read, write = os.pipe()
    for descriptor in (read, write):  # neither keeps the other waiting
        os.set_blocking(descriptor, False)
    try:
        return Watch(_start(store, paths, subprocess.PIPE, write), read)
    finally:
        os.close(write)


def start_detached(store: str | os.PathLike[str], paths: Sequence[str | os.PathLike[str]]) -> int:
    """Start a follower of paths that goes on by itself; its process id."""
    return _start(store, paths, subprocess.DEVNULL, subprocess.DEVNULL).pid


def _start(
    store: str | os.PathLike[str], paths: Sequence[str | os.PathLike[str]], stdin: int, stdout: int
) -> subprocess.Popen[bytes]:
    """Start a follower in a session of its own, so that ctrl-C ends the screen and not what it shows."""
    descriptor, log = open_log()
    command = own_command("engine", "engine.jobs.imports.follower")
    try:
        return subprocess.Popen(
            [*command, os.path.abspath(store), log, *map(os.path.abspath, paths)],
            stdin=stdin, stdout=stdout, stderr=descriptor, start_new_session=True, env={**os.environ, **ONE_THREAD},
        )  # fmt: skip
    finally:
        os.close(descriptor)
