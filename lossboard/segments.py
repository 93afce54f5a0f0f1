"""Segments: a program's stream of frames in the kernel's memory, where it outlives the program until it is stored.

A write to a memory file is in the kernel when it returns and never waits: `kill -9` of the program loses nothing, and a
recorder that is slow, stopped or dead keeps nobody waiting. The recorder has the same files open and reads on as they
grow. What is stored is let go, a segment at a time. Where the system has a place for it, memory has a name, so that
what is not stored is found even if program and recorder are killed. Beyond MOST_IN_MEMORY bytes segments are files
beside the store.
"""

from __future__ import annotations

import fcntl
import os
import threading
from binascii import crc32

from lossboard.wire import HELLO, json_frame, shape_frame

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

SEGMENT_BYTES = 4 << 20
MOST_IN_MEMORY = 64 << 20
MOST_KEPT = 256 << 20
"""Bytes in memory beyond which frames are dropped, where no file can be made beside the store either: a program that
runs out of memory would lose more."""

SPILLED = ".logged"
"""The ending of segments that have a name: files beside their store, and memory."""

NAMED = "/dev/shm"
"""Where memory has names until the machine stops; what it cannot hold has none."""

MOST_NAMED = 8
ROOM_LEFT = 64 << 20
"""Segments with a name there, and bytes that others must still have: containers often have no more than that."""


class Segment:
    """One file of a stream: `start` is the position of its first byte in the stream, `path` '' if it has no name."""

    __slots__ = ("fd", "in_memory", "path", "start")

    def __init__(self, fd: int, start: int, path: str = "", *, in_memory: bool = False) -> None:
        self.fd, self.start, self.path, self.in_memory = fd, start, path, in_memory


class Stream:
    """What one process logs. `facts` say whose it is in each segment; `beside` is the store's path."""

    def __init__(self, facts: dict[str, Any], beside: str) -> None:
        self.lock = threading.RLock()
        """Held around a write: segments change under it. A signal's handler may log while its thread holds it."""
        self.dropped = False
        """Whether something was logged that could be kept nowhere."""
        self.facts = facts
        self._beside = beside
        self._preamble: list[bytes] = []
        self._count = 0
        self.segments: list[Segment] = []
        self._new: list[Segment] = []
        self._to_disk = False
        self._nowhere = os.open(os.devnull, os.O_WRONLY)
        self.fd = -1
        self._begin(0)

    @property
    def end(self) -> int:
        """The position after what was written last."""
        with self.lock:
            return self.segments[-1].start + os.lseek(self.segments[-1].fd, 0, os.SEEK_CUR)

    def put(self, frame: bytes) -> None:
        """Write a frame; never raises, and never waits."""
        with self.lock:
            try:
                written = os.write(self.fd, frame)
            except OSError:
                written = 0
            if written != len(frame):
                self.mend(frame, written)

    def mend(self, frame: bytes, written: int) -> None:
        """Take back a frame of which only a part found room, and write it to another segment."""
        with self.lock:
            try:
                place = os.lseek(self.fd, 0, os.SEEK_CUR) - written
                os.ftruncate(self.fd, place)
                os.lseek(self.fd, place, os.SEEK_SET)
                self._to_disk = self.segments[-1].in_memory
                self._begin(self.segments[-1].start + place)
                if os.write(self.fd, frame) == len(frame):
                    return
            except OSError:
                pass
            self.dropped = True

    def define(self, number: int, names: tuple[str, ...]) -> None:
        """Name the metrics of a shape, here and in each segment to come."""
        with self.lock:
            frame = shape_frame(number, names)
            self.put(frame)
            self._preamble.append(frame)

    def new(self) -> list[Segment]:
        """The segments that were begun since the last call."""
        with self.lock:
            found, self._new = self._new, []
            return found

    def turn(self) -> None:
        """Begin another segment where the last one is full."""
        with self.lock:
            size = os.fstat(self.segments[-1].fd).st_size
            if size < SEGMENT_BYTES:
                return
            in_memory = sum(os.fstat(each.fd).st_size for each in self.segments if each.in_memory)
            self._to_disk = in_memory > MOST_IN_MEMORY
            if self.fd == self._nowhere and in_memory > MOST_IN_MEMORY:
                return
            self._begin(self.segments[-1].start + size)
            if in_memory > MOST_KEPT and self.segments[-1].in_memory:
                self.fd, self.dropped = self._nowhere, True

    def stored(self, position: int) -> None:
        """Let go of the segments before a position."""
        with self.lock:
            while len(self.segments) > 1 and self.segments[1].start <= position:
                _let_go(self.segments.pop(0))

    def save(self) -> list[str]:
        """Write all that is not stored into files beside the store, and go on in one; their paths."""
        with self.lock:
            for place, segment in enumerate(self.segments):
                if not segment.in_memory:
                    continue
                saved = self._file(segment.start, self._beside)
                if saved is None:
                    break
                copy(segment.fd, saved.fd)
                _let_go(segment)
                self.segments[place] = saved
            self.fd = self.segments[-1].fd
            return [segment.path for segment in self.segments if not segment.in_memory]

    def close(self) -> None:
        """Close what is open, once: the numbers may be somebody else's after that. Files stay where they are."""
        with self.lock:
            for open_fd in [*(segment.fd for segment in self.segments), self._nowhere]:
                if open_fd >= 0:
                    os.close(open_fd)
            self.segments = []
            self.fd = self._nowhere = -1

    def _begin(self, start: int) -> None:
        made = self._file(start, self._beside) if self._to_disk else self._named(start)
        self.segments.append(made or Segment(_memory(), start, in_memory=True))
        self._new.append(self.segments[-1])
        self.fd = self.segments[-1].fd
        hello = json_frame(HELLO, {**self.facts, "start": start, "path": self.segments[-1].path, "store": self._beside})
        os.write(self.fd, hello + b"".join(self._preamble))

    def _named(self, start: int) -> Segment | None:
        """New memory with a name; None where there is no place for it."""
        if sum(each.in_memory and each.path != "" for each in self.segments) >= MOST_NAMED:
            return None
        try:
            room = os.statvfs(NAMED)
        except OSError:
            return None
        if room.f_bavail * room.f_frsize < ROOM_LEFT + SEGMENT_BYTES:
            return None
        return self._file(start, named_beside(self._beside), in_memory=True)

    def _file(self, start: int, beside: str, *, in_memory: bool = False) -> Segment | None:
        """A new file, of this user alone, locked while somebody has it open; None where none can be made."""
        self._count += 1
        path = f"{beside}.{self.facts['stream'][:12]}-{self._count}{SPILLED}"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            return None
        made = Segment(descriptor, start, path, in_memory=in_memory)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return made  # a file system without locks
        return made


def named_beside(store: str) -> str:
    """What the names of memory begin with that belongs to a store."""
    return f"{NAMED}/lossboard-{os.getuid()}-{crc32(os.path.realpath(store).encode()):08x}"


def copy(source: int, target: int) -> None:
    """Append all of one file to another. Raises OSError."""
    place = 0
    while piece := os.pread(source, 1 << 20, place):
        place += len(piece)
        while piece:
            piece = piece[os.write(target, piece) :]


def _memory() -> int:
    """The descriptor of a file in memory, or of one without a name where the system has none of these."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("lossboard")
    from tempfile import mkstemp

    descriptor, path = mkstemp(prefix="lossboard-")
    os.unlink(path)
    return descriptor


def _let_go(segment: Segment) -> None:
    os.close(segment.fd)
    if segment.path:
        try:
            os.unlink(segment.path)
        except FileNotFoundError:
            return
