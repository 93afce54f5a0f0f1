"""Event files written byte by byte, for what no library writes: damage, strange sizes, cuts."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from engine.imports.decoding.crc32c import crc32c, masked


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = b""
    while value >= 0x80:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def sized(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def event(wall_s: float, step: int, scalars: Mapping[str, float] | None = None, version: str = "") -> bytes:
    """The data of a record of TensorBoard's."""
    values = (
        sized(1, sized(1, name.encode()) + b"\x15" + struct.pack("<f", each)) for name, each in (scalars or {}).items()
    )
    summary = b"".join(values)
    return (
        b"\x09" + struct.pack("<d", wall_s) + (b"\x10" + varint(step) if step else b"")
        + (sized(3, version.encode()) if version else b"") + (sized(5, summary) if summary else b"")
    )  # fmt: skip


def record(data: bytes) -> bytes:
    """A record with its length and both check sums."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(crc32c(length))) + data + struct.pack("<I", masked(crc32c(data)))


def event_file(scalars: int, name: str = "loss") -> bytes:
    """A file with so many values of one name, 0.5 each, a second apart."""
    head = record(event(1.7e9, 0, version="brain.Event:2"))
    return head + b"".join(record(event(1.7e9 + step, step, {name: 0.5})) for step in range(scalars))
