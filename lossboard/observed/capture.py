"""Capture: what a program prints goes on to where it went, and a copy into memory that its recorder reads.

A `tee` of the system stands in the way: it neither needs this process to go on nor its interpreter's lock, so that an
extension that prints much, a crash and a child that outlives the program print as before. Where Python's own stream is
another one, as in a notebook, that is copied, too.
"""

from __future__ import annotations

import os
import signal
import sys
from time import monotonic, sleep

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

STREAMS = {"out": (1, "stdout"), "err": (2, "stderr")}

DRAIN_S = 0.5
"""Longest wait for what was printed to have gone on; children that print on keep their `tee`."""

MOST_UNREAD = 64 << 20
"""Bytes beyond which what was printed and not stored is dropped: a recorder may be stopped for long."""

HIGH = 10
"""The least descriptor for what is kept open: lower ones are given to the `tee` under their numbers."""

_active: Capture | None = None


class Capture:
    """What this program prints, until `release`. `printed` has the memory of each stream by its name.

    Standard output and error that go to the same place are one stream, `out`, so that their order stays.
    """

    def __init__(self) -> None:
        self.printed: dict[str, int] = {}
        self._saved: list[tuple[int, int]] = []
        self._terminals: list[tuple[int, int]] = []
        self._tees: set[int] = set()
        self._copied: list[tuple[str, Copied]] = []
        self._kept: list[int] = []
        _flush()
        is_one = _place(1) == _place(2) is not None
        for stream, (number, name) in STREAMS.items():
            if stream == "err" and is_one and "out" in self.printed:
                self._saved.append((_high(os.dup(2)), 2))
                os.dup2(1, 2)
            else:
                self._redirect(stream, number)
            self._copy(stream if stream in self.printed else "out", number, name)

    def tend(self) -> None:
        """Pass on the size of the terminal, drop what nobody reads, and print past a `tee` that has ended."""
        for ours, theirs in self._terminals:
            _resize(ours, theirs)
        for descriptor in self.printed.values():
            if os.fstat(descriptor).st_blocks * 512 > MOST_UNREAD:
                os.ftruncate(descriptor, 0)
        if any(_has_ended(tee) for tee in self._tees):
            self._restore()

    def release(self) -> None:
        """Print as before again, and wait until what was printed has gone on."""
        global _active
        _flush()
        self._restore()
        end = monotonic() + DRAIN_S
        while self._tees and monotonic() < end:
            self._tees = {tee for tee in self._tees if not _has_ended(tee)}
            sleep(0.001)
        for descriptor in self._kept:
            os.close(descriptor)
        self._kept = []
        _active = None

    def _redirect(self, stream: str, number: int) -> None:
        """Have a descriptor lead to a `tee`, whose output is where it led; leave it where it is closed."""
        try:
            before = _high(os.dup(number))
        except OSError:
            return
        memory = _high(os.memfd_create("lossboard-output"))
        ours, theirs = _terminal(before) if os.isatty(before) else os.pipe()
        ours, theirs = _high(ours), _high(theirs)
        try:
            self._tees.add(_tee(ours, before, memory))
        except OSError:
            for descriptor in (before, memory, theirs):
                os.close(descriptor)
            return
        finally:
            os.close(ours)
        os.dup2(theirs, number)
        if os.isatty(before):
            self._terminals.append((before, theirs))
            self._kept.append(theirs)
        else:
            os.close(theirs)
        self._saved.append((before, number))
        self.printed[stream] = memory

    def _copy(self, stream: str, number: int, name: str) -> None:
        """Copy what Python prints, where its stream does not lead to the descriptor."""
        there = getattr(sys, name)
        if there is None or _number(there) == number:
            return
        if stream not in self.printed:
            self.printed[stream] = _high(os.memfd_create("lossboard-output"))
        memory = os.open(f"/proc/self/fd/{self.printed[stream]}", os.O_WRONLY | os.O_APPEND)
        self._kept.append(memory)
        copied = Copied(there, memory)
        setattr(sys, name, copied)
        self._copied.append((name, copied))

    def _restore(self) -> None:
        for name, copied in self._copied:
            if getattr(sys, name) is copied:
                setattr(sys, name, copied.behind)
            copied.memory = -1
        while self._saved:
            before, number = self._saved.pop()
            os.dup2(before, number)
            os.close(before)
        for _, theirs in self._terminals:
            os.close(theirs)
            self._kept.remove(theirs)
        self._terminals, self._copied = [], []

    def close(self) -> None:
        """Close the memory of the streams, once nobody needs it."""
        while self.printed:
            os.close(self.printed.popitem()[1])


class Copied:
    """A text stream that writes a copy into memory."""

    def __init__(self, behind: Any, memory: int) -> None:
        self.behind, self.memory = behind, memory

    def write(self, text: str) -> int:
        """Write a text, first to where it goes."""
        written = self.behind.write(text)
        if self.memory >= 0:
            try:
                os.write(self.memory, text.encode("utf-8", "replace"))
            except (OSError, AttributeError):
                self.memory = -1
        return int(written or 0)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)

    def __iter__(self) -> Any:
        return iter(self.behind)


def capture(say: Callable[[str], None]) -> Capture | None:
    """Begin to capture; None where that cannot be, which is said in a sentence."""
    global _active
    if _active is not None:
        say("another run captures the output of this program already")
    elif not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):
        say("output is captured on Linux only")
    else:
        _active = Capture()
        if not _active.printed:
            _active = None
            say("there is no output that could be captured")
    return _active


def _tee(source: int, target: int, memory: int) -> int:
    """Start a `tee` from a descriptor to another one and into memory, in a session of its own; its process id."""
    return os.posix_spawnp(
        "tee",
        ["tee", "-i", "-a", "/dev/fd/3"],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_DUP2, source, 0),
            (os.POSIX_SPAWN_DUP2, target, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, memory, 3),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGTERM, signal.SIGHUP],
    )


def _terminal(like: int) -> tuple[int, int]:
    """Both ends of a terminal of the same size, which passes on what is written as it is."""
    import termios

    ours, theirs = os.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    _resize(like, theirs)
    return ours, theirs


def _resize(like: int, other: int) -> None:
    import fcntl
    import termios

    try:
        size = fcntl.ioctl(like, termios.TIOCGWINSZ, bytes(8))
        if size != fcntl.ioctl(other, termios.TIOCGWINSZ, bytes(8)):
            fcntl.ioctl(other, termios.TIOCSWINSZ, size)
    except OSError:
        return  # a terminal that has been closed


def _high(descriptor: int) -> int:
    """The same open file under a number that no `tee` needs."""
    import fcntl

    found = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, HIGH)
    os.close(descriptor)
    return found


def _place(number: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _number(stream: Any) -> int:
    """The descriptor of a stream; -1 where it has none."""
    try:
        return int(stream.fileno())
    except Exception:  # a stream of a notebook, or a closed one
        return -1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # a closed stream, or none
            continue


def _has_ended(process: int) -> bool:
    try:
        return os.waitpid(process, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True  # somebody else has waited for it
