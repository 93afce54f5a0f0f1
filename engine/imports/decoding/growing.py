"""Growing: files that another program may be writing, read from an offset on; whether they are still the same ones."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.imports.decoding.unreadable import Replaced, Unreadable
from engine.text import clean

CHUNK = 8 << 20
"""Bytes that are read at once."""

TEXT_CHUNK = 1 << 20
"""The same of text, of which each number is an object."""

LONGEST_LINE = 4 << 20
HEAD_BYTES = 4096
"""Of so many bytes at a file's beginning the check sum tells whether it is the same file."""


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The descriptor of a regular file, for reading. Raises Unreadable for anything else, and never waits for it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{shown(path)} cannot be read: {_why(error)}.") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable(f"{shown(path)} is no regular file.")
        yield descriptor
    except OSError as error:
        raise Unreadable(f"{shown(path)} cannot be read: {_why(error)}.") from None
    finally:
        os.close(descriptor)


def shown(path: Path) -> str:
    """A path as it is told to people."""
    return clean(str(path), 300)


def _why(error: OSError | ValueError) -> str:
    return clean((error.strerror if isinstance(error, OSError) else "") or str(error), 200)


def read_whole(path: Path, most: int) -> bytes:
    """All of a small file. Raises Unreadable where it is larger than `most` bytes."""
    with opened(path) as descriptor:
        size = os.fstat(descriptor).st_size
        if size > most:
            raise Unreadable(f"{shown(path)} has {size:,} bytes; at most {most:,} are read.")
        parts = []
        while part := os.read(descriptor, CHUNK):
            parts.append(part)
            if sum(map(len, parts)) > most:
                raise Unreadable(f"{shown(path)} has more than {most:,} bytes.")
        return b"".join(parts)


def first_line(path: Path) -> bytes | None:
    """A file's first line without its end; None where it is not whole yet. Raises Unreadable."""
    with opened(path) as descriptor:
        part = os.pread(descriptor, LONGEST_LINE, 0)
    end = part.find(b"\n")
    if end < 0 and len(part) == LONGEST_LINE:
        raise Unreadable(f"{shown(path)}: its first line is longer than {LONGEST_LINE:,} bytes.")
    return part[:end] if end >= 0 else None


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file was read, and the check sum of its first bytes, by which it is known again."""

    offset: int = 0
    head: int = 0
    head_bytes: int = 0
    in_line: bool = False
    """Whether the offset is inside a line that is too long to be read."""

    def as_list(self) -> list[int]:
        """The place as a part of a position; `Place(*it)` is the place again."""
        return [self.offset, self.head, self.head_bytes, int(self.in_line)]

    def at(self, descriptor: int, offset: int, *, in_line: bool = False) -> Place:
        """The place at another offset of the same file."""
        length = max(self.head_bytes, min(offset, HEAD_BYTES))
        if length == self.head_bytes:
            return Place(offset, self.head, length, in_line)
        return Place(offset, zlib.crc32(os.pread(descriptor, length, 0)), length, in_line)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines without their ends, the place after them, and what could not be read before it as a sentence."""

    lines: list[bytes]
    place: Place
    trouble: str = ""


def size_of(descriptor: int, path: Path, place: Place) -> int:
    """The size of a file in bytes. Raises Replaced where it is not the one that was read up to a place."""
    size = os.fstat(descriptor).st_size
    if size < place.offset:
        raise Replaced(f"{shown(path)} was cut: {place.offset:,} bytes of it were read, and it has {size:,} now.")
    if place.head_bytes and zlib.crc32(os.pread(descriptor, place.head_bytes, 0)) != place.head:
        raise Replaced(f"{shown(path)} was replaced by another file.")
    return size


def whole_lines(path: Path, place: Place, *, settled: bool) -> Iterator[Lines]:
    """The lines of a file from a place on, as many at a time as are in TEXT_CHUNK bytes.

    A last line without an end is read where nobody writes the file, but not passed: it may go on. Nothing is read of a
    line that is longer than LONGEST_LINE; a sentence tells it. Raises Unreadable.
    """
    with opened(path) as descriptor:
        size_of(descriptor, path, place)
        while part := os.pread(descriptor, TEXT_CHUNK, place.offset):
            end = (part.find(b"\n") if place.in_line else part.rfind(b"\n")) + 1
            if not end and not place.in_line and len(part) == TEXT_CHUNK:
                part = os.pread(descriptor, LONGEST_LINE, place.offset)
                end = part.find(b"\n") + 1
            told, lines = "", []
            if place.in_line:
                place = place.at(descriptor, place.offset + (end or len(part)), in_line=not end)
            elif end:
                place, lines = place.at(descriptor, place.offset + end), part[: end - 1].split(b"\n")
            elif len(part) == LONGEST_LINE:
                at = f"{shown(path)}: the line at byte {place.offset:,}"
                told = f"{at} is longer than {LONGEST_LINE:,} bytes and left out."
                place = place.at(descriptor, place.offset + len(part), in_line=True)
            else:
                if settled:
                    yield Lines([part], place)
                return
            yield Lines(lines, place, told)
