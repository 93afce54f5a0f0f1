"""Link: a program's side of its recorder: starts it, hands it the stream, hears what is stored and what was told.

A thread listens; it costs nothing while nothing comes. A recorder that dies is replaced by another one, which gets what
is not stored yet. The end of the socket is how the recorder sees that the program is gone.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from lossboard.segments import Segment, Stream
from lossboard.wire import (
    COMMAND,
    NOTICE,
    OF_STREAM,
    POSITION,
    SEGMENT,
    STORED,
    WELCOME,
    Damaged,
    Frames,
    content_of,
)

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

LISTEN_S = 0.25
MOST_FAILURES = 5
"""Recorders that end without having stored anything, after which no other is started."""

PAUSE_S = 0.1

SOCKET = 3
"""The descriptor under which a recorder finds its socket."""

Told = Callable[[int, "Any"], None]
"""(kind, content) of a frame from the recorder: WELCOME, COMMAND or NOTICE."""


class Link:
    """The recorder of one stream, and the thread that listens to it."""

    def __init__(self, stream: Stream, store: str, told: Told, printed: Mapping[str, int] | None = None) -> None:
        self.stored = 0
        """The position up to which the stream is stored."""
        self.recorder = 0
        """The recorder's process id; 0 while there is none."""
        self.end: int | None = None
        """The position after the run's end; None while it goes on. Set under the stream's lock, with what it ends."""
        self.gave_up = False
        self.tend: Callable[[], None] | None = None
        """What the thread that listens is to do now and then."""
        self._stream, self._store, self._told = stream, store, told
        self._printed = printed or {}
        self._news = threading.Condition()
        self._failures = 0
        self._is_closing = False
        self._socket: socket.socket | None = None
        self._start()
        self._thread = threading.Thread(target=self._listen, name="lossboard", daemon=True)
        self._thread.start()

    def wait_for(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds that the recorder brings about, at most so long; whether it does."""
        with self._news:
            return self._news.wait_for(lambda: reached() or self.gave_up, seconds) and reached()

    def close(self) -> None:
        """Hang up; the recorder stores what it has and leaves."""
        with self._stream.lock:
            self._is_closing = True
            self._hang_up()

    @property
    def _is_over(self) -> bool:
        """Whether no recorder is needed any more: the program has hung up, or the run's end is stored."""
        with self._stream.lock:
            return self._is_closing or (self.end is not None and self.stored >= self.end)

    def forget(self) -> None:
        """Close the socket in a child after a fork, where it would keep the recorder from seeing the program's end."""
        if self._socket is not None:
            self._socket.close()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            self.recorder = _spawn(self._store, theirs.fileno())
        except OSError as error:
            ours.close()
            self._fail(f"its recorder cannot be started: {error}")
            return
        finally:
            theirs.close()
        with self._stream.lock:
            self._socket = ours
            self._stream.new()
            for name, memory in self._printed.items():
                self._send(OF_STREAM[name], memory)
            self._hand(self._stream.segments)
            if self._is_closing:
                self._hang_up()

    def _hand(self, segments: list[Segment]) -> None:
        """Hand segments over; where the socket takes none, its recorder does not read, and the next one gets all."""
        for segment in segments:
            self._send(SEGMENT, segment.fd)

    def _send(self, what: bytes, descriptor: int) -> None:
        try:
            if self._socket is not None:
                socket.send_fds(self._socket, [what], [descriptor], socket.MSG_DONTWAIT)
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the other end is gone already

    def _listen(self) -> None:
        while not self.gave_up:
            there = self._socket
            if there is None:
                time.sleep(PAUSE_S * self._failures)
                if self._is_over:
                    return
                self._start()
                continue
            self._hear(there)

    def _hear(self, there: socket.socket) -> None:
        """Take what comes until the recorder has ended."""
        frames, poll = Frames(), select.poll()
        poll.register(there, select.POLLIN)
        while True:
            try:
                piece = there.recv(1 << 16) if poll.poll(LISTEN_S * 1000) else None
                for kind, payload in frames.feed(piece or b""):
                    self._take(kind, payload)
            except (OSError, Damaged):
                piece = b""
            if piece == b"":
                self._lost(there)
                return
            if piece is None and self.tend is not None:
                try:
                    self.tend()
                except OSError:
                    self.tend = None  # the run is ending, and what it tends is closed
            with self._stream.lock:
                if not self._stream.segments:
                    continue
                self._stream.turn()
                self._hand(self._stream.new())

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == STORED:
            (position,) = POSITION.unpack(payload)
            self._stream.stored(position)
            self._failures = 0
        elif kind in (WELCOME, COMMAND, NOTICE):
            self._told(kind, content_of(payload))
        with self._news:
            if kind == STORED:
                self.stored = position
            self._news.notify_all()

    def _lost(self, there: socket.socket) -> None:
        """The recorder has ended: make room for another one."""
        self._socket = None
        there.close()
        try:
            if not self._is_over and os.waitpid(self.recorder, os.WNOHANG) == (0, 0):
                os.kill(self.recorder, signal.SIGKILL)
            os.waitpid(self.recorder, 0)
        except ChildProcessError:
            pass  # it was waited for already
        self.recorder = 0
        if not self._is_over:
            self._fail("its recorder ends as soon as it begins")

    def _fail(self, why: str) -> None:
        self._failures += 1
        if self._failures < MOST_FAILURES:
            return
        saved = self._stream.save()
        where = f"it is written to {saved[0]}, and `lossboard doctor` stores it" if saved else "it stays in memory"
        self._told(NOTICE, f"what is logged cannot be stored ({why}); {where}.")
        with self._news:
            self.gave_up = True
            self._news.notify_all()


def _spawn(store: str, descriptor: int) -> int:
    """Start a recorder in a session of its own, so that ctrl-C of the program does not end it; its process id.

    -P keeps files beside the program from being imported in place of a library, and what PYTHONPATH names comes last.
    """
    code = (
        f"import os, sys; root = {ROOT!r}; theirs = os.environ.get('PYTHONPATH', '').split(os.pathsep); "
        "theirs += [os.path.abspath(each) for each in theirs]; "
        "sys.path[:] = [root, *sorted(sys.path, key=lambda each: each in theirs)]; "
        "import engine, lossboard; sys.path.remove(root); "
        "from lossboard.recorder.recorder import main; sys.exit(main())"
    )
    arguments = [sys.executable, "-P", "-c", code, store, str(os.getpid())]
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    spawn = partial(
        os.posix_spawn,
        sys.executable,
        arguments,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, descriptor, SOCKET), *silent],
        setsigmask=[],
        setsigdef=[signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD],
    )
    try:
        return spawn(setsid=True)
    except NotImplementedError:
        return spawn(setpgroup=0)
