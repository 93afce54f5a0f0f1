"""Protobuf: the fields of a message, with where their content lies; no schema, no copies."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
"""Wire types."""


class Malformed(ValueError):
    """Bytes that are no protobuf message."""


class FieldAt(NamedTuple):
    """A field of a message: its number, wire type, and where its content is; of a varint also its value."""

    number: int
    wire: int
    start: int
    end: int
    value: int = 0


def varint(buffer: bytes | memoryview, place: int, end: int) -> tuple[int, int]:
    """(value, place after it) of an unsigned varint. Raises Malformed."""
    value = shift = 0
    while place < end and shift < 70:
        byte = buffer[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value & (1 << 64) - 1, place
        shift += 7
    raise Malformed("a number that does not end")


def signed(value: int) -> int:
    """A varint as a signed number of 64 bits."""
    return value - (1 << 64) if value >= 1 << 63 else value


def fields(buffer: bytes | memoryview, start: int, end: int) -> Iterator[FieldAt]:
    """The fields of the message between two places. Raises Malformed."""
    place = start
    while place < end:
        key, place = varint(buffer, place, end)
        number, wire = key >> 3, key & 7
        begin, value = place, 0
        if wire == VARINT:
            value, place = varint(buffer, place, end)
        elif wire == BYTES:
            length, begin = varint(buffer, place, end)
            place = begin + length
        elif wire in (EIGHT, FOUR):
            place = begin + (8 if wire == EIGHT else 4)
        else:
            raise Malformed(f"a field of the unknown kind {wire}")
        if place > end or not number:
            raise Malformed("a field that is longer than its message")
        yield FieldAt(number, wire, begin, place, value)


def double_at(buffer: bytes | memoryview, place: int) -> float:
    """The double at a place."""
    return float(struct.unpack_from("<d", buffer, place)[0])


def float_at(buffer: bytes | memoryview, place: int) -> float:
    """The float at a place."""
    return float(struct.unpack_from("<f", buffer, place)[0])


def text_of(buffer: bytes | memoryview, field: FieldAt) -> str:
    """The content of a field as text; what is no UTF-8 in it is replaced."""
    return bytes(buffer[field.start : field.end]).decode("utf-8", "replace")
