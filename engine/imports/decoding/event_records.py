"""Event records: where the records of a TFRecord file lie, many at once where their sizes repeat.

A record is its length (8 bytes), the masked check sum of these, its data, and the masked check sum of the data.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.imports.decoding.crc32c import crc32c, masked

HEADER = struct.Struct("<QI")
FOOTER_BYTES = 4
AROUND = HEADER.size + FOOTER_BYTES
"""Bytes of a record that are not its data."""

LONGEST_RECORD = 1 << 31
"""No message of protobuf is longer."""

LONGEST_CYCLE = 16
"""So many records at most make a pattern of sizes that is looked for."""

LOOK_AFTER, LOOK_LESS = 2 * LONGEST_CYCLE, 4096
"""A pattern is looked for after so many records; after twice as many each time in vain, up to the second."""

UNWRITTEN = bytes(HEADER.size)
"""A header of zeros: a part of the file that is not written yet."""

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Where the data of the whole records in a buffer begin and how long they are, both (n,).

    `stop` is where the first one begins that is not whole, and `wanted` how many bytes that has, 0: not known yet.
    `damage` says what is wrong there, '' where it is only not written yet.
    """

    start: Places
    size: Places
    stop: int
    wanted: int = 0
    damage: str = ""


@lru_cache(maxsize=1 << 14)
def header_of(length: int) -> bytes:
    """The header of a record whose data has so many bytes."""
    return HEADER.pack(length, masked(crc32c(length.to_bytes(8, "little"))))


def records_in(buffer: bytes) -> Records:
    """The records of a buffer that begins with one."""
    sizes: list[Places] = []
    walked: list[int] = []
    place, wanted, damage, look_after = 0, 0, "", LOOK_AFTER
    while len(buffer) - place >= HEADER.size:
        length, _ = HEADER.unpack_from(buffer, place)
        header = buffer[place : place + HEADER.size]
        if header != header_of(length):
            damage = "" if header == UNWRITTEN else "a record's length does not fit its check sum"
            break
        if length > LONGEST_RECORD:
            damage = f"a record says that it is {length:,} bytes long"
            break
        if place + length + AROUND > len(buffer):
            wanted = length + AROUND
            break
        walked.append(length)
        place += length + AROUND
        if len(walked) >= look_after:
            cycle = _cycle(walked)
            sizes.append(np.array(walked, np.int64))
            walked.clear()
            many = _repeated(buffer, place, cycle) if cycle else 0
            if many:
                sizes.append(np.tile(np.array(cycle, np.int64), many))
                place += many * (sum(cycle) + AROUND * len(cycle))
            look_after = LOOK_AFTER if many else min(2 * look_after, LOOK_LESS)
    size = np.concatenate([*sizes, np.array(walked, np.int64)])
    start = np.cumsum(size + AROUND) - size - FOOTER_BYTES
    return Records(start, size, place, wanted, damage)


def _cycle(sizes: list[int]) -> list[int]:
    """The shortest pattern that the last sizes have repeated; [] without one."""
    for length in range(1, LONGEST_CYCLE + 1):
        if sizes[-length:] == sizes[-2 * length : -length]:
            return sizes[-length:]
    return []


def _repeated(buffer: bytes, place: int, cycle: list[int]) -> int:
    """How many times records of these sizes follow each other from a place on, whole ones."""
    length = sum(cycle) + AROUND * len(cycle)
    most = (len(buffer) - place) // length
    whole = np.frombuffer(buffer, np.uint8, most * length, place).reshape(most, length)
    fits, begin = np.ones(most, bool), 0
    for size in cycle:
        for place, byte in enumerate(header_of(size), begin):
            fits &= whole[:, place] == byte
        begin += size + AROUND
    return most if fits.all() else int(fits.argmin())
